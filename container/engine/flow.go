package engine

import "github.com/collider-amqp/collider/container/wire"

// onFlow handles a flow (§2.7.4): the session's part always, the link's if there is a handle. Link fields without a
// handle have no meaning and are ignored.
func (s *Session) onFlow(f *wire.Flow) {
	if !s.window.onFlow(SerialNumber(f.NextIncomingID.V), f.NextIncomingID.Set, f.IncomingWindow) {
		s.fail("2.5.6", wire.ConditionSessionWindowViolation, "next-incoming-id %d is ahead of what was sent, %d", f.NextIncomingID.V, s.window.next)
		return
	}
	s.receive.onFlow(SerialNumber(f.NextOutgoingID))
	if !f.Handle.Set {
		if f.Echo {
			s.wantFlow()
		}
	} else if l := at(s.remoteHandles, int(f.Handle.V)); l == nil {
		s.failHandle("flow", f.Handle.V)
		return
	} else {
		l.onFlow(f)
	}
	s.unpark()
	s.checkWindow()
}

// failHandle ends the session because of a frame for a handle that is not attached (§2.8.17).
func (s *Session) failHandle(frame string, handle uint32) {
	s.fail("2.8.17", wire.ConditionSessionUnattachedHandle, "%s on handle %d, which is not attached", frame, handle)
}

// onFlow handles the link's part of a flow. Flows under way when this end was detached have no effect.
func (l *Link) onFlow(f *wire.Flow) {
	c := l.session.conn
	if l.local != Active && l.local != Uninitialized && !l.attached {
		return
	}
	if l.role == wire.RoleSender {
		l.send.onFlow(SerialNumber(f.DeliveryCount.V), f.DeliveryCount.Set, f.LinkCredit.V, f.Drain)
		c.makeReady(l)
	} else {
		if f.DeliveryCount.Set {
			l.recv.onFlow(SerialNumber(f.DeliveryCount.V))
		}
		l.available = f.Available
	}
	l.flowProps = f.Properties
	if f.Echo {
		l.wantFlow()
	}
	if l.local == Active || l.local == Uninitialized {
		c.push(Event{Type: LinkFlow, Session: l.session, Link: l})
	}
	l.checkDrained()
}

// wantFlow makes the link owe a flow with its state.
func (l *Link) wantFlow() {
	if !l.flowWanted {
		l.flowWanted = true
		l.session.conn.sendQueues.links = append(l.session.conn.sendQueues.links, l)
	}
}

// wantFlow makes the session owe a flow; any flow of its links will do.
func (s *Session) wantFlow() {
	if !s.flowWanted {
		s.flowWanted = true
		s.conn.sendQueues.sessions = append(s.conn.sendQueues.sessions, s)
	}
}

// checkWindow makes the session owe a flow when the peer has used up half of its window.
func (s *Session) checkWindow() {
	if s.begun && s.receive.wantsFlow(&s.conn.cfg) {
		s.wantFlow()
	}
}

// flushFlows frames the flows that are owed, as long as the output has room. Flows of a link whose attach is still
// waiting wait with it.
func (c *Connection) flushFlows() {
	q := &c.sendQueues
	kept := q.links[:0]
	for _, l := range q.links {
		switch {
		case l.owesNoFlow():
			l.flowWanted = false
		case !l.attached || l.attaching || !c.roomy():
			kept = append(kept, l)
		default:
			c.emitFlow(l.session, l)
		}
	}
	clear(q.links[len(kept):])
	q.links = kept
	keptSessions := q.sessions[:0]
	for _, s := range q.sessions {
		switch {
		case !s.flowWanted || s.discarding:
			s.flowWanted = false
		case !s.sending() || !c.roomy():
			keptSessions = append(keptSessions, s)
		default:
			c.emitFlow(s, nil)
		}
	}
	clear(q.sessions[len(keptSessions):])
	q.sessions = keptSessions
}

// owesNoFlow reports whether the link is not, and is not about to be, in a state to be told of.
func (l *Link) owesNoFlow() bool {
	s := l.session
	return s.discarding || s.begun && !s.sending() || l.local == Detached || l.local == Closed || !l.attached && !l.attaching
}

// emitFlow sends a flow of the session, and of a link if l is set (§2.7.4). It never asks for an echo, so that two
// engines cannot keep each other busy (§2.6.7).
func (c *Connection) emitFlow(s *Session, l *Link) {
	f := &c.flow
	*f = wire.Flow{
		IncomingWindow: s.receive.advertise(&c.cfg),
		NextOutgoingID: uint32(s.window.next),
		OutgoingWindow: outgoingWindow,
	}
	if s.receive.known {
		// §2.7.4: set if the peer's begin has been received, and only then.
		f.NextIncomingID = wire.Some(uint32(s.receive.next))
	}
	s.flowWanted = false
	if l != nil {
		l.flowWanted = false
		l.fillFlow(f)
	}
	c.emit(s.channel, f)
}

