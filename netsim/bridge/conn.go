package bridge

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
)

// Conn is the stack's end of a connection of the simulated network. It is a
// net.Conn and may be used by any goroutines of the bubble. Two threads of the
// World carry its bytes; each piece is a step.
type Conn struct {
	b     *Bridge
	inner *netsim.Conn
	obj   sim.Object
	taken bool // World's view: what was given has been read
	due   bool // World's view: there is something to write or close
	rest  int  // of the unit that was given in part
	ended bool // CloseWrite has been done

	mu      sync.Mutex
	cond    sync.Cond
	in      []byte // given, not yet read
	inErr   error
	out     [][]byte // written, not yet taken
	outSize int
	outErr  error
	closed  bool
	ending  bool // CloseWrite
	readBy  deadline
	writeBy deadline
	unread  bool // at Close: the connection is reset
}

var _ net.Conn = (*Conn)(nil)

const (
	classGive = 1 // hand bytes to the stack
	classTake = 2 // take bytes from it

	outMax = 64 << 10 // bytes that Write may leave behind
)

// wrap makes the stack's end of c and starts the threads that serve it.
func (b *Bridge) wrap(inner *netsim.Conn) *Conn {
	c := &Conn{b: b, inner: inner, taken: true}
	c.cond.L = &c.mu
	c.obj.Init(b.w, "bridged "+inner.LocalAddr().String())
	b.conns = append(b.conns, c)
	b.w.Go("reader", c.reads)
	b.w.Go("writer", c.writes)
	return c
}

// Read implements net.Conn.
func (c *Conn) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		switch {
		case c.closed:
			return 0, c.opError("read", net.ErrClosed)
		case len(p) == 0:
			return 0, nil
		case c.readBy.passed():
			return 0, c.opError("read", os.ErrDeadlineExceeded)
		case len(c.in) > 0:
			n := copy(p, c.in)
			c.in = c.in[n:]
			c.b.hub.poke()
			return n, nil
		case c.inErr != nil:
			err := c.inErr
			c.inErr = io.EOF // a reset is told once
			return 0, err
		}
		c.cond.Wait()
	}
}

// Write implements net.Conn. The bytes of one Write enter the network together.
func (c *Conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		switch {
		case c.closed:
			return 0, c.opError("write", net.ErrClosed)
		case c.writeBy.passed():
			return 0, c.opError("write", os.ErrDeadlineExceeded)
		case c.outErr != nil:
			err := c.outErr
			c.outErr = c.opError("write", os.NewSyscallError("write", syscall.EPIPE))
			return 0, err
		case c.ending:
			return 0, c.opError("write", os.NewSyscallError("write", syscall.EPIPE))
		case len(p) == 0:
			return 0, nil
		case len(c.out) == 0 || c.outSize+len(p) <= outMax:
			c.out = append(c.out, append([]byte(nil), p...))
			c.outSize += len(p)
			c.b.hub.poke()
			return len(p), nil
		}
		c.cond.Wait()
	}
}

// Close implements net.Conn.
func (c *Conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.opError("close", net.ErrClosed)
	}
	c.closed = true
	c.unread = len(c.in) > 0
	c.readBy.stop()
	c.writeBy.stop()
	c.cond.Broadcast()
	c.b.hub.poke()
	return nil
}

// CloseWrite ends the outgoing direction.
func (c *Conn) CloseWrite() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.opError("close", net.ErrClosed)
	}
	c.ending = true
	c.b.hub.poke()
	return nil
}

// LocalAddr implements net.Conn.
func (c *Conn) LocalAddr() net.Addr { return c.inner.LocalAddr() }

// RemoteAddr implements net.Conn.
func (c *Conn) RemoteAddr() net.Addr { return c.inner.RemoteAddr() }

// SetDeadline implements net.Conn; the clock is the bubble's, package time's.
func (c *Conn) SetDeadline(t time.Time) error { return c.setDeadlines(t, &c.readBy, &c.writeBy) }

// SetReadDeadline implements net.Conn.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.setDeadlines(t, &c.readBy) }

// SetWriteDeadline implements net.Conn.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.setDeadlines(t, &c.writeBy) }

