package container

import (
	"slices"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/container/wire"
)

// linked returns two Drivers with a link from the client's sender to the
// server's receiver.
func linked(t *testing.T, so SenderOptions, ro ReceiverOptions) (p *drivers, s *Sender, r *Receiver) {
	t.Helper()
	p = newDrivers(t, ConnectionOptions{}, ConnectionOptions{})
	p.s.on["receiver_open"] = func(x any) {
		r = x.(*Receiver)
		if err := r.Open(ro); err != nil {
			t.Error(err)
		}
	}
	p.open()
	p.do(func(c *Connection) { s = c.OpenSender("q", so) })
	if r == nil {
		t.Fatal("the link did not open")
	}
	p.forget()
	return p, s, r
}

func TestORD12ServerSideOrder(t *testing.T) {
	p := newDrivers(t, ConnectionOptions{}, ConnectionOptions{})
	p.client.Do(func() { // ORD-13: opened before the peer has said anything
		p.client.Connection().OpenSender("to", SenderOptions{})
		p.client.Connection().OpenReceiver("from", ReceiverOptions{})
	})
	p.pump()
	p.s.want(t, "transport_open connection_open session_open receiver_open sender_open sendable sendable")
	p.c.want(t, "transport_open connection_open session_open sender_open sendable receiver_open")
}

func TestORD7And8SessionClose(t *testing.T) {
	for _, cause := range []*Error{nil, {Condition: "amqp:not-allowed", Description: "because"}} {
		p, s, r := linked(t, SenderOptions{}, ReceiverOptions{})
		p.do(func(*Connection) { s.Session().Close(cause); s.Session().Close(nil) })
		if cause == nil {
			p.s.want(t, "session_close")
		} else {
			p.s.want(t, "session_error error session_close")
			if err := r.Session().Error(); err == nil || err.Error() != "amqp:not-allowed: because" {
				t.Errorf("the session's error is %v", err)
			}
		}
		p.c.want(t, "session_close")
		if !s.Session().Closed() || !r.Session().Closed() {
			t.Error("the session is not closed on both ends (ORD-8)")
		}
		p.client.Do(func() {
			if _, err := s.Send(NewMessage("late")); err == nil {
				t.Error("a message was sent on an ended session")
			}
		})
	}
}

func TestORD7And8LinkCloseAndDetach(t *testing.T) {
	cause := &Error{Condition: "amqp:not-allowed"}
	for name, tc := range map[string]struct {
		close          func(*link)
		sender         bool // the sender's end closes
		client, server string
	}{
		"sender closes":              {func(l *link) { l.Close(nil); l.Close(nil) }, true, "sender_close", "receiver_close"},
		"sender closes with error":   {func(l *link) { l.Close(cause) }, true, "sender_close", "receiver_error error receiver_close"},
		"sender detaches":            {func(l *link) { l.Detach(); l.Detach() }, true, "sender_detach", "receiver_detach"},
		"receiver closes":            {func(l *link) { l.Close(nil) }, false, "sender_close", "receiver_close"},
		"receiver closes with error": {func(l *link) { l.Close(cause) }, false, "sender_error error sender_close", "receiver_close"},
		"receiver detaches":          {func(l *link) { l.Detach() }, false, "sender_detach", "receiver_detach"},
	} {
		t.Run(name, func(t *testing.T) {
			p, s, r := linked(t, SenderOptions{}, ReceiverOptions{})
			if tc.sender {
				p.do(func(*Connection) { tc.close(&s.link) })
			} else {
				p.server.Do(func() { tc.close(&r.link) })
				p.pump()
			}
			p.c.want(t, tc.client)
			p.s.want(t, tc.server)
			if s.Active() || r.Active() {
				t.Error("an end is still attached (ORD-8)")
			}
			if closed := strings.Contains(tc.client, "close"); s.Closed() != closed || r.Closed() != closed {
				t.Errorf("closed: %v and %v, want %v", s.Closed(), r.Closed(), closed)
			}
		})
	}
}

func TestORD10ClosingRaisesNothingForChildren(t *testing.T) {
	p, _, _ := linked(t, SenderOptions{}, ReceiverOptions{})
	p.do(func(c *Connection) { c.Close(nil) })
	p.c.want(t, "connection_close transport_close")
	p.s.want(t, "connection_close transport_close")
}

