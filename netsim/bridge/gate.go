package bridge

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/sim"
)

// Gate is where a goroutine of the application waits for its turn. Its methods
// are called by that goroutine only.
type Gate struct {
	b     *Bridge
	f     func(*Gate)
	obj   sim.Object
	open  chan struct{}
	ready bool // the World has seen that somebody waits

	mu    sync.Mutex
	here  bool   // the goroutine waits, or has ended
	body  func() // of Sim
	ended bool
	died  *PanicError
}

const classGate = 1

// Go starts a goroutine of the application with a Gate, and the thread of the
// World that stands for it: the thread's steps are the gate's openings, and it
// ends with the goroutine. If f panics, the thread does.
func (b *Bridge) Go(name string, f func(*Gate)) *sim.Thread {
	g := &Gate{b: b, f: f, open: make(chan struct{}, 1)}
	b.gates = append(b.gates, g)
	g.obj.Init(b.w, "gate "+name)
	return b.w.Go(name, g.serve)
}

// Do waits at the gate and then calls f, which may call the stack, once.
func (g *Gate) Do(f func()) {
	g.wait(nil)
	f()
}

// Sim waits at the gate and lets the gate's thread call f: there it may use the
// World, note something or sleep, but not call the stack.
func (g *Gate) Sim(f func()) { g.wait(f) }

// Dial connects to an address of the simulated network and returns the stack's
// end of the connection. Its thread is the gate's.
func (g *Gate) Dial(h *netsim.Host, address string) (nc net.Conn, err error) {
	g.Sim(func() { nc, err = g.b.dial(context.Background(), h, "tcp", address) })
	return nc, err
}

// wait stands at the gate. When the run is over the goroutine ends here.
func (g *Gate) wait(body func()) {
	g.mu.Lock()
	g.here, g.body = true, body
	g.mu.Unlock()
	g.b.hub.poke()
	select {
	case <-g.open:
	case <-g.b.hub.stop:
		runtime.Goexit()
	}
}

// run is the goroutine.
func (g *Gate) run() {
	defer func() {
		var died *PanicError
		if v := recover(); v != nil {
			died = &PanicError{Value: v, Stack: string(debug.Stack())}
		}
		g.mu.Lock()
		g.here, g.ended, g.died = true, true, died
		g.mu.Unlock()
		g.b.hub.poke()
	}()
	g.f(g)
}

// harvest tells the World whether somebody waits.
func (g *Gate) harvest() {
	g.mu.Lock()
	g.ready = g.here
	g.mu.Unlock()
	g.obj.Switch(classGate, g.ready)
}

// serve is the thread.
func (g *Gate) serve() {
	g.b.touch()
	go g.run()
	for {
		g.obj.Await(sim.OpRecv, classGate, g.ready)
		g.mu.Lock()
		body, ended, died := g.body, g.ended, g.died
		g.here, g.body = false, nil
		g.mu.Unlock()
		g.ready = false
		switch {
		case died != nil:
			panic(fmt.Sprintf("goroutine behind the gate: %v", died))
		case ended:
			return
		case body != nil:
			body()
		}
		g.b.touch()
		g.open <- struct{}{}
	}
}
