package scenarios

import (
	"fmt"
	"time"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/record"
	"github.com/collider-amqp/collider/scenarios/node"
	"github.com/collider-amqp/collider/scenarios/stage"
	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
)

// Broker: senders and receivers around the broker of package node, the code that
// simrun serve broker runs.
//
//	sender ──▶┌────────┐──▶ receiver
//	sender ──▶│ broker │──▶ receiver   and random ends of connections
//	          └────────┘
var Broker = &sim.Scenario{
	Name: "broker",
	Doc:  "senders and receivers around a broker in memory, with random closes",
	Properties: rules(
		"DELIVERY-1", "what the broker accepted is received",
		"DELIVERY-2", "nothing is received more often than it was sent",
		"DELIVERY-3", "nothing is received that was not sent",
		"CREDIT-1", "no message without credit",
		"ORD-16", "each outcome is followed by its settlement",
		"SER-1", "callbacks of one connection never overlap",
		"WQ-2", "work runs in the order of the add calls",
		"WQ-3", "accepted work runs exactly once, refused work never",
	),
	Params: []sim.Param{
		{Name: "senders", Doc: "connections that send", Default: 2, Min: 1, Max: 3},
		{Name: "receivers", Doc: "connections that receive", Default: 2, Min: 1, Max: 3},
		{Name: "messages", Doc: "messages in all", Default: 10, Min: 1, Max: 12},
		{Name: "closes", Doc: "receivers that close meanwhile and come back", Default: 0, Min: 0, Max: 2, Draw: sim.Switch},
		{Name: "window", Doc: "credit window of the receivers", Default: 3, Min: 1, Max: 10},
		workersParam, latencyParam, splitParam,
	},
	Run:   broker,
	Check: stage.Judge,
	Steps: steps,
}

// brokerWorld is what the clients of one run share.
type brokerWorld struct {
	*house
	client   *record.Container
	mu       *sim.Mutex
	changed  *sim.Cond
	accepted map[uint64]bool
	received map[uint64]bool
	done     int // senders whose messages all have an outcome
}

func broker(w *sim.World) {
	x := newHouse(w)
	server := x.Container("broker", quiet{})
	b := node.NewBroker(server)
	listener := x.Listen(server, quietListener{opts: b.ConnectionOptions})
	serving := x.run(server)

	bw := &brokerWorld{house: x, client: x.Container("client", quiet{})}
	bw.mu = w.NewMutex("outcomes")
	bw.changed = w.NewCond(bw.mu)
	bw.accepted, bw.received = make(map[uint64]bool), make(map[uint64]bool)
	w.Mark()
	receivers := bw.openReceivers()
	senders := bw.openSenders()
	running := x.run(bw.client)
	bw.restless(receivers)
	met := w.Expect("DELIVERY-1", "each message gets an outcome, and each accepted one is received")
	bw.await(func() bool { return bw.done == senders && len(bw.received) >= len(bw.accepted) })
	met()
	for _, r := range receivers {
		r.finish()
	}
	x.JoinRun(running, "the last connection has closed")
	listener.Stop()
	x.JoinRun(serving, "the listener and the last connection have closed")
	x.Finish()
}

// await waits until cond, which reads what mu guards, holds.
func (bw *brokerWorld) await(cond func() bool) {
	bw.mu.Lock()
	for !cond() {
		bw.changed.Wait()
	}
	bw.mu.Unlock()
}

// update changes what mu guards.
func (bw *brokerWorld) update(f func()) {
	bw.mu.Lock()
	f()
	bw.changed.Broadcast()
	bw.mu.Unlock()
}

// note records a remark about a message.
func (bw *brokerWorld) note(name string, item uint64) {
	bw.w.Recorder().Note(history.Event{Name: name, Item: item})
}

// openSenders shares the messages out and returns the number of senders.
func (bw *brokerWorld) openSenders() int {
	n, total := int(bw.w.Param("senders")), int(bw.w.Param("messages"))
	next := uint64(1)
	for i := range n {
		count := total / n
		if i < total%n {
			count++
		}
		h := &brokerSender{bw: bw, next: next, end: next + uint64(count), pending: make(map[*container.Tracker]uint64)}
		next = h.end
		bw.connect(h, func(c *container.Connection) { c.OpenSender("q", container.SenderOptions{}) })
	}
	return n
}

