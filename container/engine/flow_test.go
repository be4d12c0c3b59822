package engine

import (
	"testing"

	"github.com/collider-amqp/collider/container/wire"
)

// linkFlow is a flow of the peer for handle 0.
func linkFlow(nextIncoming, nextOutgoing, count, credit uint32, drain bool) *wire.Flow {
	return &wire.Flow{NextIncomingID: wire.Some(nextIncoming), IncomingWindow: 1000, NextOutgoingID: nextOutgoing, OutgoingWindow: 1000,
		Handle: wire.Some(uint32(0)), DeliveryCount: wire.Some(count), LinkCredit: wire.Some(credit), Drain: drain}
}

// transferN is a delivery of one transfer on handle 0.
func transferN(id uint32) *wire.Transfer {
	return &wire.Transfer{DeliveryID: wire.Some(id), DeliveryTag: []byte{byte(id)}, MessageFormat: wire.Some(uint32(0))}
}

func (p *peer) wantCredit(story string, l *Link, want int) {
	p.t.Helper()
	if got := l.Credit(); got != want {
		p.t.Fatalf("%s: the credit is %d, want %d", story, got, want)
	}
}

// wantLinkFlow takes a flow for the link and checks the link's part.
func (p *peer) wantLinkFlow(story string, count, credit uint32, drain bool) *wire.Flow {
	p.t.Helper()
	f := next[*wire.Flow](p, story, 0)
	if f.Handle != wire.Some(uint32(0)) || f.DeliveryCount != wire.Some(count) || f.LinkCredit != wire.Some(credit) || f.Drain != drain {
		p.t.Fatalf("%s: got %s", story, show(f))
	}
	return f
}

// §2.6.7: grants are merged into one flow, which carries the session's state too.
func TestGrantingCredit(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.receiver(s, 5)
	p.must(l.AddCredit(3))
	p.must(l.AddCredit(2))
	f := p.wantLinkFlow("several grants make one flow", 0, 10, false)
	if f.NextIncomingID != wire.Some(uint32(0)) || f.IncomingWindow != defaultIncomingWindow || f.OutgoingWindow != outgoingWindow || f.Echo {
		t.Fatalf("the session's part is %+v", f)
	}
	p.sendPayload(0, transferN(0), []byte("a"))
	p.sendPayload(0, transferN(1), []byte("b"))
	p.wantCredit("each delivery uses one", l, 8)
	p.must(l.SetCredit(1))
	p.wantLinkFlow("credit may be taken back", 2, 1, false)
	for id := uint32(2); id < 10; id++ {
		p.sendPayload(0, transferN(id), []byte("c"))
	}
	for range 10 {
		p.wantEvent("what was under way under the old credit is accepted (§2.6.10)", DeliveryReceived)
	}
	p.sendPayload(0, transferN(10), []byte("d"))
	p.wantEvent("more is not", LinkFault)
}

// §2.6.7: until the sender's attach is seen, delivery-count is not set; §2.7.4: nor next-incoming-id until its begin is.
func TestCreditBeforeTheAnswers(t *testing.T) {
	p := openPeer(t, Config{})
	s := p.c.NewSession()
	p.must(s.Begin(BeginOptions{}))
	l := s.NewReceiver("in")
	p.must(l.Attach(termini))
	p.must(l.AddCredit(5))
	next[*wire.Begin](p, "the begin goes first", 0)
	next[*wire.Attach](p, "then the attach", 0)
	f := next[*wire.Flow](p, "then the flow, without waiting for an answer (§2.4.2)", 0)
	if f.NextIncomingID.Set || f.DeliveryCount.Set || f.LinkCredit.V != 5 {
		t.Fatalf("the flow is %+v", f)
	}
	p.send(0, &wire.Begin{RemoteChannel: wire.Some(uint16(0)), NextOutgoingID: 77, IncomingWindow: 10, OutgoingWindow: 10})
	p.send(0, &wire.Attach{Name: "in", Role: wire.RoleSender, Source: someSource, Target: someTarget, InitialDeliveryCount: wire.Some(uint32(1<<32 - 2))})
	p.must(l.AddCredit(1))
	f = p.wantLinkFlow("now both are known", 1<<32-2, 6, false)
	if f.NextIncomingID.V != 77 {
		t.Fatalf("the flow is %+v", f)
	}
	for id := range uint32(6) {
		p.sendPayload(0, transferN(id), nil)
	}
	p.must(l.AddCredit(1))
	p.wantLinkFlow("the count wraps (§2.8.10)", 4, 1, false)
}

