package sim_test

import (
	"context"
	"fmt"
	"time"

	"github.com/collider-amqp/collider/sim"
)

func ExampleExecute() {
	s := &sim.Scenario{Name: "counter", Run: func(w *sim.World) {
		n := w.NewInt64("n", 0)
		g := w.NewWaitGroup("adders")
		for range 2 {
			g.Go("adder", func() { n.Store(n.Load() + 1) })
		}
		g.Wait()
		if v := n.Load(); v != 2 {
			w.Fail("SUM", "1 + 1 = %d", v)
		}
	}}
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	for seed := range uint64(1000) {
		r := sim.Execute(w, s, sim.RunConfig{Seed: seed})
		if r.Failure == nil {
			continue
		}
		fmt.Println(r.Failure.Rule, r.Failure.Message)
		again := sim.Execute(w, s, sim.RunConfig{Seed: seed, Strategy: sim.Replay(r.Schedule)})
		fmt.Println("replayed:", again.Digest == r.Digest && again.Drift.Zero())
		break
	}
	// Output:
	// SUM 1 + 1 = 1
	// replayed: true
}

func ExampleFailure() {
	s := &sim.Scenario{Name: "philosophers", Run: func(w *sim.World) {
		left, right := w.NewMutex("left"), w.NewMutex("right")
		dine := func(first, second *sim.Mutex) func() {
			return func() {
				first.Lock()
				defer first.Unlock()
				second.Lock()
				defer second.Unlock()
			}
		}
		a, b := w.Go("plato", dine(left, right)), w.Go("kant", dine(right, left))
		a.Join()
		b.Join()
	}}
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	r := sim.Execute(w, s, sim.RunConfig{Strategy: sim.RoundRobin(1)})
	fmt.Println(r.Failure.Message)
	for _, t := range r.Failure.Threads {
		t.Locations = nil // line numbers
		fmt.Println(t.String())
	}
	// Output:
	// 3 threads blocked for ever, main/plato waits for main/kant, main/kant waits for main/plato
	// main: blocked in join of thread main/plato
	// main/plato: blocked in lock of mutex right, held by main/kant
	// main/kant: blocked in lock of mutex left, held by main/plato
}

func ExampleWorld_Sleep() {
	s := &sim.Scenario{Name: "patience", Run: func(w *sim.World) {
		ctx, cancel := w.WithTimeout(context.Background(), 24*time.Hour)
		defer cancel()
		err := ctx.Wait()
		fmt.Println(err, "after", w.Elapsed())
	}}
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	sim.Execute(w, s, sim.RunConfig{})
	// Output: context deadline exceeded after 24h0m0s
}
