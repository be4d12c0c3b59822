package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// Shape is a program without bug whose speed is measured.
type Shape struct {
	// Name says what it is: "lock/100".
	Name string
	// Doc describes it.
	Doc string
	// Run is the body of main.
	Run func(w *sim.World)

	_ struct{}
}

// Shapes returns the shapes: those of Shuttle's benchmarks, two threads among many
// that are blocked, and a program of at most 30 steps.
func Shapes() []Shape {
	out := []Shape{
		{Name: "small", Doc: "two threads, 5 lock/unlock each: less than 30 steps", Run: lockers(2, 5)},
		{Name: "pair", Doc: "two threads, 100 lock/unlock each", Run: lockers(2, 100)},
		{Name: "lock/5", Doc: "10 000 lock, increment, unlock by 5 threads", Run: lockers(5, 2000)},
		{Name: "lock/100", Doc: "10 000 lock, increment, unlock by 100 threads", Run: lockers(100, 100)},
		{Name: "counter/5", Doc: "10 000 atomic additions by 5 threads", Run: counters(5, 2000)},
		{Name: "counter/100", Doc: "10 000 atomic additions by 100 threads", Run: counters(100, 100)},
		{Name: "create/1000", Doc: "1 000 threads that do nothing", Run: counters(1000, 0)},
		{Name: "buffer", Doc: "a bounded buffer of 3, 2 producers and 2 consumers of 4 items", Run: func(w *sim.World) { boundedBuffer(w, true) }},
	}
	for _, threads := range []int{4, 16, 64, 128, 1024} {
		const events = 10_000
		out = append(out, Shape{
			Name: fmt.Sprintf("scale/%d", threads), Doc: fmt.Sprintf("10 000 atomic additions by %d threads", threads),
			Run: counters(threads, events/threads),
		})
	}
	for _, n := range []int{2, 10, 100, 1000} {
		out = append(out, Shape{
			Name: fmt.Sprintf("blocked/%d", n), Doc: fmt.Sprintf("two threads of 100 000 lock/unlock among %d that are blocked", n),
			Run: blocked(n, 100_000),
		})
	}
	return out
}

func lockers(threads, rounds int) func(w *sim.World) {
	return func(w *sim.World) {
		m := w.NewMutex("m")
		n := 0
		spawn(w, times(threads, func() {
			for range rounds {
				m.Lock()
				n++
				m.Unlock()
			}
		})...)
		assert(w, n == threads*rounds, "an increment was lost")
	}
}

func counters(threads, rounds int) func(w *sim.World) {
	return func(w *sim.World) {
		n := w.NewInt64("n", 0)
		spawn(w, times(threads, func() {
			for range rounds {
				n.Add(1)
			}
		})...)
	}
}

// blocked has all of the threads wait before the two begin.
func blocked(threads, rounds int) func(w *sim.World) {
	return func(w *sim.World) {
		gate, started := w.NewWaitGroup("gate"), w.NewWaitGroup("started")
		gate.Add(1)
		started.Add(threads)
		for range threads {
			w.Go("blocked", func() {
				started.Done()
				gate.Wait()
			})
		}
		started.Wait()
		lockers(2, rounds)(w)
		gate.Done()
	}
}

// Rate is the speed of a strategy on a shape, on one core.
type Rate struct {
	Runs, Steps uint64
	Elapsed     time.Duration
}

// StepsPerSecond is the number of steps in a second.
func (r Rate) StepsPerSecond() float64 { return float64(r.Steps) / r.Elapsed.Seconds() }

// RunsPerSecond is the number of schedules in a second.
func (r Rate) RunsPerSecond() float64 { return float64(r.Runs) / r.Elapsed.Seconds() }

// Speed runs the shape with the strategy for the given time, after a profile run
// and one to warm up. The error is that of the strategy's name, or the failure of a
// run.
func Speed(ctx context.Context, s *Shape, strategy string, budget time.Duration) (Rate, error) {
	st, err := sim.ParseStrategy(strategy)
	if err != nil {
		return Rate{}, err
	}
	w := sim.NewWorld(sim.Options{HideRaces: true})
	defer w.Close()
	sc := &sim.Scenario{Name: s.Name, Run: s.Run, Steps: 1 << 40}
	p := sim.NewProfiler()
	r := sim.Execute(w, sc, sim.RunConfig{Strategy: p, EarlyClock: -1})
	cfg := sim.RunConfig{Strategy: st, EarlyClock: -1}
	cfg.Estimates = sim.Estimates{Choices: r.Choices, Steps: r.Steps, Threads: r.Threads, Profile: p.Profile()}
	sim.Execute(w, sc, cfg)
	var rate Rate
	for begin := time.Now(); rate.Elapsed < budget && ctx.Err() == nil; rate.Elapsed = time.Since(begin) {
		for range max(1, 2000/int(r.Steps)) {
			cfg.Seed++
			got := sim.Execute(w, sc, cfg)
			if got.Failure != nil {
				return rate, fmt.Errorf("bench: %s with %s: %s", s.Name, strategy, got.Failure.Message)
			}
			if s, ok := st.(*sim.Search); ok && !s.Next() {
				return rate, nil
			}
			rate.Runs++
			rate.Steps += got.Steps
		}
	}
	return rate, nil
}
