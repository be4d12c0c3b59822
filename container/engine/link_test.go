package engine

import (
	"errors"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/container/wire"
)

// §2.6.3: an attach is answered by an attach with the same name and the other role; handles are each side's own (§2.6.2).
func TestLocalAttach(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := s.NewSender("orders")
	p.must(l.Attach(AttachOptions{Source: someSource, Target: someTarget, SndSettleMode: wire.Some(wire.SenderSettleModeUnsettled),
		RcvSettleMode: wire.ReceiverSettleModeSecond, InitialDeliveryCount: 7, MaxMessageSize: 1000,
		Properties: wire.Map{{Key: wire.Symbol("k"), Value: "v"}}}))
	p.wantFrame("the attach says what the options say", 0, &wire.Attach{Name: "orders", Handle: 0, Role: wire.RoleSender,
		SndSettleMode: wire.SenderSettleModeUnsettled, RcvSettleMode: wire.ReceiverSettleModeSecond, Source: someSource, Target: someTarget,
		InitialDeliveryCount: wire.Some(uint32(7)), MaxMessageSize: wire.Some(uint64(1000)), Properties: wire.Map{{Key: wire.Symbol("k"), Value: "v"}}})
	p.send(0, &wire.Attach{Name: "orders", Handle: 17, Role: wire.RoleReceiver, SndSettleMode: wire.SenderSettleModeUnsettled, Source: someSource, Target: someTarget})
	if ev := p.wantEvent("the answer is reported", LinkRemoteAttach); ev.Link != l || l.RemoteState() != Active || l.Refused() {
		t.Fatal("it is not the answer to the local attach")
	}
	if l.RcvSettleMode() != wire.ReceiverSettleModeFirst || l.SndSettleMode() != wire.SenderSettleModeUnsettled {
		t.Fatal("each end's attach decides on its own mode (§2.8.2, §2.8.3)")
	}
	p.send(0, &wire.Flow{NextIncomingID: wire.Some(uint32(0)), IncomingWindow: 10, Handle: wire.Some(uint32(17)), DeliveryCount: wire.Some(uint32(7)), LinkCredit: wire.Some(uint32(3)), Echo: true})
	if p.wantEvent("the peer's handle 17 is the own handle 0", LinkFlow); l.Credit() != 3 {
		t.Fatalf("the credit is %d", l.Credit())
	}
	f := next[*wire.Flow](p, "an echo is answered with the link's state (§2.6.7)", 0)
	if f.Handle.V != 0 || f.DeliveryCount.V != 7 || f.LinkCredit.V != 3 || f.Echo {
		t.Fatalf("the flow is %+v", f)
	}
	r := s.NewReceiver("orders")
	p.must(r.Attach(termini))
	a := next[*wire.Attach](p, "the same name in the other direction is another link (§2.6.1)", 0)
	if a.Handle != 1 || a.InitialDeliveryCount.Set || a.MaxMessageSize.V != defaultMaxMessageSize {
		t.Fatalf("the attach is %+v", a)
	}
	var e *CallError
	if err := s.NewSender("orders").Attach(termini); !errors.As(err, &e) {
		t.Fatalf("a second link of that name: Attach returns %v", err)
	}
}

func TestRemoteAttach(t *testing.T) {
	p, s := beginPeer(t, Config{})
	p.send(0, &wire.Attach{Name: "in", Handle: 4, Role: wire.RoleSender, SndSettleMode: wire.SenderSettleModeSettled, Source: someSource,
		Coordinator: &wire.Coordinator{}, InitialDeliveryCount: wire.Some(uint32(9)), MaxMessageSize: wire.Some(uint64(5))})
	l := p.wantEvent("the attach is reported", LinkRemoteAttach).Link
	p.wantSilence("the answer is the caller's")
	if l.Role() != wire.RoleReceiver || l.Name() != "in" || l.Session() != s || l.LocalState() != Uninitialized || l.RemoteAttach().Coordinator == nil {
		t.Fatalf("the link is %+v", l)
	}
	p.must(l.AddCredit(5))
	p.must(l.Attach(termini))
	next[*wire.Attach](p, "the attach is answered", 0)
	f := next[*wire.Flow](p, "credit given before the attach follows it", 0)
	if f.Handle.V != 0 || f.DeliveryCount.V != 9 || f.LinkCredit.V != 5 || f.NextIncomingID != wire.Some(uint32(0)) {
		t.Fatalf("the flow is %+v", f)
	}
}

