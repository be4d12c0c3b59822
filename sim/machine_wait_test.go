package sim_test

import (
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// diesWaiting lets a thread of a machine wait, crashes the machine, then does what
// would have woken the thread, and lets time pass in which it would run.
func diesWaiting(t *testing.T, wait func(w *sim.World) (blocked, wake func())) {
	t.Helper()
	passCalm(t, func(w *sim.World) {
		m := w.NewMachine("m", sim.Clock{})
		blocked, wake := wait(w)
		m.Go("waiter", func() {
			blocked()
			if m.Crashed() {
				w.Fail("CRASH", "a thread went on after the crash")
			}
		})
		w.Sleep(time.Second)
		m.Crash()
		wake()
		w.Sleep(time.Second)
		wake()
		w.Sleep(time.Second)
	})
}

// TestTheDeadStayDead wakes threads that have crashed while they waited, by each kind
// of object that wakes.
func TestTheDeadStayDead(t *testing.T) {
	for name, wait := range map[string]func(w *sim.World) (blocked, wake func()){
		"join": func(w *sim.World) (blocked, wake func()) {
			go1 := sim.NewChan[bool](w, "go", 1)
			other := w.Go("other", func() { go1.Recv() })
			return other.Join, func() { go1.TrySend(true) }
		},
		"mutex": func(w *sim.World) (blocked, wake func()) {
			mu := w.NewMutex("mu")
			mu.Lock()
			return mu.Lock, func() { mu.Unlock(); mu.Lock() }
		},
		"writer": func(w *sim.World) (blocked, wake func()) {
			mu := w.NewRWMutex("mu")
			mu.Lock()
			return mu.Lock, func() { mu.Unlock(); mu.Lock() }
		},
		"announced writer": func(w *sim.World) (blocked, wake func()) {
			mu := w.NewRWMutex("mu")
			mu.RLock()
			read := true
			return mu.Lock, func() {
				if read {
					mu.RUnlock()
				}
				read = false
			}
		},
		"reader": func(w *sim.World) (blocked, wake func()) {
			mu := w.NewRWMutex("mu")
			mu.Lock()
			return mu.RLock, func() { mu.Unlock(); mu.Lock() }
		},
		"once": func(w *sim.World) (blocked, wake func()) {
			o, end := w.NewOnce("o"), sim.NewChan[bool](w, "end", 1)
			w.Go("first", func() { o.Do(func() { end.Recv() }) })
			w.Sleep(time.Millisecond)
			return func() { o.Do(func() {}) }, func() { end.TrySend(true) }
		},
		"semaphore": func(w *sim.World) (blocked, wake func()) {
			s := w.NewSemaphore("s", 1)
			s.Acquire(1)
			return func() { s.Acquire(1) }, func() { s.Release(1); s.Acquire(1) }
		},
		"wait group": func(w *sim.World) (blocked, wake func()) {
			g := w.NewWaitGroup("g")
			g.Add(1)
			return g.Wait, func() { g.Done(); g.Add(1) }
		},
		"cond": func(w *sim.World) (blocked, wake func()) {
			mu := w.NewMutex("mu")
			c := w.NewCond(mu)
			return func() { mu.Lock(); c.Wait() }, func() {
				mu.Lock()
				c.Broadcast()
				c.Signal()
				mu.Unlock()
				touch(mu)
				c.Broadcast() // with nobody inside
				touch(mu)
			}
		},
		"cond without its lock": func(w *sim.World) (blocked, wake func()) {
			mu := w.NewMutex("mu")
			c := w.NewCond(mu)
			return func() { mu.Lock(); c.Wait() }, func() { c.Broadcast(); touch(mu) }
		},
		"channel": func(w *sim.World) (blocked, wake func()) {
			c := sim.NewChan[int](w, "c", 0)
			return func() { c.Recv() }, func() { c.TrySend(1) }
		},
		"select": func(w *sim.World) (blocked, wake func()) {
			c, d := sim.NewChan[int](w, "c", 0), sim.NewChan[int](w, "d", 0)
			return func() { w.Select(c.RecvCase(nil, nil), d.SendCase(1)) }, func() { c.TrySend(1); d.TryRecv() }
		},
	} {
		t.Run(name, func(t *testing.T) { diesWaiting(t, wait) })
	}
}

// TestJoinInsideACrashedMachine lets a parent wait for a child, both of which crash:
// the end of the one must not wake the other.
func TestJoinInsideACrashedMachine(t *testing.T) {
	passCalm(t, func(w *sim.World) {
		m := w.NewMachine("m", sim.Clock{})
		parent := m.Go("parent", func() {
			m.Go("child", func() { w.Sleep(time.Hour) }).Join()
			w.Fail("CRASH", "the parent went on after the crash")
		})
		w.Sleep(time.Second)
		m.Crash()
		parent.Join()
		w.Sleep(time.Second)
	})
}

// TestAFailureAfterACrashCounts lets the thread that must not come back end at once:
// it would be counted out twice, and the run be over before main has spoken.
func TestAFailureAfterACrashCounts(t *testing.T) {
	w := newWorld(t)
	for seed := range uint64(100) {
		r := sim.Execute(w, scenario(func(w *sim.World) {
			m := w.NewMachine("m", sim.Clock{})
			m.Go("parent", func() {
				m.Go("child", func() { w.Sleep(time.Hour) }).Join()
			})
			w.Sleep(time.Second)
			m.Crash()
			w.Sleep(time.Second)
			w.Fail("SPOKEN", "main has the last word")
		}), sim.RunConfig{Seed: seed, EarlyClock: -1})
		if r.Failure == nil || r.Failure.Rule != "SPOKEN" {
			t.Fatalf("seed %d: the failure is %v", seed, r.Failure)
		}
	}
}

// TestLockAfterItsWaiterHasCrashed locks a mutex from outside whose waiter could have
// had it when it crashed: who can run must not drop out of the run in its place.
func TestLockAfterItsWaiterHasCrashed(t *testing.T) {
	pass(t, func(w *sim.World) {
		m := w.NewMachine("m", sim.Clock{})
		mu := w.NewMutex("mu")
		mu.Lock()
		m.Go("waiter", func() {
			mu.Lock()
			if m.Crashed() {
				w.Fail("CRASH", "the waiter got the lock after the crash")
			}
			mu.Unlock()
		})
		live := w.NewInt64("live", 0)
		other := w.Go("other", func() {
			for range 3 {
				w.Yield()
				live.Add(1)
			}
		})
		for range 3 {
			w.Yield()
		}
		mu.Unlock()
		m.Crash()
		if mu.TryLock() { // not if the waiter had got it in time
			other.Join()
			mu.Unlock()
			if live.Load() != 3 {
				w.Fail("LOST", "a thread that could run did not")
			}
		}
	})
}

// TestTheDeadDoNotQueue lets a thread crash its machine and then begin to wait: it is
// out of the run before it stands in a queue.
func TestTheDeadDoNotQueue(t *testing.T) {
	pass(t, func(w *sim.World) {
		m := w.NewMachine("m", sim.Clock{})
		mu := w.NewMutex("mu")
		self := m.Go("self", func() {
			m.Crash()
			mu.Lock()
			w.Fail("CRASH", "a thread went on after it had crashed its machine")
		})
		live := w.Go("live", func() {
			for range 10 {
				touch(mu)
			}
		})
		self.Join()
		for range 10 {
			touch(mu)
		}
		live.Join()
	})
}
