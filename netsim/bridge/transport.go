package bridge

import (
	"context"
	"net"
	"sort"
	"sync"

	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/sim"
)

// Transport is a host of the simulated network as the stack sees it, for stacks
// that dial and listen by themselves. Its methods are called by goroutines of the
// bubble. Of several calls in one step those with the smaller host and address are
// carried out first; equal ones in one step are in no particular order, so an
// application should make them behind gates.
type Transport struct {
	b *Bridge
	h *netsim.Host
}

// Transport returns the host as the stack sees it.
func (b *Bridge) Transport(h *netsim.Host) *Transport {
	b.calls.start()
	return &Transport{b, h}
}

// Dial connects as netsim.Host.Dial does. ctx is one of the stack's.
func (t *Transport) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	var nc net.Conn
	var err error
	d := &call{key: "dial " + t.h.Name() + " " + address, apart: true}
	d.f = func() { nc, err = t.b.dial(d.ctx, t.h, network, address) }
	t.b.calls.post(d)
	select {
	case <-d.done:
	case <-t.b.hub.stop:
		return nil, net.ErrClosed
	case <-ctx.Done():
		t.b.calls.post(&call{key: "dial " + t.h.Name() + " " + address + " cancel", f: func() { d.cancel() }})
		select {
		case <-d.done:
		case <-t.b.hub.stop:
			return nil, net.ErrClosed
		}
	}
	return nc, err
}

// Listen binds an address as netsim.Host.Listen does.
func (t *Transport) Listen(network, address string) (net.Listener, error) {
	var l net.Listener
	var err error
	c := &call{key: "listen " + t.h.Name() + " " + address}
	c.f = func() { l, err = t.b.listen(t.h, network, address) }
	if !t.b.calls.wait(c) {
		return nil, net.ErrClosed
	}
	return l, err
}

// dial makes a bridged connection; it is called by a thread of the World.
func (b *Bridge) dial(ctx context.Context, h *netsim.Host, network, address string) (net.Conn, error) {
	inner, err := h.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return b.adopt(inner)
}

// adopt wraps a connection, unless the bridge is closed.
func (b *Bridge) adopt(inner net.Conn) (net.Conn, error) {
	if b.closed {
		inner.Close()
		return nil, net.ErrClosed
	}
	return b.wrap(inner.(*netsim.Conn)), nil
}

// calls are what the stack asks of the World by itself.
type calls struct {
	b       *Bridge
	obj     sim.Object
	started bool
	pending []*call // World's view, in order

	mu  sync.Mutex
	new []*call
}

// call is one request.
type call struct {
	key    string
	f      func()
	apart  bool // it may block: it gets a thread
	ctx    *sim.Context
	cancel context.CancelFunc
	done   chan struct{}
}

const classCall = 1

// start starts the thread that carries requests out.
func (c *calls) start() {
	if !c.started {
		c.started = true
		c.obj.Init(c.b.w, "calls of the stack")
		c.b.w.Go("calls", c.serve)
	}
}

// post makes a request.
func (c *calls) post(x *call) {
	x.done = make(chan struct{})
	c.mu.Lock()
	c.new = append(c.new, x)
	c.mu.Unlock()
	c.b.hub.poke()
}

// wait makes a request and waits for it. It reports false if the run is over.
func (c *calls) wait(x *call) bool {
	c.post(x)
	select {
	case <-x.done:
		return true
	case <-c.b.hub.stop:
		return false
	}
}

// harvest takes over the requests of the last step.
func (c *calls) harvest() {
	if !c.started {
		return
	}
	c.mu.Lock()
	fresh := c.new
	c.new = nil
	c.mu.Unlock()
	sort.SliceStable(fresh, func(i, j int) bool { return fresh[i].key < fresh[j].key })
	c.pending = append(c.pending, fresh...)
	c.obj.Switch(classCall, c.due())
}

func (c *calls) due() bool { return len(c.pending) > 0 || c.b.closed }

// serve is the thread.
func (c *calls) serve() {
	w := c.b.w
	for {
		c.obj.Await(sim.OpRecv, classCall, c.due())
		if len(c.pending) == 0 {
			return // closed
		}
		x := c.pending[0]
		c.pending = c.pending[1:]
		if !x.apart {
			c.carryOut(x)
			continue
		}
		x.ctx, x.cancel = w.WithCancel(context.Background())
		w.Go("call", func() {
			c.carryOut(x)
			x.cancel()
		})
	}
}

func (c *calls) carryOut(x *call) {
	x.f()
	close(x.done)
	c.b.touch()
}

// close ends the thread.
func (c *calls) close() {
	if c.started {
		c.obj.Switch(classCall, true)
	}
}
