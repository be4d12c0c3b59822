package sim_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// A hosted World asks the host for the time, lets it come to rest after each
// step, and leaves no coroutine behind.
func TestHost(t *testing.T) {
	var now time.Duration
	quiet := 0
	w := sim.NewWorld(sim.Options{Host: &sim.Host{
		Unpooled: true,
		Quiesce:  func() { quiet++ },
		Now:      func() time.Duration { return now },
		Advance:  func(to time.Duration) { now = to },
	}})
	defer w.Close()
	pooled := newWorld(t)
	for seed := range uint64(100) {
		now, quiet = 0, 0
		start := runtime.NumGoroutine()
		hosted := sim.Execute(w, soup(true), sim.RunConfig{Seed: seed, Keep: true})
		if now != hosted.Time || quiet == 0 {
			t.Fatalf("host's clock %v, World's %v, %d times quiet", now, hosted.Time, quiet)
		}
		if n := runtime.NumGoroutine(); n != start {
			t.Fatalf("%d goroutines after the run, %d before", n, start)
		}
		free := sim.Execute(pooled, soup(true), sim.RunConfig{Seed: seed, Keep: true})
		if err := same(free, hosted); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// The host's clock may move by itself between steps; timers then fire.
func TestHostClockMoves(t *testing.T) {
	var now time.Duration
	w := sim.NewWorld(sim.Options{Host: &sim.Host{
		Quiesce: func() { now += time.Second },
		Now:     func() time.Duration { return now },
		Advance: func(to time.Duration) { now = max(now, to) },
	}})
	defer w.Close()
	r := sim.Execute(w, scenario(func(w *sim.World) {
		fired := false
		w.AfterFunc(10*time.Second, func() { fired = true })
		for !fired {
			w.Yield()
		}
		if w.Elapsed() < 10*time.Second {
			w.Fail("HOST", "fired at %v", w.Elapsed())
		}
	}), sim.RunConfig{EarlyClock: -1})
	if r.Failure != nil {
		t.Error(r.Failure)
	}
}

func TestHostNeedsBothClocks(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("accepted")
		}
	}()
	sim.NewWorld(sim.Options{Host: &sim.Host{Now: func() time.Duration { return 0 }}})
}
