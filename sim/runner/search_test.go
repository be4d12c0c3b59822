package runner

import (
	"context"
	"testing"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/internal/toy"
)

func search(t *testing.T, o Options) *Report {
	t.Helper()
	r, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A search visits each schedule once, also of several scenarios of unequal size, and
// does not depend on seeds or workers.
func TestSearchIsComplete(t *testing.T) {
	scenarios := []*sim.Scenario{toy.Clean(), toy.LostUpdate(), toy.Deadlock()}
	o := Options{Scenarios: scenarios, Strategy: "dfs:2", KeepGoing: true, Seed: 5}
	r := search(t, o)
	total := uint64(0)
	for _, s := range r.Scenarios {
		if s.Search == nil || !s.Search.Complete || s.Search.Runs != s.Runs || s.Runs < 3 {
			t.Errorf("%s: %d runs, %+v", s.Name, s.Runs, s.Search)
		}
		if s.Failed > 0 == (s.Name == "toy/clean") {
			t.Errorf("%s: %d failed", s.Name, s.Failed)
		}
		total += s.Runs
	}
	if r.Runs != total || r.Interrupted {
		t.Errorf("%d runs of %d", r.Runs, total)
	}
	for _, f := range r.Failures {
		if f.Divergence != nil || f.Result.Strategy != "dfs:2" || f.Result.Seed != 5 {
			t.Errorf("%+v", f)
		}
	}
	o.Workers = 3
	if again := search(t, o); again.Digest != r.Digest || again.Runs != r.Runs {
		t.Errorf("with 3 workers %d runs, digest %v; else %d, %v", again.Runs, again.Digest, r.Runs, r.Digest)
	}
	more := search(t, Options{Scenarios: scenarios[:1], Strategy: "dfs:3", Seed: 5})
	if more.Scenarios[0].Runs <= r.Scenarios[0].Runs {
		t.Errorf("%d schedules with 3 preemptions, %d with 2", more.Scenarios[0].Runs, r.Scenarios[0].Runs)
	}
}

func TestSearchIsBounded(t *testing.T) {
	r := search(t, Options{Scenarios: []*sim.Scenario{toy.Clean()}, Strategy: "delay:50", Runs: 100, Params: map[string]int64{"threads": 4}})
	if s := r.Scenarios[0]; s.Runs != 100 || s.Search.Complete || s.Search.Runs != 100 {
		t.Errorf("%+v, %+v", s, s.Search)
	}
	r = search(t, Options{Scenarios: []*sim.Scenario{toy.LostUpdate()}, Strategy: "dfs:1"})
	if s := r.Scenarios[0]; s.Failed != 1 || s.Search.Complete || s.Search.Runs != s.Runs {
		t.Errorf("%+v, %+v", s, s.Search)
	}
	if r = search(t, Options{Scenarios: []*sim.Scenario{toy.Clean()}, Strategy: "auto", Runs: 1}); r.Scenarios[0].Search != nil {
		t.Errorf("%+v", r.Scenarios[0])
	}
}
