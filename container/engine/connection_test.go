package engine

import (
	"cmp"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/collider-amqp/collider/container/wire"
)

// openPair is a pair with a session and a link from client to server, and credit.
func openPair(t testing.TB, credit int, client, server Config) (p *pair, sender, receiver *Link) {
	p = newPair(t, client, server)
	p.client.handler = autoOpen
	p.server.handler = func(e *end, ev Event) {
		autoOpen(e, ev)
		if ev.Type == LinkRemoteAttach {
			receiver = ev.Link
			e.must(receiver.AddCredit(credit))
		}
	}
	p.client.must(p.client.Open())
	s := p.client.NewSession()
	p.client.must(s.Begin(BeginOptions{}))
	sender = s.NewSender("l")
	p.client.must(sender.Attach(termini))
	p.pump()
	if receiver == nil || sender.RemoteState() != Active || sender.Credit() != credit {
		t.Fatalf("the link is not open: client %v, server %v", p.client.log, p.server.log)
	}
	return p, sender, receiver
}

func TestTwoEnginesExchangeAMessage(t *testing.T) {
	for name, split := range map[string]splitter{"whole": whole, "octets": oneOctet} {
		t.Run(name, func(t *testing.T) {
			p, sender, _ := openPair(t, 10, Config{}, Config{})
			p.split = split
			var got string
			open := p.server.handler
			p.server.handler = func(e *end, ev Event) {
				open(e, ev)
				if ev.Type == DeliveryReceived {
					got += string(ev.Delivery.Payload())
					e.must(ev.Delivery.Update(&wire.Accepted{}))
					e.must(ev.Delivery.Settle())
				}
			}
			d, err := sender.Send(nil, []byte("hello"), false)
			if err != nil {
				t.Fatal(err)
			}
			p.pump()
			if got != "hello" {
				t.Fatalf("the server received %q", got)
			}
			if _, ok := d.RemoteState().(*wire.Accepted); !ok || !d.RemoteSettled() {
				t.Fatalf("the client sees state %v settled %v", d.RemoteState(), d.RemoteSettled())
			}
			p.client.must(d.Settle())
			p.client.Close(nil)
			p.pump()
			if !p.client.Finished() || !p.server.Finished() || p.client.Err() != nil || p.server.Err() != nil {
				t.Fatalf("no good end: client %v %v, server %v %v", p.client.log, p.client.Err(), p.server.log, p.server.Err())
			}
		})
	}
}

// §2.4.1: "each peer MUST send an open frame before sending any other frames", on channel 0.
func TestOpen(t *testing.T) {
	p := newPeer(t, Config{ContainerID: "c", Hostname: "h", MaxFrameSize: 4096, MaxSessions: 8, IdleTimeOut: 10 * time.Second,
		OfferedCapabilities: []wire.Symbol{"a"}, DesiredCapabilities: []wire.Symbol{"b"}, IncomingLocales: []wire.Symbol{"en-US"},
		Properties: wire.Map{{Key: wire.Symbol("product"), Value: "collider"}}})
	p.wantHeader("the header goes first", wire.HeaderAMQP)
	s := p.c.NewSession()
	p.must(s.Begin(BeginOptions{}))
	p.wantSilence("a session waits for the open")
	p.must(p.c.Open())
	p.wantFrame("the open says what the Config says, of the idle time-out half (§2.4.5)", 0, &wire.Open{
		ContainerID: "c", Hostname: wire.Some("h"), MaxFrameSize: 4096, ChannelMax: 7, IdleTimeOut: wire.Some(uint32(5000)),
		OfferedCapabilities: []wire.Symbol{"a"}, DesiredCapabilities: []wire.Symbol{"b"}, IncomingLocales: []wire.Symbol{"en-US"},
		Properties: wire.Map{{Key: wire.Symbol("product"), Value: "collider"}}})
	next[*wire.Begin](p, "the session follows without waiting for the peer's open (§2.4.2)", 0)
	if err := p.c.Open(); err == nil {
		t.Fatal("a second Open succeeds")
	}
}

