package scenarios

import (
	"time"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/record"
	"github.com/collider-amqp/collider/scenarios/stage"
	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
)

// Micro are the worlds that simrun explore visits as a whole, at least one for each
// of the container's promises; the first three have no AMQP in them.
func Micro() []*sim.Scenario {
	jobs := []sim.Param{{Name: "jobs", Doc: "jobs of each thread", Default: 1, Min: 1, Max: 3}}
	faults := []sim.Param{microParam}
	return []*sim.Scenario{
		microScenario("strand", "two threads add to one free-standing queue, served by two workers", microStrand, jobs,
			"SER-5", "scheduled functions and free queues share one serial domain",
			"WQ-3", "accepted work runs exactly once, refused work never"),
		microScenario("work-queue", "two threads add to a free-standing queue while the container stops", microQueue, jobs,
			"WQ-2", "work runs in the order of the add calls",
			"WQ-3", "accepted work runs exactly once, refused work never",
			"WQ-15", "add is refused once the container has stopped"),
		microScenario("auto-stop", "Run on two threads returns when the only work has ended", microAutoStop, nil,
			"RUN-6", "auto-stop comes with the end of the last activity",
			"RUN-12", "threads that start late see an auto-stop"),
		microScenario("serialization", "a wake and work for one connection, on two workers", microSerialization, faults,
			"SER-1", "callbacks of one connection never overlap",
			"SER-2", "nor does its work"),
		microScenario("wake", "two threads wake one connection", microWake, faults,
			"WAKE-1", "each wake before the close is followed by an on_connection_wake that begins after it",
			"WAKE-8", "what was written before the wake is seen in the callback"),
		microScenario("fifo", "three jobs for one connection, added while its worker runs", microFIFO, nil,
			"WQ-2", "work runs in the order of the add calls"),
		microScenario("lifecycle", "a connection is closed from both ends at once", microLifecycle, faults,
			"ORD-1", "connection callbacks in order",
			"ORD-5", "on_transport_close comes exactly once",
			"RUN-6", "auto-stop comes with the end of the last activity"),
		microScenario("connection-queue", "work is added to a connection that ends meanwhile", microConnectionQueue, faults,
			"WQ-3", "accepted work runs exactly once, refused work never",
			"WQ-4", "add is refused once the connection has ended",
			"OWN-7", "nothing runs after on_transport_close"),
		microScenario("delivery", "one message is sent and accepted", microDelivery, faults,
			"DELIVERY-1", "what the peer accepted is received",
			"DELIVERY-2", "nothing is received more often than it was sent",
			"ORD-16", "each outcome is followed by its settlement"),
	}
}

func microStrand(x micro) {
	c := x.Container("c", quiet{})
	c.AutoStop(false)
	queue := c.NewQueue()
	running := x.Run(c, 2)
	x.mark()
	done := x.w.NewWaitGroup("jobs")
	count := 0
	add := func() {
		for range x.w.Param("jobs") {
			done.Add(1)
			queue.Add(func() {
				n := count
				x.w.Yield()
				count = n + 1
				done.Done()
			})
		}
	}
	producer := x.w.Go("producer", add)
	add()
	producer.Join()
	met := x.w.Expect("WQ-3", "each job that was accepted runs")
	done.Wait()
	met()
	if want := int(2 * x.w.Param("jobs")); count != want {
		x.w.Fail("SER-5", "%d of %d jobs counted: two ran at once", count, want)
	}
	x.stop(c, running)
	x.Finish()
}

func microQueue(x micro) {
	c := x.Container("c", quiet{})
	c.AutoStop(false)
	queue := c.NewQueue()
	running := x.Run(c, 1)
	x.mark()
	add := func() {
		for range x.w.Param("jobs") {
			queue.Add(func() {})
		}
	}
	producer := x.w.Go("producer", add)
	add()
	x.stop(c, running)
	producer.Join()
	if queue.Add(func() {}) {
		x.w.Fail("WQ-15", "a job was accepted after Run had returned for a Stop")
	}
	x.Finish()
}

func microAutoStop(x micro) {
	c := x.Container("c", quiet{})
	x.mark()
	later := c.Schedule(time.Hour, func() {})
	ran := false
	c.Schedule(0, func() { ran = true })
	running := x.Run(c, 2)
	c.Cancel(later)
	x.JoinRun(running, "its only work has ended, also on threads that start late")
	if !ran {
		x.w.Fail("RUN-6", "Run returned before its work had run")
	}
	x.Finish()
}

func microSerialization(x micro) {
	x.faults(silentMenu)
	p := x.peer(quiet{})
	h := x.microClient(p)
	c := x.client()
	if running, conn, ok := p.connect(c, h, h.opens, 2, p.opened); ok {
		x.mark()
		c.Wake(conn)
		c.Queue(conn).Add(h.touch)
		x.stop(c, running)
	}
	p.finish()
	x.Finish()
}

