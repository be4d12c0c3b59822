package runner

import (
	"fmt"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// Spec names one run of a scenario: with the scenario and the build it determines
// everything that happens.
type Spec struct {
	// Seed of the run.
	Seed uint64
	// Strategy is a name that sim.ParseStrategy knows. Empty means "auto".
	Strategy string
	// Params are the fixed parameters.
	Params map[string]int64

	_ struct{}
}

// Repeat executes the run that Run executes for the scenario with the seed,
// strategy and parameters of spec, and keeps its history. The error is an
// *OptionError or a *PanicError.
func Repeat(s *sim.Scenario, spec Spec, watchdog time.Duration) (sim.Result, error) {
	if spec.Strategy == "" {
		spec.Strategy = "auto"
	}
	cfg, err := spec.config(s)
	if err != nil {
		return sim.Result{}, err
	}
	cfg.Estimates = Estimate(s, spec.Params, watchdog)
	return Once(s, cfg, watchdog)
}

func (spec *Spec) config(s *sim.Scenario) (sim.RunConfig, error) {
	strategy, err := sim.ParseStrategy(spec.Strategy)
	if err != nil {
		return sim.RunConfig{}, &OptionError{Option: "Strategy", Reason: err.Error(), Err: err}
	}
	cfg := sim.RunConfig{Seed: spec.Seed, Params: spec.Params, Strategy: strategy, Keep: true}
	if err := s.Validate(&cfg); err != nil {
		return sim.RunConfig{}, &OptionError{Option: "Params", Reason: err.Error(), Err: err}
	}
	return cfg, nil
}

// confirm re-runs a failed run before it is reported; if it does not repeat
// itself it becomes a failure of the harness.
func (b *batch) confirm(f *Failure) error {
	if b.unconfirmed || f.Result.Failure.Kind == sim.Stuck {
		return nil
	}
	spec := Spec{Seed: f.Result.Seed, Strategy: b.opt.Strategy, Params: b.opt.Params}
	cfg, err := spec.config(f.Scenario)
	if err != nil {
		return fmt.Errorf("runner: confirm: %w", err)
	}
	cfg.Estimates = f.Estimates
	again, err := Once(f.Scenario, cfg, b.opt.Watchdog)
	if err != nil {
		return err
	}
	if !same(&f.Result, &again) {
		nondeterminism(f, &again)
	}
	return nil
}