// §2.6.3: a link that is refused is attached without terminus, then detached with the error.
func TestRefuse(t *testing.T) {
	p, s := beginPeer(t, Config{})
	p.send(0, &wire.Attach{Name: "in", Handle: 0, Role: wire.RoleSender, SndSettleMode: wire.SenderSettleModeSettled,
		RcvSettleMode: wire.ReceiverSettleModeSecond, Source: someSource, Target: someTarget})
	l := p.wantEvent("the attach is reported", LinkRemoteAttach).Link
	p.must(l.Refuse(&wire.Error{Condition: wire.ConditionNotFound}))
	a := next[*wire.Attach](p, "a refusal begins with an attach", 0)
	if a.Target != nil || a.Source == nil || a.SndSettleMode != wire.SenderSettleModeSettled || a.RcvSettleMode != wire.ReceiverSettleModeSecond {
		t.Fatalf("the attach is %+v", a)
	}
	p.wantDetach("the error follows at once", 0, true, wire.ConditionNotFound)
	if l.Refuse(nil) == nil {
		t.Fatal("a second refusal succeeds")
	}

	p.send(0, &wire.Attach{Name: "out", Handle: 1, Role: wire.RoleReceiver, Source: someSource, Target: someTarget})
	l = p.wantEvent("another attach is reported", LinkRemoteAttach).Link
	p.must(l.Detach(true, &wire.Error{Condition: wire.ConditionNotFound}))
	a = next[*wire.Attach](p, "a detach without attach is a refusal too", 0)
	if a.Source != nil || a.Target == nil || !a.InitialDeliveryCount.Set {
		t.Fatalf("the attach is %+v", a)
	}
	p.wantDetach("the error follows", 0, true, wire.ConditionNotFound)

	l = s.NewSender("mine")
	p.must(l.Attach(termini))
	next[*wire.Attach](p, "the engine attaches", 0)
	p.send(0, &wire.Attach{Name: "mine", Handle: 2, Role: wire.RoleReceiver, Source: someSource})
	p.wantEvent("the answer is reported", LinkRemoteAttach)
	if !l.Refused() {
		t.Fatal("an answer without target is a refusal (§2.6.3)")
	}
	p.send(0, &wire.Detach{Handle: 2, Closed: true, Error: &wire.Error{Condition: "x:y"}})
	p.wantEvent("the reason is reported", LinkRemoteClose)
	if l.RemoteError().Condition != "x:y" {
		t.Fatal("the reason is lost")
	}
}

// §2.7.1: a link whose name leaves no room for an answer in the peer's frames cannot be refused by an attach; it is
// refused by the end of its session (§2.5.4).
func TestRefuseOfALinkThatCannotBeAnswered(t *testing.T) {
	p := newPeer(t, Config{Side: Server})
	p.sendHeader(wire.HeaderAMQP)
	p.wantHeader("the header is answered", wire.HeaderAMQP)
	p.send(0, &wire.Open{ContainerID: "peer", MaxFrameSize: 512, ChannelMax: 9})
	p.wantEvent("the peer's open is reported", ConnectionRemoteOpen)
	p.must(p.c.Open())
	next[*wire.Open](p, "the open is answered", 0)
	p.begin(0)
	p.send(0, &wire.Attach{Name: strings.Repeat("n", 600), Role: wire.RoleSender, Source: someSource, Target: someTarget})
	l := p.wantEvent("the attach is reported", LinkRemoteAttach).Link
	if err := l.Attach(termini); err == nil {
		t.Fatal("an attach of 600 octets is accepted for a frame of 512")
	}
	p.must(l.Refuse(&wire.Error{Condition: wire.ConditionNotFound}))
	p.wantEvent("the session has been ended", SessionFault)
	p.wantEnd("the end says why", 0, wire.ConditionFrameSizeTooSmall)
}

