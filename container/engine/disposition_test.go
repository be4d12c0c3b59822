package engine

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/container/wire"
)

// received returns the engine's deliveries of n transfers, with ids from 0.
func (p *peer) received(n uint32) (ds []Delivery) {
	p.t.Helper()
	for id := range n {
		p.sendPayload(0, transferN(id), []byte("m"))
		ds = append(ds, p.wantEvent("a delivery comes", DeliveryReceived).Delivery)
	}
	return ds
}

// sent returns n deliveries that the engine has sent, with ids from 0.
func (p *peer) sent(l *Link, n int) (ds []Delivery) {
	p.t.Helper()
	for range n {
		d, err := l.Send(nil, []byte("m"), false)
		p.must(err)
		next[*wire.Transfer](p, "a delivery is sent", 0)
		ds = append(ds, d)
	}
	return ds
}

// §2.7.6: neighbours in the same state share a disposition.
func TestDispositionsAreBatched(t *testing.T) {
	p, s := beginPeer(t, Config{})
	p.receiver(s, 100)
	ds := p.received(10)
	accept := func(is ...int) {
		for _, i := range is {
			p.must(ds[i].Update(&wire.Accepted{}))
			p.must(ds[i].Settle())
		}
	}
	accept(0, 1, 2)
	p.must(ds[3].Update(&wire.Released{}))
	p.must(ds[3].Settle())
	accept(4)
	accept(6, 7)
	p.must(ds[8].Update(&wire.Accepted{}))
	p.must(ds[9].Settle())
	d := func(first, last uint32, settled bool, state wire.DeliveryState) *wire.Disposition {
		f := &wire.Disposition{Role: wire.RoleReceiver, First: first, Settled: settled, State: state}
		if last != first {
			f.Last = wire.Some(last)
		}
		return f
	}
	p.wantFrame("three neighbours", 0, d(0, 2, true, &wire.Accepted{}))
	p.wantFrame("another state", 0, d(3, 3, true, &wire.Released{}))
	p.wantFrame("the first state again", 0, d(4, 4, true, &wire.Accepted{}))
	p.wantFrame("behind a gap", 0, d(6, 7, true, &wire.Accepted{}))
	p.wantFrame("not settled", 0, d(8, 8, false, &wire.Accepted{}))
	p.wantFrame("settled without state", 0, d(9, 9, true, nil))
	p.wantSilence("each is told once")
	p.must(ds[8].Settle())
	p.wantFrame("the settlement repeats the state", 0, d(8, 8, true, &wire.Accepted{}))
	if s.received.live != 1 {
		t.Fatalf("%d deliveries are unsettled, want number 5", s.received.live)
	}
}

// §2.6.12, §2.8.3: in mode second the receiver must not settle before the sender.
func TestReceiverInModeSecond(t *testing.T) {
	p, _ := beginPeer(t, Config{})
	p.send(0, &wire.Attach{Name: "in", Role: wire.RoleSender, SndSettleMode: wire.SenderSettleModeMixed, RcvSettleMode: wire.ReceiverSettleModeSecond, Source: someSource, Target: someTarget})
	l := p.wantEvent("the attach is reported", LinkRemoteAttach).Link
	o := termini
	o.RcvSettleMode = wire.ReceiverSettleModeSecond
	p.must(l.Attach(o))
	p.must(l.AddCredit(10))
	next[*wire.Attach](p, "it is answered", 0)
	next[*wire.Flow](p, "credit is granted", 0)
	ds := p.received(3)
	p.must(ds[0].Update(&wire.Accepted{}))
	p.wantFrame("the state is told", 0, &wire.Disposition{Role: wire.RoleReceiver, First: 0, State: &wire.Accepted{}})
	p.send(0, &wire.Disposition{Role: wire.RoleSender, First: 0, Settled: true})
	if ev := p.wantEvent("the sender settles", DeliveryUpdated); ev.Delivery != ds[0] || !ds[0].RemoteSettled() {
		t.Fatal("another delivery")
	}
	p.must(ds[0].Settle())
	p.wantSilence("and that was all")

	p.must(ds[1].Update(&wire.Accepted{}))
	p.must(ds[1].Settle())
	p.wantFrame("a caller in a hurry does not make the receiver settle first", 0, &wire.Disposition{Role: wire.RoleReceiver, First: 1, State: &wire.Accepted{}})
	p.send(0, &wire.Disposition{Role: wire.RoleSender, First: 1, Settled: true})
	p.wantSilence("when the sender settles, so does the receiver")
	p.wantNoEvent("the caller was done with it")

	first := transferN(3)
	first.RcvSettleMode = wire.Some(wire.ReceiverSettleModeFirst)
	p.sendPayload(0, first, nil)
	d := p.wantEvent("a delivery in mode first of its own (§2.7.5)", DeliveryReceived).Delivery
	p.must(d.Settle())
	p.wantFrame("is settled by the receiver", 0, &wire.Disposition{Role: wire.RoleReceiver, First: 3, Settled: true})
	if n := l.session.received.live; n != 1 {
		t.Fatalf("%d deliveries are unsettled, want number 2", n)
	}
}

