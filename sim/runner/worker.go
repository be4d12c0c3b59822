package runner

import (
	"sync"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// chunkRuns is the number of runs of one scenario that a worker does in a row.
const chunkRuns = 64

// chunk is a piece of work: some runs of one scenario with consecutive numbers.
type chunk struct {
	job      uint64 // range of numbers × scenario
	scenario int
	first    uint64 // the shard's number of the first run
	runs     []record
	failed   []failed // in order of at
	err      error    // a panic of the harness
	errOrder uint64   // the run's place in the total order
}

// record is what a batch keeps of every run.
type record struct {
	digest Digest
	steps  uint64
	arm    string // see Arm.Name
	moot   bool
}

// failed is a run that failed. The result is missing if a lower run is known to
// have failed in the same way.
type failed struct {
	at      int // index in runs
	failure Failure
	full    bool
}

// worker executes chunks in a World of its own. Its mutex guards what the
// watchdog needs when a step does not come back.
type worker struct {
	b        *batch
	world    *sim.World
	strategy sim.Strategy

	feedbacks []*sim.Feedback // by scenario, if that is the strategy

	mu    sync.Mutex
	cur   *chunk
	seed  uint64
	since time.Time // the run began
	gone  bool      // stuck: the watchdog has reported in its place
}

// message is what a worker tells the batch.
type message struct {
	chunk *chunk
	gone  bool // the worker works no more
}

func (b *batch) startWorker() {
	w := &worker{b: b}
	strategy, err := sim.ParseStrategy(b.opt.Strategy)
	if err != nil {
		panic(err) // the options have been checked
	}
	w.strategy = strategy
	w.world = sim.NewWorld(sim.Options{Watchdog: b.opt.Watchdog, OnStuck: w.stuck})
	b.live++
	b.opt.Activity.add(w)
	go w.work()
}

func (w *worker) work() {
	defer w.leave()
	for {
		c := w.b.take()
		if c == nil {
			return
		}
		w.mu.Lock()
		w.cur, w.seed, w.since = c, w.b.opt.seed(c.first), time.Now()
		w.mu.Unlock()
		w.do(c)
		w.mu.Lock()
		gone := w.gone
		w.cur = nil
		w.mu.Unlock()
		if gone {
			return
		}
		w.b.messages <- message{chunk: c}
		if c.err != nil {
			return
		}
	}
}

// leave frees the World and tells the batch that the worker works no more. It
// runs also when a checker has called runtime.Goexit.
func (w *worker) leave() {
	closeWorld(w.world)
	w.mu.Lock()
	gone, c := w.gone, w.cur
	w.mu.Unlock()
	if !gone {
		w.b.messages <- message{chunk: c, gone: true}
	}
}

// do executes the runs of a chunk.
func (w *worker) do(c *chunk) {
	b := w.b
	p := &b.plans[c.scenario]
	cfg := sim.RunConfig{Params: p.params, Strategy: w.strategy}
	if p.search != nil {
		if p.search.Report().Complete {
			return
		}
		cfg.Strategy, cfg.Defaults = p.search, true
	}
	if f := w.feedback(c.scenario); f != nil {
		cfg.Strategy = f
		defer p.coverage.add(f)
	}
	at := uint64(0)
	broken := func(e *PanicError) {
		c.err, c.errOrder = e, at
		b.lower(at)
	}
	cfg.Estimates = p.estimate(b.ctx, b.opt.Watchdog)
	last := min(c.first+chunkRuns, b.planned)
	for j := c.first; j < last && c.err == nil && b.want(c.scenario, j); j++ {
		cfg.Seed, at = b.opt.seed(j), b.order(c.scenario, j)
		if p.search != nil {
			cfg.Seed = b.opt.Seed
		}
		w.setSeed(cfg.Seed)
		r := execute(w.world, p.scenario, &cfg, broken)
		if c.err != nil {
			return
		}
		w.mu.Lock()
		if !w.gone {
			b.record(c, p, &r, j)
		}
		gone := w.gone
		w.mu.Unlock()
		if gone || p.search != nil && !p.search.Next() {
			return
		}
	}
}

func (w *worker) setSeed(seed uint64) {
	w.mu.Lock()
	w.seed, w.since = seed, time.Now()
	w.mu.Unlock()
}

// record adds a run to its chunk.
func (b *batch) record(c *chunk, p *plan, r *sim.Result, j uint64) {
	c.runs = append(c.runs, record{runDigest(p.name, r), r.Steps, armOf(r), r.Moot != ""})
	b.runs.Add(1)
	b.steps.Add(r.Steps)
	if r.Failure == nil {
		return
	}
	b.failures.Add(1)
	order := b.order(c.scenario, j)
	f := failed{at: len(c.runs) - 1, failure: newFailure(p.scenario, *r)}
	f.failure.Estimates = p.estimates
	f.full = b.firstOf(way{c.scenario, f.failure.Key}, order)
	if !f.full {
		f.failure.Result = sim.Result{}
	}
	c.failed = append(c.failed, f)
	if !b.opt.KeepGoing || r.Failure.Kind == sim.Stuck {
		b.lower(order)
	}
}

// stuck reports, on a goroutine of the watchdog, that the World's step does not
// come back. The worker is lost; what it has done counts.
func (w *worker) stuck(r sim.Result) {
	w.mu.Lock()
	c := w.cur
	if w.gone || c == nil || r.Seed != w.seed {
		w.mu.Unlock()
		return // it came back, and the failure with it
	}
	w.gone = true
	r.Strategy = w.b.opt.Strategy
	r.Params = append([]sim.ParamValue(nil), r.Params...)
	w.b.record(c, &w.b.plans[c.scenario], &r, c.first+uint64(len(c.runs)))
	w.mu.Unlock()
	w.b.messages <- message{chunk: c, gone: true}
}

// deadline is a point in wall-clock time; the zero value never passes.
type deadline struct{ at time.Time }

func (d deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }
