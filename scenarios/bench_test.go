package scenarios

import (
	"testing"

	"github.com/collider-amqp/collider/sim"
)

// BenchmarkScenario runs each world at its default parameters, seed after seed,
// in one World; an operation is one run.
func BenchmarkScenario(b *testing.B) {
	for _, s := range All() {
		b.Run(s.Name, func(b *testing.B) {
			w := sim.NewWorld(sim.Options{})
			defer w.Close()
			var seed, steps uint64
			b.ReportAllocs()
			for b.Loop() {
				r := sim.Execute(w, s, sim.RunConfig{Seed: seed, Defaults: true})
				if r.Failure != nil {
					b.Fatal(r.Failure)
				}
				seed++
				steps += r.Steps
			}
			b.ReportMetric(float64(steps)/float64(b.N), "steps/run")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "runs/s")
			b.ReportMetric(float64(steps)/b.Elapsed().Seconds()/1e6, "Msteps/s")
		})
	}
}
