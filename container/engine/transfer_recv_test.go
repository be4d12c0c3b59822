package engine

import (
	"bytes"
	"testing"

	"github.com/collider-amqp/collider/container/wire"
)

func TestReceiveOneTransfer(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.receiver(s, 5)
	tr := &wire.Transfer{DeliveryID: wire.Some(uint32(40)), DeliveryTag: []byte("tag"), MessageFormat: wire.Some(uint32(9)), Resume: true,
		State: &wire.Received{SectionNumber: 1, SectionOffset: 2}}
	b := wire.AppendFrame(nil, wire.FrameAMQP, 0, tr, []byte("payload"))
	p.sendBytes(b)
	clear(b)
	ev := p.wantEvent("a delivery comes", DeliveryReceived)
	d := ev.Delivery
	if id, ok := d.ID(); id != 40 || !ok || string(d.Tag()) != "tag" || d.MessageFormat() != 9 || string(d.Payload()) != "payload" ||
		!d.Resumed() || !d.Completed() || d.Aborted() || d.RemoteSettled() || d.Link() != l || ev.Session != s {
		t.Fatalf("the delivery is %+v", d.d)
	}
	if r, ok := d.RemoteState().(*wire.Received); !ok || r.SectionOffset != 2 {
		t.Fatalf("the state on the transfer is %+v (§2.7.5)", d.RemoteState())
	}
	d.SetContext("mine")
	if d.Context() != "mine" || d.Write(nil) == nil || d.Complete() == nil || d.Abort() == nil {
		t.Fatal("an incoming delivery is written")
	}
	n := 0
	for u := range l.Unsettled() {
		n++
		p.must(u.Settle())
	}
	if n != 1 || d.Valid() || d.Payload() != nil || d.Tag() != nil || d.Context() != nil || d.Settle() == nil || d.Update(nil) == nil || d.Link() != nil {
		t.Fatal("a settled delivery is done with")
	}
}

// §2.6.14: the payloads of all transfers make the message, however they are cut.
func TestReceiveManyTransfers(t *testing.T) {
	p, s := beginPeer(t, Config{IncomingWindow: 20000})
	p.receiver(s, 5)
	want := make([]byte, 10000)
	for i := range want {
		want[i] = byte(i)
	}
	tr := transferN(0)
	tr.More = true
	p.sendPayload(0, tr, nil)
	d := p.wantEvent("an empty beginning", DeliveryPartial).Delivery
	for i := range want {
		p.sendPayload(0, &wire.Transfer{More: true}, want[i:i+1])
		if ev := p.wantEvent("each transfer is reported", DeliveryPartial); ev.Delivery != d || d.Completed() {
			t.Fatal("another delivery")
		}
	}
	repeated := transferN(0)
	p.sendPayload(0, repeated, nil)
	p.wantEvent("the last one may be empty, and repeat the first one's fields (§2.7.5)", DeliveryReceived)
	if !bytes.Equal(d.Payload(), want) {
		t.Fatal("the message is not what was sent")
	}
}

func TestConsumeWhileReceiving(t *testing.T) {
	p, s := beginPeer(t, Config{})
	p.receiver(s, 5)
	var got []byte
	for i := range byte(100) {
		tr := &wire.Transfer{More: i < 99}
		if i == 0 {
			tr = transferN(0)
			tr.More = true
		}
		p.sendPayload(0, tr, bytes.Repeat([]byte{i}, 10))
		ev, _ := p.c.NextEvent()
		b := ev.Delivery.Payload()
		n := min(len(b), 7)
		got = append(got, b[:n]...)
		ev.Delivery.Consume(n)
		if i == 99 {
			if ev.Type != DeliveryReceived {
				t.Fatal("no end")
			}
			got = append(got, ev.Delivery.Take()...)
		}
		if want := 10*int(i+1) - len(got); s.IncomingBytes() != int64(want) {
			t.Fatalf("%d octets are kept, want %d", s.IncomingBytes(), want)
		}
	}
	for i, b := range got {
		if b != byte(i/10) || len(got) != 1000 {
			t.Fatalf("octet %d of %d is %d", i, len(got), b)
		}
	}
}

