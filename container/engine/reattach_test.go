package engine

import (
	"testing"

	"github.com/collider-amqp/collider/container/wire"
)

// §2.6.4: a link that was detached without being closed keeps its deliveries and counts, and is attached again by name.
func TestDetachAndReattach(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 10)
	d, err := l.Send([]byte("t"), []byte("x"), false)
	p.must(err)
	next[*wire.Transfer](p, "a delivery is sent", 0)
	p.must(l.Detach(false, nil))
	p.wantDetach("the link is detached", 0, false, "")
	if err := l.Attach(termini); err == nil {
		t.Fatal("attached again before the peer has detached")
	}
	p.send(0, &wire.Detach{Handle: 0})
	p.wantEvent("the peer detaches", LinkRemoteDetach)
	p.send(0, &wire.Disposition{Role: wire.RoleReceiver, First: 0, Settled: true, State: &wire.Accepted{}})
	if ev := p.wantEvent("dispositions still find the delivery (§2.7.6)", DeliveryUpdated); ev.Delivery != d {
		t.Fatal("another one")
	}
	if l.Credit() != 0 {
		t.Fatalf("the credit of the old attachment is kept: %d", l.Credit())
	}
	p.must(l.Attach(termini))
	a := next[*wire.Attach](p, "the link is attached again", 0)
	if a.InitialDeliveryCount.V != 1 || a.Unsettled != nil {
		t.Fatalf("the delivery-count goes on (§2.6.4): %+v", a)
	}
	p.send(0, &wire.Attach{Name: "out", Handle: 3, Role: wire.RoleReceiver, Source: someSource, Target: someTarget})
	if ev := p.wantEvent("the peer attaches again", LinkRemoteAttach); ev.Link != l {
		t.Fatal("another link")
	}
	p.send(0, &wire.Flow{NextIncomingID: wire.Some(uint32(1)), IncomingWindow: 10, Handle: wire.Some(uint32(3)), LinkCredit: wire.Some(uint32(2))})
	if p.wantEvent("credit comes", LinkFlow); l.Credit() != 2 {
		t.Fatalf("without delivery-count it counts from the new attach: %d", l.Credit())
	}
}

func TestReattachByThePeer(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.receiver(s, 5)
	p.send(0, &wire.Detach{Handle: 0})
	p.send(0, &wire.Attach{Name: "in", Handle: 0, Role: wire.RoleSender, Source: someSource, Target: someTarget, InitialDeliveryCount: wire.Some(uint32(40))})
	p.wantEvent("the detach is reported", LinkRemoteDetach)
	p.must(l.Detach(false, nil))
	if ev := p.wantEvent("the attach is reported", LinkRemoteAttach); ev.Link != l {
		t.Fatal("another link")
	}
	p.must(l.Attach(termini))
	p.must(l.AddCredit(1))
	p.wantDetach("the detach is answered", 0, false, "")
	next[*wire.Attach](p, "the attach is answered", 0)
	if f := next[*wire.Flow](p, "credit is granted anew", 0); f.DeliveryCount.V != 40 || f.LinkCredit.V != 1 {
		t.Fatalf("the flow is %+v", f)
	}
}

// §2.6.6: if a closing detach crosses a non-closing one, the end that did not close attaches again and closes.
func TestDetachesThatCross(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 10)
	p.must(l.Detach(false, nil))
	p.wantDetach("the engine detaches", 0, false, "")
	p.send(0, &wire.Detach{Handle: 0, Closed: true})
	p.wantEvent("the peer has closed meanwhile", LinkRemoteClose)
	p.must(l.Detach(true, nil))
	next[*wire.Attach](p, "the link is attached again", 0)
	p.wantDetach("to be closed", 0, true, "")
	p.send(0, &wire.Attach{Name: "out", Handle: 0, Role: wire.RoleReceiver})
	p.send(0, &wire.Detach{Handle: 0, Closed: true})
	p.wantNoEvent("the peer's part in it is no news")
	if len(s.links) != 0 {
		t.Fatal("the link is kept")
	}

	p, s = beginPeer(t, Config{})
	l = p.sender(s, 10)
	p.must(l.Detach(true, nil))
	p.wantDetach("the engine closes", 0, true, "")
	p.send(0, &wire.Detach{Handle: 0})
	p.wantEvent("the peer has detached meanwhile", LinkRemoteDetach)
	p.send(0, &wire.Attach{Name: "out", Handle: 0, Role: wire.RoleReceiver, Source: someSource})
	again := p.wantEvent("it attaches again", LinkRemoteAttach).Link
	p.send(0, &wire.Detach{Handle: 0, Closed: true})
	p.wantEvent("and closes", LinkRemoteClose)
	p.must(again.Detach(true, nil))
	next[*wire.Attach](p, "which is answered in full", 0)
	p.wantDetach("by a close", 0, true, "")
	if len(s.links) != 0 || l.LocalState() != Closed {
		t.Fatal("a link is kept")
	}
}

func TestDetachThenClose(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 10)
	p.must(l.Detach(false, nil))
	p.wantDetach("the link is detached", 0, false, "")
	p.must(l.Detach(true, nil))
	next[*wire.Attach](p, "and attached again", 0)
	p.wantDetach("to be closed (§2.6.6)", 0, true, "")
	p.send(0, &wire.Detach{Handle: 0})
	p.wantEvent("the peer answers the detach", LinkRemoteDetach)
	p.send(0, &wire.Attach{Name: "out", Handle: 0, Role: wire.RoleReceiver, Source: someSource})
	p.wantNoEvent("and the attach, which is no news")
	if err := s.NewSender("out").Attach(termini); err == nil {
		t.Fatal("the name is free before the peer has closed")
	}
	p.send(0, &wire.Detach{Handle: 0, Closed: true})
	p.wantEvent("and closes", LinkRemoteClose)
	if len(s.links) != 0 {
		t.Fatal("the link is kept")
	}
}

func TestDetachThenCloseAtOnce(t *testing.T) {
	p, s := beginPeer(t, Config{})
	l := p.sender(s, 10)
	p.must(l.Detach(false, nil))
	p.must(l.Detach(true, &wire.Error{Condition: "x:y"}))
	p.wantDetach("a detach that was not sent yet becomes a close", 0, true, "x:y")
	p.wantSilence("and nothing else")
	if l.LocalState() != Closed || l.LocalError().Condition != "x:y" {
		t.Fatal("the link is not closed")
	}
}
