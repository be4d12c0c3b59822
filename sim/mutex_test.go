package sim_test

import (
	"testing"

	"github.com/collider-amqp/collider/sim"
)

func TestMutexExcludes(t *testing.T) {
	pass(t, func(w *sim.World) {
		m := w.NewMutex("m")
		inside, total := 0, 0
		for range 3 {
			w.Go("t", func() {
				for range 3 {
					m.Lock()
					inside++
					w.Yield()
					if inside != 1 {
						w.Fail("MUTEX", "%d threads inside", inside)
					}
					inside--
					total++
					m.Unlock()
				}
			})
		}
	})
}

func TestTryLock(t *testing.T) {
	got := outcomes(t, func(w *sim.World) string {
		m := w.NewMutex("m")
		other := w.Go("other", func() { touch(m) })
		out := "busy"
		if m.TryLock() {
			out = "got"
			m.Unlock()
		}
		other.Join()
		return out
	})
	wantOutcomes(t, got, "busy", "got")
}

func TestUnlockByAnother(t *testing.T) {
	pass(t, func(w *sim.World) {
		m := w.NewMutex("m")
		m.Lock()
		w.Go("other", m.Unlock).Join()
		m.Lock()
	})
}

func TestUnlockOfUnlocked(t *testing.T) {
	wantMisuse(t, "unlock of unlocked mutex (mutex inbox)", func(w *sim.World) { w.NewMutex("inbox").Unlock() })
}

func TestMutexOutsideItsRun(t *testing.T) {
	w := newWorld(t)
	var m *sim.Mutex
	sim.Execute(w, scenario(func(w *sim.World) { m = w.NewMutex("old") }), sim.RunConfig{})
	r := sim.Execute(w, scenario(func(w *sim.World) { m.Lock() }), sim.RunConfig{})
	wantFailure(t, r, sim.Panicked, "outside the run that made it", "mutex old")
	defer func() {
		if recover() == nil {
			t.Error("an operation outside a run did not panic")
		}
	}()
	m.Lock()
}

func TestRWMutex(t *testing.T) {
	pass(t, func(w *sim.World) {
		m := w.NewRWMutex("m")
		readers, writers := 0, 0
		check := func() {
			if writers > 1 || writers == 1 && readers > 0 {
				w.Fail("RW", "%d writers, %d readers", writers, readers)
			}
		}
		for range 2 {
			w.Go("reader", func() {
				for range 2 {
					m.RLock()
					readers++
					check()
					w.Yield()
					check()
					readers--
					m.RUnlock()
				}
			})
			w.Go("writer", func() {
				for range 2 {
					m.Lock()
					writers++
					check()
					w.Yield()
					check()
					writers--
					m.Unlock()
				}
			})
		}
	})
}

func TestReadersShare(t *testing.T) {
	got := outcomes(t, func(w *sim.World) string {
		m := w.NewRWMutex("m")
		most, now := 0, 0
		g := w.NewWaitGroup("g")
		for range 2 {
			g.Go("reader", func() {
				l := m.RLocker()
				l.Lock()
				now++
				most = max(most, now)
				w.Yield()
				now--
				l.Unlock()
			})
		}
		g.Wait()
		return []string{"", "one", "two"}[most]
	})
	wantOutcomes(t, got, "one", "two")
}

// A writer that waits keeps out a second read by the same thread: the recursive
// read lock that the documentation of sync forbids.
func TestRecursiveReadDeadlocks(t *testing.T) {
	r := find(t, sim.Random(), 1000, func(w *sim.World) {
		m := w.NewRWMutex("table")
		w.Go("writer", func() { touch(m) })
		m.RLock()
		defer m.RUnlock()
		m.RLock()
		defer m.RUnlock()
	})
	wantFailure(t, r, sim.Deadlock, "main waits for main",
		"main: blocked in rlock of rwmutex table, held by main at", "main/writer: blocked in lock of rwmutex table, held by main at")
}

func TestTryRWMutex(t *testing.T) {
	pass(t, func(w *sim.World) {
		m := w.NewRWMutex("m")
		if !m.TryRLock() || m.TryLock() || !m.TryRLock() {
			w.Fail("TRY", "two readers, no writer")
		}
		m.RUnlock()
		m.RUnlock()
		if !m.TryLock() || m.TryRLock() || m.TryLock() {
			w.Fail("TRY", "one writer, no reader")
		}
		m.Unlock()
		touch(m)
	})
}

func TestRWMutexMisuse(t *testing.T) {
	wantMisuse(t, "Unlock of unlocked RWMutex", func(w *sim.World) { w.NewRWMutex("m").Unlock() })
	wantMisuse(t, "RUnlock of unlocked RWMutex", func(w *sim.World) { w.NewRWMutex("m").RUnlock() })
	wantMisuse(t, "Unlock of unlocked RWMutex", func(w *sim.World) {
		m := w.NewRWMutex("m")
		m.RLock()
		m.Unlock()
	})
}
