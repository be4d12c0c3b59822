package scenarios

import (
	"bytes"
	"errors"
	"io"
	"net"
	"time"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/record"
	"github.com/collider-amqp/collider/container/wire"
	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/scenarios/stage"
	"github.com/collider-amqp/collider/sim"
)

// The micro worlds are small enough that simrun explore visits all their schedules:
// four threads at the most and, after the mark, some tens of choices. Those with a
// connection have one container; its peer is a container.Driver that the main thread
// drives, so that the other end takes no thread of its own. Faults come from a menu,
// so that a search knows all there are.

// micro is what these worlds have in common.
type micro struct{ *house }

// microParam says how many faults a run draws from the menu; a search takes those
// that it wants.
var microParam = sim.Param{Name: "fault.any", Doc: "faults of the menu", Min: 0, Max: 1, Draw: sim.Switch}

// microScenario makes a scenario of that family.
func microScenario(name, doc string, run func(micro), params []sim.Param, properties ...string) *sim.Scenario {
	return &sim.Scenario{
		Name: "micro/" + name, Doc: doc, Tags: []string{"micro"},
		Properties: rules(properties...), Params: params,
		Run:   func(w *sim.World) { run(newMicro(w)) },
		Check: stage.Judge,
	}
}

// The menus of the worlds with a connection, of which there is one: the dial is
// refused, or the connection is reset or one end of it comes early, inside a frame or,
// where both sides are silent, some time after the mark.
var (
	silentMenu = microMenu("reset client->peer#1 @time 1.5ms")
	closeMenu  = microMenu("reset client->peer#1 @when close", "reset client<-peer#1 @when close",
		"half-close client->peer#1 @when close", "half-close client<-peer#1 @when close")
	deliveryMenu = microMenu("reset client->peer#1 @when transfer", "reset client<-peer#1 @when disposition",
		"half-close client<-peer#1 @when disposition")
)

func microMenu(texts ...string) []netsim.Fault {
	menu := []netsim.Fault{netsim.MustParseFault("refuse client->peer")}
	for _, text := range texts {
		menu = append(menu, netsim.MustParseFault(text))
	}
	return menu
}

func newMicro(w *sim.World) micro {
	inside := func(code byte) func() netsim.Predicate {
		return func() netsim.Predicate { return insideFrame(code) }
	}
	return micro{&house{Stage: stage.New(w, netsim.Options{Predicates: map[string]func() netsim.Predicate{
		"close":       inside(byte(wire.CodeClose)),
		"transfer":    inside(byte(wire.CodeTransfer)),
		"disposition": inside(byte(wire.CodeDisposition)),
	}}), w: w}}
}

// insideFrame returns a predicate for the place after the performative's descriptor
// in the first frame of that code.
func insideFrame(code byte) netsim.Predicate {
	const descriptor = 11 // frame header of 8 octets (§2.3.1), 0x00 0x53 code
	var rest []byte
	return func(p []byte) int {
		before := len(rest)
		rest = append(rest, p...)
		for len(rest) > 0 {
			if len(rest) >= descriptor && bytes.Equal(rest[8:descriptor], []byte{0x00, 0x53, code}) {
				return max(0, descriptor-before)
			}
			size, _ := stage.DecodeFrame(rest)
			if size == 0 {
				return -1
			}
			rest, before = rest[size:], before-size
		}
		return -1
	}
}

// faults plans what the run has of a menu.
func (x micro) faults(menu []netsim.Fault) {
	draw := x.w.Rand(microParam.Name)
	var drawn []netsim.Fault
	for range x.w.Param(microParam.Name) {
		drawn = append(drawn, menu[draw.IntN(len(menu))])
	}
	for _, f := range sim.Plan(x.w, sim.Faults, "any", drawn, func() []netsim.Fault { return menu }) {
		x.Net.Inject(f)
	}
}

// rest lets all other threads come to rest, unless the clock moves early.
func (x micro) rest() { x.w.Sleep(time.Millisecond) }

// mark begins what a search visits when all have come to rest.
func (x micro) mark() {
	x.rest()
	x.w.Mark()
}

