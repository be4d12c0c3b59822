package container

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// memoryPair connects a client to a server over a memory Transport, inside a
// bubble of virtual time, and returns the client's connection once it is open.
func memoryPair(t *testing.T, client, server *tracer, co, so ConnectionOptions) (*pair, *Connection) {
	t.Helper()
	conns := make(chan *Connection, 1)
	client.on["connection_open"] = func(c *Connection) { conns <- c }
	c := New("pair", nil, Options{Transport: newMemory()})
	so.Handler, co.Handler = server, client
	l, err := c.Listen("memory:1", ListenWith(so))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Connect("memory:1", co); err != nil {
		t.Fatal(err)
	}
	return &pair{t: t, c: c, l: l, r: runContainer(t, c, 2)}, <-conns
}

// end stops the listener and waits for auto-stop.
func (p *pair) end() {
	p.t.Helper()
	p.l.Stop()
	if err := p.r.wantReturn("nothing is left"); err != nil {
		p.t.Error(err)
	}
}

// TestCloseTimeoutCountsFromTheClose has a connection that was quiet for longer
// than its CloseTimeout before it is closed.
func TestCloseTimeoutCountsFromTheClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := newTracer(), newTracer()
		server.on["connection_close"] = func(*Connection) { time.Sleep(900 * time.Millisecond) }
		p, conn := memoryPair(t, client, server, ConnectionOptions{CloseTimeout: time.Second}, ConnectionOptions{})
		time.Sleep(time.Minute)
		conn.WorkQueue().Add(func() { conn.Close(nil) })
		client.want(t, "client", "transport_open connection_open connection_close transport_close")
		p.end()
	})
}

// TestCloseTimeout: the peer does not answer in time.
func TestCloseTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := newTracer(), newTracer()
		server.on["connection_close"] = func(*Connection) { time.Sleep(1100 * time.Millisecond) }
		p, conn := memoryPair(t, client, server, ConnectionOptions{CloseTimeout: time.Second}, ConnectionOptions{})
		begin := time.Now()
		conn.WorkQueue().Add(func() { conn.Close(nil) })
		client.want(t, "client", "transport_open connection_open transport_error transport_close")
		if took := time.Since(begin); took != time.Second {
			t.Errorf("the close was given up after %v", took)
		}
		p.end()
	})
}

// TestHeartbeats keeps a quiet connection open: each end sends empty frames
// before the other's idle time-out (§2.4.5).
func TestHeartbeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := newTracer(), newTracer()
		p, conn := memoryPair(t, client, server, ConnectionOptions{IdleTimeout: time.Second}, ConnectionOptions{IdleTimeout: 300 * time.Millisecond})
		time.Sleep(time.Minute)
		if !conn.WorkQueue().Add(func() { conn.Close(nil) }) {
			t.Fatal("the connection has ended")
		}
		client.want(t, "client", "transport_open connection_open connection_close transport_close")
		server.want(t, "server", "transport_open connection_open connection_close transport_close")
		p.end()
	})
}

// TestENG6SilentPeer blocks the server's callbacks, so that it sends nothing.
func TestENG6SilentPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := newTracer(), newTracer()
		server.on["connection_open"] = func(c *Connection) {
			c.WorkQueue().Schedule(100*time.Millisecond, func() { time.Sleep(3 * time.Second) })
		}
		p, _ := memoryPair(t, client, server, ConnectionOptions{IdleTimeout: time.Second}, ConnectionOptions{})
		client.want(t, "client", "transport_open connection_open transport_error transport_close")
		p.end()
	})
}

// brokenConn cannot be written to.
type brokenConn struct {
	net.Conn
	noDeadline bool
}

var errBroken = errors.New("broken")

func (brokenConn) TryWrite([]byte) (int, error) { return 0, errBroken }

func (c brokenConn) SetReadDeadline(d time.Time) error {
	if c.noDeadline {
		return errors.ErrUnsupported
	}
	return c.Conn.SetReadDeadline(d)
}

// TestWriteFails: what the peer has said is heard for a second, then the
// connection ends with the error of the write.
func TestWriteFails(t *testing.T) {
	for _, noDeadline := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			defer far.Close()
			c := New("c", nil, Options{Transport: dialTo(func(context.Context) (net.Conn, error) {
				return brokenConn{near, noDeadline}, nil
			})})
			h := newTracer()
			var seen error
			h.on["transport_error"] = func(c *Connection) { seen = c.TransportError() }
			c.Connect("broken", ConnectionOptions{Handler: h})
			begin := time.Now()
			runContainer(t, c, 1).wantReturn("nothing is left")
			h.want(t, "client", "transport_open transport_error transport_close")
			if !errors.Is(seen, errBroken) {
				t.Errorf("the transport error is %v", seen)
			}
			if took := time.Since(begin); noDeadline != (took == 0) || took > drainTime {
				t.Errorf("the end came after %v", took)
			}
		})
	}
}

func TestWQ13OwnerGoneBeforeTheDelayEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := newTracer(), newTracer()
		p, conn := memoryPair(t, client, server, ConnectionOptions{}, ConnectionOptions{})
		ran := 0
		conn.WorkQueue().Schedule(time.Second, func() { ran++ })
		conn.WorkQueue().Schedule(time.Hour, func() { t.Error("ran on a connection that has gone") })
		conn.WorkQueue().Schedule(2*time.Second, func() { conn.Close(nil) })
		p.l.Stop()
		begin := time.Now()
		p.r.wantReturn("nothing is left: the job can run no more")
		if took := time.Since(begin); took != 2*time.Second || ran != 1 {
			t.Errorf("Run went on for %v, %d jobs ran", took, ran)
		}
	})
}

func TestSCHEDOrderInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New("c", nil, Options{})
		begin := time.Now()
		var at []time.Duration
		note := func() { at = append(at, time.Since(begin)) }
		c.Schedule(3*time.Second, note)
		c.Schedule(time.Second, func() { note(); c.Schedule(time.Second, note) })
		h := c.Schedule(1500*time.Millisecond, func() { t.Error("was cancelled") })
		c.Schedule(time.Second, func() { c.Cancel(h) })
		runContainer(t, c, 1).wantReturn("all has run")
		if len(at) != 3 || at[0] != time.Second || at[1] != 2*time.Second || at[2] != 3*time.Second {
			t.Errorf("functions ran at %v", at)
		}
	})
}
