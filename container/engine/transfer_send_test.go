package engine

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/collider-amqp/collider/container/wire"
)

func (p *peer) wantTransfer(story string, want wire.Transfer, payload string) {
	p.t.Helper()
	got, b := nextPayload[*wire.Transfer](p, story, 0)
	if !bytes.Equal(got.Append(nil), want.Append(nil)) || string(b) != payload {
		p.t.Fatalf("%s:\nwant %s %q\ngot  %s %q", story, show(&want), payload, show(got), b)
	}
}

// firstOf is the first transfer of an outgoing delivery.
func firstOf(id uint32, tag string) wire.Transfer {
	return wire.Transfer{DeliveryID: wire.Some(id), DeliveryTag: []byte(tag), MessageFormat: wire.Some(uint32(0))}
}

// §2.6.7: no delivery without credit, and not more than there is.
func TestSendWaitsForCredit(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 0)
	for range 5 {
		_, err := l.Send(nil, []byte("m"), false)
		p.must(err)
	}
	p.wantSilence("without credit nothing is sent")
	p.grant(s, 2)
	p.wantTransfer("credit lets the first go", firstOf(0, "\x01"), "m")
	p.wantTransfer("and the second", firstOf(1, "\x02"), "m")
	p.wantSilence("and no more")
	p.grant(s, 2)
	p.wantSilence("the same grant again is no new credit")
	p.grant(s, 5)
	for id := uint32(2); id < 5; id++ {
		p.wantTransfer("more credit lets more go", firstOf(id, string(rune(id+1))), "m")
	}
	if l.Credit() != 0 || l.Queued() != 0 || s.OutgoingBytes() != 0 {
		t.Fatalf("credit %d, queued %d, %d octets", l.Credit(), l.Queued(), s.OutgoingBytes())
	}
}

// §2.5.6: the session window counts transfer frames of all links.
func TestSendWaitsForTheWindow(t *testing.T) {
	p := newPeer(t, Config{})
	p.must(p.c.Open())
	p.sendHeader(wire.HeaderAMQP)
	p.send(0, &wire.Open{ContainerID: "peer", MaxFrameSize: 512})
	p.wantHeader("the header goes first", wire.HeaderAMQP)
	next[*wire.Open](p, "then the open", 0)
	p.wantEvent("the open is reported", ConnectionRemoteOpen)
	s := p.begin(0)
	l := p.sender(s, 10)
	f := linkFlow(0, 0, 0, 10, false)
	f.IncomingWindow = 3
	p.send(0, f)
	_, err := l.Send(nil, make([]byte, 2000), false)
	p.must(err)
	sent := 0
	take := func(n int, story string) {
		t.Helper()
		for range n {
			tr, b := nextPayload[*wire.Transfer](p, story, 0)
			sent += len(b)
			if tr.More != (sent < 2000) || tr.DeliveryID.Set != (sent == len(b)) {
				t.Fatalf("%s: %s after %d octets", story, show(tr), sent)
			}
		}
	}
	take(3, "three frames fit the window")
	p.wantSilence("the rest waits")
	d := s.sent.entry(0).d
	p.must(d.handle().Update(&wire.Received{SectionNumber: 1}))
	next[*wire.Disposition](p, "a shut window holds up nothing else (§2.5.6)", 0)
	p.send(0, &wire.Flow{NextIncomingID: wire.Some(uint32(1)), IncomingWindow: 2})
	p.wantSilence("a window that is all in flight is no window")
	p.send(0, &wire.Flow{NextIncomingID: wire.Some(uint32(3)), IncomingWindow: 100})
	take(2, "a new window lets the rest go")
	if sent != 2000 {
		t.Fatalf("%d octets", sent)
	}
}

