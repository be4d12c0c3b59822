package sim_test

import (
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
)

func TestVirtualTime(t *testing.T) {
	r := once(t, func(w *sim.World) {
		begin := w.Now()
		if !begin.Equal(sim.Epoch) || w.Elapsed() != 0 {
			w.Fail("TIME", "the run begins at %v", begin)
		}
		w.Sleep(time.Hour)
		if d := w.Since(begin); d != time.Hour {
			w.Fail("TIME", "an hour took %v", d)
		}
		w.Sleep(0)
		w.Sleep(-time.Second)
		if d := w.Elapsed(); d != time.Hour {
			w.Fail("TIME", "%v after sleeps of nothing", d)
		}
	})
	if r.Failure != nil || r.Time != time.Hour {
		t.Error(r.Failure, r.Time)
	}
}

func TestTimeStandsStillWhileThreadsRun(t *testing.T) {
	w := newWorld(t)
	s := scenario(func(w *sim.World) {
		w.AfterFunc(time.Second, func() {})
		for range 1000 {
			w.Yield()
		}
		if w.Elapsed() != 0 {
			w.Fail("TIME", "%v passed", w.Elapsed())
		}
	})
	early := 0
	for seed := range uint64(200) {
		if r := sim.Execute(w, s, sim.RunConfig{Seed: seed, EarlyClock: -1}); r.Failure != nil {
			t.Fatal(r.Failure)
		}
		if r := sim.Execute(w, s, sim.RunConfig{Seed: seed}); r.Failure != nil {
			early++
		}
	}
	if early < 20 || early > 120 {
		t.Errorf("the clock moved early in %d of 200 runs; it should in some", early)
	}
}

// Sleeps of equal length end in any order.
func TestEqualSleepsRace(t *testing.T) {
	got := outcomes(t, func(w *sim.World) string {
		order := ""
		g := w.NewWaitGroup("g")
		for _, n := range []string{"a", "b"} {
			g.Go(n, func() {
				w.Sleep(time.Second)
				order += n
			})
		}
		g.Wait()
		return order
	})
	wantOutcomes(t, got, "ab", "ba")
}

func TestManyTimersFireInOrder(t *testing.T) {
	passCalm(t, func(w *sim.World) {
		s := w.Rand("delays")
		var timers []*sim.Timer
		last, fired, stopped := time.Duration(0), 0, 0
		for range 60 {
			d := time.Duration(1 + s.IntN(40))
			timers = append(timers, w.NewTimer(d*time.Second))
		}
		for i, tm := range timers {
			if i%3 == 0 && tm.Stop() {
				stopped++
			}
		}
		for i, tm := range timers {
			if i%3 != 0 {
				w.Go("wait", func() {
					at, _ := tm.C.Recv()
					if d := at.Sub(sim.Epoch); d < last {
						w.Fail("TIMER", "%v after %v", d, last)
					}
					last = at.Sub(sim.Epoch)
					fired++
				})
			}
		}
		w.Sleep(time.Hour)
		if fired != 40 {
			w.Fail("TIMER", "%d of 40 fired, %d stopped", fired, stopped)
		}
	})
}

func TestAfterFuncRunsInItsOwnThread(t *testing.T) {
	r := once(t, func(w *sim.World) {
		m := w.NewMutex("m")
		m.Lock()
		names := sim.NewChan[string](w, "names", 3)
		for range 2 {
			w.AfterFunc(time.Second, func() {
				touch(m)
				names.Send(w.CurrentThread().Name())
			})
		}
		w.AfterFunc(0, func() { names.Send(w.CurrentThread().Name()) })
		w.Sleep(2 * time.Second)
		m.Unlock()
		for _, want := range []string{"main/timer", "main/timer#2", "main/timer#3"} {
			if got, _ := names.Recv(); got != want {
				w.Fail("TIMER", "thread %s, want %s", got, want)
			}
		}
	})
	if r.Failure != nil {
		t.Error(r.Failure)
	}
}

