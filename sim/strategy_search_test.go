package sim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// searchAll runs a search to its end and counts failures; each schedule comes once.
func searchAll(t *testing.T, s *sim.Search, f func(w *sim.World)) (r sim.SearchReport, failures int) {
	t.Helper()
	w := newWorld(t)
	digests := map[uint64]bool{}
	for more := true; more; more = s.Next() {
		r := sim.Execute(w, scenario(f), sim.RunConfig{Strategy: s})
		if r.Failure != nil {
			failures++
		}
		if digests[r.Digest] {
			t.Fatalf("%s: a schedule came twice: %s", s.Name(), r.Schedule)
		}
		digests[r.Digest] = true
		if len(digests) > 100_000 {
			t.Fatalf("%s does not end", s.Name())
		}
	}
	r = s.Report()
	if !r.Complete || r.Runs != uint64(len(digests)) {
		t.Errorf("%s: %+v, but %d schedules were run", s.Name(), r, len(digests))
	}
	return r, failures
}

// twoThreads is two threads of k steps that never wait.
func twoThreads(k int) func(w *sim.World) {
	return func(w *sim.World) {
		v := w.NewInt64("v", 0)
		for range 2 {
			w.Go("t", func() {
				for range k - 1 {
					v.Load()
				}
			})
		}
	}
}

// The number of schedules within a bound is that of combinatorics. Main makes its
// one step first and ends; which of the two threads is next is free.
func TestSearchCounts(t *testing.T) {
	for _, c := range []struct {
		k, bound int
		want     uint64
	}{
		// Blocks of two threads alternate. Without preemption there are 2 orders.
		// With one: the first thread is cut at one of k−1 places, the other then
		// runs to its end: 2(k−1) more. With two: first and second are both cut,
		// (k−1)² ways for each first thread. Three and four: as compositions.
		{3, 0, 2}, {3, 1, 6}, {3, 2, 14}, {3, 100, 20},
		{5, 0, 2}, {5, 1, 10}, {5, 2, 42}, {5, 100, 252},
	} {
		r, _ := searchAll(t, sim.SearchPreemptions(c.bound), twoThreads(c.k))
		if r.Runs != c.want {
			t.Errorf("%d steps, %d preemptions: %d schedules, want %d", c.k, c.bound, r.Runs, c.want)
		}
	}
	// Delays: with none there is the one order, and one may come before each of the
	// first thread's steps.
	for bound, want := range []uint64{1, 4} {
		if r, _ := searchAll(t, sim.SearchDelays(bound), twoThreads(3)); r.Runs != want {
			t.Errorf("%d delays: %d schedules, want %d", bound, r.Runs, want)
		}
	}
	if r, _ := searchAll(t, sim.SearchDelays(1000), twoThreads(3)); r.Runs != 20 {
		t.Errorf("any delays: %d schedules, want 20", r.Runs)
	}
}

// A bug of c preemptions is found with bound c and not with c−1.
func TestSearchBoundsSurprises(t *testing.T) {
	aba := func(w *sim.World) {
		v := w.NewInt64("v", 0)
		w.Go("a", func() {
			if v.Load() == 0 && v.Load() == 1 {
				w.Fail("BETWEEN", "one of two steps of b between two of a")
			}
		})
		w.Go("b", func() {
			for range 2 {
				v.Add(1)
			}
		})
	}
	for bound, want := range []bool{false, false, true} {
		if _, failures := searchAll(t, sim.SearchPreemptions(bound), aba); (failures > 0) != want {
			t.Errorf("%d preemptions: %d failures", bound, failures)
		}
	}
	for _, c := range classics[:1] {
		if _, failures := searchAll(t, sim.SearchPreemptions(2), c.fixed); failures != 0 {
			t.Errorf("%s, repaired: %d failures", c.name, failures)
		}
		if _, failures := searchAll(t, sim.SearchDelays(2), c.buggy); failures == 0 {
			t.Errorf("%s: not found", c.name)
		}
	}
}

// What comes before the mark is fixed, and the statement names the mark.
func TestSearchBeginsAtTheMark(t *testing.T) {
	f := func(w *sim.World) {
		twoThreads(6)(w)
		w.Sleep(time.Second)
		w.Mark()
		twoThreads(3)(w)
		w.Go("late", func() {}).Join()
	}
	all, _ := searchAll(t, sim.SearchPreemptions(0), func(w *sim.World) {
		twoThreads(3)(w)
		w.Go("late", func() {}).Join()
	})
	r, _ := searchAll(t, sim.SearchPreemptions(0), f)
	if r.From == 0 || r.Runs != all.Runs {
		t.Errorf("%+v, want %d schedules as without prelude", r, all.Runs)
	}
}

