package runner

import (
	"cmp"
	"fmt"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// Spec names one run of a scenario: with the scenario and the build it determines
// everything that happens.
type Spec struct {
	// Seed of the run.
	Seed uint64
	// Strategy is a name that sim.ParseStrategy knows, but for searches and
	// "feedback", whose runs a seed does not name. Empty means "auto".
	Strategy string
	// Params, Defaults and Faults are those of Options.
	Params   map[string]int64
	Defaults bool
	Faults   string

	_ struct{}
}

// Repeat executes the run that Run executes for the scenario with the seed,
// strategy and parameters of spec, and keeps its history. The error is an
// *OptionError or a *PanicError.
func Repeat(s *sim.Scenario, spec Spec, watchdog time.Duration) (sim.Result, error) {
	return repeat(s, spec, watchdog, nil)
}

func repeat(s *sim.Scenario, spec Spec, watchdog time.Duration, seqs []uint64) (sim.Result, error) {
	spec.Strategy = cmp.Or(spec.Strategy, "auto")
	cfg, err := spec.config(s)
	if err != nil {
		return sim.Result{}, err
	}
	cfg.Estimates, cfg.Locate = Estimate(s, cfg.Params, watchdog), seqs
	return Once(s, cfg, watchdog)
}

func (spec *Spec) config(s *sim.Scenario) (sim.RunConfig, error) {
	strategy, err := sim.ParseStrategy(spec.Strategy)
	if err != nil {
		return sim.RunConfig{}, &OptionError{Option: "Strategy", Reason: reason(err), Err: err}
	}
	if _, ok := strategy.(*sim.Search); ok {
		return sim.RunConfig{}, &OptionError{Option: "Strategy", Reason: fmt.Sprintf("%s: the runs of a search have no seeds of their own; replay a failure's file, or run the search again", spec.Strategy)}
	}
	if err := refuseFeedback(spec.Strategy); err != nil {
		return sim.RunConfig{}, err
	}
	if err := checkParams([]*sim.Scenario{s}, spec.Params, spec.Faults); err != nil {
		return sim.RunConfig{}, err
	}
	params := fixParams(s, spec.Params, spec.Faults, spec.Defaults)
	return sim.RunConfig{Seed: spec.Seed, Params: params, Strategy: strategy, Keep: true}, nil
}

// Confirm executes a run that failed a second time, before it is reported: one that
// does not repeat itself is a failure of the harness. cfg is the configuration that it
// had; a stuck run is not repeated. The error is a *PanicError.
func Confirm(s *sim.Scenario, r sim.Result, cfg sim.RunConfig, watchdog time.Duration) (*Failure, error) {
	f := newFailure(s, r)
	if r.Failure.Kind == sim.Stuck {
		return &f, nil
	}
	return &f, f.confirm(cfg, watchdog, nil)
}

// confirm is Confirm of a failure that is none of a stuck run. look finds the place
// where the run parts, if it does; nil means that its own repetitions show it.
func (f *Failure) confirm(cfg sim.RunConfig, watchdog time.Duration, look func() (*Divergence, error)) error {
	cfg.Keep, cfg.Locate = true, f.Result.Failure.Seqs
	again, err := Once(f.Scenario, cfg, watchdog)
	if err != nil {
		return err
	}
	if same(&f.Result, &again) {
		locate(f, &again)
		return nil
	}
	if look == nil {
		look = func() (*Divergence, error) { return partOnce(f.Scenario, cfg, watchdog) }
	}
	d, err := look()
	f.differs(&again, d)
	return err
}

// differs makes a failure of the harness of one that did not repeat itself. d is
// where it parted when it was watched; if it did not, it is nil, and the two results
// have to do.
func (f *Failure) differs(again *sim.Result, d *Divergence) {
	if d == nil {
		d = diverge(&f.Result, again)
	}
	nondeterminism(f, d)
}

// partOnce looks for the place where a run parts that is executed in Worlds of its
// own.
func partOnce(s *sim.Scenario, cfg sim.RunConfig, watchdog time.Duration) (*Divergence, error) {
	once := func(tap sim.Tap) (sim.Result, error) {
		cfg.Keep, cfg.Tap = true, tap
		return Once(s, cfg, watchdog)
	}
	return part(once, once)
}

// confirm re-runs a failed run of the batch.
func (b *batch) confirm(f *Failure, scenario int) error {
	if b.unconfirmed || f.Result.Failure.Kind == sim.Stuck {
		return nil
	}
	p := &b.plans[scenario]
	cfg := b.config(p, f.Result.Seed)
	if p.search != nil {
		cfg.Strategy, cfg.Defaults, cfg.Plans = sim.Replay(f.Result.Schedule), true, f.Result.Plans
		return f.confirm(cfg, b.opt.Watchdog, nil)
	}
	if p.coverage != nil {
		cfg.Strategy, cfg.Plans = sim.Replay(f.Result.Schedule), f.Result.Plans
		return f.confirm(cfg, b.opt.Watchdog, nil)
	}
	return f.confirm(cfg, b.opt.Watchdog, func() (*Divergence, error) {
		return b.part(p, b.opt.number(f.Result.Seed))
	})
}

// locate takes over the source lines that only a repetition can find.
func locate(f *Failure, again *sim.Result) {
	if f.Result.Failure.Locations == nil && again.Failure != nil {
		f.Result.Failure.Locations = again.Failure.Locations
	}
}

// config returns the configuration of a run of the batch.
func (b *batch) config(p *plan, seed uint64) sim.RunConfig {
	strategy, err := sim.ParseStrategy(b.opt.Strategy)
	if err != nil {
		panic(err) // the options have been checked
	}
	return sim.RunConfig{Seed: seed, Params: p.params, Strategy: strategy, Estimates: p.estimates}
}

// RepeatTwice is Repeat, and a second time if the run fails, since a failure that
// does not repeat itself is one of the harness. The failure is nil if the run
// passed.
func RepeatTwice(s *sim.Scenario, spec Spec, watchdog time.Duration) (sim.Result, *Failure, error) {
	spec.Strategy = cmp.Or(spec.Strategy, "auto")
	r, err := Repeat(s, spec, watchdog)
	if err != nil || r.Failure == nil {
		return r, nil, err
	}
	f := newFailure(s, r)
	if r.Failure.Kind == sim.Stuck {
		return r, &f, nil
	}
	again, err := repeat(s, spec, watchdog, r.Failure.Seqs)
	if err != nil {
		return r, nil, err
	}
	if same(&r, &again) {
		locate(&f, &again)
		return r, &f, nil
	}
	cfg, err := spec.config(s)
	if err != nil {
		return r, nil, err
	}
	cfg.Estimates = Estimate(s, cfg.Params, watchdog)
	d, err := partOnce(s, cfg, watchdog)
	f.differs(&again, d)
	return r, &f, err
}
