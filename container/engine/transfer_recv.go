package engine

import (
	"bytes"

	"github.com/collider-amqp/collider/container/wire"
)

// onTransfer handles a transfer frame (§2.7.5).
func (s *Session) onTransfer(t *wire.Transfer, payload []byte) {
	if !s.receive.onTransfer() {
		s.fail("2.5.6", wire.ConditionSessionWindowViolation, "a transfer beyond the incoming-window")
		return
	}
	l := at(s.remoteHandles, int(t.Handle))
	switch {
	case l == nil:
		s.failHandle("transfer", t.Handle)
	case l.role == wire.RoleSender:
		l.fail("2.6.12", wire.ConditionNotAllowed, "a transfer to a sender")
		s.skipTransfer(t)
	case l.local == Detached || l.local == Closed:
		// Under way when this end was detached: of no effect beyond the numbering (§2.6.5).
		s.skipTransfer(t)
	default:
		l.receiveTransfer(t, payload)
	}
	s.checkWindow()
}

// skipTransfer keeps the delivery-ids of the session in step with a transfer that is ignored.
func (s *Session) skipTransfer(t *wire.Transfer) {
	if t.DeliveryID.Set && s.gotAny && SerialNumber(t.DeliveryID.V) == s.nextGot {
		s.nextGot++
	}
}

func (l *Link) receiveTransfer(t *wire.Transfer, payload []byte) {
	d := l.current
	if d == nil {
		if d = l.firstTransfer(t); d == nil {
			return
		}
	} else if !l.checkContinuation(d, t) {
		return
	}
	if !l.checkModes(d, t) {
		return
	}
	if t.Settled.V {
		// §2.7.5: true on any transfer of the delivery settles it.
		d.settleRemotely()
	}
	if t.State != nil {
		d.setRemoteState(t.State)
	}
	if t.Aborted {
		l.abortCurrent() // §2.7.5: takes precedence over more
		return
	}
	if !l.keepPayload(d, payload) {
		return
	}
	if t.More {
		l.push(DeliveryPartial, d)
		return
	}
	l.completeCurrent(t)
}

// firstTransfer begins a delivery; nil if the transfer breaks a rule.
func (l *Link) firstTransfer(t *wire.Transfer) *delivery {
	s := l.session
	id := SerialNumber(t.DeliveryID.V)
	switch {
	case !t.DeliveryID.Set:
		s.fail("2.7.5", wire.ConditionInvalidField, "the first transfer of a delivery has no delivery-id")
		return nil
	case s.gotAny && id != s.nextGot:
		// §2.6.12: delivery-ids of a session count up by one.
		s.fail("2.6.12", wire.ConditionInvalidField, "delivery-id %d, want %d", id, s.nextGot)
		return nil
	case s.received.full(id):
		s.fail("2.6.12", wire.ConditionResourceLimitExceeded, "delivery-id %d is not comparable with the oldest unsettled one", id)
		return nil
	}
	s.nextGot, s.gotAny = id+1, true
	switch {
	case t.DeliveryTag == nil:
		l.fail("2.7.5", wire.ConditionInvalidField, "the first transfer of a delivery has no delivery-tag")
		return nil
	case len(t.DeliveryTag) > maxTag:
		l.fail("2.8.7", wire.ConditionInvalidField, "a delivery-tag of %d octets", len(t.DeliveryTag))
		return nil
	case !t.MessageFormat.Set:
		l.fail("2.7.5", wire.ConditionInvalidField, "the first transfer of a delivery has no message-format")
		return nil
	case !l.recv.onDelivery():
		l.fail("2.6.7", wire.ConditionLinkTransferLimitExceeded, "a delivery beyond the link-credit")
		return nil
	}
	return l.newIncoming(id, t)
}

func (l *Link) newIncoming(id SerialNumber, t *wire.Transfer) *delivery {
	s := l.session
	d := s.conn.pool.get(l)
	d.id, d.started = id, true
	d.tagLen = uint8(copy(d.tag[:], t.DeliveryTag))
	d.format, d.resumed = t.MessageFormat.V, t.Resume
	d.rcvMode = l.RcvSettleMode()
	d.buf = d.own[:0]
	d.current = true
	l.current = d
	l.live.push(d)
	s.received.push(d)
	s.receive.pending++
	return d
}

// checkContinuation checks a later transfer of a delivery: what it repeats must be what the first one said (§2.7.5).
// A transfer that begins another delivery is such a fault too: deliveries of a link must not be interleaved (§2.6.14).
func (l *Link) checkContinuation(d *delivery, t *wire.Transfer) bool {
	switch {
	case t.DeliveryID.Set && SerialNumber(t.DeliveryID.V) != d.id:
		l.session.skipTransfer(t)
		l.fail("2.7.5", wire.ConditionInvalidField, "delivery-id %d within delivery %d", t.DeliveryID.V, d.id)
	case t.DeliveryTag != nil && !bytes.Equal(t.DeliveryTag, d.tag[:d.tagLen]):
		l.fail("2.7.5", wire.ConditionInvalidField, "another delivery-tag within delivery %d", d.id)
	case t.MessageFormat.Set && t.MessageFormat.V != d.format:
		l.fail("2.7.5", wire.ConditionInvalidField, "another message-format within delivery %d", d.id)
	default:
		return true
	}
	return false
}

