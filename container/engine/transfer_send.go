package engine

import (
	"bytes"

	"github.com/collider-amqp/collider/container/wire"
)

// sendPlace is where a link waits to send.
type sendPlace uint8

const (
	placeNone   sendPlace = iota
	placeReady            // in the connection's ready queue
	placeParked           // in its session's parked queue: the session window is closed
)

// openForSending reports whether the caller may give the link deliveries.
func (l *Link) openForSending() bool {
	s := l.session
	return l.role == wire.RoleSender && l.local == Active && l.remote != Closed && s.local == Active && s.remote != Closed &&
		s.conn.local != Closed && s.conn.remote != Closed && !s.conn.over
}

// sendable reports whether the first queued delivery could go on, window and output room aside: §2.6.7 demands credit
// for its beginning, and only for that.
func (l *Link) sendable() bool {
	d := l.queue.head
	if d == nil || !l.attached || l.remote != Active || !l.session.sending() {
		return false
	}
	if !d.started && (l.send.credit == 0 || l.session.sent.full(l.session.nextSent)) {
		return false
	}
	return d.complete || d.aborted || len(d.buf) > 0
}

// makeReady puts a link that can send in the ready queue.
func (c *Connection) makeReady(l *Link) {
	if l.place == placeNone && l.sendable() {
		l.place = placeReady
		c.sendQueues.ready.push(l)
	}
}

// unpark lets the links that waited for the session window go on.
func (s *Session) unpark() {
	if s.window.remote == 0 {
		return
	}
	for l, ok := s.parked.pop(); ok; l, ok = s.parked.pop() {
		l.place = placeNone
		s.conn.makeReady(l)
	}
}

// flushTransfers frames queued deliveries, one frame of each link in turn, as long as the output has room.
func (c *Connection) flushTransfers() {
	for c.roomy() {
		l, ok := c.sendQueues.ready.pop()
		if !ok {
			return
		}
		l.place = placeNone
		if !l.sendable() {
			continue
		}
		if s := l.session; s.window.remote == 0 {
			l.place = placeParked // §2.5.6: no transfer without window
			s.parked.push(l)
			continue
		}
		c.sendFrame(l)
		c.makeReady(l)
	}
}

// sendFrame frames the next transfer of the link's first delivery. Deliveries of one link are never interleaved
// (§2.6.14); those of different links may be.
func (c *Connection) sendFrame(l *Link) {
	s, d, t := l.session, l.queue.head, &c.transfer
	*t = wire.Transfer{Handle: l.handle, More: !d.complete && !d.aborted, State: d.local, Aborted: d.aborted, Batchable: d.options.Batchable}
	if !d.started {
		// §2.7.5: these must be on the first transfer and are left off the others.
		t.DeliveryID = wire.Some(uint32(s.nextSent))
		t.DeliveryTag = d.tag[:d.tagLen]
		t.MessageFormat = wire.Some(d.format)
		t.RcvSettleMode = d.options.RcvSettleMode
		t.Resume = d.options.Resume
	}
	if d.settled {
		t.Settled = wire.Some(true)
	}
	payload := d.buf
	if d.aborted {
		payload = nil // §2.7.5: ignored by the receiver
	}
	n, ok := c.emitTransfer(s.channel, t, payload)
	if !ok {
		l.fail("2.7.1", wire.ConditionFrameSizeTooSmall, "a transfer leaves no room for payload")
		return
	}
	s.window.onSent()
	if !d.started {
		l.begin(d)
	}
	d.buf = d.buf[n:]
	s.outBytes -= int64(n)
	if !t.More {
		l.finishSend()
	} else if len(d.buf) == 0 {
		d.buf = d.own[:0]
	}
}

// begin gives a delivery its id (§2.6.12) and uses a credit (§2.6.7).
func (l *Link) begin(d *delivery) {
	s := l.session
	l.send.use()
	d.id = s.nextSent
	s.nextSent++
	d.started = true
	if !d.settled {
		s.sent.push(d)
	}
}

// finishSend takes the first delivery off the queue: its last transfer has been framed.
func (l *Link) finishSend() {
	s, d := l.session, l.queue.head
	l.unqueue()
	if d.aborted || d.settled {
		s.sent.remove(d)
	}
	if d.settleLater {
		d.settled, d.settleLater = true, false
		s.wantUpdate(d)
	}
	s.conn.pool.recycle(d)
	if l.queue.head == nil && l.giveBack {
		l.returnCredit()
	}
}

// unqueue takes the first delivery off the queue, with its payload.
func (l *Link) unqueue() {
	d := l.queue.head
	l.queue.popQueued()
	l.queued--
	l.session.outBytes -= int64(len(d.buf))
	d.buf = nil
	if l.current == d {
		l.current = nil
	}
}

// dropQueue gives up the deliveries that have not been sent.
func (l *Link) dropQueue() {
	for l.queue.head != nil {
		d := l.queue.head
		l.unqueue()
		if d.settled || d.settleLater {
			l.session.sent.remove(d)
		}
		l.session.conn.pool.recycle(d)
	}
}

