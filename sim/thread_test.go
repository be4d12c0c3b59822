package sim_test

import (
	"testing"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
)

func TestThreadNames(t *testing.T) {
	want := []string{
		"main", "main/a", "main/a#2", "main/b", "main/a/a", "main/a/a#2", "main/a_b_c_", "main/thread", "main/a#12",
	}
	r := once(t, func(w *sim.World) {
		ts := []*sim.Thread{w.CurrentThread()}
		add := func(name string, f func()) { ts = append(ts, w.Go(name, f)) }
		add("a", func() { add("a", func() {}); add("a", func() {}) })
		ts[1].Join()
		ts = append(ts[:2:2], append([]*sim.Thread{w.Go("a", func() {}), w.Go("b", func() {})}, ts[2:]...)...)
		add("a/b#c|", func() {})
		add("", func() {})
		for range 9 {
			w.Go("a", func() {})
		}
		add("a", func() {})
		for i, th := range ts {
			if th.Name() != want[i] || th.Hash() != choice.Hash(want[i]) {
				w.Fail("NAME", "thread %d is %s, want %s", i, th.Name(), want[i])
			}
		}
	})
	if r.Failure != nil || r.Threads != 18 {
		t.Error(r.Failure, r.Threads)
	}
}

// A thread's name does not depend on the schedule, its number does.
func TestNamesAreStable(t *testing.T) {
	got := outcomes(t, func(w *sim.World) string {
		order := ""
		g := w.NewWaitGroup("g")
		for _, n := range []string{"a", "b"} {
			g.Go(n, func() {
				w.Go("child", func() { order += w.CurrentThread().Name() + " " }).Join()
			})
		}
		g.Wait()
		return order
	})
	wantOutcomes(t, got, "main/a/child main/b/child ", "main/b/child main/a/child ")
}

func TestJoin(t *testing.T) {
	pass(t, func(w *sim.World) {
		done := false
		child := w.Go("child", func() { w.Yield(); done = true })
		for range 2 {
			w.Go("joiner", func() {
				child.Join()
				if !done || !child.Done() {
					w.Fail("JOIN", "returned early")
				}
			})
		}
		child.Join()
		child.Join()
	})
}

// Objects have the same key in each schedule.
func TestObjectKeys(t *testing.T) {
	keys := map[uint64]string{}
	for seed := range uint64(20) {
		r := sim.Execute(newWorld(t), scenario(func(w *sim.World) {
			for _, n := range []string{"a", "b"} {
				w.Go(n, func() {
					for _, k := range []string{"1", "2"} {
						m := w.NewMutex("m")
						child := w.Go("user", m.Lock)
						w.Yield()
						for child.Op().Kind != sim.OpLock {
							w.Yield()
						}
						if child.Done() {
							continue
						}
						name, key := n+k, child.ObjectKey()
						if old, ok := keys[key]; ok && old != name {
							w.Fail("KEY", "%s has the key of %s", name, old)
						}
						keys[key] = name
					}
				})
			}
		}), sim.RunConfig{Seed: seed})
		if r.Failure != nil {
			t.Fatal(r.Failure)
		}
	}
	if len(keys) != 4 {
		t.Errorf("keys %v", keys)
	}
}

func TestSeqIsATotalOrder(t *testing.T) {
	r := once(t, func(w *sim.World) {
		last := uint64(0)
		for range 2 {
			w.Go("t", func() {
				for range 5 {
					if n := w.Seq(); n != last+1 {
						w.Fail("SEQ", "%d after %d", n, last)
					} else {
						last = n
					}
					w.Yield()
				}
			})
		}
	})
	if r.Failure != nil {
		t.Error(r.Failure)
	}
}

func TestRandByPurpose(t *testing.T) {
	draw := func(first bool) (a, b uint64) {
		once(t, func(w *sim.World) {
			if first {
				w.Rand("other").Uint64()
			}
			a, b = w.Rand("p").Uint64(), w.Rand("p").Uint64()
		})
		return a, b
	}
	a, b := draw(false)
	if c, d := draw(true); a != c || b != d || a == b {
		t.Errorf("%x %x, then %x %x", a, b, c, d)
	}
}
