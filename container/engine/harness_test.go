package engine

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/collider-amqp/collider/container/wire"
)

// epoch is when the tests begin.
var epoch = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// --- two engines wired in memory ---

// splitter says how many of n octets the next segment carries, 1 to n.
type splitter func(n int) int

func whole(n int) int    { return n }
func oneOctet(_ int) int { return 1 }

// randomSplit cuts at random, often within headers.
func randomSplit(r *rand.Rand) splitter {
	return func(n int) int {
		if r.IntN(3) == 0 {
			return 1 + r.IntN(min(n, 16))
		}
		return 1 + r.IntN(n)
	}
}

// end is one engine of a pair, with what it has said.
type end struct {
	*Connection
	name    string
	handler func(e *end, ev Event) // runs for each event; nil only records
	log     []string               // one line for each event
	sent    []byte                 // all output so far
	keep    bool                   // whether sent is kept
}

// pair is two engines with a perfect transport between them.
type pair struct {
	t              testing.TB
	now            time.Time
	split          splitter
	client, server *end
}

func newPair(t testing.TB, client, server Config) *pair {
	client.Side, server.Side = Client, Server
	if client.ContainerID == "" {
		client.ContainerID = "client"
	}
	if server.ContainerID == "" {
		server.ContainerID = "server"
	}
	return &pair{
		t: t, now: epoch, split: whole,
		client: &end{Connection: NewConnection(client), name: "client"},
		server: &end{Connection: NewConnection(server), name: "server"},
	}
}

// drainEvents takes the events of an end.
func (e *end) drainEvents() {
	for {
		ev, ok := e.NextEvent()
		if !ok {
			return
		}
		e.log = append(e.log, describe(ev))
		if e.handler != nil {
			e.handler(e, ev)
		}
	}
}

// describe renders an event with what a caller would look at.
func describe(ev Event) string {
	s := ev.Type.String()
	if ev.Link != nil {
		s += " " + ev.Link.Name()
	}
	if ev.Delivery.Valid() {
		s += fmt.Sprintf(" tag=%x state=%s settled=%v", ev.Delivery.Tag(), stateName(ev.Delivery.RemoteState()), ev.Delivery.RemoteSettled())
	}
	return s
}

func stateName(s wire.DeliveryState) string {
	if s == nil {
		return "none"
	}
	return s.Descriptor().String()
}

// move carries one round of output from one end to the other and reports whether there was any.
func (p *pair) move(from, to *end) bool {
	from.drainEvents()
	out := bytes.Clone(from.Output())
	if from.keep {
		from.sent = append(from.sent, out...)
	}
	from.Wrote(len(out))
	for rest := out; len(rest) > 0; {
		n := p.split(len(rest))
		to.Receive(p.now, rest[:n])
		rest = rest[n:]
	}
	to.drainEvents()
	return len(out) > 0
}

// pump carries output until neither end has any.
func (p *pair) pump() {
	for p.move(p.client, p.server) || p.move(p.server, p.client) {
	}
}

// autoOpen answers every remote open, begin, attach, detach, end and close, as a plain container does.
func autoOpen(e *end, ev Event) {
	switch ev.Type {
	case ConnectionRemoteOpen:
		if e.LocalState() == Uninitialized {
			e.must(e.Open())
		}
	case ConnectionRemoteClose:
		e.Close(nil)
	case SessionRemoteBegin:
		if ev.Session.LocalState() == Uninitialized {
			e.must(ev.Session.Begin(BeginOptions{}))
		}
	case SessionRemoteEnd:
		ev.Session.End(nil)
	case LinkRemoteAttach:
		if ev.Link.LocalState() == Uninitialized {
			a := ev.Link.RemoteAttach()
			e.must(ev.Link.Attach(AttachOptions{
				Source: a.Source, Target: a.Target, Coordinator: a.Coordinator,
				SndSettleMode: wire.Some(a.SndSettleMode), RcvSettleMode: a.RcvSettleMode,
			}))
		}
	case LinkRemoteDetach:
		e.must(ev.Link.Detach(false, nil))
	case LinkRemoteClose:
		e.must(ev.Link.Detach(true, nil))
	}
}

func (e *end) must(err error) {
	if err != nil {
		panic(e.name + ": " + err.Error())
	}
}

var (
	someSource = &wire.Source{Address: wire.Some("q")}
	someTarget = &wire.Target{Address: wire.Some("q")}
	termini    = AttachOptions{Source: someSource, Target: someTarget}
)

// --- a scripted raw peer ---

// peer speaks to one engine in frames of its own making. Its methods take a sentence that says what must happen; it is
// the message of the failure.
type peer struct {
	t   testing.TB
	c   *Connection
	now time.Time
	in  []byte // output of the engine not yet looked at
}

// newPeer returns a peer of an engine with this configuration.
func newPeer(t testing.TB, cfg Config) *peer {
	if cfg.ContainerID == "" {
		cfg.ContainerID = "engine"
	}
	p := &peer{t: t, c: NewConnection(cfg), now: epoch}
	p.c.Advance(p.now)
	return p
}

// openPeer returns a peer whose connection is open on both sides.
func openPeer(t testing.TB, cfg Config) *peer {
	t.Helper()
	p := newPeer(t, cfg)
	p.must(p.c.Open())
	p.sendHeader(wire.HeaderAMQP)
	p.send(0, &wire.Open{ContainerID: "peer", MaxFrameSize: 65536, ChannelMax: 99})
	p.wantHeader("the engine sends its header", wire.HeaderAMQP)
	next[*wire.Open](p, "the engine opens", 0)
	p.wantEvent("the peer's open is reported", ConnectionRemoteOpen)
	return p
}

// beginPeer returns a peer with a session that the peer has begun, on channel 0 both ways.
func beginPeer(t testing.TB, cfg Config) (*peer, *Session) {
	t.Helper()
	p := openPeer(t, cfg)
	return p, p.begin(0)
}

// begin makes a session that the peer begins on the channel.
func (p *peer) begin(channel uint16) *Session {
	p.t.Helper()
	p.send(channel, &wire.Begin{NextOutgoingID: 0, IncomingWindow: 1000, OutgoingWindow: 1000, HandleMax: 99})
	s := p.wantEvent("the peer's begin is reported", SessionRemoteBegin).Session
	p.must(s.Begin(BeginOptions{}))
	p.wantBegin("the begin is answered", channel)
	return s
}

func (p *peer) wantBegin(story string, remote uint16) {
	p.t.Helper()
	ch, perf, _ := p.next(story)
	b, ok := perf.(*wire.Begin)
	if !ok || !b.RemoteChannel.Set || b.RemoteChannel.V != remote {
		p.t.Fatalf("%s: got %s on channel %d", story, show(perf), ch)
	}
}

// receiver attaches a receiving link of the engine: the peer is the sender, handle 0 both ways.
func (p *peer) receiver(s *Session, credit int) *Link {
	p.t.Helper()
	p.send(s.remoteChannel, &wire.Attach{Name: "in", Handle: 0, Role: wire.RoleSender, SndSettleMode: wire.SenderSettleModeMixed,
		Source: someSource, Target: someTarget, InitialDeliveryCount: wire.Some(uint32(0))})
	l := p.wantEvent("the peer's attach is reported", LinkRemoteAttach).Link
	p.must(l.Attach(termini))
	if credit > 0 {
		p.must(l.AddCredit(credit))
	}
	next[*wire.Attach](p, "the attach is answered", s.channel)
	if credit > 0 {
		next[*wire.Flow](p, "the credit is granted", s.channel)
	}
	return l
}