// §2.6.12: the sender learns the outcome and settles.
func TestSenderSettles(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 100)
	ds := p.sent(l, 6)
	p.send(0, &wire.Disposition{Role: wire.RoleReceiver, First: 0, Last: wire.Some(uint32(1)), State: &wire.Accepted{}})
	p.wantEvent("the first has an outcome", DeliveryUpdated)
	p.wantEvent("and the second", DeliveryUpdated)
	if ds[0].RemoteSettled() || !isTerminal(ds[1].RemoteState()) {
		t.Fatalf("state %v", ds[1].RemoteState())
	}
	p.must(ds[0].Settle())
	p.must(ds[1].Settle())
	p.wantFrame("the sender settles both at once", 0, &wire.Disposition{Role: wire.RoleSender, First: 0, Last: wire.Some(uint32(1)), Settled: true})
	p.send(0, &wire.Disposition{Role: wire.RoleReceiver, First: 2, Settled: true, State: &wire.Rejected{Error: &wire.Error{Condition: "x:y", Info: wire.Map{{Key: wire.Symbol("k"), Value: []byte("v")}}}}})
	p.wantEvent("a rejection comes settled", DeliveryUpdated)
	if r := ds[2].RemoteState().(*wire.Rejected); r.Error.Condition != "x:y" || !ds[2].RemoteSettled() {
		t.Fatalf("%+v", r)
	}
	p.must(ds[2].Settle())
	p.wantSilence("then there is nothing to be told")
	p.send(0, &wire.Disposition{Role: wire.RoleReceiver, First: 3, Settled: true})
	p.wantEvent("a settlement may come without state", DeliveryUpdated)
	if ds[3].RemoteState() != nil || !ds[3].RemoteSettled() {
		t.Fatal("a state from nowhere")
	}
	p.must(ds[4].Update(&wire.Received{SectionNumber: 1}))
	p.must(ds[4].Update(&wire.Received{SectionNumber: 2}))
	p.wantFrame("a sender may tell its own state", 0, &wire.Disposition{Role: wire.RoleSender, First: 4, State: &wire.Received{SectionNumber: 2}})
}

// §3.4: a terminal state stays.
func TestTerminalStatesStay(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 10)
	d := p.sent(l, 1)[0]
	tell := func(state wire.DeliveryState, settled bool) {
		p.send(0, &wire.Disposition{Role: wire.RoleReceiver, First: 0, State: state, Settled: settled})
	}
	tell(&wire.Received{SectionNumber: 1}, false)
	p.wantEvent("a state that is not terminal", DeliveryUpdated)
	tell(&wire.Accepted{}, false)
	p.wantEvent("gives way", DeliveryUpdated)
	tell(&wire.Received{SectionNumber: 2}, false)
	tell(&wire.Rejected{}, false)
	tell(&wire.Accepted{}, false)
	p.wantNoEvent("a terminal one does not")
	tell(&wire.Released{}, true)
	p.wantEvent("the settlement still counts", DeliveryUpdated)
	if _, ok := d.RemoteState().(*wire.Accepted); !ok {
		t.Fatalf("the state is %v", d.RemoteState())
	}
	p.must(d.Update(&wire.Accepted{}))
	p.must(d.Update(&wire.Accepted{}))
	if d.Update(&wire.Rejected{}) == nil {
		t.Fatal("the local state changes from accepted to rejected")
	}
}

// §2.7.6: ids that are unknown, settled or outside any sense are ignored, and cost nothing.
func TestDispositionsOfNothing(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 10)
	ds := p.sent(l, 3)
	u := func(n uint32) wire.Optional[uint32] { return wire.Some(n) }
	started := time.Now()
	for _, f := range []*wire.Disposition{
		{Role: wire.RoleSender, First: 0, Last: u(2), Settled: true, State: &wire.Accepted{}}, // of what the peer sent: nothing
		{Role: wire.RoleReceiver, First: 3, Settled: true},
		{Role: wire.RoleReceiver, First: 1 << 31, Last: u(1<<32 - 1), Settled: true},
		{Role: wire.RoleReceiver, First: 2, Last: u(0), Settled: true},              // backwards
		{Role: wire.RoleReceiver, First: 0, Last: u(math.MaxUint32), Settled: true}, // backwards, too
		{Role: wire.RoleReceiver, First: 1},
	} {
		p.send(0, f)
		p.wantNoEvent("nothing is concerned")
		p.wantSilence("nothing is answered")
	}
	p.send(0, &wire.Disposition{Role: wire.RoleReceiver, First: 1<<32 - 5, Last: u(1<<31 - 6), Settled: true})
	for _, d := range ds {
		if ev := p.wantEvent("the widest range that makes sense finds what is there", DeliveryUpdated); ev.Delivery != d {
			t.Fatal("another delivery")
		}
	}
	p.send(0, &wire.Disposition{Role: wire.RoleReceiver, First: 0, Last: u(2), Settled: true})
	p.wantNoEvent("settling twice is ignored (§2.6.12)")
	if took := time.Since(started); took > time.Second {
		t.Fatalf("it took %v", took)
	}
}

