package runner

import (
	"fmt"
	"runtime"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// Options of Run and Verify.
type Options struct {
	// Scenarios to run; at least one, with distinct names.
	Scenarios []*sim.Scenario
	// Seed is the first seed. The runs of a scenario have the seeds Seed,
	// Seed+1, ….
	Seed uint64
	// Runs is the number of runs of each scenario, over all shards. Zero means
	// 1000, and any number for a search or if For is set.
	Runs uint64
	// For is a budget of wall-clock time, instead or beside. Zero means none.
	For time.Duration
	// Strategy is a name that sim.ParseStrategy knows. Empty means "auto". A search
	// (dfs:P, delay:D) runs each scenario with its default parameters and the first
	// seed until it is complete, on one worker. "feedback" learns from run to run, for
	// each scenario and worker by itself: see Report.
	Strategy string
	// Params fixes parameters by name in the scenarios that have them; one
	// that no scenario has is an error.
	Params map[string]int64
	// Defaults gives the parameters that are not fixed their defaults, instead of
	// drawing them for each run.
	Defaults bool
	// Faults says which faults may be drawn: see FixParams. Empty means "all".
	Faults string
	// Workers is the number of Worlds at work. Zero means GOMAXPROCS.
	Workers int
	// Shard and Shards say which part of the runs is done: those whose number
	// in the batch, from 0, leaves the remainder Shard when divided by Shards.
	// Shards of zero means 1.
	Shard, Shards int
	// KeepGoing goes on after a failure.
	KeepGoing bool
	// Watchdog is the wall-clock time after which a step that does not come
	// back is reported. Zero means 10 s, negative never.
	Watchdog time.Duration
	// Progress, if set, is called every 200 ms or so by the goroutine that
	// called Run.
	Progress func(Progress)
	// Activity, if set, shows the runs that the workers are at.
	Activity *Activity
	// OnFailure, if set, is called for each new way to fail as soon as it is
	// sure to be reported, by the goroutine that called Run. Count is not yet
	// final.
	OnFailure func(*Failure)

	_ struct{}
}

// Progress is how far a batch is.
type Progress struct {
	// Runs, Steps and Failures are done so far, by all workers.
	Runs, Steps, Failures uint64
	// Classes is the number of reads-from classes seen, in all scenarios together,
	// and Unseen the estimate of those that another run will add (see
	// sim.FeedbackReport); 0 if the strategy is not "feedback".
	Classes int
	Unseen  float64
	// Planned is the number of runs, 0 if the batch is bounded by time alone.
	Planned uint64
	// Elapsed is the wall-clock time since the batch began, Budget is its bound
	// or 0.
	Elapsed, Budget time.Duration
}

// OptionError is an option that makes no sense.
type OptionError struct {
	// Option is the field's name, Reason what is wrong.
	Option, Reason string
	Err            error
}

func (e *OptionError) Error() string { return "runner: " + e.Option + ": " + e.Reason }

func (e *OptionError) Unwrap() error { return e.Err }

// withDefaults returns the options with zero values replaced, or an
// *OptionError.
func (o Options) withDefaults() (Options, error) {
	search, _ := newSearch(o.Strategy)
	switch {
	case o.Runs == 0 && (search != nil || o.For > 0):
		o.Runs = boundless
	case o.Runs == 0:
		o.Runs = 1000
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Shards == 0 {
		o.Shards = 1
	}
	if o.Strategy == "" {
		o.Strategy = "auto"
	}
	switch {
	case len(o.Scenarios) == 0:
		return o, &OptionError{Option: "Scenarios", Reason: "nothing to run"}
	case o.Workers < 0:
		return o, &OptionError{Option: "Workers", Reason: fmt.Sprintf("%d workers", o.Workers)}
	case o.Shards < 0 || o.Shard < 0 || o.Shard >= o.Shards:
		return o, &OptionError{Option: "Shard", Reason: fmt.Sprintf("shard %d of %d: want 0 to %d", o.Shard, o.Shards, o.Shards-1)}
	case search != nil && o.Shards > 1:
		return o, &OptionError{Option: "Shard", Reason: fmt.Sprintf("%s: a search cannot be done in shards", o.Strategy)}
	case o.For < 0:
		return o, &OptionError{Option: "For", Reason: fmt.Sprintf("%v is no time to run", o.For)}
	}
	if _, err := sim.ParseStrategy(o.Strategy); err != nil {
		return o, &OptionError{Option: "Strategy", Reason: reason(err), Err: err}
	}
	if search != nil {
		o.Workers = min(o.Workers, 1)
	}
	names := map[string]bool{}
	for _, s := range o.Scenarios {
		if names[s.Name] {
			return o, &OptionError{Option: "Scenarios", Reason: fmt.Sprintf("two are named %q", s.Name)}
		}
		names[s.Name] = true
	}
	return o, checkParams(o.Scenarios, o.Params, o.Faults)
}

// planned returns the number of runs of each scenario in this shard.
func (o *Options) planned() uint64 {
	if o.Runs <= uint64(o.Shard) {
		return 0
	}
	return (o.Runs-uint64(o.Shard)-1)/uint64(o.Shards) + 1
}

// seed returns the seed of the shard's run number j.
func (o *Options) seed(j uint64) uint64 { return o.Seed + o.index(j) }

// number returns the shard's number of the run with that seed.
func (o *Options) number(seed uint64) uint64 {
	return (seed - o.Seed - uint64(o.Shard)) / uint64(o.Shards)
}

// index returns the number in the whole batch of the shard's run number j.
func (o *Options) index(j uint64) uint64 { return uint64(o.Shard) + j*uint64(o.Shards) }
