package sim_test

import (
	"testing"

	"github.com/collider-amqp/collider/sim"
)

// The classic bugs of concurrent programs, each with its repair. Every strategy
// that can must find the bug within the given runs; none may blame the repair.
var classics = []struct {
	name  string
	runs  uint64 // within which auto finds it
	kind  sim.Kind
	buggy func(w *sim.World)
	fixed func(w *sim.World)
}{
	{"lost update", 100, sim.Broken, lostUpdate(false), lostUpdate(true)},
	{"ABBA", 100, sim.Deadlock, abba(false), abba(true)},
	{"lost wake-up", 200, sim.Deadlock, lostWake(false), lostWake(true)},
	{"if instead of for", 300, sim.Broken, stolenItem(false), stolenItem(true)},
	{"check then act", 1000, sim.Panicked, sendAfterClose(false), sendAfterClose(true)},
	{"signal for many", 500, sim.Deadlock, oneSignal(false), oneSignal(true)},
	{"double-checked init", 300, sim.Broken, doubleChecked(false), doubleChecked(true)},
	{"flag before data", 100, sim.Broken, flagBeforeData(false), flagBeforeData(true)},
	{"dropped wake", 200, sim.Deadlock, droppedWake(false), droppedWake(true)},
}

func TestClassicBugs(t *testing.T) {
	w := newWorld(t)
	for _, c := range classics {
		t.Run(c.name, func(t *testing.T) {
			profile := sim.Execute(w, scenario(c.buggy), sim.RunConfig{Strategy: sim.RoundRobin(1)})
			est := sim.Estimates{Choices: profile.Choices, Steps: profile.Steps, Threads: profile.Threads}
			found := uint64(0)
			for seed := range c.runs {
				r := sim.Execute(w, scenario(c.buggy), sim.RunConfig{Seed: seed, Estimates: est})
				if r.Failure == nil {
					continue
				}
				if found++; r.Failure.Kind != c.kind {
					t.Fatalf("seed %d: %v, want %v", seed, r.Failure, c.kind)
				}
			}
			t.Logf("found in %d of %d runs", found, c.runs)
			if found == 0 {
				t.Errorf("not found in %d runs", c.runs)
			}
			for seed := range uint64(1000) {
				if r := sim.Execute(w, scenario(c.fixed), sim.RunConfig{Seed: seed}); r.Failure != nil {
					t.Fatalf("the repaired program, seed %d: %v", seed, r.Failure)
				}
			}
		})
	}
}

func lostUpdate(atomic bool) func(w *sim.World) {
	return func(w *sim.World) {
		n := w.NewInt64("n", 0)
		g := w.NewWaitGroup("g")
		for range 2 {
			g.Go("adder", func() {
				if atomic {
					n.Add(1)
				} else {
					n.Store(n.Load() + 1)
				}
			})
		}
		g.Wait()
		if v := n.Load(); v != 2 {
			w.Fail("SUM", "1 + 1 = %d", v)
		}
	}
}

func abba(ordered bool) func(w *sim.World) {
	return func(w *sim.World) {
		a, b := w.NewMutex("a"), w.NewMutex("b")
		both := func(x, y *sim.Mutex) func() {
			return func() { x.Lock(); touch(y); x.Unlock() }
		}
		g := w.NewWaitGroup("g")
		g.Go("ab", both(a, b))
		if ordered {
			g.Go("ba", both(a, b))
		} else {
			g.Go("ba", both(b, a))
		}
		g.Wait()
	}
}

// lostWake signals, without the lock, a condition that the waiter has seen unmet.
func lostWake(locked bool) func(w *sim.World) {
	return func(w *sim.World) {
		m := w.NewMutex("m")
		c := w.NewCond(m)
		ready := w.NewInt64("ready", 0)
		w.Go("waker", func() {
			if locked {
				m.Lock()
				defer m.Unlock()
			}
			ready.Store(1)
			c.Signal()
		})
		m.Lock()
		for ready.Load() == 0 {
			c.Wait()
		}
		m.Unlock()
	}
}

// stolenItem takes an item after a wait without looking again.
func stolenItem(loop bool) func(w *sim.World) {
	return func(w *sim.World) {
		m := w.NewMutex("m")
		c := w.NewCond(m)
		items := 0
		g := w.NewWaitGroup("g")
		for range 2 {
			g.Go("consumer", func() {
				m.Lock()
				defer m.Unlock()
				for items == 0 {
					c.Wait()
					if !loop {
						break
					}
				}
				if items--; items < 0 {
					w.Fail("ITEMS", "took one that is not there")
				}
			})
		}
		for range 2 {
			m.Lock()
			items++
			m.Unlock()
			c.Signal()
		}
		g.Wait()
	}
}

func sendAfterClose(locked bool) func(w *sim.World) {
	return func(w *sim.World) {
		m := w.NewMutex("m")
		out := sim.NewChan[int](w, "out", 1)
		closed := sim.NewAtomic(w, "closed", false)
		g := w.NewWaitGroup("g")
		g.Go("closer", func() {
			if locked {
				m.Lock()
				defer m.Unlock()
			}
			closed.Store(true)
			out.Close()
		})
		g.Go("sender", func() {
			if locked {
				m.Lock()
				defer m.Unlock()
			}
			if !closed.Load() {
				out.Send(1)
			}
		})
		g.Wait()
	}
}

// oneSignal wakes one of two that wait for the same event.
func oneSignal(broadcast bool) func(w *sim.World) {
	return func(w *sim.World) {
		m := w.NewMutex("m")
		c := w.NewCond(m)
		open := false
		g := w.NewWaitGroup("g")
		for range 2 {
			g.Go("waiter", func() {
				m.Lock()
				for !open {
					c.Wait()
				}
				m.Unlock()
			})
		}
		m.Lock()
		open = true
		if broadcast {
			c.Broadcast()
		} else {
			c.Signal()
		}
		m.Unlock()
		g.Wait()
	}
}

func doubleChecked(again bool) func(w *sim.World) {
	return func(w *sim.World) {
		m := w.NewMutex("m")
		made := sim.NewAtomic(w, "made", false)
		count := w.NewInt64("count", 0)
		get := func() {
			if made.Load() {
				return
			}
			m.Lock()
			defer m.Unlock()
			if again && made.Load() {
				return
			}
			count.Add(1)
			made.Store(true)
		}
		g := w.NewWaitGroup("g")
		g.Go("a", get)
		g.Go("b", get)
		g.Wait()
		if n := count.Load(); n != 1 {
			w.Fail("INIT", "made %d times", n)
		}
	}
}

func flagBeforeData(ordered bool) func(w *sim.World) {
	return func(w *sim.World) {
		flag, data := w.NewInt64("flag", 0), w.NewInt64("data", 0)
		w.Go("writer", func() {
			if ordered {
				data.Store(42)
				flag.Store(1)
			} else {
				flag.Store(1)
				data.Store(42)
			}
		})
		if flag.Load() == 1 && data.Load() != 42 {
			w.Fail("DATA", "the flag is up, the data are not there")
		}
	}
}

// droppedWake wakes by a channel without a buffer and drops what nobody takes.
func droppedWake(buffered bool) func(w *sim.World) {
	return func(w *sim.World) {
		size := 0
		if buffered {
			size = 1
		}
		wake := sim.NewChan[struct{}](w, "wake", size)
		work := w.NewInt64("work", 0)
		worker := w.Go("worker", func() {
			for work.Load() == 0 {
				wake.Recv()
			}
		})
		work.Store(1)
		wake.TrySend(struct{}{})
		worker.Join()
	}
}
