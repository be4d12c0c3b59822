// Package permitted holds what looks like a breach and is none.
package permitted

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/collider-amqp/collider/container"
)

type handler struct {
	container.BaseHandler
	mu    sync.Mutex
	conns map[*container.Connection]int
	mine  *container.Sender
}

func (h *handler) OnConnectionOpen(c *container.Connection) {
	h.mu.Lock()
	h.conns[c]++
	h.mu.Unlock()
	go func() {
		c.Wake()
		c.Container().Stop(nil)
		c.WorkQueue().Add(func() { c.Close(nil) })
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.conns, c)
		if c != nil && h.conns[c] == 0 {
			inject(c, func() { c.Close(nil) })
		}
	}()
	time.AfterFunc(time.Second, c.Wake)
	go produce(c, h.mine)
	go wait(c)
	go h.unrelated(c)
}

func (h *handler) OnSenderOpen(s *container.Sender) { // want OnSenderOpen:`uses Sender.Send`
	h.mine = s
	go func() {
		q := s.WorkQueue()
		for range 10 {
			q.Add(func() { s.Send(container.NewMessage("a")) })
		}
		s.Connection().Wake()
	}()
	send := func() { s.Send(container.NewMessage("b")) }
	send()
	defer func() { s.Detach() }()
	s.WorkQueue().Schedule(time.Second, send)
}

func produce(c *container.Connection, s *container.Sender) {
	done := make(chan int)
	c.WorkQueue().Add(func() {
		s.Send(container.NewMessage("c"))
		done <- s.Credit()
	})
	<-done
}

func wait(c *container.Connection) { c.Wake() }

func (h *handler) unrelated(*container.Connection) {}

// inject is a helper as many programs have: it runs f as work.
func inject(c *container.Connection, f func()) { c.WorkQueue().Add(f) }

// callbacks are functions that a connection calls, wherever they are written.
type callbacks struct {
	container.BaseHandler
	onOpen func(*container.Connection)
}

func serve(c *container.Container) {
	go func() {
		c.Connect("localhost", container.ConnectionOptions{Handler: &callbacks{onOpen: func(c *container.Connection) { c.Close(nil) }}})
		c.Run(context.Background(), 2)
	}()
}

// A Driver's owner is its own thread.
func drive() {
	go func() {
		d := container.NewDriver("id", container.ConnectionOptions{})
		c := d.Connection()
		c.Open(container.ConnectionOptions{})
		d.Connection().OpenSender("a", container.SenderOptions{})
		d.Do(func() { c.Close(nil) })
		shut(c)
	}()
}

func shut(c *container.Connection) { c.Close(nil) } // want shut:`uses Connection.Close`

func (h *handler) ServeHTTP(http.ResponseWriter, *http.Request) {
	s := h.mine
	s.WorkQueue().Add(func() { s.Send(container.NewMessage("d")) })
}

// Two parameters may be two names of one connection's objects.
func (h *handler) same(c *container.Connection, s *container.Sender) {
	c.WorkQueue().Add(func() { s.Detach() })
}

// A listener's methods and a container's are for all threads.
func stop(l *container.Listener) {
	go func() {
		l.Stop()
		l.Container().Stop(nil)
	}()
}
