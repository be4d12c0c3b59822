package choice

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"time"
)

// Stream is a stream of random numbers that depends on its seed alone: not on
// the Go release, machine or build. It is used by value; a copy continues
// independently from the same point. The zero Stream is valid and constant.
//
// *Stream is a math/rand/v2 Source. A Stream must not be used by two goroutines
// at once.
type Stream struct{ pcg rand.PCG }

// New returns the stream of one purpose and entity in the run with the given
// seed. Purpose is a constant word ("schedule", "latency"); entity tells apart
// the things that draw for it, by number or by Hash of a stable name, 0 if there
// is one only.
func New(seed uint64, purpose string, entity uint64) Stream {
	s := Derive(seed, purpose, entity)
	return Stream{pcg: *rand.NewPCG(s, mix(s, entity))}
}

// Derive returns the seed of a stream: a hash of its arguments. It serves to
// derive further seeds, such as those of the runs of a batch.
func Derive(seed uint64, purpose string, entity uint64) uint64 {
	return mix(mix(seed, Hash(purpose)), entity)
}

// Uint64 returns a uniform 64-bit number.
func (s *Stream) Uint64() uint64 { return s.pcg.Uint64() }

// IntN returns a uniform number in [0, n). It panics if n ≤ 0.
func (s *Stream) IntN(n int) int {
	if n <= 0 {
		panic("choice: IntN of a number below 1")
	}
	return int(s.below(uint64(n)))
}

// Int64N returns a uniform number in [0, n). It panics if n ≤ 0.
func (s *Stream) Int64N(n int64) int64 {
	if n <= 0 {
		panic("choice: Int64N of a number below 1")
	}
	return int64(s.below(uint64(n)))
}

// below returns a number in [0, n) by multiplication; the bias is below n/2⁶⁴.
func (s *Stream) below(n uint64) uint64 {
	hi, _ := bits.Mul64(s.pcg.Uint64(), n)
	return hi
}

// Range returns a uniform number in [lo, hi], both ends included. It panics if
// hi < lo.
func (s *Stream) Range(lo, hi int64) int64 {
	if hi < lo {
		panic("choice: empty range")
	}
	n := uint64(hi) - uint64(lo) + 1
	if n == 0 { // all of int64
		return int64(s.Uint64())
	}
	return int64(uint64(lo) + s.below(n))
}

// Scale returns a number in [lo, hi] whose logarithm is about uniform, so that
// each order of magnitude is as likely as another. It panics if lo < 1 or hi < lo.
func (s *Stream) Scale(lo, hi int64) int64 {
	if lo < 1 || hi < lo {
		panic("choice: range has no scale")
	}
	// Halves of the range by bit length, then uniform inside: integers only, so
	// that no machine rounds differently.
	l, h := bits.Len64(uint64(lo)), bits.Len64(uint64(hi))
	b := l + int(s.below(uint64(h-l+1)))
	from, to := max(lo, int64(1)<<(b-1)), hi
	if b < 63 {
		to = min(hi, int64(1)<<b-1)
	}
	return s.Range(from, to)
}

// Float64 returns a uniform number in [0, 1).
func (s *Stream) Float64() float64 { return float64(s.Uint64()>>11) / (1 << 53) }

// Bool returns true with probability p. A p of 0 or below never, of 1 or above
// always does; a number is drawn in each case.
func (s *Stream) Bool(p float64) bool { return s.Float64() < p }

// Duration returns a uniform duration in [lo, hi]. It panics if hi < lo.
func (s *Stream) Duration(lo, hi time.Duration) time.Duration {
	return time.Duration(s.Range(int64(lo), int64(hi)))
}

// Weighted returns an index of weights, each in proportion to its weight. It
// panics if none is positive or one is negative.
func (s *Stream) Weighted(weights ...int) int {
	sum := 0
	for _, w := range weights {
		if w < 0 || w > math.MaxInt-sum {
			panic("choice: bad weight")
		}
		sum += w
	}
	n := s.IntN(sum)
	for i, w := range weights {
		if n -= w; n < 0 {
			return i
		}
	}
	panic("choice: weights changed while being drawn from")
}

// Shuffle permutes n elements by calls of swap, each order being equally likely.
func (s *Stream) Shuffle(n int, swap func(i, j int)) {
	for i := n - 1; i > 0; i-- {
		swap(i, s.IntN(i+1))
	}
}

const hashOffset, hashPrime = 14695981039346656037, 1099511628211

// Hash returns the FNV-1a hash of name, to be used as an entity.
func Hash(name string) uint64 { return HashMore(hashOffset, name) }

// HashMore continues a hash: HashMore(Hash(a), b) == Hash(a+b).
func HashMore(h uint64, more string) uint64 {
	for i := 0; i < len(more); i++ {
		h = (h ^ uint64(more[i])) * hashPrime
	}
	return h
}

// mix is splitmix64's finaliser over both arguments.
func mix(a, b uint64) uint64 {
	z := a + 0x9e3779b97f4a7c15 + bits.RotateLeft64(b*0xd6e8feb86659fd93, 32)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