// §2.7.1: no frame exceeds the peer's max-frame-size; §2.6.14: larger messages are split.
func TestSplitting(t *testing.T) {
	for _, max := range []uint32{512, 513, 1024, 65536} {
		for _, size := range []int{0, 1, int(max) - 60, int(max) - 33, int(max) - 32, int(max) - 31, int(max) - 30, int(max) - 25, int(max), 3 * int(max)} {
			t.Run(fmt.Sprintf("%d/%d", max, size), func(t *testing.T) {
				p, sender, _ := openPair(t, 5, Config{}, Config{MaxFrameSize: max})
				p.client.keep = true
				payload := make([]byte, size)
				for i := range payload {
					payload[i] = byte(i)
				}
				var got [][]byte
				p.server.handler = func(e *end, ev Event) {
					if ev.Type == DeliveryReceived {
						got = append(got, bytes.Clone(ev.Delivery.Payload()))
						e.must(ev.Delivery.Settle())
					}
				}
				for range 2 {
					_, err := sender.Send(nil, payload, true)
					p.client.must(err)
				}
				p.pump()
				if len(got) != 2 || !bytes.Equal(got[0], payload) || !bytes.Equal(got[1], payload) {
					t.Fatalf("%d messages arrived", len(got))
				}
				checkFrames(t, p.client.sent, int(max))
			})
		}
	}
}

// checkFrames checks that no frame exceeds a size, and that all but the last of a delivery are full.
func checkFrames(t *testing.T, b []byte, limit int) {
	t.Helper()
	for len(b) > 0 {
		var f wire.Frame
		n, err := f.Decode(b, wire.Limits{})
		if err != nil || n == 0 || n > limit {
			t.Fatalf("a frame of %d octets, %v", n, err)
		}
		if f.Code == wire.CodeTransfer && f.Transfer.More && n < limit {
			t.Fatalf("a frame of %d octets is not full but has more behind it", n)
		}
		b = b[n:]
	}
}

// §2.7.5: id, tag and format stand on the first transfer only.
func TestStreaming(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 5)
	d, err := l.NewDelivery(DeliveryOptions{Tag: []byte("tag"), MessageFormat: 7, RcvSettleMode: wire.Some(wire.ReceiverSettleModeFirst),
		State: &wire.TransactionalState{TxnID: []byte("t")}, Resume: true, Batchable: true})
	p.must(err)
	p.wantSilence("a delivery without payload is not begun")
	if _, ok := d.ID(); ok || d.Completed() || string(d.Tag()) != "tag" || d.MessageFormat() != 7 || d.Link() != l {
		t.Fatal("the delivery is not what was asked for")
	}
	if _, err := l.NewDelivery(DeliveryOptions{}); err == nil {
		t.Fatal("a delivery is begun within a delivery (§2.6.14)")
	}
	state := &wire.TransactionalState{TxnID: []byte("t")}
	p.must(d.Write([]byte("one ")))
	p.must(d.Write([]byte("two ")))
	first := firstOf(0, "tag")
	first.MessageFormat = wire.Some(uint32(7))
	first.RcvSettleMode = wire.Some(wire.ReceiverSettleModeFirst)
	first.State, first.Resume, first.Batchable, first.More = state, true, true, true
	p.wantTransfer("what was written is sent", first, "one two ")
	if id, ok := d.ID(); id != 0 || !ok || l.Credit() != 4 {
		t.Fatal("the delivery has begun")
	}
	p.must(d.Write([]byte("three")))
	p.must(d.Complete())
	p.wantTransfer("the state stands on every transfer (§4.4.1)", wire.Transfer{State: state, Batchable: true}, "three")
	if d.Write(nil) == nil || d.Complete() == nil || d.Abort() == nil {
		t.Fatal("a complete delivery is still written")
	}
	if !d.Valid() || !d.Completed() {
		t.Fatal("an unsettled delivery stays valid")
	}

	d, err = l.NewDelivery(DeliveryOptions{Tag: []byte{}})
	p.must(err)
	p.must(d.Complete())
	p.wantTransfer("an empty message with an empty tag is one transfer", firstOf(1, ""), "")

	d, err = l.NewDelivery(DeliveryOptions{Settled: true})
	p.must(err)
	p.must(d.Write([]byte("x")))
	more := firstOf(2, "\x01")
	more.Settled, more.More = wire.Some(true), true
	p.wantTransfer("a settled delivery says so", more, "x")
	p.must(d.Complete())
	if d.Valid() {
		t.Fatal("a delivery sent settled is done with when it is complete")
	}
	p.wantTransfer("each time", wire.Transfer{Settled: wire.Some(true)}, "")
	if s.sent.live != 2 {
		t.Fatalf("%d deliveries are unsettled, want 2", s.sent.live)
	}
}

