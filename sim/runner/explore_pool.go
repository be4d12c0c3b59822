package runner

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// explorer is the state that the workers of one exploration share. Each visits a part
// of the tree; one that has none takes half of another's.
type explorer struct {
	o   ExploreOptions
	ctx context.Context
	end deadline

	mu       sync.Mutex
	changed  *sync.Cond
	parts    []*sim.Search // that nobody visits
	visiting int           // parts that workers visit
	hungry   int           // workers that wait for a part
	crew     []*explorerWorker
	over     bool // no further run is wanted
	report   sim.SearchReport
	steps    uint64
	digest   Digest
	runs     uint64 // of this call
	failed   *sim.Result
	path     []int32 // of failed
	panicked *PanicError
	name     uint64
	first    string // digest of the first schedule, which tells whether a state fits
	begin    time.Time
}

// newExplorer prepares an exploration from the start, or from where another ended.
func newExplorer(ctx context.Context, o ExploreOptions, begin time.Time) (*explorer, error) {
	x := &explorer{o: o, ctx: ctx, name: nameDigest(o.Scenario), begin: begin}
	x.changed = sync.NewCond(&x.mu)
	if o.For > 0 {
		x.end.at = begin.Add(o.For)
	}
	r, err := Once(o.Scenario, o.config(o.search()), o.Watchdog)
	if err != nil {
		return nil, err
	}
	x.first = runDigest(x.name, &r).String()
	if o.From == nil {
		x.parts = append(x.parts, o.search())
		return x, nil
	}
	return x, x.restore(o.From)
}

// wait calls Progress until the workers have gone.
func (x *explorer) wait() {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	done := make(chan struct{})
	go func() {
		x.mu.Lock()
		for !x.ended() {
			x.changed.Wait()
		}
		x.mu.Unlock()
		close(done)
	}()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			if x.o.Progress != nil {
				x.o.Progress(x.progress())
			}
		}
	}
}

// ended says that no worker visits anything, and that nothing is left for one.
func (x *explorer) ended() bool { return x.visiting == 0 && (x.over || len(x.parts) == 0) }

func (x *explorer) progress() (Progress, float64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	p := Progress{Runs: x.runs, Steps: x.steps, Elapsed: time.Since(x.begin), Budget: x.o.For}
	if x.failed != nil {
		p.Failures = 1
	}
	left := 0.0
	for _, s := range x.parts {
		left += s.Left()
	}
	for _, w := range x.crew {
		left += w.left
	}
	return p, left
}

// explorerWorker visits one part after another. All but world is guarded by the
// explorer's mutex.
type explorerWorker struct {
	x     *explorer
	world *sim.World
	part  *sim.Search // nil between two parts
	left  float64     // of the tree, in the part
	gone  bool        // its step did not come back
}

// startWorker starts a worker.
func (x *explorer) startWorker() {
	w := &explorerWorker{x: x}
	x.crew = append(x.crew, w)
	go w.work()
}

// work is the life of a worker.
func (w *explorerWorker) work() {
	w.world = sim.NewWorld(sim.Options{Watchdog: w.x.o.Watchdog, OnStuck: w.stuck})
	defer closeWorld(w.world)
	for w.take() {
		w.visit()
	}
}

// take gets a part to be visited; false if there is nothing more to do.
func (w *explorerWorker) take() bool {
	x := w.x
	x.mu.Lock()
	defer x.mu.Unlock()
	x.hungry++
	defer func() { x.hungry-- }()
	for len(x.parts) == 0 && !x.ended() {
		x.changed.Wait()
	}
	if x.over || len(x.parts) == 0 || w.gone {
		return false
	}
	last := len(x.parts) - 1
	w.part, x.parts = x.parts[last], x.parts[:last]
	w.left = w.part.Left()
	x.visiting++
	return true
}

// visit runs the schedules of the part, until it is done, given back, or of no use any
// more.
func (w *explorerWorker) visit() {
	cfg := w.x.o.config(w.part)
	for {
		var broken *PanicError
		r := execute(w.world, w.x.o.Scenario, &cfg, func(e *PanicError) { broken = e })
		if broken != nil {
			w.broke(broken)
			return
		}
		if !w.took(&r) {
			return
		}
	}
}

