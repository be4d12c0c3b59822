package sim_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
)

func TestFailStopsTheRun(t *testing.T) {
	r := once(t, func(w *sim.World) {
		w.Go("other", func() {
			w.Sleep(time.Second)
			w.Fail("SER-1", "%d callbacks at once", 2)
			panic("Fail returned")
		})
		w.Sleep(time.Minute)
		panic("main went on")
	})
	wantFailure(t, r, sim.Broken, "property SER-1: 2 callbacks at once [main/other] at sim/failure_test.go:")
	f := r.Failure
	if f.Thread != "main/other" || f.Time != time.Second || f.Step != r.Steps || len(f.Locations) != 1 {
		t.Errorf("%+v", f)
	}
	if r.History == nil || len(r.Schedule) == 0 {
		t.Error("a failure comes with history and schedule")
	}
}

func TestCheckJudgesTheHistory(t *testing.T) {
	s := scenario(func(w *sim.World) {
		w.Note("op", "%s-%d", "a", 1)
		w.Go("t", func() { w.Note("op", "100%") })
	})
	s.Check = func(h *history.History) []sim.Violation {
		if len(h.Events) != 2 || h.Events[0].Text != "a-1" || h.Events[1].Text != "100%" || h.Thread(h.Events[1].Thread) != "main/t" {
			return nil
		}
		return []sim.Violation{{Rule: "A", Message: "first", Seqs: []uint64{1}}, {Rule: "B", Message: "second"}}
	}
	r := sim.Execute(newWorld(t), s, sim.RunConfig{})
	wantFailure(t, r, sim.Broken, "property A: first")
	if len(r.Failure.More) != 1 || r.Failure.More[0].Rule != "B" || len(r.Failure.Seqs) != 1 {
		t.Errorf("%+v", r.Failure)
	}
}

func TestPanicIsReported(t *testing.T) {
	r := once(t, func(w *sim.World) {
		w.Go("bad", func() { index(w, nil) }).Join()
	})
	wantFailure(t, r, sim.Panicked, "panic: runtime error: index out of range [3]", "[main/bad]", "failure_test.go:")
	f := r.Failure
	if _, ok := f.Value.(runtime.Error); !ok {
		t.Errorf("value %T", f.Value)
	}
	if !strings.HasSuffix(f.Locations[0].Func, ".index") || !strings.Contains(f.Stack, "sim_test.index") {
		t.Errorf("%v\n%s", f.Locations, f.Stack)
	}
	if strings.Contains(f.Stack, "sim.(*coro)") || strings.Contains(f.Stack, "iter.Pull") {
		t.Errorf("the stack shows the kernel:\n%s", f.Stack)
	}
}

//go:noinline
func index(w *sim.World, s []int) int { return s[3] }

type ownership struct{ what string }

func (o *ownership) Error() string  { return "use of " + o.what + " outside its callback" }
func (o *ownership) RuleID() string { return "OWN-3" }

func TestOwnershipPanics(t *testing.T) {
	err := &ownership{"sender"}
	for name, f := range map[string]func(w *sim.World){
		"panic":   func(w *sim.World) { panic(err) },
		"wrapped": func(w *sim.World) { panic(fmt.Errorf("in a handler: %w", err)) },
		"error":   func(w *sim.World) { w.FailError(fmt.Errorf("run: %w", err)) },
	} {
		r := once(t, f)
		wantFailure(t, r, sim.Owned, "ownership OWN-3: ", "use of sender outside its callback", "failure_test.go")
		if r.Failure.Rule != "OWN-3" {
			t.Errorf("%s: %+v", name, r.Failure)
		}
	}
	r := once(t, func(w *sim.World) { w.FailError(errors.New("plain")) })
	wantFailure(t, r, sim.Broken, "property: plain [main]")
}