// sender attaches a sending link of the engine: the peer is the receiver, handle 0 both ways.
func (p *peer) sender(s *Session, credit uint32) *Link {
	p.t.Helper()
	p.send(s.remoteChannel, &wire.Attach{Name: "out", Handle: 0, Role: wire.RoleReceiver, SndSettleMode: wire.SenderSettleModeMixed,
		Source: someSource, Target: someTarget})
	l := p.wantEvent("the peer's attach is reported", LinkRemoteAttach).Link
	p.must(l.Attach(termini))
	next[*wire.Attach](p, "the attach is answered", s.channel)
	if credit > 0 {
		p.grant(s, credit)
		p.wantEvent("the credit is reported", LinkFlow)
	}
	return l
}

// grant sends a flow for handle 0 with this credit at delivery-count 0, and a wide session window.
func (p *peer) grant(s *Session, credit uint32) {
	p.send(s.remoteChannel, &wire.Flow{NextIncomingID: wire.Some(uint32(0)), IncomingWindow: 1000, NextOutgoingID: uint32(s.receive.next),
		OutgoingWindow: 1000, Handle: wire.Some(uint32(0)), DeliveryCount: wire.Some(uint32(0)), LinkCredit: wire.Some(credit)})
}

func (p *peer) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *peer) sendBytes(b []byte)               { p.c.Receive(p.now, b) }
func (p *peer) sendHeader(h wire.ProtocolHeader) { p.sendBytes(h.Append(nil)) }
func (p *peer) sendSASL(perf wire.Performative) {
	p.sendBytes(wire.AppendFrame(nil, wire.FrameSASL, 0, perf, nil))
}
func (p *peer) send(ch uint16, perf wire.Performative) { p.sendPayload(ch, perf, nil) }
func (p *peer) sendPayload(ch uint16, perf wire.Performative, payload []byte) {
	p.sendBytes(wire.AppendFrame(nil, wire.FrameAMQP, ch, perf, payload))
}

// advance lets time pass and tells the engine.
func (p *peer) advance(d time.Duration) {
	p.now = p.now.Add(d)
	p.c.Advance(p.now)
}

// fetch takes the engine's output.
func (p *peer) fetch() {
	out := p.c.Output()
	p.in = append(p.in, out...)
	p.c.Wrote(len(out))
}

func (p *peer) wantHeader(story string, want wire.ProtocolHeader) {
	p.t.Helper()
	p.fetch()
	var h wire.ProtocolHeader
	if n, err := h.Decode(p.in); n == 0 || err != nil || h != want {
		p.t.Fatalf("%s: want header %v, got % x", story, want, p.in[:min(len(p.in), 16)])
	}
	p.in = p.in[wire.ProtocolHeaderSize:]
}

// next takes the engine's next frame; a frame without performative is nil.
func (p *peer) next(story string) (channel uint16, perf wire.Performative, payload []byte) {
	p.t.Helper()
	p.fetch()
	f := new(wire.Frame)
	n, err := f.Decode(p.in, wire.Limits{})
	if err != nil {
		p.t.Fatalf("%s: %v", story, err)
	}
	if n == 0 {
		p.t.Fatalf("%s: no frame; %s", story, p.state())
	}
	p.in = p.in[n:]
	if f.Code == 0 {
		return f.Channel, nil, nil
	}
	return f.Channel, f.Performative(), f.Payload
}

// next takes the engine's next frame, which must be a P on the channel.
func next[P wire.Performative](p *peer, story string, channel uint16) P {
	p.t.Helper()
	v, _ := nextPayload[P](p, story, channel)
	return v
}

func nextPayload[P wire.Performative](p *peer, story string, channel uint16) (P, []byte) {
	p.t.Helper()
	ch, perf, payload := p.next(story)
	v, ok := perf.(P)
	if !ok {
		p.t.Fatalf("%s: want %T, got %s", story, v, show(perf))
	}
	if ch != channel {
		p.t.Fatalf("%s: want channel %d, got %d", story, channel, ch)
	}
	return v, payload
}

// wantFrame takes the engine's next frame, which must be this one in every field.
func (p *peer) wantFrame(story string, channel uint16, want wire.Performative) {
	p.t.Helper()
	ch, got, _ := p.next(story)
	if ch != channel || got == nil || !bytes.Equal(got.Append(nil), want.Append(nil)) {
		p.t.Fatalf("%s:\nwant channel %d %s\ngot  channel %d %s", story, channel, show(want), ch, show(got))
	}
}

