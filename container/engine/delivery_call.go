package engine

import "github.com/collider-amqp/collider/container/wire"

// The calls on a delivery. Getters are in delivery.go.

// need returns the delivery if the handle is good and the delivery goes the wanted way.
func (d Delivery) need(op string, outgoing bool) (*delivery, error) {
	p := d.get()
	switch {
	case p == nil:
		return nil, &CallError{op, "the delivery is settled"}
	case p.outgoing() != outgoing && outgoing:
		return nil, &CallError{op, "the delivery is incoming"}
	case p.outgoing() != outgoing:
		return nil, &CallError{op, "the delivery is outgoing"}
	}
	return p, nil
}

// Payload returns what is kept of an incoming delivery's payload: all that has come, less what Consume and Take took.
// It aliases the engine's memory until the next Receive, Consume, Take or Settle.
func (d Delivery) Payload() []byte {
	if p := d.get(); p != nil && !p.outgoing() {
		return p.buf
	}
	return nil
}

// Consume drops the first n octets of Payload (at most all), which makes room in the session's incoming bytes.
func (d Delivery) Consume(n int) {
	if p := d.get(); p != nil && !p.outgoing() && n > 0 {
		p.consume(min(n, len(p.buf)))
		p.link.session.checkWindow()
	}
}

// Take returns what Payload returns and leaves it to the caller for good: the engine forgets it, as Consume does.
func (d Delivery) Take() []byte {
	p := d.get()
	if p == nil || p.outgoing() {
		return nil
	}
	b := p.buf
	p.consume(len(b))
	p.own, p.buf = nil, nil
	p.link.session.checkWindow()
	return b
}

// Write adds b to the payload of an outgoing delivery, which is copied; what is there is sent with the next output, as
// far as credit and window permit. It fails with a *CallError if the delivery is complete, the link is not open for
// sending, or the message grows beyond the peer's max-message-size (§2.7.3).
func (d Delivery) Write(b []byte) error {
	const op = "Delivery.Write"
	p, err := d.need(op, true)
	if err != nil {
		return err
	}
	if err := p.checkOpen(op); err != nil {
		return err
	}
	if err := p.link.checkSize(op, p.size+uint64(len(b))); err != nil {
		return err
	}
	p.append(b)
	p.size += uint64(len(b))
	p.link.session.outBytes += int64(len(b))
	p.link.session.conn.makeReady(p.link)
	return nil
}

// checkOpen checks that an outgoing delivery is still being written.
func (d *delivery) checkOpen(op string) error {
	switch {
	case d.complete || d.aborted:
		return &CallError{op, "the delivery is complete"}
	case !d.link.openForSending():
		return &CallError{op, "the link is not open for sending"}
	}
	return nil
}

// Complete ends the payload of an outgoing delivery. A delivery sent settled is then done with.
func (d Delivery) Complete() error {
	const op = "Delivery.Complete"
	p, err := d.need(op, true)
	if err != nil {
		return err
	}
	if err := p.checkOpen(op); err != nil {
		return err
	}
	p.link.endPayload(p)
	p.link.session.conn.makeReady(p.link)
	return nil
}

// Abort ends an outgoing delivery that is not complete: the receiver forgets it (§2.6.14). Nothing is sent if its
// first transfer has not been sent yet. The handle is then stale.
func (d Delivery) Abort() error {
	const op = "Delivery.Abort"
	p, err := d.need(op, true)
	if err != nil {
		return err
	}
	if p.complete {
		return &CallError{op, "the delivery is complete"}
	}
	l := p.link
	l.live.remove(p)
	if !p.queued || !p.started {
		l.cancel(p)
		return nil
	}
	p.aborted = true
	l.session.outBytes -= int64(len(p.buf))
	p.buf = nil
	l.current = nil
	l.session.conn.makeReady(l)
	return nil
}

// cancel takes a delivery that the peer knows nothing of, or whose link is gone, out of the queue's end.
func (l *Link) cancel(d *delivery) {
	if d.queued {
		l.queue.dropLast(d)
		l.queued--
		l.session.outBytes -= int64(len(d.buf))
	}
	if l.current == d {
		l.current = nil
	}
	l.session.sent.remove(d)
	l.session.conn.pool.recycle(d)
}

// Update sets the local state. It is sent with the next output, merged with the settlement if there is one by then and
// with equal states of neighbouring deliveries (§2.7.6). A terminal state cannot be changed (§3.4).
func (d Delivery) Update(state wire.DeliveryState) error {
	const op = "Delivery.Update"
	p := d.get()
	if p == nil {
		return &CallError{op, "the delivery is settled"}
	}
	if isTerminal(p.local) && !sameState(p.local, state) {
		return &CallError{op, "the state is terminal"}
	}
	if err := checkState(op, state); err != nil {
		return err
	}
	p.local = state
	if p.started && !p.remoteSettled {
		p.link.session.wantUpdate(p)
	}
	return nil
}

// Settle settles the delivery locally: the engine tells the peer if it needs to know, and forgets the delivery; the
// handle is then stale. An outgoing delivery must be complete; if it has not been sent, it is sent settled where the
// link's snd-settle-mode permits. Settling an incoming delivery that is not complete drops the rest of it. A receiver
// in rcv-settle-mode second sends its state at once but settles only when the sender has (§2.6.12), by itself.
func (d Delivery) Settle() error {
	const op = "Delivery.Settle"
	p := d.get()
	if p == nil {
		return &CallError{op, "the delivery is settled"}
	}
	if p.outgoing() {
		if !p.complete && p.queued {
			return &CallError{op, "the delivery is not complete"}
		}
		p.settleSent()
		return nil
	}
	p.settleReceived()
	return nil
}

func (d *delivery) settleSent() {
	l := d.link
	l.live.remove(d)
	switch {
	case d.queued && l.SndSettleMode() == wire.SenderSettleModeUnsettled:
		d.settleLater = true // §2.8.2: none of its transfers may say settled
	case d.queued:
		d.settled = true
	default:
		d.settleNow()
	}
}

func (d *delivery) settleReceived() {
	l := d.link
	l.live.remove(d)
	d.dropPayload()
	if d.rcvMode == wire.ReceiverSettleModeSecond && d.tracked && l.session.canUpdate(d) {
		d.settleLater = true // §2.6.12: the receiver settles after the sender
		return
	}
	d.settleNow()
	l.session.checkWindow()
}

// settleNow tells the peer of the settlement, if the peer has not settled first and can still be told.
func (d *delivery) settleNow() {
	s := d.link.session
	d.settled = true
	if d.tracked && s.canUpdate(d) {
		s.wantUpdate(d)
		return
	}
	s.table(d.link.role).remove(d)
	s.conn.pool.recycle(d)
}