// §2.6.7: "echo: if set to true then the receiver SHOULD send its state at the earliest convenient opportunity".
func TestEcho(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 10)
	f := linkFlow(0, 0, 0, 10, false)
	f.Echo = true
	for range 100 {
		p.send(0, f)
	}
	for range 100 {
		p.wantEvent("each flow is reported", LinkFlow)
	}
	l.SetAvailable(4)
	if f := p.wantLinkFlow("many requests have one answer", 0, 10, false); f.Available != wire.Some(uint32(4)) {
		t.Fatalf("available is %+v", f.Available)
	}
	p.wantSilence("and no more")
	p.send(0, &wire.Flow{NextIncomingID: wire.Some(uint32(0)), IncomingWindow: 5, NextOutgoingID: 3, Echo: true, LinkCredit: wire.Some(uint32(77))})
	p.wantNoEvent("a flow without handle concerns no link (§2.7.4)")
	p.wantCredit("its link fields have no meaning", l, 10)
	p.wantFrame("it is answered without the link's fields", 0, &wire.Flow{NextIncomingID: wire.Some(uint32(3)),
		IncomingWindow: defaultIncomingWindow, OutgoingWindow: outgoingWindow})
}

// §2.6.7 drain: "the sender […] advances delivery-count to use up all link-credit, and sends the flow state".
func TestSenderIsDrained(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 0)
	p.send(0, linkFlow(0, 0, 0, 10, true))
	p.wantEvent("the drain is reported", LinkFlow)
	if !l.Draining() || l.Credit() != 10 {
		t.Fatalf("draining %v, credit %d", l.Draining(), l.Credit())
	}
	for range 3 {
		_, err := l.Send(nil, []byte("x"), true)
		p.must(err)
	}
	if n := l.Drained(); n != 7 {
		t.Fatalf("%d given back", n)
	}
	for range 3 {
		next[*wire.Transfer](p, "what there is goes first", 0)
	}
	p.wantLinkFlow("the rest of the credit is used up", 10, 0, true)
	if l.Drained() != 0 {
		t.Fatal("credit is given back twice")
	}
	p.wantSilence("once")
	p.send(0, linkFlow(3, 0, 10, 2, false))
	p.wantEvent("later credit works again", LinkFlow)
	if l.Draining() || l.Credit() != 2 {
		t.Fatalf("draining %v, credit %d", l.Draining(), l.Credit())
	}
	if l.Drained() != 0 {
		t.Fatal("credit is given back without a drain")
	}
}

func TestDrainWaitsForQueuedDeliveries(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 0)
	for range 3 {
		_, err := l.Send(nil, []byte("x"), true)
		p.must(err)
	}
	f := linkFlow(0, 0, 0, 10, true)
	f.IncomingWindow = 1
	p.send(0, f)
	p.wantEvent("the drain is reported", LinkFlow)
	if n := l.Drained(); n != 7 {
		t.Fatalf("%d will be given back", n)
	}
	next[*wire.Transfer](p, "one delivery fits the session window", 0)
	p.wantSilence("the credit is kept for the others")
	p.send(0, &wire.Flow{NextIncomingID: wire.Some(uint32(1)), IncomingWindow: 10})
	next[*wire.Transfer](p, "they follow", 0)
	next[*wire.Transfer](p, "they follow", 0)
	p.wantLinkFlow("then the rest is given back", 10, 0, true)
}

func TestDrainWithoutCredit(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 0)
	f := linkFlow(0, 0, 0, 0, true)
	f.Echo = true
	p.send(0, f)
	p.wantEvent("the drain is reported", LinkFlow)
	if l.Drained() != 0 {
		t.Fatal("credit that never was is given back")
	}
	p.wantLinkFlow("the echo is answered", 0, 0, true)
	p.wantSilence("once")
}

// §2.6.7: a receiver's drain ends when the sender has used up the credit.
func TestReceiverDrains(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.receiver(s, 5)
	p.must(l.Drain())
	p.wantLinkFlow("the drain is asked for", 0, 5, true)
	if l.Drain() == nil {
		t.Fatal("a second drain while one is under way")
	}
	if l.SetCredit(9) == nil {
		t.Fatal("credit is set during a drain")
	}
	p.must(l.AddCredit(4))
	p.wantCredit("credit granted meanwhile waits, but counts", l, 9)
	p.wantSilence("it is not granted yet")
	p.sendPayload(0, transferN(0), []byte("x"))
	p.wantEvent("a delivery comes", DeliveryReceived)
	p.wantNoEvent("the drain goes on")
	p.send(0, linkFlow(0, 1, 5, 0, true))
	p.wantEvent("the sender gives the rest back", LinkFlow)
	p.wantEvent("that ends the drain", LinkDrained)
	if l.Draining() {
		t.Fatal("the drain goes on")
	}
	p.wantLinkFlow("now the waiting credit is granted", 5, 4, false)
	p.send(0, linkFlow(0, 1, 5, 4, false))
	p.wantEvent("another flow", LinkFlow)
	p.wantNoEvent("ends no drain")
}

