package sim_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
)

// polls lets main demand that a thread sets a flag, which that thread does after so
// many rounds of its own; in between main is busy all the time.
func polls(g sim.Goal, rounds int) func(*sim.World) {
	return func(w *sim.World) {
		flag := w.NewInt64("flag", 0)
		w.Go("setter", func() {
			for range rounds {
				w.Yield()
			}
			flag.Store(1)
		})
		met := w.Converge(g)
		for flag.Load() == 0 {
			w.Point("poll", "main") // no Yield: only a fair schedule gets past it
		}
		met()
	}
}

// TestConvergeIsFair demands of strategies that starve threads what only a fair
// schedule gives.
func TestConvergeIsFair(t *testing.T) {
	w := newWorld(t)
	run := polls(sim.Goal{Rule: "LIVE-1", What: "the flag is set", Steps: 5_000}, 100)
	for _, name := range []string{"sticky:1000", "pct:1", "starve", "surw", "rr:1000"} {
		s, err := sim.ParseStrategy(name)
		if err != nil {
			t.Fatal(err)
		}
		for seed := range uint64(20) {
			r := sim.Execute(w, scenario(run), sim.RunConfig{Seed: seed, Strategy: s, Keep: true})
			if r.Failure != nil {
				t.Fatalf("%s, seed %d: %v", name, seed, r.Failure)
			}
			// A replay that knows no decision is as unfair as can be, to begin with.
			r = sim.Execute(w, scenario(run), sim.RunConfig{Seed: seed, Strategy: sim.Replay(r.Schedule[:1])})
			if r.Failure != nil {
				t.Fatalf("%s, seed %d: replay: %v", name, seed, r.Failure)
			}
		}
	}
}

// TestConvergeFindsALostWakeup plants a bug of liveness that is neither deadlock nor
// livelock by itself: a thread that polls for ever for what nobody does any more.
func TestConvergeFindsALostWakeup(t *testing.T) {
	lost := func(w *sim.World) {
		done := w.NewInt64("done", 0)
		w.Go("poller", func() {
			for done.Load() == 0 {
				w.Sleep(time.Second)
			}
		})
		met := w.Converge(sim.Goal{Rule: "LIVE-1", What: "the work is done", Time: time.Minute})
		for done.Load() == 0 {
			w.Sleep(time.Second)
		}
		met()
	}
	w := newWorld(t)
	for seed := range uint64(50) {
		r := sim.Execute(w, scenario(lost), sim.RunConfig{Seed: seed, Keep: true})
		f := r.Failure
		if f == nil || f.Kind != sim.Liveness || f.Rule != "LIVE-1" || f.Kind.ExitCode() != 3 ||
			!strings.Contains(f.Message, "the work is done") || len(f.Threads) != 2 {
			t.Fatalf("seed %d: the failure is %v", seed, f)
		}
		again := sim.Execute(w, scenario(lost), sim.RunConfig{Seed: seed, Strategy: sim.Replay(r.Schedule)})
		if again.Digest != r.Digest || again.Failure == nil || again.Failure.Error() != f.Error() || !again.Drift.Zero() {
			t.Fatalf("seed %d: the replay differs: %v, drift %v", seed, again.Failure, again.Drift)
		}
		again = sim.Execute(w, scenario(lost), sim.RunConfig{Seed: seed, Strategy: sim.Replay(r.Schedule[:len(r.Schedule)/2])})
		if again.Failure == nil || again.Failure.Kind != sim.Liveness {
			t.Fatalf("seed %d: half of the schedule gives %v", seed, again.Failure)
		}
	}
}

func TestConvergeCountsSteps(t *testing.T) {
	r := once(t, polls(sim.Goal{Rule: "LIVE-1", What: "the flag is set", Steps: 1_000}, 100_000))
	if r.Failure == nil || r.Failure.Kind != sim.Liveness || r.Steps > 1_100 {
		t.Errorf("after %d steps: %v", r.Steps, r.Failure)
	}
}

