package engine

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/container/wire"
)

// §2.5.1: "the session is begun by a begin without remote-channel, answered by one with it"; the channels of the two
// directions are independent.
func TestLocalBegin(t *testing.T) {
	p := openPeer(t, Config{MaxLinks: 5, IncomingWindow: 7})
	s := p.c.NewSession()
	p.must(s.Begin(BeginOptions{OfferedCapabilities: []wire.Symbol{"a"}, Properties: wire.Map{{Key: wire.Symbol("k"), Value: "v"}}}))
	p.wantFrame("the begin has no remote-channel", 0, &wire.Begin{IncomingWindow: 7, OutgoingWindow: outgoingWindow, HandleMax: 4,
		OfferedCapabilities: []wire.Symbol{"a"}, Properties: wire.Map{{Key: wire.Symbol("k"), Value: "v"}}})
	p.send(7, &wire.Begin{RemoteChannel: wire.Some(uint16(0)), NextOutgoingID: 5, IncomingWindow: 1, OutgoingWindow: 1, HandleMax: 9})
	if ev := p.wantEvent("the answer is reported", SessionRemoteBegin); ev.Session != s || s.RemoteState() != Active || s.RemoteBegin().HandleMax != 9 {
		t.Fatal("it is not the answer to the local begin")
	}
	p.send(7, &wire.Flow{IncomingWindow: 1, OutgoingWindow: 1, NextOutgoingID: 5, Echo: true})
	if f := next[*wire.Flow](p, "the peer's channel 7 is the own channel 0", 0); f.NextIncomingID != wire.Some(uint32(5)) {
		t.Fatalf("the flow is %+v", f)
	}
	if err := s.Begin(BeginOptions{}); err == nil {
		t.Fatal("a second Begin succeeds")
	}
}

func TestRemoteBegin(t *testing.T) {
	p := openPeer(t, Config{})
	p.send(3, &wire.Begin{NextOutgoingID: 5, IncomingWindow: 1, OutgoingWindow: 1})
	s := p.wantEvent("the begin is reported", SessionRemoteBegin).Session
	p.wantSilence("the answer is the caller's")
	if s.LocalState() != Uninitialized || s.RemoteState() != Active || s.Connection() != p.c {
		t.Fatal("the states are wrong")
	}
	p.must(s.Begin(BeginOptions{}))
	p.wantFrame("the answer names the peer's channel", 0, &wire.Begin{RemoteChannel: wire.Some(uint16(3)),
		IncomingWindow: defaultIncomingWindow, OutgoingWindow: outgoingWindow, HandleMax: defaultMaxLinks - 1})
}

// §2.5.1: the lowest unused channel should be assigned; it is free again when both have ended.
func TestChannelNumbers(t *testing.T) {
	p := openPeer(t, Config{})
	var all []*Session
	for i := range uint16(4) {
		s := p.c.NewSession()
		p.must(s.Begin(BeginOptions{}))
		next[*wire.Begin](p, "the channels count up", i)
		p.send(10+i, &wire.Begin{RemoteChannel: wire.Some(i), IncomingWindow: 1, OutgoingWindow: 1})
		p.wantEvent("the begin is answered", SessionRemoteBegin)
		all = append(all, s)
	}
	all[1].End(nil)
	p.wantEnd("a session is ended", 1, "")
	s := p.c.NewSession()
	p.must(s.Begin(BeginOptions{}))
	next[*wire.Begin](p, "its channel is not free before the peer's end", 4)
	p.send(11, &wire.End{})
	p.wantEvent("the end is answered", SessionRemoteEnd)
	s = p.c.NewSession()
	p.must(s.Begin(BeginOptions{}))
	next[*wire.Begin](p, "now it is", 1)
	n := 0
	for range p.c.Sessions() {
		n++
	}
	if n != 5 {
		t.Fatalf("%d sessions, want the 5 that are not ended", n)
	}
}