// TestORD9DeferredOpen overrides each open callback, opens nothing, and opens
// later.
func TestORD9DeferredOpen(t *testing.T) {
	p := newDrivers(t, ConnectionOptions{}, ConnectionOptions{})
	var conn *Connection
	var session *Session
	var r *Receiver
	p.s.on["connection_open"] = func(x any) { conn = x.(*Connection) }
	p.s.on["session_open"] = func(x any) { session = x.(*Session) }
	p.s.on["receiver_open"] = func(x any) { r = x.(*Receiver) }
	p.client.Do(func() { p.client.Connection().OpenSender("q", SenderOptions{}) })
	p.pump()
	p.c.want(t, "")
	later := func(f func() error, calls string) {
		t.Helper()
		p.server.Do(func() {
			if err := f(); err != nil {
				t.Error(err)
			}
		})
		p.pump()
		p.c.want(t, calls)
	}
	later(func() error { return conn.Open(ConnectionOptions{}) }, "transport_open connection_open")
	later(func() error { return session.Open(SessionOptions{}) }, "session_open")
	later(func() error { return r.Open(ReceiverOptions{}) }, "sender_open sendable")
	p.s.want(t, "transport_open connection_open session_open receiver_open")
}

// TestORD9CloseWithoutOpening refuses at each level.
func TestORD9CloseWithoutOpening(t *testing.T) {
	cause := &Error{Condition: "amqp:not-allowed"}
	for at, want := range map[string]string{
		"connection_open": "transport_open connection_open connection_error error connection_close transport_close",
		"session_open":    "transport_open connection_open session_open session_error error session_close",
		"receiver_open":   "transport_open connection_open session_open sender_open sender_error error sender_close",
	} {
		p := newDrivers(t, ConnectionOptions{}, ConnectionOptions{})
		p.s.on[at] = func(x any) { x.(interface{ Close(*Error) }).Close(cause) }
		p.client.Do(func() { p.client.Connection().OpenSender("q", SenderOptions{}) })
		p.pump()
		p.c.want(t, want)
	}
}

