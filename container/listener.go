package container

import (
	"errors"
	"net"
	"strconv"
)

// ErrListenerClosed is returned by the getters of a Listener that has been
// stopped or never listened (LIS-6).
var ErrListenerClosed = errors.New("container: listener is closed")

// Listener is the handle of an address on which the container accepts
// connections. Its methods may be called from any thread (TS-3).
type Listener struct {
	acceptor *acceptor
}

// Listen binds addr ([amqp://]host:port or amqps://host:port, port 0 for any free
// one) at once and accepts connections on it from the next turn on (LIS-2).
// Whether the bind succeeded is told to h: OnOpen, or OnError and OnClose; a nil h
// means BaseListenHandler. Accepted connections have the container's
// ServerConnectionOptions below what h.OnAccept returns (LIS-4); under amqps they
// want a TLS layer even if these have no TLS. Listen fails with ErrStopping after
// Stop, and with an *AddressError.
func (c *Container) Listen(addr string, h ListenHandler) (*Listener, error) {
	a, err := parseAddress(addr)
	if err != nil {
		return nil, err
	}
	if h == nil {
		h = BaseListenHandler{}
	}
	ac := newAcceptor(c, h)
	ac.secure = a.secure()
	if err := c.adoptAcceptor(ac); err != nil {
		return nil, err
	}
	ln, err := c.transport.Listen("tcp", a.hostPort())
	ac.mu.Lock()
	ac.ln, ac.bindErr = ln, err
	if ln != nil {
		ac.addr = ln.Addr()
	}
	ac.inbox.bound = true
	ac.postedUnlock()
	return ac.listener, nil
}

// ListenWith returns a ListenHandler that gives every accepted connection the
// same options.
func ListenWith(opts ConnectionOptions) ListenHandler { return fixedListenHandler{opts: opts} }

type fixedListenHandler struct {
	BaseListenHandler
	opts ConnectionOptions
}

// OnAccept returns the fixed options.
func (h fixedListenHandler) OnAccept(*Listener) ConnectionOptions { return h.opts }

// Stop closes the listener. Connections already accepted stay. It may be called
// again, and inside OnAccept: the connection being accepted is then served, and
// no other (LIS-6, LIS-8).
func (l *Listener) Stop() { l.acceptor.stop() }

// Container returns the container.
func (l *Listener) Container() *Container { return l.acceptor.c }

// Addr returns the bound address, as soon as Listen has returned (LIS-2).
func (l *Listener) Addr() (net.Addr, error) {
	a := l.acceptor
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.addr == nil || a.inbox.stop {
		return nil, ErrListenerClosed
	}
	return a.addr, nil
}

// Port returns the bound port.
func (l *Listener) Port() (int, error) {
	addr, err := l.Addr()
	if err != nil {
		return 0, err
	}
	_, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(port)
}