func TestManySessionsOneAfterAnother(t *testing.T) {
	p := newPair(t, Config{}, Config{})
	p.client.handler, p.server.handler = autoOpen, autoOpen
	p.client.must(p.client.Open())
	p.pump()
	for range 1000 {
		s := p.client.NewSession()
		p.client.must(s.Begin(BeginOptions{}))
		p.pump()
		s.End(nil)
		p.pump()
		if s.channel != 0 || s.RemoteState() != Closed {
			t.Fatalf("channel %d, %v", s.channel, s.RemoteState())
		}
	}
	if len(p.client.sessions)+len(p.server.sessions) != 0 {
		t.Fatal("ended sessions are kept")
	}
}

// §2.7.1: channel-max is the highest channel that the peer may use.
func TestChannelMax(t *testing.T) {
	p := openPeer(t, Config{MaxSessions: 3})
	for i := range uint16(3) {
		p.begin(i)
	}
	p.send(3, &wire.Begin{IncomingWindow: 1, OutgoingWindow: 1})
	p.wantFault("a begin beyond the own channel-max (§2.7.1)", wire.ConditionConnectionFramingError)

	p = newPeer(t, Config{})
	p.must(p.c.Open())
	a, b := p.c.NewSession(), p.c.NewSession()
	p.must(a.Begin(BeginOptions{}))
	p.must(b.Begin(BeginOptions{}))
	p.wantHeader("the header goes first", wire.HeaderAMQP)
	next[*wire.Open](p, "then the open", 0)
	next[*wire.Begin](p, "before the peer's open only channel 0 is sure (§2.4.2)", 0)
	p.wantSilence("the other session waits")
	p.sendHeader(wire.HeaderAMQP)
	p.send(0, &wire.Open{ContainerID: "peer", MaxFrameSize: 512, ChannelMax: 0})
	p.wantEvent("the peer's open is reported", ConnectionRemoteOpen)
	p.wantSilence("channel-max 0 forbids the other session")
	if ev := p.wantEvent("which is told to the caller", SessionFault); ev.Session != b || b.LocalState() != Closed || b.LocalError() == nil {
		t.Fatal("the wrong session fails")
	}
	var e *CallError
	if err := p.c.NewSession().Begin(BeginOptions{}); !errors.As(err, &e) {
		t.Fatalf("now that channel-max is known, Begin returns %v", err)
	}
}

func TestBeginViolations(t *testing.T) {
	for _, tt := range []struct {
		story     string
		channel   uint16
		frame     wire.Performative
		condition wire.Symbol
	}{
		{"a begin on a channel in use (§2.5.1)", 0, &wire.Begin{IncomingWindow: 1, OutgoingWindow: 1}, wire.ConditionNotAllowed},
		{"an answer to a begin that was never sent", 1, &wire.Begin{RemoteChannel: wire.Some(uint16(99)), IncomingWindow: 1, OutgoingWindow: 1}, wire.ConditionInvalidField},
		{"a second answer", 1, &wire.Begin{RemoteChannel: wire.Some(uint16(0)), IncomingWindow: 1, OutgoingWindow: 1}, wire.ConditionInvalidField},
		{"attach on a channel without session", 5, &wire.Attach{Name: "l"}, wire.ConditionNotAllowed},
		{"flow on a channel without session", 5, &wire.Flow{}, wire.ConditionNotAllowed},
		{"transfer on a channel without session", 5, &wire.Transfer{}, wire.ConditionNotAllowed},
		{"disposition on a channel without session", 5, &wire.Disposition{}, wire.ConditionNotAllowed},
		{"detach on a channel without session", 5, &wire.Detach{}, wire.ConditionNotAllowed},
		{"end on a channel without session", 5, &wire.End{}, wire.ConditionNotAllowed},
	} {
		t.Run(tt.story, func(t *testing.T) {
			p, _ := beginPeer(t, Config{})
			p.send(tt.channel, tt.frame)
			p.wantFault(tt.story, tt.condition)
		})
	}
}

