package container

import (
	"bytes"
	"testing"

	"github.com/collider-amqp/collider/container/engine"
	"github.com/collider-amqp/collider/container/wire"
)

func TestORD16Outcomes(t *testing.T) {
	for name, tc := range map[string]struct {
		answer func(*Delivery)
		calls  string
		state  wire.DeliveryState
	}{
		"auto-accept": {func(*Delivery) {}, "accept settle", &wire.Accepted{}},
		"accept":      {(*Delivery).Accept, "accept settle", &wire.Accepted{}},
		"reject":      {func(d *Delivery) { d.Reject(&Error{Condition: "amqp:decode-error"}) }, "reject settle", &wire.Rejected{}},
		"release":     {(*Delivery).Release, "release settle", &wire.Released{}},
		"modify":      {(*Delivery).Modify, "release settle", &wire.Modified{}},
		"settle only": {func(d *Delivery) { d.Settle(); d.Accept() }, "settle", nil},
		"first wins":  {func(d *Delivery) { d.Release(); d.Accept() }, "release settle", &wire.Released{}},
	} {
		t.Run(name, func(t *testing.T) {
			p, s, r := linked(t, SenderOptions{}, ReceiverOptions{})
			p.s.on["message"] = func(x any) {
				m := x.(received)
				if m.Receiver() != r || m.Connection() != r.Connection() || len(m.Tag()) == 0 || m.Settled() || m.State() != nil {
					t.Error("the delivery is not what was sent")
				}
				tc.answer(m.Delivery)
			}
			var tracker *Tracker
			p.c.on["settle"] = func(x any) {
				if x != tracker || tracker.Sender() != s || !tracker.Settled() {
					t.Error("another tracker than Send gave")
				}
				got, want := tracker.State(), tc.state
				if got == nil && want == nil {
					return
				}
				if got == nil || want == nil || typeName(got) != typeName(want) {
					t.Errorf("the state is %v, want %v", got, want)
				}
			}
			p.do(func(*Connection) { tracker, _ = s.Send(NewMessage("m")) })
			p.c.want(t, tc.calls+" sendable") // the last for the credit topped up
			p.s.want(t, "message")
		})
	}
}

func typeName(s wire.DeliveryState) byte {
	switch s.(type) {
	case *wire.Accepted:
		return 'a'
	case *wire.Rejected:
		return 'j'
	case *wire.Released:
		return 'r'
	}
	return 'm'
}

func TestORD17AtMostOnce(t *testing.T) {
	p, s, _ := linked(t, SenderOptions{DeliveryMode: AtMostOnce}, ReceiverOptions{})
	p.s.on["message"] = func(x any) {
		if d := x.(received); !d.Settled() {
			t.Error("the sender has not settled")
		} else {
			d.Accept()
		}
	}
	p.do(func(*Connection) { s.Send(NewMessage("a")); s.Send(NewMessage("b")) })
	p.s.want(t, "message message")
	p.c.want(t, "sendable")
}

func TestManualAccept(t *testing.T) {
	p, s, _ := linked(t, SenderOptions{}, ReceiverOptions{ManualAccept: true})
	var d *Delivery
	p.s.on["message"] = func(x any) { d = x.(received).Delivery }
	p.do(func(*Connection) { s.Send(NewMessage("m")) })
	p.c.want(t, "sendable")
	p.server.Do(d.Accept)
	p.pump()
	p.c.want(t, "accept settle")
}

// TestManualSettle settles the tracker inside its outcome callback: the settle
// callback follows all the same (ORD-16).
func TestManualSettle(t *testing.T) {
	for _, inside := range []bool{false, true} {
		p, s, _ := linked(t, SenderOptions{ManualSettle: true}, ReceiverOptions{})
		var tracker *Tracker
		p.c.on["accept"] = func(x any) {
			if inside {
				x.(*Tracker).Settle()
			}
		}
		p.do(func(*Connection) { tracker, _ = s.Send(NewMessage("m")) })
		if got := p.c.calls; len(got) < 2 || got[0] != "accept" || got[1] != "settle" {
			t.Errorf("inside %v: callbacks were %v", inside, got)
		}
		if !inside && tracker.Tag() == nil {
			t.Error("the delivery was settled although that was left to the user")
		}
		p.do(func(*Connection) { tracker.Settle(); tracker.Settle() })
	}
}

