//go:build race

package sim_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// primitives are programs of two accesses to *n, ordered by one primitive if ordered,
// and by nothing otherwise.
var primitives = []struct {
	name string
	run  func(w *sim.World, n *int, ordered bool)
}{
	{"go", func(w *sim.World, n *int, ordered bool) {
		if ordered {
			*n++
		}
		w.Go("b", func() { *n++ })
		if !ordered {
			*n++
		}
	}},
	{"join", func(w *sim.World, n *int, ordered bool) {
		b := w.Go("b", func() { *n++ })
		if ordered {
			b.Join()
		}
		*n++
	}},
	{"mutex", func(w *sim.World, n *int, ordered bool) {
		m := w.NewMutex("m")
		both(w, func() {
			m.Lock()
			if ordered {
				*n++
			}
			m.Unlock()
			if !ordered {
				*n++
			}
		})
	}},
	{"rwmutex", func(w *sim.World, n *int, ordered bool) {
		m := w.NewRWMutex("m")
		both(w, func() {
			if ordered {
				m.RLock()
				_ = *n
				m.RUnlock()
				m.Lock()
				*n++
				m.Unlock()
			} else {
				m.RLock()
				*n++
				m.RUnlock()
			}
		})
	}},
	{"cond", func(w *sim.World, n *int, ordered bool) {
		m := w.NewMutex("m")
		c, set := w.NewCond(m), false
		w.Go("b", func() {
			if ordered {
				*n++
			}
			m.Lock()
			set = true
			c.Signal()
			m.Unlock()
			if !ordered {
				*n++
			}
		})
		m.Lock()
		for !set {
			c.Wait()
		}
		m.Unlock()
		*n++
	}},
	{"chan", func(w *sim.World, n *int, ordered bool) { handOver(w, sim.NewChan[int](w, "c", 0), n, ordered) }},
	{"buffered", func(w *sim.World, n *int, ordered bool) { handOver(w, sim.NewChan[int](w, "c", 2), n, ordered) }},
	{"unbuffered-back", func(w *sim.World, n *int, ordered bool) {
		// A receive comes before the end of the send, if there is no buffer.
		size := 1
		if ordered {
			size = 0
		}
		c := sim.NewChan[int](w, "c", size)
		w.Go("b", func() {
			*n++
			c.Recv()
		})
		c.Send(1)
		*n++
	}},
	{"close", func(w *sim.World, n *int, ordered bool) {
		c := sim.NewChan[int](w, "c", 0)
		w.Go("b", func() {
			if ordered {
				*n++
			}
			c.Close()
			if !ordered {
				*n++
			}
		})
		c.Recv()
		*n++
	}},
	{"select", func(w *sim.World, n *int, ordered bool) {
		c, d := sim.NewChan[int](w, "c", 0), sim.NewChan[int](w, "d", 0)
		w.Go("b", func() {
			if ordered {
				*n++
			}
			w.Select(c.SendCase(1), d.RecvCase(nil, nil))
			if !ordered {
				*n++
			}
		})
		v := 0
		w.Select(c.RecvCase(&v, nil), d.RecvCase(nil, nil))
		*n += v
	}},
	{"waitgroup", func(w *sim.World, n *int, ordered bool) {
		g := w.NewWaitGroup("g")
		g.Go("b", func() { *n++ })
		if ordered {
			g.Wait()
		}
		*n++
	}},
	{"once", func(w *sim.World, n *int, ordered bool) {
		o := w.NewOnce("o")
		both(w, func() {
			o.Do(func() { *n++ })
			if ordered {
				_ = *n
			} else {
				*n++
			}
		})
	}},
	{"semaphore", func(w *sim.World, n *int, ordered bool) {
		size := 2
		if ordered {
			size = 1
		}
		s := w.NewSemaphore("s", size)
		both(w, func() {
			s.Acquire(1)
			*n++
			s.Release(1)
		})
	}},
	{"atomic", func(w *sim.World, n *int, ordered bool) {
		a := w.NewInt64("a", 0)
		w.Go("b", func() {
			if ordered {
				*n++
			}
			a.Store(1)
			if !ordered {
				*n++
			}
		})
		for a.Load() == 0 {
		}
		*n++
	}},
	{"add", func(w *sim.World, n *int, ordered bool) {
		a := w.NewInt64("a", 0)
		both(w, func() {
			if !ordered {
				*n++
			}
			if a.Add(1) == 2 && ordered {
				*n++
			}
		})
	}},
	{"timer", func(w *sim.World, n *int, ordered bool) {
		if ordered {
			*n++
		}
		w.AfterFunc(time.Second, func() { *n++ })
		if !ordered {
			*n++
		}
		w.Sleep(2 * time.Second)
	}},
	{"context", func(w *sim.World, n *int, ordered bool) {
		ctx, cancel := w.WithCancel(context.Background())
		ctx.AfterFunc(func() { *n++ })
		if ordered {
			*n++
		}
		cancel()
		if !ordered {
			*n++
		}
	}},
	{"done", func(w *sim.World, n *int, ordered bool) {
		ctx, cancel := w.WithCancel(context.Background())
		w.Go("b", func() {
			ctx.Wait()
			*n++
		})
		if ordered {
			*n++
		}
		cancel()
		if !ordered {
			*n++
		}
	}},
	{"after", func(w *sim.World, n *int, ordered bool) {
		// What is received from a timer comes after it was armed, and after nothing else.
		t := w.NewTimer(time.Second)
		t.Stop()
		w.Go("b", func() {
			t.C.Recv()
			*n++
		})
		if ordered {
			*n++
		}
		t.Reset(time.Second)
		if !ordered {
			*n++
		}
	}},
	{"ticker", func(w *sim.World, n *int, ordered bool) {
		if ordered {
			*n++
		}
		t := w.NewTicker(time.Second)
		defer t.Stop()
		g := w.NewWaitGroup("g")
		g.Go("b", func() {
			t.C.Recv()
			*n++
		})
		if !ordered {
			*n++
		}
		g.Wait()
	}},
	{"two-timers", func(w *sim.World, n *int, ordered bool) {
		m := w.NewMutex("m")
		for range 2 {
			w.AfterFunc(time.Second, func() {
				if ordered {
					m.Lock()
					defer m.Unlock()
				}
				*n++
			})
		}
		w.Sleep(2 * time.Second)
	}},
	{"sleep", func(w *sim.World, n *int, ordered bool) {
		// That a time has passed orders nothing.
		b := w.Go("b", func() { *n++ })
		w.Sleep(time.Second)
		if ordered {
			b.Join()
		}
		*n++
	}},
	{"broadcast", func(w *sim.World, n *int, ordered bool) {
		m := w.NewMutex("m")
		c, set := w.NewCond(m), false
		for range 2 {
			w.Go("b", func() {
				m.Lock()
				for !set {
					c.Wait()
				}
				if ordered {
					*n++
				}
				m.Unlock()
				if !ordered {
					*n++
				}
			})
		}
		m.Lock()
		set = true
		c.Broadcast()
		m.Unlock()
	}},
	{"deadline", func(w *sim.World, n *int, ordered bool) {
		if ordered {
			*n++
		}
		ctx, cancel := w.WithTimeout(context.Background(), time.Second)
		defer cancel()
		ctx.AfterFunc(func() { *n++ })
		if !ordered {
			*n++
		}
		w.Sleep(2 * time.Second)
	}},
	{"child-context", func(w *sim.World, n *int, ordered bool) {
		parent, cancel := w.WithCancel(context.Background())
		child, cancelChild := w.WithCancel(parent)
		w.Go("b", func() {
			child.Wait()
			*n++
			cancelChild()
		})
		if ordered {
			*n++
		}
		cancel()
		if !ordered {
			*n++
		}
	}},
	{"err", func(w *sim.World, n *int, ordered bool) {
		ctx, cancel := w.WithCancel(context.Background())
		w.Go("b", func() {
			for ctx.Err() == nil {
			}
			*n++
		})
		if ordered {
			*n++
		}
		cancel()
		if !ordered {
			*n++
		}
	}},
	{"select-of-many", func(w *sim.World, n *int, ordered bool) {
		c, d := sim.NewChan[int](w, "c", 1), sim.NewChan[int](w, "d", 1)
		for _, ch := range []*sim.Chan[int]{c, d} {
			w.Go("sender", func() {
				if ordered {
					w.Select(ch.SendCase(1))
					return
				}
				*n++
				w.Select(ch.SendCase(1))
			})
		}
		for range 2 {
			w.Select(c.RecvCase(nil, nil), d.RecvCase(nil, nil))
			*n++
		}
	}},
	{"plain", func(w *sim.World, n *int, ordered bool) {
		// Operations on different objects order nothing.
		a, b := w.NewMutex("a"), w.NewMutex("b")
		if ordered {
			b = a
		}
		for _, m := range []*sim.Mutex{a, b} {
			w.Go("t", func() {
				m.Lock()
				*n++
				m.Unlock()
			})
		}
	}},
}