// §2.5.2: an end is answered by an end; links end with the session.
func TestEnd(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 10)
	d, err := l.Send(nil, []byte("x"), false)
	p.must(err)
	next[*wire.Transfer](p, "a delivery is sent", 0)
	p.send(0, &wire.End{Error: &wire.Error{Condition: "x:y"}})
	p.wantEvent("the end is reported, and nothing of its links", SessionRemoteEnd)
	p.wantNoEvent("links raise no events (§2.5.2)")
	if s.RemoteError().Condition != "x:y" || !d.Valid() {
		t.Fatal("the error, or the delivery, is lost")
	}
	p.must(d.Settle())
	p.wantSilence("dispositions mean nothing any more")
	s.End(nil)
	s.End(nil)
	p.wantEnd("the end is answered", 0, "")
	p.must(l.Detach(true, nil))
	p.wantSilence("links need no detach (§2.6.6)")
	p.send(0, &wire.Begin{IncomingWindow: 1, OutgoingWindow: 1})
	if ev := p.wantEvent("the channel is free for another session", SessionRemoteBegin); ev.Session == s {
		t.Fatal("it is the old session")
	}
}

// §2.5.5 END SENT: what comes before the peer's end is no error, but of no effect.
func TestFramesAfterTheOwnEnd(t *testing.T) {
	p, s := beginPeer(t, Config{})
	p.receiver(s, 10)
	s.End(nil)
	p.wantEnd("the session is ended", 0, "")
	p.sendPayload(0, &wire.Transfer{DeliveryID: wire.Some(uint32(0)), DeliveryTag: []byte{1}, MessageFormat: wire.Some(uint32(0))}, []byte("x"))
	p.send(0, &wire.Flow{Handle: wire.Some(uint32(55)), Echo: true})
	p.send(0, &wire.Detach{Handle: 77})
	p.wantSilence("nothing is answered")
	p.wantNoEvent("nothing is reported")
	p.send(0, &wire.End{})
	p.wantEvent("the peer's end is", SessionRemoteEnd)
}

func TestEndsThatCross(t *testing.T) {
	p := newPair(t, Config{}, Config{})
	p.client.handler, p.server.handler = autoOpen, autoOpen
	p.client.must(p.client.Open())
	s := p.client.NewSession()
	p.client.must(s.Begin(BeginOptions{}))
	p.pump()
	s.End(nil)
	for other := range p.server.Sessions() {
		other.End(nil)
	}
	p.pump()
	if len(p.client.sessions)+len(p.server.sessions) != 0 || p.client.RemoteState() != Active {
		t.Fatalf("client %v, server %v", p.client.log, p.server.log)
	}
}

func TestEndBeforeTheBeginIsAnswered(t *testing.T) {
	p := openPeer(t, Config{})
	s := p.c.NewSession()
	p.must(s.Begin(BeginOptions{}))
	s.End(nil)
	next[*wire.Begin](p, "the begin is sent", 0)
	p.wantEnd("and the end right behind it", 0, "")
	p.send(4, &wire.Begin{RemoteChannel: wire.Some(uint16(0)), IncomingWindow: 1, OutgoingWindow: 1})
	p.wantEvent("the answer is reported", SessionRemoteBegin)
	p.send(4, &wire.End{})
	p.wantEvent("the end is reported", SessionRemoteEnd)
	if len(p.c.sessions) != 0 || p.c.localChannels[0] != nil {
		t.Fatal("the session is kept")
	}
}

