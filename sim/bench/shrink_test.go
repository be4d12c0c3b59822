package bench_test

import (
	"context"
	"testing"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/bench"
	"github.com/collider-amqp/collider/sim/runner"
	"github.com/collider-amqp/collider/sim/shrink"
)

// The bars of shrinking: replays, and changes of thread beyond the forced ones. None of
// the programs is known to need more of the latter.
const (
	barReplays  = 500
	barPreempts = 2
)

func TestProgramsShrink(t *testing.T) {
	for _, p := range bench.Programs() {
		if p.Hard || p.Clean {
			continue
		}
		s := p.Scenario()
		for _, seed := range []uint64{1, 1 << 20} {
			report, err := runner.Run(context.Background(), runner.Options{Scenarios: []*sim.Scenario{s}, Seed: seed, Runs: 10_000, Strategy: "surw"})
			if err != nil || len(report.Failures) == 0 {
				t.Errorf("%s: not found: %v", p.Name, err)
				continue
			}
			r, err := shrink.Run(context.Background(), s, report.Failures[0].File(runner.Origin{Registry: "bench"}), shrink.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if r.Replays > barReplays || r.After.Preempts > barPreempts || !r.Minimal {
				t.Errorf("%s: %d replays, %d preempted, minimal %v: %v", p.Name, r.Replays, r.After.Preempts, r.Minimal, r.File.Segments)
			}
		}
	}
}
