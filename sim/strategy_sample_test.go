package sim_test

import (
	"math"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim"
)

// profiled returns the estimates of n profile runs.
func profiled(t *testing.T, s *sim.Scenario, n int) sim.Estimates {
	t.Helper()
	p := sim.NewProfiler()
	var e sim.Estimates
	w := newWorld(t)
	for seed := range uint64(n) {
		r := sim.Execute(w, s, sim.RunConfig{Seed: seed, Strategy: p, EarlyClock: -1})
		e.Choices = max(e.Choices, r.Choices)
	}
	e.Profile = p.Profile()
	return e
}

// orders counts the texts that runs of f leave.
func orders(t *testing.T, s sim.Strategy, e sim.Estimates, runs int, f func(w *sim.World, out *strings.Builder)) map[string]int {
	t.Helper()
	w := newWorld(t)
	got := map[string]int{}
	for seed := range uint64(runs) {
		var out strings.Builder
		r := sim.Execute(w, scenario(func(w *sim.World) { f(w, &out) }), sim.RunConfig{Seed: seed, Strategy: s, Estimates: e})
		if r.Failure != nil {
			t.Fatal(r.Failure)
		}
		got[out.String()]++
	}
	return got
}

// uniform checks that each of n outcomes came about as often as another, by the
// chi-squared statistic with five standard deviations.
func uniform(t *testing.T, what string, got map[string]int, n int) {
	t.Helper()
	sum, chi := 0, 0.0
	for _, c := range got {
		sum += c
	}
	want := float64(sum) / float64(n)
	for _, c := range got {
		chi += (float64(c) - want) * (float64(c) - want) / want
	}
	chi += float64(n-len(got)) * want
	free := float64(n - 1)
	t.Logf("%s: %d of %d outcomes, chi² %.1f for %.0f degrees of freedom", what, len(got), n, chi, free)
	if chi > free+5*math.Sqrt(2*free) {
		t.Errorf("%s: not uniform: %v", what, got)
	}
}

// unequal is a thread of 2 operations and one of 6: C(8, 2) = 28 interleavings of
// the operations, of which the random walk prefers the early ends of the short
// thread.
func unequal(w *sim.World, out *strings.Builder) {
	v := w.NewInt64("v", 0)
	for _, x := range []struct {
		name string
		n    int
	}{{"a", 2}, {"b", 6}} {
		w.Go(x.name, func() {
			out.WriteString(x.name) // with the first step, which is the thread's start
			for range x.n - 1 {
				v.Add(1)
				out.WriteString(x.name)
			}
		})
	}
}

func TestURWIsUniform(t *testing.T) {
	s := scenario(func(w *sim.World) { unequal(w, new(strings.Builder)) })
	e := profiled(t, s, 1)
	uniform(t, "urw", orders(t, sim.URW(), e, 5600, unequal), 28)
	got := orders(t, sim.Random(), e, 5600, unequal)
	if n := got["bbbbbbaa"]; n > 120 {
		t.Errorf("the random walk delays the short thread past the long one %d times of 5600", n)
	}
}

// noisy is unequal on the object x, with a third thread that does other things:
// URW spreads over its steps, SURW does not see them.
func noisy(w *sim.World, out *strings.Builder) {
	x := w.NewInt64("x", 0)
	for _, p := range []struct {
		name string
		n    int
	}{{"a", 1}, {"b", 6}} {
		w.Go(p.name, func() {
			own := w.NewInt64("own", 0)
			for range p.n {
				own.Add(1)
				x.Add(1)
				out.WriteString(p.name)
			}
		})
	}
	w.Go("noise", func() {
		y := w.NewInt64("y", 0)
		for range 40 {
			y.Add(1)
		}
	})
}

func TestSURWIsUniformOnItsObject(t *testing.T) {
	s := scenario(func(w *sim.World) { noisy(w, new(strings.Builder)) })
	e := profiled(t, s, 1)
	if n := e.Profile.Contended(); n != 1 {
		t.Fatalf("%d contended objects, want x alone", n)
	}
	uniform(t, "surw", orders(t, sim.SURW(), e, 3500, noisy), 7)
}

// Children that are not yet made count for their parent: the order of two threads
// whose operations are all in descendants is uniform, too.
func TestSURWCountsDescendants(t *testing.T) {
	f := func(w *sim.World, out *strings.Builder) {
		x := w.NewInt64("x", 0)
		add := func(name string) { x.Add(1); out.WriteString(name) }
		w.Go("a", func() { add("a") })
		w.Go("b", func() {
			w.Yield()
			for range 5 {
				w.Go("child", func() { add("b") })
				w.Yield()
			}
			add("b")
		})
	}
	s := scenario(func(w *sim.World) { f(w, new(strings.Builder)) })
	uniform(t, "surw", orders(t, sim.SURW(), profiled(t, s, 1), 3500, f), 7)
}

