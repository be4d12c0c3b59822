package sim_test

import (
	"sync"
	"testing"

	"github.com/collider-amqp/collider/sim"
)

func TestCondWakesInOrder(t *testing.T) {
	pass(t, func(w *sim.World) {
		m := w.NewMutex("m")
		c := w.NewCond(m)
		var waiting, woken []int
		for i := range 3 {
			w.Go("waiter", func() {
				m.Lock()
				defer m.Unlock()
				waiting = append(waiting, i)
				c.Wait()
				woken = append(woken, i)
			})
		}
		for n := 0; n < 3; {
			m.Lock()
			n = len(waiting)
			m.Unlock()
			w.Yield()
		}
		for n := 1; n <= 3; n++ {
			c.Signal()
			for len(woken) < n {
				w.Yield()
			}
			if woken[n-1] != waiting[n-1] {
				w.Fail("COND", "waited %v, woken %v", waiting, woken)
			}
		}
	})
}

func TestBroadcastWakesAll(t *testing.T) {
	pass(t, func(w *sim.World) {
		m := w.NewMutex("m")
		c := w.NewCond(m)
		ready, woken := false, 0
		for range 3 {
			w.Go("waiter", func() {
				m.Lock()
				for !ready {
					c.Wait()
				}
				woken++
				m.Unlock()
			})
		}
		m.Lock()
		ready = true
		m.Unlock()
		c.Broadcast()
	})
}

// A condition variable works with any lock, even a user's own.
func TestCondWithOtherLocks(t *testing.T) {
	for name, lock := range map[string]func(w *sim.World) sync.Locker{
		"rw":     func(w *sim.World) sync.Locker { return w.NewRWMutex("m") },
		"reader": func(w *sim.World) sync.Locker { return w.NewRWMutex("m").RLocker() },
		"user":   func(w *sim.World) sync.Locker { return &doubleLock{w.NewMutex("a"), w.NewMutex("b")} },
	} {
		t.Run(name, func(t *testing.T) {
			pass(t, func(w *sim.World) {
				l := lock(w)
				c := w.NewCond(l)
				state := sim.NewAtomic(w, "state", 0)
				a := w.Go("a", func() {
					l.Lock()
					for state.Load() == 0 {
						c.Wait()
					}
					l.Unlock()
				})
				for a.Op().Kind != sim.OpWait && !a.Done() {
					w.Yield()
				}
				state.Store(1)
				for !a.Done() {
					c.Signal()
					w.Yield()
				}
			})
		})
	}
}

// doubleLock waits for another lock while it unlocks.
type doubleLock struct{ a, b *sim.Mutex }

func (d *doubleLock) Lock() { d.a.Lock() }

func (d *doubleLock) Unlock() {
	d.b.Lock()
	d.a.Unlock()
	d.b.Unlock()
}

func TestCondWithoutSignalDeadlocks(t *testing.T) {
	r := once(t, func(w *sim.World) {
		m := w.NewMutex("state")
		m.Lock()
		w.NewCond(m).Wait()
	})
	wantFailure(t, r, sim.Deadlock, "main: blocked in wait of cond state")
}

func TestWaitOnUnlockedMutex(t *testing.T) {
	wantMisuse(t, "unlock of unlocked mutex", func(w *sim.World) { w.NewCond(w.NewMutex("m")).Wait() })
}

func TestWaitGroup(t *testing.T) {
	pass(t, func(w *sim.World) {
		g := w.NewWaitGroup("g")
		done := 0
		for range 3 {
			g.Go("worker", func() { w.Yield(); done++ })
		}
		second := w.Go("second waiter", func() { g.Wait() })
		g.Wait()
		if done != 3 {
			w.Fail("WG", "%d of 3 done", done)
		}
		second.Join()
		g.Wait()
		g.Add(2)
		g.Add(-2)
		g.Wait()
	})
}

func TestWaitGroupMisuse(t *testing.T) {
	wantMisuse(t, "negative WaitGroup counter", func(w *sim.World) { w.NewWaitGroup("g").Done() })
	r := find(t, sim.Random(), 1000, func(w *sim.World) {
		g := w.NewWaitGroup("g")
		g.Add(1)
		w.Go("waiter", g.Wait)
		g.Done()
		g.Add(1)
		g.Done()
	})
	wantFailure(t, r, sim.Panicked, "WaitGroup is reused before previous Wait has returned", "main/waiter")
}

func TestSemaphore(t *testing.T) {
	pass(t, func(w *sim.World) {
		s := w.NewSemaphore("s", 3)
		held := 0
		for i := range 4 {
			n := 1 + i%3
			w.Go("holder", func() {
				s.Acquire(n)
				held += n
				w.Yield()
				if held > 3 {
					w.Fail("SEM", "%d of 3 held", held)
				}
				held -= n
				s.Release(n)
			})
		}
		if s.TryAcquire(4) {
			w.Fail("SEM", "4 of 3")
		}
		if s.TryAcquire(1) {
			s.Release(1)
		}
	})
}

func TestSemaphoreMisuse(t *testing.T) {
	wantMisuse(t, "released more than held (semaphore s)", func(w *sim.World) {
		s := w.NewSemaphore("s", 2)
		s.Acquire(1)
		s.Release(2)
	})
	wantMisuse(t, "negative", func(w *sim.World) { w.NewSemaphore("s", 2).Acquire(-1) })
}

func TestOnce(t *testing.T) {
	pass(t, func(w *sim.World) {
		o := w.NewOnce("o")
		calls := 0
		for range 3 {
			w.Go("caller", func() {
				o.Do(func() { w.Yield(); calls++ })
				if calls != 1 {
					w.Fail("ONCE", "%d calls when Do returns", calls)
				}
			})
		}
	})
}

func TestOnceThatPanicsIsDone(t *testing.T) {
	pass(t, func(w *sim.World) {
		o := w.NewOnce("o")
		func() {
			defer func() { recover() }()
			o.Do(func() { panic("once") })
		}()
		o.Do(func() { w.Fail("ONCE", "called again") })
	})
}

func TestOnceInItself(t *testing.T) {
	r := once(t, func(w *sim.World) {
		o := w.NewOnce("o")
		o.Do(func() { o.Do(func() {}) })
	})
	wantFailure(t, r, sim.Deadlock, "blocked in do of once o, held by main")
}

func TestAtomics(t *testing.T) {
	pass(t, func(w *sim.World) {
		n := w.NewInt64("n", 5)
		s := sim.NewAtomic(w, "s", "a")
		u := sim.NewAtomicInt[uint8](w, "u", 250)
		switch {
		case n.Add(2) != 7, n.Load() != 7, n.Swap(1) != 7, n.CompareAndSwap(2, 3), !n.CompareAndSwap(1, 3), n.Load() != 3:
			w.Fail("ATOMIC", "n is %d", n.Load())
		case s.Swap("b") != "a", !s.CompareAndSwap("b", "c"), s.Load() != "c":
			w.Fail("ATOMIC", "s is %q", s.Load())
		case u.Add(10) != 4:
			w.Fail("ATOMIC", "u is %d", u.Load())
		}
		s.Store("d")
	})
}

func TestAtomicAddLosesNothing(t *testing.T) {
	pass(t, func(w *sim.World) {
		n := w.NewInt64("n", 0)
		g := w.NewWaitGroup("g")
		for range 3 {
			g.Go("adder", func() { n.Add(1) })
		}
		g.Wait()
		if v := n.Load(); v != 3 {
			w.Fail("ATOMIC", "%d of 3", v)
		}
	})
}
