package engine

import "github.com/collider-amqp/collider/container/wire"

// isTerminal reports whether a state is an outcome, which does not change any more (§3.4).
func isTerminal(s wire.DeliveryState) bool {
	_, ok := s.(wire.Outcome)
	return ok
}

// isPlainState reports whether a state has no fields, so that it holds no memory of the input.
func isPlainState(s wire.DeliveryState) bool {
	switch s.(type) {
	case nil, *wire.Accepted, *wire.Released:
		return true
	}
	return false
}

// sameState reports whether two states are known to be equal without looking into their fields.
func sameState(a, b wire.DeliveryState) bool {
	switch a.(type) {
	case *wire.Accepted:
		_, ok := b.(*wire.Accepted)
		return ok
	case *wire.Released:
		_, ok := b.(*wire.Released)
		return ok
	}
	return a == b
}

// checkState refuses a state that has no encoding.
func checkState(op string, s wire.DeliveryState) error {
	if isPlainState(s) {
		return nil
	}
	if _, err := encodedSize(&wire.Disposition{State: s}); err != nil {
		return &CallError{op, err.Error()}
	}
	return nil
}

// setRemoteState notes the state that the peer reports and reports whether it is news. The first terminal state stays.
func (d *delivery) setRemoteState(s wire.DeliveryState) bool {
	if isTerminal(d.remote) || sameState(d.remote, s) {
		return false
	}
	d.remote = s
	return true
}

// onDisposition handles a disposition (§2.7.6). Its role says whose deliveries it is about: a receiver speaks of what
// it was sent. Ids that are unknown or settled are ignored; a range costs no more than the deliveries it finds.
func (s *Session) onDisposition(f *wire.Disposition) {
	table := &s.received
	if f.Role == wire.RoleReceiver {
		table = &s.sent
	}
	first := SerialNumber(f.First)
	from, to := table.span(first, SerialNumber(f.Last.Or(f.First)))
	for i := from; i < to; i++ {
		d := table.entry(i).d
		if d == nil {
			continue
		}
		news := f.State != nil && d.setRemoteState(f.State)
		if f.Settled {
			news = true
			d.remoteSettled = true
			table.removeAt(i)
		}
		if news {
			d.link.push(DeliveryUpdated, d)
		}
		s.conn.pool.recycle(d)
	}
	table.trim()
	s.checkWindow()
}

// canUpdate reports whether the peer can still be told of the delivery: not after its link was closed (§2.6.5) or its
// session ended.
func (s *Session) canUpdate(d *delivery) bool { return s.sending() && d.link.local != Closed }

// wantUpdate queues the disposition of a delivery.
func (s *Session) wantUpdate(d *delivery) {
	if d.updating || !d.tracked || !s.canUpdate(d) {
		return
	}
	s.updates.pushUpdate(d)
	if !s.updating {
		s.updating = true
		s.conn.sendQueues.updates.push(s)
	}
}

// flushUpdates frames the dispositions, as long as the output has room.
func (c *Connection) flushUpdates() {
	for range c.sendQueues.updates.len() {
		if !c.roomy() {
			return
		}
		s, _ := c.sendQueues.updates.pop()
		s.updating = false
		s.flushUpdates(false)
		if s.updates.head != nil && !s.updating {
			s.updating = true
			c.sendQueues.updates.push(s)
		}
	}
}

// flushUpdates frames the session's dispositions, all of them if force is set, else as long as the output has room.
// Neighbouring deliveries in the same state share a frame (§2.7.6).
func (s *Session) flushUpdates(force bool) {
	c, f := s.conn, &s.conn.disposition
	open := false
	for d := s.updates.head; d != nil && (force || c.roomy()); d = s.updates.head {
		s.updates.popUpdate()
		if d.tracked && s.sending() {
			if !open || !f.extend(d) {
				if open {
					c.emitDisposition(s.channel, &f.Disposition)
				}
				f.begin(d)
				open = true
			}
		}
		if d.settled {
			s.table(d.link.role).remove(d)
		}
		c.pool.recycle(d)
	}
	if open {
		c.emitDisposition(s.channel, &f.Disposition)
	}
	s.checkWindow() // places of unsettled deliveries have become free
}

// dispositionRange is a disposition that grows as long as deliveries follow each other.
type dispositionRange struct {
	wire.Disposition
	last SerialNumber
}

func (r *dispositionRange) begin(d *delivery) {
	r.Disposition = wire.Disposition{Role: d.link.role, First: uint32(d.id), Settled: d.settled, State: d.local}
	r.last = d.id
}

// extend includes a delivery if it follows the last one in the same state.
func (r *dispositionRange) extend(d *delivery) bool {
	if r.Role != d.link.role || d.id != r.last+1 || r.Settled != d.settled || !sameState(r.State, d.local) {
		return false
	}
	r.last = d.id
	r.Last = wire.Some(uint32(d.id))
	return true
}

// emitDisposition sends a disposition. One whose state does not fit a frame goes without its details.
func (c *Connection) emitDisposition(channel uint16, f *wire.Disposition) {
	if c.emit(channel, f) {
		return
	}
	switch s := f.State.(type) {
	case *wire.Rejected:
		f.State = &wire.Rejected{}
		if s.Error != nil {
			f.State = &wire.Rejected{Error: &wire.Error{Condition: sanitize(s.Error).Condition}}
		}
	case *wire.Modified:
		f.State = &wire.Modified{DeliveryFailed: s.DeliveryFailed, UndeliverableHere: s.UndeliverableHere}
	}
	if !c.emit(channel, f) {
		c.fail("2.7.1", wire.ConditionFrameSizeTooSmall, "a disposition exceeds the peer's max-frame-size")
	}
}
