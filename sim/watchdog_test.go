package sim_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// blockReally runs f in a World whose watchdog is quick, and returns what the
// watchdog reports and what Execute returns once release is called.
func blockReally(t *testing.T, release func(), f func(w *sim.World)) (reported, returned sim.Result) {
	t.Helper()
	reports := make(chan sim.Result, 1)
	w := sim.NewWorld(sim.Options{
		Watchdog: 40 * time.Millisecond,
		OnStuck:  func(r sim.Result) { reports <- r },
	})
	defer w.Close()
	results := make(chan sim.Result)
	go func() {
		results <- sim.Execute(w, scenario(f), sim.RunConfig{Seed: 7, Strategy: sim.RoundRobin(1)})
	}()
	select {
	case reported = <-reports:
	case r := <-results:
		t.Fatalf("the run ended: %v", r.Failure)
	case <-time.After(20 * time.Second):
		t.Fatal("no report")
	}
	release()
	return reported, <-results
}

func TestWatchdogFindsRealMutex(t *testing.T) {
	var mu sync.Mutex
	mu.Lock()
	reported, returned := blockReally(t, mu.Unlock, func(w *sim.World) {
		w.Go("waiter", func() {
			w.Yield()
			mu.Lock()
			defer mu.Unlock()
			w.Yield()
			panic("went on")
		})
		w.Sleep(time.Hour)
	})
	for _, r := range []sim.Result{reported, returned} {
		wantFailure(t, r, sim.Stuck, "blocked on a real mutex or channel (sync.Mutex.Lock) at sim/watchdog_test.go:",
			"use the Env's", "[main/waiter]")
		if r.Seed != 7 {
			t.Errorf("seed %d", r.Seed)
		}
		if s := r.Failure.Stack; !strings.Contains(s, "TestWatchdogFindsRealMutex") || strings.Contains(s, "coro") {
			t.Errorf("stack:\n%s", s)
		}
	}
}

func TestWatchdogFindsRealChannel(t *testing.T) {
	c := make(chan int)
	reported, _ := blockReally(t, func() { close(c) }, func(w *sim.World) {
		w.Go("a", func() {})
		w.Go("b", func() { <-c }).Join()
	})
	wantFailure(t, reported, sim.Stuck, "(chan receive)", "[main/b]")
}

func TestWatchdogFindsLoop(t *testing.T) {
	var stop atomic.Bool
	reported, _ := blockReally(t, func() { stop.Store(true) }, func(w *sim.World) {
		for !stop.Load() {
		}
	})
	wantFailure(t, reported, sim.Stuck, "busy at ", "watchdog_test.go", "[main]")
}

// Long runs of short steps do not trouble the watchdog, nor does the time between
// runs.
func TestWatchdogIsQuiet(t *testing.T) {
	const limit = 300 * time.Millisecond
	w := sim.NewWorld(sim.Options{
		Watchdog: limit,
		OnStuck:  func(r sim.Result) { t.Error(r.Failure) },
	})
	defer w.Close()
	long := &sim.Scenario{Name: "long", Steps: 1 << 60, Run: func(w *sim.World) {
		for start := time.Now(); time.Since(start) < 2*limit; {
			w.Yield()
		}
	}}
	if r := sim.Execute(w, long, sim.RunConfig{}); r.Failure != nil {
		t.Error(r.Failure)
	}
	time.Sleep(2 * limit)
	if r := sim.Execute(w, soup(false), sim.RunConfig{}); r.Failure != nil {
		t.Error(r.Failure)
	}
}

func TestWatchdogOff(t *testing.T) {
	w := sim.NewWorld(sim.Options{Watchdog: -1})
	defer w.Close()
	r := sim.Execute(w, scenario(func(w *sim.World) { time.Sleep(50 * time.Millisecond) }), sim.RunConfig{})
	if r.Failure != nil {
		t.Error(r.Failure)
	}
}