// §2.6.14: an aborted delivery is given up by both sides.
func TestAbort(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 5)
	d, err := l.NewDelivery(DeliveryOptions{})
	p.must(err)
	p.must(d.Write([]byte("never sent")))
	p.must(d.Abort())
	p.wantSilence("what was not begun needs no frame")
	if d.Valid() || d.Abort() == nil || l.Credit() != 5 || l.Queued() != 0 || s.OutgoingBytes() != 0 {
		t.Fatal("the delivery is not gone")
	}
	d, err = l.NewDelivery(DeliveryOptions{})
	p.must(err)
	p.must(d.Write([]byte("begun")))
	first := firstOf(0, "\x02")
	first.More = true
	p.wantTransfer("a delivery is begun", first, "begun")
	p.must(d.Write([]byte("dropped")))
	p.must(d.Abort())
	p.wantTransfer("and aborted, without more (§2.7.5)", wire.Transfer{Aborted: true}, "")
	_, err = l.Send(nil, []byte("next"), false)
	p.must(err)
	p.wantTransfer("the next one follows", firstOf(1, "\x03"), "next")
	if s.sent.live != 1 || s.OutgoingBytes() != 0 {
		t.Fatalf("%d deliveries are unsettled, %d octets wait", s.sent.live, s.OutgoingBytes())
	}
}

func TestAbortBehindOthers(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 0)
	for range 3 {
		_, err := l.Send(nil, []byte("m"), false)
		p.must(err)
	}
	d, err := l.NewDelivery(DeliveryOptions{})
	p.must(err)
	p.must(d.Abort())
	_, err = l.Send(nil, []byte("last"), false)
	p.must(err)
	p.grant(s, 10)
	for id := range uint32(3) {
		p.wantTransfer("the queue is as it was", firstOf(id, string(rune(id+1))), "m")
	}
	p.wantTransfer("without the aborted one", firstOf(3, "\x05"), "last")
}

// Links take turns frame by frame; a long message does not keep others waiting (§2.6.14 permits it across links).
func TestLinksTakeTurns(t *testing.T) {
	p, s := beginPeer(t, Config{OutputHighWater: 1})
	p.send(0, &wire.Attach{Name: "a", Handle: 0, Role: wire.RoleReceiver, Source: someSource, Target: someTarget})
	p.send(0, &wire.Attach{Name: "b", Handle: 1, Role: wire.RoleReceiver, Source: someSource, Target: someTarget})
	var links []*Link
	for range 2 {
		l := p.wantEvent("an attach is reported", LinkRemoteAttach).Link
		p.must(l.Attach(termini))
		next[*wire.Attach](p, "it is answered", 0)
		links = append(links, l)
	}
	_, err := links[0].Send(nil, make([]byte, 200000), false)
	p.must(err)
	_, err = links[1].Send(nil, make([]byte, 100), false)
	p.must(err)
	for h := range uint32(2) {
		f := linkFlow(0, 0, 0, 10, false)
		f.Handle = wire.Some(h)
		p.send(0, f)
	}
	order := ""
	for range 5 {
		tr := next[*wire.Transfer](p, "a transfer", s.channel)
		order += string(rune('a' + tr.Handle))
	}
	if order != "abaaa" {
		t.Fatalf("the order is %q", order)
	}
}

