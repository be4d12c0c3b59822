// Package goroutine breaks OWN-1 on threads that are not the container's.
package goroutine

import (
	"context"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/sim"
)

type handler struct {
	container.BaseHandler
	conn   *container.Connection
	sender *container.Sender
}

func (h *handler) OnSenderOpen(s *container.Sender) {
	h.sender = s
	go s.Detach() // want `Sender.Detach in a goroutine: a Sender may be used in callbacks and work functions of its connection alone \(OWN-1\); add work to its WorkQueue`
	go func() {
		s.Send(container.NewMessage("a")) // want `Sender.Send in a goroutine`
		s.Send(container.NewMessage("b")) // one finding for each object
		h.sender.Close(nil)               // want `Sender.Close in a goroutine`
	}()
	go func(s *container.Sender) {
		defer s.Close(nil) // want `Sender.Close in a goroutine`
	}(s)
}

func (h *handler) OnConnectionOpen(c *container.Connection) {
	go func() {
		c.DefaultSession().OpenSender("a", container.SenderOptions{}) // want `Session.OpenSender in a goroutine: .*; add work to its connection's WorkQueue`
	}()
	go func() {
		for range c.Senders() { // want `Connection.Senders in a goroutine`
		}
		var once sync.Once
		once.Do(func() { h.conn.Close(nil) }) // want `Connection.Close in a goroutine`
		slices.SortFunc([]*container.Sender{}, func(a, b *container.Sender) int {
			return a.Credit() - b.Credit() // want `Sender.Credit in a goroutine` `Sender.Credit in a goroutine`
		})
	}()
	detach := func() { h.sender.Detach() } // want `Sender.Detach in a goroutine`
	go detach()
}

func (h *handler) OnMessage(d *container.Delivery, m *container.Message) {
	time.AfterFunc(time.Second, func() { d.Accept() })          // want `Delivery.Accept in a function of time.AfterFunc: a Delivery may be used .* \(OWN-1\); add work to its connection's WorkQueue`
	time.AfterFunc(time.Second, d.Release)                      // want `Delivery.Release in a function of time.AfterFunc`
	context.AfterFunc(context.Background(), d.Settle)           // want `Delivery.Settle in a function of context.AfterFunc`
	runtime.SetFinalizer(h, func(h *handler) { h.conn.User() }) // want `Connection.User in a finalizer`
	var group sync.WaitGroup
	group.Go(func() { d.Accept() }) // want `Delivery.Accept in a goroutine`
	unknown := []func(*container.Delivery){func(*container.Delivery) {}}
	go unknown[0](d) // want `Delivery passed to a goroutine`
}

// flush is fine by itself, but not where it is called.
func (h *handler) flush() { h.sender.ReturnCredit() } // want flush:`uses Sender.ReturnCredit`

func (h *handler) loop() { // want loop:`uses Sender.ReturnCredit`
	for range 3 {
		h.flush()
	}
}

func (h *handler) OnSendable(s *container.Sender) { // want OnSendable:`uses Sender.ReturnCredit`
	h.loop()
	go h.loop()                          // want `Sender.ReturnCredit by way of loop in a goroutine`
	time.AfterFunc(time.Second, h.flush) // want `Sender.ReturnCredit by way of flush in a function of time.AfterFunc`
	later(h.flush)                       // want `Sender.ReturnCredit by way of flush in a goroutine of later`
	later(func() { s.Credit() })         // want `Sender.Credit in a goroutine of later`
}

func later(f func()) { // want later:`starts \[0\]`
	go func() {
		time.Sleep(time.Second)
		f()
	}()
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { // want ServeHTTP:`uses Sender.Send`
	h.sender.Send(container.NewMessage(r.URL.Path)) // want `Sender.Send in an HTTP handler`
}

func (h *handler) routes(mux *http.ServeMux) {
	mux.HandleFunc("/credit", func(w http.ResponseWriter, r *http.Request) {
		h.sender.Credit() // want `Sender.Credit in an HTTP handler`
	})
	mux.Handle("/close", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.conn.Close(nil) // want `Connection.Close in an HTTP handler`
	}))
}

// embedded confines by what it embeds.
type embedded struct{ *container.Tracker }

func settle(e embedded) {
	go func() { e.Settle() }() // want `Tracker.Settle in a goroutine`
}

func (h *handler) OnTransportOpen(c *container.Connection) {
	env := container.Production()
	env.Go("closer", func() { c.Close(nil) })                 // want `Connection.Close in a thread of Env.Go`
	env.AfterFunc(time.Second, func() { c.Close(nil) })       // want `Connection.Close in a function of Env.AfterFunc`
	env.OnDone(context.Background(), func() { c.Close(nil) }) // want `Connection.Close in a function of Env.OnDone`
}

// simulated is what a test under the simulator does.
func simulated(w *sim.World, c *container.Connection) {
	w.Go("closer", func() { c.Close(nil) }) // want `Connection.Close in a thread of World.Go`
	w.Go("waker", c.Wake)
	g := w.NewWaitGroup("closers")
	g.Go("closer", func() { c.Close(nil) }) // want `Connection.Close in a thread of WaitGroup.Go`
}

type rejecter interface{ Reject(*container.Delivery) }

func reject(r rejecter, d *container.Delivery) {
	go r.Reject(d) // want `Delivery passed to a goroutine`
}