// §2.4.1: before the peer's open, 512 octets are all it is sure to take.
func TestOpenLongerThan512(t *testing.T) {
	long := wire.Map{{Key: wire.Symbol("k"), Value: strings.Repeat("x", 600)}}
	p := newPeer(t, Config{Properties: long})
	if err := p.c.Open(); err == nil {
		t.Fatal("a client's open of more than 512 octets succeeds")
	}

	p = newPeer(t, Config{Side: Server, Properties: long})
	p.must(p.c.Open())
	p.sendHeader(wire.HeaderAMQP)
	p.wantHeader("the server sends its header", wire.HeaderAMQP)
	p.wantSilence("its long open waits until the client has said what it takes")
	p.send(0, &wire.Open{ContainerID: "peer", MaxFrameSize: 4096})
	next[*wire.Open](p, "then it is sent", 0)

	p = newPeer(t, Config{Side: Server, Properties: long})
	p.must(p.c.Open())
	p.sendHeader(wire.HeaderAMQP)
	p.wantHeader("the server sends its header", wire.HeaderAMQP)
	p.send(0, &wire.Open{ContainerID: "peer", MaxFrameSize: 512})
	p.wantEvent("the open is reported", ConnectionRemoteOpen)
	o := next[*wire.Open](p, "an open that the client does not take is cut to the bone", 0)
	if o.Properties != nil || o.ContainerID != "engine" {
		t.Fatalf("the open is %+v", o)
	}
	p.wantFault("and the connection is closed", wire.ConditionFrameSizeTooSmall)
}

func TestOpenWithTextThatHasNoEncoding(t *testing.T) {
	p := newPeer(t, Config{ContainerID: "\xff"})
	var e *CallError
	if err := p.c.Open(); !errors.As(err, &e) {
		t.Fatalf("Open returns %v", err)
	}
}

func TestRemoteOpenViolations(t *testing.T) {
	open := &wire.Open{ContainerID: "peer", MaxFrameSize: 512, ChannelMax: 10}
	for _, tt := range []struct {
		story     string
		channel   uint16
		frame     wire.Performative
		condition wire.Symbol
	}{
		{"open on another channel than 0 (§2.4.1)", 1, open, wire.ConditionConnectionFramingError},
		{"begin before open (§2.4.1)", 0, &wire.Begin{}, wire.ConditionNotAllowed},
		{"attach before open", 0, &wire.Attach{Name: "l"}, wire.ConditionNotAllowed},
		{"flow before open", 0, &wire.Flow{}, wire.ConditionNotAllowed},
		{"end before open", 0, &wire.End{}, wire.ConditionNotAllowed},
		{"max-frame-size below 512 (§2.7.1)", 0, &wire.Open{ContainerID: "peer", MaxFrameSize: 511}, wire.ConditionInvalidField},
		{"an idle-time-out too short to be honoured (§2.4.5)", 0, &wire.Open{ContainerID: "peer", MaxFrameSize: 512, IdleTimeOut: wire.Some(uint32(1))}, wire.ConditionNotAllowed},
	} {
		t.Run(tt.story, func(t *testing.T) {
			for _, opened := range []bool{true, false} {
				p := newPeer(t, Config{Side: Server})
				if opened {
					p.must(p.c.Open())
				}
				p.sendHeader(wire.HeaderAMQP)
				p.send(tt.channel, tt.frame)
				p.wantHeader("the header is answered", wire.HeaderAMQP)
				next[*wire.Open](p, "an open goes before the close, also if the caller had not opened yet (§2.4.1)", 0)
				p.wantFault(tt.story, tt.condition)
			}
		})
	}
}

func TestSecondOpen(t *testing.T) {
	p := openPeer(t, Config{})
	p.send(0, &wire.Open{ContainerID: "peer", MaxFrameSize: 512})
	p.wantFault("a second open (§2.4.1)", wire.ConditionIllegalState)
}

