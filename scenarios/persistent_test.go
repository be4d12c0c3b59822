package scenarios

import (
	"testing"

	"github.com/collider-amqp/collider/sim"
)

// Two receivers that are given copies of one message at the same time mark it once,
// and no other.
func TestTallyMarksOnce(t *testing.T) {
	s := &sim.Scenario{Name: "tally", Run: func(w *sim.World) {
		y := newTally(w, 1, 1, 3, sim.NewChan[bool](w, "changed", 1))
		first := w.NewInt64("first", 0)
		g := w.NewWaitGroup("receivers")
		for range 3 {
			g.Go("receiver", func() {
				if y.mark(y.received, 1) {
					first.Add(1)
				}
			})
		}
		g.Go("other", func() { y.mark(y.received, 0) })
		g.Wait()
		if first.Load() != 1 || y.received.Load() != 0b11 {
			w.Fail("TALLY", "%d times the first, the bits are %b", first.Load(), y.received.Load())
		}
	}}
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	for seed := range uint64(200) {
		if r := sim.Execute(w, s, sim.RunConfig{Seed: seed}); r.Failure != nil {
			t.Fatalf("seed %d: %v", seed, r.Failure)
		}
	}
}
