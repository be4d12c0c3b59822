package sim_test

import (
	"slices"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
)

// depthFirst is a strategy from outside the kernel that visits all schedules: it
// follows a prefix of decisions and takes the first possibility after it.
type depthFirst struct {
	made  []decision
	at    int
	clock bool
}

type decision struct{ taken, of int }

func (s *depthFirst) Name() string                { return "depth-first" }
func (s *depthFirst) Begin(r *sim.RunInfo)        { s.at = 0 }
func (s *depthFirst) Spawn(t, parent *sim.Thread) {}

func (s *depthFirst) decide(n int) int {
	if s.at == len(s.made) {
		s.made = append(s.made, decision{0, n})
	}
	d := s.made[s.at]
	if d.of != n {
		panic("the program has changed")
	}
	s.at++
	return d.taken
}

func (s *depthFirst) Pick(run []*sim.Thread, last *sim.Thread) *sim.Thread {
	byID := slices.Clone(run)
	slices.SortFunc(byID, func(a, b *sim.Thread) int { return a.ID() - b.ID() })
	return byID[s.decide(len(byID))]
}

func (s *depthFirst) Choose(t *sim.Thread, n int) int { return s.decide(n) }

func (s *depthFirst) MoveClock(run []*sim.Thread) bool { return s.clock && s.decide(2) == 1 }

// next goes to the next schedule and says whether there is one.
func (s *depthFirst) next() bool {
	for n := len(s.made); n > 0; n-- {
		if d := &s.made[n-1]; d.taken+1 < d.of {
			d.taken++
			s.made = s.made[:n]
			return true
		}
	}
	return false
}

// exhaust counts the runs and failures over all schedules.
func exhaust(t *testing.T, s *depthFirst, f func(w *sim.World)) (runs, failures int) {
	t.Helper()
	w := newWorld(t)
	digests := map[uint64]bool{}
	for more := true; more; more = s.next() {
		r := sim.Execute(w, scenario(f), sim.RunConfig{Strategy: s})
		if runs++; r.Failure != nil {
			failures++
		}
		digests[r.Digest] = true
	}
	if len(digests) != runs {
		t.Errorf("%d different digests of %d schedules", len(digests), runs)
	}
	return runs, failures
}

// The number of schedules is that of combinatorics: the kernel offers every
// interleaving, and each once.
func TestSearchIsExhaustive(t *testing.T) {
	threads := func(steps ...int) func(w *sim.World) {
		return func(w *sim.World) {
			v := w.NewInt64("v", 0)
			for _, n := range steps {
				w.Go("t", func() {
					for range n - 1 {
						v.Load()
					}
				})
			}
		}
	}
	for _, c := range []struct {
		f    func(w *sim.World)
		want int
	}{
		{threads(3, 3), 20},       // 6! / (3! 3!)
		{threads(2, 2, 2), 90},    // 6! / (2! 2! 2!)
		{threads(4, 3, 2), 1260},  // 9! / (4! 3! 2!)
		{threads(1, 1, 1, 1), 24}, // 4!
	} {
		if runs, failures := exhaust(t, &depthFirst{}, c.f); runs != c.want || failures != 0 {
			t.Errorf("%d schedules, want %d; %d failures", runs, c.want, failures)
		}
	}
	// Two threads of start, lock, unlock: one section follows the other, and the
	// second thread starts at one of four places before its own.
	locks := func(w *sim.World) {
		m := w.NewMutex("m")
		for range 2 {
			w.Go("t", func() { m.Lock(); defer m.Unlock() })
		}
	}
	if runs, _ := exhaust(t, &depthFirst{}, locks); runs != 8 {
		t.Errorf("%d schedules of two sections", runs)
	}
}

func TestSearchCoversClockAndSelect(t *testing.T) {
	f := func(w *sim.World) {
		c := sim.NewChan[int](w, "c", 1)
		if w.Select(c.SendCase(1), c.RecvCase(nil, nil), sim.Default(), c.SendCase(2), c.SendCase(3)) == 4 {
			w.Fail("SELECT", "the third way")
		}
	}
	if runs, failures := exhaust(t, &depthFirst{}, f); runs != 3 || failures != 1 {
		t.Errorf("%d schedules, %d failures", runs, failures)
	}
	g := func(w *sim.World) {
		w.AfterFunc(time.Second, func() {})
		w.Yield()
		w.Yield()
	}
	if runs, _ := exhaust(t, &depthFirst{clock: true}, g); runs < 4 || runs > 10 {
		t.Errorf("%d schedules of a timer and two steps", runs)
	}
}

// The search proves repairs right and finds each bug.
func TestSearchOfClassics(t *testing.T) {
	for _, c := range classics {
		switch c.name {
		case "lost update", "ABBA", "flag before data":
		default:
			continue // too many schedules
		}
		runs, failures := exhaust(t, &depthFirst{}, c.buggy)
		t.Logf("%s: %d schedules, %d fail", c.name, runs, failures)
		if failures == 0 || failures == runs {
			t.Errorf("%s: %d of %d schedules fail", c.name, failures, runs)
		}
		if runs, failures := exhaust(t, &depthFirst{}, c.fixed); failures != 0 {
			t.Errorf("%s, repaired: %d of %d schedules fail", c.name, failures, runs)
		}
	}
}

// partialOrder is POS, from outside the kernel: it needs to see what the threads
// will do next.
type partialOrder struct {
	stream   choice.Stream
	priority map[*sim.Thread]uint64
}

func (s *partialOrder) Name() string { return "pos" }

func (s *partialOrder) Begin(r *sim.RunInfo) {
	s.stream, s.priority = r.Stream, map[*sim.Thread]uint64{}
}

func (s *partialOrder) Spawn(t, parent *sim.Thread) { s.priority[t] = s.stream.Uint64() }

func (s *partialOrder) Pick(run []*sim.Thread, last *sim.Thread) *sim.Thread {
	best := run[0]
	for _, t := range run {
		if s.priority[t] > s.priority[best] {
			best = t
		}
	}
	for _, t := range run {
		if t == best || t.Op().Races(best.Op()) {
			s.priority[t] = s.stream.Uint64()
		}
	}
	return best
}

func TestStrategyFromOutside(t *testing.T) {
	w := newWorld(t)
	for _, c := range classics {
		found := 0
		for seed := range uint64(300) {
			if sim.Execute(w, scenario(c.buggy), sim.RunConfig{Seed: seed, Strategy: &partialOrder{}}).Failure != nil {
				found++
			}
		}
		t.Logf("%s: %d of 300", c.name, found)
		if found == 0 {
			t.Errorf("POS does not find %s", c.name)
		}
	}
}