// checkModes checks a transfer against the link's settlement modes, and takes the delivery's own one.
func (l *Link) checkModes(d *delivery, t *wire.Transfer) bool {
	if t.Settled.V && !t.Aborted && l.SndSettleMode() == wire.SenderSettleModeUnsettled {
		l.fail("2.8.2", wire.ConditionInvalidField, "a settled delivery from a sender in snd-settle-mode unsettled")
		return false
	}
	if !t.RcvSettleMode.Set || d.remoteSettled || t.Settled.V {
		return true // §2.7.5: without meaning for a settled delivery
	}
	if t.RcvSettleMode.V == wire.ReceiverSettleModeSecond && l.RcvSettleMode() == wire.ReceiverSettleModeFirst {
		l.fail("2.7.5", wire.ConditionInvalidField, "rcv-settle-mode second on a link in mode first")
		return false
	}
	d.rcvMode = t.RcvSettleMode.V
	return true
}

// keepPayload adds to the payload of a delivery, unless the caller has settled it already. It returns false if the
// message exceeds max-message-size (§2.7.3).
func (l *Link) keepPayload(d *delivery, payload []byte) bool {
	d.size += uint64(len(payload))
	if limit := l.maxMessageSize(); limit != 0 && d.size > limit {
		l.fail("2.7.3", wire.ConditionLinkMessageSizeExceeded, "a message of more than %d octets", limit)
		return false
	}
	if d.live && len(payload) > 0 {
		d.append(payload)
		l.session.receive.kept += int64(len(payload))
	}
	return true
}

// completeCurrent ends the delivery under way with its last transfer.
func (l *Link) completeCurrent(t *wire.Transfer) {
	s, d := l.session, l.current
	if !d.remoteSettled && l.SndSettleMode() == wire.SenderSettleModeSettled {
		l.fail("2.8.2", wire.ConditionInvalidField, "an unsettled delivery from a sender in snd-settle-mode settled")
		return
	}
	d.complete = true
	if d.live {
		d.counted = true
		s.receive.unread += int64(len(d.buf))
	}
	l.push(DeliveryReceived, d)
	l.endCurrent()
}

// abortCurrent ends the delivery under way as if it had been settled (§2.7.5).
func (l *Link) abortCurrent() {
	d := l.current
	d.aborted = true
	d.dropPayload()
	d.settleRemotely()
	l.push(DeliveryAborted, d)
	l.endCurrent()
}

// dropCurrent forgets the beginning of an incoming delivery whose end will not come.
func (l *Link) dropCurrent() {
	if l.role == wire.RoleReceiver && l.current != nil {
		l.current.dropPayload()
		l.endCurrent()
	}
}

func (l *Link) endCurrent() {
	d := l.current
	d.current = false
	l.current = nil
	l.session.conn.pool.recycle(d)
	l.checkDrained()
}

// push raises an event of a delivery, unless the caller has settled it already.
func (l *Link) push(t EventType, d *delivery) {
	if d.live {
		l.session.conn.push(Event{Type: t, Session: l.session, Link: l, Delivery: d.handle()})
	}
}

// settleRemotely notes that the peer has settled the delivery: dispositions find it no more.
func (d *delivery) settleRemotely() {
	d.remoteSettled = true
	d.link.session.table(d.link.role).remove(d)
}

// table returns the session's deliveries of links with this local role.
func (s *Session) table(role wire.Role) *deliveryTable {
	if role == wire.RoleSender {
		return &s.sent
	}
	return &s.received
}

// append adds to the payload that is kept, reusing the memory before it.
func (d *delivery) append(p []byte) {
	off := len(d.own) - len(d.buf)
	if off > len(d.buf) {
		d.own = d.own[:copy(d.own, d.buf)]
		off = 0
	}
	d.own = append(d.own, p...)
	d.buf = d.own[off:]
}

// dropPayload lets go of an incoming delivery's payload.
func (d *delivery) dropPayload() { d.consume(len(d.buf)) }

// consume drops the first n octets of an incoming delivery's payload and their place in the receive window.
func (d *delivery) consume(n int) {
	r := &d.link.session.receive
	r.kept -= int64(n)
	if d.counted {
		r.unread -= int64(n)
	}
	d.buf = d.buf[n:]
	if len(d.buf) == 0 {
		d.own = d.own[:0]
		d.buf = d.own
	}
}
