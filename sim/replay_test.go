package sim_test

import (
	"fmt"
	"reflect"
	"runtime"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
	"github.com/collider-amqp/collider/sim/history"
)

// soup is a scenario in which threads do a bit of everything. With bugs, some of
// its runs fail in all sorts of ways.
func soup(bugs bool) *sim.Scenario {
	s := &sim.Scenario{
		Name: "soup",
		Params: []sim.Param{
			{Name: "threads", Min: 1, Max: 5, Default: 3},
			{Name: "ops", Min: 1, Max: 40, Default: 10, Draw: sim.Scale},
			{Name: "bugs", Min: 0, Max: 1, Default: 0, Draw: sim.Fixed},
		},
		Steps: 3000,
		Run: func(w *sim.World) {
			k := newKitchen(w)
			var cooks []*sim.Thread
			for range w.Param("threads") {
				cooks = append(cooks, w.Go("cook", k.cook))
			}
			k.cook()
			if w.Param("bugs") == 0 {
				for _, t := range cooks {
					t.Join()
				}
			}
		},
		Check: func(h *history.History) []sim.Violation {
			if n := len(h.Events); n > 0 && h.Events[n-1].Text == "spoilt" {
				return []sim.Violation{{Rule: "SOUP-2", Message: "spoilt at the end", Seqs: []uint64{uint64(n)}}}
			}
			return nil
		},
	}
	if bugs {
		s.Params[2].Default = 1
	}
	return s
}

type kitchen struct {
	w    *sim.World
	m, n *sim.Mutex
	rw   *sim.RWMutex
	c    *sim.Chan[int]
	done *sim.Chan[int]
	v    *sim.Int64
	bugs bool
}

func newKitchen(w *sim.World) *kitchen {
	return &kitchen{
		w: w, m: w.NewMutex("m"), n: w.NewMutex("n"), rw: w.NewRWMutex("rw"),
		c: sim.NewChan[int](w, "c", int(w.Rand("size").IntN(3))), done: sim.NewChan[int](w, "done", 0),
		v: w.NewInt64("v", 0), bugs: w.Param("bugs") == 1,
	}
}

func (k *kitchen) cook() {
	w := k.w
	s := w.Rand("cook " + w.CurrentThread().Name())
	for range w.Param("ops") {
		switch s.IntN(12) {
		case 0:
			k.m.Lock()
			w.Note("op", "m")
			k.m.Unlock()
		case 1:
			k.c.TrySend(s.IntN(100))
		case 2:
			if v, _, got := k.c.TryRecv(); got {
				w.Observe(uint64(v))
			}
		case 3:
			w.Sleep(s.Duration(0, time.Second))
		case 4:
			w.AfterFunc(s.Duration(0, time.Second), func() { k.v.Add(1) })
		case 5:
			w.Select(k.c.SendCase(1), k.c.RecvCase(nil, nil), sim.Default())
		case 6:
			k.rw.RLock()
			w.Yield()
			k.rw.RUnlock()
		case 7:
			w.Select(k.c.RecvCase(nil, nil), w.After(s.Duration(0, time.Minute)).RecvCase(nil, nil))
		case 8:
			w.Go("helper", func() { k.v.Store(3) }).Join()
		case 9:
			if k.bugs {
				k.abba(s)
			}
		case 10:
			v := k.v.Load()
			k.v.Store(v + 1)
			w.Observe(uint64(v))
		case 11:
			if k.bugs {
				k.trip(s)
			}
		}
	}
}

func (k *kitchen) abba(s *choice.Stream) {
	a, b := k.m, k.n
	if s.Bool(0.5) {
		a, b = b, a
	}
	a.Lock()
	touch(b)
	a.Unlock()
}

func (k *kitchen) trip(s *choice.Stream) {
	switch v := k.v.Load(); {
	case v > 5 && s.Bool(0.1):
		k.w.Fail("SOUP-1", "v is %d", v)
	case v > 4 && s.Bool(0.1):
		panic(fmt.Sprint("v is ", v))
	case v > 3 && s.Bool(0.05):
		k.done.Recv()
	case v > 2 && s.Bool(0.05):
		k.w.Note("op", "spoilt")
	case s.Bool(0.002):
		for {
			k.v.Add(1)
		}
	}
}

// same compares what must repeat.
func same(a, b sim.Result) error {
	switch {
	case a.Digest != b.Digest:
		return fmt.Errorf("digest %x, then %x", a.Digest, b.Digest)
	case a.Steps != b.Steps || a.Time != b.Time || a.Threads != b.Threads:
		return fmt.Errorf("%d steps, %v, %d threads, then %d, %v, %d", a.Steps, a.Time, a.Threads, b.Steps, b.Time, b.Threads)
	case (a.Failure == nil) != (b.Failure == nil):
		return fmt.Errorf("failure %v, then %v", a.Failure, b.Failure)
	case a.Failure != nil && a.Failure.Error() != b.Failure.Error():
		return fmt.Errorf("failure %v, then %v", a.Failure, b.Failure)
	case !reflect.DeepEqual(a.Params, b.Params):
		return fmt.Errorf("params %v, then %v", a.Params, b.Params)
	case !reflect.DeepEqual(a.Schedule, b.Schedule):
		return fmt.Errorf("schedule\n%v, then\n%v", a.Schedule, b.Schedule)
	case !reflect.DeepEqual(a.History, b.History):
		return fmt.Errorf("histories differ")
	}
	return nil
}

