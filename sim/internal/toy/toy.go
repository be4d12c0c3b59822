// Package toy has small scenarios for the tests of the harness: good ones and
// ones that fail in each way.
package toy

import (
	"errors"
	"sync/atomic"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/check"
	"github.com/collider-amqp/collider/sim/history"
)

// All returns the scenarios that are deterministic and come back.
func All() []*sim.Scenario {
	return []*sim.Scenario{Clean(), LostUpdate(), Deadlock(), Overlap(), Panics()}
}

// Clean is a counter under a mutex.
func Clean() *sim.Scenario {
	return &sim.Scenario{
		Name: "toy/clean", Doc: "a counter under a mutex",
		Properties: []sim.Property{{Rule: "TOY-1", Doc: "no increment is lost"}},
		Tags:       []string{"micro"},
		Params:     []sim.Param{{Name: "threads", Doc: "number of threads", Default: 2, Min: 1, Max: 4}},
		Run: func(w *sim.World) {
			mu := w.NewMutex("counter")
			n := 0
			count(w, func() {
				mu.Lock()
				v := n
				w.Yield()
				n = v + 1
				mu.Unlock()
			}, func() int { return n })
		},
	}
}

// LostUpdate is a counter that is read and written in two steps.
func LostUpdate() *sim.Scenario {
	s := Clean()
	s.Name, s.Doc = "toy/lost-update", "a counter without a lock"
	s.Run = func(w *sim.World) {
		n := w.NewInt64("counter", 0)
		count(w, func() { n.Store(n.Load() + 1) }, func() int { return int(n.Load()) })
	}
	return s
}

// count runs add in some threads and judges the sum.
func count(w *sim.World, add func(), sum func() int) {
	threads := int(w.Param("threads"))
	g := w.NewWaitGroup("all")
	for range threads {
		g.Go("adder", func() {
			e := history.Event{Name: history.OpSend, Item: uint64(w.Recorder().NextID(history.Items))}
			call := w.Recorder().Call(e)
			add()
			w.Recorder().Return(call, e)
		})
	}
	g.Wait()
	if got := sum(); got != threads {
		w.Fail("TOY-1", "the counter is %d, want %d", got, threads)
	}
}

// Faulty fails only if its fault "fault.lie" is on.
func Faulty() *sim.Scenario {
	return &sim.Scenario{
		Name: "toy/faulty", Doc: "a fault that is drawn",
		Params: []sim.Param{
			{Name: "fault.lie", Doc: "the answer is wrong", Max: 1, Draw: sim.Switch},
			{Name: "fault.nap", Doc: "the answer is late", Max: 5, Draw: sim.Switch},
		},
		Run: func(w *sim.World) {
			if w.Param("fault.lie") != 0 {
				w.Fail("TOY-3", "a lie")
			}
		},
	}
}

// Deadlock locks two mutexes in both orders.
func Deadlock() *sim.Scenario {
	return &sim.Scenario{
		Name: "toy/deadlock", Doc: "two mutexes in both orders",
		Run: func(w *sim.World) {
			a, b := w.NewMutex("a"), w.NewMutex("b")
			g := w.NewWaitGroup("all")
			both := func(x, y *sim.Mutex) {
				x.Lock()
				defer x.Unlock()
				y.Lock()
				defer y.Unlock()
			}
			g.Go("ab", func() { both(a, b) })
			g.Go("ba", func() { both(b, a) })
			g.Wait()
		},
	}
}

// Overlap has callbacks of one connection on two threads without a lock, which
// its Check sees in the history.
func Overlap() *sim.Scenario {
	return &sim.Scenario{
		Name: "toy/overlap", Doc: "callbacks of one connection on two threads",
		Properties: []sim.Property{{Rule: "SER-1", Doc: "callbacks of one connection never overlap"}},
		Check:      check.Standard(check.Options{Partial: true, Skip: []string{"ORD-1"}}),
		Run: func(w *sim.World) {
			g := w.NewWaitGroup("all")
			for range 2 {
				g.Go("worker", func() {
					e := history.Event{Name: history.OnMessage, Conn: 1}
					begin := w.Recorder().Begin(e)
					w.Yield()
					w.Recorder().End(begin, e)
				})
			}
			g.Wait()
		},
	}
}

