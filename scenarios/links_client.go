package scenarios

import (
	"fmt"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/sim/history"
)

// linkClient is the client's end of the connection. It leads each link through its
// life; all that it holds belongs to the connection.
type linkClient struct {
	quiet
	w        *linkWorld
	lanes    []*lane
	senders  map[*container.Sender]*linkLife
	receives map[*container.Receiver]*linkLife
	sessions map[*container.Session]*linkLife
}

func newLinkClient(lw *linkWorld) *linkClient {
	return &linkClient{
		w: lw, senders: make(map[*container.Sender]*linkLife), receives: make(map[*container.Receiver]*linkLife),
		sessions: make(map[*container.Session]*linkLife),
	}
}

// OnTransportError fails the run.
func (h *linkClient) OnTransportError(c *container.Connection) { h.w.broken(c) }

// OnConnectionOpen begins the lanes.
func (h *linkClient) OnConnectionOpen(c *container.Connection) {
	for i := range h.w.w.Param("lanes") {
		l := &lane{w: h.w, draw: h.w.w.Rand(fmt.Sprintf("lane-%d", i)), left: int(h.w.w.Param("rounds")), conn: c}
		h.lanes = append(h.lanes, l)
		h.w.live++
		h.begin(l)
	}
}

// begin begins a lane's next link, or ends the connection after the last one.
func (h *linkClient) begin(l *lane) {
	if l.left == 0 {
		if h.w.live--; h.w.live == 0 {
			var err *container.Error
			if l.draw.Bool(0.3) {
				err = onPurpose
			}
			h.w.client.Close(l.conn, err)
		}
		return
	}
	l.left--
	s := l.next()
	session := l.conn.DefaultSession()
	if s.own {
		session = l.conn.OpenSession(container.SessionOptions{})
		h.sessions[session] = s
	}
	if s.in {
		s.receiver = session.OpenReceiver(s.address(), container.ReceiverOptions{CreditWindow: -1})
		h.receives[s.receiver] = s
		if l.draw.Bool(0.5) {
			h.grant(s, 1+l.draw.IntN(3)) // the server may open with credit there
		}
		return
	}
	mode := container.DeliveryMode(0)
	if s.settled {
		mode = container.AtMostOnce
	}
	s.sender = session.OpenSender("in", container.SenderOptions{DeliveryMode: mode})
	h.senders[s.sender] = s
}

// next draws the lane's next link.
func (l *lane) next() *linkLife {
	d := l.draw
	s := &linkLife{
		lane: l, in: d.Bool(0.5), settled: d.Bool(0.2), own: d.Bool(0.3), end: linkEnd(d.IntN(int(linkEnds))),
		hasty: d.Bool(0.5), drains: d.Bool(0.5), count: 1 + d.IntN(int(l.w.w.Param("messages"))),
		outcomes: make(map[*container.Tracker]uint64),
	}
	s.own = s.own || s.end == endSession || s.end == endSessionErr
	switch {
	case !s.in && s.end == endByServer:
		s.end = endClose
	case s.end == endError || s.end == endSessionErr:
		s.hasty, s.settled = false, false // an end with an error drops what waits
	}
	s.first = l.w.number(s.count)
	l.life = s
	return s
}

// finish ends the life of a link whose end both sides know.
func (h *linkClient) finish(s *linkLife) {
	if s.over {
		return
	}
	s.over = true
	if s.in && s.got < s.count {
		h.w.w.Fail("LINK-2", "the link ended with %d of %d messages received", s.got, s.count)
	}
	h.begin(s.lane)
}

// finishSent ends the life of a sender. What it sent is ahead of the answer to its
// end.
func (h *linkClient) finishSent(s *linkLife) {
	if n := h.w.arrived(s.first); !s.over && n < s.sent {
		h.w.w.Fail("LINK-2", "the link ended with %d of %d messages received that were sent within credit", n, s.sent)
	}
	h.finish(s)
}

// OnSendable sends what there is credit for.
func (h *linkClient) OnSendable(s *container.Sender) {
	o := h.senders[s]
	if n := s.Credit(); n > linkWindow {
		h.w.w.Fail("ENG-4", "a sender has credit for %d messages, more than the window of any receiver", n)
	}
	for !o.ending && s.Active() && s.Credit() > 0 && o.sent < o.count {
		item := o.first + uint64(o.sent)
		t := h.w.send(h.w.client, s, item, o.first)
		if o.sent++; !o.settled {
			o.outcomes[t] = item
		}
	}
	h.endSender(o)
}

// endSender ends the link once all is sent and, unless it is hasty, has an outcome.
func (h *linkClient) endSender(o *linkLife) {
	if o.ending || o.sent < o.count || !o.hasty && len(o.outcomes) > 0 {
		return
	}
	o.ending = true
	s := o.sender
	switch o.end {
	case endError:
		s.Close(onPurpose)
	case endDetach, endReattach:
		s.Detach()
	case endSession:
		s.Session().Close(nil)
	case endSessionErr:
		s.Session().Close(onPurpose)
	default:
		s.Close(nil)
	}
}

// OnTrackerAccept checks the outcome.
func (h *linkClient) OnTrackerAccept(t *container.Tracker) { h.reported(t, accepts, accepts) }

// OnTrackerReject checks the outcome.
func (h *linkClient) OnTrackerReject(t *container.Tracker) { h.reported(t, rejects, rejects) }

// OnTrackerRelease checks the outcome, which may be modified, too.
func (h *linkClient) OnTrackerRelease(t *container.Tracker) { h.reported(t, releases, modifies) }

