package container

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/collider-amqp/collider/container/engine"
)

// silent is a peer that takes what it is sent and answers nothing.
func silent(context.Context) (net.Conn, error) {
	near, far := net.Pipe()
	go func() {
		io.Copy(io.Discard, far)
		far.Close()
	}()
	return near, nil
}

func TestOpenTimeoutOfASilentPeer(t *testing.T) {
	for name, dial := range map[string]dialTo{
		"silent after the dial": silent,
		"the dial hangs":        func(ctx context.Context) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() },
	} {
		t.Run(name, func(t *testing.T) {
			c := New("c", nil, Options{Transport: dial})
			h := newTracer()
			var seen error
			h.on["transport_error"] = func(c *Connection) { seen = c.TransportError() }
			c.Connect("silent", ConnectionOptions{Handler: h, OpenTimeout: 10 * time.Millisecond})
			r := runContainer(t, c, 1)
			h.want(t, "client", "transport_open transport_error transport_close")
			var timeout *engine.TimeoutError
			if !errors.As(seen, &timeout) {
				t.Errorf("the transport error was %v", seen)
			}
			if err := r.wantReturn("nothing is left"); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOpenTimeoutOfASilentClient(t *testing.T) {
	server := newTracer()
	c := New("c", nil, Options{ServerConnection: ConnectionOptions{OpenTimeout: 10 * time.Millisecond}})
	l, err := c.Listen("127.0.0.1:0", ListenWith(ConnectionOptions{Handler: server}))
	if err != nil {
		t.Fatal(err)
	}
	r := runContainer(t, c, 1)
	addr, _ := l.Addr()
	nc, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	server.want(t, "server", "transport_open transport_error transport_close")
	l.Stop()
	r.wantReturn("nothing is left")
}

// TestRUN25PanicsAfterStop has callbacks that panic in the turn that is to serve
// a Stop: it must be served all the same.
func TestRUN25PanicsAfterStop(t *testing.T) {
	client := newTracer()
	p := newPair(t, 1, func() Handler { return quietHandler{} })
	client.on["connection_open"] = func(c *Connection) {
		for _, v := range []string{"one", "two", "three"} {
			c.WorkQueue().Add(func() { panic(v) })
		}
	}
	p.c.Connect(p.url(), ConnectionOptions{Handler: client})
	err := p.r.wantReturn("a panic is a Stop")
	if pe, ok := err.(*PanicError); !ok || pe.Value != "one" {
		t.Errorf("Run returned %v, want the first panic", err)
	}
	client.want(t, "client", "transport_open connection_open transport_error transport_close")
}

// TestDialThatComesTooLate has a Transport that succeeds although its context has
// ended: what it made must be closed.
func TestDialThatComesTooLate(t *testing.T) {
	near, far := net.Pipe()
	begun := make(chan struct{})
	c := New("c", nil, Options{Transport: dialTo(func(ctx context.Context) (net.Conn, error) {
		close(begun)
		<-ctx.Done()
		return near, nil
	})})
	h := newTracer()
	c.Connect("late", ConnectionOptions{Handler: h})
	r := runContainer(t, c, 1)
	wantSignal(t, begun, "the dial begins")
	c.Stop(nil)
	r.wantReturn("Stop was called")
	h.want(t, "client", "transport_open transport_close")
	far.SetReadDeadline(time.Now().Add(patience))
	if _, err := far.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the stream was left open: %v", err)
	}
}

func TestRUN15StopBeforeRunDialsNothing(t *testing.T) {
	c := New("c", nil, Options{Transport: dialTo(func(context.Context) (net.Conn, error) {
		t.Error("dialled after Stop")
		return nil, net.ErrClosed
	})})
	h := newTracer()
	c.Connect("nowhere", ConnectionOptions{Handler: h})
	c.Stop(nil)
	runContainer(t, c, 1).wantReturn("Stop was called")
	h.want(t, "client", "transport_open transport_close")
}

// flood sends messages as credit comes, and opens a link back when it has got as
// many as it wants.
type flood struct {
	quietHandler
	left, got int
	want      int
}

func (h *flood) OnSendable(s *Sender) {
	for ; h.left > 0 && s.Credit() > 0; h.left-- {
		s.Send(NewDataMessage(make([]byte, 4096)))
	}
}

func (h *flood) OnMessage(d *Delivery, _ *Message) {
	if h.got++; h.got == h.want {
		d.Connection().OpenSender("done", SenderOptions{})
	}
}

// TestBothEndsWriteAtOnce joins two ends by a stream without any buffer. When
// both have much to write, each must go on reading.
func TestBothEndsWriteAtOnce(t *testing.T) {
	const n = 500
	m := newMemory()
	server := &flood{left: n, want: n}
	c := New("c", nil, Options{Transport: m, Receiver: ReceiverOptions{CreditWindow: 100}})
	l, err := c.Listen("flood:1", ListenWith(ConnectionOptions{Handler: server}))
	if err != nil {
		t.Fatal(err)
	}
	client := &floodClient{flood: flood{left: n, want: n}}
	client.done = l.Stop
	c.Connect("flood:1", ConnectionOptions{Handler: client})
	r := runContainer(t, c, 2)
	if err := r.wantReturn("both floods have passed"); err != nil {
		t.Error(err)
	}
	if client.got != n || server.got != n {
		t.Errorf("the client got %d and the server %d messages of %d", client.got, server.got, n)
	}
}

type floodClient struct {
	flood
	done  func()
	ended int
}

func (h *floodClient) OnConnectionOpen(c *Connection) {
	c.OpenSender("up", SenderOptions{DeliveryMode: AtMostOnce})
	c.OpenReceiver("down", ReceiverOptions{})
}

func (h *floodClient) OnMessage(d *Delivery, _ *Message) {
	if h.got++; h.got == h.want {
		h.end(d.Connection())
	}
}

// OnReceiverOpen: the server opens a link back when it has got all.
func (h *floodClient) OnReceiverOpen(r *Receiver) {
	if r.Uninitialized() {
		h.end(r.Connection())
	}
}

func (h *floodClient) end(c *Connection) {
	if h.ended++; h.ended == 2 {
		c.Close(nil)
		h.done()
	}
}

func TestStopWhileAWriterThreadIsBlocked(t *testing.T) {
	near, far := net.Pipe() // nobody reads far
	defer far.Close()
	c := New("c", nil, Options{Transport: dialTo(func(context.Context) (net.Conn, error) { return near, nil })})
	h := newTracer()
	c.Connect("deaf", ConnectionOptions{Handler: h})
	r := runContainer(t, c, 1)
	time.Sleep(5 * time.Millisecond)
	c.Stop(errors.New("cause"))
	r.wantReturn("Stop was called")
	h.want(t, "client", "transport_open transport_error transport_close")
}

func TestWQ12ScheduleOnAFinishedQueue(t *testing.T) {
	client := newTracer()
	var q *WorkQueue
	client.on["connection_open"] = func(c *Connection) { q = c.WorkQueue(); c.Close(nil) }
	client.on["transport_close"] = func(c *Connection) {
		q.Schedule(time.Hour, func() { t.Error("a job ran on a finished queue") })
	}
	p := newPair(t, 1, func() Handler { return quietHandler{} })
	p.c.Connect(p.url(), ConnectionOptions{Handler: client})
	wantSignal(t, client.closed, "the close")
	p.c.NewWorkQueue().Add(func() {}) // a turn later
	for {
		p.c.mu.Lock()
		gone := len(p.c.hosts) == 0
		p.c.mu.Unlock()
		if gone {
			break
		}
		time.Sleep(time.Millisecond)
	}
	q.Schedule(time.Hour, func() { t.Error("a job ran on a finished queue") })
	p.l.Stop()
	p.r.wantReturn("a job that cannot run is no activity")
}

// TestErrorBeforeStopIsKept loses the transport and stops in one and the same
// turn.
func TestErrorBeforeStopIsKept(t *testing.T) {
	near, far := net.Pipe()
	c := New("c", nil, Options{Transport: dialTo(func(context.Context) (net.Conn, error) { return near, nil })})
	h := newTracer()
	c.Connect("cut", ConnectionOptions{Handler: h})
	held, hold := make(chan struct{}), make(chan struct{})
	c.mu.Lock()
	conn := c.hosts[0]
	c.mu.Unlock()
	r := runContainer(t, c, 1)
	io.ReadFull(far, make([]byte, 8)) // the socket is being served
	conn.queue.Add(func() { close(held); <-hold })
	wantSignal(t, held, "the job")
	far.Close()
	for ended := false; !ended; time.Sleep(time.Millisecond) {
		conn.mu.Lock()
		ended = conn.inbox.readErr != nil
		conn.mu.Unlock()
	}
	c.Stop(nil)
	close(hold)
	r.wantReturn("Stop was called")
	h.want(t, "client", "transport_open transport_error transport_close")
}