// §2.6.6: "a closing detach is answered by a closing detach", a non-closing one by a non-closing one (§2.6.4).
func TestRemoteDetach(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 10)
	p.send(0, &wire.Detach{Handle: 0, Error: &wire.Error{Condition: "x:y", Description: "d"}})
	p.wantEvent("a detach is reported", LinkRemoteDetach)
	if l.RemoteState() != Detached || l.RemoteError().Description != "d" {
		t.Fatal("the state or the error is wrong")
	}
	p.must(l.Detach(false, nil))
	p.wantDetach("it is answered in kind", 0, false, "")
	p.must(l.Detach(false, nil))
	p.wantSilence("detaching twice does nothing")

	p, s = beginPeer(t, Config{})
	l = p.sender(s, 10)
	p.send(0, &wire.Detach{Handle: 0, Closed: true})
	p.wantEvent("a close is reported", LinkRemoteClose)
	p.must(l.Detach(false, nil))
	p.wantDetach("it is answered by a closing detach whatever the caller says (§2.6.6)", 0, true, "")
	if l.LocalState() != Closed {
		t.Fatal("the link is not closed")
	}
	for other := range s.Links() {
		t.Fatalf("link %q is kept", other.Name())
	}
}

// §2.6.2: the lowest free handle should be used; it is free when both ends are detached.
func TestHandleNumbers(t *testing.T) {
	p := newPair(t, Config{}, Config{})
	p.client.handler, p.server.handler = autoOpen, autoOpen
	p.client.must(p.client.Open())
	s := p.client.NewSession()
	p.client.must(s.Begin(BeginOptions{}))
	keep := s.NewSender("keep")
	p.client.must(keep.Attach(termini))
	p.pump()
	for range 1000 {
		l := s.NewReceiver("again")
		p.client.must(l.Attach(termini))
		p.pump()
		p.client.must(l.Detach(true, nil))
		p.pump()
		if l.handle != 1 || l.RemoteState() != Closed {
			t.Fatalf("handle %d, %v", l.handle, l.RemoteState())
		}
	}
	if len(s.links) != 1 || len(s.names[1]) != 0 || len(s.handles) != 2 {
		t.Fatal("closed links are kept")
	}
}

// §2.7.2: handle-max is the highest handle that the peer may use.
func TestHandleMax(t *testing.T) {
	p, _ := beginPeer(t, Config{MaxLinks: 2})
	p.send(0, &wire.Attach{Name: "a", Handle: 1, Role: wire.RoleSender})
	p.wantEvent("the highest handle is fine", LinkRemoteAttach)
	p.send(0, &wire.Attach{Name: "b", Handle: 2, Role: wire.RoleSender})
	p.wantFault("an attach beyond the own handle-max (§2.7.2)", wire.ConditionConnectionFramingError)

	p = openPeer(t, Config{})
	s := p.c.NewSession()
	p.must(s.Begin(BeginOptions{}))
	a, b := s.NewSender("a"), s.NewSender("b")
	p.must(a.Attach(termini))
	p.must(b.Attach(termini))
	next[*wire.Begin](p, "the session begins", 0)
	next[*wire.Attach](p, "handle 0 may be used before the begin is answered", 0)
	p.wantSilence("handle 1 waits for handle-max")
	p.send(0, &wire.Begin{RemoteChannel: wire.Some(uint16(0)), IncomingWindow: 1, OutgoingWindow: 1, HandleMax: 0})
	p.wantEvent("the begin is answered", SessionRemoteBegin)
	p.wantSilence("handle-max 0 forbids the other link")
	if ev := p.wantEvent("which is told to the caller", LinkFault); ev.Link != b || b.LocalState() != Closed {
		t.Fatal("the wrong link fails")
	}
	var e *CallError
	if err := s.NewSender("c").Attach(termini); !errors.As(err, &e) {
		t.Fatalf("now that handle-max is known, Attach returns %v", err)
	}
}