// TestORD9DefaultOpenThatFails has defaults that no frame can carry: the peer
// must be told, not left waiting.
func TestORD9DefaultOpenThatFails(t *testing.T) {
	bad := Map{{Key: Symbol("k"), Value: struct{}{}}}
	c := New("c", nil, Options{
		ServerConnection: ConnectionOptions{Handler: quietHandler{}},
		Receiver:         ReceiverOptions{Properties: bad},
	})
	l, err := c.Listen("127.0.0.1:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	addr, _ := l.Addr()
	h := newScript("client")
	h.on["sender_close"] = func(x any) { x.(*Sender).Connection().Close(nil); l.Stop() }
	c.OpenSender(addr.String()+"/q", SenderOptions{}, ConnectionOptions{Handler: h})
	runContainer(t, c, 1).wantReturn("the link was refused")
	h.want(t, "transport_open connection_open session_open sender_open sender_error error sender_close connection_close transport_close")
}

func TestOpenSenderReportsWhatCannotBeOpened(t *testing.T) {
	c := New("c", nil, Options{})
	bad := Map{{Key: Symbol("k"), Value: struct{}{}}}
	if err := c.OpenSender("localhost/q", SenderOptions{Properties: bad}, ConnectionOptions{}); err == nil {
		t.Error("a sender with properties that have no encoding was opened")
	}
	if err := c.OpenReceiver("localhost/q", ReceiverOptions{Properties: bad}, ConnectionOptions{}); err == nil {
		t.Error("a receiver with properties that have no encoding was opened")
	}
	c.Stop(nil)
	runContainer(t, c, 1).wantReturn("Stop was called")
}

// TestOpenOfAnOpenLinkChangesNothing: what the second Open asks for must not
// take effect by halves.
func TestOpenOfAnOpenLinkChangesNothing(t *testing.T) {
	p, s, r := linked(t, SenderOptions{}, ReceiverOptions{CreditWindow: 5})
	p.do(func(*Connection) {
		if s.Open(SenderOptions{DeliveryMode: AtMostOnce, ManualSettle: true, Handler: newScript("other")}) == nil {
			t.Error("an open sender was opened")
		}
		if s.settled || s.manualSettle || s.handler != nil {
			t.Error("the sender has changed")
		}
	})
	p.server.Do(func() {
		if r.Open(ReceiverOptions{ManualAccept: true, CreditWindow: 100, Handler: newScript("other")}) == nil {
			t.Error("an open receiver was opened")
		}
		if r.manualAccept || r.window != 5 || r.handler != nil {
			t.Error("the receiver has changed")
		}
	})
}

func TestReattachAfterDetach(t *testing.T) {
	p, s, _ := linked(t, SenderOptions{}, ReceiverOptions{})
	p.do(func(*Connection) { s.Detach() })
	p.forget()
	p.do(func(*Connection) {
		if err := s.Open(SenderOptions{}); err != nil {
			t.Error(err)
		}
	})
	p.c.want(t, "sender_open sendable")
	p.s.want(t, "receiver_open")
	p.do(func(*Connection) { s.Close(nil) })
	p.c.want(t, "sender_close")
	p.s.want(t, "receiver_close")
}

func TestORD18Drain(t *testing.T) {
	p, s, r := linked(t, SenderOptions{}, ReceiverOptions{CreditWindow: -1})
	for round := range 3 { // each drain is announced, also without a flow in between
		p.c.on["sendable"] = func(any) {
			if s.Draining() {
				s.ReturnCredit()
			}
		}
		p.server.Do(func() {
			r.AddCredit(5)
			if err := r.Drain(); err != nil {
				t.Error(err)
			}
			if r.Drain() == nil {
				t.Error("a second drain while one is on was accepted")
			}
			if !r.Draining() {
				t.Error("no drain is on")
			}
		})
		p.pump()
		p.c.want(t, "drain_start sendable")
		p.s.want(t, "drain_finish")
		if s.Credit() != 0 || r.Credit() != 0 {
			t.Errorf("round %d: credit %d and %d is left", round, s.Credit(), r.Credit())
		}
	}
}

// TestORD18DrainByMessages uses the credit up instead of returning it, then
// drains again.
func TestORD18DrainByMessages(t *testing.T) {
	p, s, r := linked(t, SenderOptions{}, ReceiverOptions{CreditWindow: -1})
	p.c.on["sendable"] = func(any) {
		for s.Credit() > 0 {
			s.Send(NewMessage("m"))
		}
	}
	for range 2 {
		p.server.Do(func() { r.AddCredit(2); r.Drain() })
		p.pump()
		p.c.want(t, "drain_start sendable accept settle accept settle")
		p.s.want(t, "message message drain_finish")
	}
}

func TestORD18DrainWithoutCredit(t *testing.T) {
	p, _, r := linked(t, SenderOptions{}, ReceiverOptions{CreditWindow: -1})
	p.server.Do(func() { r.Drain() })
	p.s.want(t, "")
	p.pump()
	p.s.want(t, "drain_finish")
	p.c.want(t, "")
}

// TestORD15DrainFinishPrecedesTopUp: in OnReceiverDrainFinish no credit is left,
// afterwards the window is back.
func TestORD15DrainFinishPrecedesTopUp(t *testing.T) {
	p, s, r := linked(t, SenderOptions{}, ReceiverOptions{CreditWindow: 3})
	p.c.on["drain_start"] = func(any) {
		for s.Credit() > 0 {
			s.Send(NewMessage("m"))
		}
	}
	credit := -1
	p.s.on["drain_finish"] = func(any) { credit = r.Credit() }
	p.server.Do(func() { r.Drain() })
	p.pump()
	if credit != 0 {
		t.Errorf("credit in OnReceiverDrainFinish is %d", credit)
	}
	if r.Credit() != 3 || s.Credit() != 3 {
		t.Errorf("credit after the drain is %d and %d, want 3", r.Credit(), s.Credit())
	}
}

func TestENG4CreditWindow(t *testing.T) {
	for window, want := range map[int]int{0: DefaultCreditWindow, 3: 3, -1: 0} {
		_, s, r := linked(t, SenderOptions{}, ReceiverOptions{CreditWindow: window})
		if s.Credit() != want || r.Credit() != want {
			t.Errorf("window %d: credit %d and %d, want %d", window, s.Credit(), r.Credit(), want)
		}
	}
}

func TestHAND1Precedence(t *testing.T) {
	for _, tc := range []struct{ link, session bool }{{true, true}, {true, false}, {false, true}, {false, false}} {
		p := newDrivers(t, ConnectionOptions{}, ConnectionOptions{})
		ofLink, ofSession := newScript("link"), newScript("session")
		p.s.on["session_open"] = func(x any) {
			var o SessionOptions
			if tc.session {
				o.Handler = ofSession
			}
			x.(*Session).Open(o)
		}
		opened := func(x any) {
			var o ReceiverOptions
			if tc.link {
				o.Handler = ofLink
			}
			x.(*Receiver).Open(o)
		}
		p.s.on["receiver_open"], ofSession.on["receiver_open"] = opened, opened
		p.open()
		var s *Sender
		p.do(func(c *Connection) { s = c.OpenSender("q", SenderOptions{}) })
		p.do(func(*Connection) { s.Send(NewMessage("m")) })
		p.do(func(*Connection) { s.Close(&Error{Condition: "amqp:not-allowed"}) })
		p.do(func(*Connection) { s.Session().Close(nil) })
		p.do(func(c *Connection) { c.Close(nil) })

		linkCalls, sessionCalls := "message receiver_error error receiver_close", "session_close"
		opens := "receiver_open"
		want := map[*script][]string{p.s: {"session_open"}}
		above := p.s
		if tc.session {
			above = ofSession
		}
		want[above] = append(want[above], opens)
		if tc.link {
			want[ofLink] = append(want[ofLink], linkCalls)
		} else {
			want[above] = append(want[above], linkCalls)
		}
		want[above] = append(want[above], sessionCalls)
		want[p.s] = append(want[p.s], "connection_close transport_close") // HAND-5
		for _, h := range []*script{p.s, ofSession, ofLink} {
			h.want(t, strings.Join(want[h], " "))
		}
	}
}

func TestHAND1NoHandlerNoDefaults(t *testing.T) {
	d := NewDriver("server", ConnectionOptions{})
	d.Accept()
	p := newDrivers(t, ConnectionOptions{}, ConnectionOptions{})
	p.server = d
	p.client.Do(func() { p.client.Connection().OpenSender("q", SenderOptions{}) })
	p.pump()
	p.c.want(t, "")
	d.Do(func() { d.Connection().Close(nil) })
	p.pump()
	p.c.want(t, "transport_open connection_open connection_close transport_close")
}

func TestHAND3OpenOverlay(t *testing.T) {
	p := newDrivers(t, ConnectionOptions{}, ConnectionOptions{})
	other := newScript("other")
	p.s.on["connection_open"] = func(x any) {
		c := x.(*Connection)
		if c.Open(ConnectionOptions{MaxFrameSize: 1024}) == nil {
			t.Error("an option that can no longer take effect was accepted")
		}
		if err := c.Open(ConnectionOptions{
			Handler: other, ContainerID: "another", OfferedCapabilities: []Symbol{"offered"},
			DesiredCapabilities: []Symbol{"desired"}, Properties: Map{{Key: Symbol("k"), Value: "v"}},
		}); err != nil {
			t.Error(err)
		}
		if c.Open(ConnectionOptions{}) == nil {
			t.Error("an open connection was opened")
		}
	}
	p.pump()
	o := p.client.Connection().RemoteOpen()
	if o == nil || o.ContainerID != "another" || !slices.Equal(o.OfferedCapabilities, []Symbol{"offered"}) ||
		!slices.Equal(o.DesiredCapabilities, []Symbol{"desired"}) || len(o.Properties) != 1 {
		t.Errorf("the client got %+v", o)
	}
	other.want(t, "")
}

func TestENG2Iterators(t *testing.T) {
	p := newDrivers(t, ConnectionOptions{}, ConnectionOptions{})
	p.open()
	p.do(func(c *Connection) {
		c.OpenSender("a", SenderOptions{})
		c.OpenReceiver("b", ReceiverOptions{})
		c.OpenSession(SessionOptions{}).OpenSender("c", SenderOptions{})
	})
	for _, d := range []*Driver{p.client, p.server} {
		var sessions, senders, receivers int
		for s := range d.Connection().Sessions() {
			sessions++
			for range s.Senders() {
				break
			}
			for range s.Receivers() {
				break
			}
			if s.Connection() != d.Connection() {
				t.Error("a session of another connection")
			}
		}
		for s := range d.Connection().Senders() {
			senders++
			if s.Connection() != d.Connection() || s.Session().Connection() != d.Connection() {
				t.Error("a sender of another connection")
			}
		}
		for range d.Connection().Receivers() {
			receivers++
		}
		if sessions != 2 || senders+receivers != 3 {
			t.Errorf("%d sessions with %d senders and %d receivers", sessions, senders, receivers)
		}
		for range d.Connection().Senders() {
			break
		}
		for range d.Connection().Receivers() {
			break
		}
	}
}

// TestTermini checks what goes into the attach and what the peer makes of it.
func TestTermini(t *testing.T) {
	p := newDrivers(t, ConnectionOptions{}, ConnectionOptions{}).open()
	var r *Receiver
	p.s.on["sender_open"] = func(x any) {
		s := x.(*Sender)
		if !s.RemoteSource().Dynamic {
			t.Error("no dynamic node is asked for")
		}
		s.Open(SenderOptions{Source: TerminusOptions{Address: "made", Durability: wire.TerminusDurabilityConfiguration}})
	}
	p.do(func(c *Connection) {
		r = c.OpenReceiver("ignored", ReceiverOptions{Name: "n", Properties: Map{{Key: Symbol("k"), Value: "v"}}, Source: TerminusOptions{
			Dynamic: true, DistributionMode: "copy", Capabilities: []Symbol{"queue"}, ExpiryPolicy: wire.TerminusExpiryPolicyNever,
		}})
	})
	if r.Name() != "n" || r.Source() != "made" || r.Target() != "" || r.RemoteSource().Durable != wire.TerminusDurabilityConfiguration {
		t.Errorf("the receiver %q has the source %+v", r.Name(), r.RemoteSource())
	}
	for s := range p.server.Connection().Senders() {
		src := s.RemoteSource()
		if s.Name() != "n" || src.Address.Set || src.DistributionMode.V != "copy" || src.ExpiryPolicy != wire.TerminusExpiryPolicyNever ||
			len(s.RemoteProperties()) != 1 || len(src.Capabilities) != 1 {
			t.Errorf("the server sees %+v", src)
		}
		if s.Source() != "" || s.Target() != "" {
			t.Errorf("source %q and target %q", s.Source(), s.Target())
		}
	}
}

// TestCloseAfterDetach closes a link that is detached on both ends (§2.6.6).
func TestCloseAfterDetach(t *testing.T) {
	p, s, r := linked(t, SenderOptions{}, ReceiverOptions{})
	p.do(func(*Connection) { s.Detach() })
	p.c.want(t, "sender_detach")
	p.s.want(t, "receiver_detach")
	p.do(func(*Connection) { s.Close(nil) })
	p.c.want(t, "sender_close")
	p.s.want(t, "receiver_open receiver_close") // the link is attached again to say so
	if !s.Closed() || !r.Closed() {
		t.Error("the link is not closed")
	}
}

// TestCallsOnEndedEndpoints makes every call on endpoints whose link, session,
// connection or transport has ended: none may panic, and the stream stays sound.
func TestCallsOnEndedEndpoints(t *testing.T) {
	for name, end := range map[string]func(p *drivers, s *Sender){
		"link":       func(p *drivers, s *Sender) { s.Close(nil) },
		"detached":   func(p *drivers, s *Sender) { s.Detach() },
		"session":    func(p *drivers, s *Sender) { s.Session().Close(nil) },
		"connection": func(p *drivers, s *Sender) { s.Connection().Close(&Error{Condition: "amqp:not-allowed"}) },
		"transport":  func(p *drivers, s *Sender) { p.client.Disconnected(p.now, nil) },
	} {
		for _, wait := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				p, s, _ := linked(t, SenderOptions{}, ReceiverOptions{ManualAccept: true})
				var tracker *Tracker
				var r *Receiver
				p.do(func(c *Connection) {
					tracker, _ = s.Send(NewMessage("m"))
					r = c.OpenReceiver("r", ReceiverOptions{})
				})
				p.client.Do(func() { end(p, s) })
				if wait && name != "transport" {
					p.pump()
				}
				p.client.Do(func() { callAll(p.client.Connection(), s, r, tracker) })
				if name == "transport" {
					p.client.Dispatch()
				} else {
					p.pump()
				}
				p.client.Do(func() { callAll(p.client.Connection(), s, r, tracker) })
				p.client.Dispatch()
			})
		}
	}
}

