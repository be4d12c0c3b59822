package engine

import (
	"testing"
	"time"

	"github.com/collider-amqp/collider/container/wire"
	"pgregory.net/rapid"
)

// small draws numbers that often hit something.
var small = rapid.OneOf(rapid.Uint32Range(0, 4), rapid.Uint32Range(0, 4), serials)

func optional[V any](t *rapid.T, name string, g *rapid.Generator[V]) wire.Optional[V] {
	if rapid.Bool().Draw(t, name+" is there") {
		return wire.Some(g.Draw(t, name))
	}
	return wire.Optional[V]{}
}

var someState = rapid.SampledFrom([]wire.DeliveryState{
	nil, nil, &wire.Accepted{}, &wire.Released{}, &wire.Rejected{Error: &wire.Error{Condition: "x:y"}}, &wire.Modified{},
	&wire.Received{SectionNumber: 1}, &wire.TransactionalState{TxnID: []byte("t")}, &wire.Declared{TxnID: []byte("t")},
})

var someError = rapid.SampledFrom([]*wire.Error{nil, nil, {Condition: "x:y", Description: "d"}})

// wildFrame draws a frame that a peer might send. It looks into the engine so that most frames make sense, and gets a
// field or two wrong now and then.
func wildFrame(t *rapid.T, c *Connection) (channel uint16, perf wire.Performative) {
	wrong := func(name string) bool { return rapid.IntRange(0, 15).Draw(t, name+" is wrong") == 0 }
	channel = uint16(rapid.IntRange(0, 1).Draw(t, "channel"))
	s := at(c.remoteChannels, int(channel))
	if wrong("channel") {
		channel = 9
	}
	if s == nil {
		return channel, wildBegin(t, c, wrong)
	}
	number := func(name string, right uint32) uint32 {
		if wrong(name) {
			return small.Draw(t, name)
		}
		return right
	}
	var handle uint32
	var l *Link
	if n := len(s.remoteHandles); n > 0 {
		handle = uint32(rapid.IntRange(0, n-1).Draw(t, "handle"))
		l = s.remoteHandles[handle]
	}
	kind := rapid.SampledFrom([]string{"begin", "attach", "attach", "flow", "flow", "flow", "transfer", "transfer", "transfer", "transfer",
		"disposition", "disposition", "disposition", "detach"}).Draw(t, "frame")
	if l == nil && (kind == "flow" || kind == "transfer" || kind == "detach") && !wrong("handle") {
		kind = "attach"
	}
	flag := func(name string) bool { return rapid.Bool().Draw(t, name) }
	switch kind {
	case "begin":
		if wrong("begin") {
			return channel, rapid.SampledFrom([]wire.Performative{
				wildBegin(t, c, wrong), &wire.End{Error: someError.Draw(t, "error")}, &wire.Close{Error: someError.Draw(t, "error")}, &wire.Open{ContainerID: "p"},
			}).Draw(t, "end")
		}
		return 1 - channel&1, wildBegin(t, c, wrong)
	case "attach":
		return channel, wildAttach(t, s, number, wrong)
	case "flow":
		f := &wire.Flow{NextIncomingID: wire.Some(number("next-incoming-id", uint32(s.window.next))), IncomingWindow: rapid.Uint32Range(0, 6).Draw(t, "window"),
			NextOutgoingID: number("next-outgoing-id", uint32(s.receive.next)), Drain: rapid.IntRange(0, 3).Draw(t, "drain") == 0, Echo: flag("echo")}
		if flag("link") {
			f.Handle = wire.Some(handle)
			f.LinkCredit = wire.Some(rapid.Uint32Range(0, 6).Draw(t, "credit"))
			if l != nil && l.role == wire.RoleSender {
				f.DeliveryCount = wire.Some(number("delivery-count", uint32(l.send.count)))
			} else if l != nil {
				f.DeliveryCount = wire.Some(number("delivery-count", uint32(l.recv.count)+rapid.Uint32Range(0, 2).Draw(t, "given back")))
			}
		}
		return channel, f
	case "transfer":
		return channel, wildTransfer(t, s, l, handle, number, wrong)
	case "disposition":
		next := s.nextSent
		role := wire.Role(flag("role"))
		if role == wire.RoleSender {
			next = s.nextGot
		}
		first := uint32(next) - rapid.Uint32Range(0, 6).Draw(t, "back")
		return channel, &wire.Disposition{Role: role, First: number("first", first), Last: optional(t, "last", rapid.Map(rapid.Uint32Range(0, 4), func(n uint32) uint32 { return first + n })),
			Settled: flag("settled"), State: someState.Draw(t, "state")}
	}
	return channel, &wire.Detach{Handle: number("handle", handle), Closed: flag("closed"), Error: someError.Draw(t, "error")}
}

