package check

import "github.com/collider-amqp/collider/sim/history"

// message is what the scenario noted of a message.
type message struct {
	item     uint64
	link     uint32 // of the last NoteSent
	sent     int
	settled  bool // sent settled
	received int
	lastSent uint64
	lastRecv uint64
	accepted uint64
}

// note judges a scenario's note.
func (c *Checker) note(e *history.Event) {
	switch e.Name {
	case history.NoteSent, history.NoteSentSettled:
		m := c.messageOf(e.Item)
		m.sent, m.lastSent, m.link = m.sent+1, e.Seq, e.Link
		if e.Name == history.NoteSentSettled {
			m.settled = true
			c.settledAt.put(e.Link, e.Item, int32(e.Seq))
		}
	case history.NoteAccepted:
		m := c.messageOf(e.Item)
		if m.accepted == 0 {
			m.accepted = e.Seq
		}
	case history.NoteReceived:
		c.receive(e)
	case history.NoteCredit:
		l := &c.links[e.Link]
		l.counted, l.drained, l.credit = true, false, l.credit+e.Count
	case history.NoteCreditReset:
		l := &c.links[e.Link]
		l.counted, l.drained, l.credit = true, false, e.Count
	case history.NoteForgot:
		c.links[e.Link].forgot = e.Seq
	case history.NoteCrashed:
		c.crash(e)
	case history.NoteClock:
		c.containers[c.containerOf(e)].drift = e.Count
	case history.NoteFinished:
		c.finished = e.Seq
	}
}

func (c *Checker) messageOf(item uint64) *message {
	i := c.messageAt.get(0, item)
	if i < 0 {
		i = int32(len(c.messages))
		c.messages = append(c.messages, message{item: item})
		c.messageAt.put(0, item, i)
	}
	return &c.messages[i]
}

// receive judges the receipt of a message.
func (c *Checker) receive(e *history.Event) {
	m := c.messageOf(e.Item)
	m.received++
	switch {
	case m.sent == 0:
		c.fail(rDELIVERY3, []uint64{e.Seq}, "message %d was received and not sent", e.Item)
	case m.received > m.sent:
		c.fail(rDELIVERY2, []uint64{m.lastSent, m.lastRecv, e.Seq}, "message %d was sent %d times and received %d times", e.Item, m.sent, m.received)
	}
	m.lastRecv = e.Seq
}

// finishMessages demands, at the end that the scenario planned, that accepted
// messages have arrived.
func (c *Checker) finishMessages() {
	if c.finished == 0 {
		return
	}
	for i := range c.messages {
		m := &c.messages[i]
		if m.lastSent < max(c.links[0].forgot, c.links[m.link].forgot) {
			continue
		}
		if m.accepted != 0 && m.received == 0 {
			c.fail(rDELIVERY1, []uint64{m.lastSent, m.accepted, c.finished}, "message %d was accepted and never received", m.item)
		}
	}
}

// useCredit judges a message against the credit of its link.
func (c *Checker) useCredit(e *history.Event) {
	l := &c.links[e.Link]
	if e.Link == 0 || !l.counted {
		return
	}
	l.credit--
	switch {
	case l.credit >= 0:
	case l.drained:
		c.fail(rORD15, []uint64{e.Seq}, "a message came on link %d after on_receiver_drain_finish, without new credit", e.Link)
	default:
		c.fail(rCREDIT1, []uint64{e.Seq}, "message on link %d without credit: %d too many", e.Link, -l.credit)
	}
}

// drained takes note that a drain has used up the credit.
func (c *Checker) drained(e *history.Event) {
	if l := &c.links[e.Link]; l.counted {
		l.credit, l.drained = 0, true
	}
}

// tracker judges a callback about an outgoing message (ORD-16, ORD-17).
func (c *Checker) tracker(e *history.Event, cl class) {
	if c.settledAt.used > 0 {
		if n := c.settledAt.get(e.Link, e.Item); n >= 0 {
			c.fail(rORD17, []uint64{uint64(n), e.Seq}, "%s came for message %d of link %d, which was sent settled", e.Name, e.Item, e.Link)
		}
	}
	if e.Item == 0 {
		return // the recorder cannot tell the trackers apart
	}
	key := e.Item<<1 | uint64(cl&1)
	if n := c.trackerAt.get(e.Link, key); n >= 0 {
		c.fail(rORD16, []uint64{uint64(n), e.Seq}, "%s of message %d of link %d came after %s", e.Name, e.Item, e.Link, c.h.At(uint64(n)).Name)
		return
	}
	c.trackerAt.put(e.Link, key, int32(e.Seq))
}
