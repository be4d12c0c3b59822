package sim_test

import (
	"strconv"
	"testing"

	"github.com/collider-amqp/collider/sim"
)

// lockers is Shuttle's shape: n threads that lock and unlock one mutex.
func lockers(n, rounds int) *sim.Scenario {
	return &sim.Scenario{Name: "lockers", Steps: 1 << 40, Run: func(w *sim.World) {
		m := w.NewMutex("m")
		body := func() {
			for range rounds {
				m.Lock()
				//lint:ignore SA2001 the empty section is the shape measured
				m.Unlock()
			}
		}
		threads := make([]*sim.Thread, n)
		for i := range threads {
			threads[i] = w.Go("locker", body)
		}
		for _, t := range threads {
			t.Join()
		}
	}}
}

func BenchmarkSteps(b *testing.B) {
	for _, name := range []string{"random", "pct:3", "sticky:4", "rr:1", "auto"} {
		b.Run(name, func(b *testing.B) {
			s, err := sim.ParseStrategy(name)
			if err != nil {
				b.Fatal(err)
			}
			w := sim.NewWorld(sim.Options{})
			defer w.Close()
			sc := lockers(2, 100)
			steps := uint64(0)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				r := sim.Execute(w, sc, sim.RunConfig{Seed: uint64(i), Strategy: s, Estimates: sim.Estimates{Choices: 400, Steps: 500}})
				if r.Failure != nil {
					b.Fatal(r.Failure)
				}
				steps += r.Steps
			}
			b.ReportMetric(float64(steps)/b.Elapsed().Seconds()/1e6, "Msteps/s")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e3, "kruns/s")
		})
	}
}

func BenchmarkSmallRun(b *testing.B) {
	for _, name := range []string{"random", "pct:3"} {
		b.Run(name, func(b *testing.B) {
			s, _ := sim.ParseStrategy(name)
			w := sim.NewWorld(sim.Options{})
			defer w.Close()
			sc := lockers(2, 6)
			steps := uint64(0)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				r := sim.Execute(w, sc, sim.RunConfig{Seed: uint64(i), Strategy: s})
				if r.Failure != nil {
					b.Fatal(r.Failure)
				}
				steps += r.Steps
			}
			b.ReportMetric(float64(steps)/float64(b.N), "steps/run")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e3, "kruns/s")
		})
	}
}

// BenchmarkBlocked has two threads at work among n blocked ones.
func BenchmarkBlocked(b *testing.B) {
	for _, n := range []int{2, 10, 100, 1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			w := sim.NewWorld(sim.Options{})
			defer w.Close()
			sc := &sim.Scenario{Name: "blocked", Steps: 1 << 40, Run: func(w *sim.World) {
				gate := sim.NewChan[int](w, "gate", 0)
				for range n {
					w.Go("blocked", func() { gate.Recv() })
				}
				m := w.NewMutex("m")
				g := w.NewWaitGroup("g")
				for range 2 {
					g.Go("worker", func() {
						for range 100_000 {
							m.Lock()
							//lint:ignore SA2001 the empty section is the shape measured
							m.Unlock()
						}
					})
				}
				g.Wait()
				gate.Close()
			}}
			steps := uint64(0)
			for i := 0; b.Loop(); i++ {
				r := sim.Execute(w, sc, sim.RunConfig{Seed: uint64(i), Strategy: sim.Random()})
				if r.Failure != nil {
					b.Fatal(r.Failure)
				}
				steps += r.Steps
			}
			b.ReportMetric(float64(steps)/b.Elapsed().Seconds()/1e6, "Msteps/s")
		})
	}
}