func TestEndWithoutBegin(t *testing.T) {
	p := openPeer(t, Config{})
	p.send(2, &wire.Begin{IncomingWindow: 1, OutgoingWindow: 1})
	s := p.wantEvent("the begin is reported", SessionRemoteBegin).Session
	s.End(&wire.Error{Condition: "amqp:not-allowed"})
	p.wantBegin("a begin that is refused is answered first", 2)
	p.wantEnd("then ended", 0, "amqp:not-allowed")

	s = p.c.NewSession()
	s.End(nil)
	p.wantSilence("a session that never was needs no frame")

	p = newPeer(t, Config{})
	p.must(p.c.Open())
	p.must(p.c.NewSession().Begin(BeginOptions{}))
	s = p.c.NewSession()
	p.must(s.Begin(BeginOptions{}))
	s.End(nil)
	p.wantHeader("the header goes first", wire.HeaderAMQP)
	next[*wire.Open](p, "then the open", 0)
	next[*wire.Begin](p, "then the first begin", 0)
	p.wantSilence("the second had to wait and was given up")
	p.sendHeader(wire.HeaderAMQP)
	p.send(0, &wire.Open{ContainerID: "peer", MaxFrameSize: 512, ChannelMax: 9})
	p.wantSilence("for good")
	if p.c.localChannels[1] != nil {
		t.Fatal("its channel is kept")
	}
}

// §2.5.4: a session that cannot go on ends with an error and discards what comes until the peer's end; the connection
// and other sessions are not disturbed.
func TestSessionErrors(t *testing.T) {
	handle := func(h uint32) wire.Optional[uint32] { return wire.Some(h) }
	for _, tt := range []struct {
		story     string
		frame     wire.Performative
		condition wire.Symbol
	}{
		{"flow on a handle that is not attached (§2.8.17)", &wire.Flow{Handle: handle(5)}, wire.ConditionSessionUnattachedHandle},
		{"transfer on a handle that is not attached", &wire.Transfer{Handle: 5}, wire.ConditionSessionUnattachedHandle},
		{"detach on a handle that is not attached", &wire.Detach{Handle: 5}, wire.ConditionSessionUnattachedHandle},
		{"attach of a handle in use (§2.6.2)", &wire.Attach{Name: "other", Handle: 0, Role: wire.RoleSender}, wire.ConditionSessionHandleInUse},
		{"a flow that has seen transfers not sent (§2.5.6)", &wire.Flow{NextIncomingID: handle(1)}, wire.ConditionSessionWindowViolation},
		{"a first transfer without delivery-id (§2.7.5)", &wire.Transfer{DeliveryTag: []byte{1}, MessageFormat: handle(0)}, wire.ConditionInvalidField},
	} {
		t.Run(tt.story, func(t *testing.T) {
			p, s := beginPeer(t, Config{})
			other := p.begin(1)
			p.receiver(s, 10)
			p.send(0, tt.frame)
			if ev := p.wantEvent(tt.story, SessionFault); ev.Session != s || s.LocalError().Condition != tt.condition {
				t.Fatalf("the wrong session fails, or for the wrong reason: %+v", s.LocalError())
			}
			p.wantEnd(tt.story, s.channel, tt.condition)
			for range 10 {
				p.send(0, tt.frame)
				p.send(0, &wire.Attach{Name: "late", Handle: 9})
			}
			p.wantSilence("what comes before the peer's end is discarded")
			p.wantNoEvent("and not reported")
			p.send(1, &wire.Flow{NextIncomingID: handle(0), Echo: true})
			next[*wire.Flow](p, "another session goes on", other.channel)
			p.send(0, &wire.End{})
			p.wantEvent("the peer's end is reported", SessionRemoteEnd)
			s.End(nil)
			p.wantSilence("it was the answer")
			p.begin(0)
		})
	}
}

