package container

import (
	"github.com/collider-amqp/collider/container/engine"
	"github.com/collider-amqp/collider/container/wire"
)

// dispatch turns the engine's events into callbacks until there are no more. It
// is the one piece of code that does, for containers and Drivers alike.
func (c *Connection) dispatch() {
	for {
		for len(c.sendables) > 0 {
			s := c.sendables[0]
			c.sendables = c.sendables[1:]
			c.sendable(s)
		}
		e, ok := c.eng.NextEvent()
		if !ok {
			return
		}
		c.handle(e)
	}
}

// handle is dispatch for one event.
func (c *Connection) handle(e engine.Event) {
	switch e.Type {
	case engine.ConnectionRemoteOpen:
		c.remoteOpen()
	case engine.ConnectionRemoteClose:
		c.remoteClose()
	case engine.SessionRemoteBegin:
		s := sessionOf(e.Session)
		if h := c.charge(s.inCharge()); h != nil {
			h.OnSessionOpen(s)
		}
	case engine.SessionRemoteEnd, engine.SessionFault:
		c.sessionClosed(sessionOf(e.Session), e.Type)
	case engine.LinkRemoteAttach, engine.LinkRemoteDetach, engine.LinkRemoteClose, engine.LinkFault:
		if e.Link.Role() == wire.RoleSender {
			c.senderEvent(senderOf(e.Link), e.Type)
		} else {
			c.receiverEvent(receiverOf(e.Link), e.Type)
		}
	case engine.LinkFlow:
		if e.Link.Role() == wire.RoleSender {
			c.sendable(senderOf(e.Link))
		}
	case engine.LinkDrained:
		c.drained(receiverOf(e.Link))
	case engine.DeliveryReceived:
		c.received(receiverOf(e.Link), e.Delivery)
	case engine.DeliveryAborted:
		e.Delivery.Settle() // ORD-15: silently, credit returned
		receiverOf(e.Link).topUp()
	case engine.DeliveryUpdated:
		c.updated(e)
	case engine.TransportError:
		c.transportErr = c.eng.Err()
	case engine.TransportClosed:
		c.transportClosed = true
	}
}

// charge notes which handler is in charge of the callback that follows, for the
// default of OnError.
func (c *Connection) charge(h Handler) Handler {
	c.current = h
	return h
}

func (c *Connection) remoteOpen() {
	c.openTransport()
	if h := c.charge(c.handler); h != nil {
		h.OnConnectionOpen(c)
	}
}

// openTransport calls OnTransportOpen, once (ORD-2, ORD-3).
func (c *Connection) openTransport() {
	if c.opened {
		return
	}
	c.opened = true
	if h := c.charge(c.handler); h != nil {
		h.OnTransportOpen(c)
	}
}

func (c *Connection) remoteClose() {
	if h := c.charge(c.handler); h != nil {
		if c.Error() != nil {
			h.OnConnectionError(c)
		}
		h.OnConnectionClose(c)
	}
	c.eng.Close(nil) // ORD-8
}

// failTransport calls OnTransportError if the transport did not end in good
// order. After Container.Stop only a non-empty error counts (RUN-18).
func (c *Connection) failTransport() {
	if c.aborted {
		c.transportErr = c.abortErr
	}
	if h := c.charge(c.handler); h != nil && c.transportErr != nil {
		h.OnTransportError(c)
	}
}

// closeTransport calls OnTransportClose.
func (c *Connection) closeTransport() {
	if h := c.charge(c.handler); h != nil {
		h.OnTransportClose(c)
	}
}

// wakeHandler calls OnConnectionWake.
func (c *Connection) wakeHandler() {
	if h := c.charge(c.handler); h != nil {
		h.OnConnectionWake(c)
	}
}

// sessionClosed reports the end of a session, by the peer or because the peer
// broke a rule, once.
func (c *Connection) sessionClosed(s *Session, t engine.EventType) {
	if s.ended == engine.NoEvent {
		s.ended = t
		if h := c.charge(s.inCharge()); h != nil {
			if s.Error() != nil {
				h.OnSessionError(s)
			}
			h.OnSessionClose(s)
		}
	}
	s.eng.End(nil) // ORD-8
}

func (c *Connection) senderEvent(s *Sender, t engine.EventType) {
	h := c.charge(s.inCharge())
	if t == engine.LinkRemoteAttach {
		s.begins()
		if h != nil {
			h.OnSenderOpen(s)
		}
		return
	}
	if s.ends(t) && h != nil {
		if s.Error() != nil {
			h.OnSenderError(s)
		}
		if t == engine.LinkRemoteDetach {
			h.OnSenderDetach(s)
		} else {
			h.OnSenderClose(s)
		}
	}
	s.eng.Detach(t != engine.LinkRemoteDetach, nil) // ORD-8
}