// §2.6.14: transfers of different links may come in turns.
func TestInterleavedLinks(t *testing.T) {
	p, s := beginPeer(t, Config{})
	p.receiver(s, 5)
	p.send(0, &wire.Attach{Name: "in2", Handle: 1, Role: wire.RoleSender, Source: someSource, Target: someTarget})
	l := p.wantEvent("another link", LinkRemoteAttach).Link
	p.must(l.Attach(termini))
	p.must(l.AddCredit(5))
	a, b := transferN(0), transferN(1)
	a.More, b.More, b.Handle = true, true, 1
	p.sendPayload(0, a, []byte("a"))
	p.sendPayload(0, b, []byte("b"))
	p.sendPayload(0, &wire.Transfer{Handle: 0, More: true}, []byte("a"))
	p.sendPayload(0, &wire.Transfer{Handle: 1}, []byte("b"))
	p.sendPayload(0, &wire.Transfer{Handle: 0}, []byte("a"))
	for range 3 {
		p.wantEvent("parts come", DeliveryPartial)
	}
	if ev := p.wantEvent("the second ends first", DeliveryReceived); string(ev.Delivery.Payload()) != "bb" {
		t.Fatal("the parts are mixed up")
	}
	if ev := p.wantEvent("then the first", DeliveryReceived); string(ev.Delivery.Payload()) != "aaa" {
		t.Fatal("the parts are mixed up")
	}
}

// §2.7.5: settled on any transfer settles the delivery.
func TestSettledTransfers(t *testing.T) {
	for _, tt := range []struct{ first, last wire.Optional[bool] }{
		{wire.Some(true), wire.Optional[bool]{}},
		{wire.Optional[bool]{}, wire.Some(true)},
		{wire.Some(false), wire.Some(true)},
		{wire.Some(true), wire.Some(false)},
	} {
		p, s := beginPeer(t, Config{})
		p.receiver(s, 5)
		tr := transferN(0)
		tr.Settled, tr.More = tt.first, true
		p.sendPayload(0, tr, []byte("x"))
		p.sendPayload(0, &wire.Transfer{Settled: tt.last}, []byte("y"))
		d := p.wantEvent("the beginning", DeliveryPartial).Delivery
		p.wantEvent("the end", DeliveryReceived)
		if !d.RemoteSettled() {
			t.Fatalf("%+v does not settle the delivery", tt)
		}
		p.must(d.Update(&wire.Accepted{}))
		p.must(d.Settle())
		p.wantSilence("a delivery that came settled needs no disposition (§2.6.12)")
	}
}

// §2.6.14: an aborted delivery is dropped, settled, and has used its credit.
func TestAbortedTransfers(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.receiver(s, 5)
	more := transferN(0)
	more.More = true
	p.sendPayload(0, more, []byte("x"))
	p.sendPayload(0, &wire.Transfer{More: true}, []byte("y"))
	p.sendPayload(0, &wire.Transfer{Aborted: true, More: true}, []byte("ignored"))
	at := transferN(1)
	at.Aborted = true
	p.sendPayload(0, at, nil)
	p.sendPayload(0, transferN(2), []byte("next"))
	d := p.wantEvent("the beginning", DeliveryPartial).Delivery
	p.wantEvent("the middle", DeliveryPartial)
	p.wantEvent("aborted takes precedence over more (§2.7.5)", DeliveryAborted)
	if !d.Aborted() || !d.RemoteSettled() || len(d.Payload()) != 0 {
		t.Fatal("the delivery is not aborted")
	}
	p.must(d.Settle())
	d = p.wantEvent("a delivery may be aborted by its first transfer", DeliveryAborted).Delivery
	p.must(d.Settle())
	p.wantSilence("no disposition is sent for them")
	if ev := p.wantEvent("the next delivery is fine", DeliveryReceived); string(ev.Delivery.Payload()) != "next" {
		t.Fatal("it has payload of another")
	}
	p.wantCredit("each has used its credit", l, 2)
}