// A move of the clock ahead of a runnable thread costs 1; what a Select takes is free.
func TestSearchOfClockAndSelect(t *testing.T) {
	early := func(w *sim.World) {
		v := w.NewInt64("v", 0)
		w.AfterFunc(time.Second, func() { v.Store(1) })
		v.Load()
		w.Yield()
		if v.Load() == 1 {
			w.Fail("EARLY", "the timer came before the thread had come to rest")
		}
	}
	if _, failures := searchAll(t, sim.SearchPreemptions(0), early); failures != 0 {
		t.Errorf("%d failures without a surprise", failures)
	}
	if _, failures := searchAll(t, sim.SearchPreemptions(2), early); failures == 0 {
		t.Error("the early timer is not found")
	}
	ready := func(w *sim.World) {
		c := sim.NewChan[int](w, "c", 1)
		w.Select(c.SendCase(1), c.SendCase(2), c.SendCase(3))
	}
	if r, _ := searchAll(t, sim.SearchPreemptions(0), ready); r.Runs != 3 {
		t.Errorf("%d schedules of a Select with three ready cases", r.Runs)
	}
}

// A program that spins is cut off, and the report says so.
func TestSearchIsCut(t *testing.T) {
	f := func(w *sim.World) {
		v := w.NewInt64("v", 0)
		spinner := w.Go("spinner", func() {
			for v.Load() == 0 {
			}
		})
		w.Go("setter", func() { v.Store(1) })
		spinner.Join()
	}
	s := sim.SearchPreemptions(0)
	w := newWorld(t)
	for more := true; more; more = s.Next() {
		if r := sim.Execute(w, scenario(f), sim.RunConfig{Strategy: s}); r.Failure != nil {
			t.Fatal(r.Failure)
		}
	}
	if r := s.Report(); !r.Complete || r.Cut != 1 || r.Runs != 2 {
		t.Errorf("%+v", r)
	}
}

func TestSearchRepeatsARunUntilNext(t *testing.T) {
	s, w := sim.SearchPreemptions(2), newWorld(t)
	run := func() uint64 { return sim.Execute(w, scenario(twoThreads(4)), sim.RunConfig{Strategy: s}).Digest }
	for range 5 {
		a, b := run(), run()
		if a != b || !s.Next() || run() == a {
			t.Fatal("a run before Next is not the same, or that after it is")
		}
	}
}

// A run that depends on something outside it is the search's fault to tell.
func TestSearchRefusesOtherRuns(t *testing.T) {
	defer func() {
		if v := recover(); !strings.Contains(fmt.Sprint(v), "depends on something outside it") {
			t.Errorf("panic %v", v)
		}
	}()
	s, w, n := sim.SearchPreemptions(1), newWorld(t), 5
	for more := true; more; more = s.Next() {
		n--
		sim.Execute(w, scenario(twoThreads(n)), sim.RunConfig{Strategy: s})
	}
}

// A failure that depends on the case which a Select takes is the search's to decide,
// and comes back in a replay of what it recorded.
func TestSearchRecordsCases(t *testing.T) {
	s := &sim.Scenario{Name: "cases", Run: func(w *sim.World) {
		a, b := sim.NewChan[int](w, "a", 1), sim.NewChan[int](w, "b", 1)
		got := ""
		for range 3 {
			a.Send(1)
			b.Send(2)
			i := w.Select(a.RecvCase(nil, nil), b.RecvCase(nil, nil))
			got += string(rune('a' + i))
			if i == 0 {
				b.Recv()
			} else {
				a.Recv()
			}
		}
		if got == "bab" {
			w.Fail("C-1", "the cases %s", got)
		}
	}}
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	search := sim.SearchPreemptions(0)
	for {
		r := sim.Execute(w, s, sim.RunConfig{Strategy: search})
		if r.Failure != nil {
			again := sim.Execute(w, s, sim.RunConfig{Strategy: sim.Replay(r.Schedule), Keep: true})
			if again.Digest != r.Digest || again.Failure == nil || !again.Drift.Zero() {
				t.Errorf("%v gives %v with drift %+v", r.Schedule, again.Failure, again.Drift)
			}
			if again.Schedule.String() != r.Schedule.String() {
				t.Errorf("%v is recorded as %v", r.Schedule, again.Schedule)
			}
			return
		}
		if !search.Next() {
			t.Fatal("the failure was not found")
		}
	}
}
