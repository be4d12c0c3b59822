package choice

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// The numbers are part of the format: a stored seed names a run only as long as
// they stay.
func TestStreamIsFixed(t *testing.T) {
	s := New(1, "schedule", 0)
	for i, want := range []uint64{0xacae8327e2129900, 0x86a584b0abe9ad3f, 0x59c3e108f453f523} {
		if got := s.Uint64(); got != want {
			t.Errorf("draw %d: %#x, want %#x", i, got, want)
		}
	}
	if got, want := Derive(7, "run", 3), uint64(0x3d338b52877396d7); got != want {
		t.Errorf("Derive: %#x, want %#x", got, want)
	}
	if got, want := Hash("main/reader#2"), uint64(0x64cf9264a45e5547); got != want {
		t.Errorf("Hash: %#x, want %#x", got, want)
	}
}

func TestStreamsAreApart(t *testing.T) {
	seen := map[uint64]string{}
	for seed := range uint64(20) {
		for _, purpose := range []string{"", "a", "b", "ab"} {
			for entity := range uint64(20) {
				s := New(seed, purpose, entity)
				v := s.Uint64()
				if at, ok := seen[v]; ok {
					t.Fatalf("seed %d %q %d begins as %s", seed, purpose, entity, at)
				}
				seen[v] = purpose
			}
		}
	}
}

func TestCopyContinuesAlone(t *testing.T) {
	a := New(1, "x", 0)
	a.Uint64()
	b := a
	want := []uint64{a.Uint64(), a.Uint64()}
	if got := []uint64{b.Uint64(), b.Uint64()}; got[0] != want[0] || got[1] != want[1] {
		t.Errorf("copy draws %x, original %x", got, want)
	}
}

func TestRanges(t *testing.T) {
	s := New(2, "ranges", 0)
	hits := [5]int{}
	for range 50_000 {
		hits[s.IntN(5)]++
		if v := s.Range(-3, 3); v < -3 || v > 3 {
			t.Fatalf("Range: %d", v)
		}
		if v := s.Range(math.MinInt64, math.MaxInt64); v == 0 {
			t.Fatal("Range over everything gives 0")
		}
		if v := s.Float64(); v < 0 || v >= 1 {
			t.Fatalf("Float64: %v", v)
		}
		if v := s.Duration(time.Second, time.Minute); v < time.Second || v > time.Minute {
			t.Fatalf("Duration: %v", v)
		}
		if v := s.Int64N(1); v != 0 {
			t.Fatalf("Int64N(1): %d", v)
		}
	}
	for i, n := range hits {
		if n < 9_600 || n > 10_400 {
			t.Errorf("IntN(5) gave %d %d times of 50000", i, n)
		}
	}
}

func TestScaleCoversMagnitudes(t *testing.T) {
	s := New(3, "scale", 0)
	low, high := 0, 0
	for range 10_000 {
		v := s.Scale(3, 1_000_000)
		if v < 3 || v > 1_000_000 {
			t.Fatalf("out of range: %d", v)
		}
		if v < 1000 {
			low++
		} else {
			high++
		}
	}
	if low < 4_000 || high < 4_000 {
		t.Errorf("%d below 1000, %d above: not a scale", low, high)
	}
	if v := s.Scale(7, 7); v != 7 {
		t.Errorf("Scale(7, 7) = %d", v)
	}
	if v := s.Scale(math.MaxInt64, math.MaxInt64); v != math.MaxInt64 {
		t.Errorf("Scale at the end = %d", v)
	}
}

func TestBoolAndWeighted(t *testing.T) {
	s := New(4, "bool", 0)
	yes, first := 0, 0
	for range 20_000 {
		if s.Bool(0) || !s.Bool(1) || s.Bool(math.NaN()) {
			t.Fatal("Bool of a certainty")
		}
		if s.Bool(0.25) {
			yes++
		}
		switch s.Weighted(3, 0, 1) {
		case 0:
			first++
		case 1:
			t.Fatal("weight 0 was drawn")
		}
	}
	if yes < 4_700 || yes > 5_300 {
		t.Errorf("Bool(0.25) held %d times of 20000", yes)
	}
	if first < 14_600 || first > 15_400 {
		t.Errorf("weight 3 of 4 was drawn %d times of 20000", first)
	}
}

func TestShuffleReachesAllOrders(t *testing.T) {
	s := New(5, "shuffle", 0)
	seen := map[[3]int]int{}
	for range 6000 {
		a := [3]int{0, 1, 2}
		s.Shuffle(3, func(i, j int) { a[i], a[j] = a[j], a[i] })
		seen[a]++
	}
	for a, n := range seen {
		if n < 850 || n > 1150 {
			t.Errorf("order %v came %d times of 6000", a, n)
		}
	}
	if len(seen) != 6 {
		t.Errorf("%d orders", len(seen))
	}
}

func TestStreamIsASource(t *testing.T) {
	s := New(6, "source", 0)
	if v := rand.New(&s).IntN(10); v < 0 || v > 9 {
		t.Error(v)
	}
}

func TestPanics(t *testing.T) {
	s := New(7, "panics", 0)
	for name, f := range map[string]func(){
		"IntN":            func() { s.IntN(0) },
		"Int64N":          func() { s.Int64N(-1) },
		"Range":           func() { s.Range(2, 1) },
		"Scale":           func() { s.Scale(0, 1) },
		"Weighted none":   func() { s.Weighted() },
		"Weighted zero":   func() { s.Weighted(0, 0) },
		"Weighted minus":  func() { s.Weighted(2, -1) },
		"Weighted beyond": func() { s.Weighted(math.MaxInt, 1) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s did not panic", name)
				}
			}()
			f()
		}()
	}
}

func TestHashMore(t *testing.T) {
	if HashMore(Hash("main/"), "reader") != Hash("main/reader") {
		t.Error("HashMore does not continue Hash")
	}
}

func BenchmarkIntN(b *testing.B) {
	s := New(1, "bench", 0)
	n := 0
	for b.Loop() {
		n += s.IntN(7)
	}
	_ = n
}
