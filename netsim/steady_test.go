//go:build !race

package netsim

import (
	"testing"

	"github.com/collider-amqp/collider/sim"
)

// In race builds what crosses to the kernel is allocated.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	var allocs float64
	r := story(t, 1, func(w *sim.World) {
		x := connected(w, Options{Path: Path{Split: SplitRandom}})
		msg := make([]byte, 200)
		allocs = testing.AllocsPerRun(1000, func() {
			x.c.Write(msg)
			x.s.Read(msg)
			x.c.TryWrite(msg[:1])
			x.s.Read(msg)
		})
	})
	if r.Failure != nil || allocs != 0 {
		t.Errorf("%v: %v allocations per message", r.Failure, allocs)
	}
}
