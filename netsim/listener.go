package netsim

import (
	"net"

	"github.com/collider-amqp/collider/sim"
)

// Host is a machine on the network. Its methods may be called from any thread of
// the World. It satisfies the container's Transport.
type Host struct {
	obj       sim.Object
	n         *Network
	name      string
	port      int // next one to give
	listeners []*Listener
}

// The ports given to those who ask for none in particular.
const (
	firstPort = 49152
	lastPort  = 65535
)

// Name returns the host's name.
func (h *Host) Name() string { return h.name }

// Network returns the network that the host is on.
func (h *Host) Network() *Network { return h.n }

// Listen binds a port of the host: "broker:5672", ":5672", or ":0" for a port of
// the network's choice. The network is "tcp". Errors are a *net.OpError around
// EADDRINUSE, EADDRNOTAVAIL (the address names another host) or the reason why
// the address cannot be read.
func (h *Host) Listen(network, address string) (net.Listener, error) {
	if err := checkNetwork(network); err != nil {
		return nil, listenError(network, nil, err)
	}
	name, port, err := parseAddr(address)
	if err != nil {
		return nil, listenError(network, nil, err)
	}
	addr := Addr{h.name, port}
	if !self(name) && name != h.name && name != "0.0.0.0" && name != "::" {
		return nil, listenError(network, Addr{name, port}, errNotLocal)
	}
	return h.listen(network, addr)
}

//go:norace
func (h *Host) listen(network string, addr Addr) (l net.Listener, err error) {
	if w := h.n.w; w.Outside() {
		w.Inside(func() { l, err = h.listen(network, addr) })
		return l, err
	}
	h.obj.Point(sim.OpStore, true)
	if addr.Port == 0 {
		addr.Port = h.freePort()
	} else if h.listener(addr.Port) != nil {
		return nil, listenError(network, addr, errInUse)
	}
	return h.bind(addr), nil
}

func (h *Host) bind(addr Addr) *Listener {
	l := h.n.memory.listeners.take()
	*l = Listener{h: h, backlog: l.backlog[:0], addr: l.addr}
	if l.addr != net.Addr(addr) {
		l.addr = addr
	}
	l.obj.Init(h.n.w, h.name)
	h.listeners = append(h.listeners, l)
	return l
}

func (h *Host) listener(port int) *Listener {
	for _, l := range h.listeners {
		if l.addr.(Addr).Port == port {
			return l
		}
	}
	return nil
}

// freePort returns a port that no listener has.
func (h *Host) freePort() int {
	for {
		p := h.port
		if h.port++; h.port > lastPort {
			h.port = firstPort
		}
		if h.listener(p) == nil {
			return p
		}
	}
}

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