func TestDispositionAcrossLinks(t *testing.T) {
	p, s := beginPeer(t, Config{})
	a := p.sender(s, 10)
	p.send(0, &wire.Attach{Name: "out2", Handle: 1, Role: wire.RoleReceiver, Source: someSource, Target: someTarget})
	b := p.wantEvent("another link", LinkRemoteAttach).Link
	p.must(b.Attach(termini))
	f := linkFlow(0, 0, 0, 10, false)
	f.Handle = wire.Some(uint32(1))
	p.send(0, f)
	next[*wire.Attach](p, "it is attached", 0)
	p.wantEvent("and has credit", LinkFlow)
	ds := append(append(p.sent(a, 1), p.sent(b, 1)...), p.sent(a, 1)...)
	p.send(0, &wire.Disposition{Role: wire.RoleReceiver, First: 0, Last: wire.Some(uint32(2)), Settled: true, State: &wire.Accepted{}})
	for _, d := range ds {
		if ev := p.wantEvent("a range spans links (§2.7.6)", DeliveryUpdated); ev.Delivery != d || ev.Link != d.Link() {
			t.Fatal("another delivery")
		}
	}
}

// §2.6.5: of a closed link nothing is told any more; its deliveries are the caller's to settle.
func TestDispositionsOfClosedLinks(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.receiver(s, 10)
	ds := p.received(3)
	p.must(ds[0].Update(&wire.Accepted{}))
	p.must(l.Detach(true, nil))
	p.must(ds[1].Update(&wire.Accepted{}))
	p.must(ds[1].Settle())
	next[*wire.Disposition](p, "what was said before the close is told before it", 0)
	p.wantDetach("then the link is closed", 0, true, "")
	p.must(ds[0].Settle())
	p.wantSilence("nothing is told behind it")
	p.send(0, &wire.Detach{Handle: 0, Closed: true})
	p.send(0, &wire.Disposition{Role: wire.RoleSender, First: 2, Settled: true})
	p.wantEvent("the peer closes", LinkRemoteClose)
	p.wantNoEvent("dispositions do not find the link's deliveries any more")
	if !ds[2].Valid() || s.received.live != 0 {
		t.Fatal("the delivery is not the caller's")
	}
	p.must(ds[2].Settle())
}

// §2.7.1: a state whose details do not fit the peer's frames goes without them.
func TestDispositionTooLargeForThePeer(t *testing.T) {
	p := newPeer(t, Config{})
	p.must(p.c.Open())
	p.sendHeader(wire.HeaderAMQP)
	p.send(0, &wire.Open{ContainerID: "peer", MaxFrameSize: 512})
	p.wantHeader("the header goes first", wire.HeaderAMQP)
	next[*wire.Open](p, "then the open", 0)
	p.wantEvent("the open is reported", ConnectionRemoteOpen)
	s := p.begin(0)
	p.receiver(s, 10)
	ds := p.received(2)
	long := strings.Repeat("x", 1000)
	p.must(ds[0].Update(&wire.Rejected{Error: &wire.Error{Condition: "x:y", Description: long}}))
	p.wantFrame("the condition is what counts", 0, &wire.Disposition{Role: wire.RoleReceiver, First: 0, State: &wire.Rejected{Error: &wire.Error{Condition: "x:y"}}})
	p.must(ds[1].Update(&wire.Modified{DeliveryFailed: wire.Some(true), MessageAnnotations: wire.Map{{Key: wire.Symbol("x-opt-k"), Value: long}}}))
	p.wantFrame("the flags are what counts", 0, &wire.Disposition{Role: wire.RoleReceiver, First: 1, State: &wire.Modified{DeliveryFailed: wire.Some(true)}})
	if ds[0].Update(&wire.Modified{}) == nil {
		t.Fatal("a terminal state changes")
	}
	if ds[0].Update(&wire.Rejected{Error: &wire.Error{Condition: "\xff"}}) == nil {
		t.Fatal("a state that has no encoding is accepted")
	}
}

// Dispositions wait for room like deliveries do, and none is lost.
func TestDispositionsWaitForRoom(t *testing.T) {
	p, s := beginPeer(t, Config{OutputHighWater: 1})
	p.receiver(s, 1000)
	ds := p.received(20)
	for i := 0; i < 20; i += 2 {
		p.must(ds[i].Update(&wire.Accepted{}))
		p.must(ds[i].Settle())
	}
	for i := 0; i < 20; i += 2 {
		d := next[*wire.Disposition](p, "one frame fits at a time", 0)
		if int(d.First) != i {
			t.Fatalf("%+v", d)
		}
	}
	if s.received.live != 10 || s.receive.pending != 10 {
		t.Fatalf("%d unsettled, %d pending, want 10", s.received.live, s.receive.pending)
	}
}