func (h *linkClient) reported(t *container.Tracker, a, b int) {
	item, ok := h.senders[t.Sender()].outcomes[t]
	if h.senders[t.Sender()].settled {
		h.w.w.Fail("ORD-17", "a message that was sent settled has an outcome")
	}
	if got := outcome(item); !ok || got != a && got != b {
		h.w.w.Fail("LINK-3", "message %d has another outcome than its receiver gave it", item)
	}
}

// OnTrackerSettle goes on, perhaps to the end.
func (h *linkClient) OnTrackerSettle(t *container.Tracker) {
	o := h.senders[t.Sender()]
	delete(o.outcomes, t)
	h.endSender(o)
}

// OnSenderOpen goes on with a link that has been attached again.
func (h *linkClient) OnSenderOpen(s *container.Sender) {
	if o := h.senders[s]; o.back {
		s.Close(nil)
	}
}

// OnSenderDetach closes the link, at once or after another attach.
func (h *linkClient) OnSenderDetach(s *container.Sender) {
	o := h.senders[s]
	if o.end == endReattach && !o.back {
		o.back = true
		if err := s.Open(container.SenderOptions{Target: container.TerminusOptions{Address: "in"}}); err != nil {
			h.w.w.FailError(err)
		}
		return
	}
	s.Close(nil)
}

// OnSenderClose ends the life of the link.
func (h *linkClient) OnSenderClose(s *container.Sender) { h.finishSent(h.senders[s]) }

// OnSessionClose ends the life of the link that ended with its session.
func (h *linkClient) OnSessionClose(s *container.Session) {
	if o := h.sessions[s]; o != nil && o.in {
		h.finish(o)
	} else if o != nil {
		h.finishSent(o)
	}
}

// OnReceiverOpen grants the first credit, or goes on with a link that has been
// attached again.
func (h *linkClient) OnReceiverOpen(r *container.Receiver) {
	o := h.receives[r]
	if o.back {
		r.Close(nil)
		return
	}
	if o.credit == 0 {
		h.grant(o, 1+o.lane.draw.IntN(3))
	}
}

// grant grants credit; what is granted during a drain counts from its end on.
func (h *linkClient) grant(o *linkLife, n int) {
	if err := o.receiver.AddCredit(n); err != nil {
		return // the server has closed meanwhile
	}
	if o.draining {
		o.promised += n
		return
	}
	o.credit += n
	h.noteCredit(o, n)
}

// grantSoon grants credit at once, or behind what has come already: messages beyond
// the credit would be among that.
func (h *linkClient) grantSoon(o *linkLife) {
	n := 1 + o.lane.draw.IntN(3)
	if o.lane.draw.Bool(0.5) {
		h.grant(o, n)
		return
	}
	h.w.client.Queue(o.lane.conn).Add(func() {
		if !o.over && !o.ending {
			h.grant(o, n)
		}
	})
}

func (h *linkClient) noteCredit(o *linkLife, n int) {
	rec := h.w.w.Recorder()
	rec.Note(history.Event{Name: history.NoteCredit, Link: rec.ID(history.Links, o.receiver), Count: int64(n)})
}

// OnMessage counts, and keeps the credit up.
func (h *linkClient) OnMessage(d *container.Delivery, m *container.Message) {
	o := h.receives[d.Receiver()]
	h.w.received(m)
	o.got++
	o.credit--
	switch {
	case o.got == o.count:
		h.endReceiver(o)
	case o.draining:
	case o.drains && o.credit > 0 && o.lane.draw.Bool(0.5):
		h.drain(o)
	case o.credit == 0:
		h.grantSoon(o)
	}
}

// drain asks for the credit back and, now and then, grants some already.
func (h *linkClient) drain(o *linkLife) {
	if err := o.receiver.Drain(); err != nil {
		return
	}
	o.draining = true
	if o.lane.draw.Bool(0.5) {
		h.grant(o, 1+o.lane.draw.IntN(2))
	}
}

// OnReceiverDrainFinish grants new credit, unless some was granted meanwhile.
func (h *linkClient) OnReceiverDrainFinish(r *container.Receiver) {
	o := h.receives[r]
	o.draining, o.credit = false, o.promised
	if o.promised > 0 {
		h.noteCredit(o, o.promised)
	}
	o.promised = 0
	switch {
	case o.got == o.count:
		h.endReceiver(o)
	case o.credit == 0:
		h.grantSoon(o)
	}
}

// endReceiver ends the link once all has come and no drain is under way.
func (h *linkClient) endReceiver(o *linkLife) {
	if o.ending || o.draining || o.end == endByServer {
		return
	}
	o.ending = true
	r := o.receiver
	switch o.end {
	case endError:
		r.Close(onPurpose)
	case endDetach, endReattach:
		r.Detach()
	case endSession:
		r.Session().Close(nil)
	case endSessionErr:
		r.Session().Close(onPurpose)
	default:
		r.Close(nil)
	}
}

// OnReceiverDetach closes the link, at once or after another attach.
func (h *linkClient) OnReceiverDetach(r *container.Receiver) {
	o := h.receives[r]
	if o.end == endReattach && !o.back {
		o.back = true
		if err := r.Open(container.ReceiverOptions{CreditWindow: -1, Source: container.TerminusOptions{Address: o.address()}}); err != nil {
			h.w.w.FailError(err)
		}
		return
	}
	r.Close(nil)
}

// OnReceiverClose ends the life of the link.
func (h *linkClient) OnReceiverClose(r *container.Receiver) { h.finish(h.receives[r]) }
