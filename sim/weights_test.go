package sim

import (
	"testing"

	"github.com/collider-amqp/collider/sim/choice"
)

// A list of weights finds what a scan would find, however it has been changed.
func TestWeights(t *testing.T) {
	s := choice.New(1, "test", 0)
	var w weights
	for range 50 {
		w.reset()
		for n := 1 + s.IntN(70); len(w.of) < n; {
			w.push(uint64(s.IntN(4)))
			w.set(int32(s.IntN(len(w.of))), uint64(s.IntN(5)))
		}
		sum := uint64(0)
		for i, n := range w.of {
			for at := sum; at < sum+n; at++ {
				if got := w.find(at); got != i {
					t.Fatalf("find(%d) = %d in %v, want %d", at, got, w.of, i)
				}
			}
			sum += n
		}
		if sum != w.sum {
			t.Fatalf("sum %d of %v", w.sum, w.of)
		}
	}
}