// A thread whose turn at the object it is waits for a child, or for the holder of a
// lock that stands before the object itself: these go first, as the weights want,
// and not whoever else can run.
func TestSURWPassesTheTurnOn(t *testing.T) {
	child := func(w *sim.World, out *strings.Builder) {
		x := w.NewInt64("x", 0)
		add := func(name string) { x.Add(1); out.WriteString(name) }
		w.Go("a", func() { add("a") })
		w.Go("b", func() {
			for range 6 {
				w.Go("child", func() { add("b") }).Join()
			}
		})
	}
	s := scenario(func(w *sim.World) { child(w, new(strings.Builder)) })
	got := orders(t, sim.SURW(), profiled(t, s, 1), 3500, child)
	if n := got["bbbbbba"]; n < 200 {
		t.Errorf("the single operation comes last %d times of 3500, want about 500: %v", n, got)
	}
	holder := func(w *sim.World, out *strings.Builder) {
		x, m := w.NewInt64("x", 0), w.NewMutex("m")
		w.Go("a", func() { x.Add(1); out.WriteString("a") })
		for range 2 {
			w.Go("b", func() {
				m.Lock()
				for range 3 {
					x.Add(1)
					out.WriteString("b")
				}
				m.Unlock()
			})
		}
	}
	s = scenario(func(w *sim.World) { holder(w, new(strings.Builder)) })
	got = orders(t, sim.SURW(), profiled(t, s, 1), 3500, holder)
	if n := got["bbbbbba"]; n < 200 {
		t.Errorf("the single operation comes last %d times of 3500, want about 500: %v", n, got)
	}
}

// A thread that the profile expects at the object and that never comes, and one
// that comes unexpectedly, spoil the odds and nothing else.
func TestSURWSurvivesWrongProfiles(t *testing.T) {
	program := func(first, second int) *sim.Scenario {
		return scenario(func(w *sim.World) {
			x, m := w.NewInt64("x", 0), w.NewMutex("m")
			for i, n := range []int{first, second} {
				w.Go(string(rune('a'+i)), func() {
					for range n {
						m.Lock()
						x.Add(1)
						m.Unlock()
					}
				})
			}
			w.Go("third", func() { x.Load() })
		})
	}
	e := profiled(t, program(20, 1), 2)
	w := newWorld(t)
	for _, s := range []sim.Strategy{sim.SURW(), sim.URW()} {
		for seed := range uint64(200) {
			if r := sim.Execute(w, program(1, 30), sim.RunConfig{Seed: seed, Strategy: s, Estimates: e}); r.Failure != nil {
				t.Fatal(s.Name(), r.Failure)
			}
			if r := sim.Execute(w, program(3, 3), sim.RunConfig{Seed: seed, Strategy: s}); r.Failure != nil {
				t.Fatal(s.Name(), "without profile", r.Failure)
			}
		}
	}
}

func TestSamplersFindClassics(t *testing.T) {
	w := newWorld(t)
	for _, c := range classics {
		s := scenario(c.buggy)
		e := profiled(t, s, 3)
		for _, name := range []string{"pos", "urw", "surw", "starve", "auto"} {
			strategy, err := sim.ParseStrategy(name)
			if err != nil {
				t.Fatal(err)
			}
			found := 0
			for seed := range uint64(300) {
				if sim.Execute(w, s, sim.RunConfig{Seed: seed, Strategy: strategy, Estimates: e}).Failure != nil {
					found++
				}
			}
			t.Logf("%s: %s finds it in %d runs of 300", c.name, name, found)
			if found == 0 {
				t.Errorf("%s: %s does not find it", c.name, name)
			}
		}
	}
}

// One value serves run after run, and what a run does depends on no other run.
func TestSamplersAreFunctionsOfTheSeed(t *testing.T) {
	s := scenario(classics[0].buggy)
	e := profiled(t, s, 3)
	for _, name := range []string{"pos", "urw", "surw", "starve", "auto"} {
		used, _ := sim.ParseStrategy(name)
		w := newWorld(t)
		for seed := range uint64(50) {
			fresh, _ := sim.ParseStrategy(name)
			a := sim.Execute(w, s, sim.RunConfig{Seed: seed, Strategy: used, Estimates: e})
			b := sim.Execute(newWorld(t), s, sim.RunConfig{Seed: seed, Strategy: fresh, Estimates: e})
			if a.Digest != b.Digest {
				t.Fatalf("%s, seed %d: digests %x and %x", name, seed, a.Digest, b.Digest)
			}
		}
	}
}

// Starve delays a thread of one step past one of a hundred, which the random walk
// cannot.
func TestStarveDelays(t *testing.T) {
	late := func(s sim.Strategy) int {
		w, n := newWorld(t), 0
		for seed := range uint64(1000) {
			last := ""
			sim.Execute(w, scenario(func(w *sim.World) {
				v := w.NewInt64("v", 0)
				w.Go("short", func() { v.Load(); last = "short" })
				w.Go("long", func() {
					for range 100 {
						v.Load()
					}
					last = "long"
				})
			}), sim.RunConfig{Seed: seed, Strategy: s, Estimates: sim.Estimates{Choices: 4}})
			if last == "short" {
				n++
			}
		}
		return n
	}
	if n := late(sim.Starve()); n < 20 {
		t.Errorf("starve delays the short thread in %d runs of 1000", n)
	}
	if n := late(sim.Random()); n != 0 {
		t.Errorf("the random walk delays the short thread in %d runs of 1000", n)
	}
}
