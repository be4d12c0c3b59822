package sim_test

import (
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/collider-amqp/collider/sim"
)

// splitWorlds lets race builds split the Worlds of these tests, too. The tests keep
// what threads have done in plain variables, so it is set where the detector is
// silent (see TestKernelWithPrograms).
var splitWorlds = os.Getenv("SIM_TEST_SPLIT") != ""

// newWorld returns a World that is closed with the test.
func newWorld(t testing.TB) *sim.World {
	w := sim.NewWorld(sim.Options{HideRaces: !splitWorlds})
	t.Cleanup(w.Close)
	return w
}

// touch locks and unlocks.
func touch(l sync.Locker) {
	l.Lock()
	defer l.Unlock()
}

func scenario(f func(w *sim.World)) *sim.Scenario {
	return &sim.Scenario{Name: "test", Run: f, Steps: 20_000}
}

// pass runs f under many seeds; every run must pass.
func pass(t *testing.T, f func(w *sim.World)) {
	t.Helper()
	passScenario(t, scenario(f))
}

// passCalm is pass without early moves of the clock.
func passCalm(t *testing.T, f func(w *sim.World)) {
	t.Helper()
	passConfig(t, scenario(f), sim.RunConfig{EarlyClock: -1})
}

func passScenario(t *testing.T, s *sim.Scenario) {
	t.Helper()
	passConfig(t, s, sim.RunConfig{})
}

func passConfig(t *testing.T, s *sim.Scenario, cfg sim.RunConfig) {
	t.Helper()
	w := newWorld(t)
	for seed := range uint64(200) {
		cfg.Seed = seed
		if r := sim.Execute(w, s, cfg); r.Failure != nil {
			t.Fatalf("seed %d, %s: %v\n%s", seed, r.Strategy, r.Failure, r.Schedule)
		}
	}
}

// once runs f under round robin and returns the result.
func once(t *testing.T, f func(w *sim.World)) sim.Result {
	t.Helper()
	return sim.Execute(newWorld(t), scenario(f), sim.RunConfig{Strategy: sim.RoundRobin(1), EarlyClock: -1, Keep: true})
}

// find runs f under seeds until it fails, and returns the failing result.
func find(t *testing.T, strategy sim.Strategy, seeds uint64, f func(w *sim.World)) sim.Result {
	t.Helper()
	w := newWorld(t)
	for seed := range seeds {
		if r := sim.Execute(w, scenario(f), sim.RunConfig{Seed: seed, Strategy: strategy}); r.Failure != nil {
			return r
		}
	}
	t.Fatalf("no failure in %d runs", seeds)
	return sim.Result{}
}

// outcomes runs f under many seeds and counts what it returns.
func outcomes(t *testing.T, f func(w *sim.World) string) map[string]int {
	t.Helper()
	got := map[string]int{}
	w := newWorld(t)
	for seed := range uint64(400) {
		out := "none"
		r := sim.Execute(w, scenario(func(w *sim.World) { out = f(w) }), sim.RunConfig{Seed: seed})
		if r.Failure != nil {
			out = r.Failure.Kind.String() + ": " + r.Failure.Message
		}
		got[out]++
	}
	return got
}

// wantOutcomes checks that exactly the given outcomes occur.
func wantOutcomes(t *testing.T, got map[string]int, want ...string) {
	t.Helper()
	for _, o := range want {
		if got[o] == 0 {
			t.Errorf("never seen: %q; got %v", o, got)
		}
	}
	if len(got) != len(want) {
		t.Errorf("outcomes %v, want just %q", got, want)
	}
}

// wantFailure checks kind and a part of the text of a failure.
func wantFailure(t *testing.T, r sim.Result, kind sim.Kind, parts ...string) {
	t.Helper()
	if r.Failure == nil {
		t.Fatalf("no failure, want %v", kind)
	}
	if r.Failure.Kind != kind {
		t.Fatalf("%v, want %v", r.Failure, kind)
	}
	for _, p := range parts {
		if !strings.Contains(r.Failure.Error(), p) {
			t.Errorf("%q\nlacks %q", r.Failure.Error(), p)
		}
	}
}

func wantMisuse(t *testing.T, what string, f func(w *sim.World)) {
	t.Helper()
	r := once(t, f)
	wantFailure(t, r, sim.Panicked, what, "_test.go:")
	var m *sim.Misuse
	if err, ok := r.Failure.Value.(error); !ok || !errors.As(err, &m) {
		t.Errorf("the panic value is %T", r.Failure.Value)
	}
}
