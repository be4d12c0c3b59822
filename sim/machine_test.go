package sim_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
)

// TestCrashStopsAtTheNextPoint crashes a machine at any time: what its threads have
// done by then stays done, and nothing more is.
func TestCrashStopsAtTheNextPoint(t *testing.T) {
	pass(t, func(w *sim.World) {
		m := w.NewMachine("m", sim.Clock{})
		n, crashed := w.NewInt64("n", 0), new(atomic.Bool)
		m.OnCrash(func() { crashed.Store(true) })
		for range 3 {
			m.Go("worker", func() {
				m.Env().Go("child", func() {
					for {
						if crashed.Load() {
							w.Fail("CRASH", "a thread ran after the crash")
						}
						n.Add(1)
					}
				})
				late := func() {
					if crashed.Load() {
						w.Fail("CRASH", "a timer fired after the crash")
					}
				}
				w.AfterFunc(time.Second, late)
				m.Env().AfterFunc(time.Second, late)
				for {
					w.Sleep(time.Millisecond)
					if crashed.Load() {
						w.Fail("CRASH", "a sleeper woke after the crash")
					}
				}
			})
		}
		for n.Load() < 10 {
			w.Yield()
		}
		m.Crash()
		before := n.Load() // the crash takes effect before this
		if !crashed.Load() {
			w.Fail("CRASH", "OnCrash was not called")
		}
		w.Sleep(time.Minute)
		if after := n.Load(); after != before {
			w.Fail("CRASH", "it went on from %d to %d", before, after)
		}
	})
}

func TestThreadsOfACrashedMachineAreNeitherLeakNorDeadlock(t *testing.T) {
	pass(t, func(w *sim.World) {
		m := w.NewMachine("m", sim.Clock{})
		blocked := m.Go("blocked", func() { sim.NewChan[int](w, "never", 0).Recv() })
		done := sim.NewChan[bool](w, "done", 0)
		self := m.Go("self", func() {
			m.Crash()
			done.Send(true) // never
		})
		blocked.Join()
		self.Join()
		if !blocked.Done() || !self.Done() || !m.Crashed() {
			w.Fail("JOIN", "a crashed thread is not done")
		}
		if _, _, got := done.TryRecv(); got {
			w.Fail("CRASH", "a thread went on after it had crashed its machine")
		}
	})
}

// TestLastThreadsCrash lets main return first, so that the crash ends the run.
func TestLastThreadsCrash(t *testing.T) {
	pass(t, func(w *sim.World) {
		m := w.NewMachine("m", sim.Clock{})
		for range 2 {
			m.Go("spin", func() {
				for {
					w.Sleep(time.Millisecond)
				}
			})
		}
		e := new(sim.Event)
		e.Init(w, m.Crash)
		e.Set(time.Second)
	})
}

// TestNothingIsHandedToTheDead lets values and signals pass by threads that have
// crashed while they waited for them.
func TestNothingIsHandedToTheDead(t *testing.T) {
	pass(t, func(w *sim.World) {
		m := w.NewMachine("m", sim.Clock{})
		c, d := sim.NewChan[int](w, "c", 0), sim.NewChan[int](w, "d", 0)
		mu := w.NewMutex("mu")
		cond, waiting := w.NewCond(mu), 0
		m.Go("select", func() { w.Select(c.RecvCase(nil, nil), d.RecvCase(nil, nil)) })
		m.Go("receiver", func() { c.Recv() })
		m.Go("waiter", func() {
			mu.Lock()
			waiting++
			cond.Wait()
		})
		for mu.Lock(); waiting == 0; mu.Lock() {
			mu.Unlock()
			w.Yield()
		}
		mu.Unlock()
		w.Sleep(time.Millisecond)
		m.Crash()
		w.Yield()
		signalled := false
		live := w.Go("live", func() {
			mu.Lock()
			for !signalled {
				waiting++
				cond.Wait()
			}
			mu.Unlock()
			if v, _ := c.Recv(); v != 7 {
				w.Fail("CHAN", "received %d", v)
			}
		})
		for mu.Lock(); waiting < 2; mu.Lock() {
			mu.Unlock()
			w.Yield()
		}
		signalled = true
		cond.Signal()
		mu.Unlock()
		c.Send(7)
		live.Join()
		d.Close()
	})
}