func TestReceiverDrainsByDeliveries(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.receiver(s, 2)
	p.must(l.Drain())
	p.sendPayload(0, transferN(0), []byte("x"))
	more := transferN(1)
	more.More = true
	p.sendPayload(0, more, []byte("y"))
	p.wantEvent("the first delivery comes", DeliveryReceived)
	p.wantEvent("the second one begins and uses the last credit", DeliveryPartial)
	p.wantNoEvent("the drain ends with its end, not before")
	p.sendPayload(0, &wire.Transfer{}, []byte("z"))
	p.wantEvent("the second delivery ends", DeliveryReceived)
	p.wantEvent("and with it the drain", LinkDrained)
}

func TestReceiverDrainsWithoutCredit(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.receiver(s, 0)
	p.must(l.Drain())
	p.wantEvent("without credit a drain ends at once", LinkDrained)
	p.wantSilence("and needs no frame")
	p.must(l.Drain())
	p.wantEvent("each time", LinkDrained)
}

// §2.6.7: available travels from the sender to the receiver, and back as last known.
func TestAvailable(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.receiver(s, 1)
	if _, ok := l.RemoteAvailable(); ok {
		t.Fatal("available is known before it was told")
	}
	f := linkFlow(0, 0, 0, 1, false)
	f.Available = wire.Some(uint32(7))
	f.Properties = wire.Map{{Key: wire.Symbol("k"), Value: []byte("v")}}
	f.Echo = true
	p.send(0, f)
	p.wantEvent("the flow is reported", LinkFlow)
	if n, ok := l.RemoteAvailable(); n != 7 || !ok || len(l.RemoteFlowProperties()) != 1 {
		t.Fatalf("available is %d, %v", n, ok)
	}
	if f := p.wantLinkFlow("the receiver repeats it", 0, 1, false); f.Available != wire.Some(uint32(7)) {
		t.Fatalf("available is %+v", f.Available)
	}

	p, s = beginPeer(t, Config{})
	out := p.sender(s, 0)
	for range 5 {
		_, err := out.Send(nil, nil, false)
		p.must(err)
	}
	if out.Credit() != -5 || out.Queued() != 5 {
		t.Fatalf("credit %d, queued %d", out.Credit(), out.Queued())
	}
	out.SetAvailable(100)
	out.wantFlow()
	if f := p.wantLinkFlow("a sender tells what waits for credit", 0, 0, false); f.Available != wire.Some(uint32(105)) {
		t.Fatalf("available is %+v", f.Available)
	}
}

// §2.5.6: the receiver opens its window again before it is used up.
func TestWindowIsOpenedAgain(t *testing.T) {
	p, s := beginPeer(t, Config{IncomingWindow: 10})
	l := p.receiver(s, 1000)
	for id := range uint32(100) {
		p.sendPayload(0, transferN(id), []byte("x"))
		d := p.wantEvent("the delivery is reported", DeliveryReceived).Delivery
		p.must(d.Settle())
		if id%5 == 4 {
			if f := next[*wire.Disposition](p, "five deliveries are settled in one frame", 0); f.Last.V-f.First != 4 {
				t.Fatalf("%+v", f)
			}
			f := next[*wire.Flow](p, "half of the window is used up, so it is opened again", 0)
			if f.Handle.Set || f.IncomingWindow != 10 || f.NextIncomingID.V != id+1 {
				t.Fatalf("the flow is %+v", f)
			}
		}
	}
	p.wantCredit("credit is another matter", l, 900)
}

// A delivery that is held must not keep the window shut for the others.
func TestHeldDeliveryDoesNotPinTheWindow(t *testing.T) {
	p, s := beginPeer(t, Config{IncomingWindow: 10})
	p.receiver(s, 100000)
	p.sendPayload(0, transferN(0), []byte("held"))
	held := p.wantEvent("a delivery is held", DeliveryReceived).Delivery
	for id := uint32(1); id < 5000; id++ {
		if s.receive.promised == 0 {
			t.Fatalf("the window is shut after %d deliveries", id)
		}
		p.sendPayload(0, transferN(id), []byte("x"))
		p.must(p.wantEvent("others come", DeliveryReceived).Delivery.Settle())
		p.fetch()
	}
	if string(held.Payload()) != "held" {
		t.Fatal("the held delivery has lost its payload")
	}
}

// Payload that the caller neither consumes nor settles shuts the window; reading it opens the window again.
func TestUnreadPayloadShutsTheWindow(t *testing.T) {
	p, s := beginPeer(t, Config{IncomingWindow: 8, MaxFrameSize: 1000, IncomingBytes: 8000})
	p.receiver(s, 1000)
	var ds []Delivery
	for id := uint32(0); s.receive.promised > 0; id++ {
		p.sendPayload(0, transferN(id), make([]byte, 900))
		ds = append(ds, p.wantEvent("the delivery is reported", DeliveryReceived).Delivery)
		p.fetch()
	}
	if s.IncomingBytes() > 8000+900 || s.IncomingBytes() < 7000 {
		t.Fatalf("%d octets are kept", s.IncomingBytes())
	}
	p.in = nil
	for _, d := range ds[:4] {
		d.Consume(450)
		d.Consume(1 << 30)
	}
	f := next[*wire.Flow](p, "reading opens the window", 0)
	if want := uint32((8000 - s.IncomingBytes()) / 1000); f.IncomingWindow != want {
		t.Fatalf("the window is %d, want %d", f.IncomingWindow, want)
	}
	b := ds[5].Take()
	if len(b) != 900 || len(ds[5].Payload()) != 0 {
		t.Fatal("Take leaves something behind")
	}
	for _, d := range ds {
		p.must(d.Settle())
	}
	p.fetch()
	if s.receive.kept != 0 || s.receive.unread != 0 || s.receive.pending != 0 {
		t.Fatalf("%+v after all is settled", s.receive)
	}
}

func TestUnsettledDeliveriesShutTheWindow(t *testing.T) {
	p, s := beginPeer(t, Config{MaxUnsettled: 4})
	p.receiver(s, 1000)
	var ds []Delivery
	for id := range uint32(4) {
		p.sendPayload(0, transferN(id), nil)
		ds = append(ds, p.wantEvent("the delivery is reported", DeliveryReceived).Delivery)
		p.fetch()
	}
	if s.receive.promised != 0 {
		t.Fatalf("the window is %d with all places taken", s.receive.promised)
	}
	p.in = nil
	p.must(ds[2].Settle())
	next[*wire.Disposition](p, "one is settled", 0)
	if f := next[*wire.Flow](p, "so there is a place", 0); f.IncomingWindow != 1 {
		t.Fatalf("the window is %d", f.IncomingWindow)
	}
}

func TestTransferBeyondTheWindow(t *testing.T) {
	p, s := beginPeer(t, Config{IncomingWindow: 2})
	p.receiver(s, 100)
	p.sendPayload(0, transferN(0), nil)
	p.sendPayload(0, transferN(1), nil)
	p.sendPayload(0, transferN(2), nil)
	p.wantEvent("the first is within the window", DeliveryReceived)
	p.wantEvent("so is the second", DeliveryReceived)
	p.wantEvent("the third is not (§2.5.6)", SessionFault)
	p.wantEnd("the session ends", 0, wire.ConditionSessionWindowViolation)
}

// §2.5.6: a flow moves next-incoming-id to the peer's next-outgoing-id.
func TestFlowMovesNextIncomingID(t *testing.T) {
	p, s := beginPeer(t, Config{IncomingWindow: 10})
	p.receiver(s, 100)
	p.send(0, &wire.Flow{NextIncomingID: wire.Some(uint32(0)), NextOutgoingID: 3, Echo: true})
	if f := next[*wire.Flow](p, "three transfers will not come", 0); f.NextIncomingID.V != 3 || f.IncomingWindow != 10 {
		t.Fatalf("the flow is %+v", f)
	}
	p.sendPayload(0, transferN(0), nil)
	p.wantEvent("delivery-ids are another matter", DeliveryReceived)
}

func TestPresettledDeliveriesShutTheWindow(t *testing.T) {
	p, s := beginPeer(t, Config{MaxUnsettled: 4})
	p.receiver(s, 1000)
	var ds []Delivery
	for id := range uint32(4) {
		tr := transferN(id)
		tr.Settled = wire.Some(true)
		p.sendPayload(0, tr, nil)
		ds = append(ds, p.wantEvent("the delivery is reported", DeliveryReceived).Delivery)
		p.fetch()
	}
	p.in = nil
	p.must(ds[0].Settle())
	if f := next[*wire.Flow](p, "a place is free without any disposition", 0); f.IncomingWindow != 1 {
		t.Fatalf("the window is %d", f.IncomingWindow)
	}
}