// A link that the engine faults is closed; the session and its other links are not disturbed (§2.6.5).
func TestLinkErrors(t *testing.T) {
	first := func(id uint32) *wire.Transfer {
		return &wire.Transfer{DeliveryID: wire.Some(id), DeliveryTag: []byte{1}, MessageFormat: wire.Some(uint32(0))}
	}
	with := func(t *wire.Transfer, f func(*wire.Transfer)) *wire.Transfer { f(t); return t }
	more := with(first(0), func(t *wire.Transfer) { t.More = true })
	for _, tt := range []struct {
		story     string
		frames    []*wire.Transfer
		payload   int
		condition wire.Symbol
	}{
		{"more deliveries than credit (§2.6.7)", []*wire.Transfer{first(0), first(1), first(2)}, 0, wire.ConditionLinkTransferLimitExceeded},
		{"no delivery-tag (§2.7.5)", []*wire.Transfer{with(first(0), func(t *wire.Transfer) { t.DeliveryTag = nil })}, 0, wire.ConditionInvalidField},
		{"no message-format", []*wire.Transfer{with(first(0), func(t *wire.Transfer) { t.MessageFormat.Set = false })}, 0, wire.ConditionInvalidField},
		{"a delivery-tag of 33 octets (§2.8.7)", []*wire.Transfer{with(first(0), func(t *wire.Transfer) { t.DeliveryTag = make([]byte, 33) })}, 0, wire.ConditionInvalidField},
		{"another delivery-id in a continuation (§2.7.5)", []*wire.Transfer{more, {DeliveryID: wire.Some(uint32(7))}}, 0, wire.ConditionInvalidField},
		{"another delivery-tag in a continuation", []*wire.Transfer{more, {DeliveryTag: []byte{2}}}, 0, wire.ConditionInvalidField},
		{"another message-format in a continuation", []*wire.Transfer{more, {MessageFormat: wire.Some(uint32(1))}}, 0, wire.ConditionInvalidField},
		{"a delivery within a delivery (§2.6.14)", []*wire.Transfer{more, first(1)}, 0, wire.ConditionInvalidField},
		{"rcv-settle-mode second on a link in mode first (§2.7.5)", []*wire.Transfer{with(first(0), func(t *wire.Transfer) { t.RcvSettleMode = wire.Some(wire.ReceiverSettleModeSecond) })}, 0, wire.ConditionInvalidField},
		{"a message beyond max-message-size (§2.7.3)", []*wire.Transfer{first(0)}, 101, wire.ConditionLinkMessageSizeExceeded},
		{"a message beyond max-message-size in two frames", []*wire.Transfer{more, {}}, 51, wire.ConditionLinkMessageSizeExceeded},
	} {
		t.Run(tt.story, func(t *testing.T) {
			p, s := beginPeer(t, Config{MaxMessageSize: 100})
			l := p.receiver(s, 2)
			for _, f := range tt.frames {
				p.sendPayload(0, f, make([]byte, tt.payload))
			}
			var last Event
			for last.Type != LinkFault {
				ev, ok := p.c.NextEvent()
				if !ok {
					t.Fatalf("%s: no fault is reported", tt.story)
				}
				last = ev
			}
			if last.Link != l || l.LocalState() != Closed || l.LocalError().Condition != tt.condition {
				t.Fatalf("the wrong link fails, or for the wrong reason: %+v", l.LocalError())
			}
			p.wantDetach(tt.story, 0, true, tt.condition)
			p.sendPayload(0, &wire.Transfer{More: true}, []byte("late"))
			p.send(0, &wire.Flow{NextIncomingID: wire.Some(uint32(0)), NextOutgoingID: 1, IncomingWindow: 1, Handle: wire.Some(uint32(0)), Echo: true})
			p.wantSilence("what was under way is discarded (§2.6.5)")
			p.wantNoEvent("and not reported")
			p.send(0, &wire.Attach{Name: "other", Handle: 9, Role: wire.RoleSender})
			p.wantEvent("the session goes on", LinkRemoteAttach)
			p.send(0, &wire.Detach{Handle: 0, Closed: true})
			p.wantEvent("the peer's detach is reported", LinkRemoteClose)
			p.must(l.Detach(true, nil))
			p.wantSilence("it was the answer")
			if s.receive.kept != 0 || l.current != nil {
				t.Fatalf("%d octets are kept", s.receive.kept)
			}
			p.send(0, &wire.Detach{Handle: 0, Closed: true})
			p.wantEvent("a second detach has no handle to be for (§2.8.17)", SessionFault)
		})
	}
}