// TestEventCrashes crashes by the clock, at an instant at which the machine's own
// timers fire, too.
func TestEventCrashes(t *testing.T) {
	pass(t, func(w *sim.World) {
		m := w.NewMachine("m", sim.Clock{})
		e := new(sim.Event)
		by := w.CurrentThread()
		booted := w.NewInt64("booted", 0)
		next := w.NewMachine("m", sim.Clock{})
		e.Init(w, func() {
			m.Crash()
			next.GoFrom(by, "boot", func() { booted.Store(1) })
		})
		e.Set(time.Second)
		m.Go("timers", func() {
			w.AfterFunc(2*time.Second, func() { w.Fail("CRASH", "a timer outlived its machine") })
			ctx, cancel := w.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			ctx.AfterFunc(func() { w.Fail("CRASH", "a context outlived its machine") })
			w.Sleep(3 * time.Second)
			w.Fail("CRASH", "a thread outlived its machine")
		})
		w.Sleep(time.Minute)
		for booted.Load() == 0 {
			w.Yield()
		}
		late := m.Go("late", func() { w.Fail("CRASH", "a thread began on a crashed machine") })
		late.Join()
		m.Env().AfterFunc(0, func() { w.Fail("CRASH", "a timer was set on a crashed machine and fired") })
	})
}

// TestCrashRepeats compares digests of runs that crash somewhere, their replays
// included.
func TestCrashRepeats(t *testing.T) {
	s := scenario(func(w *sim.World) {
		m := w.NewMachine("m", sim.Clock{})
		n := w.NewInt64("n", 0)
		m.OnCrash(func() { w.Recorder().Note(history.Event{Name: "down"}) })
		for range 3 {
			m.Go("worker", func() {
				for n.Add(1) < 1000 {
					w.Sleep(time.Microsecond)
				}
			})
		}
		w.Sleep(time.Duration(w.Rand("when").IntN(100)) * time.Microsecond)
		m.Crash()
		w.Sleep(time.Second)
		w.Observe(uint64(n.Load()))
	})
	w, v := newWorld(t), newWorld(t)
	different := map[uint64]bool{}
	for seed := range uint64(50) {
		a := sim.Execute(w, s, sim.RunConfig{Seed: seed, Keep: true})
		b := sim.Execute(v, s, sim.RunConfig{Seed: seed})
		c := sim.Execute(v, s, sim.RunConfig{Seed: seed, Strategy: sim.Replay(a.Schedule)})
		if a.Failure != nil || a.Digest != b.Digest || a.Digest != c.Digest || !c.Drift.Zero() {
			t.Fatalf("seed %d: digests %x, %x, replayed %x with drift %v; %v", seed, a.Digest, b.Digest, c.Digest, c.Drift, a.Failure)
		}
		different[a.Digest] = true
	}
	if len(different) < 40 {
		t.Errorf("50 seeds gave %d runs", len(different))
	}
}

// TestDeadlockNamesTheLiving does not list who has crashed.
func TestDeadlockNamesTheLiving(t *testing.T) {
	r := once(t, func(w *sim.World) {
		m := w.NewMachine("m", sim.Clock{})
		mu := w.NewMutex("mu")
		held := sim.NewChan[bool](w, "held", 1)
		m.Go("holder", func() {
			mu.Lock()
			held.Send(true)
			w.Sleep(time.Hour)
		})
		held.Recv()
		m.Crash()
		mu.Lock()
	})
	f := r.Failure
	if f == nil || f.Kind != sim.Deadlock || len(f.Threads) != 1 || !strings.Contains(f.Error(), "held by main/holder") {
		t.Errorf("the failure is %v", f)
	}
}

func TestMachineClock(t *testing.T) {
	pass(t, func(w *sim.World) {
		fast := w.NewMachine("fast", sim.Clock{Offset: -time.Hour, Drift: 50_000})
		if got, want := fast.Now(), sim.Epoch.Add(-time.Hour); !got.Equal(want) {
			w.Fail("CLOCK", "at the start it shows %v, want %v", got, want)
		}
		fired := sim.NewChan[time.Duration](w, "fired", 1)
		fast.Env().AfterFunc(105*time.Second, func() { fired.Send(w.Elapsed()) })
		if at, _ := fired.Recv(); at < 100*time.Second || w.Elapsed() == at && at > 100*time.Second {
			w.Fail("CLOCK", "105 s of a clock that is 5 %% fast lasted %v", at)
		}
		if got, want := fast.Env().Now(), sim.Epoch.Add(105*time.Second-time.Hour); got.Before(want) {
			w.Fail("CLOCK", "it shows %v, want %v", got, want)
		}
		if at := fast.When(sim.Epoch.Add(210*time.Second - time.Hour)); at != 200*time.Second {
			w.Fail("CLOCK", "it shows 210 s more after %v", at)
		}
	})
}

// TestCrashAsTheLastThing lets main return right after the crash.
func TestCrashAsTheLastThing(t *testing.T) {
	pass(t, func(w *sim.World) {
		m := w.NewMachine("m", sim.Clock{})
		mu := w.NewMutex("mu")
		mu.Lock()
		m.Go("waits", func() {
			mu.Lock()
			w.Fail("CRASH", "it ran after the crash")
		})
		w.Sleep(time.Second)
		mu.Unlock()
		m.Crash()
	})
}
