package shrink

import (
	"cmp"
	"context"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
	"github.com/collider-amqp/collider/sim/runner"
)

// noisy returns a scenario whose bug needs two threads, or three, among others
// that only make noise.
func noisy(name string, noise int64, bug func(w *sim.World, g *sim.WaitGroup)) *sim.Scenario {
	return &sim.Scenario{
		Name: "noisy/" + name, Doc: "a bug among noise",
		Params: []sim.Param{{Name: "noise", Doc: "threads that make noise", Default: noise, Max: 10, Draw: sim.Fixed}},
		Run: func(w *sim.World) {
			g := w.NewWaitGroup("all")
			mu, n := w.NewMutex("noise"), w.NewInt64("noise", 0)
			for range w.Param("noise") {
				g.Go("noise", func() {
					for range 5 {
						mu.Lock()
						n.Add(1)
						mu.Unlock()
					}
				})
			}
			bug(w, g)
			g.Wait()
		},
	}
}

// abba locks two mutexes in both orders.
func abba(w *sim.World, g *sim.WaitGroup) {
	a, b := w.NewMutex("a"), w.NewMutex("b")
	both := func(x, y *sim.Mutex) {
		x.Lock()
		defer x.Unlock()
		y.Lock()
		defer y.Unlock()
	}
	g.Go("ab", func() { both(a, b) })
	g.Go("ba", func() { both(b, a) })
}

// lost reads and writes a counter in two steps.
func lost(w *sim.World, g *sim.WaitGroup) {
	n := w.NewInt64("counter", 0)
	add := func() { n.Store(n.Load() + 1) }
	g.Go("x", add)
	g.Go("y", add)
	g.Go("judge", func() {
		for n.Load() == 0 {
			w.Yield()
		}
	})
	g.Wait()
	if v := n.Load(); v != 2 {
		w.Fail("N-1", "the counter is %d, want 2", v)
	}
}

// order uses what another thread makes, without waiting for it.
func order(w *sim.World, g *sim.WaitGroup) {
	made := w.NewInt64("made", 0)
	g.Go("make", func() { made.Store(1) })
	g.Go("use", func() {
		if made.Load() == 0 {
			w.Fail("N-2", "used before it was made")
		}
	})
}

// twice fails if a second thread writes in between two reads of a first, and a
// third in between two reads of the second.
func twice(w *sim.World, g *sim.WaitGroup) {
	a, b := w.NewInt64("a", 0), w.NewInt64("b", 0)
	g.Go("writer", func() { b.Store(1) })
	g.Go("middle", func() {
		v := b.Load()
		if b.Load() != v {
			a.Store(1)
		}
	})
	g.Go("reader", func() {
		v := a.Load()
		if a.Load() != v {
			w.Fail("N-3", "a changed in between")
		}
	})
}

// failing returns the file of the n-th run, from 1, that fails.
func failing(t testing.TB, s *sim.Scenario, strategy string, n int) *runner.File {
	t.Helper()
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	st, err := sim.ParseStrategy(strategy)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(200_000) {
		r := sim.Execute(w, s, sim.RunConfig{Seed: seed, Strategy: st})
		if r.Failure == nil {
			continue
		}
		if n--; n == 0 {
			return runner.NewFailure(s, r).File(runner.Origin{Registry: "test"})
		}
	}
	t.Fatalf("%s never fails", s.Name)
	return nil
}

// tester is what testing.T and rapid.T have in common.
type tester interface {
	Helper()
	Fatal(args ...any)
	Errorf(format string, args ...any)
}

// shrunk shrinks a file and checks what must hold of each result.
func shrunk(t testing.TB, s *sim.Scenario, f *runner.File, o Options) *Result {
	t.Helper()
	o.Time = cmp.Or(o.Time, time.Hour) // a slow machine must not change what is found
	r, err := Run(context.Background(), s, f, o)
	if err != nil {
		t.Fatal(err)
	}
	check(t, s, f, r)
	return r
}

// check replays a result: it must fail as the file given, exactly as recorded, and
// must not be larger.
func check(t tester, s *sim.Scenario, f *runner.File, r *Result) {
	t.Helper()
	again, err := runner.Replay(s, r.File, 0)
	if err != nil {
		t.Fatal(err)
	}
	if !again.Same || !again.Exact || !f.Alike(again.Result.Failure) {
		t.Errorf("%s: the shrunk run gives %v, same %v, exact %v", s.Name, again.Result.Failure, again.Same, again.Exact)
	}
	smaller := false
	for name, v := range r.File.Params {
		smaller = smaller || v < f.Params[name]
		if v > f.Params[name] {
			t.Errorf("%s: parameter %s has grown from %d to %d", s.Name, name, f.Params[name], v)
		}
	}
	if !smaller && less(choice.Schedule(f.Segments), choice.Schedule(r.File.Segments)) {
		t.Errorf("%s: %+v is larger than %+v", s.Name, r.After, r.Before)
	}
}