func wildBegin(t *rapid.T, c *Connection, wrong func(string) bool) wire.Performative {
	b := &wire.Begin{NextOutgoingID: small.Draw(t, "next-outgoing-id"), IncomingWindow: rapid.Uint32Range(0, 6).Draw(t, "window"), HandleMax: rapid.Uint32Range(0, 3).Draw(t, "handle-max")}
	for _, s := range c.localChannels {
		if s != nil && s.begun && s.remote == Uninitialized {
			b.RemoteChannel = wire.Some(s.channel)
		}
	}
	if wrong("remote-channel") {
		b.RemoteChannel = optional(t, "remote-channel", rapid.Uint16Range(0, 3))
	}
	return b
}

func wildAttach(t *rapid.T, s *Session, number func(string, uint32) uint32, wrong func(string) bool) wire.Performative {
	a := &wire.Attach{Name: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "name"), Role: wire.Role(rapid.Bool().Draw(t, "role")),
		Handle: number("handle", uint32(lowestFree(s.remoteHandles))), Source: someSource, Target: someTarget,
		SndSettleMode: wire.SenderSettleMode(rapid.SampledFrom([]int{0, 1, 2, 2, 2}).Draw(t, "snd")), RcvSettleMode: wire.ReceiverSettleMode(rapid.IntRange(0, 1).Draw(t, "rcv")),
		InitialDeliveryCount: optional(t, "count", small), MaxMessageSize: optional(t, "size", rapid.Uint64Range(0, 50))}
	if !wrong("attach") {
		for _, l := range s.links {
			if l.remote == Uninitialized || l.remote == Detached || l.reclosing {
				a.Name, a.Role = l.name, !l.role
			}
		}
	}
	return a
}

func wildTransfer(t *rapid.T, s *Session, l *Link, handle uint32, number func(string, uint32) uint32, wrong func(string) bool) wire.Performative {
	flag := func(name string) bool { return rapid.Bool().Draw(t, name) }
	tr := &wire.Transfer{Handle: handle, More: flag("more"), Aborted: wrong("aborted")}
	if flag("state") {
		tr.State = someState.Draw(t, "state")
	}
	if l == nil || l.current == nil || wrong("continuation") {
		tr.DeliveryID, tr.MessageFormat = wire.Some(number("delivery-id", uint32(s.nextGot))), wire.Some(uint32(0))
		tr.DeliveryTag = make([]byte, number("tag", 4)&63)
	}
	switch {
	case l != nil && l.SndSettleMode() == wire.SenderSettleModeSettled:
		tr.Settled = wire.Some(!wrong("settled"))
	case l == nil || l.SndSettleMode() == wire.SenderSettleModeMixed || wrong("settled"):
		tr.Settled = optional(t, "settled", rapid.Bool())
	}
	if wrong("mode") {
		tr.RcvSettleMode = optional(t, "mode", rapid.Just(wire.ReceiverSettleModeFirst))
	}
	return tr
}

