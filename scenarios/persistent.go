package scenarios

import (
	"time"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/record"
	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
)

// The times of clients that connect anew: they are long against a path's latency and
// short against the faults.
const (
	firstWait   = time.Millisecond
	longestWait = 16 * time.Millisecond
	patience    = 40 * time.Millisecond // for opening, closing, and a silent peer
)

// impatient are the options of a connection that must not wait for ever for a peer
// that has gone without a word.
var impatient = container.ConnectionOptions{IdleTimeout: patience, OpenTimeout: patience, CloseTimeout: patience}

// persistent is the handler of a client's connection that comes back: when it is lost
// it connects anew, later each time in vain. It is embedded in the handler of what is
// done on the connection, self, which is told by attach when there is a new one.
type persistent struct {
	quiet
	c      *record.Container
	addr   string
	self   container.Handler
	attach func(*container.Connection)

	mu   *sim.Mutex
	conn *container.Connection // nil between two
	done bool                  // it shall not come back
	wait time.Duration
}

func newPersistent(w *sim.World, c *record.Container, addr string) persistent {
	return persistent{c: c, addr: addr, mu: w.NewMutex(addr), wait: firstWait}
}

// connect begins the next connection.
func (p *persistent) connect() {
	p.mu.Lock()
	done := p.done
	p.mu.Unlock()
	if done {
		return
	}
	opts := impatient
	opts.Handler = p.self
	if err := p.c.Connect(p.addr, opts); err != nil {
		panic(err) // nobody has stopped the container
	}
}

// OnConnectionOpen attaches.
func (p *persistent) OnConnectionOpen(c *container.Connection) {
	p.mu.Lock()
	p.conn, p.wait = c, firstWait
	done := p.done
	p.mu.Unlock()
	if done {
		p.c.Close(c, nil)
		return
	}
	p.attach(c)
}

// OnTransportClose comes back later.
func (p *persistent) OnTransportClose(*container.Connection) {
	p.mu.Lock()
	p.conn = nil
	done, wait := p.done, p.wait
	p.wait = min(2*wait, longestWait)
	p.mu.Unlock()
	if !done {
		p.c.Schedule(wait, p.connect)
	}
}

// finish closes the connection for good. It may be called by any thread.
func (p *persistent) finish() {
	p.mu.Lock()
	p.done = true
	conn := p.conn
	p.mu.Unlock()
	if conn != nil {
		p.c.Queue(conn).Add(func() { p.c.Close(conn, nil) })
	}
}

// tally is what has become of some messages, numbered from 1. It outlives the client
// that fills it, as a disk does: each of its operations is one step, so that a crash
// leaves it whole.
type tally struct {
	w        *sim.World
	link     uint32                // of notes
	first    uint64                // message number 1 is this item of the run
	sent     []*sim.Atomic[uint64] // World.Seq of the last attempt
	accepted *sim.Int64            // a bit for each
	received *sim.Int64
	changed  *sim.Chan[bool] // has room for one
}

func newTally(w *sim.World, link uint32, first uint64, messages int, changed *sim.Chan[bool]) *tally {
	t := &tally{w: w, link: link, first: first, changed: changed,
		accepted: w.NewInt64("accepted", 0), received: w.NewInt64("received", 0)}
	for range messages {
		t.sent = append(t.sent, sim.NewAtomic(w, "sent", uint64(0)))
	}
	return t
}

// missing returns the messages that have not been accepted.
func (t *tally) missing() []int {
	accepted := t.accepted.Load()
	var out []int
	for i := range t.sent {
		if accepted>>i&1 == 0 {
			out = append(out, i)
		}
	}
	return out
}

// note records a remark about a message.
func (t *tally) note(name string, i int) {
	t.w.Recorder().Note(history.Event{Name: name, Link: t.link, Item: t.first + uint64(i)})
}

// mark sets a message's bit and reports whether it was the first time, which it notes
// by the name, if that is not empty, in the same step: a crash leaves both or neither.
// Copies of one message may come to two receivers at once.
func (t *tally) mark(bits *sim.Int64, i int, name string) bool {
	for {
		old := bits.Load()
		if old>>i&1 != 0 {
			return false
		}
		if bits.CompareAndSwap(old, old|1<<i) {
			if name != "" {
				t.note(name, i)
			}
			t.changed.TrySend(true)
			return true
		}
	}
}