// A recorded schedule repeats the run exactly, whatever it ended in.
func TestReplayIsExact(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	kinds := map[sim.Kind]int{}
	for seed := range uint64(3000) {
		s := soup(true)
		r := sim.Execute(w, s, sim.RunConfig{Seed: seed, Keep: true})
		if r.Failure != nil {
			kinds[r.Failure.Kind]++
		}
		again := sim.Execute(other, s, sim.RunConfig{Seed: seed, Keep: true, Strategy: sim.Replay(r.Schedule)})
		if !again.Drift.Zero() || again.Strategy != "replay" {
			t.Fatalf("seed %d: drift %+v", seed, again.Drift)
		}
		if err := same(r, again); err != nil {
			t.Fatalf("seed %d (%s): %v", seed, r.Strategy, err)
		}
	}
	for _, k := range []sim.Kind{sim.Broken, sim.Panicked, sim.Deadlock, sim.Livelock, sim.Leak} {
		if kinds[k] == 0 {
			t.Errorf("no run ended in %v: %v", k, kinds)
		}
	}
}

// The text of a schedule is as good as the schedule.
func TestReplayFromText(t *testing.T) {
	w := newWorld(t)
	for seed := range uint64(50) {
		r := sim.Execute(w, soup(false), sim.RunConfig{Seed: seed, Keep: true})
		s, err := choice.ParseSchedule(r.Schedule.String())
		if err != nil {
			t.Fatal(err)
		}
		if again := sim.Execute(w, soup(false), sim.RunConfig{Seed: seed, Keep: true, Strategy: sim.Replay(s)}); same(r, again) != nil {
			t.Fatal(same(r, again))
		}
	}
}

// Replay is total: whatever is cut out of a schedule or put into it, the run ends.
func TestReplayOfAnything(t *testing.T) {
	w := newWorld(t)
	s := choice.New(1, "mutate", 0)
	for seed := range uint64(400) {
		r := sim.Execute(w, soup(true), sim.RunConfig{Seed: seed, Keep: true})
		m := append(choice.Schedule(nil), r.Schedule...)
		for range 1 + s.IntN(4) {
			if len(m) == 0 {
				break
			}
			switch i := s.IntN(len(m)); s.IntN(5) {
			case 0:
				m = append(m[:i], m[i+1:]...)
			case 1:
				m[i].Steps += uint64(s.IntN(3))
			case 2:
				m = m[:i]
			case 3:
				m[i].Thread = "main/unknown"
			case 4:
				m = append(m, choice.Segment{Thread: choice.Clock, Steps: 2})
			}
		}
		a := sim.Execute(w, soup(true), sim.RunConfig{Seed: seed, Keep: true, Strategy: sim.Replay(m)})
		b := sim.Execute(w, soup(true), sim.RunConfig{Seed: seed, Keep: true, Strategy: sim.Replay(m)})
		if err := same(a, b); err != nil || a.Drift != b.Drift {
			t.Fatalf("seed %d: %v, drift %+v, then %+v", seed, err, a.Drift, b.Drift)
		}
		// What actually ran replays without drift.
		c := sim.Execute(w, soup(true), sim.RunConfig{Seed: seed, Keep: true, Strategy: sim.Replay(a.Schedule)})
		if err := same(a, c); err != nil || !c.Drift.Zero() {
			t.Fatalf("seed %d: %v, drift %+v", seed, err, c.Drift)
		}
	}
}

func TestDriftIsCounted(t *testing.T) {
	f := func(w *sim.World) {
		a := w.Go("a", func() { w.Yield(); w.Yield() })
		a.Join()
	}
	run := func(text string) sim.Result {
		s, err := choice.ParseSchedule(text)
		if err != nil {
			t.Fatal(err)
		}
		return sim.Execute(newWorld(t), scenario(f), sim.RunConfig{Strategy: sim.Replay(s), Keep: true})
	}
	for text, want := range map[string]sim.Drift{
		"main 1 | main/a 3 | main 1":            {},
		"main 1 | main/a 3":                     {Extra: 1},
		"":                                      {Extra: 5},
		"main 2 | main/a 3 | main 1":            {Segments: 1, Steps: 1},
		"main 1 | main/b 9 | main/a 3 | main 1": {Segments: 1, Steps: 9},
		"main 1 | clock 2 | main/a 3 | main 1":  {Segments: 1, Steps: 2},
		"main 1 | main/a 3 | main 4":            {Segments: 1, Steps: 3},
	} {
		if r := run(text); r.Drift != want || r.Failure != nil {
			t.Errorf("%q: drift %+v, want %+v; %v", text, r.Drift, want, r.Failure)
		}
	}
}