// A frame that cannot be decoded ends its session, if it has one; a frame of a session that is ending is discarded.
func TestMalformedFramesOfASession(t *testing.T) {
	list := func(code byte, fields ...byte) []byte {
		body := append([]byte{0, 0x53, code, 0xc0, byte(len(fields) + 1), 0}, fields...)
		body[5] = byte(len(fields))
		return append([]byte{0, 0, 0, byte(8 + len(body)), 2, 0, 0, 0}, body...)
	}
	null := byte(0x40)
	for _, tt := range []struct {
		story     string
		octets    []byte
		condition wire.Symbol
	}{
		{"attach without name (§1.4)", list(0x12, null, 0x43, 0x41), wire.ConditionInvalidField},
		{"flow without windows", list(0x13, null), wire.ConditionInvalidField},
		{"transfer without handle", list(0x14, null), wire.ConditionInvalidField},
		{"transfer with a boolean handle", list(0x14, 0x41), wire.ConditionDecodeError},
		{"disposition without role", list(0x15, null, 0x43), wire.ConditionInvalidField},
		{"disposition with an unknown state (§2.7.6)", []byte{0, 0, 0, 23, 2, 0, 0, 0, 0, 0x53, 0x15, 0xc0, 10, 5, 0x41, 0x43, 0x40, 0x42, 0, 0x53, 0x99, 0x45, 0x40}, wire.ConditionNotImplemented},
		{"detach without handle", list(0x16, null), wire.ConditionInvalidField},
	} {
		t.Run(tt.story, func(t *testing.T) {
			p, s := beginPeer(t, Config{})
			other := p.begin(1)
			p.sendBytes(tt.octets)
			p.wantEvent(tt.story, SessionFault)
			if s.LocalError().Condition != tt.condition {
				t.Fatalf("the error is %+v, want %s", s.LocalError(), tt.condition)
			}
			p.wantEnd(tt.story, 0, tt.condition)
			p.sendBytes(tt.octets)
			p.wantSilence("once more: discarded")
			p.wantNoEvent("and not reported")
			p.send(1, &wire.Flow{NextIncomingID: wire.Some(uint32(0)), Echo: true})
			next[*wire.Flow](p, "another session goes on", other.channel)
		})
	}
	p, _ := beginPeer(t, Config{})
	p.sendBytes(list(0x17, 0x41))
	p.wantFault("an end that cannot be decoded leaves no session to be ended", wire.ConditionDecodeError)
	p, _ = beginPeer(t, Config{})
	b := list(0x12, null)
	b[7] = 9
	p.sendBytes(b)
	p.wantFault("and so does a channel without session", wire.ConditionInvalidField)
}

// What the peer does wrong while an end waits for deliveries disturbs nothing.
func TestFaultsWhileAnEndWaits(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 5)
	f := linkFlow(0, 0, 0, 5, false)
	f.IncomingWindow = 0
	p.send(0, f)
	p.wantEvent("the window is shut", LinkFlow)
	d, err := l.NewDelivery(DeliveryOptions{})
	p.must(err)
	p.must(d.Write([]byte("mine")))
	s.End(nil)
	p.wantSilence("the end waits for a delivery")
	p.sendPayload(0, &wire.Transfer{Handle: 0}, []byte("theirs"))
	p.sendPayload(0, transferN(0), []byte("theirs"))
	p.send(0, &wire.Detach{Handle: 5})
	p.wantNoEvent("faults are not worth a word now")
	if string(d.d.buf) != "mine" {
		t.Fatalf("the delivery became %q", d.d.buf)
	}
}

func TestEndAfterCloseOfAnUnansweredSession(t *testing.T) {
	p := openPeer(t, Config{})
	p.send(0, &wire.Begin{IncomingWindow: 1, OutgoingWindow: 1})
	s := p.wantEvent("the begin is reported", SessionRemoteBegin).Session
	p.c.Close(nil)
	s.End(nil)
	p.wantClose("the close says it all", "")
	p.send(0, &wire.Close{})
	p.wantEvent("the peer closes", ConnectionRemoteClose)
	p.wantOver("both have closed", false)
}