func TestEmptyFrameBeforeOpen(t *testing.T) {
	p := newPeer(t, Config{Side: Server})
	p.sendHeader(wire.HeaderAMQP)
	p.wantHeader("the header is answered", wire.HeaderAMQP)
	p.sendBytes(wire.AppendEmptyFrame(nil))
	p.wantSilence("an empty frame before the open is tolerated")
	p.wantNoEvent("and not reported")
}

// A server that refuses may close before it opens (§2.4.1 forbids it); its reason must not be lost.
func TestCloseBeforeOpen(t *testing.T) {
	p := newPeer(t, Config{})
	p.must(p.c.Open())
	p.sendHeader(wire.HeaderAMQP)
	p.send(0, &wire.Close{Error: &wire.Error{Condition: "amqp:connection:forced", Description: "full"}})
	p.wantEvent("the engine objects", ConnectionFault)
	p.wantEvent("the close is reported", ConnectionRemoteClose)
	if e := p.c.RemoteError(); e == nil || e.Description != "full" {
		t.Fatalf("the peer's error is %+v", e)
	}
	p.wantHeader("the header was sent", wire.HeaderAMQP)
	next[*wire.Open](p, "the open was sent", 0)
	p.wantClose("the close is answered", wire.ConditionNotAllowed)
	p.wantOver("both have closed", true)
}

// §2.4.3: "a close is answered by a close", and is the last frame.
func TestRemoteClose(t *testing.T) {
	for _, channel := range []uint16{0, 1, 99} {
		p, s := beginPeer(t, Config{})
		l := p.sender(s, 10)
		p.send(channel, &wire.Close{Error: &wire.Error{Condition: "x:y", Description: "d", Info: wire.Map{{Key: wire.Symbol("k"), Value: "v"}}}})
		p.wantEvent("the close is reported, on any channel (§2.4.3); sessions and links raise no events (§2.4.4)", ConnectionRemoteClose)
		if e := p.c.RemoteError(); e.Condition != "x:y" || e.Description != "d" || len(e.Info) != 1 {
			t.Fatalf("the error is %+v", e)
		}
		if !p.c.ReadDone() || p.c.WriteDone() {
			t.Fatal("nothing can follow the peer's close, but the own one is still due")
		}
		if _, err := l.Send(nil, []byte("x"), false); err == nil {
			t.Fatal("a send after the peer's close succeeds")
		}
		p.wantSilence("sessions and links need no answer of their own (§2.4.4)")
		p.c.Close(nil)
		p.wantClose("the close is answered", "")
		p.send(0, &wire.Begin{})
		p.wantOver("both have closed", false)
	}
}

func TestLocalClose(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 10)
	p.c.Close(nil)
	p.c.Close(&wire.Error{Condition: "x:y"})
	p.wantClose("the close is sent, once; sessions and links need no frames", "")
	p.must(l.Detach(true, nil))
	s.End(nil)
	p.advance(time.Second)
	p.wantSilence("nothing follows the close (§2.4.3)")
	p.send(0, &wire.Detach{Handle: 0, Closed: true})
	p.wantEvent("frames before the peer's close still count (§2.4.6 CLOSE_SENT)", LinkRemoteClose)
	p.send(0, &wire.Close{})
	p.wantEvent("the peer's close is reported", ConnectionRemoteClose)
	p.wantOver("both have closed", false)
}

func TestCloseWithError(t *testing.T) {
	p, _ := beginPeer(t, Config{})
	p.c.Close(&wire.Error{Condition: "amqp:connection:forced", Description: "bye"})
	p.wantClose("the error is told", "amqp:connection:forced")
	p.send(0, &wire.Flow{})
	p.send(5, &wire.Begin{})
	p.wantSilence("frames are discarded (§2.4.6 DISCARDING)")
	p.wantNoEvent("and raise no events")
	p.send(0, &wire.Close{Error: &wire.Error{Condition: "x:y"}})
	p.wantEvent("the peer's close is reported", ConnectionRemoteClose)
	p.wantOver("an error of the caller's own is a good end for the transport", false)
}

