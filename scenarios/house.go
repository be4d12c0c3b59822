package scenarios

import (
	"context"
	"time"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/record"
	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/check"
	"github.com/collider-amqp/collider/sim/history"
)

// house is what the worlds have in common: a network, and containers on it whose
// doings go into the World's history.
type house struct {
	w   *sim.World
	net *netsim.Network
}

// Parameters that most worlds share.
var (
	workersParam = sim.Param{Name: "workers", Doc: "threads in each Run", Default: 2, Min: 1, Max: 3}
	latencyParam = sim.Param{Name: "latency", Doc: "greatest latency of a path, in microseconds", Default: 0, Min: 0, Max: 500, Draw: sim.Switch}
	splitParam   = sim.Param{Name: "split", Doc: "reads are whole (0), split at random (1), byte by byte (2)", Default: 0, Min: 0, Max: 2, Draw: sim.Switch}
)

// newHouse draws the network.
func newHouse(w *sim.World, faults ...netsim.Fault) *house {
	draw := w.Rand("network")
	path := netsim.Path{Split: netsim.Split(w.Param("split"))}
	if most := w.Param("latency"); most > 0 {
		path.Latency = time.Duration(draw.IntN(int(most)+1)) * time.Microsecond
		path.Jitter = time.Duration(draw.IntN(int(most)+1)) * time.Microsecond
	}
	return &house{w, netsim.New(w, netsim.Options{Path: path, Faults: faults})}
}

// container makes an observed container on the host of its name.
func (x *house) container(id string, h container.Handler) *record.Container {
	// A World may let any time pass between two steps: what must succeed has no
	// time-outs.
	patient := container.ConnectionOptions{OpenTimeout: -1, CloseTimeout: -1}
	return record.New(x.w.Recorder(), id, h, container.Options{
		Env:              x.w.Env(),
		Transport:        x.net.Host(id),
		ClientConnection: patient,
		ServerConnection: patient,
	})
}

// run runs c on a thread of its own. An error of Run, a panic of a callback
// included, fails the World.
func (x *house) run(c *record.Container, workers int64) *sim.Thread {
	return x.w.Go("run", func() {
		if err := c.Run(context.Background(), int(workers)); err != nil {
			x.w.FailError(err)
		}
	})
}

// joinRun waits for a Run that auto-stop ends.
func (x *house) joinRun(run *sim.Thread, when string) {
	met := x.w.Expect("RUN-6", "Run returns when "+when)
	run.Join()
	met()
}

// listen opens a listener on the container's host.
func (x *house) listen(c *record.Container, h container.ListenHandler) *record.Listener {
	l, err := c.Listen(":5672", h)
	if err != nil {
		x.w.FailError(err)
	}
	return l
}

// finish notes that the world came to its planned end, where nothing may be lost
// or pending.
func (x *house) finish() {
	x.w.Recorder().Note(history.Event{Name: history.NoteFinished})
}

// mailbox hands values from callbacks to a thread.
type mailbox[T any] struct {
	mu     *sim.Mutex
	cond   *sim.Cond
	values []T
	closed bool
}

func newMailbox[T any](w *sim.World, name string) *mailbox[T] {
	m := &mailbox[T]{mu: w.NewMutex(name)}
	m.cond = w.NewCond(m.mu)
	return m
}

func (m *mailbox[T]) put(v T) {
	m.mu.Lock()
	m.values = append(m.values, v)
	m.cond.Broadcast()
	m.mu.Unlock()
}

// close lets take return without a value.
func (m *mailbox[T]) close() {
	m.mu.Lock()
	m.closed = true
	m.cond.Broadcast()
	m.mu.Unlock()
}

// take waits for a value; false once the mailbox is closed and empty.
func (m *mailbox[T]) take() (v T, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.values) == 0 && !m.closed {
		m.cond.Wait()
	}
	if len(m.values) == 0 {
		return v, false
	}
	v = m.values[0]
	m.values = m.values[1:]
	return v, true
}

// quiet is a handler that takes errors as they come: in these worlds a lost
// connection is an event like any other, not a reason to stop.
type quiet struct{ container.BaseHandler }

// OnError does nothing.
func (quiet) OnError(*container.Connection, error) {}

// quietListener is a listen handler that does the same.
type quietListener struct {
	container.BaseListenHandler
	opts func() container.ConnectionOptions // nil: the container's
}

// OnAccept returns what opts makes.
func (l quietListener) OnAccept(*container.Listener) container.ConnectionOptions {
	if l.opts == nil {
		return container.ConnectionOptions{}
	}
	return l.opts()
}

// OnError does nothing.
func (quietListener) OnError(*container.Listener, error) {}

// judge is what every world on our own container is judged by.
var judge = check.Standard(check.Options{Strict: true})

// rules lists properties for a Scenario.
func rules(docs ...string) []sim.Property {
	var ps []sim.Property
	for i := 0; i < len(docs); i += 2 {
		ps = append(ps, sim.Property{Rule: docs[i], Doc: docs[i+1]})
	}
	return ps
}