// wantSilence checks that the engine has nothing to say.
func (p *peer) wantSilence(story string) {
	p.t.Helper()
	p.fetch()
	if len(p.in) > 0 {
		_, perf, _ := p.next(story)
		p.t.Fatalf("%s: got %s", story, show(perf))
	}
}

// wantEvent takes the engine's next event.
func (p *peer) wantEvent(story string, want EventType) Event {
	p.t.Helper()
	ev, ok := p.c.NextEvent()
	if !ok || ev.Type != want {
		p.t.Fatalf("%s: want %v, got %v; %s", story, want, ev.Type, p.state())
	}
	return ev
}

func (p *peer) wantNoEvent(story string) {
	p.t.Helper()
	if ev, ok := p.c.NextEvent(); ok {
		p.t.Fatalf("%s: got %s", story, describe(ev))
	}
}

// wantClose takes a close with this condition; an empty one is a close without error.
func (p *peer) wantClose(story string, condition wire.Symbol) {
	p.t.Helper()
	p.wantError(story, next[*wire.Close](p, story, 0).Error, condition)
}

func (p *peer) wantEnd(story string, channel uint16, condition wire.Symbol) {
	p.t.Helper()
	p.wantError(story, next[*wire.End](p, story, channel).Error, condition)
}

func (p *peer) wantDetach(story string, channel uint16, closed bool, condition wire.Symbol) {
	p.t.Helper()
	d := next[*wire.Detach](p, story, channel)
	if d.Closed != closed {
		p.t.Fatalf("%s: want closed=%v, got %s", story, closed, show(d))
	}
	p.wantError(story, d.Error, condition)
}

func (p *peer) wantError(story string, got *wire.Error, want wire.Symbol) {
	p.t.Helper()
	switch {
	case want == "" && got != nil:
		p.t.Fatalf("%s: want no error, got %s: %s", story, got.Condition, got.Description)
	case want != "" && (got == nil || got.Condition != want):
		p.t.Fatalf("%s: want %s, got %+v", story, want, got)
	}
}

// wantFault checks that the engine closes the connection with this condition, discards what follows, and ends well.
func (p *peer) wantFault(story string, condition wire.Symbol) {
	p.t.Helper()
	p.wantEvent(story, ConnectionFault)
	p.wantClose(story, condition)
	// §2.4.6 DISCARDING: "all further incoming frames are silently discarded until a close frame is received".
	p.send(0, &wire.Flow{})
	p.send(7, &wire.Attach{Name: "x"})
	p.wantSilence(story + "; then frames are discarded")
	p.send(0, &wire.Close{})
	p.wantEvent(story+"; then the peer closes", ConnectionRemoteClose)
	p.wantOver(story, true)
}

// wantOver checks that the connection has ended, with an error or in good order.
func (p *peer) wantOver(story string, failed bool) {
	p.t.Helper()
	p.wantSilence(story + "; nothing is left to be said")
	if !p.c.Finished() || !p.c.ReadDone() || !p.c.WriteDone() {
		p.t.Fatalf("%s: the connection is not over; %s", story, p.state())
	}
	if failed {
		p.wantEvent(story+"; the error comes just before the last event", TransportError)
	}
	if (p.c.Err() != nil) != failed {
		p.t.Fatalf("%s: Err is %v", story, p.c.Err())
	}
	p.wantEvent(story+"; the last event comes", TransportClosed)
	p.wantNoEvent(story + "; nothing comes after the last event")
}

func (p *peer) state() string {
	return fmt.Sprintf("local %v remote %v err %v", p.c.local, p.c.remote, p.c.err)
}

func show(p wire.Performative) string {
	if p == nil {
		return "an empty frame"
	}
	return fmt.Sprintf("%v%+v", p.Descriptor(), p)
}
