package runner

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// ExploreOptions say what Explore visits.
type ExploreOptions struct {
	// Scenario to explore, with its default parameters but for Params.
	Scenario *sim.Scenario
	Params   map[string]int64
	// Seed of what is not decided by the search.
	Seed uint64
	// Preemptions and Faults are the bounds; see sim.Search. With Delays, Preemptions
	// counts delays instead.
	Preemptions, Faults int
	Delays              bool
	// For is a budget of wall-clock time. Zero means none.
	For time.Duration
	// Workers is the number of Worlds at work. Zero means GOMAXPROCS. It changes
	// nothing but the time, and the counts of an exploration that a failure ends.
	Workers int
	// Watchdog is the wall-clock time after which a step that does not come
	// back is reported. Zero means 10 s, negative never.
	Watchdog time.Duration
	// From is where an earlier exploration of the same options ended. Nil begins
	// anew.
	From *ExploreState
	// Progress, if set, is called every 200 ms or so by the goroutine that called
	// Explore, with the share of the tree that is left, about.
	Progress func(p Progress, left float64)

	_ struct{}
}

// ExploreReport is what came of an exploration.
type ExploreReport struct {
	// Search is how far it is, that it went on from included.
	Search sim.SearchReport
	// Steps is the sum over all schedules, Digest that of their digests: that of a
	// complete exploration is the same for any number of workers.
	Steps  uint64
	Digest Digest
	// Failure is the first failure in the order of the search, nil if there is none.
	// When one has been found, earlier ones are looked for as long again as that
	// took, or 10 s: First says that there is none.
	Failure *Failure
	First   bool
	// Left is the share of the tree that is left, about, and State where to go on. The
	// state is nil if the exploration is complete or has failed.
	Left  float64
	State *ExploreState
	// Elapsed is the wall-clock time of this call, Interrupted says that ctx ended.
	Elapsed     time.Duration
	Interrupted bool
}

// Explore visits all schedules of a scenario within the bounds, each once, until a
// run fails, all are visited, or ctx or the budget ends. A failure is repeated
// before it is reported. The error is an *OptionError, an *ExploreStateError, or a
// *PanicError.
func Explore(ctx context.Context, o ExploreOptions) (*ExploreReport, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	begin := time.Now()
	x, err := newExplorer(ctx, o, begin)
	if err != nil {
		return nil, err
	}
	for range x.workers() {
		x.startWorker()
	}
	x.wait()
	return x.finish(begin)
}

// check returns an *OptionError for the first option that makes no sense.
func (o *ExploreOptions) check() error {
	switch {
	case o.Scenario == nil:
		return &OptionError{Option: "Scenario", Reason: "nothing to explore"}
	case o.Scenario.Host != nil:
		return &OptionError{Option: "Scenario", Reason: o.Scenario.Name + " lives in another scheduler, whose decisions a search cannot make"}
	case o.Preemptions < 0 || o.Faults < 0:
		return &OptionError{Option: "Preemptions", Reason: "a bound below zero"}
	case o.For < 0:
		return &OptionError{Option: "For", Reason: fmt.Sprintf("%v is no time to run", o.For)}
	case o.Workers < 0:
		return &OptionError{Option: "Workers", Reason: fmt.Sprintf("%d workers", o.Workers)}
	}
	return checkParams([]*sim.Scenario{o.Scenario}, o.Params, "")
}

func (x *explorer) workers() int {
	if x.o.Workers > 0 {
		return x.o.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// search returns a new search within the bounds.
func (o *ExploreOptions) search() *sim.Search {
	s := sim.SearchPreemptions(o.Preemptions)
	if o.Delays {
		s = sim.SearchDelays(o.Preemptions)
	}
	return s.WithFaults(o.Faults)
}

// config is that of each run.
func (o *ExploreOptions) config(s sim.Strategy) sim.RunConfig {
	return sim.RunConfig{Seed: o.Seed, Params: o.Params, Defaults: true, Strategy: s}
}

// repeat executes the run of a result again.
func (o *ExploreOptions) repeat(r *sim.Result, tap sim.Tap) (sim.Result, error) {
	cfg := o.config(sim.Replay(r.Schedule))
	cfg.Plans, cfg.Keep, cfg.Locate, cfg.Tap = r.Plans, true, r.Failure.Seqs, tap
	return Once(o.Scenario, cfg, o.Watchdog)
}

// finish makes the report.
func (x *explorer) finish(begin time.Time) (*ExploreReport, error) {
	if x.panicked != nil {
		return nil, x.panicked
	}
	r := &ExploreReport{
		Search: x.report, Steps: x.steps, Digest: x.digest,
		Elapsed: time.Since(begin), Interrupted: x.ctx.Err() != nil,
	}
	r.Search.Complete = len(x.parts) == 0 && x.failed == nil
	if x.failed != nil {
		f := newFailure(x.o.Scenario, *x.failed)
		r.Failure, r.First = &f, len(x.parts) == 0 && x.path != nil
		return r, x.confirm(&f)
	}
	for _, s := range x.parts {
		r.Left += s.Left()
		x.gather(s.Report(), &r.Search)
	}
	if !r.Search.Complete {
		r.State = x.state(r)
	}
	return r, nil
}

// confirm repeats a failure.
func (x *explorer) confirm(f *Failure) error {
	if k := f.Result.Failure.Kind; k == sim.Stuck || k == sim.Nondeterminism {
		return nil
	}
	again, err := x.o.repeat(&f.Result, nil)
	if err != nil {
		return err
	}
	if same(&f.Result, &again) {
		locate(f, &again)
		return nil
	}
	once := func(tap sim.Tap) (sim.Result, error) { return x.o.repeat(&f.Result, tap) }
	d, err := part(once, once)
	f.differs(&again, d)
	return err
}
