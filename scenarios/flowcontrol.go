package scenarios

import (
	"fmt"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/record"
	"github.com/collider-amqp/collider/scenarios/node"
	"github.com/collider-amqp/collider/scenarios/stage"
	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
)

// MultithreadedClientFlowControl is the second example of Proton's page on
// multithreading: user threads that block on credit, and receivers that grant it
// message by message. The container runs before anything is connected.
var MultithreadedClientFlowControl = &sim.Scenario{
	Name: "multithreaded-client-flow-control",
	Doc:  "user threads send within credit and receive from a bounded buffer",
	Properties: rules(
		"CREDIT-1", "no message without credit",
		"DELIVERY-1", "what the broker accepted is received",
		"DELIVERY-2", "nothing is received twice",
		"RUN-6", "a container without anything to do goes on running",
		"WQ-3", "accepted work runs exactly once, refused work never",
		"SER-1", "callbacks of one connection never overlap",
	),
	Params: []sim.Param{
		{Name: "senders", Doc: "user threads that send", Default: 2, Min: 1, Max: 2},
		{Name: "receivers", Doc: "user threads that receive", Default: 2, Min: 1, Max: 2},
		{Name: "messages", Doc: "messages of each sender", Default: 3, Min: 1, Max: 5},
		{Name: "buffer", Doc: "credit of the receiver", Default: 2, Min: 1, Max: 4},
		workersParam, latencyParam, splitParam,
	},
	Run:   multithreadedClientFlowControl,
	Check: stage.Judge,
	Steps: steps,
}

// flowSender is the example's class sender.
type flowSender struct {
	quiet
	x      *house
	c      *record.Container
	mu     *sim.Mutex
	ready  *sim.Cond // credit, or the sender, is there
	sender *container.Sender
	queue  *record.Queue
	queued int // messages on their way to the sender
	credit int
}

// OnSenderOpen publishes the sender.
func (h *flowSender) OnSenderOpen(s *container.Sender) {
	h.mu.Lock()
	h.sender, h.queue = s, h.c.Queue(s.Connection())
	h.mu.Unlock()
}

// OnSendable publishes the credit.
func (h *flowSender) OnSendable(s *container.Sender) {
	h.mu.Lock()
	h.credit = s.Credit()
	h.ready.Broadcast()
	h.mu.Unlock()
}

// send blocks until there is credit.
func (h *flowSender) send(item uint64) {
	h.mu.Lock()
	for h.queue == nil || h.queued >= h.credit {
		h.ready.Wait()
	}
	h.queued++
	h.mu.Unlock()
	h.queue.Add(func() { h.doSend(item) })
}

// doSend runs on the connection.
func (h *flowSender) doSend(item uint64) {
	m := container.NewMessage(item)
	m.SetID(item)
	h.x.w.Recorder().Note(history.Event{Name: history.NoteSent, Item: item})
	if h.sender.Credit() <= 0 {
		h.x.w.Fail("CREDIT-1", "message %d is sent without credit", item)
	}
	h.c.Send(h.sender, m)
	h.mu.Lock()
	h.queued--
	h.credit = h.sender.Credit()
	h.ready.Broadcast()
	h.mu.Unlock()
}

func (h *flowSender) close() {
	h.queue.Add(func() { h.c.Close(h.sender.Connection(), nil) })
}

// flowReceiver is the example's class receiver.
type flowReceiver struct {
	quiet
	x        *house
	c        *record.Container
	opened   *stage.Mailbox[*container.Receiver]
	receiver *container.Receiver
	queue    *record.Queue
	buffer   *stage.Mailbox[uint64]
	held     int // messages in the buffer, as the connection counts them
}

// OnReceiverOpen grants the whole buffer.
func (h *flowReceiver) OnReceiverOpen(r *container.Receiver) {
	r.AddCredit(int(h.x.w.Param("buffer")))
	h.opened.Put(r)
}

// OnMessage puts a message into the buffer, which cannot be full.
func (h *flowReceiver) OnMessage(_ *container.Delivery, m *container.Message) {
	item, _ := m.ID().(uint64)
	h.x.w.Recorder().Note(history.Event{Name: history.NoteReceived, Item: item})
	if h.held++; h.held > int(h.x.w.Param("buffer")) {
		h.x.w.Fail("CREDIT-1", "%d messages came into a buffer of %d", h.held, h.x.w.Param("buffer"))
	}
	h.buffer.Put(item)
}

// receive takes a message from the buffer and grants credit for another.
func (h *flowReceiver) receive() {
	if _, ok := h.buffer.Take(); ok {
		h.queue.Add(func() {
			h.held--
			h.receiver.AddCredit(1)
		})
	}
}

func (h *flowReceiver) close() {
	h.queue.Add(func() { h.c.Close(h.receiver.Connection(), nil) })
}

func multithreadedClientFlowControl(w *sim.World) {
	x := newHouse(w)
	server := x.Container("broker", quiet{})
	listener := x.Listen(server, quietListener{opts: node.NewBroker(server).ConnectionOptions})
	serving := x.run(server)

	client := x.Container("client", quiet{})
	running := x.run(client)
	s := &flowSender{x: x, c: client, mu: w.NewMutex("sender")}
	s.ready = w.NewCond(s.mu)
	r := &flowReceiver{x: x, c: client, opened: stage.NewMailbox[*container.Receiver](w, "receiver"), buffer: stage.NewMailbox[uint64](w, "buffer")}
	w.Mark()
	client.OpenSender("broker/q", container.SenderOptions{}, container.ConnectionOptions{Handler: s})
	client.OpenReceiver("broker/q", container.ReceiverOptions{CreditWindow: -1}, container.ConnectionOptions{Handler: r})
	r.receiver, _ = r.opened.Take()
	r.queue = client.Queue(r.receiver.Connection())

	senders, receivers, messages := w.Param("senders"), w.Param("receivers"), w.Param("messages")
	var users []*sim.Thread
	for i := range senders {
		users = append(users, w.Go(fmt.Sprintf("send-%d", i), func() {
			for n := range messages {
				s.send(uint64(i*messages + n + 1))
			}
		}))
	}
	for i := range receivers {
		share := senders * messages / receivers
		if i < senders*messages%receivers {
			share++
		}
		users = append(users, w.Go(fmt.Sprintf("receive-%d", i), func() {
			for range share {
				r.receive()
			}
		}))
	}
	for _, t := range users {
		t.Join()
	}
	s.close()
	r.close()
	x.JoinRun(running, "the last connection has closed")
	listener.Stop()
	x.JoinRun(serving, "the listener and the last connection have closed")
	x.Finish()
}
