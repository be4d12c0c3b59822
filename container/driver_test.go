package container

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/container/engine"
)

// script is a Handler that writes down every callback and answers it with the
// function that it has for its name, else with the default.
type script struct {
	name  string
	calls []string
	on    map[string]func(x any)
	log   *[]string // shared by handlers whose order among each other matters
}

func newScript(name string) *script { return &script{name: name, on: make(map[string]func(any))} }

func (h *script) note(call string, x any, fallback func()) {
	h.calls = append(h.calls, call)
	if h.log != nil {
		*h.log = append(*h.log, h.name+"."+call)
	}
	if f := h.on[call]; f != nil {
		f(x)
	} else if fallback != nil {
		fallback()
	}
}

// want compares the callbacks since the last want.
func (h *script) want(t *testing.T, calls string) {
	t.Helper()
	if got := strings.Join(h.calls, " "); got != calls {
		t.Errorf("%s: callbacks were\n\t%s, want\n\t%s", h.name, got, calls)
	}
	h.calls = nil
}

var base BaseHandler

func (h *script) OnContainerStart(c *Container) { h.note("container_start", c, nil) }
func (h *script) OnContainerStop(c *Container)  { h.note("container_stop", c, nil) }
func (h *script) OnTransportOpen(c *Connection) { h.note("transport_open", c, nil) }
func (h *script) OnTransportError(c *Connection) {
	h.note("transport_error", c, func() { base.OnTransportError(c) })
}
func (h *script) OnTransportClose(c *Connection) { h.note("transport_close", c, nil) }
func (h *script) OnConnectionOpen(c *Connection) {
	h.note("connection_open", c, func() { base.OnConnectionOpen(c) })
}
func (h *script) OnConnectionError(c *Connection) {
	h.note("connection_error", c, func() { base.OnConnectionError(c) })
}
func (h *script) OnConnectionClose(c *Connection) { h.note("connection_close", c, nil) }
func (h *script) OnConnectionWake(c *Connection)  { h.note("wake", c, nil) }
func (h *script) OnSessionOpen(s *Session) {
	h.note("session_open", s, func() { base.OnSessionOpen(s) })
}
func (h *script) OnSessionError(s *Session) {
	h.note("session_error", s, func() { base.OnSessionError(s) })
}
func (h *script) OnSessionClose(s *Session) { h.note("session_close", s, nil) }
func (h *script) OnSenderOpen(s *Sender)    { h.note("sender_open", s, func() { base.OnSenderOpen(s) }) }
func (h *script) OnSenderError(s *Sender) {
	h.note("sender_error", s, func() { base.OnSenderError(s) })
}
func (h *script) OnSenderDetach(s *Sender) { h.note("sender_detach", s, nil) }
func (h *script) OnSenderClose(s *Sender)  { h.note("sender_close", s, nil) }
func (h *script) OnReceiverOpen(r *Receiver) {
	h.note("receiver_open", r, func() { base.OnReceiverOpen(r) })
}
func (h *script) OnReceiverError(r *Receiver) {
	h.note("receiver_error", r, func() { base.OnReceiverError(r) })
}
func (h *script) OnReceiverDetach(r *Receiver)      { h.note("receiver_detach", r, nil) }
func (h *script) OnReceiverClose(r *Receiver)       { h.note("receiver_close", r, nil) }
func (h *script) OnSendable(s *Sender)              { h.note("sendable", s, nil) }
func (h *script) OnTrackerAccept(t *Tracker)        { h.note("accept", t, nil) }
func (h *script) OnTrackerReject(t *Tracker)        { h.note("reject", t, nil) }
func (h *script) OnTrackerRelease(t *Tracker)       { h.note("release", t, nil) }
func (h *script) OnTrackerSettle(t *Tracker)        { h.note("settle", t, nil) }
func (h *script) OnDeliverySettle(d *Delivery)      { h.note("delivery_settle", d, nil) }
func (h *script) OnSenderDrainStart(s *Sender)      { h.note("drain_start", s, nil) }
func (h *script) OnReceiverDrainFinish(r *Receiver) { h.note("drain_finish", r, nil) }
func (h *script) OnMessage(d *Delivery, m *Message) { h.note("message", received{d, m}, nil) }
func (h *script) OnError(c *Connection, err error)  { h.note("error", err, nil) }