// §2.8.14, §2.7.1: an error must fit the peer's frames, whatever its text.
func TestCloseWithLongError(t *testing.T) {
	p := newPeer(t, Config{})
	p.must(p.c.Open())
	p.sendHeader(wire.HeaderAMQP)
	p.send(0, &wire.Open{ContainerID: "peer", MaxFrameSize: 512})
	p.wantHeader("the header goes first", wire.HeaderAMQP)
	next[*wire.Open](p, "then the open", 0)
	p.c.Close(&wire.Error{Condition: "x:y", Description: strings.Repeat("é", 2000) + "\xff", Info: wire.Map{{Key: wire.Symbol("k"), Value: strings.Repeat("x", 600)}}})
	p.fetch()
	if len(p.in) > 512 {
		t.Fatalf("a frame of %d octets", len(p.in))
	}
	cl := next[*wire.Close](p, "the error is cut to fit", 0)
	if cl.Error.Condition != "x:y" || len(cl.Error.Description) < 100 || !utf8.ValidString(cl.Error.Description) || cl.Error.Info != nil {
		t.Fatalf("the error is %+v", cl.Error)
	}
}

func TestErrorsThatHaveNoEncoding(t *testing.T) {
	for _, e := range []wire.Error{
		{}, {Condition: "\xe9"}, {Condition: wire.Symbol(strings.Repeat("x", 1000))},
		{Condition: "a:b", Info: wire.Map{{Key: nil, Value: 1}}}, {Condition: "a:b", Info: wire.Map{{Key: wire.Symbol("k"), Value: struct{}{}}}},
	} {
		p := openPeer(t, Config{})
		p.c.Close(&e)
		cl := next[*wire.Close](p, "an error that has no encoding is sent all the same, in part", 0)
		if want := cmp.Or(e.Condition, ""); cl.Error == nil || cl.Error.Condition != want && cl.Error.Condition != wire.ConditionInternalError {
			t.Fatalf("the error is %+v", cl.Error)
		}
	}
}

// §2.4.2 OC_PIPE: open and close may be sent before anything is received.
func TestPipelinedOpenAndClose(t *testing.T) {
	p := newPeer(t, Config{})
	p.c.Close(nil)
	p.wantHeader("the header goes first", wire.HeaderAMQP)
	next[*wire.Open](p, "a connection that was not opened is opened", 0)
	p.wantClose("then closed, on channel 0", "")
	p.sendHeader(wire.HeaderAMQP)
	p.send(0, &wire.Open{ContainerID: "peer", MaxFrameSize: 512})
	p.wantEvent("the peer's open is reported", ConnectionRemoteOpen)
	p.send(0, &wire.Close{})
	p.wantEvent("the peer's close is reported", ConnectionRemoteClose)
	p.wantOver("both have closed", false)
}

// §2.4.4: closes that cross are each other's answer.
func TestClosesThatCross(t *testing.T) {
	p := newPair(t, Config{}, Config{})
	p.client.handler, p.server.handler = autoOpen, autoOpen
	p.client.must(p.client.Open())
	p.pump()
	p.client.Close(nil)
	p.server.Close(&wire.Error{Condition: "x:y"})
	p.pump()
	if !p.client.Finished() || !p.server.Finished() || p.client.Err() != nil || p.server.Err() != nil {
		t.Fatalf("no good end: %v, %v", p.client.log, p.server.log)
	}
	if e := p.client.RemoteError(); e == nil || e.Condition != "x:y" {
		t.Fatalf("the client sees %+v", e)
	}
}

