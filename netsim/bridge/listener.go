package bridge

import (
	"net"
	"sync"

	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/sim"
)

// listener is the stack's view of a listener of the simulated network. A thread of
// the World accepts for it, a connection in a step.
type listener struct {
	b     *Bridge
	inner net.Listener
	obj   sim.Object
	taken bool // World's view: what was given has been accepted

	mu     sync.Mutex
	cond   sync.Cond
	ready  net.Conn // accepted, not yet taken
	err    error
	closed bool
}

// listen is called by a thread of the World.
func (b *Bridge) listen(h *netsim.Host, network, address string) (net.Listener, error) {
	inner, err := h.Listen(network, address)
	if err != nil {
		return nil, err
	}
	if b.closed {
		inner.Close()
		return nil, net.ErrClosed
	}
	l := &listener{b: b, inner: inner, taken: true}
	l.cond.L = &l.mu
	l.obj.Init(b.w, "bridged listener "+inner.Addr().String())
	b.listens = append(b.listens, l)
	b.w.Go("accept", l.serve)
	return l, nil
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		switch {
		case l.closed:
			return nil, l.opError("accept")
		case l.ready != nil:
			c := l.ready
			l.ready = nil
			l.b.hub.poke()
			return c, nil
		case l.err != nil:
			return nil, l.err
		}
		l.cond.Wait()
	}
}

// Close implements net.Listener.
func (l *listener) Close() error {
	if !l.fail() {
		return l.opError("close")
	}
	l.b.calls.post(&call{key: "close " + l.inner.Addr().String(), f: func() { l.inner.Close() }})
	return nil
}

// Addr implements net.Listener.
func (l *listener) Addr() net.Addr { return l.inner.Addr() }

func (l *listener) opError(op string) error {
	return &net.OpError{Op: op, Net: "tcp", Addr: l.inner.Addr(), Err: net.ErrClosed}
}

// fail closes the stack's side. It reports whether that was open.
func (l *listener) fail() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	open := !l.closed
	l.closed = true
	l.cond.Broadcast()
	return open
}

func (l *listener) harvest() {
	l.mu.Lock()
	l.taken = l.ready == nil || l.closed
	l.mu.Unlock()
	l.obj.Switch(classGive, l.taken)
}

// serve is the thread.
func (l *listener) serve() {
	for {
		inner, err := l.inner.Accept()
		var nc net.Conn
		if err == nil {
			nc, err = l.b.adopt(inner)
		}
		l.mu.Lock()
		l.ready, l.err = nc, err
		closed := l.closed
		l.cond.Broadcast()
		l.mu.Unlock()
		l.taken = false
		l.b.touch()
		if err != nil {
			return
		}
		if closed {
			nc.Close()
		}
		l.obj.Await(sim.OpSend, classGive, l.taken)
	}
}