// A fault in a session that the caller has not begun is answered by begin and end.
func TestSessionErrorBeforeTheOwnBegin(t *testing.T) {
	p := openPeer(t, Config{})
	p.send(0, &wire.Begin{IncomingWindow: 1, OutgoingWindow: 1})
	s := p.wantEvent("the begin is reported", SessionRemoteBegin).Session
	p.send(0, &wire.Detach{Handle: 3})
	p.wantEvent("a violation follows", SessionFault)
	p.wantBegin("the begin is answered", 0)
	p.wantEnd("then ended", s.channel, wire.ConditionSessionUnattachedHandle)
}

// The caller owes an answer to each begin; a peer cannot make the engine hoard sessions that wait for it.
func TestSessionsThatWaitForTheirEndAreBounded(t *testing.T) {
	p := openPeer(t, Config{MaxSessions: 4})
	for range 8 {
		p.send(0, &wire.Begin{IncomingWindow: 1, OutgoingWindow: 1})
		p.send(0, &wire.End{})
	}
	p.send(0, &wire.Begin{IncomingWindow: 1, OutgoingWindow: 1})
	for range 16 {
		p.c.NextEvent()
	}
	p.wantFault("too many", wire.ConditionResourceLimitExceeded)
}

func TestBeginTooLargeForThePeer(t *testing.T) {
	long := BeginOptions{Properties: wire.Map{{Key: wire.Symbol("k"), Value: strings.Repeat("x", 600)}}}
	p := newPeer(t, Config{})
	p.must(p.c.Open())
	s := p.c.NewSession()
	p.must(s.Begin(long))
	p.sendHeader(wire.HeaderAMQP)
	p.wantHeader("the header goes first", wire.HeaderAMQP)
	next[*wire.Open](p, "then the open", 0)
	p.wantSilence("a begin of more than 512 octets waits for the peer's open (§2.4.2)")
	p.send(0, &wire.Open{ContainerID: "peer", MaxFrameSize: 512, ChannelMax: 9})
	p.wantEvent("the open is reported", ConnectionRemoteOpen)
	p.wantSilence("it does not fit and is not sent (§2.7.1)")
	p.wantEvent("the caller is told", SessionFault)
	var e *CallError
	if err := p.c.NewSession().Begin(long); !errors.As(err, &e) {
		t.Fatalf("now that the limit is known, Begin returns %v", err)
	}
	p.send(0, &wire.Begin{IncomingWindow: 1, OutgoingWindow: 1})
	s = p.wantEvent("a begin is reported", SessionRemoteBegin).Session
	if err := s.Begin(long); !errors.As(err, &e) {
		t.Fatalf("an answer that does not fit: Begin returns %v", err)
	}
	p.must(s.Begin(BeginOptions{}))
	p.wantBegin("a shorter one fits", 0)
}

func TestSessionCallsOnClosedConnection(t *testing.T) {
	p := openPeer(t, Config{})
	s := p.c.NewSession()
	p.c.Close(nil)
	if err := s.Begin(BeginOptions{}); err == nil {
		t.Fatal("Begin on a closed connection succeeds")
	}
}

func TestStateNames(t *testing.T) {
	if got := fmt.Sprint(Uninitialized, Active, Detached, Closed, Client, Server, LinkFlow, EventType(99), ScopeLink, ScopeTransport); got !=
		"uninitialized active detached closed client server link_flow unknown_event link transport" {
		t.Fatal(got)
	}
}

// A channel is not free before the end has been sent on it.
func TestEndWhileTheAnswerIsQueued(t *testing.T) {
	p := openPeer(t, Config{})
	p.send(0, &wire.Begin{IncomingWindow: 1, OutgoingWindow: 1})
	s := p.wantEvent("the begin is reported", SessionRemoteBegin).Session
	p.must(s.Begin(BeginOptions{}))
	s.End(nil)
	p.send(0, &wire.End{})
	other := p.c.NewSession()
	p.must(other.Begin(BeginOptions{}))
	p.wantBegin("the begin is answered", 0)
	p.wantEnd("and the end", 0, "")
	next[*wire.Begin](p, "another session uses another channel", 1)
}
