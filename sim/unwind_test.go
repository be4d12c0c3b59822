package sim_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// Deferred calls of abandoned threads run, whatever they do, and the World is good
// for the next run.
func TestUnwindingRunsDefers(t *testing.T) {
	w := newWorld(t)
	for seed := range uint64(50) {
		deferred := map[string]int{}
		r := sim.Execute(w, scenario(func(w *sim.World) {
			m := w.NewMutex("m")
			c := sim.NewChan[int](w, "c", 0)
			o := w.NewOnce("o")
			g := w.NewWaitGroup("g")
			note := func(s string) { deferred[s]++ }
			w.Go("mutex", func() {
				defer note("mutex")
				m.Lock()
				defer m.Unlock()
				c.Recv()
			})
			w.Go("lock in defer", func() {
				defer note("lock")
				defer touch(m)
				c.Recv()
			})
			w.Go("spawns", func() {
				defer note("spawn")
				defer w.Go("never", func() { note("never") })
				defer func() { w.Go("never", func() { note("never") }) }()
				w.Select()
			})
			w.Go("once", func() {
				defer note("once")
				o.Do(func() { c.Recv() })
			})
			g.Go("group", func() {
				defer note("group")
				w.Select(c.RecvCase(nil, nil), c.SendCase(1))
				c.Recv()
			})
			w.Go("panics", func() {
				defer note("panic")
				defer func() { panic("in a deferred call") }()
				w.Sleep(time.Hour)
				c.Recv()
			})
			w.Go("fails", func() {
				defer note("fail")
				defer func() { w.Fail("NO", "too late") }()
				g.Wait()
			})
		}), sim.RunConfig{Seed: seed, EarlyClock: -1})
		if r.Failure == nil || r.Failure.Kind == sim.Broken || r.Failure.Kind == sim.Panicked && r.Failure.Message != "in a deferred call" {
			t.Fatalf("seed %d: %v", seed, r.Failure)
		}
		if deferred["never"] != 0 {
			t.Error("a thread was made after the end")
		}
		for _, k := range []string{"mutex", "lock", "spawn", "once", "group", "panic", "fail"} {
			if deferred[k] != 1 {
				t.Errorf("seed %d: %s deferred %d times; %v", seed, k, deferred[k], r.Failure)
			}
		}
		if r := sim.Execute(w, soup(false), sim.RunConfig{Seed: seed}); r.Failure != nil {
			t.Fatalf("the next run: %v", r.Failure)
		}
	}
}

// A thread that recovers from its unwinding is unwound again, and at last for good.
func TestStubbornThread(t *testing.T) {
	w := newWorld(t)
	for range 3 {
		recovered, ended := 0, false
		r := sim.Execute(w, scenario(func(w *sim.World) {
			w.Go("stubborn", func() {
				defer func() { ended = true }()
				for {
					func() {
						defer func() {
							if v := recover(); sim.Unwinding(v) {
								recovered++
								_ = fmt.Sprint(v)
							}
						}()
						w.NewMutex("m").Lock()
						w.Select()
					}()
				}
			})
		}), sim.RunConfig{})
		wantFailure(t, r, sim.Leak, "main/stubborn: blocked in select")
		if recovered == 0 || !ended {
			t.Errorf("recovered %d times, ended %v", recovered, ended)
		}
	}
}

func TestNothingIsRecordedAfterTheEnd(t *testing.T) {
	run := func(late bool) sim.Result {
		return once(t, func(w *sim.World) {
			defer func() {
				if late {
					w.Note("late", "deferred")
					w.Observe(7)
				}
			}()
			w.Note("op", "first")
			w.Select()
		})
	}
	a, b := run(false), run(true)
	if a.Digest != b.Digest || len(b.History.Events) != 1 {
		t.Errorf("digests %x, %x; %d events", a.Digest, b.Digest, len(b.History.Events))
	}
}

// runtime.Goexit cannot be undone, but neither the World nor its caller suffer.
func TestGoexit(t *testing.T) {
	w := newWorld(t)
	for range 3 {
		deferred := false
		r := sim.Execute(w, scenario(func(w *sim.World) {
			w.Go("other", func() { w.Sleep(time.Hour) })
			w.Go("exits", func() {
				defer func() { deferred = true }()
				w.Yield()
				runtime.Goexit()
			})
			w.Sleep(time.Minute)
		}), sim.RunConfig{EarlyClock: -1})
		wantFailure(t, r, sim.Panicked, "runtime.Goexit called: is it FailNow", "[main/exits]", "unwind_test.go:")
		if !deferred {
			t.Error("deferred call did not run")
		}
		if r := sim.Execute(w, scenario(func(w *sim.World) { runtime.Goexit() }), sim.RunConfig{}); r.Failure.Thread != "main" {
			t.Error(r.Failure)
		}
	}
	if r := sim.Execute(w, soup(false), sim.RunConfig{}); r.Failure != nil {
		t.Error(r.Failure)
	}
}

func TestPanicNil(t *testing.T) {
	r := once(t, func(w *sim.World) { panic(nil) })
	wantFailure(t, r, sim.Panicked, "panic called with nil argument")
}

func TestRecoveredPanicIsNoFailure(t *testing.T) {
	pass(t, func(w *sim.World) {
		m := w.NewMutex("m")
		for range 2 {
			w.Go("t", func() {
				defer func() {
					if recover() != "again" {
						w.Fail("RECOVER", "lost")
					}
					m.Unlock()
				}()
				m.Lock()
				w.Yield()
				panic("again")
			})
		}
	})
}

// Many threads at once, deep recursion and later runs use the same coroutines.
func TestManyThreads(t *testing.T) {
	w := newWorld(t)
	before := runtime.NumGoroutine()
	most := 0
	for seed := range uint64(5) {
		r := sim.Execute(w, scenario(func(w *sim.World) {
			c := sim.NewChan[int](w, "c", 0)
			for range 500 {
				w.Go("t", func() {
					deep(100)
					c.Recv()
				})
			}
			for range 500 {
				c.Send(1)
			}
		}), sim.RunConfig{Seed: seed})
		if r.Failure != nil || r.Threads != 501 {
			t.Fatal(r.Failure, r.Threads)
		}
		most = max(most, runtime.NumGoroutine()-before)
	}
	if splitWorlds {
		most /= 2 // a program and its coroutine
	}
	if most > 502 {
		t.Errorf("%d goroutines for 501 threads", most)
	}
}

func deep(n int) int {
	if n == 0 {
		return 0
	}
	var pad [64]int
	return deep(n-1) + pad[n%64]
}