func TestFrameViolations(t *testing.T) {
	frame := func(size uint32, doff, typ byte, rest ...byte) []byte {
		return append([]byte{byte(size >> 24), byte(size >> 16), byte(size >> 8), byte(size), doff, typ, 0, 0}, rest...)
	}
	for _, tt := range []struct {
		story     string
		octets    []byte
		condition wire.Symbol
	}{
		{"data offset below 2 (§2.3.1)", frame(8, 1, 0), wire.ConditionConnectionFramingError},
		{"data offset behind the frame's end", frame(8, 3, 0), wire.ConditionConnectionFramingError},
		{"frame type 2", frame(8, 2, 2), wire.ConditionConnectionFramingError},
		{"a SASL frame in the AMQP layer", wire.AppendFrame(nil, wire.FrameSASL, 0, &wire.SASLOutcome{}, nil), wire.ConditionConnectionFramingError},
		{"a body that is no performative (§2.3.2)", frame(9, 2, 0, 0x40), wire.ConditionDecodeError},
		{"an unknown performative", frame(12, 2, 0, 0, 0x53, 0x1f, 0x45), wire.ConditionNotImplemented},
		{"a performative without a mandatory field", frame(12, 2, 0, 0, 0x53, 0x12, 0x45), wire.ConditionInvalidField},
		{"payload behind a flow", wire.AppendFrame(nil, wire.FrameAMQP, 0, &wire.Flow{}, []byte{1}), wire.ConditionConnectionFramingError},
		{"a frame larger than the engine takes (§2.7.1)", append(frame(1025, 2, 0), make([]byte, 1017)...), wire.ConditionConnectionFramingError},
	} {
		for name, split := range map[string]int{"whole": 1 << 20, "octets": 1} {
			t.Run(tt.story+"/"+name, func(t *testing.T) {
				p := openPeer(t, Config{MaxFrameSize: 1024})
				for b := tt.octets; len(b) > 0; b = b[min(split, len(b)):] {
					p.sendBytes(b[:min(split, len(b))])
				}
				p.wantFault(tt.story, tt.condition)
			})
		}
	}
}

// Behind a size that cannot be right there is no telling where the next frame begins.
func TestFrameSizeBelowTheHeader(t *testing.T) {
	for size := range byte(8) {
		p := openPeer(t, Config{})
		p.sendBytes([]byte{0, 0, 0, size, 2, 0, 0, 0})
		p.wantEvent("a size below 8 (§2.3.1)", ConnectionFault)
		p.wantClose("the connection is closed", wire.ConditionConnectionFramingError)
		p.wantSilence("nothing follows")
		if !p.c.WriteDone() {
			t.Fatal("the stream must end: the peer's close would not be found")
		}
		p.send(0, &wire.Close{})
		p.c.ReceiveEOF(p.now)
		p.wantOver("the peer ends its stream", true)
	}
}

// §2.7.1: a frame beyond max-frame-size is refused by its size, before its body is kept.
func TestOversizeFrameIsNotKept(t *testing.T) {
	for _, size := range []uint32{1025, 1 << 20, 1<<31 - 1, 1 << 31, 1<<32 - 1} {
		p := openPeer(t, Config{MaxFrameSize: 1024})
		p.sendBytes([]byte{byte(size >> 24), byte(size >> 16), byte(size >> 8), byte(size)})
		p.wantEvent("the size alone is enough", ConnectionFault)
		p.wantClose("the connection is closed", wire.ConditionConnectionFramingError)
		for range 100 {
			p.sendBytes(make([]byte, 1000))
		}
		if n := cap(p.c.input.part); n > 4096 {
			t.Fatalf("%d octets are kept", n)
		}
	}
}

func TestExtendedFrameHeader(t *testing.T) {
	p := newPeer(t, Config{Side: Server})
	p.sendHeader(wire.HeaderAMQP)
	body := (&wire.Open{ContainerID: "peer", MaxFrameSize: 512}).Append(nil)
	b := []byte{0, 0, 0, byte(12 + len(body)), 3, 0, 0, 0, 0xde, 0xad, 0xbe, 0xef}
	p.sendBytes(append(b, body...))
	p.wantEvent("an extended header is skipped (§2.3.1)", ConnectionRemoteOpen)
	p.sendBytes([]byte{0, 0, 0, 12, 3, 0, 0, 0, 1, 2, 3, 4})
	p.wantNoEvent("an empty frame may have one too")
}

