package shrink

import (
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim"
)

type node struct{ next *node }

// Two bugs that panic with one message.

//go:noinline
func shallowBug(n *node) *node { return n.next }

//go:noinline
func deepBug(n *node) *node { return n.next }

// depth returns a scenario that fails in one way from the depth 1 on, in another from
// 5 on.
func depth(name string, run func(w *sim.World, deep bool)) *sim.Scenario {
	return &sim.Scenario{
		Name:   name,
		Params: []sim.Param{{Name: "depth", Max: 8, Default: 8}},
		Run: func(w *sim.World) {
			if d := w.Param("depth"); d > 0 {
				run(w, d >= 5)
			}
		},
	}
}

// staysDeep shrinks the deep failure of a scenario: the shallow one is smaller, but
// another.
func staysDeep(t *testing.T, s *sim.Scenario, also int) {
	t.Helper()
	f := failing(t, s, "random", 1)
	for n := 2; f.Params["depth"] < 6; n++ {
		f = failing(t, s, "random", n)
	}
	r := shrunk(t, s, f, Options{})
	if r.File.Params["depth"] != 5 || r.Failure.Key != f.Failure.Key || !r.Minimal {
		t.Errorf("depth %d, key %s, was %s; minimal %v", r.File.Params["depth"], r.Failure.Key, f.Failure.Key, r.Minimal)
	}
	if len(r.Found) != also {
		t.Errorf("%d other failures, want %d", len(r.Found), also)
	}
}

func TestPanicElsewhereIsAnotherFailure(t *testing.T) {
	staysDeep(t, depth("panics", func(_ *sim.World, deep bool) {
		if deep {
			deepBug(nil)
		}
		shallowBug(nil)
	}), 1)
}

func TestDeadlockElsewhereIsAnotherFailure(t *testing.T) {
	staysDeep(t, depth("deadlocks", func(w *sim.World, deep bool) {
		m := w.NewMutex("shallow")
		if deep {
			m = w.NewMutex("deep")
		}
		g := w.NewWaitGroup("all")
		g.Go("forgets", m.Lock)
		g.Go("forgets", m.Lock)
		g.Wait()
	}), 1)
}

// How many threads wait for the like is a matter of the run's size.
func TestDeadlockShrinksOverThreads(t *testing.T) {
	s := &sim.Scenario{
		Name:   "crowd",
		Params: []sim.Param{{Name: "peers", Min: 1, Max: 9, Default: 9}},
		Run: func(w *sim.World) {
			gate := w.NewMutex("gate")
			gate.Lock()
			for range w.Param("peers") {
				w.Go("peer", gate.Lock)
			}
			gate.Lock()
		},
	}
	f := failing(t, s, "random", 1)
	for n := 2; f.Params["peers"] < 5; n++ {
		f = failing(t, s, "random", n)
	}
	if !strings.Contains(f.Failure.Message, "threads") {
		t.Fatalf("the message is %q", f.Failure.Message)
	}
	r := shrunk(t, s, f, Options{})
	if r.File.Params["peers"] != 1 || len(r.Found) != 0 {
		t.Errorf("%d peers, %d other failures", r.File.Params["peers"], len(r.Found))
	}
}
