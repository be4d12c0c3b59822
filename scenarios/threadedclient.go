package scenarios

import (
	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/record"
	"github.com/collider-amqp/collider/scenarios/node"
	"github.com/collider-amqp/collider/scenarios/stage"
	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
)

// MultithreadedClient is the first example of Proton's page on multithreading:
// user threads send and receive through one connection, by its work queue.
//
//	send ───▶ work queue ─▶┌────────┐      ┌────────┐
//	                       │ client │◀════▶│ broker │
//	receive ◀── messages ◀─└────────┘      └────────┘
var MultithreadedClient = &sim.Scenario{
	Name: "multithreaded-client",
	Doc:  "user threads send and receive through one connection, by its work queue",
	Properties: rules(
		"DELIVERY-1", "what the broker accepted is received",
		"DELIVERY-2", "nothing is received twice",
		"WQ-2", "messages sent by one thread arrive in order",
		"WQ-3", "accepted work runs exactly once",
		"RUN-1", "Run returns when the connection has closed",
		"SER-1", "callbacks of one connection never overlap",
	),
	Params: []sim.Param{
		{Name: "messages", Doc: "messages sent and received", Default: 6, Min: 1, Max: 10},
		workersParam, latencyParam, splitParam,
	},
	Run:   multithreadedClient,
	Check: stage.Judge,
	Steps: steps,
}

// threadedClient is the example's class client: its methods are for user
// threads, its callbacks for the container's.
type threadedClient struct {
	quiet
	x        *house
	c        *record.Container
	mu       *sim.Mutex
	ready    *sim.Cond // the sender is open
	sender   *container.Sender
	queue    *record.Queue
	messages *stage.Mailbox[uint64]
}

func newThreadedClient(x *house) *threadedClient {
	h := &threadedClient{x: x, mu: x.w.NewMutex("client"), messages: stage.NewMailbox[uint64](x.w, "messages")}
	h.ready = x.w.NewCond(h.mu)
	return h
}

// OnContainerStart connects.
func (h *threadedClient) OnContainerStart(*container.Container) {
	h.c.Connect("broker", container.ConnectionOptions{})
}

// OnConnectionOpen opens both links.
func (h *threadedClient) OnConnectionOpen(c *container.Connection) {
	c.OpenReceiver("q", container.ReceiverOptions{})
	c.OpenSender("q", container.SenderOptions{})
}

// OnSenderOpen publishes the sender and its queue together, under one lock.
func (h *threadedClient) OnSenderOpen(s *container.Sender) {
	h.mu.Lock()
	h.sender, h.queue = s, h.c.Queue(s.Connection())
	h.ready.Broadcast()
	h.mu.Unlock()
}

// OnMessage hands a message to a user thread.
func (h *threadedClient) OnMessage(_ *container.Delivery, m *container.Message) {
	item, _ := m.ID().(uint64)
	h.x.w.Recorder().Note(history.Event{Name: history.NoteReceived, Item: item})
	h.messages.Put(item)
}

// open waits for the sender.
func (h *threadedClient) open() (*container.Sender, *record.Queue) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.sender == nil {
		h.ready.Wait()
	}
	return h.sender, h.queue
}

// send sends a message from a user thread.
func (h *threadedClient) send(item uint64) {
	s, q := h.open()
	m := container.NewMessage(item)
	m.SetID(item)
	h.x.w.Recorder().Note(history.Event{Name: history.NoteSent, Item: item})
	if !q.Add(func() { h.c.Send(s, m) }) {
		h.x.w.Fail("WQ-4", "work was refused while the connection was open")
	}
}

// close closes the connection from a user thread.
func (h *threadedClient) close() {
	s, q := h.open()
	q.Add(func() { h.c.Close(s.Connection(), nil) })
}

func multithreadedClient(w *sim.World) {
	x := newHouse(w)
	server := x.Container("broker", quiet{})
	listener := x.Listen(server, quietListener{opts: node.NewBroker(server).ConnectionOptions})
	serving := x.run(server)

	h := newThreadedClient(x)
	h.c = x.Container("client", h)
	w.Mark()
	running := x.run(h.c)
	n := uint64(w.Param("messages"))
	sending := w.Go("send", func() {
		for i := range n {
			h.send(i + 1)
		}
	})
	receiving := w.Go("receive", func() {
		for i := range n {
			if got, _ := h.messages.Take(); got != i+1 {
				w.Fail("WQ-2", "message %d arrived in place of message %d", got, i+1)
			}
		}
	})
	sending.Join()
	receiving.Join()
	h.close()
	x.JoinRun(running, "the last connection has closed")
	listener.Stop()
	x.JoinRun(serving, "the listener and the last connection have closed")
	x.Finish()
}