// TestConvergeOutlastsTheBudget begins the second phase when the run's budget is
// nearly used up.
func TestConvergeOutlastsTheBudget(t *testing.T) {
	r := once(t, func(w *sim.World) {
		for w.Step() < 19_900 {
			w.Yield()
		}
		polls(sim.Goal{Rule: "LIVE-1", What: "the flag is set", Steps: 3_000}, 500)(w)
	})
	if r.Failure != nil || r.Steps < 20_000 {
		t.Errorf("after %d steps: %v", r.Steps, r.Failure)
	}
}

// TestConvergeExcusesAnEarlyClock lets a clock that moves at almost each step jump
// over hours while the program works.
func TestConvergeExcusesAnEarlyClock(t *testing.T) {
	passConfig(t, scenario(func(w *sim.World) {
		tick := w.NewTicker(time.Hour)
		defer tick.Stop()
		polls(sim.Goal{Rule: "LIVE-1", What: "the flag is set", Steps: 10_000, Time: time.Second}, 100)(w)
		if w.Elapsed() < time.Hour {
			w.Fail("TEST", "the clock has not moved")
		}
	}), sim.RunConfig{EarlyClock: 0.9})
}

func TestConvergeNamesItsRuleInADeadlock(t *testing.T) {
	stuck := func(reachable func() error) func(w *sim.World) {
		return func(w *sim.World) {
			w.Converge(sim.Goal{Rule: "LIVE-1", What: "something comes", Reachable: reachable})
			sim.NewChan[int](w, "never", 0).Recv()
		}
	}
	r := once(t, stuck(nil))
	if f := r.Failure; f == nil || f.Kind != sim.Deadlock || f.Rule != "LIVE-1" {
		t.Errorf("the failure is %v", f)
	}
	r = once(t, stuck(func() error { return errors.New("nobody was left to send it") }))
	if r.Failure != nil || r.Moot != "nobody was left to send it" {
		t.Errorf("a goal out of reach: moot %q, failure %v", r.Moot, r.Failure)
	}
	r = once(t, stuck(func() error { return nil }))
	if r.Failure == nil || r.Moot != "" {
		t.Errorf("a goal within reach: moot %q, failure %v", r.Moot, r.Failure)
	}
	// Another rule's failure stays, whatever the goal was.
	r = once(t, func(w *sim.World) {
		w.Converge(sim.Goal{Rule: "LIVE-1", What: "this", Reachable: func() error { return errors.New("no") }})
		w.Fail("RULE-2", "that")
	})
	if r.Failure == nil || r.Failure.Rule != "RULE-2" {
		t.Errorf("the failure is %v", r.Failure)
	}
	r = once(t, func(w *sim.World) {
		w.Converge(sim.Goal{Rule: "LIVE-1", What: "this"})()
		sim.NewChan[int](w, "never", 0).Recv()
	})
	if f := r.Failure; f == nil || f.Kind != sim.Deadlock || f.Rule != "" {
		t.Errorf("a goal that was met is blamed: %v", f)
	}
}

// TestAMootRunIsJudged has a goal out of reach: that is no excuse for what the check
// says, which is told that the history ends in the middle.
func TestAMootRunIsJudged(t *testing.T) {
	partial := map[bool]int{}
	s := scenario(func(w *sim.World) {
		met := w.Converge(sim.Goal{Rule: "LIVE-1", What: "something comes", Reachable: func() error { return errors.New("no") }})
		if c := sim.NewChan[int](w, "maybe", 1); w.Rand("comes").IntN(2) == 0 {
			c.Recv()
		}
		met()
	})
	s.Check = func(h *history.History) []sim.Violation {
		partial[h.Partial]++
		return []sim.Violation{{Rule: "SAFE-1", Message: "broken"}}
	}
	w := newWorld(t)
	moot := 0
	for seed := range uint64(50) {
		r := sim.Execute(w, s, sim.RunConfig{Seed: seed})
		if r.Failure == nil || r.Failure.Rule != "SAFE-1" || r.History.Partial != (r.Moot != "") {
			t.Fatalf("seed %d: moot %q, failure %v", seed, r.Moot, r.Failure)
		}
		if r.Moot != "" {
			moot++
		}
	}
	if moot < 10 || partial[true] != moot || partial[false] != 50-moot {
		t.Errorf("%d of 50 runs are moot, and %d of the histories are partial", moot, partial[true])
	}
}
