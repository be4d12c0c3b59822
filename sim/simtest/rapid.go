package simtest

import (
	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
	"github.com/collider-amqp/collider/sim/runner"
	"pgregory.net/rapid"
)

// rapidSchedules is the number of schedules tried for each candidate of rapid, so
// that a workload made smaller still has a chance to fail although every schedule
// has changed with it.
const rapidSchedules = 8

// Rapid executes a scenario inside a rapid property: rapid draws its parameters
// and a seed, from which some schedules are derived. The first that fails fails t.
// Nothing is drawn while a World runs.
func Rapid(t *rapid.T, s *sim.Scenario) {
	t.Helper()
	params := map[string]int64{}
	for i := range s.Params {
		p := &s.Params[i]
		params[p.Name] = p.Default
		if p.Draw != sim.Fixed {
			params[p.Name] = rapid.Int64Range(p.Min, p.Max).Draw(t, p.Name)
		}
	}
	seed := rapid.Uint64().Draw(t, "schedule")
	failing, found := search(s, params, seed)
	if !found {
		return
	}
	_, f, err := runner.RepeatTwice(s, runner.Spec{Seed: failing, Params: params}, 0)
	if err != nil {
		t.Fatalf("simtest: %v", err)
	}
	if f == nil {
		t.Fatalf("simtest: seed %d failed and then passed: the scenario depends on more than the World", failing)
	}
	t.Fatalf("\n%s", f.Text())
}

// search returns the first of the derived seeds whose run fails.
func search(s *sim.Scenario, params map[string]int64, seed uint64) (failing uint64, found bool) {
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	cfg := sim.RunConfig{Params: params, Strategy: sim.Auto(), Estimates: runner.Estimate(s, params, 0)}
	for i := range uint64(rapidSchedules) {
		cfg.Seed = choice.Derive(seed, "rapid", i)
		if sim.Execute(w, s, cfg).Failure != nil {
			return cfg.Seed, true
		}
	}
	return 0, false
}
