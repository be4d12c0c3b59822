package engine

import (
	"testing"

	"github.com/collider-amqp/collider/container/wire"
)

// A detach that waits for deliveries holds up its own link only.
func TestDetachThatWaitsHoldsUpNoOtherLink(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 2)
	f := linkFlow(0, 0, 0, 2, false)
	f.IncomingWindow = 0
	p.send(0, f)
	_, err := l.Send(nil, []byte("m"), true)
	p.must(err)
	p.must(l.Detach(true, nil))
	other := s.NewReceiver("other")
	p.must(other.Attach(termini))
	p.must(other.Detach(true, nil))
	s.End(nil)
	if a := next[*wire.Attach](p, "another link is attached", 0); a.Name != "other" {
		t.Fatalf("%+v", a)
	}
	if d := next[*wire.Detach](p, "and closed", 0); d.Handle != 1 {
		t.Fatalf("%+v", d)
	}
	p.wantSilence("the end of the session waits")
	p.send(0, &wire.Flow{NextIncomingID: wire.Some(uint32(0)), IncomingWindow: 10})
	next[*wire.Transfer](p, "the delivery is sent", 0)
	p.wantDetach("then its link is closed", 0, true, "")
	p.wantEnd("then the session is ended", 0, "")
}

// A flood of deliveries does not keep credit and dispositions back.
func TestFlowsAndDispositionsGoBeforeDeliveries(t *testing.T) {
	p, s := beginPeer(t, Config{OutputHighWater: 2000})
	out := p.sender(s, 1000)
	for range 50 {
		_, err := out.Send(nil, make([]byte, 1000), true)
		p.must(err)
	}
	p.fetch()
	p.in = nil
	p.send(0, &wire.Attach{Name: "in", Handle: 1, Role: wire.RoleSender, Source: someSource, Target: someTarget})
	in := p.wantEvent("another link", LinkRemoteAttach).Link
	p.must(in.Attach(termini))
	p.must(in.AddCredit(5))
	for _, perf, _ := p.next("the attach"); perf.Descriptor() != wire.CodeAttach; {
		_, perf, _ = p.next("the attach")
	}
	p.in = nil
	p.c.Wrote(0)
	tr := transferN(0)
	tr.Handle = 1
	p.sendPayload(0, tr, nil)
	p.must(p.wantEvent("a delivery comes", DeliveryReceived).Delivery.Settle())
	p.must(in.AddCredit(1))
	next[*wire.Disposition](p, "its disposition goes before the flood", 0)
	next[*wire.Flow](p, "and the credit, too", 0)
	next[*wire.Transfer](p, "then the flood goes on", 0)
}

// What is called before the peer's open waits together, in order.
func TestOperationsThatWaitForThePeersOpen(t *testing.T) {
	p := newPeer(t, Config{})
	p.must(p.c.Open())
	var links []*Link
	for range 2 {
		s := p.c.NewSession()
		p.must(s.Begin(BeginOptions{}))
		for range 2 {
			l := s.NewReceiver("")
			p.must(l.Attach(termini))
			p.must(l.AddCredit(1))
			links = append(links, l)
		}
	}
	p.must(links[3].Detach(true, nil))
	p.wantHeader("the header goes first", wire.HeaderAMQP)
	next[*wire.Open](p, "then the open", 0)
	next[*wire.Begin](p, "channel 0 is sure", 0)
	next[*wire.Attach](p, "so is its handle 0", 0)
	next[*wire.Flow](p, "with its credit", 0)
	p.wantSilence("the rest waits")
	p.sendHeader(wire.HeaderAMQP)
	p.send(0, &wire.Open{ContainerID: "peer", MaxFrameSize: 512, ChannelMax: 9})
	next[*wire.Begin](p, "channel 1 is permitted", 1)
	next[*wire.Attach](p, "its handle 0 is sure", 1)
	next[*wire.Flow](p, "with its credit", 1)
	p.wantSilence("the rest waits for handle-max")
	for ch := range uint16(2) {
		p.send(ch, &wire.Begin{RemoteChannel: wire.Some(ch), IncomingWindow: 1, OutgoingWindow: 1, HandleMax: 9})
		if a := next[*wire.Attach](p, "handle 1 is permitted", ch); a.Handle != 1 {
			t.Fatalf("%+v", a)
		}
		if ch == 1 {
			p.wantDetach("and closed as it was asked", 1, true, "")
		} else {
			next[*wire.Flow](p, "with its credit", ch)
		}
	}
	p.wantSilence("nothing is left")
}

func TestFaultySessionTellsNothingElse(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.receiver(s, 5)
	p.must(l.AddCredit(5))
	p.sendPayload(0, transferN(0), nil)
	p.must(p.wantEvent("a delivery comes", DeliveryReceived).Delivery.Update(&wire.Accepted{}))
	p.send(0, &wire.Detach{Handle: 5})
	next[*wire.Disposition](p, "what was said before the fault is told", 0)
	p.wantEnd("then the session is ended, without a flow that means nothing any more", 0, wire.ConditionSessionUnattachedHandle)
}
