package netsim

import (
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// Conn is one end of a connection. It is a net.Conn and has, of *net.TCPConn,
// also CloseWrite and SetLinger. All methods may be called from any thread of the
// World, and by none outside it.
type Conn struct {
	p             *pair
	host          *Host
	in, out       *stream
	local, remote net.Addr
	readBy        time.Duration // deadline since the run began, 0 = none
	writeBy       time.Duration
	readEvent     sim.Event
	writeEvent    sim.Event
	closed        bool          // by Close
	dead          bool          // by a reset
	gone          bool          // with its host, which has crashed
	err           syscall.Errno // what the next operation on a dead end tells
	linger        bool          // Close resets
}

var _ net.Conn = (*Conn)(nil)

func (c *Conn) open(p *pair, h *Host, in, out *stream, local, remote Addr) {
	c.p, c.host, c.in, c.out, c.gone = p, h, in, out, false
	if c.local != net.Addr(local) {
		c.local = local
	}
	if c.remote != net.Addr(remote) {
		c.remote = remote
	}
	c.readBy, c.writeBy, c.closed, c.dead, c.err, c.linger = 0, 0, false, false, 0, false
	if c.readEvent.IsZero() {
		c.readEvent.Init(p.n.w, func() { c.in.update() })
		c.writeEvent.Init(p.n.w, func() { c.out.update() })
	}
	c.readEvent.Stop()
	c.writeEvent.Stop()
}

// LocalAddr returns the Addr of this end.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the Addr of the other end.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// Read reads up to len(p) bytes; how many of those at hand depends on the path's
// Split. It waits until there is at least one. After the end of the stream it
// returns io.EOF.
//
//go:norace
func (c *Conn) Read(p []byte) (n int, err error) {
	if w := c.p.n.w; w.Outside() {
		c.lock()
		w.Inside(func() { n, err = c.Read(p) })
		if err == nil || err == io.EOF {
			c.in.received()
		}
		hasWritten(p[:n])
		c.unlock()
		return n, err
	}
	s := c.in
	for done := false; !done; {
		if len(p) == 0 {
			s.obj.Point(sim.OpRecv, true)
		} else {
			s.obj.Await(sim.OpRecv, classRead, c.beforeRead())
		}
		n, err, done = c.read(p)
	}
	rest(s, &c.readEvent)
	return n, err
}

// beforeRead reports whether a Read need not wait; if it must, the deadline is
// armed.
func (c *Conn) beforeRead() bool {
	on := c.in.readable()
	if !on && c.readBy != 0 {
		c.readEvent.Set(c.readBy)
	}
	return on
}

// rest disarms a stream's deadline when no thread waits any more.
func rest(s *stream, e *sim.Event) {
	if !s.obj.Waits() {
		e.Stop()
	}
}

func (c *Conn) read(p []byte) (n int, err error, done bool) {
	s := c.in
	switch {
	case c.closed:
		return 0, c.opError("read", net.ErrClosed), true
	case len(p) == 0:
		return 0, nil, true
	case c.p.n.expired(c.readBy):
		return 0, c.opError("read", os.ErrDeadlineExceeded), true
	case s.ready > 0:
		return s.read(p), nil, true
	case s.end.done:
		return 0, io.EOF, true
	case c.err != 0:
		return 0, c.opError("read", errRead(c.takeErr())), true
	case c.dead:
		return 0, io.EOF, true
	}
	return 0, nil, false
}

// Write writes all of p. It waits while the send buffer is full. Concurrent
// Writes do not mix their bytes.
//
//go:norace
func (c *Conn) Write(p []byte) (n int, err error) {
	w := c.p.n.w
	c.lock()
	for class, done := classWrite, false; !done; class = classMore {
		w.Inside(func() { c.awaitWrite(class, len(p)) })
		c.out.sends()
		w.Inside(func() {
			var k int
			k, err = c.write(p[n:])
			n += k
			done = err != nil || n == len(p)
			c.wrote(class, done)
		})
	}
	hasRead(p[:n])
	c.unlock()
	return n, err
}

// awaitWrite waits until a write of the class may be worth while.
func (c *Conn) awaitWrite(class, size int) {
	c.out.obj.Await(sim.OpSend, class, c.beforeWrite(class, size))
}

// wrote follows each part of a Write.
func (c *Conn) wrote(class int, done bool) {
	s := c.out
	if holds := class == classMore; holds == done {
		s.writing = !done // keeps the others' bytes out of the middle
		s.update()
	}
	if done {
		rest(s, &c.writeEvent)
	}
	c.stopIfGone()
}

// stopIfGone lets the calling thread stop inside an operation that has brought its own
// host down.
func (c *Conn) stopIfGone() {
	if c.gone {
		c.out.obj.Point(sim.OpSend, true)
	}
}

// beforeWrite does for Write what beforeRead does for Read.
func (c *Conn) beforeWrite(class, size int) bool {
	s := c.out
	on := s.broken() || class == classWrite && !s.writing && (s.room() > 0 || size == 0)
	if !on && c.writeBy != 0 {
		c.writeEvent.Set(c.writeBy)
	}
	return on
}

// TryWrite writes what fits into the send buffer and never waits. An n below
// len(p) with a nil error says that the buffer is full or that another Write is
// under way.
//
//go:norace
func (c *Conn) TryWrite(p []byte) (n int, err error) {
	w := c.p.n.w
	c.lock()
	w.Inside(func() { c.out.obj.Point(sim.OpTrySend, true) })
	c.out.sends()
	w.Inside(func() {
		if s := c.out; !s.writing || s.broken() {
			n, err = c.write(p)
		}
		c.stopIfGone()
	})
	hasRead(p[:n])
	c.unlock()
	return n, err
}

// write writes what fits.
func (c *Conn) write(p []byte) (int, error) {
	s := c.out
	switch {
	case c.closed:
		return 0, c.opError("write", net.ErrClosed)
	case c.p.n.expired(c.writeBy):
		return 0, c.opError("write", os.ErrDeadlineExceeded)
	case c.err != 0:
		return 0, c.opError("write", errWrite(c.takeErr()))
	case c.dead, s.end.sent:
		return 0, c.opError("write", errWritePipe)
	}
	n := 0
	for n < len(p) && !c.dead {
		k := min(len(p)-n, s.room())
		if k == 0 {
			break
		}
		s.push(p[n : n+k]) // may move bytes on, so that there is room again
		n += k
	}
	return n, nil
}

// Close ends both directions. Bytes written before are still delivered, unless
// bytes were left unread or come in later: then the connection is reset. Blocked
// operations fail with net.ErrClosed, and so does a second Close.
//
//go:norace
func (c *Conn) Close() (err error) {
	if w := c.p.n.w; w.Outside() {
		c.lock()
		w.Inside(func() { err = c.Close() })
		c.unlock()
		return err
	}
	c.out.obj.Point(sim.OpClose, true)
	if c.closed {
		return c.opError("close", net.ErrClosed)
	}
	c.close()
	return nil
}

func (c *Conn) close() {
	c.closed = true
	c.readEvent.Stop()
	c.writeEvent.Stop()
	unread := c.in.ready > 0
	c.in.buf.skip(c.in.ready)
	c.in.ready = 0
	switch {
	case c.dead:
	case unread, c.linger:
		c.dead = true
		c.out.abort()
	case !c.out.end.sent:
		c.out.finish()
	}
	c.in.update()
	c.p.settle()
}

// CloseWrite ends the outgoing direction after the bytes written before.
//
//go:norace
func (c *Conn) CloseWrite() (err error) {
	if w := c.p.n.w; w.Outside() {
		c.lock()
		w.Inside(func() { err = c.CloseWrite() })
		c.unlock()
		return err
	}
	s := c.out
	s.obj.Point(sim.OpClose, true)
	switch {
	case c.closed:
		return c.opError("close", net.ErrClosed)
	case c.dead, s.end.done && c.in.end.done:
		return c.opError("close", errShutdown)
	case !s.end.sent:
		s.finish()
		s.update()
	}
	return nil
}

// SetLinger with 0 makes Close reset the connection; a negative number restores
// the default, as any other here does: Close does not wait.
//
//go:norace
func (c *Conn) SetLinger(sec int) error {
	c.lock()
	c.linger = sec == 0
	c.unlock()
	return nil
}

// SetDeadline sets both deadlines.
func (c *Conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// SetReadDeadline sets the time, of the host's clock, at which waiting and later
// Reads fail with os.ErrDeadlineExceeded. The zero time means never.
func (c *Conn) SetReadDeadline(t time.Time) error {
	return c.setDeadline(t, false)
}

// SetWriteDeadline does the same for Write.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	return c.setDeadline(t, true)
}

//go:norace
func (c *Conn) setDeadline(t time.Time, write bool) (err error) {
	if w := c.p.n.w; w.Outside() {
		c.lock()
		w.Inside(func() { err = c.setDeadline(t, write) })
		c.unlock()
		return err
	}
	by, e, s := &c.readBy, &c.readEvent, c.in
	if write {
		by, e, s = &c.writeBy, &c.writeEvent, c.out
	}
	s.obj.Point(sim.OpReset, true)
	if c.closed {
		return &net.OpError{Op: "set", Net: "tcp", Addr: c.local, Err: net.ErrClosed}
	}
	w := c.p.n.w
	*by = 0
	e.Stop()
	if !t.IsZero() {
		*by = max(c.host.machine.When(t), 1) // the time is that of the host's clock
	}
	if *by > w.Elapsed() && s.obj.Waits() {
		e.Set(*by)
	}
	s.update()
	return nil
}

// kill ends c by a reset.
func (c *Conn) kill(keep bool) {
	if c.dead {
		return
	}
	c.dead = true
	if !c.closed {
		c.err = syscall.ECONNRESET
		if c.in.end.done {
			c.err = syscall.EPIPE
		}
	}
	c.in.wipe(keep)
	c.out.wipe(true)
	c.out.update() // the incoming stream is updated by what delivers to it
}

// done reports whether nothing can happen to c any more.
func (c *Conn) done() bool {
	return c.closed && (c.dead || c.in.end.done && (c.out.end.done || c.out.endLost))
}

// takeErr returns the error of a reset, which is told once.
func (c *Conn) takeErr() syscall.Errno {
	e := c.err
	c.err = 0
	return e
}

func errRead(e syscall.Errno) error {
	if e == syscall.EPIPE {
		return errReadPipe
	}
	return errReadReset
}

func errWrite(e syscall.Errno) error {
	if e == syscall.EPIPE {
		return errWritePipe
	}
	return errWriteReset
}

func (c *Conn) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Source: c.local, Addr: c.remote, Err: err}
}
