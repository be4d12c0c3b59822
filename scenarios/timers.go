package scenarios

import (
	"fmt"
	"math"
	"time"

	"github.com/collider-amqp/collider/container/record"
	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/scenarios/stage"
	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
)

// Timers: the container's own serial domain without any connection. Scheduled
// functions and the jobs of free-standing queues come from several threads and
// from each other, and are cancelled, or closed away, at every moment.
//
//	planner ──┐ schedule, cancel        ┌───────────┐
//	planner ──┼ add, schedule on queues ▶ container │ n workers
//	planner ──┘ close of queues         └───────────┘
var Timers = &sim.Scenario{
	Name: "timers",
	Doc:  "scheduled functions and free-standing queues that schedule, cancel and close each other",
	Properties: rules(
		"SCHED-1", "a scheduled function runs once and not early",
		"SCHED-2", "scheduled functions run in the order of their due times",
		"SCHED-3", "those of one due time run in the order of the calls",
		"SCHED-5", "a function scheduled with no delay runs",
		"SCHED-6", "a function scheduled for ever never runs",
		"SCHED-7", "a cancelled function does not run, even if it is due",
		"SER-5", "scheduled functions and free-standing queues share one serial domain",
		"WQ-2", "work runs in the order of the add calls",
		"WQ-3", "accepted work runs exactly once, refused work never",
		"WQ-12", "delayed work does not run early",
		"WQ-15", "add is refused once the container has stopped",
		"WQ-16", "cancel and stop lose no work of a queue",
		"WQ-17", "the close of a queue tells how many jobs it dropped",
		"WQ-18", "a pending job keeps the container alive",
		"RUN-7", "scheduled work delays auto-stop",
		"RUN-9", "with auto-stop off Run does not end by itself",
	),
	Params: []sim.Param{
		{Name: "planners", Doc: "threads that schedule", Default: 2, Min: 1, Max: 3},
		{Name: "plans", Doc: "operations of each", Default: 6, Min: 1, Max: 12},
		{Name: "end", Doc: "the end is an auto-stop (0), a stop meanwhile (1)", Default: 0, Min: 0, Max: 1},
		burstParam, workersParam,
	},
	Run:   timersWorld,
	Check: stage.Judge,
	Steps: steps,
}

// clockwork is what the threads of one run share.
type clockwork struct {
	w       *sim.World
	c       *record.Container
	stopped bool // a stop ends the run

	mu      *sim.Mutex // guards what follows
	handles []record.Handle
	queues  []*countedQueue
}

// countedQueue counts what becomes of a queue's jobs, guarded by the clockwork's
// mutex.
type countedQueue struct {
	*record.Queue
	accepted, ran, dropped int // of the jobs added, but dropped also counts
	later                  int // of those that a delay of theirs has added
}

// operation is one thing that a thread does, or a function that it has scheduled
// or added does in turn. All are drawn before anything runs.
type operation struct {
	kind  operationKind
	delay time.Duration
	pick  int        // the handle that is cancelled, of those that there are
	then  *operation // of the function or job; nil for nothing
}

type operationKind uint8

const (
	opSchedule operationKind = iota
	opForever
	opCancel
	opAdd
	opAddLater
	opCloseQueue
)

// shares says how often each kind is drawn: of 10, in the order of the kinds.
var shares = [...]operationKind{
	opSchedule, opSchedule, opSchedule, opForever, opCancel, opCancel, opAdd, opAdd, opAddLater, opCloseQueue,
}

// drawOperation draws an operation with at most depth others behind it. Only the
// planners' own may be for ever, since the world cancels them before its end.
func drawOperation(draw *choice.Stream, depth int, planner bool) *operation {
	o := &operation{kind: shares[draw.IntN(len(shares))], delay: time.Duration(draw.IntN(3)) * time.Millisecond, pick: draw.IntN(1 << 16)}
	if o.kind == opForever && !planner {
		o.kind = opSchedule
	}
	if depth > 0 && draw.Bool(0.5) {
		o.then = drawOperation(draw, depth-1, false)
	}
	return o
}