// both runs f in two threads.
func both(w *sim.World, f func()) {
	w.Go("t", f)
	w.Go("t", f)
}

func handOver(w *sim.World, c *sim.Chan[int], n *int, ordered bool) {
	w.Go("b", func() {
		if ordered {
			*n++
		}
		c.Send(1)
		if !ordered {
			*n++
		}
	})
	c.Recv()
	*n++
}

// raceSeeds is the number of schedules in which each program is judged.
const raceSeeds = 100

// TestRaceProgram is run by TestRaces in a process of its own. It says on stderr,
// among the reports, which program they are about and in how many runs there were
// some.
func TestRaceProgram(t *testing.T) {
	kind := os.Getenv("SIM_RACE")
	if kind == "" {
		t.Skip("is run by TestRaces")
	}
	for _, o := range primitives {
		fmt.Fprintf(os.Stderr, "program %s\n", o.name)
		w, found := sim.NewWorld(sim.Options{}), 0
		for seed := range uint64(raceSeeds) {
			s := scenario(func(w *sim.World) { o.run(w, new(int), kind == "ordered") })
			switch r := sim.Execute(w, s, sim.RunConfig{Seed: seed}); {
			case r.Failure == nil:
			case r.Failure.Kind == sim.Raced && r.Failure.Kind.ExitCode() == 1 && len(r.Schedule) > 0:
				found++
			default:
				t.Errorf("%s: seed %d: %v", o.name, seed, r.Failure)
			}
		}
		w.Close()
		fmt.Fprintf(os.Stderr, "found in %d\n", found)
	}
}