// TestORD15LateMessageIsReleased closes the receiver while a message is under
// way.
func TestORD15LateMessageIsReleased(t *testing.T) {
	p, s, r := linked(t, SenderOptions{}, ReceiverOptions{})
	p.client.Do(func() { s.Send(NewMessage("m")) })
	p.move(p.client, p.server, 1<<20) // OnMessage
	p.s.want(t, "message")
	p.client.Do(func() { s.Send(NewMessage("late")) })
	p.server.Receive(p.now, p.client.Output())
	p.client.Wrote(len(p.client.Output()))
	p.server.Do(func() { r.Close(nil) }) // the message waits to be dispatched
	p.pump()
	p.s.want(t, "receiver_close")
}

func TestUndecodableMessageIsRejected(t *testing.T) {
	p, s, _ := linked(t, SenderOptions{}, ReceiverOptions{})
	p.do(func(*Connection) {
		d, err := s.eng.Send(nil, []byte("no message"), false)
		if err != nil {
			t.Error(err)
		}
		d.SetContext(&Tracker{transfer: transfer{d, s.conn}, sender: s})
	})
	p.s.want(t, "")
	p.c.want(t, "reject settle sendable")
}

// TestMessageStaysInOnMessage settles the delivery, then sends: neither must
// touch the message before the callback returns.
func TestMessageStaysInOnMessage(t *testing.T) {
	for _, mode := range []DeliveryMode{AtMostOnce, AtLeastOnce} {
		p, s, r := linked(t, SenderOptions{DeliveryMode: mode}, ReceiverOptions{})
		body := bytes.Repeat([]byte("body"), 100)
		p.s.on["message"] = func(x any) {
			m := x.(received)
			m.Accept()
			m.Release()
			m.Settle()
			back := r.Connection().OpenSender("back", SenderOptions{})
			back.Send(NewDataMessage(bytes.Repeat([]byte("x"), len(body))))
			if !bytes.Equal(m.m.Data[0], body) {
				t.Errorf("the message has become %.20q", m.m.Data[0])
			}
		}
		p.do(func(*Connection) { s.Send(NewDataMessage(body)) })
		p.s.calls = nil
		for range r.eng.Unsettled() {
			t.Error("the delivery was not settled")
		}
	}
}

// TestSenderSettlesBeforeTheMessageIsComplete: the message still arrives.
func TestSenderSettlesBeforeTheMessageIsComplete(t *testing.T) {
	p, _, _ := linked(t, SenderOptions{}, ReceiverOptions{})
	m, err := NewDataMessage([]byte("whole")).Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	frames := wire.AppendFrame(nil, wire.FrameAMQP, 0, &wire.Transfer{
		DeliveryID: wire.Some(uint32(0)), DeliveryTag: []byte{1}, MessageFormat: wire.Some(uint32(0)), More: true,
	}, m[:3])
	frames = wire.AppendFrame(frames, wire.FrameAMQP, 0, &wire.Disposition{Role: wire.RoleSender, First: 0, Settled: true}, nil)
	last := wire.AppendFrame(nil, wire.FrameAMQP, 0, &wire.Transfer{}, m[3:])
	p.server.Receive(p.now, frames)
	p.server.Dispatch()
	p.server.Receive(p.now, last)
	p.server.Dispatch()
	p.s.want(t, "message")
}

func TestDeliverySettleKeepsItsIdentity(t *testing.T) {
	p, s, r := linked(t, SenderOptions{ManualSettle: true}, ReceiverOptions{ManualAccept: true})
	var got, settled *Delivery
	p.s.on["message"] = func(x any) { got = x.(received).Delivery }
	p.s.on["delivery_settle"] = func(x any) { settled = x.(*Delivery) }
	var tracker *Tracker
	p.do(func(*Connection) { tracker, _ = s.Send(NewMessage("m")) })
	p.do(func(*Connection) { tracker.Settle() })
	if settled == nil || settled != got {
		t.Errorf("OnDeliverySettle got %p, OnMessage %p", settled, got)
	}
	for range r.eng.Unsettled() {
		t.Error("the delivery is left over")
	}
}

// TestAbortedDeliveryIsSilent: ORD-15.
func TestAbortedDeliveryIsSilent(t *testing.T) {
	p, s, r := linked(t, SenderOptions{}, ReceiverOptions{CreditWindow: 2})
	p.do(func(*Connection) {
		d, err := s.eng.NewDelivery(engine.DeliveryOptions{})
		if err != nil {
			t.Error(err)
			return
		}
		d.Write([]byte("part"))
		p.move(p.client, p.server, 1<<20)
		d.Abort()
	})
	p.s.want(t, "")
	if r.Credit() != 2 {
		t.Errorf("credit is %d after an aborted delivery, want 2", r.Credit())
	}
}