// stop ends a container whose connection is not to end by itself.
func (x micro) stop(c *record.Container, running *sim.Thread) {
	c.Stop(nil)
	met := x.w.Expect("RUN-13", "Run returns after Stop")
	running.Join()
	met()
}

// peer is the other end of one connection, driven by the thread that calls its
// methods.
type peer struct {
	x        micro
	listener net.Listener
	driver   *container.Driver
	nc       net.Conn // nil before accept, and if there is none
	over     bool     // the connection has ended
	buf      [1024]byte
}

// peer makes the other end, with a handler of its own.
func (x micro) peer(h container.Handler) *peer {
	l, err := x.Net.Host("peer").Listen("tcp", ":5672")
	if err != nil {
		x.w.FailError(err)
	}
	d := container.NewDriver("peer", container.ConnectionOptions{Handler: h, OpenTimeout: -1, CloseTimeout: -1})
	return &peer{x: x, listener: l, driver: d}
}

// accept takes the connection in and answers until cond holds. It reports whether it
// came to that: a fault may have come before.
func (p *peer) accept(cond func() bool) bool {
	nc, err := p.listener.Accept()
	p.listener.Close()
	if err != nil {
		return false // refused: the client has given up
	}
	p.nc = nc
	p.driver.Accept()
	return p.until(cond)
}

// until answers what the client says until cond holds or the connection has ended.
func (p *peer) until(cond func() bool) bool {
	for !p.over && !cond() {
		n, err := p.nc.Read(p.buf[:])
		if n > 0 {
			p.driver.Receive(p.x.w.Now(), p.buf[:n])
		}
		switch {
		case errors.Is(err, io.EOF):
			p.driver.ReceiveEOF(p.x.w.Now())
		case err != nil:
			p.driver.Disconnected(p.x.w.Now(), err)
		}
		p.say(nil)
	}
	return cond()
}

// say runs f, which may use the connection's objects, and sends what there is to be
// sent.
func (p *peer) say(f func()) {
	if p.over {
		return
	}
	if f != nil {
		p.driver.Do(f)
	}
	goes := p.driver.Dispatch()
	for out := p.driver.Output(); len(out) > 0; out = p.driver.Output() {
		n, err := p.nc.Write(out)
		p.driver.Wrote(n)
		if err != nil {
			p.driver.Disconnected(p.x.w.Now(), err)
			goes = p.driver.Dispatch()
		}
	}
	if !goes {
		p.over = true
		p.nc.Close()
	}
}

// finish answers until the connection has ended.
func (p *peer) finish() {
	if p.nc != nil {
		p.until(func() bool { return false })
	}
}

// microClient is the handler of the connection under test, which it makes known when
// it is open. Embedding types may override the other callbacks.
type microClient struct {
	poked
	peer *peer
}

// OnTransportClose ends the waits for a connection that will not come.
func (h *microClient) OnTransportClose(*container.Connection) {
	h.opens.Close()
	h.peer.listener.Close()
}

func (x micro) microClient(p *peer) *microClient {
	return &microClient{poked{w: x.w, opens: stage.NewMailbox[*container.Connection](x.w, "opens")}, p}
}

// connect connects c to the peer, runs it on n threads and answers until cond holds.
// It returns the connection that the handler has made known; ok is false if a fault
// has ended it before, and Run has then returned.
func (p *peer) connect(c *record.Container, h container.Handler, opens *stage.Mailbox[*container.Connection], n int, cond func() bool) (running *sim.Thread, conn *container.Connection, ok bool) {
	if err := c.Connect("peer", container.ConnectionOptions{Handler: h}); err != nil {
		p.x.w.FailError(err)
	}
	running = p.x.Run(c, n)
	p.accept(cond)
	if conn, ok = opens.Take(); !ok {
		p.finish()
		p.x.JoinRun(running, "the connection has ended")
	}
	return running, conn, ok
}

// opened says whether the connection is open at this end.
func (p *peer) opened() bool { return p.driver.Connection().Active() }

// client makes the container under test.
func (x micro) client() *record.Container { return x.Container("client", quiet{}) }