func (c *Conn) setDeadlines(t time.Time, ds ...*deadline) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return &net.OpError{Op: "set", Net: "tcp", Addr: c.LocalAddr(), Err: net.ErrClosed}
	}
	for _, d := range ds {
		d.stop()
		d.at = t
		if !t.IsZero() {
			d.timer = time.AfterFunc(time.Until(t), c.wake)
		}
	}
	c.cond.Broadcast()
	return nil
}

func (c *Conn) wake() {
	c.mu.Lock()
	c.cond.Broadcast()
	c.mu.Unlock()
}

func (c *Conn) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: err}
}

// deadline is a time and what wakes those who wait for it.
type deadline struct {
	at    time.Time
	timer *time.Timer
}

func (d *deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
	}
}

// fail ends the stack's side at once.
func (c *Conn) fail() {
	c.mu.Lock()
	c.closed = true
	c.readBy.stop()
	c.writeBy.stop()
	c.cond.Broadcast()
	c.mu.Unlock()
}

// harvest tells the World what the stack has done to c.
func (c *Conn) harvest() {
	c.mu.Lock()
	c.taken = len(c.in) == 0 || c.closed
	c.due = len(c.out) > 0 || c.closed || c.ending && !c.ended
	c.mu.Unlock()
	c.obj.Switch(classGive, c.taken)
	c.obj.Switch(classTake, c.due)
}

// reads is the thread that hands bytes to the stack, a piece in a step. It reads
// on when the stack has read everything: what it leaves stays on the network.
func (c *Conn) reads() {
	buf := make([]byte, 4096)
	for {
		n, err := c.inner.Read(buf)
		for p := buf[:n]; len(p) > 0; {
			k := c.piece(p)
			c.give(p[:k], nil)
			p = p[k:]
			c.obj.Await(sim.OpSend, classGive, c.taken)
		}
		if err != nil {
			c.give(nil, err)
			return
		}
	}
}

// piece returns how much of p is given at once.
func (c *Conn) piece(p []byte) int {
	if c.rest == 0 && c.b.options.Piece != nil {
		c.rest = max(0, c.b.options.Piece(p))
	}
	if c.rest == 0 {
		return len(p)
	}
	k := min(c.rest, len(p))
	c.rest -= k
	return k
}

func (c *Conn) give(p []byte, err error) {
	c.b.w.Observe(uint64(len(p)), choice.Hash(string(p)))
	c.mu.Lock()
	c.in = append(c.in[:0:0], p...)
	c.inErr = err
	c.cond.Broadcast()
	c.mu.Unlock()
	c.taken = false
	c.b.touch()
}

// writes is the thread that carries the stack's Writes into the network, one in a
// step, and its Close after them.
func (c *Conn) writes() {
	for {
		c.obj.Await(sim.OpRecv, classTake, c.due)
		c.due = false
		c.b.touch()
		p, closed, ending := c.take()
		if p != nil {
			c.b.w.Observe(uint64(len(p)), choice.Hash(string(p)))
			if _, err := c.inner.Write(p); err != nil && !errors.Is(err, net.ErrClosed) {
				c.refuse(err)
			}
			continue
		}
		if closed {
			c.shut()
			return
		}
		if ending && !c.ended {
			c.ended = true
			c.inner.CloseWrite()
		}
	}
}

// take returns the next Write's bytes, or what there is to do after the last.
func (c *Conn) take() (p []byte, closed, ending bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.out) == 0 {
		return nil, c.closed, c.ending
	}
	p = c.out[0]
	c.out = c.out[1:]
	c.outSize -= len(p)
	c.cond.Broadcast()
	return p, false, false
}

// refuse tells the stack that the network takes no more.
func (c *Conn) refuse(err error) {
	c.mu.Lock()
	c.out, c.outSize, c.outErr = nil, 0, err
	c.cond.Broadcast()
	c.mu.Unlock()
	c.b.touch()
}

// shut closes the connection.
func (c *Conn) shut() {
	c.mu.Lock()
	unread := c.unread
	c.mu.Unlock()
	if unread {
		c.inner.SetLinger(0)
	}
	c.inner.Close()
}