func TestTimerStop(t *testing.T) {
	passCalm(t, func(w *sim.World) {
		ran := false
		tm := w.AfterFunc(time.Second, func() { ran = true })
		w.Sleep(time.Duration(w.Rand("d").IntN(3)) * time.Second)
		early := w.Elapsed() < time.Second
		stopped := tm.Stop()
		w.Sleep(time.Minute)
		if stopped != early || ran == early || tm.Stop() {
			w.Fail("TIMER", "early %v, stopped %v, ran %v", early, stopped, ran)
		}
	})
}

// As of Go 1.23 no stale value is left in the channel.
func TestTimerResetLeavesNothing(t *testing.T) {
	pass(t, func(w *sim.World) {
		tm := w.NewTimer(time.Second)
		w.Sleep(time.Minute)
		if !tm.Reset(time.Second) {
			w.Fail("TIMER", "a time that nobody received counts as not fired")
		}
		begin := w.Now()
		if at, _ := tm.C.Recv(); at.Sub(begin) < time.Second {
			w.Fail("TIMER", "stale time %v", at.Sub(begin))
		}
		if tm.Stop() || tm.Reset(0) {
			w.Fail("TIMER", "active after it fired")
		}
		if _, _, got := tm.C.TryRecv(); !got {
			w.Fail("TIMER", "no time after Reset(0)")
		}
	})
}

func TestTicker(t *testing.T) {
	r := once(t, func(w *sim.World) {
		tick := w.NewTicker(time.Second)
		for i := range 3 {
			if at, _ := tick.C.Recv(); at.Sub(sim.Epoch) != time.Duration(i+1)*time.Second {
				w.Fail("TICKER", "tick %d at %v", i, at)
			}
		}
		w.Sleep(10*time.Second + time.Millisecond) // ticks are dropped
		if at, _ := tick.C.Recv(); at.Sub(sim.Epoch) != 4*time.Second {
			w.Fail("TICKER", "the kept tick is of %v", at)
		}
		tick.Reset(time.Minute)
		begin := w.Now()
		if at, _ := tick.C.Recv(); at.Sub(begin) != time.Minute {
			w.Fail("TICKER", "after Reset %v", at.Sub(begin))
		}
		tick.Stop()
		w.Sleep(time.Hour)
		if _, _, got := tick.C.TryRecv(); got {
			w.Fail("TICKER", "a tick after Stop")
		}
	})
	if r.Failure != nil {
		t.Error(r.Failure)
	}
	wantMisuse(t, "non-positive interval", func(w *sim.World) { w.NewTicker(0) })
	wantMisuse(t, "non-positive interval", func(w *sim.World) { w.NewTicker(1).Reset(-1) })
}

// A ticker that nobody reads does not hide a deadlock.
func TestTickerDoesNotHideDeadlock(t *testing.T) {
	r := once(t, func(w *sim.World) {
		w.NewTicker(time.Second)
		sim.NewChan[int](w, "never", 0).Recv()
	})
	wantFailure(t, r, sim.Deadlock, "blocked in recv of channel never", "timers are pending, but wake nobody")
}

func TestAfter(t *testing.T) {
	pass(t, func(w *sim.World) {
		c := sim.NewChan[int](w, "never", 0)
		if w.Select(c.RecvCase(nil, nil), w.After(time.Second).RecvCase(nil, nil)) != 1 || w.Elapsed() < time.Second {
			w.Fail("AFTER", "no timeout at %v", w.Elapsed())
		}
	})
}

func TestFarFuture(t *testing.T) {
	r := once(t, func(w *sim.World) {
		w.Sleep(time.Hour)
		w.AfterFunc(1<<63-1, func() { w.Fail("TIMER", "the end of time") })
		w.Sleep(time.Hour)
	})
	if r.Failure != nil || r.Time != 2*time.Hour {
		t.Error(r.Failure, r.Time)
	}
}