// A replay that ends its record early fails by its budget only after a fair
// stretch.
func TestReplayTailIsFair(t *testing.T) {
	f := func(w *sim.World) {
		flag := w.NewInt64("flag", 0)
		w.Go("setter", func() { flag.Store(1) })
		for flag.Load() == 0 {
		}
	}
	r := sim.Execute(newWorld(t), scenario(f), sim.RunConfig{Strategy: sim.Replay(choice.Schedule{{Thread: "main", Steps: 19_000}})})
	if r.Failure != nil || r.Steps < 19_000 {
		t.Errorf("%d steps, %v", r.Steps, r.Failure)
	}
	r = sim.Execute(newWorld(t), scenario(func(w *sim.World) {
		for {
			w.Yield()
		}
	}), sim.RunConfig{Strategy: sim.Replay(choice.Schedule{{Thread: "main", Steps: 19_000}})})
	wantFailure(t, r, sim.Livelock)
	if r.Steps < 39_000 || r.Steps > 60_000 {
		t.Errorf("%d steps", r.Steps)
	}
}

// A run is a function of its RunConfig: not of GOMAXPROCS, of the runs before, or
// of the World.
func TestDeterminism(t *testing.T) {
	used, alone := newWorld(t), map[uint64]sim.Result{}
	const seeds = 300
	for seed := range uint64(seeds) {
		w := sim.NewWorld(sim.Options{})
		alone[seed] = sim.Execute(w, soup(true), sim.RunConfig{Seed: seed, Keep: true})
		w.Close()
	}
	for _, procs := range []int{1, 2} {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		for i := range uint64(seeds) {
			seed := (i * 7) % seeds
			runtime.GC()
			if err := same(alone[seed], sim.Execute(used, soup(true), sim.RunConfig{Seed: seed, Keep: true})); err != nil {
				t.Fatalf("seed %d, GOMAXPROCS %d: %v", seed, procs, err)
			}
		}
	}
	digests := map[uint64]bool{}
	for _, r := range alone {
		digests[r.Digest] = true
	}
	if len(digests) < seeds*9/10 {
		t.Errorf("%d different digests of %d", len(digests), seeds)
	}
}

// Two Worlds on two goroutines do not disturb each other.
func TestWorldsAreIndependent(t *testing.T) {
	results := make(chan []sim.Result)
	for range 2 {
		go func() {
			w := sim.NewWorld(sim.Options{})
			defer w.Close()
			var rs []sim.Result
			for seed := range uint64(200) {
				rs = append(rs, sim.Execute(w, soup(true), sim.RunConfig{Seed: seed, Keep: true}))
			}
			results <- rs
		}()
	}
	a, b := <-results, <-results
	for i := range a {
		if err := same(a[i], b[i]); err != nil {
			t.Fatalf("seed %d: %v", i, err)
		}
	}
}

// The digests of these runs are fixed by this release: with and without the race
// detector, on any machine.
func TestDigestIsFixed(t *testing.T) {
	w := newWorld(t)
	sum := uint64(0)
	for seed := range uint64(100) {
		r := sim.Execute(w, soup(true), sim.RunConfig{Seed: seed})
		sum = sum*31 + r.Digest
	}
	if want := uint64(0x4a10d11d99f55f4c); sum != want {
		t.Errorf("digest %#x, want %#x: has the behaviour of runs changed on purpose?", sum, want)
	}
}

func TestDigestSeesTimeAndValues(t *testing.T) {
	run := func(d time.Duration, v uint64, text string) uint64 {
		return once(t, func(w *sim.World) {
			w.Sleep(d)
			w.Observe(v)
			w.Note("text", text)
		}).Digest
	}
	base := run(1, 2, "a")
	if run(1, 2, "a") != base {
		t.Error("equal runs differ")
	}
	for i, d := range []uint64{run(2, 2, "a"), run(1, 3, "a"), run(1, 2, "b")} {
		if d == base {
			t.Errorf("difference %d is not seen", i)
		}
	}
}

// TestReplayHoldsAThreadBack passes one thread over while another can go.
func TestReplayHoldsAThreadBack(t *testing.T) {
	for _, c := range []struct{ schedule, want string }{
		{"", "aabbcc"},
		{"*-main/a 100", "bbccaa"},
		{"*-main/b 100", "aaccbb"},
		{"*-main/a 6 | main/a 2", "baabcc"},
		{"*-main/nobody 100", "aabbcc"},
	} {
		s, err := choice.ParseSchedule(c.schedule)
		if err != nil {
			t.Fatal(err)
		}
		order := ""
		w := sim.NewWorld(sim.Options{HideRaces: true}) // order is what is tested
		r := sim.Execute(w, &sim.Scenario{Name: "three", Run: func(w *sim.World) {
			g := w.NewWaitGroup("all")
			x := w.NewInt64("x", 0)
			for _, name := range []string{"a", "b", "c"} {
				g.Go(name, func() {
					for range 2 {
						x.Add(1)
						order += name
					}
				})
			}
			g.Wait()
		}}, sim.RunConfig{Strategy: sim.Replay(s)})
		w.Close()
		if order != c.want || r.Failure != nil {
			t.Errorf("%q gives %s, want %s; %v", c.schedule, order, c.want, r.Failure)
		}
	}
}
