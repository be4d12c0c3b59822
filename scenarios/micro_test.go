package scenarios

import (
	"context"
	"slices"
	"testing"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/runner"
)

// A world is micro with so many threads at a time and choices after the mark, in
// the schedule that a search begins with.
const (
	microThreads = 4
	microChoices = 60
)

// census counts the choices after the mark.
type census struct {
	w       *sim.World
	choices int
	from    uint64
}

func (c *census) Begin(w *sim.World)           { c.w = w }
func (c *census) Recorded(uint64, []sim.Frame) {}
func (c *census) Chose([]*sim.Thread, *sim.Thread) {
	if c.w.Step() >= c.from {
		c.choices++
	}
}

func TestMicroWorldsAreSmall(t *testing.T) {
	for _, s := range Micro() {
		w := sim.NewWorld(sim.Options{})
		cfg := sim.RunConfig{Strategy: sim.SearchPreemptions(0), Defaults: true, Keep: true}
		mark := sim.Execute(w, s, cfg).Mark
		if mark == 0 {
			t.Errorf("%s has no mark", s.Name)
		}
		tap := &census{from: mark}
		cfg.Strategy, cfg.Tap = sim.SearchPreemptions(0), tap
		r := sim.Execute(w, s, cfg)
		w.Close()
		if tap.choices > microChoices || tap.choices == 0 {
			t.Errorf("%s has %d choices after the mark", s.Name, tap.choices)
		}
		if n := after(r, mark); len(n) > microThreads {
			t.Errorf("%s has the threads %q after the mark", s.Name, n)
		}
		if !slices.Contains(s.Tags, "micro") {
			t.Errorf("%s has no tag", s.Name)
		}
	}
}

// after returns the names of the threads that make steps after the mark.
func after(r sim.Result, mark uint64) []string {
	var names []string
	at := uint64(0)
	for _, g := range r.Schedule {
		at += g.Steps
		if at >= mark && !slices.Contains(names, g.Thread) {
			names = append(names, g.Thread)
		}
	}
	return names
}

// TestMicroWorldsAreExplored visits all schedules with one preemption and one fault;
// the whole check does so with two.
func TestMicroWorldsAreExplored(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds")
	}
	for _, s := range Micro() {
		r, err := runner.Explore(context.Background(), runner.ExploreOptions{Scenario: s, Preemptions: 1, Faults: 1})
		if err != nil {
			t.Fatal(err)
		}
		if r.Failure != nil {
			t.Errorf("%s", r.Failure.Text())
		}
		if !r.Search.Complete || r.Search.Cut > 0 || r.Search.From == 0 {
			t.Errorf("%s: %+v", s.Name, r.Search)
		}
		if hasFaults := len(s.Params) == 1 && s.Params[0].Name == microParam.Name; hasFaults != (r.Search.Menu > 1) {
			t.Errorf("%s: a menu of %d faults", s.Name, r.Search.Menu)
		}
	}
}