func (l *Link) fillFlow(f *wire.Flow) {
	f.Handle = wire.Some(l.handle)
	if l.role == wire.RoleSender {
		f.DeliveryCount = wire.Some(uint32(l.send.count))
		f.LinkCredit = wire.Some(l.send.credit)
		f.Drain = l.send.drain
		if l.available.Set || l.queued > 0 {
			f.Available = wire.Some(l.available.V + uint32(l.queued))
		}
		return
	}
	if l.recv.known {
		// §2.6.7: the last known value, not set until the sender's attach has told it.
		f.DeliveryCount = wire.Some(uint32(l.recv.count))
	}
	f.LinkCredit = wire.Some(l.recv.credit)
	f.Available = l.available
	f.Drain = l.recv.drain
}

// --- the caller's side of link flow control ---

// Credit returns, on a sender, how many deliveries may still be begun by the caller: the link-credit less the
// deliveries queued; negative if more are queued. On a receiver it returns the link-credit granted and not yet used,
// with what waits for the end of a drain (§2.6.7).
func (l *Link) Credit() int {
	if l.role == wire.RoleReceiver {
		return int(l.recv.credit) + int(l.recv.waiting)
	}
	waiting := l.queued
	if d := l.queue.head; d != nil && d.started {
		waiting-- // it has its credit
	}
	return int(l.send.credit) - waiting
}

// Queued returns how many outgoing deliveries have not been sent completely.
func (l *Link) Queued() int { return l.queued }

// Draining reports whether a drain is under way: on a sender, whether the peer's latest flow asked for one; on a
// receiver, whether Drain was called and LinkDrained has not been raised yet (§2.6.7).
func (l *Link) Draining() bool {
	if l.role == wire.RoleSender {
		return l.send.drain
	}
	return l.recv.drain
}

// RemoteAvailable returns what the sender said last of the messages it has for this receiver, and whether it did (§2.6.7).
func (l *Link) RemoteAvailable() (uint32, bool) {
	if l.role == wire.RoleSender {
		return 0, false
	}
	return l.available.V, l.available.Set
}

// RemoteFlowProperties returns the properties of the peer's latest flow for the link, or nil (§2.7.4).
func (l *Link) RemoteFlowProperties() wire.Map { return l.flowProps }

// AddCredit grants n more deliveries to the sender; it may be called before Attach. The flow goes out with the next
// output. During a drain the grant waits for its end. It fails with a *CallError on a sender, on a closed link, and if
// n is negative.
func (l *Link) AddCredit(n int) error {
	if err := l.checkCredit("Link.AddCredit", n); err != nil {
		return err
	}
	l.recv.add(uint32(min(n, maxCredit)))
	if !l.recv.drain {
		l.wantCreditFlow()
	}
	return nil
}

// SetCredit makes n the credit of the sender, more or less than before. Deliveries under way under the old credit are
// still accepted (§2.6.10). It fails with a *CallError where AddCredit does, and during a drain.
func (l *Link) SetCredit(n int) error {
	if err := l.checkCredit("Link.SetCredit", n); err != nil {
		return err
	}
	if l.recv.drain {
		return &CallError{"Link.SetCredit", "a drain is under way"}
	}
	l.recv.set(uint32(min(n, maxCredit)))
	l.wantCreditFlow()
	return nil
}

func (l *Link) checkCredit(op string, n int) error {
	switch {
	case l.role == wire.RoleSender:
		return &CallError{op, "the link is a sender"}
	case l.local == Closed || l.session.local == Closed || l.session.conn.local == Closed:
		return &CallError{op, "the link is closed"}
	case n < 0:
		return &CallError{op, "the credit is negative"}
	}
	return nil
}

// wantCreditFlow makes the link owe a flow if its attach is out; sending the attach does so otherwise.
func (l *Link) wantCreditFlow() {
	if l.attached {
		l.wantFlow()
	}
}

// Drain asks the sender to use up its credit or give it back (§2.6.7). LinkDrained reports the end, at once if there is
// no credit. It fails with a *CallError while a drain is under way, and where AddCredit does.
func (l *Link) Drain() error {
	if err := l.checkCredit("Link.Drain", 0); err != nil {
		return err
	}
	if l.recv.drain {
		return &CallError{"Link.Drain", "a drain is under way"}
	}
	l.recv.drain = true
	if l.recv.credit > 0 {
		l.wantCreditFlow()
	}
	l.checkDrained()
	return nil
}

// checkDrained ends a receiver's drain when the credit is gone and no delivery is under way.
func (l *Link) checkDrained() {
	if l.role == wire.RoleSender || l.current != nil || !l.recv.drained() {
		return
	}
	l.session.conn.push(Event{Type: LinkDrained, Session: l.session, Link: l})
	if l.recv.credit > 0 {
		l.wantCreditFlow()
	}
}

// Drained says that a sender has nothing more to send. If the peer asked for a drain, the credit left after the queued
// deliveries is given back; Drained returns how much (§2.6.7).
func (l *Link) Drained() int {
	if l.role == wire.RoleReceiver || !l.send.drain || l.Credit() <= 0 {
		return 0
	}
	n := l.Credit()
	if l.queue.head != nil {
		l.giveBack = true
		return n
	}
	l.returnCredit()
	return n
}

// returnCredit gives the credit back and tells the receiver.
func (l *Link) returnCredit() {
	l.giveBack = false
	if l.send.drain && l.send.giveBack() > 0 {
		l.wantFlow()
	}
}

// SetAvailable tells how many messages a sender has, besides those queued; it is carried by the next flow (§2.6.7).
func (l *Link) SetAvailable(n uint32) { l.available = wire.Some(n) }