// wildCaller does something with every event, and now and then something else.
type wildCaller struct {
	t     *rapid.T
	c     *Connection
	links []*Link
	ds    []Delivery
	over  int
}

func (w *wildCaller) drain() {
	for ev, ok := w.c.NextEvent(); ok; ev, ok = w.c.NextEvent() {
		if w.over > 0 {
			w.t.Fatalf("%v behind the last event", ev.Type)
		}
		if ev.Type == TransportClosed {
			w.over++
		}
		if ev.Delivery.Valid() {
			w.ds = append(w.ds, ev.Delivery)
		}
		if rapid.IntRange(0, 9).Draw(w.t, "lazy") < 9 {
			w.answer(ev)
		}
	}
}

func (w *wildCaller) answer(ev Event) {
	switch ev.Type {
	case ConnectionRemoteOpen:
		_ = w.c.Open()
	case ConnectionRemoteClose:
		w.c.Close(nil)
	case SessionRemoteBegin:
		_ = ev.Session.Begin(BeginOptions{})
	case SessionRemoteEnd:
		ev.Session.End(nil)
	case LinkRemoteAttach:
		w.links = append(w.links, ev.Link)
		_ = ev.Link.Attach(AttachOptions{Source: someSource, Target: someTarget, RcvSettleMode: ev.Link.RemoteAttach().RcvSettleMode})
		_ = ev.Link.AddCredit(3)
	case LinkRemoteDetach:
		_ = ev.Link.Detach(false, nil)
	case LinkRemoteClose:
		_ = ev.Link.Detach(true, nil)
	}
}

// act makes a call that may or may not be permitted.
func (w *wildCaller) act(kind, n int) {
	if kind < 8 && len(w.links) > 0 {
		w.actOnLink(w.links[n%len(w.links)], kind, n)
	}
	if kind >= 8 && kind < 14 && len(w.ds) > 0 {
		w.actOnDelivery(w.ds[n%len(w.ds)], kind, n)
	}
	switch kind {
	case 14:
		s := w.c.NewSession()
		_ = s.Begin(BeginOptions{})
		for _, l := range []*Link{s.NewSender(""), s.NewReceiver("")} {
			_ = l.Attach(termini)
			w.links = append(w.links, l)
		}
	case 15:
		for s := range w.c.Sessions() {
			if n%3 == 0 {
				s.End(nil)
			}
		}
	case 16:
		if n%10 == 0 {
			w.c.Close(nil)
		}
	}
}

func (w *wildCaller) actOnLink(l *Link, kind, n int) {
	switch kind {
	case 0, 1:
		if d, err := l.Send(nil, make([]byte, n%100), n%2 == 0); err == nil {
			w.ds = append(w.ds, d)
		}
	case 2:
		if d, err := l.NewDelivery(DeliveryOptions{Settled: n%2 == 0}); err == nil {
			_ = d.Write(make([]byte, n%100))
			w.ds = append(w.ds, d)
		}
	case 3:
		_ = l.AddCredit(n % 4)
	case 4:
		_ = l.Drain()
		l.Drained()
	case 5:
		_ = l.Detach(n%2 == 0, nil)
	case 6:
		_ = l.Attach(termini)
	case 7:
		_ = l.SetCredit(n % 4)
	}
}

func (w *wildCaller) actOnDelivery(d Delivery, kind, n int) {
	switch kind {
	case 8:
		_ = d.Settle()
	case 9:
		_ = d.Update(&wire.Accepted{})
	case 10:
		d.Consume(n % 50)
		d.Take()
	case 11:
		_ = d.Write(make([]byte, n%100))
	case 12:
		_ = d.Complete()
	case 13:
		_ = d.Abort()
	}
}