// The output takes no more than its high-water mark and one frame; the rest follows as it is written.
func TestHighWaterMark(t *testing.T) {
	p, sender, _ := openPair(t, 1000, Config{OutputHighWater: 10000}, Config{MaxFrameSize: 1000})
	for range 100 {
		if _, err := sender.Send(nil, make([]byte, 5000), true); err != nil {
			t.Fatal(err)
		}
	}
	if n := p.client.Pending(); n < 10000 || n > 11000 {
		t.Fatalf("%d octets are pending", n)
	}
	if got := sender.Session().OutgoingBytes(); got < 480000 {
		t.Fatalf("%d octets wait", got)
	}
	received := 0
	p.server.handler = func(e *end, ev Event) {
		if ev.Type == DeliveryReceived {
			received += len(ev.Delivery.Payload())
			e.must(ev.Delivery.Settle())
		}
	}
	p.pump()
	if received != 500000 || sender.Session().OutgoingBytes() != 0 {
		t.Fatalf("%d octets arrived", received)
	}
}

// §2.6.6: a close waits for what may be sent, and for nothing else.
func TestDetachAfterSend(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 2)
	f := linkFlow(0, 0, 0, 2, false)
	f.IncomingWindow = 0
	p.send(0, f)
	for range 3 {
		_, err := l.Send(nil, []byte("m"), true)
		p.must(err)
	}
	p.must(l.Detach(true, nil))
	p.wantSilence("two deliveries have credit and wait for the window; the detach waits with them")
	p.send(0, &wire.Flow{NextIncomingID: wire.Some(uint32(0)), IncomingWindow: 10})
	next[*wire.Transfer](p, "the first is sent", 0)
	next[*wire.Transfer](p, "the second is sent", 0)
	p.wantDetach("the third has no credit and is dropped", 0, true, "")
	p.wantSilence("nothing follows")

	p, s = beginPeer(t, Config{})
	l = p.sender(s, 1)
	f.LinkCredit = wire.Some(uint32(1))
	p.send(0, f)
	_, err := l.Send(nil, []byte("m"), true)
	p.must(err)
	p.must(l.Detach(true, &wire.Error{Condition: "x:y"}))
	p.wantDetach("an error does not wait", 0, true, "x:y")
}

func TestEndAndCloseAfterSend(t *testing.T) {
	for _, closes := range []bool{false, true} {
		p, s := beginPeer(t, Config{CloseTimeOut: -1})
		l := p.sender(s, 5)
		f := linkFlow(0, 0, 0, 5, false)
		f.IncomingWindow = 0
		p.send(0, f)
		_, err := l.Send(nil, []byte("m"), true)
		p.must(err)
		if closes {
			p.c.Close(nil)
		} else {
			s.End(nil)
		}
		p.wantSilence("the delivery has credit and waits for the window; the end waits with it")
		p.send(0, &wire.Flow{NextIncomingID: wire.Some(uint32(0)), IncomingWindow: 10})
		next[*wire.Transfer](p, "it is sent", 0)
		if closes {
			p.wantClose("then the connection is closed", "")
		} else {
			p.wantEnd("then the session is ended", 0, "")
		}
		p.wantSilence("nothing follows")
	}
}

func TestSettleModesOfTheSender(t *testing.T) {
	attach := func(mode wire.SenderSettleMode) *Link {
		p, s := beginPeer(t, Config{})
		l := s.NewSender("x")
		p.must(l.Attach(AttachOptions{Source: someSource, Target: someTarget, SndSettleMode: wire.Some(mode)}))
		return l
	}
	if _, err := attach(wire.SenderSettleModeSettled).Send(nil, nil, false); err == nil {
		t.Error("an unsettled delivery in mode settled (§2.8.2)")
	}
	if _, err := attach(wire.SenderSettleModeUnsettled).Send(nil, nil, true); err == nil {
		t.Error("a settled delivery in mode unsettled (§2.8.2)")
	}
	for _, settled := range []bool{true, false} {
		if _, err := attach(wire.SenderSettleModeMixed).Send(nil, nil, settled); err != nil {
			t.Errorf("mode mixed permits both: %v", err)
		}
	}
}