func TestTransportEndsTooEarly(t *testing.T) {
	cause := errors.New("reset")
	for _, tt := range []struct {
		story string
		end   func(p *peer)
		err   error
	}{
		{"the peer ends its stream", func(p *peer) { p.c.ReceiveEOF(p.now) }, nil},
		{"the transport ends", func(p *peer) { p.c.TransportClosed(p.now, nil) }, nil},
		{"the transport fails", func(p *peer) { p.c.TransportClosed(p.now, cause) }, cause},
	} {
		for _, octets := range [][]byte{nil, {0, 0, 0}, wire.AppendFrame(nil, wire.FrameAMQP, 0, &wire.Begin{}, nil)[:10]} {
			p, s := beginPeer(t, Config{})
			l := p.sender(s, 10)
			d, err := l.Send(nil, []byte("x"), false)
			p.must(err)
			p.sendBytes(octets)
			tt.end(p)
			if len(p.c.Output()) > 0 {
				t.Fatal("output is left for a transport that is gone")
			}
			p.wantOver(tt.story, true)
			var e *DisconnectError
			if !errors.As(p.c.Err(), &e) || e.Err != tt.err {
				t.Fatalf("the error is %v", p.c.Err())
			}
			if !d.Valid() || d.RemoteSettled() {
				t.Fatal("an unsettled delivery must stay visible: its fate is not known")
			}
			p.must(d.Settle())
			p.c.TransportClosed(p.now, cause)
			p.sendBytes([]byte("late"))
			p.advance(time.Hour)
			p.wantNoEvent("the end comes once")
		}
	}
}

// §2.4.6: the peer may end its half of the transport once it has closed.
func TestHalfClose(t *testing.T) {
	p := openPeer(t, Config{})
	p.send(0, &wire.Close{})
	p.wantEvent("the close is reported", ConnectionRemoteClose)
	p.c.ReceiveEOF(p.now)
	p.wantNoEvent("the end of the peer's half is no end yet")
	p.c.Close(nil)
	p.wantClose("the close is answered", "")
	p.wantOver("both have closed", false)
}

func TestPeerNeverAnswersTheClose(t *testing.T) {
	p := openPeer(t, Config{CloseTimeOut: 3 * time.Second})
	p.advance(time.Minute)
	p.c.Close(nil)
	p.wantClose("the close is sent", "")
	if got := p.c.Deadline(); !got.Equal(p.now.Add(3 * time.Second)) {
		t.Fatalf("the deadline is %v away", got.Sub(p.now))
	}
	p.advance(3*time.Second - 1)
	p.wantNoEvent("the peer has time left (§2.4.3)")
	p.advance(1)
	p.wantOver("the peer's time is over", true)
	if !p.c.Deadline().IsZero() {
		t.Fatal("a deadline is left behind the end")
	}
}

// The engine answers what the peer provokes, but a peer that does not read cannot make it hoard.
func TestOutputLimit(t *testing.T) {
	p := openPeer(t, Config{OutputHighWater: 1000, OutputLimit: 4000})
	stop := func() bool {
		p.send(0, &wire.Begin{IncomingWindow: 1, OutgoingWindow: 1})
		ev, ok := p.c.NextEvent()
		if !ok || ev.Type == TransportError {
			return true
		}
		p.must(ev.Session.Begin(BeginOptions{}))
		p.send(0, &wire.End{})
		p.wantEvent("the end is reported", SessionRemoteEnd)
		ev.Session.End(nil)
		return p.c.Pending() == 0
	}
	for n := 0; !stop(); n++ {
		if n > 1000 {
			t.Fatal("output piles up without end")
		}
	}
	if Condition(p.c.Err()) != wire.ConditionResourceLimitExceeded {
		t.Fatalf("the error is %v", p.c.Err())
	}
}