func timersWorld(w *sim.World) {
	s := stage.New(w, netsim.Options{})
	c := s.Container("clock", quiet{})
	k := &clockwork{w: w, c: c, stopped: w.Param("end") == 1, mu: w.NewMutex("clockwork")}
	c.AutoStop(false)
	running := s.Run(c, int(w.Param("workers")))
	w.Mark()
	var planners []*sim.Thread
	for i := range w.Param("planners") {
		name := fmt.Sprintf("planner-%d", i)
		planners = append(planners, w.Go(name, func() { k.plan(w.Rand(name)) }))
	}
	if w.Param("burst") == 1 {
		others := c.NewQueue()
		for range burst {
			others.Add(func() {})
		}
	}
	if k.stopped {
		c.Stop(nil)
	}
	for _, p := range planners {
		p.Join()
	}
	k.cancelAll()
	c.AutoStop(true)
	c.Schedule(0, func() {}) // auto-stop wants an edge (RUN-6)
	s.JoinRun(running, "the last function and job have ended")
	k.judge()
	s.Finish()
}

// update changes what mu guards.
func (k *clockwork) update(f func()) {
	k.mu.Lock()
	f()
	k.mu.Unlock()
}

// plan does one thread's share, on a queue of its own.
func (k *clockwork) plan(draw *choice.Stream) {
	var ops []*operation
	for range k.w.Param("plans") {
		ops = append(ops, drawOperation(draw, 2, true))
	}
	q := &countedQueue{Queue: k.c.NewQueue()}
	k.update(func() { k.queues = append(k.queues, q) })
	for _, o := range ops {
		k.act(o, q)
	}
}

// act does one operation.
func (k *clockwork) act(o *operation, q *countedQueue) {
	if o == nil {
		return
	}
	switch o.kind {
	case opSchedule:
		k.scheduleTwo(o, q)
	case opForever:
		k.keep(k.c.Schedule(math.MaxInt64, func() {}))
	case opCancel:
		k.cancel(o.pick)
	case opAdd:
		accepted := q.Add(func() {
			k.update(func() { q.ran++ })
			k.act(o.then, q)
		})
		if accepted {
			k.update(func() { q.accepted++ })
		}
	case opAddLater:
		k.update(func() { q.later++ })
		q.Schedule(o.delay, k.w.Yield)
	case opCloseQueue:
		if o.pick%2 == 0 {
			n := q.Close()
			k.update(func() { q.dropped += n })
		}
	}
}

func (k *clockwork) keep(h record.Handle) {
	k.update(func() { k.handles = append(k.handles, h) })
}

// cancel cancels one of the functions scheduled so far, or one that has run.
func (k *clockwork) cancel(pick int) {
	var h record.Handle
	any := false
	k.update(func() {
		if any = len(k.handles) > 0; any {
			// The youngest are the likeliest to be due at this moment.
			h = k.handles[len(k.handles)-1-pick%min(len(k.handles), 4)]
		}
	})
	if any {
		k.c.Cancel(h)
	}
}

// cancelAll cancels all functions scheduled so far, some of which never come due.
func (k *clockwork) cancelAll() {
	var all []record.Handle
	k.update(func() { all = append(all, k.handles...) })
	for _, h := range all {
		k.c.Cancel(h)
	}
}

// scheduleTwo schedules two functions, the second one due at the time of the first
// or later, that know their order.
func (k *clockwork) scheduleTwo(o *operation, q *countedQueue) {
	second := false
	k.keep(k.c.Schedule(o.delay, func() {
		if second {
			k.w.Fail("SCHED-3", "a function scheduled with a delay of %v ran after one that was scheduled later with the same delay", o.delay)
		}
		k.act(o.then, q)
	}))
	k.keep(k.c.Schedule(o.delay, func() { second = true }))
}

// judge checks what the end must have left.
func (k *clockwork) judge() {
	for i, q := range k.queues {
		if lost := q.accepted - q.ran; lost > q.dropped || lost < q.dropped-q.later {
			k.w.Fail("WQ-17", "queue %d accepted %d jobs, ran %d and said that it dropped %d", i, q.accepted, q.ran, q.dropped)
		}
		if k.stopped && q.Add(func() {}) {
			k.w.Fail("WQ-15", "queue %d accepted a job after the container had stopped and Run had returned", i)
		}
	}
}
