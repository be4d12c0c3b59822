//go:build race

package sim_test

import (
	"context"
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

// TestRaceProgram is run by TestRaces in a process of its own.
func TestRaceProgram(t *testing.T) {
	name, planted := os.Getenv("SIM_RACE"), os.Getenv("SIM_RACE_PLANTED") != ""
	for _, o := range primitives {
		if o.name != name {
			continue
		}
		w := sim.NewWorld(sim.Options{})
		defer w.Close()
		for seed := range uint64(50) {
			s := scenario(func(w *sim.World) {
				n := new(int)
				o.run(w, n, !planted)
			})
			if r := sim.Execute(w, s, sim.RunConfig{Seed: seed}); r.Failure != nil {
				t.Fatal(r.Failure)
			}
		}
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
// what it does not order is reported with the lines of both threads.
func TestRaces(t *testing.T) {
	for _, o := range primitives {
		for _, planted := range []string{"", "yes"} {
			t.Run(o.name+planted, func(t *testing.T) {
				t.Parallel()
				cmd := exec.Command(os.Args[0], "-test.run=^TestRaceProgram$", "-test.timeout=60s")
				cmd.Env = append(os.Environ(), "SIM_RACE="+o.name, "SIM_RACE_PLANTED="+planted)
				out, err := cmd.CombinedOutput()
				report := string(out)
				if planted == "" {
					if err != nil || strings.Contains(report, "DATA RACE") {
						t.Fatalf("an ordered program: %v\n%s", err, report)
					}
					return
				}
				first, _, _ := strings.Cut(report, "Goroutine ")
				if err == nil || !strings.Contains(first, "DATA RACE") || strings.Count(first, "race_test.go:") < 2 {
					t.Fatalf("a race is not reported: %v\n%s", err, report)
				}
			})
		}
	}
}