// TestKernelWithPrograms runs the tests of this package in split Worlds. Their
// threads share plain variables, so the detector is told to be silent.
func TestKernelWithPrograms(t *testing.T) {
	if splitWorlds {
		t.Skip("this is it")
	}
	t.Parallel()
	cmd := exec.Command(os.Args[0], "-test.short", "-test.skip=^(TestRaces|TestRaceProgram)$", "-test.timeout=10m")
	cmd.Env = append(os.Environ(), "SIM_TEST_SPLIT=yes", "GORACE=report_bugs=0")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestRaces lets the detector judge each primitive: what it orders is clean, and
// what it does not order is reported with the lines of both threads, in each
// schedule that there is.
func TestRaces(t *testing.T) {
	for _, kind := range []string{"ordered", "planted"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0], "-test.run=^TestRaceProgram$", "-test.timeout=5m")
			cmd.Env = append(os.Environ(), "SIM_RACE="+kind, "GORACE=suppress_equal_stacks=0 suppress_equal_addresses=0")
			out, err := cmd.CombinedOutput()
			if (err == nil) != (kind == "ordered") || strings.Contains(string(out), "panic:") {
				t.Errorf("%v\n%.5000s", err, out)
			}
			programs := strings.Split(string(out), "program ")[1:]
			if len(programs) != len(primitives) {
				t.Fatalf("%d programs", len(programs))
			}
			for i, o := range primitives {
				judgeProgram(t, o.name, kind == "ordered", programs[i])
			}
		})
	}
}

func judgeProgram(t *testing.T, name string, ordered bool, output string) {
	report, found, _ := strings.Cut(output, "found in ")
	n := 0
	if _, err := fmt.Sscan(found, &n); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if ordered {
		if n != 0 || strings.Contains(report, "DATA RACE") {
			t.Errorf("%s: an ordered program: reports in %d runs\n%.5000s", name, n, report)
		}
		return
	}
	first, _, _ := strings.Cut(report, "Goroutine ")
	least := raceSeeds
	if name == "semaphore" {
		least = 1 // a Release orders who acquires after it, though he need not have waited
	}
	if n < least || !strings.Contains(first, "DATA RACE") || strings.Count(first, "race_test.go:") < 2 {
		t.Errorf("%s: the race is reported in %d of %d runs\n%.5000s", name, n, raceSeeds, report)
	}
}
