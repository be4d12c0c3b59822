// Package message keeps messages of OnMessage.
package message

import (
	"time"

	"github.com/collider-amqp/collider/container"
)

type handler struct {
	container.BaseHandler
	c    *container.Container
	last *container.Message
	all  []*container.Message
	out  chan *container.Message
	text string
}

func (h *handler) OnMessage(d *container.Delivery, m *container.Message) { // want OnMessage:`uses Delivery.Receiver`
	h.last = m                      // want `message of OnMessage stored: its memory is used again when the call returns \(OWN-10\); Clone it first`
	h.all = append(h.all, m)        // want `message of OnMessage stored`
	h.out <- m                      // want `message of OnMessage sent on a channel`
	go func() { print(m.Text()) }() // want `message of OnMessage used in a goroutine`
	go consume(m)                   // want `message of OnMessage passed to a goroutine`
	d.Receiver().WorkQueue().Add(func() {
		h.text = m.Subject() // want `message of OnMessage used in a work function`
	})
	h.c.Schedule(time.Second, func() { consume(m.Clone()) }) // want `message of OnMessage used in a function of Container.Schedule`

	h.last = m.Clone()
	h.out <- m.Clone()
	clone := m.Clone()
	go consume(clone)
	h.text = m.Subject()
	func() { consume(m) }()
	local := m
	consume(local)
	m.SetSubject("changed")
}

func consume(*container.Message) {}

var literal = func(d *container.Delivery, m *container.Message) {
	kept = m // want `message of OnMessage stored`
}

var kept *container.Message
