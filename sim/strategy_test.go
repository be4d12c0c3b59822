package sim_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
)

func TestParseStrategy(t *testing.T) {
	for name, want := range map[string]string{
		"auto": "auto", "random": "random", "sticky": "sticky", "sticky:3": "sticky",
		"surw": "surw", "pos": "pos", "urw": "urw", "starve": "starve",
		"feedback": "feedback", "dfs:0": "dfs:0", "dfs:2": "dfs:2", "delay:3": "delay:3",
		"pct": "pct", "pct:4": "pct:4", "rr": "rr:1", "rr:7": "rr:7",
	} {
		if s, err := sim.ParseStrategy(name); err != nil || s.Name() != want {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
	for _, name := range []string{"", "pct:0", "pct:x", "pct:", "random:1", "surw:2", "pos:", "dfs", "dfs:-1", "delay", "delay:x", "starve:1", "auto:2", "feedback:1", "surf", "rr:1001"} {
		if s, err := sim.ParseStrategy(name); err == nil {
			t.Errorf("%q gives %s", name, s.Name())
		}
	}
}

func TestAutoDrawsAll(t *testing.T) {
	w := newWorld(t)
	seen := map[string]int{}
	for seed := range uint64(1000) {
		r := sim.Execute(w, scenario(func(w *sim.World) {}), sim.RunConfig{Seed: seed})
		base, _, _ := strings.Cut(r.Strategy, ":")
		seen[base]++
		seen[r.Strategy]++
	}
	for _, name := range []string{"pct", "pct:1", "pct:2", "pct:5", "surw", "pos", "urw", "starve", "sticky", "sticky:6", "random", "rr", "rr:32"} {
		if seen[name] == 0 {
			t.Errorf("never drawn: %s (%v)", name, seen)
		}
	}
}

func TestRandomWalkIsUniform(t *testing.T) {
	w := newWorld(t)
	s := sim.Random()
	orders := map[string]int{}
	for seed := range uint64(6000) {
		out := ""
		sim.Execute(w, scenario(func(w *sim.World) {
			for _, n := range []string{"a", "b", "c"} {
				w.Go(n, func() { out += n })
			}
		}), sim.RunConfig{Seed: seed, Strategy: s})
		orders[out]++
	}
	for o, n := range orders {
		if n < 850 || n > 1150 {
			t.Errorf("order %s came %d times of 6000", o, n)
		}
	}
	if len(orders) != 6 {
		t.Errorf("%d orders", len(orders))
	}
}

func TestStickySwitchesSeldom(t *testing.T) {
	w := newWorld(t)
	share := func(s sim.Strategy) float64 {
		preempts, choices := uint64(0), uint64(0)
		for seed := range uint64(100) {
			r := sim.Execute(w, lockFree(2, 100), sim.RunConfig{Seed: seed, Strategy: s})
			preempts += r.Preempts
			choices += r.Choices
		}
		return float64(preempts) / float64(choices)
	}
	// Half of the picks that are not kept fall on the current thread, too.
	for n, want := range map[int]float64{1: 1. / 4, 3: 1. / 16, 5: 1. / 64} {
		if got := share(sim.Sticky(n)); math.Abs(got-want) > want/4 {
			t.Errorf("sticky:%d preempts %.4f of the steps, want %.4f", n, got, want)
		}
	}
	if got := share(sim.Random()); math.Abs(got-0.5) > 0.05 {
		t.Errorf("random preempts %.4f of the steps, want 0.5", got)
	}
}

// lockFree is n threads of k steps each that never wait.
func lockFree(n, k int) *sim.Scenario {
	return scenario(func(w *sim.World) {
		v := w.NewInt64("v", 0)
		for range n {
			w.Go("t", func() {
				for range k - 1 {
					v.Load()
				}
			})
		}
	})
}

func TestRoundRobin(t *testing.T) {
	trace := func(q int) string {
		out := ""
		once := sim.Execute(newWorld(t), scenario(func(w *sim.World) {
			v := w.NewInt64("v", 0)
			for _, n := range []string{"a", "b"} {
				w.Go(n, func() {
					for range 3 {
						out += n
						v.Load()
					}
				})
			}
		}), sim.RunConfig{Strategy: sim.RoundRobin(q)})
		if once.Failure != nil {
			t.Fatal(once.Failure)
		}
		return out
	}
	if got := trace(1); got != "ababab" {
		t.Errorf("rr:1 %s", got)
	}
	if got := trace(2); got != "aabbab" {
		t.Errorf("rr:2 %s", got)
	}
	if got := trace(100); got != "aaabbb" {
		t.Errorf("rr:100 %s", got)
	}
}

// depthBug fails iff the checker runs between the two stores of the setter: a bug
// of depth 2 among n threads.
func depthBug(n, noise int) *sim.Scenario {
	return scenario(func(w *sim.World) {
		a, b := w.NewInt64("a", 0), w.NewInt64("b", 0)
		w.Go("setter", func() { a.Store(1); b.Store(1) })
		w.Go("checker", func() {
			if a.Load() != b.Load() {
				w.Fail("DEPTH-2", "seen in between")
			}
		})
		for range n - 3 {
			w.Go("noise", func() {
				for range noise {
					b.Load()
				}
			})
		}
	})
}

// PCT keeps its promise: a bug of depth d is found with probability at least
// 1/(n·k^(d−1)). Without the change point, d = 1, it is never found.
func TestPCTBound(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct{ n, noise int }{{3, 0}, {5, 5}, {8, 10}} {
		s := depthBug(c.n, c.noise)
		profile := sim.Execute(w, s, sim.RunConfig{Strategy: sim.RoundRobin(1), EarlyClock: -1})
		est := sim.Estimates{Choices: profile.Choices, Steps: profile.Steps, Threads: profile.Threads}
		const runs = 10_000
		found := 0
		strategy := sim.PCT(2)
		for seed := range uint64(runs) {
			if sim.Execute(w, s, sim.RunConfig{Seed: seed, Strategy: strategy, Estimates: est}).Failure != nil {
				found++
			}
		}
		bound := runs / float64(uint64(profile.Threads)*profile.Choices)
		t.Logf("%d threads, %d choices: found %d times, bound %.0f", profile.Threads, profile.Choices, found, bound)
		if float64(found) < bound-3*math.Sqrt(bound) {
			t.Errorf("%d threads, %d choices: found %d times of %d, bound %.1f", profile.Threads, profile.Choices, found, runs, bound)
		}
		none := sim.PCT(1)
		for seed := range uint64(2000) {
			if r := sim.Execute(w, s, sim.RunConfig{Seed: seed, Strategy: none, Estimates: est}); r.Failure != nil {
				t.Fatalf("a bug of depth 2 found at depth 1: %s", r.Schedule)
			}
		}
	}
}

// The order of the first steps under PCT is that of random priorities: uniform.
func TestPCTPriorities(t *testing.T) {
	w := newWorld(t)
	s := sim.PCT(1)
	first := map[string]int{}
	for seed := range uint64(3000) {
		out := ""
		sim.Execute(w, scenario(func(w *sim.World) {
			g := w.NewWaitGroup("g")
			for _, n := range []string{"a", "b", "c"} {
				g.Add(1)
				w.Go(n, func() { out += n; g.Done() })
			}
			g.Wait()
		}), sim.RunConfig{Seed: seed, Strategy: s})
		first[out[:1]]++
	}
	if len(first) != 3 || first["c"] < 400 {
		t.Errorf("first threads %v: a later one must be able to be first", first)
	}
}

// A thread that yields gives way even under strict priorities.
func TestPCTYield(t *testing.T) {
	w := newWorld(t)
	s := sim.PCT(1)
	for seed := range uint64(200) {
		r := sim.Execute(w, scenario(func(w *sim.World) {
			v := w.NewInt64("v", 0)
			w.Go("setter", func() { v.Store(1) })
			for v.Load() == 0 {
				w.Yield()
			}
		}), sim.RunConfig{Seed: seed, Strategy: s})
		if r.Failure != nil || r.Steps > 20 {
			t.Fatalf("%d steps: %v", r.Steps, r.Failure)
		}
	}
}

// spin waits for a thread without yielding: only a fair schedule ends it.
func spin(w *sim.World) {
	v := w.NewInt64("v", 0)
	w.Go("setter", func() { v.Store(1) })
	for v.Load() == 0 {
	}
}

func TestFairSuffixEndsSpin(t *testing.T) {
	w := newWorld(t)
	slow := 0
	for seed := range uint64(100) {
		r := sim.Execute(w, scenario(spin), sim.RunConfig{Seed: seed, Strategy: sim.PCT(1)})
		if r.Failure != nil {
			t.Fatal(r.Failure)
		}
		if r.Steps > 10_000 {
			slow++
		}
		r = sim.Execute(w, scenario(spin), sim.RunConfig{Seed: seed, Strategy: sim.PCT(1), Starvation: 50})
		if r.Failure != nil || r.Steps > 200 {
			t.Fatalf("starvation bound 50: %d steps, %v", r.Steps, r.Failure)
		}
		r = sim.Execute(w, scenario(spin), sim.RunConfig{Seed: seed, Strategy: sim.PCT(1), Estimates: sim.Estimates{Steps: 10}})
		if r.Failure != nil || r.Steps > 1100 {
			t.Fatalf("with an estimate: %d steps, %v", r.Steps, r.Failure)
		}
	}
	if slow == 0 {
		t.Error("PCT never starved the setter: the test shows nothing")
	}
}

// A loop that polls the clock comes to an end, too.
func TestFairSuffixMovesClock(t *testing.T) {
	w := newWorld(t)
	for seed := range uint64(50) {
		r := sim.Execute(w, scenario(func(w *sim.World) {
			w.NewTicker(time.Second)
			for w.Elapsed() < time.Minute {
				w.Yield()
			}
		}), sim.RunConfig{Seed: seed, EarlyClock: -1})
		if r.Failure != nil {
			t.Fatal(r.Failure)
		}
	}
}

func TestLivelock(t *testing.T) {
	r := once(t, func(w *sim.World) {
		v := w.NewInt64("turn", 0)
		w.Go("idle", func() { sim.NewChan[int](w, "never", 0).Recv() })
		for v.Load() == 0 {
			w.Yield()
		}
	})
	wantFailure(t, r, sim.Livelock, "the budget of 20000 steps is used up, the last half of it under a fair schedule",
		"main: about to", "main/idle: blocked in recv of channel never", "strategy_test.go:")
	if r.Steps != 20_000 {
		t.Errorf("%d steps", r.Steps)
	}
}

func TestTimeBudget(t *testing.T) {
	s := scenario(func(w *sim.World) {
		for {
			w.Sleep(time.Second)
		}
	})
	s.Time = time.Minute
	r := sim.Execute(newWorld(t), s, sim.RunConfig{})
	wantFailure(t, r, sim.Livelock, "budget of 1m0s of virtual time")
	if r.Time != time.Minute {
		t.Error(r.Time)
	}
}

// A strategy is told of every thread before it can pick it, of ends and marks.
type spy struct {
	sim.Strategy
	known, ended map[string]bool
	marks, ends  int
	err          string
}

func (s *spy) Begin(r *sim.RunInfo) {
	s.known, s.ended = map[string]bool{}, map[string]bool{}
	s.Strategy.Begin(r)
}

func (s *spy) Spawn(t, parent *sim.Thread) {
	if parent != nil && !s.known[parent.Name()] {
		s.err = "unknown parent of " + t.Name()
	}
	s.known[t.Name()] = true
	s.Strategy.Spawn(t, parent)
}

func (s *spy) Pick(run []*sim.Thread, last *sim.Thread) *sim.Thread {
	for i, t := range run {
		if !s.known[t.Name()] || s.ended[t.Name()] || !t.Runnable() || t.Op().Kind == 0 {
			s.err = fmt.Sprintf("%s in the set: %v", t.Name(), t.Op())
		}
		for _, u := range run[:i] {
			if t == u {
				s.err = t.Name() + " is twice in the set"
			}
		}
	}
	if len(run) < 2 {
		s.err = "asked without a choice"
	}
	return s.Strategy.Pick(run, last)
}

func (s *spy) Exit(t *sim.Thread) { s.ended[t.Name()] = true }
func (s *spy) Mark()              { s.marks++ }
func (s *spy) End(r *sim.Result)  { s.ends++ }

func TestStrategyIsToldEverything(t *testing.T) {
	w := newWorld(t)
	s := &spy{Strategy: sim.Random()}
	for seed := range uint64(200) {
		k := soup(true)
		body := k.Run
		k.Run = func(w *sim.World) { w.Mark(); w.Mark(); body(w) }
		r := sim.Execute(w, k, sim.RunConfig{Seed: seed, Strategy: s})
		if s.err != "" {
			t.Fatalf("seed %d: %s", seed, s.err)
		}
		if r.Mark != 1 {
			t.Errorf("mark at %d", r.Mark)
		}
		if r.Failure == nil && len(s.ended) != r.Threads {
			t.Errorf("%d of %d threads ended", len(s.ended), r.Threads)
		}
	}
	if s.marks != 200 || s.ends != 200 {
		t.Errorf("%d marks, %d ends", s.marks, s.ends)
	}
}

// chooser decides the clock and the cases of Select.
type chooser struct{ sim.Strategy }

func (chooser) MoveClock(run []*sim.Thread) bool { return true }
func (chooser) Choose(t *sim.Thread, n int) int  { return n - 1 }

func TestStrategyDecidesClockAndCases(t *testing.T) {
	w := newWorld(t)
	for seed := range uint64(20) {
		r := sim.Execute(w, scenario(func(w *sim.World) {
			a := sim.NewChan[int](w, "a", 1)
			if w.Select(a.SendCase(1), sim.Default(), a.SendCase(2)) != 2 {
				w.Fail("CHOOSE", "the last ready case was not taken")
			}
			w.AfterFunc(time.Second, func() {})
			w.Yield()
			if w.Elapsed() != time.Second {
				w.Fail("CLOCK", "it did not move")
			}
		}), sim.RunConfig{Seed: seed, Strategy: chooser{sim.Random()}})
		if r.Failure != nil {
			t.Fatal(r.Failure)
		}
	}
}

// rogue picks a thread that cannot run.
type rogue struct{ sim.Strategy }

func (rogue) Pick(run []*sim.Thread, last *sim.Thread) *sim.Thread { return nil }

func TestStrategyAtFault(t *testing.T) {
	w := newWorld(t)
	run := func(f func(w *sim.World)) (v any) {
		defer func() { v = recover() }()
		sim.Execute(w, scenario(f), sim.RunConfig{Strategy: rogue{sim.Random()}})
		return nil
	}
	for i := range 3 {
		v := run(func(w *sim.World) {
			w.Go("t", func() { w.Yield() })
			w.Yield()
		})
		if f, _ := v.(*sim.Fault); f == nil || f.Error() != "sim: strategy random: picked a thread that cannot run" {
			t.Errorf("run %d: %v", i, v)
		}
		v = run(func(w *sim.World) {
			for range 3 {
				w.Go("t", func() {})
			}
		})
		if f, _ := v.(*sim.Fault); f == nil || !strings.Contains(f.Stack, "Pick") && !strings.Contains(f.Stack, "ask") {
			t.Errorf("run %d: no fault at the end of a thread", i)
		}
	}
}
