package check

import (
	"testing"

	"pgregory.net/rapid"
)

func TestTableAgainstMap(t *testing.T) {
	type pair struct {
		a uint32
		b uint64
	}
	var tb table
	rapid.Check(t, func(t *rapid.T) {
		tb.reset(rapid.IntRange(0, 100).Draw(t, "size"))
		model := map[pair]int32{}
		for i := range rapid.IntRange(0, 300).Draw(t, "ops") {
			p := pair{uint32(rapid.IntRange(0, 3).Draw(t, "a")), uint64(rapid.IntRange(0, 200).Draw(t, "b"))}
			want, ok := model[p]
			if !ok {
				want = -1
			}
			if got := tb.get(p.a, p.b); got != want {
				t.Fatalf("get %v is %d, want %d", p, got, want)
			}
			if rapid.Bool().Draw(t, "put") {
				tb.put(p.a, p.b, int32(i))
				model[p] = int32(i)
			}
		}
	})
}

func TestTableGenerationWraps(t *testing.T) {
	var tb table
	tb.reset(8)
	tb.put(1, 1, 5)
	tb.gen = 1<<32 - 1
	tb.put(2, 2, 6)
	tb.reset(8)
	if tb.get(1, 1) != -1 || tb.get(2, 2) != -1 {
		t.Error("a pair has survived the reset")
	}
}
