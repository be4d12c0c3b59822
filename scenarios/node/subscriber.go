package node

import (
	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/record"
)

// subscriber is a receiver of a queue's messages. The first group of fields
// belongs to the queue's work queue, the second to the connection.
type subscriber struct {
	queue *queue
	conn  *record.Queue // the connection's work queue

	limit    uint64 // messages asked for since the link came
	assigned uint64 // messages handed over since then
	gone     bool

	sender *container.Sender
	c      *record.Container
	sent   uint64
	// unsettled holds what was sent and has no outcome yet, by tracker; order
	// keeps the sequence for the end of the link.
	unsettled map[*container.Tracker]*held
	order     []*container.Tracker
	closed    bool
}

// send runs on the connection.
func (s *subscriber) send(h *held) {
	if s.closed || !s.sender.Active() {
		s.returnMessage(h)
		return
	}
	t, err := s.c.Send(s.sender, h.message)
	if err != nil {
		s.returnMessage(h)
		return
	}
	s.sent++
	if t.Tag() == nil { // sent settled: nothing more will be heard of it
		return
	}
	s.unsettled[t] = h
	s.order = append(s.order, t)
}

// tellLimit reports the link's credit to the queue.
func (s *subscriber) tellLimit() {
	limit := s.sent + uint64(max(s.sender.Credit(), 0))
	s.queue.work.Add(func() { s.queue.setLimit(s, limit) })
}

// startDrain passes a drain on to the queue, which knows whether there is
// anything to send.
func (s *subscriber) startDrain() {
	s.queue.work.Add(func() { s.queue.drain(s) })
}

// returnCredit runs on the connection, behind the messages of dispatch.
func (s *subscriber) returnCredit() {
	if !s.closed && s.sender.Active() {
		s.sender.ReturnCredit()
		s.tellLimit()
	}
}

// settled notes the outcome of a message.
func (s *subscriber) settled(t *container.Tracker, accepted bool) {
	h, ok := s.unsettled[t]
	if !ok {
		return
	}
	s.forget(t)
	if h.tries++; !accepted && h.tries < MaxTries {
		s.returnMessage(h)
	}
}

func (s *subscriber) forget(t *container.Tracker) {
	delete(s.unsettled, t)
	for i, other := range s.order {
		if other == t {
			s.order = append(s.order[:i], s.order[i+1:]...)
			return
		}
	}
}

// close ends the subscription and gives back what has no outcome.
func (s *subscriber) close() {
	if s.closed {
		return
	}
	s.closed = true
	s.queue.work.Add(func() { s.queue.unsubscribe(s) })
	for _, t := range s.order {
		s.returnMessage(s.unsettled[t])
	}
	clear(s.unsettled)
	s.order = nil
}

// returnMessage gives a message back to the queue.
func (s *subscriber) returnMessage(h *held) {
	s.queue.work.Add(func() { s.queue.giveBack(h) })
}
