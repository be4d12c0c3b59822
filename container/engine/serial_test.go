package engine

import (
	"testing"

	"pgregory.net/rapid"
)

// dumbCompare decides the order of two serial numbers by RFC 1982 §3.2, word for word, for a space of 1<<bits:
//
//	s1 is said to be less than s2 if, and only if, s1 is not equal to s2, and
//	(i1 < i2 and i2 - i1 < 2^(SERIAL_BITS - 1)) or (i1 > i2 and i1 - i2 > 2^(SERIAL_BITS - 1))
func dumbLess(i1, i2, bits uint64) bool {
	half := uint64(1) << (bits - 1)
	return i1 != i2 && (i1 < i2 && i2-i1 < half || i1 > i2 && i1-i2 > half)
}

// dumbSub counts the steps from t to s, forwards up to half of the space, else backwards.
func dumbSub(s, t uint64) int64 {
	const space = int64(1) << 32
	d := (int64(s) - int64(t) + space) % space
	if d >= space/2 {
		d -= space
	}
	return d
}

// serials draws numbers where arithmetic is most likely to go wrong.
var serials = rapid.OneOf(
	rapid.Uint32(),
	rapid.Custom(func(t *rapid.T) uint32 {
		edge := rapid.SampledFrom([]uint32{0, 1 << 31, 1 << 30, 3 << 30}).Draw(t, "edge")
		return edge + uint32(rapid.Int32Range(-3, 3).Draw(t, "off"))
	}),
)

func TestSerialAgainstRFC1982(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := serials.Draw(t, "a"), serials.Draw(t, "b")
		if got, want := SerialNumber(a).Less(SerialNumber(b)), dumbLess(uint64(a), uint64(b), 32); got != want {
			t.Fatalf("%d < %d is %v, want %v", a, b, got, want)
		}
		if got, want := SerialNumber(a).Sub(SerialNumber(b)), dumbSub(uint64(a), uint64(b)); int64(got) != want {
			t.Fatalf("%d - %d is %d, want %d", a, b, got, want)
		}
		if got, want := uint32(SerialNumber(a).Add(b)), uint32((uint64(a)+uint64(b))%(1<<32)); got != want {
			t.Fatalf("%d + %d is %d, want %d", a, b, got, want)
		}
	})
}

// TestSerialEdges goes through all pairs of numbers near the quarters of the space.
func TestSerialEdges(t *testing.T) {
	var all []uint32
	for quarter := range uint32(4) {
		for off := range uint32(9) {
			all = append(all, quarter<<30+off-4)
		}
	}
	for _, a := range all {
		for _, b := range all {
			x, y := SerialNumber(a), SerialNumber(b)
			if got, want := x.Less(y), dumbLess(uint64(a), uint64(b), 32); got != want {
				t.Errorf("%d < %d is %v, want %v", a, b, got, want)
			}
			if got, want := int64(x.Sub(y)), dumbSub(uint64(a), uint64(b)); got != want {
				t.Errorf("%d - %d is %d, want %d", a, b, got, want)
			}
			if d := x.Sub(y); d != -1<<31 && x.Less(y) != (d < 0) {
				t.Errorf("%d and %d: Less and Sub disagree", a, b)
			}
		}
	}
}