func TestSettleModeViolations(t *testing.T) {
	for _, tt := range []struct {
		mode    wire.SenderSettleMode
		settled bool
	}{{wire.SenderSettleModeUnsettled, true}, {wire.SenderSettleModeSettled, false}} {
		p, _ := beginPeer(t, Config{})
		p.send(0, &wire.Attach{Name: "in", Role: wire.RoleSender, SndSettleMode: tt.mode, Source: someSource, Target: someTarget})
		l := p.wantEvent("the attach is reported", LinkRemoteAttach).Link
		p.must(l.Attach(termini))
		p.must(l.AddCredit(5))
		next[*wire.Attach](p, "it is answered", 0)
		next[*wire.Flow](p, "credit is granted", 0)
		p.send(0, &wire.Transfer{DeliveryID: wire.Some(uint32(0)), DeliveryTag: []byte{1}, MessageFormat: wire.Some(uint32(0)), Settled: wire.Some(tt.settled)})
		p.wantEvent("a delivery that contradicts snd-settle-mode (§2.8.2)", LinkFault)
		p.wantDetach("closes the link", 0, true, wire.ConditionInvalidField)
	}
}

// A fault on a link that the caller has not answered yet is told by a refusal.
func TestLinkErrorBeforeTheOwnAttach(t *testing.T) {
	p, _ := beginPeer(t, Config{})
	p.send(0, &wire.Attach{Name: "in", Handle: 3, Role: wire.RoleSender, Source: someSource, Target: someTarget})
	p.wantEvent("the attach is reported", LinkRemoteAttach)
	p.send(0, &wire.Transfer{Handle: 3, DeliveryID: wire.Some(uint32(0)), DeliveryTag: []byte{1}, MessageFormat: wire.Some(uint32(0))})
	p.wantEvent("a transfer without any credit", LinkFault)
	a := next[*wire.Attach](p, "the attach is answered", 0)
	if a.Target != nil {
		t.Fatal("not by a refusal")
	}
	p.wantDetach("then closed", 0, true, wire.ConditionLinkTransferLimitExceeded)
}

func TestTransferToASender(t *testing.T) {
	p, s := beginPeer(t, Config{})
	p.sender(s, 5)
	p.send(0, &wire.Transfer{DeliveryID: wire.Some(uint32(0)), DeliveryTag: []byte{1}, MessageFormat: wire.Some(uint32(0))})
	p.wantEvent("a transfer to a sender", LinkFault)
	p.wantDetach("closes the link", 0, true, wire.ConditionNotAllowed)
}

// §2.6.1: of two links with one name and direction the newcomer wins.
func TestStolenLink(t *testing.T) {
	p, s := beginPeer(t, Config{})
	old := p.receiver(s, 5)
	p.send(0, &wire.Attach{Name: "in", Handle: 1, Role: wire.RoleSender, Source: someSource, Target: someTarget})
	if ev := p.wantEvent("the first link is closed", LinkFault); ev.Link != old {
		t.Fatal("the wrong link is closed")
	}
	l := p.wantEvent("the second one is reported", LinkRemoteAttach).Link
	p.must(l.Attach(termini))
	p.wantDetach("the first link is told", 0, true, wire.ConditionLinkStolen)
	a := next[*wire.Attach](p, "the second one is answered", 0)
	if a.Handle != 1 || l == old {
		t.Fatalf("the attach is %+v", a)
	}
	p.send(0, &wire.Detach{Handle: 0, Closed: true})
	if ev := p.wantEvent("the first link's end", LinkRemoteClose); ev.Link != old {
		t.Fatal("hits the wrong link")
	}
	if s.byName(wire.RoleReceiver, "in") != l {
		t.Fatal("the second link has lost its name")
	}
}

// §2.6.3: both ends may attach the same link at the same time.
func TestAttachesThatCross(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := s.NewReceiver("x")
	p.must(l.Attach(termini))
	p.send(0, &wire.Attach{Name: "x", Handle: 5, Role: wire.RoleSender, Source: someSource, Target: someTarget})
	if ev := p.wantEvent("the attaches meet", LinkRemoteAttach); ev.Link != l {
		t.Fatal("two links are made of one")
	}
	next[*wire.Attach](p, "one attach is sent", 0)
	p.wantSilence("and no other")
}

func TestCloseBeforeTheAttachIsAnswered(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := s.NewSender("x")
	p.must(l.Attach(termini))
	p.must(l.Detach(true, nil))
	next[*wire.Attach](p, "the link is attached", 0)
	p.wantDetach("and closed right behind", 0, true, "")
	p.send(0, &wire.Attach{Name: "x", Handle: 0, Role: wire.RoleReceiver, Source: someSource, Target: someTarget})
	if ev := p.wantEvent("the answer is reported", LinkRemoteAttach); ev.Link != l {
		t.Fatal("as another link")
	}
	p.send(0, &wire.Detach{Handle: 0, Closed: true})
	p.wantEvent("the close is reported", LinkRemoteClose)
	if len(s.links) != 0 || s.handles[0] != nil {
		t.Fatal("the link is kept")
	}
}

