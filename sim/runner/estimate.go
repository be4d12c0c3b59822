package runner

import (
	"context"
	"sync"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
)

// profileRuns is the number of profile runs for a scenario's estimates.
const profileRuns = 5

// Estimate returns the estimates of a scenario's size with the given fixed
// parameters, from profile runs with fixed seeds: always the same for one build.
// They are zero if a profile run is stuck or the harness panics in it; the runs
// that follow tell why. Races are hidden: the detector reports each once, and nobody
// looks at what a profile run has failed of.
func Estimate(s *sim.Scenario, params map[string]int64, watchdog time.Duration) sim.Estimates {
	return estimate(context.Background(), s, params, watchdog)
}

// estimate is Estimate; it gives up when ctx ends, and no run may have what it returns
// then.
func estimate(ctx context.Context, s *sim.Scenario, params map[string]int64, watchdog time.Duration) sim.Estimates {
	var e sim.Estimates
	profiler := sim.NewProfiler()
	for i := range uint64(profileRuns) {
		if ctx.Err() != nil {
			return sim.Estimates{}
		}
		r, err := once(s, profileConfig(s, params, profiler, i), sim.Options{Watchdog: watchdog, HideRaces: true})
		if err != nil || r.Failure != nil && r.Failure.Kind == sim.Stuck {
			return sim.Estimates{}
		}
		e.Choices += r.Choices
		e.Steps += r.Steps
		e.Threads = max(e.Threads, r.Threads)
	}
	e.Choices = (e.Choices + profileRuns - 1) / profileRuns
	e.Steps = (e.Steps + profileRuns - 1) / profileRuns
	e.Profile = profiler.Profile()
	return e
}

func profileConfig(s *sim.Scenario, params map[string]int64, p *sim.Profiler, i uint64) sim.RunConfig {
	return sim.RunConfig{
		Seed:       choice.Derive(choice.Hash(s.Name), "profile", i),
		Params:     params,
		Strategy:   p,
		EarlyClock: -1,
	}
}

// plan is what a batch knows of one scenario.
type plan struct {
	scenario  *sim.Scenario
	name      uint64 // nameDigest
	params    map[string]int64
	once      sync.Once
	estimates sim.Estimates
	search    *sim.Search // instead of the workers' strategy, if not nil
	coverage  *coverage   // of the workers' Feedbacks, nil if the strategy is another
}

// estimate returns the estimates, made by whoever comes first. They are good only as
// long as ctx has not ended.
func (p *plan) estimate(ctx context.Context, watchdog time.Duration) sim.Estimates {
	p.once.Do(func() { p.estimates = estimate(ctx, p.scenario, p.params, watchdog) })
	return p.estimates
}
