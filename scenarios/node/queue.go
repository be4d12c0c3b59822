package node

import (
	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/record"
)

// queue holds messages for its subscribers, in the order in which they came. It
// lives in its own work queue: every method but the constructor runs there.
type queue struct {
	name    string
	work    *record.Queue
	waiting []*held
	subs    []*subscriber
	next    int // subscriber to be served next
	seq     uint64
}

// held is a message that the broker has taken responsibility for.
type held struct {
	message *container.Message
	seq     uint64 // order of arrival
	tries   uint32 // deliveries that did not end in acceptance
}

func newQueue(name string, work *record.Queue) *queue { return &queue{name: name, work: work} }

// post takes a new message.
func (q *queue) post(m *container.Message) {
	q.seq++
	q.waiting = append(q.waiting, &held{message: m, seq: q.seq})
	q.dispatch()
}

// giveBack puts a message that was not accepted where it came from in the order.
func (q *queue) giveBack(h *held) {
	i := len(q.waiting)
	for i > 0 && q.waiting[i-1].seq > h.seq {
		i--
	}
	q.waiting = append(q.waiting, nil)
	copy(q.waiting[i+1:], q.waiting[i:])
	q.waiting[i] = h
	q.dispatch()
}

func (q *queue) subscribe(s *subscriber) {
	q.subs = append(q.subs, s)
	q.dispatch()
}

func (q *queue) unsubscribe(s *subscriber) {
	for i, other := range q.subs {
		if other == s {
			q.subs = append(q.subs[:i], q.subs[i+1:]...)
			break
		}
	}
	q.next = 0
	s.gone = true
	q.dispatch()
}

// setLimit says how many messages in all the subscriber has asked for since it
// came. The number may go down when credit is returned.
func (q *queue) setLimit(s *subscriber, limit uint64) {
	s.limit = limit
	q.dispatch()
}

// drain answers a receiver that wants its credit used or returned: what waits has
// been handed out before, so the rest can be returned.
func (q *queue) drain(s *subscriber) {
	q.dispatch()
	s.conn.Add(s.returnCredit)
}

// dispatch hands waiting messages to subscribers that have asked for them, in
// turn.
func (q *queue) dispatch() {
	for len(q.waiting) > 0 {
		s := q.ready()
		if s == nil {
			return
		}
		h := q.waiting[0]
		q.waiting = q.waiting[1:]
		s.assigned++
		if !s.conn.Add(func() { s.send(h) }) {
			q.waiting = append([]*held{h}, q.waiting...)
			s.gone = true // its connection has ended; it unsubscribes by itself
		}
	}
}

// ready returns the next subscriber that wants a message, or nil.
func (q *queue) ready() *subscriber {
	for range q.subs {
		s := q.subs[q.next%len(q.subs)]
		q.next = (q.next + 1) % len(q.subs)
		if !s.gone && s.assigned < s.limit {
			return s
		}
	}
	return nil
}
