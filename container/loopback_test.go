package container

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
)

// pair is a client and a server in one container, joined over loopback.
type pair struct {
	t *testing.T
	c *Container
	r *running
	l *Listener
}

// quietHandler takes errors as they come.
type quietHandler struct{ BaseHandler }

func (quietHandler) OnError(*Connection, error) {}

// newPair runs a container that listens; every accepted connection gets the
// handler that accept makes.
func newPair(t *testing.T, n int, accept func() Handler) *pair {
	t.Helper()
	p := &pair{t: t, c: New("pair", nil, Options{})}
	l, err := p.c.Listen("127.0.0.1:0", acceptWith{accept: accept})
	if err != nil {
		t.Fatal(err)
	}
	p.l = l
	p.r = runContainer(t, p.c, n)
	return p
}

type acceptWith struct {
	BaseListenHandler
	accept func() Handler
}

func (a acceptWith) OnAccept(*Listener) ConnectionOptions {
	return ConnectionOptions{Handler: a.accept()}
}

func (p *pair) url() string {
	port, err := p.l.Port()
	if err != nil {
		p.t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", port)
}

// tracer writes down the callbacks of one connection.
type tracer struct {
	quietHandler
	calls  []string
	closed chan struct{}
	on     map[string]func(*Connection)
}

func newTracer() *tracer {
	return &tracer{closed: make(chan struct{}), on: make(map[string]func(*Connection))}
}

func (h *tracer) note(name string, c *Connection) {
	h.calls = append(h.calls, name)
	if f := h.on[name]; f != nil {
		f(c)
	}
}

func (h *tracer) OnTransportOpen(c *Connection)   { h.note("transport_open", c) }
func (h *tracer) OnTransportError(c *Connection)  { h.note("transport_error", c) }
func (h *tracer) OnConnectionError(c *Connection) { h.note("connection_error", c) }
func (h *tracer) OnConnectionClose(c *Connection) { h.note("connection_close", c) }
func (h *tracer) OnConnectionWake(c *Connection)  { h.note("wake", c) }
func (h *tracer) OnTransportClose(c *Connection) {
	h.note("transport_close", c)
	close(h.closed)
}

func (h *tracer) OnConnectionOpen(c *Connection) {
	h.BaseHandler.OnConnectionOpen(c)
	h.note("connection_open", c)
}

// want waits for the end and compares the callbacks.
func (h *tracer) want(t *testing.T, who, calls string) {
	t.Helper()
	wantSignal(t, h.closed, who+": on_transport_close")
	if got := strings.Join(h.calls, " "); got != calls {
		t.Errorf("%s: callbacks were\n\t%s, want\n\t%s", who, got, calls)
	}
}

func TestORD1OpenAndClose(t *testing.T) {
	client, server := newTracer(), newTracer()
	client.on["connection_open"] = func(c *Connection) { c.Close(nil) }
	p := newPair(t, 2, func() Handler { return server })
	if err := p.c.Connect(p.url(), ConnectionOptions{Handler: client}); err != nil {
		t.Fatal(err)
	}
	const calls = "transport_open connection_open connection_close transport_close"
	client.want(t, "client", calls)
	server.want(t, "server", calls)
	p.l.Stop()
	if err := p.r.wantReturn("nothing is left"); err != nil {
		t.Error(err)
	}
}

func TestORD7CloseWithError(t *testing.T) {
	client, server := newTracer(), newTracer()
	client.on["connection_open"] = func(c *Connection) {
		c.Close(&Error{Condition: "amqp:not-allowed", Description: "because"})
	}
	var seen error
	server.on["connection_error"] = func(c *Connection) { seen = c.Error() }
	p := newPair(t, 1, func() Handler { return server })
	p.c.Connect(p.url(), ConnectionOptions{Handler: client})
	client.want(t, "client", "transport_open connection_open connection_close transport_close")
	server.want(t, "server", "transport_open connection_open connection_error connection_close transport_close")
	if seen == nil || seen.Error() != "amqp:not-allowed: because" {
		t.Errorf("the server saw the error %v", seen)
	}
	p.c.Stop(nil)
	p.r.wantReturn("Stop was called")
}

func TestORD3RefusedConnection(t *testing.T) {
	c := New("c", nil, Options{})
	h := newTracer()
	l, err := TCP{}.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	var seen error
	h.on["transport_error"] = func(c *Connection) { seen = c.TransportError() }
	c.Connect(addr, ConnectionOptions{Handler: h})
	r := runContainer(t, c, 2)
	h.want(t, "client", "transport_open transport_error transport_close")
	if seen == nil || !strings.Contains(seen.Error(), "refused") {
		t.Errorf("the transport error was %v", seen)
	}
	if err := r.wantReturn("nothing is left"); err != nil {
		t.Error(err)
	}
}

func TestRUN18StopWithAndWithoutError(t *testing.T) {
	for _, cause := range []error{nil, fmt.Errorf("cause")} {
		client, server := newTracer(), newTracer()
		p := newPair(t, 2, func() Handler { return server })
		opened := make(chan struct{})
		client.on["connection_open"] = func(*Connection) { close(opened) }
		p.c.Connect(p.url(), ConnectionOptions{Handler: client})
		wantSignal(t, opened, "the connection opens")
		var seen error
		client.on["transport_error"] = func(c *Connection) { seen = c.TransportError() }
		p.c.Stop(cause)
		calls := "transport_open connection_open transport_close"
		if cause != nil {
			calls = "transport_open connection_open transport_error transport_close"
		}
		client.want(t, "client", calls)
		if err := p.r.wantReturn("Stop was called"); err != cause || seen != cause {
			t.Errorf("Run returned %v and the handler saw %v, want %v", err, seen, cause)
		}
	}
}

// exchange sends n messages from a client and counts what comes of them.
type exchange struct {
	quietHandler
	n, sent           int
	accepted, settled atomic.Int32
}

func (h *exchange) OnSendable(s *Sender) {
	for h.sent < h.n && s.Credit() > 0 {
		m := NewMessage(fmt.Sprint("message ", h.sent))
		m.SetID(uint64(h.sent))
		if _, err := s.Send(m); err != nil {
			panic(err)
		}
		h.sent++
	}
}

func (h *exchange) OnTrackerAccept(t *Tracker) { h.accepted.Add(1) }

func (h *exchange) OnTrackerSettle(t *Tracker) {
	if h.settled.Add(1) == int32(h.n) {
		t.Connection().Close(nil)
	}
}

// collector takes messages in order.
type collector struct {
	quietHandler
	t    *testing.T
	got  int
	done chan struct{}
}

func (h *collector) OnMessage(d *Delivery, m *Message) {
	if m.ID() != uint64(h.got) || m.Body() != fmt.Sprint("message ", h.got) {
		h.t.Errorf("message %d is %v with body %v", h.got, m.ID(), m.Body())
	}
	h.got++
}

func (h *collector) OnTransportClose(*Connection) { close(h.done) }

func TestMessagesArriveInOrderAndSettled(t *testing.T) {
	const n = 1000
	to := &collector{t: t, done: make(chan struct{})}
	from := &exchange{n: n}
	p := newPair(t, 2, func() Handler { return to })
	if err := p.c.OpenSender(p.url()+"/q", SenderOptions{}, ConnectionOptions{Handler: from}); err != nil {
		t.Fatal(err)
	}
	wantSignal(t, to.done, "the receiver's end")
	p.l.Stop()
	if err := p.r.wantReturn("nothing is left"); err != nil {
		t.Fatal(err)
	}
	if to.got != n || from.accepted.Load() != n {
		t.Errorf("%d received, %d accepted, want %d", to.got, from.accepted.Load(), n)
	}
}

func TestWAKE1AndWQ3OnAConnection(t *testing.T) {
	client := newTracer()
	conns := make(chan *Connection, 1)
	client.on["connection_open"] = func(c *Connection) { conns <- c }
	p := newPair(t, 2, func() Handler { return quietHandler{} })
	p.c.Connect(p.url(), ConnectionOptions{Handler: client})
	conn := <-conns
	woken := make(chan struct{}, 1)
	conn.WorkQueue().Add(func() { client.on["wake"] = func(*Connection) { woken <- struct{}{} } })
	conn.Wake()
	wantSignal(t, woken, "on_connection_wake")
	ran := make(chan struct{})
	if !conn.WorkQueue().Add(func() { close(ran); conn.Close(nil) }) {
		t.Fatal("a job was refused on an open connection")
	}
	wantSignal(t, ran, "the job")
	wantSignal(t, client.closed, "the close")
	if conn.WorkQueue().Add(func() {}) {
		t.Error("a job was accepted after on_transport_close (WQ-4)")
	}
	conn.Wake() // WAKE-5: dropped
	p.l.Stop()
	p.r.wantReturn("nothing is left")
}

func TestOWN1UseFromOutsideIsFound(t *testing.T) {
	client := newTracer()
	conns := make(chan *Connection, 1)
	client.on["connection_open"] = func(c *Connection) { conns <- c }
	p := newPair(t, 1, func() Handler { return quietHandler{} })
	p.c.Connect(p.url(), ConnectionOptions{Handler: client})
	conn := <-conns
	p.c.Stop(nil)
	p.r.wantReturn("Stop was called")
	defer func() {
		m, ok := recover().(*MisuseError)
		if !ok || m.RuleID() != "OWN-1" {
			t.Errorf("a call outside all callbacks gave %v", m)
		}
	}()
	conn.Close(nil)
}

func TestRUN25PanicClosesAllConnections(t *testing.T) {
	for n := 1; n <= 2; n++ {
		client, server := newTracer(), newTracer()
		client.on["connection_open"] = func(*Connection) { panic("on purpose") }
		p := newPair(t, n, func() Handler { return server })
		p.c.Connect(p.url(), ConnectionOptions{Handler: client})
		err := p.r.wantReturn("a panic is a Stop")
		if pe, ok := err.(*PanicError); !ok || pe.Value != "on purpose" {
			t.Errorf("Run returned %v", err)
		}
		client.want(t, "client", "transport_open connection_open transport_error transport_close")
	}
}