func TestDeadlockReport(t *testing.T) {
	r := once(t, func(w *sim.World) {
		a, b := w.NewMutex("accounts"), w.NewMutex("books")
		c := sim.NewChan[int](w, "reports", 0)
		w.Go("teller", func() { lockBoth(w, a, b) })
		w.Go("auditor", func() { lockBoth(w, b, a) })
		c.Recv()
	})
	wantFailure(t, r, sim.Deadlock, "3 threads blocked for ever, main/teller waits for main/auditor, main/auditor waits for main/teller\n",
		"main: blocked in recv of channel reports at sim/failure_test.go:",
		"main/teller: blocked in lock of mutex books, held by main/auditor at sim/failure_test.go:",
		"main/auditor: blocked in lock of mutex accounts, held by main/teller at sim/failure_test.go:")
	f := r.Failure
	if len(f.Threads) != 3 || f.Threads[1].Locations[0].Line != f.Threads[2].Locations[0].Line {
		t.Errorf("%+v", f.Threads)
	}
	if fn := f.Threads[1].Locations; len(fn) != 2 || !strings.HasSuffix(fn[0].Func, "lockBoth") {
		t.Errorf("locations %v", fn)
	}
}

func lockBoth(w *sim.World, a, b *sim.Mutex) {
	a.Lock()
	w.Yield()
	b.Lock()
	defer b.Unlock()
	a.Unlock()
}

func TestDeadlockOfJoin(t *testing.T) {
	r := once(t, func(w *sim.World) { w.CurrentThread().Join() })
	wantFailure(t, r, sim.Deadlock, "1 thread blocked for ever", "main: blocked in join of thread main")
}

func TestLeakReport(t *testing.T) {
	r := once(t, func(w *sim.World) {
		c := sim.NewChan[int](w, "jobs", 0)
		for range 2 {
			w.Go("worker", func() { c.Recv() })
		}
	})
	wantFailure(t, r, sim.Leak, "2 threads left when main had returned",
		"main/worker: blocked in recv of channel jobs at sim/failure_test.go:",
		"main/worker#2: blocked in recv of channel jobs at sim/failure_test.go:")
}

// Threads may finish after main, within bounds.
func TestDrain(t *testing.T) {
	r := once(t, func(w *sim.World) {
		w.Go("late", func() {
			for range 10 {
				w.Sleep(time.Second)
			}
		})
	})
	if r.Failure != nil || r.Time != 10*time.Second {
		t.Error(r.Failure, r.Time)
	}
	r = once(t, func(w *sim.World) {
		w.Go("heartbeat", func() {
			for {
				w.Sleep(time.Second)
			}
		})
	})
	wantFailure(t, r, sim.Leak, "main/heartbeat: blocked in sleep at sim/failure_test.go:")
	if r.Time != time.Minute {
		t.Errorf("drained for %v", r.Time)
	}
	r = once(t, func(w *sim.World) {
		w.Go("busy", func() {
			for {
				w.Yield()
			}
		})
	})
	wantFailure(t, r, sim.Leak, "main/busy: about to yield")
	if r.Steps < 9_900 || r.Steps > 10_100 {
		t.Errorf("drained for %d steps", r.Steps)
	}
	s := scenario(func(w *sim.World) { w.Go("late", func() { w.Sleep(2 * time.Second) }) })
	s.Drain.Time = time.Second
	wantFailure(t, sim.Execute(newWorld(t), s, sim.RunConfig{}), sim.Leak)
}

// A timer that nobody waits for is no leak.
func TestPendingTimerIsNoLeak(t *testing.T) {
	r := once(t, func(w *sim.World) {
		w.AfterFunc(time.Hour, func() { w.Fail("TIMER", "ran after the end") })
		w.NewTicker(time.Second)
	})
	if r.Failure != nil || r.Time != 0 {
		t.Error(r.Failure, r.Time)
	}
}

func TestExitCodes(t *testing.T) {
	want := map[sim.Kind]int{
		sim.Broken: 1, sim.Panicked: 1, sim.Owned: 1, sim.Deadlock: 3, sim.Livelock: 3, sim.Leak: 3, sim.Stuck: 3, sim.Nondeterminism: 4,
	}
	for k, code := range want {
		if k.ExitCode() != code || strings.HasPrefix(k.String(), "kind") {
			t.Errorf("%v: exit code %d, want %d", k, k.ExitCode(), code)
		}
	}
	if s := sim.Kind(0).String(); s != "kind(0)" {
		t.Error(s)
	}
}