// NewDelivery begins an outgoing delivery. It may be called without credit; the delivery then waits. It fails with a
// *CallError if the link is not open for sending, if the previous delivery is not complete (§2.6.14), if the tag is
// longer than 32 octets (§2.8.7), if Settled contradicts the link's snd-settle-mode (§2.7.3), or if State has no encoding.
func (l *Link) NewDelivery(o DeliveryOptions) (Delivery, error) {
	const op = "Link.NewDelivery"
	if err := l.checkDelivery(op, &o); err != nil {
		return Delivery{}, err
	}
	return l.newDelivery(&o).handle(), nil
}

func (l *Link) checkDelivery(op string, o *DeliveryOptions) error {
	mode := l.SndSettleMode()
	switch {
	case !l.openForSending():
		return &CallError{op, "the link is not open for sending"}
	case l.current != nil:
		return &CallError{op, "the previous delivery is not complete"}
	case len(o.Tag) > maxTag:
		return &CallError{op, "the delivery-tag is longer than 32 octets"}
	case o.Tag != nil && l.tagInUse(o.Tag):
		return &CallError{op, "another unsettled delivery of the link has the same delivery-tag"}
	case o.Settled && mode == wire.SenderSettleModeUnsettled:
		return &CallError{op, "the link sends unsettled deliveries only"}
	case !o.Settled && mode == wire.SenderSettleModeSettled:
		return &CallError{op, "the link sends settled deliveries only"}
	}
	return checkState(op, o.State)
}

// newDelivery queues a delivery without payload.
func (l *Link) newDelivery(o *DeliveryOptions) *delivery {
	d := l.session.conn.pool.get(l)
	d.options = *o
	d.options.Tag = nil
	d.format, d.settled, d.local = o.MessageFormat, o.Settled, o.State
	if o.Tag != nil {
		d.tagLen = uint8(copy(d.tag[:], o.Tag))
		d.ownTag = true
		l.ownTags++
	} else {
		l.countTag(d)
	}
	d.buf = d.own[:0]
	l.current = d
	l.queue.pushQueued(d)
	l.queued++
	l.live.push(d)
	return d
}

// countTag makes a tag of the link's counter, without leading zeros, that no other unsettled delivery has (§2.6.12).
func (l *Link) countTag(d *delivery) {
	for {
		l.tags++
		n := uint8(1)
		for l.tags>>(8*n) != 0 && n < 8 {
			n++
		}
		for i := range n {
			d.tag[i] = byte(l.tags >> (8 * (n - 1 - i)))
		}
		d.tagLen = n
		if l.ownTags == 0 || !l.tagInUse(d.tag[:n]) {
			return // as long as the link only counts, its tags are distinct
		}
	}
}

// tagInUse reports whether an unsettled delivery of the link has the tag (§2.6.12). It looks at each of them.
func (l *Link) tagInUse(tag []byte) bool {
	for d := l.live.head; d != nil; d = d.next {
		if bytes.Equal(d.tag[:d.tagLen], tag) {
			return true
		}
	}
	return false
}

// Send sends one message: NewDelivery with tag (nil: the link counts) and settled, Write, Complete. payload is not
// kept: it is framed at once as far as credit, window and output room permit, and the rest is copied. The handle of a
// settled delivery is stale at once.
func (l *Link) Send(tag, payload []byte, settled bool) (Delivery, error) {
	const op = "Link.Send"
	c := l.session.conn
	o := DeliveryOptions{Tag: tag, Settled: settled}
	if err := l.checkDelivery(op, &o); err != nil {
		return Delivery{}, err
	}
	if err := l.checkSize(op, uint64(len(payload))); err != nil {
		return Delivery{}, err
	}
	d := l.newDelivery(&o)
	h := d.handle()
	d.buf, d.size = payload, uint64(len(payload))
	l.session.outBytes += int64(len(payload))
	l.endPayload(d)
	for l.queue.head == d && c.roomy() && l.session.window.remote > 0 && l.sendable() {
		c.sendFrame(l)
	}
	if d.queued { // else it may have been recycled
		d.own = append(d.own[:0], d.buf...)
		d.buf = d.own
		c.makeReady(l)
	}
	return h, nil
}

// checkSize refuses a message larger than the peer's max-message-size, or the own limit (§2.7.3).
func (l *Link) checkSize(op string, size uint64) error {
	limit := l.maxMessageSize()
	if a := l.remoteAttach; a != nil && a.MaxMessageSize.V != 0 && (limit == 0 || a.MaxMessageSize.V < limit) {
		limit = a.MaxMessageSize.V
	}
	if limit != 0 && size > limit {
		return &CallError{op, "the message exceeds max-message-size"}
	}
	return nil
}

// endPayload marks the end of an outgoing delivery's payload. One that is sent settled is then done with.
func (l *Link) endPayload(d *delivery) {
	d.complete = true
	l.current = nil
	if d.settled {
		l.live.remove(d)
	}
}
