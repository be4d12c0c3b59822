package runner_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/internal/toy"
	"github.com/collider-amqp/collider/sim/runner"
)

// counter is a Tap that counts.
type counter struct{ choices, events int }

func (*counter) Begin(*sim.World)                   {}
func (c *counter) Chose([]*sim.Thread, *sim.Thread) { c.choices++ }
func (c *counter) Recorded(uint64, []sim.Frame)     { c.events++ }

func TestWatchRepeatsTheRun(t *testing.T) {
	failed := 0
	for _, s := range toy.All() {
		for seed := range uint64(20) {
			known, f, err := runner.RepeatTwice(s, runner.Spec{Seed: seed}, 0)
			if err != nil {
				t.Fatal(err)
			}
			var c counter
			r, err := runner.Watch(s, &known, &c, 0)
			if err != nil {
				t.Fatal(err)
			}
			if r.Digest != known.Digest || r.Strategy != known.Strategy || uint64(c.choices) != known.Choices || c.events != len(r.History.Events) {
				t.Fatalf("%s seed %d: %d choices of %d, %d events of %d", s.Name, seed, c.choices, known.Choices, c.events, len(r.History.Events))
			}
			if f != nil {
				failed++
				if r.Failure == nil || r.Failure.Message != known.Failure.Message || len(r.Failure.Locations) != len(known.Failure.Locations) {
					t.Errorf("%s seed %d: %v, want %v", s.Name, seed, r.Failure, known.Failure)
				}
			}
		}
	}
	if failed == 0 {
		t.Error("no run failed")
	}
}

func TestWatchRefuses(t *testing.T) {
	known, err := runner.Repeat(toy.Clean(), runner.Spec{Seed: 1}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for reason, r := range map[string]sim.Result{
		"decisions are not known": {Seed: 1},
		"another way":             {Seed: 1, History: known.History, Schedule: known.Schedule, Params: known.Params, Digest: 1},
	} {
		_, err := runner.Watch(toy.Clean(), &r, &counter{}, 0)
		var we *runner.WatchError
		if !errors.As(err, &we) || !strings.Contains(err.Error(), reason) {
			t.Errorf("got %v, want %q", err, reason)
		}
	}
}