// A delivery that is settled before it is sent is sent settled, unless the link's mode forbids it.
func TestSettleBeforeSending(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 0)
	d, err := l.Send(nil, []byte("m"), false)
	p.must(err)
	p.must(d.Settle())
	if d.Valid() {
		t.Fatal("the handle is stale")
	}
	p.grant(s, 1)
	want := firstOf(0, "\x01")
	want.Settled = wire.Some(true)
	p.wantTransfer("in mode mixed the transfer says settled", want, "m")
	p.wantSilence("and that is all")

	p, s = beginPeer(t, Config{})
	l = s.NewSender("out")
	p.must(l.Attach(AttachOptions{Source: someSource, Target: someTarget, SndSettleMode: wire.Some(wire.SenderSettleModeUnsettled)}))
	next[*wire.Attach](p, "the link is attached in mode unsettled", 0)
	p.send(0, &wire.Attach{Name: "out", Role: wire.RoleReceiver, Source: someSource, Target: someTarget})
	d, err = l.Send(nil, []byte("m"), false)
	p.must(err)
	p.must(d.Settle())
	p.grant(s, 1)
	p.wantTransfer("in mode unsettled no transfer may say settled (§2.8.2)", firstOf(0, "\x01"), "m")
	p.wantFrame("so a disposition does", 0, &wire.Disposition{Role: wire.RoleSender, First: 0, Settled: true})
	if s.sent.live != 0 {
		t.Fatal("the delivery is kept")
	}
}

// §2.7.3: a message larger than the peer's max-message-size is refused here.
func TestMaxMessageSizeOfThePeer(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := s.NewSender("out")
	p.must(l.Attach(termini))
	p.send(0, &wire.Attach{Name: "out", Role: wire.RoleReceiver, Source: someSource, Target: someTarget, MaxMessageSize: wire.Some(uint64(10))})
	if _, err := l.Send(nil, make([]byte, 11), false); err == nil {
		t.Fatal("11 octets are sent where 10 are the limit")
	}
	if l.Queued() != 0 || l.current != nil {
		t.Fatal("the refused message is kept")
	}
	d, err := l.NewDelivery(DeliveryOptions{})
	p.must(err)
	p.must(d.Write(make([]byte, 10)))
	if d.Write([]byte{1}) == nil {
		t.Fatal("11 octets are written where 10 are the limit")
	}
	p.must(d.Complete())

	p, s = beginPeer(t, Config{})
	l = s.NewSender("out")
	p.must(l.Attach(termini))
	p.send(0, &wire.Attach{Name: "out", Role: wire.RoleReceiver, Source: someSource, Target: someTarget, MaxMessageSize: wire.Some(uint64(0))})
	if _, err := l.Send(nil, make([]byte, 1000), false); err != nil {
		t.Fatalf("zero is no limit (§2.7.3): %v", err)
	}
}

func TestTags(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 100000)
	if _, err := l.Send(make([]byte, 33), nil, true); err == nil {
		t.Fatal("a tag of 33 octets is sent (§2.8.7)")
	}
	if _, err := l.Send(make([]byte, 32), nil, true); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for range 70000 {
		d, err := l.Send(nil, nil, false)
		p.must(err)
		if tag := string(d.Tag()); seen[tag] || len(tag) > 3 {
			t.Fatalf("tag %x again, or long", tag)
		} else {
			seen[tag] = true
		}
	}
}