func (c *Connection) receiverEvent(r *Receiver, t engine.EventType) {
	h := c.charge(r.inCharge())
	if t == engine.LinkRemoteAttach {
		r.begins()
		if h != nil {
			h.OnReceiverOpen(r)
		}
		return
	}
	if r.ends(t) && h != nil {
		if r.Error() != nil {
			h.OnReceiverError(r)
		}
		if t == engine.LinkRemoteDetach {
			h.OnReceiverDetach(r)
		} else {
			h.OnReceiverClose(r)
		}
	}
	r.eng.Detach(t != engine.LinkRemoteDetach, nil) // ORD-8
}

// sendable reports a sender's credit, and the start of a drain (ORD-14, ORD-18).
func (c *Connection) sendable(s *Sender) {
	if !s.Active() || s.eng.RemoteState() != engine.Active {
		return // Sender.Open raises it again
	}
	h := c.charge(s.inCharge())
	drainStarts := s.drain.starts(s.eng.Draining(), s.eng.Credit())
	if h == nil {
		return
	}
	if drainStarts {
		h.OnSenderDrainStart(s)
	}
	if drainStarts || s.eng.Credit() > 0 {
		h.OnSendable(s)
	}
}

func (c *Connection) drained(r *Receiver) {
	r.draining = false
	if h := c.charge(r.inCharge()); h != nil {
		h.OnReceiverDrainFinish(r)
	}
	r.topUp()
}

// received delivers a complete message (ORD-15).
func (c *Connection) received(r *Receiver, d engine.Delivery) {
	h := c.charge(r.inCharge())
	switch {
	case !r.Active():
		c.giveBack(r, d)
		return
	case h == nil:
		d.Settle()
		return
	}
	if err := c.message.Decode(d.Payload(), wire.Limits{}); err != nil {
		d.Update(&wire.Rejected{Error: &wire.Error{Condition: wire.ConditionDecodeError, Description: err.Error()}})
		d.Settle()
	} else {
		c.deliver(h, r, d)
	}
	r.topUp()
}

// deliver calls OnMessage. The message lives in the engine's memory, so that a
// settlement by the handler waits for the end of the call.
func (c *Connection) deliver(h Handler, r *Receiver, d engine.Delivery) {
	delivery := &Delivery{transfer: transfer{d, c}, receiver: r, held: true}
	d.SetContext(delivery)
	h.OnMessage(delivery, &c.message)
	delivery.held = false
	if delivery.settling {
		d.Settle()
		return
	}
	r.autoAccept(d)
}

// giveBack releases a message that came after the link was closed here.
func (c *Connection) giveBack(r *Receiver, d engine.Delivery) {
	if !r.manualAccept {
		d.Update(&wire.Released{})
	}
	d.Settle()
}

// autoAccept accepts and settles what the handler left without a state.
func (r *Receiver) autoAccept(d engine.Delivery) {
	switch {
	case !d.Valid():
	case d.RemoteSettled():
		d.Settle()
	case !r.manualAccept && d.LocalState() == nil:
		d.Update(&wire.Accepted{})
		d.Settle()
	}
}

// updated reports what the peer has done to a delivery.
func (c *Connection) updated(e engine.Event) {
	if e.Link.Role() == wire.RoleSender {
		c.outcome(senderOf(e.Link), e.Delivery)
		return
	}
	d, delivered := e.Delivery.Context().(*Delivery)
	if !delivered || !e.Delivery.RemoteSettled() {
		return // one that has not come to OnMessage yet is settled after it
	}
	if h := c.charge(d.receiver.inCharge()); h != nil {
		h.OnDeliverySettle(d)
	}
	e.Delivery.Settle()
}

// outcome reports the outcome of a message sent and, at once, its settlement
// (ORD-16).
func (c *Connection) outcome(s *Sender, d engine.Delivery) {
	t, ok := d.Context().(*Tracker)
	if !ok {
		return
	}
	h := c.charge(s.inCharge())
	settles := d.RemoteSettled() // the handler may settle, and then d knows nothing
	if h != nil && !t.reported {
		t.reported = reportOutcome(h, t, d.RemoteState())
	}
	settles = settles || t.reported && !s.manualSettle
	if h != nil && settles {
		h.OnTrackerSettle(t)
	}
	if settles && d.Valid() && !s.manualSettle {
		d.Settle()
	}
}

// reportOutcome calls the callback of a terminal state (§3.4). It reports
// whether state is one.
func reportOutcome(h Handler, t *Tracker, state wire.DeliveryState) bool {
	switch state.(type) {
	case *wire.Accepted:
		h.OnTrackerAccept(t)
	case *wire.Rejected:
		h.OnTrackerReject(t)
	case *wire.Released, *wire.Modified:
		h.OnTrackerRelease(t)
	default:
		return false
	}
	return true
}
