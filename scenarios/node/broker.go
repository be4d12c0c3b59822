package node

import (
	"fmt"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/record"
	"github.com/collider-amqp/collider/container/wire"
)

// MaxTries is how often a message is delivered that nobody accepts before the
// broker drops it.
const MaxTries = 5

// Broker keeps messages in memory in queues, which come to be when a link first
// names them. Messages are accepted once they are queued, handed to one receiver
// each, and queued again if that receiver goes away or does not accept them. A
// receiver may ask for a dynamic node (§3.5.3).
//
// Its handlers run on any connection of its container, and its queues in the
// container's domain.
type Broker struct {
	c      *record.Container
	work   *record.Queue // serial domain of queues
	queues map[string]*queue
	count  int // of dynamic nodes
}

// NewBroker returns a broker on c. Listen with its ConnectionOptions.
func NewBroker(c *record.Container) *Broker {
	return &Broker{c: c, work: c.NewQueue(), queues: make(map[string]*queue)}
}

// ConnectionOptions returns what a connection to the broker is accepted with.
func (b *Broker) ConnectionOptions() container.ConnectionOptions {
	return container.ConnectionOptions{
		Handler:             newBrokerConn(b),
		OfferedCapabilities: []container.Symbol{"ANONYMOUS-RELAY"},
	}
}

// find calls then, in the broker's domain, with the queue of that name.
func (b *Broker) find(name string, then func(*queue)) {
	b.work.Add(func() {
		q, ok := b.queues[name]
		if !ok {
			q = newQueue(name, b.work)
			b.queues[name] = q
		}
		then(q)
	})
}

// create calls then with a new queue of a name of its own.
func (b *Broker) create(then func(*queue)) {
	b.work.Add(func() {
		b.count++
		name := fmt.Sprintf("dynamic-%d", b.count)
		q := newQueue(name, b.work)
		b.queues[name] = q
		then(q)
	})
}

// brokerConn is the handler of one connection of the broker.
type brokerConn struct {
	container.BaseHandler
	b    *Broker
	subs map[*container.Sender]*subscriber
	// order keeps the subscribers in the order in which they came.
	order []*subscriber
}

func newBrokerConn(b *Broker) *brokerConn {
	return &brokerConn{b: b, subs: make(map[*container.Sender]*subscriber)}
}

// OnError ignores errors: a connection that fails is the client's affair.
func (*brokerConn) OnError(*container.Connection, error) {}

// OnReceiverOpen takes a link that brings messages. Without an address each
// message names its own in its To field.
func (h *brokerConn) OnReceiverOpen(r *container.Receiver) {
	if !r.Uninitialized() {
		return
	}
	if r.RemoteTarget() == nil {
		r.Close(&container.Error{Condition: wire.ConditionNotImplemented, Description: "the target is no node: the broker has no transaction coordinator and takes no null target"})
		return
	}
	r.Open(container.ReceiverOptions{ManualAccept: true, CreditWindow: 100})
}

// OnMessage queues a message and accepts it.
func (h *brokerConn) OnMessage(d *container.Delivery, m *container.Message) {
	address := d.Receiver().Target()
	if address == "" && m.Properties != nil {
		address = m.Properties.To.V
	}
	if address == "" {
		d.Reject(&container.Error{Condition: wire.ConditionPreconditionFailed, Description: "neither the link nor the message names a node"})
		return
	}
	kept := m.Clone()
	h.b.find(address, func(q *queue) { q.post(kept) })
	d.Accept()
}

// OnSenderOpen takes a link that asks for messages. It is opened once the queue
// is known, in the connection's own domain.
func (h *brokerConn) OnSenderOpen(s *container.Sender) {
	if !s.Uninitialized() {
		return
	}
	src := s.RemoteSource()
	conn := h.b.c.Queue(s.Connection())
	bind := func(q *queue) { conn.Add(func() { h.subscribe(s, q, conn) }) }
	switch {
	case src == nil || src.Address.V == "" && !src.Dynamic:
		s.Close(&container.Error{Condition: wire.ConditionInvalidField, Description: "the source names no node"})
	case src.Dynamic:
		h.b.create(bind)
	default:
		h.b.find(src.Address.V, bind)
	}
}

// subscribe runs on the connection once the queue is known.
func (h *brokerConn) subscribe(s *container.Sender, q *queue, conn *record.Queue) {
	if !s.Uninitialized() || s.Closed() || !s.Session().Active() {
		return // it has gone meanwhile
	}
	sub := &subscriber{queue: q, conn: conn, sender: s, c: h.b.c, unsettled: make(map[*container.Tracker]*held)}
	h.subs[s] = sub
	h.order = append(h.order, sub)
	s.Open(container.SenderOptions{Source: container.TerminusOptions{Address: q.name}})
	q.work.Add(func() { q.subscribe(sub) })
}

// OnSendable passes the link's credit on.
func (h *brokerConn) OnSendable(s *container.Sender) {
	if sub := h.subs[s]; sub != nil {
		sub.tellLimit()
	}
}

// OnSenderDrainStart passes a drain on.
func (h *brokerConn) OnSenderDrainStart(s *container.Sender) {
	if sub := h.subs[s]; sub != nil {
		sub.startDrain()
	}
}

// OnTrackerAccept ends the broker's responsibility for a message.
func (h *brokerConn) OnTrackerAccept(t *container.Tracker) { h.outcome(t, true) }

// OnTrackerReject drops the message, as the receiver calls it invalid (§3.4.3).
func (h *brokerConn) OnTrackerReject(t *container.Tracker) { h.outcome(t, true) }

// OnTrackerRelease queues the message again.
func (h *brokerConn) OnTrackerRelease(t *container.Tracker) { h.outcome(t, false) }

func (h *brokerConn) outcome(t *container.Tracker, done bool) {
	if sub := h.subs[t.Sender()]; sub != nil {
		sub.settled(t, done)
	}
}

// OnSenderClose ends a subscription.
func (h *brokerConn) OnSenderClose(s *container.Sender) { h.drop(s) }

// OnSenderDetach ends a subscription: the broker keeps no link state.
func (h *brokerConn) OnSenderDetach(s *container.Sender) { h.drop(s) }

// OnSessionClose ends the subscriptions of a session.
func (h *brokerConn) OnSessionClose(s *container.Session) {
	for _, sub := range h.order {
		if sub.sender.Session() == s {
			sub.close()
		}
	}
}

// OnTransportClose ends what is left.
func (h *brokerConn) OnTransportClose(*container.Connection) {
	for _, sub := range h.order {
		sub.close()
	}
	clear(h.subs)
	h.order = nil
}

func (h *brokerConn) drop(s *container.Sender) {
	sub := h.subs[s]
	if sub == nil {
		return
	}
	sub.close()
	delete(h.subs, s)
	for i, other := range h.order {
		if other == sub {
			h.order = append(h.order[:i], h.order[i+1:]...)
			return
		}
	}
}
