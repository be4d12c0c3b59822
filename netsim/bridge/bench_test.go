package bridge

import (
	"testing"

	"github.com/collider-amqp/collider/sim"
)

// A run of a go-amqp program: one connection, four senders of four messages.
func BenchmarkGoAMQP(b *testing.B) {
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	s := shapes["senders"].scenario()
	var steps uint64
	for i := 0; b.Loop(); i++ {
		r := sim.Execute(w, s, sim.RunConfig{Seed: uint64(i)})
		if r.Failure != nil {
			b.Fatal(r.Failure)
		}
		steps += r.Steps
	}
	b.ReportMetric(float64(steps)/float64(b.N), "steps/op")
}
