package bench

import (
	"context"
	"math"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
)

// Options of Measure.
type Options struct {
	// Strategy is a name that sim.ParseStrategy knows. The trials of a search are
	// alike; one ends without the bug if the search is complete.
	Strategy string
	// Trials is the number of searches for the bug, each with seeds of its own.
	// Zero means 20.
	Trials int
	// Limit is the number of schedules after which a search gives up. Zero means
	// 10 000.
	Limit int
	// Seed makes other trials. Any value will do.
	Seed uint64

	_ struct{}
}

// Sample is what came of the searches for one bug with one strategy.
type Sample struct {
	// First has, for each trial that found the bug, the number of schedules up to
	// and including the first that failed. For strategies that use estimates the
	// profile run is the first schedule, and may be the one that fails, as in the
	// study of SURW.
	First []int
	// Trials is the number of trials.
	Trials int
	// Runs and Steps are totals, Elapsed is the wall-clock time.
	Runs, Steps uint64
	Elapsed     time.Duration
	// Failed is the result of the last run that failed, nil if none did.
	Failed *sim.Result
	// Interrupted says that the context ended before the trials.
	Interrupted bool
}

// Measure searches for the bug of p. The error is that of the strategy's name.
// Measure panics if a run finds the harness at fault.
func Measure(ctx context.Context, p *Program, o Options) (Sample, error) {
	if o.Trials == 0 {
		o.Trials = 20
	}
	if o.Limit == 0 {
		o.Limit = 10_000
	}
	if _, err := sim.ParseStrategy(o.Strategy); err != nil {
		return Sample{}, err
	}
	w := sim.NewWorld(sim.Options{HideRaces: true})
	defer w.Close()
	var s Sample
	begin := time.Now()
	for s.Trials < o.Trials && ctx.Err() == nil {
		strategy, err := sim.ParseStrategy(o.Strategy) // a search begins anew
		if err != nil {
			return s, err
		}
		t := trial{w: w, scenario: p.Scenario(), strategy: strategy, sample: &s}
		t.seed = choice.Derive(choice.Derive(o.Seed, "trial", uint64(s.Trials)), "program", choice.Hash(p.Name))
		if n := t.search(ctx, o.Limit); n > 0 {
			s.First = append(s.First, n)
		}
		s.Trials++
	}
	s.Elapsed = time.Since(begin)
	s.Interrupted = ctx.Err() != nil
	return s, nil
}

// trial is one search.
type trial struct {
	w        *sim.World
	scenario *sim.Scenario
	strategy sim.Strategy
	seed     uint64
	sample   *Sample
}

// search returns the number of the first schedule that fails, 0 if none does.
func (t *trial) search(ctx context.Context, limit int) int {
	var e sim.Estimates
	first := 0
	if estimates(t.strategy) {
		p := sim.NewProfiler()
		r := t.run(0, p, e)
		if r.Failure != nil {
			return 1
		}
		e = sim.Estimates{Choices: r.Choices, Steps: r.Steps, Threads: r.Threads, Profile: p.Profile()}
		first = 1
	}
	for i := first; i < limit; i++ {
		if i&1023 == 0 && ctx.Err() != nil {
			return 0
		}
		if t.run(uint64(i), t.strategy, e).Failure != nil {
			return i + 1
		}
		if s, ok := t.strategy.(*sim.Search); ok && !s.Next() {
			return 0
		}
	}
	return 0
}

func (t *trial) run(i uint64, s sim.Strategy, e sim.Estimates) sim.Result {
	r := sim.Execute(t.w, t.scenario, sim.RunConfig{Seed: t.seed + i, Strategy: s, Estimates: e, EarlyClock: -1})
	t.sample.Runs++
	t.sample.Steps += r.Steps
	if r.Failure != nil {
		t.sample.Failed = &r
	}
	return r
}

// estimates says whether the strategy uses sim.Estimates.
func estimates(s sim.Strategy) bool {
	if _, ok := s.(*sim.Search); ok {
		return false
	}
	switch s.Name() {
	case "pos", "random", "sticky", "rr:1":
		return false
	}
	return true
}

// All says whether every trial found the bug.
func (s *Sample) All() bool { return len(s.First) == s.Trials && s.Trials > 0 }

// Mean is the mean number of schedules of the trials that found the bug, NaN if
// none did.
func (s *Sample) Mean() float64 {
	sum := 0.0
	for _, n := range s.First {
		sum += float64(n)
	}
	return sum / float64(len(s.First))
}

// Margin is half the width of the 95 % confidence interval of Mean, by the normal
// approximation; 0 for a single trial.
func (s *Sample) Margin() float64 {
	n := float64(len(s.First))
	if n < 2 {
		return 0
	}
	mean, sum := s.Mean(), 0.0
	for _, x := range s.First {
		sum += (float64(x) - mean) * (float64(x) - mean)
	}
	return normal95 * math.Sqrt(sum/(n-1)/n)
}

const normal95 = 1.96

// Ratio is a geometric mean of Mean over Published, with its 95 % interval.
type Ratio struct {
	// Programs is the number of them that count: those with a published number
	// that every trial found. Missed have one and were not found by every trial.
	Programs, Missed int
	// Mean, Low and High are 0 if no program counts.
	Mean, Low, High float64
}

// Compare compares samples with the published numbers of the programs of the same
// index. The published means are taken as exact; the interval is that of the
// logarithm of our means, by the delta method.
func Compare(ps []Program, ss []Sample) Ratio {
	var r Ratio
	logs, variance := 0.0, 0.0
	for i := range ps {
		if ps[i].Published == 0 || ss[i].Trials == 0 {
			continue
		}
		if !ss[i].All() {
			r.Missed++
			continue
		}
		r.Programs++
		mean := ss[i].Mean()
		logs += math.Log(mean / ps[i].Published)
		relative := ss[i].Margin() / normal95 / mean
		variance += relative * relative
	}
	if r.Programs == 0 {
		return r
	}
	n := float64(r.Programs)
	margin := normal95 * math.Sqrt(variance) / n
	r.Mean = math.Exp(logs / n)
	r.Low, r.High = math.Exp(logs/n-margin), math.Exp(logs/n+margin)
	return r
}