func microFIFO(x micro) {
	p := x.peer(quiet{})
	h := x.microClient(p)
	c := x.client()
	if running, conn, ok := p.connect(c, h, h.opens, 1, p.opened); ok {
		queue := c.Queue(conn)
		x.mark()
		for range 3 {
			queue.Add(func() {})
			x.w.Yield() // a change of thread here costs nothing
		}
		x.stop(c, running)
	}
	p.finish()
	x.Finish()
}

// wakened notes what the wakers had written before each wake.
type wakened struct {
	*microClient
	asked *sim.Int64
	seen  *stage.Mailbox[int64]
}

// OnConnectionWake notes what it sees.
func (h *wakened) OnConnectionWake(*container.Connection) { h.seen.Put(h.asked.Load()) }

// OnTransportClose ends the waits.
func (h *wakened) OnTransportClose(c *container.Connection) {
	h.microClient.OnTransportClose(c)
	h.seen.Close()
}

func microWake(x micro) {
	x.faults(silentMenu)
	p := x.peer(quiet{})
	h := &wakened{x.microClient(p), x.w.NewInt64("asked", 0), stage.NewMailbox[int64](x.w, "seen")}
	c := x.client()
	if running, conn, ok := p.connect(c, h, h.opens, 1, p.opened); ok {
		x.mark()
		wake := func() {
			h.asked.Add(1)
			c.Wake(conn)
		}
		waker := x.w.Go("waker", wake)
		wake()
		waker.Join()
		met := x.w.Expect("WAKE-8", "some on_connection_wake sees all that was written before the wakes")
		for {
			if seen, more := h.seen.Take(); !more || seen == 2 {
				break
			}
		}
		met()
		x.stop(c, running)
	}
	p.finish()
	x.Finish()
}

func microLifecycle(x micro) {
	x.faults(closeMenu)
	p := x.peer(quiet{})
	h := x.microClient(p)
	c := x.client()
	if running, conn, ok := p.connect(c, h, h.opens, 1, p.opened); ok {
		x.mark()
		c.Queue(conn).Add(func() { c.Close(conn, nil) })
		p.say(func() { p.driver.Connection().Close(nil) })
		p.finish()
		x.JoinRun(running, "the connection has closed")
	}
	x.Finish()
}

func microConnectionQueue(x micro) {
	x.faults(closeMenu)
	p := x.peer(quiet{})
	h := x.microClient(p)
	c := x.client()
	if running, conn, ok := p.connect(c, h, h.opens, 1, p.opened); ok {
		queue := c.Queue(conn)
		x.mark()
		queue.Add(func() { c.Close(conn, nil) })
		queue.Add(func() {})
		p.finish()
		queue.Add(func() {})
		x.JoinRun(running, "the connection has closed")
		if queue.Add(func() {}) {
			x.w.Fail("WQ-4", "a job was accepted after the last connection had ended")
		}
	}
	x.Finish()
}

// oneMessage sends one message and closes when it is settled.
type oneMessage struct {
	*microClient
	c *record.Container
}

// OnSenderOpen makes the connection known: what comes next is the credit.
func (h *oneMessage) OnSenderOpen(s *container.Sender) { h.opens.Put(s.Connection()) }

// OnConnectionOpen opens the sender.
func (h *oneMessage) OnConnectionOpen(c *container.Connection) {
	c.OpenSender("q", container.SenderOptions{})
}

// OnSendable sends, once.
func (h *oneMessage) OnSendable(s *container.Sender) {
	if h.count > 0 {
		return
	}
	h.count++
	h.w.Recorder().Note(history.Event{Name: history.NoteSent, Item: 1})
	if _, err := h.c.Send(s, container.NewMessage("one")); err != nil {
		h.w.FailError(err)
	}
}

// OnTrackerAccept notes the peer's promise.
func (h *oneMessage) OnTrackerAccept(*container.Tracker) {
	h.w.Recorder().Note(history.Event{Name: history.NoteAccepted, Item: 1})
}

// OnTrackerSettle closes.
func (h *oneMessage) OnTrackerSettle(t *container.Tracker) { h.c.Close(t.Sender().Connection(), nil) }

// thrifty gives credit when it is told to, and accepts what comes.
type thrifty struct {
	quiet
	w        *sim.World
	receiver *container.Receiver
}

// OnReceiverOpen keeps the receiver.
func (h *thrifty) OnReceiverOpen(r *container.Receiver) {
	r.Open(container.ReceiverOptions{CreditWindow: -1})
	h.receiver = r
}

// OnMessage notes the message.
func (h *thrifty) OnMessage(*container.Delivery, *container.Message) {
	h.w.Recorder().Note(history.Event{Name: history.NoteReceived, Item: 1})
}

func microDelivery(x micro) {
	x.faults(deliveryMenu)
	receiving := &thrifty{w: x.w}
	p := x.peer(receiving)
	h := &oneMessage{microClient: x.microClient(p)}
	h.c = x.client()
	if running, _, ok := p.connect(h.c, h, h.opens, 1, func() bool { return receiving.receiver != nil }); ok {
		x.mark()
		p.say(func() { receiving.receiver.AddCredit(1) })
		p.finish()
		x.JoinRun(running, "the connection has closed")
	}
	x.Finish()
}
