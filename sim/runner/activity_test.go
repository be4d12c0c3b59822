package runner

import (
	"context"
	"testing"

	"github.com/collider-amqp/collider/sim"
)

// The run that a batch is at is known while it is, and not after.
func TestActivity(t *testing.T) {
	var a Activity
	s := &sim.Scenario{Name: "busy", Run: func(w *sim.World) {
		if w.Seed() < 70 || w.Seed() >= 100 { // profile runs have other seeds
			return
		}
		rs := a.Runs()
		if len(rs) != 1 || rs[0].Scenario != "busy" || rs[0].Seed != w.Seed() || rs[0].For < 0 {
			w.Fail("ACT", "seed %d is shown as %+v", w.Seed(), rs)
		}
	}}
	if len(a.Runs()) != 0 {
		t.Error("a run before the batch")
	}
	report, err := Run(context.Background(), Options{Scenarios: []*sim.Scenario{s}, Seed: 70, Runs: 30, Workers: 1, Activity: &a})
	if err != nil || report.Failed > 0 || report.Runs != 30 || report.Done != 30 {
		t.Errorf("%+v, %v", report, err)
	}
	if rs := a.Runs(); len(rs) != 0 {
		t.Errorf("runs after the batch: %+v", rs)
	}
}

// A context that ends in the profile runs ends the batch there.
func TestProfileRunsEndWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	runs := 0
	s := &sim.Scenario{Name: "slow", Run: func(w *sim.World) {
		runs++
		cancel()
	}}
	report, err := Run(ctx, Options{Scenarios: []*sim.Scenario{s}, Seed: 1, Runs: 30, Workers: 1})
	if err != nil || !report.Interrupted || report.Runs != 0 || runs != 1 {
		t.Errorf("%d runs, report %+v, %v", runs, report, err)
	}
}