// Panics panics in one order of two threads.
func Panics() *sim.Scenario {
	return &sim.Scenario{
		Name: "toy/panics", Doc: "a panic in one order of two threads",
		Run: func(w *sim.World) {
			made := w.NewInt64("made", 0)
			g := w.NewWaitGroup("all")
			g.Go("make", func() { made.Store(1) })
			g.Go("use", func() {
				var p *int
				if made.Load() == 1 {
					p = new(int)
				}
				*p = 1
			})
			g.Wait()
		},
	}
}

// Nondeterministic returns a scenario whose runs depend on the runs before, and
// which fails at times if failing is set.
func Nondeterministic(failing bool) *sim.Scenario {
	var runs atomic.Uint64
	return &sim.Scenario{
		Name: "toy/nondeterministic", Doc: "a package variable that changes from run to run",
		Run: func(w *sim.World) {
			n := runs.Add(1)
			w.Recorder().Note(history.Event{Name: "begun"})
			w.Recorder().Note(history.Event{Name: "counted", Item: n})
			if failing && n%2 == 0 {
				w.Fail("TOY-2", "the number %d is even", n)
			}
		},
	}
}

// BrokenCheck returns a scenario whose Check panics.
func BrokenCheck() *sim.Scenario {
	return &sim.Scenario{
		Name: "toy/broken-check", Doc: "a checker that panics",
		Run:   func(w *sim.World) { w.Yield() },
		Check: func(*history.History) []sim.Violation { panic("checker out of order") },
	}
}

// Stuck returns a scenario whose step does not come back until release is closed.
func Stuck(release <-chan struct{}) *sim.Scenario {
	return &sim.Scenario{
		Name: "toy/stuck", Doc: "a real channel in a step",
		Run: func(w *sim.World) { w.Yield(); <-release },
	}
}

// Rare fails in about one run of a thousand: a reader must see a writer's counter
// at three given moments, behind the noise of other threads. It is the canary of
// the harness's own plumbing: what it takes to fail is known.
func Rare() *sim.Scenario {
	return &sim.Scenario{
		Name: "toy/rare", Doc: "a reader that sees a counter at three given moments",
		Properties: []sim.Property{{Rule: "TOY-4", Doc: "the reader never sees 3, 5 and 7"}},
		Params:     []sim.Param{{Name: "noise", Doc: "threads that do nothing of interest", Default: 2, Max: 3}},
		Run: func(w *sim.World) {
			counter, noise := w.NewInt64("counter", 0), w.NewInt64("noise", 0)
			g := w.NewWaitGroup("all")
			for range w.Param("noise") {
				g.Go("noise", func() { noise.Add(1) })
			}
			g.Go("writer", func() {
				for i := range int64(9) {
					counter.Store(i + 1)
				}
			})
			var seen [3]int64
			g.Go("reader", func() {
				for i := range seen {
					seen[i] = counter.Load()
				}
			})
			g.Wait()
			if seen == [...]int64{3, 5, 7} {
				w.Fail("TOY-4", "the reader saw 3, 5 and 7")
			}
		},
	}
}

// Moot demands in every other run, about, what nobody was left to do; with loud set it
// then breaks a rule of safety, too.
func Moot(loud bool) *sim.Scenario {
	s := &sim.Scenario{
		Name: "toy/moot", Doc: "a goal that is out of reach in half of the runs",
		Properties: []sim.Property{{Rule: "TOY-7", Doc: "the message comes"}, {Rule: "TOY-8", Doc: "nothing is loud"}},
		Run: func(w *sim.World) {
			c := sim.NewChan[bool](w, "message", 1)
			if w.Rand("sent").IntN(2) == 0 {
				c.Send(true)
			}
			w.Note("waiting", "")
			met := w.Converge(sim.Goal{Rule: "TOY-7", What: "the message comes",
				Reachable: func() error { return errors.New("nobody was left to send it") }})
			c.Recv()
			met()
		},
	}
	s.Check = func(h *history.History) []sim.Violation {
		if loud && h.Partial {
			return []sim.Violation{{Rule: "TOY-8", Message: "it was loud", Seqs: []uint64{h.Events[0].Seq}}}
		}
		return nil
	}
	return s
}
