package sim

import (
	"sync/atomic"
	"time"

	"github.com/collider-amqp/collider/sim/choice"
	"github.com/collider-amqp/collider/sim/history"
)

// Epoch is the virtual time at which each run begins.
var Epoch = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)

// Options of a World. The zero value is ready for use.
type Options struct {
	// Watchdog is the wall-clock time after which a step that does not come
	// back is reported. Zero means 10 s, negative never.
	Watchdog time.Duration
	// OnStuck is called, on a goroutine of its own, with the result of a run
	// whose step does not come back; Execute is then still inside that step and
	// may never return. Nil panics instead, which ends the process with the
	// report. If the step does come back, Execute returns the same failure.
	OnStuck func(Result)
	// Host is set when the World lives inside another scheduler, such as a
	// synctest bubble. Nil means it does not.
	Host *Host
	// HideRaces keeps the race detector from seeing races between threads. By
	// default each thread's program has, in race builds, a goroutine of its own,
	// and is ordered after another by the operations of the World alone; with
	// HideRaces all threads run on one chain of coroutines, as in other builds,
	// and the detector takes them to be ordered as they ran. Other builds do not
	// heed it, and Worlds with a Host always hide races. Runs and digests are the
	// same.
	HideRaces bool
	// Events bounds the history's number of events. Zero means 1<<16.
	Events int

	_ struct{}
}

// Host lets a World live inside another scheduler, which owns goroutines and
// the clock. Its functions are called between two steps by the thread that made
// the last one, and must neither block on the World nor panic.
type Host struct {
	// Unpooled makes each thread a coroutine of its own that ends with it, so
	// that none outlives the run.
	Unpooled bool
	// Quiesce, if set, is called after each step and each Advance, before the
	// next step is chosen: it waits until what they have started outside the
	// World has come to rest.
	Quiesce func()
	// Now, if set with Advance, is the clock: the time since the run began. It
	// must not move by itself while a thread runs.
	Now func() time.Duration
	// Advance moves that clock to the given time since the run began, or stops
	// earlier, when something outside the World happens.
	Advance func(to time.Duration)
	// Owner is for the package that made the Host; see World.Host.
	Owner any

	_ struct{}
}

// World is one simulated run at a time, and the memory and coroutines that later
// runs use again. Execute runs a scenario in it; within the run, its methods are
// called by the threads of the scenario, of which one runs at a time. A World
// must not be used by two goroutines at once. Worlds are independent of each
// other.
//
// A World must not be used by goroutines that differ in runtime.LockOSThread,
// and its threads must not call that function: the Go runtime would end the
// process.
type World struct {
	// What each step touches comes first.
	cur      *Thread
	run      []*Thread // the runnable threads, the current one among them
	steps    uint64
	trap     uint64 // attend is called from this step on
	digest   uint64
	strategy Strategy
	segment  segment // the one being written
	choices  uint64
	switches uint64
	preempts uint64
	every    bool // the strategy is asked even if one thread can run
	asking   bool // the strategy is being asked
	hosted   bool
	over     bool
	probe    atomic.Uint32 // set by the watchdog, cleared by the next step
	clock    clock
	goal     *coro // who shall run next

	options  Options
	epoch    uint32 // number of the run
	seed     uint64
	running  bool
	scenario *Scenario
	threads  []*Thread // all of this run, by id
	spare    []*Thread // beyond len(threads), from earlier runs
	live     int
	objects  uint32
	seq      uint64
	names    nameState
	points   pointState
	pool     coroPool
	limits   limits
	verdict  verdict
	entropy  entropy
	plans    plans
	params   []ParamValue
	segments []segment
	hooks    strategyHooks
	recorder *history.Recorder
	watch    watch
	local    map[any]any // of Local
	expected []*expectation
	locator  locator
	tap      Tap
	dying    []*Machine // crashed, with threads still in the run
	programs programs
}

