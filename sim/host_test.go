package sim_test

import (
	"runtime"
	"testing"
	"testing/synctest"
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
		if n := runtime.NumGoroutine(); n > start {
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

// A World in a synctest bubble works together with goroutines that know nothing of
// it: each step waits until they have come to rest, and the time is the bubble's.
func TestHostInBubble(t *testing.T) {
	var digests [20]uint64
	for i := range digests {
		synctest.Test(t, func(t *testing.T) { digests[i] = bubble(t) })
		if digests[i] != digests[0] {
			t.Errorf("digests %x", digests)
		}
	}
}

func bubble(t *testing.T) uint64 {
	start := time.Now()
	w := sim.NewWorld(sim.Options{Watchdog: -1, Host: &sim.Host{
		Unpooled: true,
		Quiesce:  synctest.Wait,
		Now:      func() time.Duration { return time.Since(start) },
		Advance:  func(to time.Duration) { time.Sleep(to - time.Since(start)) },
	}})
	defer w.Close()
	requests, answers := make(chan int, 10), make(chan int, 10)
	go func() { // the foreign stack
		for n := range requests {
			time.Sleep(time.Second)
			answers <- n * n
		}
	}()
	defer close(requests)
	r := sim.Execute(w, scenario(func(w *sim.World) {
		sum := 0
		for i := range 3 {
			w.Go("client", func() {
				requests <- i
				for len(answers) == 0 {
					w.Sleep(300 * time.Millisecond)
				}
				n := <-answers
				sum += n
				w.Observe(uint64(n))
			})
		}
		w.Sleep(time.Minute)
		if sum != 0+1+4 {
			w.Fail("HOST", "the answers add up to %d", sum)
		}
	}), sim.RunConfig{Seed: 1, Strategy: sim.Random(), EarlyClock: -1})
	if r.Failure != nil {
		t.Error(r.Failure)
	}
	if r.Time != time.Minute {
		t.Errorf("it is %v", r.Time)
	}
	return r.Digest
}

// A thread that ends in Goexit does not take its host along.
func TestHostAndGoexit(t *testing.T) {
	w := sim.NewWorld(sim.Options{Host: &sim.Host{Unpooled: true}})
	defer w.Close()
	for range 2 {
		r := sim.Execute(w, scenario(func(w *sim.World) {
			w.Go("other", func() { w.Select() })
			w.Go("exits", runtime.Goexit).Join()
		}), sim.RunConfig{})
		wantFailure(t, r, sim.Panicked, "[main/exits]")
	}
}
