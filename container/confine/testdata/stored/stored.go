// Package stored keeps objects where other threads find them.
package stored

import (
	"sync"

	"github.com/collider-amqp/collider/container"
)

type event struct{ delivery *container.Delivery }

var (
	current  *container.Sender
	conn     *container.Connection
	sessions = map[string]*container.Session{}
	trackers []*container.Tracker
	last     event
	byName   sync.Map
)

func onSender(s *container.Sender) { // want onSender:`uses Sender.Session`
	current = s                 // want `Sender stored in package variable current: .* \(OWN-1\); keep it in the handler of its connection`
	conn = s.Connection()       // a connection's Wake and WorkQueue are for all
	sessions["a"] = s.Session() // want `Session stored in package variable sessions`
	byName.Store(s.Name(), s)   // want `Sender stored in package variable byName`
	byName.Store("connection", s.Connection())
	local := map[string]*container.Sender{}
	local["a"] = s
}

func onTracker(t *container.Tracker, d *container.Delivery) {
	trackers = append(trackers, t) // want `Tracker stored in package variable trackers`
	last = event{d}                // want `Delivery stored in package variable last`
	last.delivery = d              // want `Delivery stored in package variable last`
}

func sent(deliveries chan<- *container.Delivery, events chan<- event, conns chan *container.Connection, d *container.Delivery) {
	deliveries <- d              // want `Delivery sent on a channel: .* \(OWN-1\); send its connection, or a function that does the work`
	events <- event{delivery: d} // want `Delivery sent on a channel`
	conns <- d.Connection()
}

func received(conns chan *container.Connection) { // want received:`uses Connection.Close`
	c := <-conns
	c.Wake()
	c.Close(nil) // want `Connection.Close on what came over a channel: .* \(OWN-1\); add work to its WorkQueue`
	c.WorkQueue().Add(func() { c.Close(nil) })
	for c := range conns {
		c.User() // want `Connection.User on what came over a channel`
	}
	select {
	case c, ok := <-conns:
		_ = ok
		c.Active() // want `Connection.Active on what came over a channel`
	}
	func() {
		c := <-conns
		c.Close(nil) // want `Connection.Close on what came over a channel`
		c.WorkQueue().Add(func() { c.Close(nil) })
	}()
	(<-conns).Close(nil) // want `Connection.Close on what came over a channel`
}
