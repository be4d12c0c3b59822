package node

import (
	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/record"
)

// Sink accepts every message and keeps none. Its zero value is ready.
type Sink struct {
	container.BaseHandler
}

// OnError ignores errors: a connection that fails is the client's affair.
func (Sink) OnError(*container.Connection, error) {}

// OnReceiverOpen takes any link with a wide window.
func (Sink) OnReceiverOpen(r *container.Receiver) {
	if r.Uninitialized() {
		r.Open(container.ReceiverOptions{CreditWindow: 1000})
	}
}

// Source sends messages to whoever asks for them, as many as there is credit
// for. The body of a message is its number on the link, from 1.
type Source struct {
	container.BaseHandler
	c    *record.Container
	sent map[*container.Sender]uint64
}

// NewSource returns the handler of one connection to a source on c.
func NewSource(c *record.Container) *Source {
	return &Source{c: c, sent: make(map[*container.Sender]uint64)}
}

// OnError ignores errors: a connection that fails is the client's affair.
func (*Source) OnError(*container.Connection, error) {}

// OnSendable uses the credit. A batch is bounded, so that a receiver with credit
// without end does not hold the connection.
func (h *Source) OnSendable(s *container.Sender) { h.send(s) }

// OnTrackerSettle goes on with what credit is left.
func (h *Source) OnTrackerSettle(t *container.Tracker) { h.send(t.Sender()) }

// sourceBatch bounds the messages that wait in one link for the peer's reading.
const sourceBatch = 100

func (h *Source) send(s *container.Sender) {
	for range sourceBatch {
		if s.Credit() <= 0 || !s.Active() {
			return
		}
		h.sent[s]++
		m := container.NewMessage(h.sent[s])
		m.SetID(h.sent[s])
		if _, err := h.c.Send(s, m); err != nil {
			return
		}
	}
}

// OnSenderClose forgets the link.
func (h *Source) OnSenderClose(s *container.Sender) { delete(h.sent, s) }

// Echo sends each message back on its connection: to the link that asks for
// messages from the message's reply-to address or, without one, from the address
// that the message was sent to. A message for which there is no such link is
// released.
type Echo struct {
	container.BaseHandler
	c    *record.Container
	back map[string]*container.Sender
}

// NewEcho returns the handler of one connection to an echo on c.
func NewEcho(c *record.Container) *Echo {
	return &Echo{c: c, back: make(map[string]*container.Sender)}
}

// OnError ignores errors: a connection that fails is the client's affair.
func (*Echo) OnError(*container.Connection, error) {}

// OnSenderOpen takes a link that waits for echoes.
func (h *Echo) OnSenderOpen(s *container.Sender) {
	if !s.Uninitialized() {
		return
	}
	address := s.Source()
	if src := s.RemoteSource(); src != nil && src.Dynamic {
		address = s.Name() + "/echo"
	}
	h.back[address] = s
	s.Open(container.SenderOptions{Source: container.TerminusOptions{Address: address}})
}

// OnReceiverOpen takes a link that brings messages; its handler settles them.
func (h *Echo) OnReceiverOpen(r *container.Receiver) {
	if r.Uninitialized() {
		r.Open(container.ReceiverOptions{ManualAccept: true})
	}
}

// OnMessage sends the message back.
func (h *Echo) OnMessage(d *container.Delivery, m *container.Message) {
	address := d.Receiver().Target()
	if m.Properties != nil && m.Properties.ReplyTo.V != "" {
		address = m.Properties.ReplyTo.V
	}
	s := h.back[address]
	if s == nil || !s.Active() {
		d.Release()
		return
	}
	if m.Properties != nil && m.Properties.CorrelationID == nil {
		m.Properties.CorrelationID = m.Properties.MessageID
	}
	h.c.Send(s, m)
	d.Accept()
}

// OnSenderClose forgets the link.
func (h *Echo) OnSenderClose(s *container.Sender) {
	for address, other := range h.back {
		if other == s {
			delete(h.back, address)
		}
	}
}