type received struct {
	*Delivery
	m *Message
}

// drivers are two Drivers wired in memory, with a clock of their own.
type drivers struct {
	t              *testing.T
	client, server *Driver
	c, s           *script
	now            time.Time
}

func newDrivers(t *testing.T, client, server ConnectionOptions) *drivers {
	t.Helper()
	p := &drivers{t: t, c: newScript("client"), s: newScript("server"), now: time.Unix(1000, 0)}
	if client.Handler == nil {
		client.Handler = p.c
	}
	if server.Handler == nil {
		server.Handler = p.s
	}
	p.client, p.server = NewDriver("client", client), NewDriver("server", server)
	if err := p.client.Connect(); err != nil {
		t.Fatal(err)
	}
	p.server.Accept()
	return p
}

// move passes output from one Driver to the other, in pieces of at most n
// octets, and reports whether there was any.
func (p *drivers) move(from, to *Driver, n int) bool {
	moved := false
	for b := from.Output(); len(b) > 0; b = from.Output() {
		piece := b[:min(n, len(b))]
		to.Receive(p.now, piece)
		from.Wrote(len(piece))
		to.Dispatch()
		moved = true
	}
	return moved
}

// pump dispatches and moves bytes until both are quiet.
func (p *drivers) pump() {
	for range 1000 {
		p.client.Tick(p.now)
		p.server.Tick(p.now)
		a, b := p.client.Dispatch(), p.server.Dispatch()
		there := p.move(p.client, p.server, 1<<20)
		back := p.move(p.server, p.client, 1<<20)
		if !there && !back {
			if !a || !b {
				p.end(a, b)
			}
			return
		}
	}
	p.t.Fatal("the drivers do not come to rest")
}

// end closes the stream when one end has finished, as the rules of a Driver ask.
func (p *drivers) end(client, server bool) {
	if client {
		p.client.ReceiveEOF(p.now)
	}
	if server {
		p.server.ReceiveEOF(p.now)
	}
	if p.client.Dispatch() || p.server.Dispatch() {
		p.t.Error("an end goes on after the stream has ended")
	}
}

// open brings both connections up and forgets the callbacks so far.
func (p *drivers) open() *drivers {
	p.t.Helper()
	p.pump()
	p.c.want(p.t, "transport_open connection_open")
	p.s.want(p.t, "transport_open connection_open")
	return p
}

// do runs f as the client's code, and then all that comes of it.
func (p *drivers) do(f func(c *Connection)) {
	p.client.Do(func() { f(p.client.Connection()) })
	p.pump()
}

// forget drops the callbacks so far.
func (p *drivers) forget() { p.c.calls, p.s.calls = nil, nil }

func TestDRV3OpenAndClose(t *testing.T) {
	p := newDrivers(t, ConnectionOptions{}, ConnectionOptions{}).open()
	if p.server.Connection().RemoteContainerID() != "client" || !p.server.Connection().Accepted() {
		t.Error("the server does not know its client")
	}
	p.do(func(c *Connection) { c.Close(nil) })
	p.c.want(t, "connection_close transport_close")
	p.s.want(t, "connection_close transport_close")
	if p.client.Dispatch() || p.server.Dispatch() {
		t.Error("Dispatch goes on after the end")
	}
	p.c.want(t, "")
}

// TestDRV2OctetByOctet splits the stream as finely as can be.
func TestDRV2OctetByOctet(t *testing.T) {
	p := newDrivers(t, ConnectionOptions{}, ConnectionOptions{})
	for p.move(p.client, p.server, 1) || p.move(p.server, p.client, 1) {
	}
	p.c.want(t, "transport_open connection_open")
	p.s.want(t, "transport_open connection_open")
}

