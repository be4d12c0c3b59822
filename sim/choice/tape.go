package choice

import "math/bits"

// Tape is a sequence of octets from which choices are read, in the place of a Stream:
// a fuzzer writes it, mutates it and makes it smaller. A zero octet is the simplest
// choice, and so is the end: a tape that is cut short, or has zeros for what it had,
// makes a simpler run. The zero Tape is at its end. It must not be used by two
// goroutines at once.
type Tape struct{ rest []byte }

// NewTape returns the tape of b, which it keeps and does not change.
func NewTape(b []byte) Tape { return Tape{b} }

// Next returns the next octet, 0 at the end.
func (t *Tape) Next() byte {
	if len(t.rest) == 0 {
		return 0
	}
	b := t.rest[0]
	t.rest = t.rest[1:]
	return b
}

// Peek is Next that stays where it is.
func (t *Tape) Peek() byte {
	if len(t.rest) == 0 {
		return 0
	}
	return t.rest[0]
}

// Rest returns what has not been read. It must not be changed.
func (t *Tape) Rest() []byte { return t.rest }

// Range returns a number in [lo, hi], both ends included; lo is the simplest. It reads
// as many octets as the range needs, highest first, and none if lo is hi. It panics if
// hi < lo.
func (t *Tape) Range(lo, hi int64) int64 {
	if hi < lo {
		panic("choice: empty range")
	}
	span := uint64(hi) - uint64(lo)
	n := uint64(0)
	for range octets(span) {
		n = n<<8 | uint64(t.Next())
	}
	if span != ^uint64(0) {
		n %= span + 1
	}
	return int64(uint64(lo) + n)
}

// AppendRange appends to b what Range reads as v. It panics if v is not in [lo, hi].
func AppendRange(b []byte, lo, hi, v int64) []byte {
	if v < lo || v > hi {
		panic("choice: a number outside its range")
	}
	n := uint64(v) - uint64(lo)
	for i := octets(uint64(hi) - uint64(lo)); i > 0; i-- {
		b = append(b, byte(n>>(8*(i-1))))
	}
	return b
}

// octets is the number of octets that a number up to n takes.
func octets(n uint64) int { return (bits.Len64(n) + 7) / 8 }