// took notes a run and says whether the part is to be visited further; if not, it
// has been put away.
func (w *explorerWorker) took(r *sim.Result) bool {
	x, s := w.x, w.part
	x.mu.Lock()
	defer x.mu.Unlock()
	if w.gone {
		return false // the watchdog has reported it
	}
	x.runs++
	x.steps += r.Steps
	x.digest = x.digest.Add(runDigest(x.name, r))
	if r.Failure != nil {
		x.fail(r, s.Path())
		if r.Failure.Kind == sim.Stuck { // it came back after all, but it is no world to go on with
			w.gone, x.over = true, true
			w.leave()
			return false
		}
	}
	more := s.Next()
	switch {
	case !more || x.failed != nil && sim.ComparePaths(s.Path(), x.path) > 0:
		x.gather(s.Report(), &x.report)
		w.leave()
		return false
	case x.over || x.ctx.Err() != nil || x.end.passed():
		x.over = true
		x.parts = append(x.parts, s)
		w.leave()
		return false
	}
	w.left = s.Left()
	if x.hungry > len(x.parts) {
		if part := s.Split(); part != nil {
			x.parts = append(x.parts, part)
			w.left = s.Left()
			x.changed.Broadcast()
		}
	}
	return true
}

// earlier is how long, at the least, earlier failures are looked for when one has been
// found: as long again as that took, if that is more.
const earlier = 10 * time.Second

// fail keeps the failure that comes first in the order of the search, and sets an end
// to the search for one that comes before it. The mutex is held.
func (x *explorer) fail(r *sim.Result, path []int32) {
	if x.failed != nil && sim.ComparePaths(path, x.path) >= 0 {
		return
	}
	if x.failed == nil {
		until := time.Now().Add(max(earlier, time.Since(x.begin)))
		if x.end.at.IsZero() || until.Before(x.end.at) {
			x.end.at = until
		}
	}
	failed := *r
	x.failed, x.path = &failed, path
}

// leave says that the part is no longer visited. The mutex is held.
func (w *explorerWorker) leave() {
	w.part, w.left = nil, 0
	w.x.visiting--
	w.x.changed.Broadcast()
}

// broke ends the exploration for a panic of the harness, or because a run did not
// repeat itself.
func (w *explorerWorker) broke(e *PanicError) {
	x := w.x
	x.mu.Lock()
	defer x.mu.Unlock()
	if w.gone {
		return
	}
	if f := unrepeatable(e); f != nil {
		x.fail(&sim.Result{Seed: x.o.Seed, Strategy: w.part.Name(), Failure: f}, w.part.Path())
	} else if x.panicked == nil {
		x.panicked = e
	}
	x.over = true
	w.leave()
}

// unrepeatable returns the failure that a panic of the search stands for, nil if it is
// another panic.
func unrepeatable(e *PanicError) *sim.Failure {
	v := e.Value
	if fault, ok := v.(*sim.Fault); ok {
		v = fault.Value
	}
	if err, ok := v.(error); ok && errors.Is(err, sim.ErrUnrepeatable) {
		return &sim.Failure{Kind: sim.Nondeterminism, Message: err.Error()}
	}
	return nil
}

// stuck ends the exploration for a step that does not come back; the worker is lost.
// If it comes back meanwhile, took has seen the same failure.
func (w *explorerWorker) stuck(r sim.Result) {
	r.Params = append([]sim.ParamValue(nil), r.Params...)
	x := w.x
	x.mu.Lock()
	defer x.mu.Unlock()
	if w.gone || w.part == nil {
		return
	}
	w.gone, x.over = true, true
	if x.failed == nil {
		x.failed, x.path = &r, nil
	}
	w.leave()
}

// gather adds the report of a part to a sum.
func (x *explorer) gather(r sim.SearchReport, sum *sim.SearchReport) {
	sum.Runs += r.Runs
	sum.Cut += r.Cut
	sum.Sampled += r.Sampled
	sum.Unmarked += r.Unmarked
	sum.Deepest = max(sum.Deepest, r.Deepest)
	sum.Menu = max(sum.Menu, r.Menu)
	sum.From = max(sum.From, r.From)
}