// The rest of a delivery that the caller settled early is dropped.
func TestSettledWhileIncomplete(t *testing.T) {
	p, s := beginPeer(t, Config{})
	p.receiver(s, 5)
	tr := transferN(0)
	tr.More = true
	p.sendPayload(0, tr, []byte("x"))
	p.sendPayload(0, &wire.Transfer{More: true}, []byte("y"))
	d := p.wantEvent("the beginning", DeliveryPartial).Delivery
	p.must(d.Update(&wire.Rejected{}))
	p.must(d.Settle())
	p.wantNoEvent("no more is reported of it")
	p.wantFrame("it is settled", 0, &wire.Disposition{Role: wire.RoleReceiver, First: 0, Settled: true, State: &wire.Rejected{}})
	p.sendPayload(0, &wire.Transfer{More: true}, []byte("z"))
	p.sendPayload(0, &wire.Transfer{}, []byte("z"))
	p.wantNoEvent("the rest is dropped")
	if s.IncomingBytes() != 0 {
		t.Fatalf("%d octets are kept", s.IncomingBytes())
	}
	p.sendPayload(0, transferN(1), []byte("next"))
	if ev := p.wantEvent("the next delivery is fine", DeliveryReceived); string(ev.Delivery.Payload()) != "next" {
		t.Fatal("it has payload of another")
	}
	if s.receive.pending != 1 {
		t.Fatalf("%d deliveries are pending", s.receive.pending)
	}
}

// §2.6.14: what was begun and will not end is dropped.
func TestIncompleteDeliveryAtTheEnd(t *testing.T) {
	for story, end := range map[string]func(p *peer){
		"the link is detached":  func(p *peer) { p.send(0, &wire.Detach{Handle: 0}) },
		"the link is closed":    func(p *peer) { p.send(0, &wire.Detach{Handle: 0, Closed: true}) },
		"the session is ended":  func(p *peer) { p.send(0, &wire.End{}) },
		"the transport is gone": func(p *peer) { p.c.TransportClosed(p.now, nil) },
	} {
		p, s := beginPeer(t, Config{})
		p.receiver(s, 5)
		tr := transferN(0)
		tr.More = true
		p.sendPayload(0, tr, []byte("x"))
		d := p.wantEvent("the beginning", DeliveryPartial).Delivery
		end(p)
		if d.Completed() || !d.Valid() {
			t.Fatalf("%s: the delivery is complete, or gone", story)
		}
		p.must(d.Settle())
		if s.IncomingBytes() != 0 {
			t.Fatalf("%s: %d octets are kept", story, s.IncomingBytes())
		}
	}
}

// §2.6.12: delivery-ids of a session count up by one, across its links.
func TestDeliveryIDSequence(t *testing.T) {
	for _, id := range []uint32{0, 2, 5, 1<<32 - 1} {
		p, s := beginPeer(t, Config{})
		p.receiver(s, 5)
		p.sendPayload(0, transferN(0), nil)
		p.wantEvent("the first id is the sender's choice", DeliveryReceived)
		p.sendPayload(0, transferN(id), nil)
		p.wantEvent("the second is not", SessionFault)
		p.wantEnd("the session ends", 0, wire.ConditionInvalidField)
	}
	p, s := beginPeer(t, Config{})
	l := p.receiver(s, 5)
	p.sendPayload(0, transferN(1<<32-1), nil)
	p.sendPayload(0, transferN(0), nil)
	p.must(l.Detach(true, nil))
	p.sendPayload(0, transferN(1), nil)
	p.wantEvent("ids wrap", DeliveryReceived)
	p.wantEvent("to zero", DeliveryReceived)
	p.fetch()
	p.send(0, &wire.Attach{Name: "in2", Handle: 1, Role: wire.RoleSender, Source: someSource, Target: someTarget})
	l = p.wantEvent("transfers for a link that is being closed are ignored", LinkRemoteAttach).Link
	p.must(l.Attach(termini))
	p.must(l.AddCredit(1))
	tr := transferN(2)
	tr.Handle = 1
	p.sendPayload(0, tr, nil)
	p.wantEvent("but their ids count", DeliveryReceived)
}
