// Package memnet is a network in memory for tests of the conformance suite: byte streams with half-close, reset and
// deadlines as TCP has them.
//
// # Usage
//
//	l := memnet.Listen()
//	client, err := l.Dial(ctx)
//	server, err := l.Accept()
//
// It needs no sockets, so it runs inside a testing/synctest bubble, where every wait for silence takes no time.
//
// # Limitations
//
// There is no latency and no address space: a listener is dialled by its own Dial.
package memnet

import (
	"context"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// bufferMax is how many octets a stream holds before a write blocks, as a socket's buffers would.
const bufferMax = 1 << 20

// addr is the address of every end.
type addr struct{}

func (addr) Network() string { return "mem" }
func (addr) String() string  { return "mem" }

// stream is one direction of a connection.
type stream struct {
	mu     sync.Mutex
	moved  sync.Cond
	data   []byte
	fin    bool // the writer has closed
	reset  bool // the connection was reset
	gone   bool // the reader has closed
	readBy deadline
	writBy deadline
}

func newStream() *stream {
	s := &stream{}
	s.moved.L = &s.mu
	return s
}

// deadline wakes the waiters of a stream when it passes.
type deadline struct {
	at    time.Time
	timer *time.Timer
}

func (d *deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }

func (d *deadline) set(at time.Time, s *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
	}
	d.at, d.timer = at, nil
	if !at.IsZero() {
		// The lock is taken because a waiter between its check and its wait holds it.
		d.timer = time.AfterFunc(time.Until(at), func() { s.update(func() {}) })
	}
	s.moved.Broadcast()
}

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
	}
}

func opError(op string, err error) error {
	return &net.OpError{Op: op, Net: "mem", Addr: addr{}, Err: err}
}

func (s *stream) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.gone:
			return 0, opError("read", net.ErrClosed)
		case s.readBy.passed():
			return 0, opError("read", os.ErrDeadlineExceeded)
		case len(s.data) > 0:
			n := copy(p, s.data)
			s.data = s.data[n:]
			s.moved.Broadcast()
			return n, nil
		case s.reset:
			return 0, opError("read", syscall.ECONNRESET)
		case s.fin:
			return 0, io.EOF
		}
		s.moved.Wait()
	}
}

func (s *stream) write(p []byte) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(p) > 0 {
		switch {
		case s.fin:
			return n, opError("write", net.ErrClosed)
		case s.gone || s.reset:
			return n, opError("write", syscall.ECONNRESET)
		case s.writBy.passed():
			return n, opError("write", os.ErrDeadlineExceeded)
		case len(s.data) < bufferMax:
			m := min(len(p), bufferMax-len(s.data))
			s.data = append(s.data, p[:m]...)
			n, p = n+m, p[m:]
			s.moved.Broadcast()
			continue
		}
		s.moved.Wait()
	}
	return n, nil
}

func (s *stream) update(f func()) {
	s.mu.Lock()
	f()
	s.mu.Unlock()
	s.moved.Broadcast()
}

// Conn is one end of a connection. Its methods are those of net.Conn and may be called by several goroutines.
type Conn struct{ in, out *stream }

// Pipe returns the two ends of a connection.
func Pipe() (*Conn, *Conn) {
	a, b := newStream(), newStream()
	return &Conn{a, b}, &Conn{b, a}
}

// Read reads from the partner's stream.
func (c *Conn) Read(p []byte) (int, error) { return c.in.read(p) }

// Write writes to the partner.
func (c *Conn) Write(p []byte) (int, error) { return c.out.write(p) }

// CloseWrite ends the outgoing stream; the other direction stays.
func (c *Conn) CloseWrite() error {
	c.out.update(func() { c.out.fin = true; c.out.writBy.stop() })
	return nil
}

// Close closes both directions. As with TCP, octets that were not read turn the end of the stream into a reset.
func (c *Conn) Close() error {
	unread := false
	c.in.update(func() { unread = len(c.in.data) > 0; c.in.gone, c.in.data = true, nil; c.in.readBy.stop() })
	c.out.update(func() { c.out.fin = true; c.out.reset = c.out.reset || unread; c.out.writBy.stop() })
	return nil
}

// Reset closes both directions as a reset does.
func (c *Conn) Reset() {
	c.in.update(func() { c.in.gone, c.in.data = true, nil; c.in.readBy.stop() })
	c.out.update(func() { c.out.fin, c.out.reset = true, true; c.out.writBy.stop() })
}

// SetDeadline sets both deadlines.
func (c *Conn) SetDeadline(t time.Time) error {
	c.SetReadDeadline(t)
	return c.SetWriteDeadline(t)
}

// SetReadDeadline sets when Read gives up; zero is never.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.in.readBy.set(t, c.in)
	return nil
}

// SetWriteDeadline sets when Write gives up; zero is never.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.out.writBy.set(t, c.out)
	return nil
}

// LocalAddr returns an address without meaning.
func (c *Conn) LocalAddr() net.Addr { return addr{} }

// RemoteAddr returns an address without meaning.
func (c *Conn) RemoteAddr() net.Addr { return addr{} }

// Listener accepts the connections that its Dial makes.
type Listener struct {
	mu     sync.Mutex
	closed chan struct{}
	queue  chan *Conn
}

// Listen returns a listener.
func Listen() *Listener {
	return &Listener{closed: make(chan struct{}), queue: make(chan *Conn)}
}

// Dial connects to the listener. The error is ECONNREFUSED if it is closed.
func (l *Listener) Dial(ctx context.Context) (net.Conn, error) {
	here, there := Pipe()
	select {
	case l.queue <- there:
		return here, nil
	case <-l.closed:
		return nil, opError("dial", syscall.ECONNREFUSED)
	case <-ctx.Done():
		return nil, opError("dial", ctx.Err())
	}
}

// Accept returns the next connection.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.queue:
		return c, nil
	case <-l.closed:
		return nil, opError("accept", net.ErrClosed)
	}
}

// Close makes Accept fail and refuses further dials.
func (l *Listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.closed:
	default:
		close(l.closed)
	}
	return nil
}

// Addr returns an address without meaning.
func (l *Listener) Addr() net.Addr { return addr{} }