// NewWorld returns a World for Execute. Close frees it.
func NewWorld(o Options) *World {
	if o.Watchdog == 0 {
		o.Watchdog = 10 * time.Second
	}
	if h := o.Host; h != nil && (h.Now == nil) != (h.Advance == nil) {
		panic("sim: Host needs both Now and Advance, or neither")
	}
	w := &World{options: o, hosted: o.Host != nil}
	w.pool.root.w = w
	w.pool.root.parent = &w.pool.root
	w.recorder = history.NewWorldRecorder(source{w}, history.Options{Limit: o.Events})
	w.names.path = make(map[uint64]string)
	w.names.count = make(map[childKey]uint32)
	w.initSplit()
	watchWorld(w)
	return w
}

// Close frees the coroutines; the World must not be used afterwards. It panics if
// a run is in progress.
func (w *World) Close() {
	if w.running {
		panic("sim: Close of a World that runs")
	}
	unwatchWorld(w)
	w.pool.close()
}

// reset makes the World ready for a run.
func (w *World) reset(s *Scenario, cfg *RunConfig) {
	w.epoch++
	w.cur, w.goal = nil, nil
	w.steps, w.choices, w.switches, w.preempts = 0, 0, 0, 0
	w.digest = digestSeed
	w.over, w.asking = false, false
	w.seed, w.scenario = cfg.Seed, s
	clear(w.run)
	w.run = w.run[:0]
	w.spare = w.threads[:cap(w.threads)]
	w.threads = w.threads[:0]
	w.live, w.objects, w.seq = 0, 0, 0
	w.segment, w.segments = segment{thread: noThread}, w.segments[:0]
	w.verdict = verdict{}
	w.expected = w.expected[:0]
	w.dying = w.dying[:0]
	w.locator, w.tap = locator{want: cfg.Locate}, cfg.Tap
	w.names.reset()
	w.points.reset()
	w.entropy.reset()
	w.recorder.Reset()
	w.clock.reset(w.options.Host)
}

// Now returns the virtual time. It is no choice point.
//
//go:norace
func (w *World) Now() time.Time { return Epoch.Add(w.clock.now) }

// Elapsed returns the virtual time since the run began.
//
//go:norace
func (w *World) Elapsed() time.Duration { return w.clock.now }

// Since returns the virtual time elapsed since t.
func (w *World) Since(t time.Time) time.Duration { return w.Now().Sub(t) }

// CurrentThread returns the running thread, and nil outside a run.
//
//go:norace
func (w *World) CurrentThread() *Thread { return w.cur }

// Step returns the number of steps made.
//
//go:norace
func (w *World) Step() uint64 { return w.steps }

// Seq returns the next number, from 1, of a total order of the run. It is no
// choice point.
//
//go:norace
func (w *World) Seq() uint64 {
	w.seq++
	return w.seq
}

// Seed returns the seed of the run.
func (w *World) Seed() uint64 { return w.seed }

// Rand returns the run's stream of a purpose: the same one at each call. Threads
// that share a stream share its order of draws, which then depends on the
// schedule; a purpose of its own for each user of random numbers keeps a run
// alike when its schedule is shrunk.
func (w *World) Rand(purpose string) *choice.Stream { return w.entropy.stream(w.seed, purpose) }

// Param returns the value of a parameter of the scenario in this run. It panics
// if the scenario has none of that name.
func (w *World) Param(name string) int64 {
	for i := range w.params {
		if w.params[i].Name == name {
			return w.params[i].Value
		}
	}
	panic(&Misuse{What: "no parameter " + name + " in scenario " + w.scenario.Name})
}

// Mark ends the fixed prelude of a scenario: an exhaustive search branches from
// here on, and a strategy with change points counts from here. The first call
// counts.
//
//go:norace
func (w *World) Mark() {
	if w.outside() {
		w.cross(w.Mark)
		return
	}
	if w.verdict.mark == 0 {
		w.verdict.mark = max(w.steps, 1)
		if w.hooks.mark != nil {
			w.hooks.mark.Mark()
		}
	}
}

// Yield lets another thread run. Strategies that prefer threads prefer the caller
// less.
//
//go:norace
func (w *World) Yield() {
	if w.outside() {
		w.cross(w.Yield)
		return
	}
	t := w.thread()
	t.op, t.object = Op{Kind: OpYield}, nil
	w.step(t)
}

// thread returns the calling thread. It panics outside a run.
//
//go:norace
func (w *World) thread() *Thread {
	if w.cur == nil {
		panic(&Misuse{What: "operation of a World outside its threads"})
	}
	return w.cur
}
