package runner

import (
	"context"
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
	over     bool          // no further run is wanted
	report   sim.SearchReport
	steps    uint64
	digest   Digest
	runs     uint64 // of this call
	failed   *sim.Result
	lost     *sim.Search // the part whose run is stuck
	path     []int32     // of failed
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
	return p, left
}

// work is the life of a worker.
func (x *explorer) work() {
	var s *sim.Search
	w := sim.NewWorld(sim.Options{Watchdog: x.o.Watchdog, OnStuck: func(r sim.Result) { x.stuck(s, r) }})
	defer closeWorld(w)
	for s = x.take(); s != nil; s = x.take() {
		x.visit(w, s)
	}
}

// take returns a part to be visited, nil if there is nothing more to do.
func (x *explorer) take() *sim.Search {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.hungry++
	defer func() { x.hungry-- }()
	for len(x.parts) == 0 && !x.ended() {
		x.changed.Wait()
	}
	if x.over || len(x.parts) == 0 {
		return nil
	}
	last := len(x.parts) - 1
	s := x.parts[last]
	x.parts = x.parts[:last]
	x.visiting++
	return s
}

// visit runs the schedules of a part, until it is done, given back, or of no use any
// more.
func (x *explorer) visit(w *sim.World, s *sim.Search) {
	cfg := x.o.config(s)
	for {
		var broken *PanicError
		r := execute(w, x.o.Scenario, &cfg, func(e *PanicError) { broken = e; x.broke(e) })
		if broken != nil || !x.took(s, &r) {
			return
		}
	}
}

// took notes a run and says whether the part is to be visited further; if not, it
// has been put away.
func (x *explorer) took(s *sim.Search, r *sim.Result) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.lost == s {
		return false // the watchdog has reported it
	}
	x.runs++
	x.steps += r.Steps
	x.digest = x.digest.Add(runDigest(x.name, r))
	path := s.Path()
	if r.Failure != nil && (x.failed == nil || sim.ComparePaths(path, x.path) < 0) {
		failed := *r
		x.failed, x.path = &failed, path
	}
	more := s.Next()
	switch {
	case !more || x.failed != nil && sim.ComparePaths(s.Path(), x.path) > 0:
		x.gather(s.Report(), &x.report)
		x.leave()
		return false
	case x.over || x.ctx.Err() != nil || x.failed == nil && x.end.passed():
		x.over = true
		x.parts = append(x.parts, s)
		x.leave()
		return false
	}
	if x.hungry > len(x.parts) {
		if part := s.Split(); part != nil {
			x.parts = append(x.parts, part)
			x.changed.Broadcast()
		}
	}
	return true
}

// leave says that a part is no longer visited. The mutex is held.
func (x *explorer) leave() {
	x.visiting--
	x.changed.Broadcast()
}

// gather adds the report of a part to a sum.
func (x *explorer) gather(r sim.SearchReport, sum *sim.SearchReport) {
	sum.Runs += r.Runs
	sum.Cut += r.Cut
	sum.Deepest = max(sum.Deepest, r.Deepest)
	sum.Menu = max(sum.Menu, r.Menu)
	sum.From = max(sum.From, r.From)
}

// broke ends the exploration for a panic of the harness.
func (x *explorer) broke(e *PanicError) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.panicked == nil {
		x.panicked = e
	}
	x.over = true
	x.leave()
}

// stuck ends the exploration for a step that does not come back; its worker is lost.
func (x *explorer) stuck(s *sim.Search, r sim.Result) {
	r.Params = append([]sim.ParamValue(nil), r.Params...)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.failed, x.lost, x.over = &r, s, true
	x.leave()
}