func TestLinkCallsOutOfPlace(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := s.NewSender("x")
	if l.Detach(true, nil) == nil {
		t.Error("a link that was never attached is detached")
	}
	if l.AddCredit(1) == nil || l.SetCredit(1) == nil || l.Drain() == nil {
		t.Error("a sender grants credit")
	}
	if s.NewReceiver("x").AddCredit(-1) == nil {
		t.Error("negative credit is granted")
	}
	p.must(l.Attach(termini))
	if l.Attach(termini) == nil {
		t.Error("a link is attached twice")
	}
	if _, err := s.NewReceiver("y").Send(nil, nil, true); err == nil {
		t.Error("a receiver sends")
	}
	p.must(l.Detach(true, nil))
	if _, err := l.Send(nil, nil, true); err == nil {
		t.Error("a closed link sends")
	}
	if l.Attach(termini) == nil {
		t.Error("a closed link is attached")
	}
	if got := s.NewSender("").Name() + s.NewReceiver("").Name(); got != "sender-1receiver-2" {
		t.Errorf("counted names are %q", got)
	}
	if s.NewSender("z").Attach(AttachOptions{Properties: wire.Map{{Key: nil, Value: 1}}}) == nil {
		t.Error("properties that have no encoding are accepted")
	}
	s.End(nil)
	if s.NewSender("z").Attach(termini) == nil {
		t.Error("a link is attached in an ended session")
	}
}

func TestAttachTooLargeForThePeer(t *testing.T) {
	long := termini
	long.Properties = wire.Map{{Key: wire.Symbol("k"), Value: strings.Repeat("x", 600)}}
	p := newPeer(t, Config{})
	p.must(p.c.Open())
	s := p.c.NewSession()
	p.must(s.Begin(BeginOptions{}))
	l := s.NewSender("x")
	p.must(l.Attach(long))
	p.sendHeader(wire.HeaderAMQP)
	p.wantHeader("the header goes first", wire.HeaderAMQP)
	next[*wire.Open](p, "then the open", 0)
	next[*wire.Begin](p, "then the begin", 0)
	p.wantSilence("an attach of more than 512 octets waits for the peer's open (§2.4.2)")
	p.send(0, &wire.Open{ContainerID: "peer", MaxFrameSize: 512, ChannelMax: 9})
	p.wantEvent("the open is reported", ConnectionRemoteOpen)
	p.wantSilence("it does not fit and is not sent (§2.7.1)")
	p.wantEvent("the caller is told", LinkFault)
	if len(s.links) != 0 {
		t.Fatal("the link is kept")
	}
	if s.NewSender("y").Attach(long) == nil {
		t.Fatal("now that the limit is known, Attach succeeds all the same")
	}
}

func TestLinksThatWaitForTheirEndAreBounded(t *testing.T) {
	p, _ := beginPeer(t, Config{MaxLinks: 4})
	for i := range 9 {
		p.send(0, &wire.Attach{Name: strings.Repeat("x", i), Role: wire.RoleSender})
		p.send(0, &wire.Detach{Handle: 0, Closed: true})
	}
	for ev, ok := p.c.NextEvent(); ok && ev.Type != SessionFault; ev, ok = p.c.NextEvent() {
	}
	next[*wire.End](p, "too many links wait for the caller", 0)
}

func TestLinkNames(t *testing.T) {
	for _, name := range []string{"", "x", strings.Repeat("n", 20000), "ü\x00\n"} {
		p, _ := beginPeer(t, Config{})
		p.send(0, &wire.Attach{Name: name, Role: wire.RoleReceiver, Source: someSource, Target: someTarget})
		l := p.wantEvent("the attach is reported", LinkRemoteAttach).Link
		p.must(l.Attach(termini))
		if a := next[*wire.Attach](p, "any name is returned as it came", 0); a.Name != name {
			t.Fatalf("the name is %q", a.Name)
		}
	}
}