// §2.6.12: the tags of unsettled deliveries are distinct, whoever names them.
func TestTagsInUse(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 100)
	one, err := l.Send([]byte{1}, nil, false)
	p.must(err)
	if _, err := l.Send([]byte{1}, nil, false); err == nil {
		t.Fatal("a tag is used twice")
	}
	two, err := l.Send(nil, nil, false)
	p.must(err)
	if string(two.Tag()) != "\x02" {
		t.Fatalf("the counter gives %x, which is in use", two.Tag())
	}
	if _, err := l.Send([]byte{2}, nil, true); err == nil {
		t.Fatal("a tag of the counter's is used twice")
	}
	p.must(one.Settle())
	if _, err = l.Send([]byte{1}, nil, false); err != nil {
		t.Fatalf("a settled delivery's tag is free: %v", err)
	}
}

// §2.8.10: ids wrap.
func TestIDsWrap(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 0)
	s.nextSent = 1<<32 - 2
	s.window.next, s.window.initial = 1<<32-2, 1<<32-2
	l.send.initial, l.send.count = 1<<32-2, 1<<32-2
	p.send(0, linkFlow(1<<32-2, 0, 1<<32-2, 4, false))
	p.wantEvent("credit is granted", LinkFlow)
	var ds []Delivery
	for i := range 4 {
		d, err := l.Send(nil, nil, false)
		p.must(err)
		ds = append(ds, d)
		if id, _ := d.ID(); uint32(id) != uint32(1<<32-2+i) {
			t.Fatalf("delivery-id %d", id)
		}
	}
	for range 4 {
		next[*wire.Transfer](p, "a transfer", 0)
	}
	p.send(0, &wire.Disposition{Role: wire.RoleReceiver, First: 1<<32 - 1, Last: wire.Some(uint32(1)), Settled: true, State: &wire.Accepted{}})
	for _, d := range ds[1:] {
		if ev := p.wantEvent("a range may wrap", DeliveryUpdated); ev.Delivery != d {
			t.Fatal("another delivery")
		}
	}
	p.wantNoEvent("but only covers what lies in it")
	p.send(0, linkFlow(2, 0, 2, 1, false))
	if l.Credit() != 1 || s.window.remote != 1000 {
		t.Fatalf("credit %d, window %d behind the wrap", l.Credit(), s.window.remote)
	}
}

// A delivery that was settled while its transfers were under way is forgotten with its link.
func TestSettledDeliveryOfAClosedLink(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 1)
	d, err := l.NewDelivery(DeliveryOptions{})
	p.must(err)
	p.must(d.Write([]byte("begun")))
	next[*wire.Transfer](p, "a delivery is begun", 0)
	p.send(0, &wire.Flow{NextIncomingID: wire.Some(uint32(1)), IncomingWindow: 0})
	p.must(d.Complete())
	p.must(d.Settle())
	p.wantSilence("its end waits for the window")
	p.send(0, &wire.Detach{Handle: 0, Closed: true})
	if s.sent.live != 0 || l.Queued() != 0 {
		t.Fatal("the delivery is kept")
	}
}

// A peer that opens no window cannot keep the connection from being closed.
func TestCloseDoesNotWaitForEver(t *testing.T) {
	p, s := beginPeer(t, Config{CloseTimeOut: time.Second})
	l := p.sender(s, 5)
	f := linkFlow(0, 0, 0, 5, false)
	f.IncomingWindow = 0
	p.send(0, f)
	_, err := l.Send(nil, []byte("m"), true)
	p.must(err)
	p.wantEvent("credit is granted", LinkFlow)
	p.c.Close(nil)
	p.wantSilence("the close waits for the delivery")
	p.advance(time.Second)
	p.wantClose("but not for ever", "")
	p.advance(time.Second)
	p.wantOver("nor for the answer", true)
}

// A peer that takes huge frames does not make the output huge.
func TestTransfersRespectTheHighWaterMark(t *testing.T) {
	p, sender, _ := openPair(t, 5, Config{OutputHighWater: 5000}, Config{MaxFrameSize: 1 << 30})
	if _, err := sender.Send(nil, make([]byte, 1<<20), false); err != nil {
		t.Fatal(err)
	}
	if n := p.client.Pending(); n > 10000 {
		t.Fatalf("%d octets are pending", n)
	}
}