// connect makes a client connection that calls open once the peer has opened.
func (bw *brokerWorld) connect(h container.Handler, open func(*container.Connection)) {
	wrapped := &opener{Handler: h, open: open}
	if err := bw.client.Connect("broker", container.ConnectionOptions{Handler: wrapped}); err != nil {
		bw.w.FailError(err)
	}
}

// opener calls open at OnConnectionOpen.
type opener struct {
	container.Handler
	open func(*container.Connection)
}

// OnConnectionOpen calls open.
func (o *opener) OnConnectionOpen(c *container.Connection) { o.open(c) }

// brokerSender sends its share of the messages, numbered next to end-1.
type brokerSender struct {
	quiet
	bw        *brokerWorld
	next, end uint64
	pending   map[*container.Tracker]uint64
}

// OnSendable sends while there is credit.
func (h *brokerSender) OnSendable(s *container.Sender) {
	for s.Credit() > 0 && h.next < h.end {
		m := container.NewMessage(h.next)
		m.SetID(h.next)
		h.bw.note(history.NoteSent, h.next)
		t, err := h.bw.client.Send(s, m)
		if err != nil {
			h.bw.w.FailError(err)
		}
		h.pending[t] = h.next
		h.next++
	}
	if h.next == h.end && len(h.pending) == 0 {
		h.finish(s)
	}
}

// OnTrackerAccept notes the broker's promise.
func (h *brokerSender) OnTrackerAccept(t *container.Tracker) {
	item := h.pending[t]
	h.bw.note(history.NoteAccepted, item)
	h.bw.update(func() { h.bw.accepted[item] = true })
}

// OnTrackerSettle closes the connection after the last message.
func (h *brokerSender) OnTrackerSettle(t *container.Tracker) {
	delete(h.pending, t)
	if h.next == h.end && len(h.pending) == 0 {
		h.finish(t.Sender())
	}
}

func (h *brokerSender) finish(s *container.Sender) {
	if !s.Connection().Active() {
		return
	}
	h.bw.client.Close(s.Connection(), nil)
	h.bw.update(func() { h.bw.done++ })
}

// brokerReceiver receives from the queue until it is told to finish; a restless
// one closes now and then and connects anew.
type brokerReceiver struct {
	quiet
	bw    *brokerWorld
	conns *stage.Mailbox[*container.Connection]
}

func (bw *brokerWorld) openReceivers() []*brokerReceiver {
	var rs []*brokerReceiver
	for i := range bw.w.Param("receivers") {
		r := &brokerReceiver{bw: bw, conns: stage.NewMailbox[*container.Connection](bw.w, fmt.Sprintf("receiver-%d", i))}
		r.connect()
		rs = append(rs, r)
	}
	return rs
}

func (r *brokerReceiver) connect() {
	window := int(r.bw.w.Param("window"))
	r.bw.connect(r, func(c *container.Connection) {
		c.OpenReceiver("q", container.ReceiverOptions{CreditWindow: window})
		r.conns.Put(c)
	})
}

// OnMessage notes the message. One that comes again because its first receiver
// went away without saying whether it had accepted is no second message.
func (r *brokerReceiver) OnMessage(_ *container.Delivery, m *container.Message) {
	item, _ := m.ID().(uint64)
	r.bw.update(func() {
		if !r.bw.received[item] || r.bw.w.Param("closes") == 0 {
			r.bw.note(history.NoteReceived, item)
		}
		r.bw.received[item] = true
	})
}

// restless closes some receivers at some time; each comes back.
func (bw *brokerWorld) restless(receivers []*brokerReceiver) {
	draw := bw.w.Rand("closes")
	for range bw.w.Param("closes") {
		r := receivers[draw.IntN(len(receivers))]
		bw.w.Sleep(time.Duration(draw.IntN(3)) * time.Millisecond)
		old, _ := r.conns.Take()
		r.connect() // first, so that the client does not run out of connections
		bw.client.Queue(old).Add(func() { bw.client.Close(old, nil) })
	}
}

// finish closes the receiver's connection for good.
func (r *brokerReceiver) finish() {
	conn, _ := r.conns.Take()
	r.bw.client.Queue(conn).Add(func() { r.bw.client.Close(conn, nil) })
}
