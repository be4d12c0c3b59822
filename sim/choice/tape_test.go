package choice

import (
	"math"
	"testing"
)

func TestTapeRange(t *testing.T) {
	for _, c := range []struct {
		lo, hi int64
		size   int
		values []int64
	}{
		{3, 3, 0, []int64{3}},
		{0, 1, 1, []int64{0, 1}},
		{-2, 253, 1, []int64{-2, 0, 253}},
		{0, 256, 2, []int64{0, 255, 256}},
		{1, 1 << 20, 3, []int64{1, 77, 1 << 20}},
		{math.MinInt64, math.MaxInt64, 8, []int64{math.MinInt64, -1, 0, 1, math.MaxInt64}},
	} {
		for _, v := range c.values {
			b := AppendRange(nil, c.lo, c.hi, v)
			tape := NewTape(append(b, 9))
			if got := tape.Range(c.lo, c.hi); got != v || len(b) != c.size || len(tape.Rest()) != 1 {
				t.Errorf("[%d, %d]: %d is read as %d, from %d octets", c.lo, c.hi, v, got, len(b))
			}
		}
	}
}

func TestTapeIsTotal(t *testing.T) {
	full := NewTape([]byte{255, 255, 255})
	if got := full.Range(10, 14); got < 10 || got > 14 {
		t.Errorf("%d is outside [10, 14]", got)
	}
	if full.Peek() != 255 || full.Next() != 255 || full.Next() != 255 {
		t.Error("the octets after a number are others")
	}
	if full.Peek() != 0 || full.Next() != 0 || full.Range(-5, 1000) != -5 || full.Rest() == nil && len(full.Rest()) != 0 {
		t.Error("at its end a tape does not make the simplest choice")
	}
}

func TestTapePanics(t *testing.T) {
	for name, f := range map[string]func(){
		"empty range":    func() { (&Tape{}).Range(1, 0) },
		"a value beside": func() { AppendRange(nil, 0, 7, 8) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}
