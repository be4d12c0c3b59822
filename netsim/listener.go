package netsim

import (
	"net"

	"github.com/collider-amqp/collider/sim"
)

// Listener accepts connections to a port of a host.
type Listener struct {
	obj      sim.Object
	h        *Host
	addr     net.Addr
	backlog  []*handshake // connections that wait for Accept, in order of arrival
	reserved int          // handshakes that have a place in the backlog to come
	closed   bool
}

var _ net.Listener = (*Listener)(nil)

// backlogMax is the number of connections that may wait for Accept; further ones
// wait for a place, as their SYNs are repeated.
const backlogMax = 128

const classAccept = 1

// Addr returns the Addr that is listened on.
func (l *Listener) Addr() net.Addr { return l.addr }

// Accept waits for the next connection. After Close it fails with net.ErrClosed.
//
//go:norace
func (l *Listener) Accept() (c net.Conn, err error) {
	n := l.h.n
	if n.w.Outside() {
		l.lock()
		n.w.Inside(func() { c, err = l.Accept() })
		l.unlock()
		return c, err
	}
	for {
		l.obj.Await(sim.OpRecv, classAccept, l.acceptable())
		d, closed := l.accept(), l.closed
		if d != nil {
			n.observe(&d.p.ab, Accepted)
			return &d.p.b, nil
		}
		if closed {
			return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: l.addr, Err: net.ErrClosed}
		}
	}
}

func (l *Listener) acceptable() bool { return l.closed || len(l.backlog) > 0 }

// accept takes the first of the backlog.
func (l *Listener) accept() *handshake {
	if l.closed || len(l.backlog) == 0 {
		return nil
	}
	d := l.backlog[0]
	l.backlog = append(l.backlog[:0], l.backlog[1:]...)
	d.p.taken = true
	l.update()
	l.h.n.retry(nil) // a place has become free
	return d
}

// Close stops listening. Connections not yet accepted are reset.
//
//go:norace
func (l *Listener) Close() (err error) {
	n := l.h.n
	if n.w.Outside() {
		l.lock()
		n.w.Inside(func() { err = l.Close() })
		l.unlock()
		return err
	}
	l.obj.Point(sim.OpClose, true)
	if l.closed {
		return &net.OpError{Op: "close", Net: "tcp", Addr: l.addr, Err: net.ErrClosed}
	}
	l.closed = true
	h := l.h
	for i, x := range h.listeners {
		if x == l {
			h.listeners = append(h.listeners[:i], h.listeners[i+1:]...)
			break
		}
	}
	for _, d := range l.backlog {
		d.p.b.discard()
	}
	l.backlog = l.backlog[:0]
	l.update()
	n.retry(nil)
	return nil
}

func (l *Listener) update() { l.obj.Switch(classAccept, l.acceptable()) }