// What the engine keeps of a frame must not alias the caller's buffer.
func TestKeptFramesDoNotAliasTheInput(t *testing.T) {
	p, _ := beginPeer(t, Config{})
	b := wire.AppendFrame(nil, wire.FrameAMQP, 0, &wire.Attach{Name: "in", Role: wire.RoleSender, Source: someSource, Target: someTarget,
		Properties: wire.Map{{Key: wire.Symbol("k"), Value: []byte("octets")}}}, nil)
	p.sendBytes(b)
	clear(b)
	l := p.wantEvent("the attach is reported", LinkRemoteAttach).Link
	if v, _ := l.RemoteAttach().Properties.Get(wire.Symbol("k")); string(v.([]byte)) != "octets" {
		t.Fatalf("the property became %q", v)
	}
}

func TestKeptStatesDoNotAliasTheInput(t *testing.T) {
	scribble := func(p *peer, perf wire.Performative) {
		b := wire.AppendFrame(nil, wire.FrameAMQP, 0, perf, nil)
		p.sendBytes(b)
		clear(b)
	}
	state := &wire.TransactionalState{TxnID: []byte("txn")}
	check := func(story string, d Delivery) {
		if got, ok := d.RemoteState().(*wire.TransactionalState); !ok || string(got.TxnID) != "txn" {
			t.Errorf("%s: the state became %+v", story, d.RemoteState())
		}
	}
	p, s := beginPeer(t, Config{})
	d := p.sent(p.sender(s, 1), 1)[0]
	scribble(p, &wire.Disposition{Role: wire.RoleReceiver, First: 0, State: state})
	check("disposition", d)

	p, s = beginPeer(t, Config{})
	l := p.receiver(s, 1)
	tr := transferN(0)
	tr.State = state
	scribble(p, tr)
	check("transfer", p.wantEvent("a delivery comes", DeliveryReceived).Delivery)
	f := linkFlow(0, 1, 1, 0, false)
	f.Properties = wire.Map{{Key: wire.Symbol("k"), Value: []byte("octets")}}
	scribble(p, f)
	if v, _ := l.RemoteFlowProperties().Get(wire.Symbol("k")); string(v.([]byte)) != "octets" {
		t.Errorf("flow: the property became %q", v)
	}
}

// A link that is being closed is not brought back by the peer's attach; that is another link.
func TestAttachWhileTheCloseIsQueued(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 10)
	p.must(l.Detach(true, nil))
	p.send(0, &wire.Detach{Handle: 0})
	p.send(0, &wire.Attach{Name: "out", Handle: 0, Role: wire.RoleReceiver, Source: someSource, Target: someTarget})
	p.wantEvent("the peer detaches", LinkRemoteDetach)
	if ev := p.wantEvent("and attaches", LinkRemoteAttach); ev.Link == l {
		t.Fatal("a closed link comes back")
	}
	p.wantDetach("the close is told", 0, true, "")
}

// Both ends attach the same link, and this end's attach turns out not to fit the peer.
func TestAttachesThatCrossButDoNotFit(t *testing.T) {
	long := termini
	long.Properties = wire.Map{{Key: wire.Symbol("k"), Value: strings.Repeat("x", 600)}}
	p := newPeer(t, Config{})
	p.must(p.c.Open())
	s := p.c.NewSession()
	p.must(s.Begin(BeginOptions{}))
	l := s.NewSender("x")
	p.must(l.Attach(long))
	p.sendHeader(wire.HeaderAMQP)
	p.wantHeader("the header goes first", wire.HeaderAMQP)
	next[*wire.Open](p, "then the open", 0)
	next[*wire.Begin](p, "then the begin", 0)
	p.send(0, &wire.Open{ContainerID: "peer", MaxFrameSize: 512, ChannelMax: 9})
	p.send(0, &wire.Begin{RemoteChannel: wire.Some(uint16(0)), IncomingWindow: 1, OutgoingWindow: 1, HandleMax: 9})
	p.send(0, &wire.Attach{Name: "x", Handle: 0, Role: wire.RoleReceiver, Source: someSource, Target: someTarget})
	a := next[*wire.Attach](p, "the peer's attach is answered barely", 0)
	if a.Source != nil || a.Properties != nil {
		t.Fatalf("the attach is %+v", a)
	}
	p.wantDetach("and closed", 0, true, wire.ConditionFrameSizeTooSmall)
	p.send(0, &wire.Detach{Handle: 0, Closed: true})
	if len(s.links) != 0 {
		t.Fatal("the link is kept")
	}
}