func TestDRV6Disconnected(t *testing.T) {
	for _, opened := range []bool{false, true} {
		p := newDrivers(t, ConnectionOptions{}, ConnectionOptions{})
		want := "transport_open transport_error error transport_close"
		if opened {
			p.open()
			want = "transport_error error transport_close"
		}
		p.client.Disconnected(p.now, io.ErrUnexpectedEOF)
		if p.client.Dispatch() {
			t.Error("the connection goes on")
		}
		p.c.want(t, want)
		if err := p.client.Connection().TransportError(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("the transport error is %v", err)
		}
		if closed := p.client.Connection().Closed(); closed {
			t.Error("the AMQP connection counts as closed")
		}
	}
}

func TestDRV7NoContainer(t *testing.T) {
	p := newDrivers(t, ConnectionOptions{}, ConnectionOptions{}).open()
	c := p.client.Connection()
	if c.WorkQueue().Add(func() {}) {
		t.Error("the work queue of a Driver's connection accepted a job")
	}
	c.WorkQueue().Schedule(0, func() {})
	c.Wake()
	if c.Container() != nil {
		t.Error("a Driver's connection has a container")
	}
	p.pump()
	p.c.want(t, "")
}

func TestDRV8Tick(t *testing.T) {
	p := newDrivers(t, ConnectionOptions{}, ConnectionOptions{IdleTimeout: 10 * time.Second}).open()
	next := p.client.Tick(p.now)
	if next.IsZero() || next.Sub(p.now) > 5*time.Second {
		t.Fatalf("the client's deadline is %v from now, want it before half of the server's idle time-out", next.Sub(p.now))
	}
	p.now = next
	p.pump() // a heartbeat
	p.now = p.now.Add(11 * time.Second)
	p.server.Tick(p.now)
	p.server.Dispatch()
	p.server.Wrote(len(p.server.Output()))
	p.server.Dispatch()
	p.s.want(t, "transport_error error transport_close")
	if engine.Condition(p.server.Connection().TransportError()) != "amqp:resource-limit-exceeded" {
		t.Errorf("the error of a silent peer is %v (ENG-6)", p.server.Connection().TransportError())
	}
}

// TestDRV5PanicReachesTheCaller has each callback of an aborted connection panic
// in turn: the next Dispatch goes on behind it.
func TestDRV5PanicReachesTheCaller(t *testing.T) {
	for _, in := range []string{"transport_open", "transport_error", "transport_close"} {
		p := newDrivers(t, ConnectionOptions{}, ConnectionOptions{})
		p.c.on[in] = func(any) { panic(in) }
		p.client.Disconnected(p.now, nil)
		dispatch := func() (v any, more bool) {
			defer func() { v = recover() }()
			return nil, p.client.Dispatch()
		}
		if v, _ := dispatch(); v != in {
			t.Errorf("Dispatch panicked with %v, want %v", v, in)
		}
		if v, more := dispatch(); v != nil || more {
			t.Errorf("after a panic in %s Dispatch gave %v, %v", in, v, more)
		}
		if got := strings.ReplaceAll(strings.Join(p.c.calls, " "), " error", ""); got != "transport_open transport_error transport_close" {
			t.Errorf("panic in %s: callbacks were %s", in, got)
		}
	}
}

func TestDRV5DefaultErrorReachesTheCaller(t *testing.T) {
	d := NewDriver("d", ConnectionOptions{Handler: BaseHandler{}})
	d.Accept()
	d.Disconnected(time.Unix(1000, 0), io.ErrUnexpectedEOF)
	defer func() {
		if err, _ := recover().(error); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("Dispatch panicked with %v", err)
		}
	}()
	d.Dispatch()
}

func TestDRV4OneConnectionPerDriver(t *testing.T) {
	d := NewDriver("d", ConnectionOptions{})
	d.Accept()
	defer func() {
		if m, ok := recover().(*MisuseError); !ok || m.RuleID() != "DRV-4" || !strings.Contains(m.Error(), "DRV-4") {
			t.Errorf("a second Accept gave %v", m)
		}
	}()
	d.Accept()
}