// through reports whether all messages have been accepted, and received but for those
// that were sent before the node forgot them.
func (t *tally) through(forgot uint64) bool {
	accepted, received := t.accepted.Load(), t.received.Load()
	for i := range t.sent {
		if accepted>>i&1 == 0 || received>>i&1 == 0 && t.sent[i].Load() > forgot {
			return false
		}
	}
	return true
}

// steadySender sends the messages of a tally, each until it has been accepted: what
// has no outcome when the connection is lost is sent again.
type steadySender struct {
	persistent
	t       *tally
	pace    time.Duration // between two messages
	resting bool
	todo    []int
	pending []attempt
}

// attempt is a message that waits for its outcome.
type attempt struct {
	tracker *container.Tracker
	message int
}

func newSteadySender(w *sim.World, c *record.Container, addr, node string, t *tally) *steadySender {
	h := &steadySender{persistent: newPersistent(w, c, addr), t: t, todo: t.missing()}
	h.pace = time.Duration(w.Param(paceParam.Name)) * time.Microsecond
	h.self = h
	h.attach = func(c *container.Connection) { c.OpenSender(node, container.SenderOptions{}) }
	if len(h.todo) == 0 {
		h.done = true
	}
	return h
}

// OnSenderOpen begins.
func (h *steadySender) OnSenderOpen(s *container.Sender) { h.resting = false }

// OnSendable sends while there is credit, at its pace.
func (h *steadySender) OnSendable(s *container.Sender) {
	for s.Credit() > 0 && len(h.todo) > 0 && s.Active() && !h.resting {
		i := h.todo[0]
		h.t.sent[i].Store(h.t.w.Seq())
		h.t.note(history.NoteSent, i)
		m := container.NewMessage(h.t.first + uint64(i))
		m.SetID(uint64(i))
		tracker, err := h.c.Send(s, m)
		if err != nil {
			return // the link has gone; its end will be told
		}
		h.todo = h.todo[1:]
		h.pending = append(h.pending, attempt{tracker, i})
		if h.resting = h.pace > 0; h.resting {
			h.c.Queue(s.Connection()).Schedule(h.pace, func() {
				h.resting = false
				h.OnSendable(s)
			})
		}
	}
}

// take removes and returns the message of a tracker, -1 if it has an outcome.
func (h *steadySender) take(t *container.Tracker) int {
	for i, a := range h.pending {
		if a.tracker == t {
			h.pending = append(h.pending[:i], h.pending[i+1:]...)
			return a.message
		}
	}
	return -1
}

// OnTrackerAccept notes the node's promise.
func (h *steadySender) OnTrackerAccept(t *container.Tracker) {
	i := h.take(t)
	if i < 0 {
		return
	}
	h.t.note(history.NoteAccepted, i)
	h.t.mark(h.t.accepted, i, "")
	if len(h.todo)+len(h.pending) == 0 {
		h.finish()
	}
}

// OnTrackerReject sends again.
func (h *steadySender) OnTrackerReject(t *container.Tracker) { h.again(t) }

// OnTrackerRelease sends again.
func (h *steadySender) OnTrackerRelease(t *container.Tracker) { h.again(t) }

func (h *steadySender) again(t *container.Tracker) {
	if i := h.take(t); i >= 0 {
		h.todo = append(h.todo, i)
		h.OnSendable(t.Sender())
	}
}

// OnTransportClose takes back what has no outcome.
func (h *steadySender) OnTransportClose(c *container.Connection) {
	var back []int
	for _, a := range h.pending {
		h.t.note(history.NoteUnknown, a.message)
		back = append(back, a.message)
	}
	h.pending, h.todo = h.pending[:0], append(back, h.todo...)
	h.persistent.OnTransportClose(c)
}

// steadyReceiver receives the messages of a tally. One that comes again, because
// nobody could know that it had come, is no second message.
type steadyReceiver struct {
	persistent
	t *tally
}

func newSteadyReceiver(w *sim.World, c *record.Container, addr, node string, t *tally, window int) *steadyReceiver {
	h := &steadyReceiver{persistent: newPersistent(w, c, addr), t: t}
	h.self = h
	h.attach = func(c *container.Connection) {
		c.OpenReceiver(node, container.ReceiverOptions{CreditWindow: window})
	}
	return h
}

// OnMessage notes the message.
func (h *steadyReceiver) OnMessage(_ *container.Delivery, m *container.Message) {
	i, _ := m.ID().(uint64)
	h.t.mark(h.t.received, int(i), history.NoteReceived)
}