func callAll(c *Connection, s *Sender, r *Receiver, tracker *Tracker) {
	s.Send(NewMessage("late"))
	s.SendTagged(NewMessage("late"), []byte("tag"))
	s.ReturnCredit()
	s.Credit()
	s.Draining()
	s.Error()
	r.AddCredit(1)
	r.Drain()
	r.Drain()
	tracker.Settle()
	tracker.State()
	tracker.Tag()
	s.Open(SenderOptions{})
	r.Open(ReceiverOptions{})
	s.Detach()
	s.Close(&Error{Condition: "amqp:not-allowed"})
	r.Close(nil)
	r.Detach()
	s.Session().OpenSender("x", SenderOptions{}).Send(NewMessage("x"))
	s.Session().OpenReceiver("x", ReceiverOptions{}).Close(nil)
	s.Session().Open(SessionOptions{})
	s.Session().Close(nil)
	s.Session().IncomingBytes()
	s.Session().OutgoingBytes()
	s.Session().Active()
	c.OpenSender("x", SenderOptions{}).Detach()
	c.OpenReceiver("x", ReceiverOptions{}).AddCredit(1)
	c.DefaultSession().Close(nil)
	c.OpenSession(SessionOptions{}).Close(nil)
	c.Open(ConnectionOptions{})
	c.Close(nil)
	c.Error()
	c.Active()
	c.Closed()
	c.User()
	c.RemoteOpen()
	c.Close(&Error{Condition: "amqp:not-allowed"})
}
