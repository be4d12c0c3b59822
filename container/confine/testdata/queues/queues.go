// Package queues breaks the rules in work functions and scheduled functions.
package queues

import (
	"time"

	"github.com/collider-amqp/collider/container"
)

type bridge struct {
	in, out *container.Connection
	sender  *container.Sender
	shared  *container.WorkQueue
}

func (b *bridge) start(c *container.Container) {
	c.Schedule(time.Second, func() { b.sender.Send(container.NewMessage("tick")) }) // want `Sender.Send in a function of Container.Schedule: .* \(SCHED-11\); add work to its WorkQueue`
	c.Schedule(time.Second, b.tick)                                                 // want `Sender.Credit by way of tick in a function of Container.Schedule`
	c.Schedule(time.Second, func() {
		b.sender.WorkQueue().Add(func() { b.sender.Send(container.NewMessage("tick")) })
		b.out.Wake()
	})
	b.shared = c.NewWorkQueue()
	b.shared.Add(func() { b.in.Close(nil) }) // want `Connection.Close in work of a free-standing queue`
	q := c.NewWorkQueue()
	q.Schedule(time.Second, func() { b.in.Close(nil) }) // want `Connection.Close in work of a free-standing queue`
}

func (b *bridge) tick() { b.sender.Credit() } // want tick:`uses Sender.Credit`

func (b *bridge) crossed() {
	b.in.WorkQueue().Add(func() {
		b.in.Close(nil)
		b.out.Close(nil) // want `Connection.Close in work of another connection \(OWN-2\); add work to the WorkQueue of its own`
		b.sender.Detach()
	})
	q := b.out.WorkQueue()
	q.Schedule(time.Second, func() {
		b.out.DefaultSession().Close(nil)
		b.in.DefaultSession().Close(nil) // want `Session.Close in work of another connection`
	})
}

type hub struct {
	container.BaseHandler
	conns map[*container.Connection]string
	order []*container.Connection
}

func (h *hub) OnConnectionOpen(c *container.Connection) { // want OnConnectionOpen:`uses Connection.Close`
	for _, other := range h.order {
		other.Wake()
		other.WorkQueue().Add(func() { other.Close(nil) })
		other.Close(nil) // want `Connection.Close on each of several connections: .* \(OWN-2\); add work to the WorkQueue of each`
	}
	for other, name := range h.conns {
		if other != c {
			other.OpenSender(name, container.SenderOptions{}) // want `Connection.OpenSender on each of several connections`
		}
	}
	for s := range c.Sessions() {
		s.Close(nil)
	}
	for s := range c.Senders() {
		s.Detach()
	}
}

func crossed(from, to *container.Connection) { // want crossed:`uses Connection.OpenSender`
	sender := to.OpenSender("a", container.SenderOptions{})
	from.WorkQueue().Add(func() {
		sender.Detach() // want `Sender.Detach in work of another connection`
	})
	sender.WorkQueue().Add(func() { sender.Detach() })
}