// TestRandomPeer lets a peer out of its mind talk to a careless caller. The engine must stay consistent, say only what
// can be decoded, respect what binds it in any case, and come to an end.
func TestRandomPeer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Config{Side: Server, ContainerID: "e", MaxFrameSize: 512, MaxSessions: 4, MaxLinks: 4, IncomingWindow: 5, MaxMessageSize: 60,
			OutputHighWater: rapid.SampledFrom([]int{1, 300, 100000}).Draw(t, "high-water"), MaxUnsettled: 4}
		w := &wildCaller{t: t, c: NewConnection(cfg)}
		audit := newAuditor("engine", 1000)
		now := epoch
		in := wire.HeaderAMQP.Append(nil)
		in = wire.AppendFrame(in, wire.FrameAMQP, 0, &wire.Open{ContainerID: "p", MaxFrameSize: 600, ChannelMax: 3}, nil)
		w.c.Receive(now, in)
		w.drain()
		if rapid.Bool().Draw(t, "begun") {
			w.c.Receive(now, wire.AppendFrame(nil, wire.FrameAMQP, 0, &wire.Begin{IncomingWindow: 10, OutgoingWindow: 10, HandleMax: 3}, nil))
			for i, role := range []wire.Role{wire.RoleSender, wire.RoleReceiver} {
				w.c.Receive(now, wire.AppendFrame(nil, wire.FrameAMQP, 0, &wire.Attach{Name: "ab"[i : i+1], Handle: uint32(i), Role: role, Source: someSource, Target: someTarget}, nil))
			}
			w.drain()
		}
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0, 1:
				ch, perf := wildFrame(t, w.c)
				var payload []byte
				if _, ok := perf.(*wire.Transfer); ok {
					payload = make([]byte, rapid.SampledFrom([]int{0, 1, 10, 20, 61}).Draw(t, "payload"))
				}
				w.c.Receive(now, wire.AppendFrame(nil, wire.FrameAMQP, ch, perf, payload))
				w.drain()
			case 2:
				w.act(rapid.IntRange(0, 16).Draw(t, "call"), rapid.IntRange(0, 1000).Draw(t, "n"))
			case 3:
				b := w.c.Output()
				if n := w.c.Pending(); n != len(b) {
					t.Fatalf("a second flush finds %d octets more", n-len(b))
				}
				b = b[:min(len(b), rapid.IntRange(0, 2000).Draw(t, "written"))]
				audit.listen(t, b)
				w.c.Wrote(len(b))
			}
			if err := checkInvariants(w.c); err != nil {
				t.Fatal(err)
			}
		}
		w.end(t, now, audit)
	})
}

// listen checks what holds for all output: it can be decoded, begins with open and ends with close.
func (a *auditor) listen(t *rapid.T, b []byte) {
	a.sent = frames(append(a.sent, b...), func(f *wire.Frame, size int) {
		switch {
		case size > 600:
			t.Fatalf("a frame of %d octets", size)
		case a.closed || f.Code == wire.CodeOpen == a.open:
			t.Fatalf("%v is out of place", f.Code)
		}
		a.open = true
		a.closed = f.Code == wire.CodeClose
	})
}

// end brings the connection to its end, whatever state it is in.
func (w *wildCaller) end(t *rapid.T, now time.Time, audit *auditor) {
	if rapid.Bool().Draw(t, "close") {
		w.c.Close(nil)
		for range 2 { // the close may have to wait once, its answer once more
			b := w.c.Output()
			audit.listen(t, b)
			w.c.Wrote(len(b))
			w.drain()
			now = now.Add(time.Hour)
			w.c.Advance(now)
		}
	} else {
		w.c.TransportClosed(now, nil)
	}
	w.drain()
	if w.over != 1 || !w.c.Finished() {
		t.Fatalf("the end came %d times; local %v, remote %v", w.over, w.c.LocalState(), w.c.RemoteState())
	}
	for _, d := range w.ds {
		_ = d.Settle()
	}
	for _, s := range w.c.sessions {
		if err := s.checkInvariants(); err != nil {
			t.Fatal(err)
		}
	}
}
