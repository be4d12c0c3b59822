package sim_test

import (
	"testing"

	"github.com/collider-amqp/collider/sim"
)

// rare fails if the reader comes between the two stores of one of n writers before
// any has done its second: the more there are, the less likely by chance.
func rare(n int) func(w *sim.World) {
	return func(w *sim.World) {
		a, b := w.NewInt64("a", 0), w.NewInt64("b", 0)
		for range n {
			w.Go("writer", func() {
				a.Store(1)
				b.Store(1)
			})
		}
		w.Go("reader", func() {
			if x, y := a.Load(), b.Load(); x == 1 && y == 0 {
				w.Fail("HALF", "half of a pair")
			}
		})
	}
}

// The number of runs that feedback needs for a pair of sources does not depend on
// how many threads there are to spoil it.
func TestFeedbackFindsWhatItHasNotSeen(t *testing.T) {
	for _, n := range []int{2, 10, 50} {
		w := newWorld(t)
		sum := 0
		const trials = 20
		for trial := range uint64(trials) {
			s := sim.NewFeedback()
			runs := 0
			for runs < 1000 {
				runs++
				if sim.Execute(w, scenario(rare(n)), sim.RunConfig{Seed: 1000*trial + uint64(runs), Strategy: s}).Failure != nil {
					break
				}
			}
			sum += runs
		}
		t.Logf("%d writers: %d runs", n, sum/trials)
		if sum/trials > 15 {
			t.Errorf("%d writers: %d runs", n, sum/trials)
		}
	}
}

// A Feedback is a function of its runs, and each of them is what its recorded
// decisions say.
func TestFeedbackRepeatsItself(t *testing.T) {
	w := newWorld(t)
	a, b := sim.NewFeedback(), sim.NewFeedback()
	failed := 0
	for seed := range uint64(300) {
		cfg := sim.RunConfig{Seed: seed, Strategy: a, Keep: true}
		first := sim.Execute(w, scenario(rare(3)), cfg)
		cfg.Strategy = b
		second := sim.Execute(w, scenario(rare(3)), cfg)
		cfg.Strategy = sim.Replay(first.Schedule)
		replayed := sim.Execute(w, scenario(rare(3)), cfg)
		if first.Strategy != "feedback" || first.Digest != second.Digest || first.Digest != replayed.Digest || !replayed.Drift.Zero() {
			t.Fatalf("seed %d, %s: digests %x, %x and, replayed, %x", seed, first.Strategy, first.Digest, second.Digest, replayed.Digest)
		}
		if first.Failure != nil {
			failed++
		}
	}
	if failed == 0 {
		t.Error("no run fails")
	}
	if a.Report() != b.Report() {
		t.Errorf("%+v and %+v", a.Report(), b.Report())
	}
	same := 0
	for seed := range uint64(20) {
		cfg := sim.RunConfig{Seed: seed, Strategy: sim.NewFeedback()}
		alone := sim.Execute(w, scenario(rare(3)), cfg)
		cfg.Strategy = a
		if sim.Execute(w, scenario(rare(3)), cfg).Digest == alone.Digest {
			same++
		}
	}
	if same == 20 {
		t.Error("no run depends on the ones before; is there feedback?")
	}
}

// The report counts each run once, and two Feedbacks number classes alike.
func TestFeedbackReport(t *testing.T) {
	w := newWorld(t)
	fs := []*sim.Feedback{sim.NewFeedback(), sim.NewFeedback()}
	count := map[uint64]int{}
	for i, s := range fs {
		if r := s.Report(); r.Runs() != 0 || r.Unseen() != 1 {
			t.Errorf("at first: %+v", r)
		}
		for seed := range uint64(400) {
			sim.Execute(w, scenario(rare(3)), sim.RunConfig{Seed: seed + 1000*uint64(i), Strategy: s})
			s.Drain(func(class uint64) { count[class]++ })
		}
		r := s.Report()
		if r.Runs() != 400 || r.Blind != 200 || r.Steered < 150 || r.Mutated < 20 || r.Full {
			t.Errorf("%+v", r)
		}
		if r.Classes != 4 || r.Once != 0 || r.Unseen() != 0 {
			t.Errorf("%+v, %v unseen", r, r.Unseen())
		}
		s.Drain(func(uint64) { t.Error("a class is drained twice") })
	}
	if len(count) != 4 {
		t.Errorf("%d classes seen by both together", len(count))
	}
	for class, n := range count {
		if n != 4 {
			t.Errorf("class %x is drained %d times, want twice by each", class, n)
		}
	}
}

// Feedback gets on with programs that block, sleep, spin and choose, and reports no
// failure of one that is right.
func TestFeedbackPassesWhatIsRight(t *testing.T) {
	w := newWorld(t)
	s := sim.NewFeedback()
	for seed := range uint64(500) {
		r := sim.Execute(w, scenario(func(w *sim.World) {
			m := w.NewMutex("m")
			c := w.NewCond(m)
			ch := sim.NewChan[int](w, "ch", 1)
			flag, n := w.NewInt64("flag", 0), 0
			w.Go("spinner", func() {
				for flag.Load() == 0 {
					w.Yield()
				}
				ch.Send(1)
			})
			w.Go("waker", func() {
				w.Sleep(5)
				m.Lock()
				n = 1
				c.Broadcast()
				m.Unlock()
				flag.Store(1)
			})
			m.Lock()
			for n == 0 {
				c.Wait()
			}
			m.Unlock()
			ch.Recv()
		}), sim.RunConfig{Seed: seed, Strategy: s})
		if r.Failure != nil {
			t.Fatalf("seed %d: %v\n%s", seed, r.Failure, r.Schedule)
		}
	}
}
