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
	// Steps is about the number of its steps, by which a batch is sized.
	Steps int
	// Loom says that Loom can search it, too: it is a program of two threads.
	Loom bool

	_ struct{}
}

// Shapes returns the shapes: a program of at most 30 steps, those of Shuttle's own
// benchmarks with their sizes, and two threads among many that are blocked. The
// Rust programs beside them are in the directory beside.
func Shapes() []Shape {
	out := []Shape{
		{Name: "small", Doc: "two threads, 5 lock/unlock each: less than 30 steps", Run: lockers(2, 5), Steps: 26, Loom: true},
		{Name: "pair", Doc: "two threads, 100 lock/unlock each", Run: lockers(2, 100), Steps: 400, Loom: true},
		{Name: "buffer", Doc: "a bounded buffer of 3, 3 producers and 3 consumers of 9 items each", Run: plainBuffer, Steps: 200},
	}
	for _, threads := range []int{5, 100} {
		rounds := shuttleEvents / threads
		out = append(out,
			Shape{Name: fmt.Sprintf("lock/%d", threads), Doc: fmt.Sprintf("10 000 lock, increment, unlock by %d threads", threads), Run: lockers(threads, rounds), Steps: 2 * shuttleEvents},
			Shape{Name: fmt.Sprintf("counter/%d", threads), Doc: fmt.Sprintf("10 000 atomic additions by %d threads", threads), Run: counters(threads, rounds), Steps: shuttleEvents},
			Shape{Name: fmt.Sprintf("create/%d", threads), Doc: fmt.Sprintf("%d threads of one atomic addition", threads), Run: counters(threads, 1), Steps: 4 * threads})
	}
	for _, threads := range []int{4, 16, 32, 64, 128, 1024} {
		for _, events := range []int{1000, 10_000, 100_000} {
			if threads*10 >= events {
				continue // nothing to do for a thread
			}
			out = append(out, Shape{
				Name: fmt.Sprintf("scale/%d/%d", threads, events), Doc: fmt.Sprintf("%d lock, increment, unlock by %d threads", events, threads),
				Run: lockers(threads, events/threads), Steps: 2 * events,
			})
		}
	}
	for _, n := range []int{2, 10, 100, 1000} {
		out = append(out, Shape{
			Name: fmt.Sprintf("blocked/%d", n), Doc: fmt.Sprintf("two threads of 100 000 lock/unlock among %d that are blocked", n),
			Run: blocked(n, 100_000), Steps: 400_000,
		})
	}
	return out
}

// shuttleEvents is the number of events in Shuttle's benchmarks lock and counter.
const shuttleEvents = 10_000

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

// plainBuffer is a bounded buffer whose count is no object of the World: the mutex
// guards it.
func plainBuffer(w *sim.World) {
	const side, each, room = 3, 9, 3
	m := w.NewMutex("m")
	space, elements := w.NewCond(m), w.NewCond(m)
	count := 0
	half := func(change, full int, wait, notify *sim.Cond) func() {
		return func() {
			for range each {
				m.Lock()
				for count == full {
					wait.Wait()
				}
				count += change
				notify.Signal()
				m.Unlock()
			}
		}
	}
	spawn(w, append(times(side, half(-1, 0, elements, space)), times(side, half(+1, room, space, elements))...)...)
}

// blocked has the threads wait until main lets all of them go; the two begin when
// all wait.
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
	// Elapsed is the wall-clock time, CPU the processor time of the whole process,
	// its garbage collector included; 0 if the system does not tell.
	Elapsed, CPU time.Duration
}

// busy is the time that counts: other programs on the machine stretch the
// wall-clock time.
func (r Rate) busy() time.Duration {
	if r.CPU > 0 {
		return r.CPU
	}
	return r.Elapsed
}

// StepsPerSecond is the number of steps in a second of processor time, or of
// wall-clock time if that is not known.
func (r Rate) StepsPerSecond() float64 { return float64(r.Steps) / r.busy().Seconds() }

// RunsPerSecond is the number of schedules in such a second.
func (r Rate) RunsPerSecond() float64 { return float64(r.Runs) / r.busy().Seconds() }

// Speed runs the shape with the strategy for the given processor time, after a
// profile run and one to warm up. A search that is complete begins anew. The error is
// that of the strategy's name, or the failure of a run. What else the process does
// meanwhile is counted, too.
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
	begin, busy := time.Now(), cpuTime()
	for rate.busy() < budget && ctx.Err() == nil {
		for range 1 + batchSteps/max(1, s.Steps) {
			if search, ok := cfg.Strategy.(*sim.Search); ok && !search.Next() {
				cfg.Strategy, _ = sim.ParseStrategy(strategy)
			}
			cfg.Seed++
			got := sim.Execute(w, sc, cfg)
			if got.Failure != nil {
				return rate, fmt.Errorf("bench: %s with %s: %s", s.Name, strategy, got.Failure.Message)
			}
			rate.Runs++
			rate.Steps += got.Steps
		}
		rate.Elapsed, rate.CPU = time.Since(begin), cpuTime()-busy
	}
	return rate, nil
}

// batchSteps is about the number of steps between two looks at the clock.
const batchSteps = 50_000
