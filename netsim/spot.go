package netsim

import "math"

// Spot is the place of one fault in the bytes of one stream: known from the start, or
// to be found by a predicate that is shown the bytes. It is the same wherever faults
// act, on simulated streams and on real ones. It is used by one thread at a time.
type Spot struct {
	at   uint64 // offset; nowhere until the predicate has spoken
	seen uint64 // the predicate has seen the bytes before
	hold uint64 // bytes from here on wait for the predicate; nowhere if none do
	look Predicate
}

const nowhere = math.MaxUint64

// NewSpot returns the place that a trigger by byte or predicate has in a stream of
// which so many bytes have passed. look is the predicate, unused for a byte.
func NewSpot(t Trigger, look Predicate, passed uint64) Spot {
	s := Spot{at: nowhere, seen: passed, hold: nowhere, look: look}
	if t.On == OnByte {
		s.at = t.Byte
	}
	return s
}

// Wants returns the offset of the next byte to Show; false if the place is known.
func (s *Spot) Wants() (offset uint64, more bool) { return s.seen, s.at == nowhere }

// Show shows the next bytes to the predicate, unless the place is known. It may hold
// the last ones that it has seen by a number below -1.
func (s *Spot) Show(b []byte) {
	if s.at != nowhere || len(b) == 0 {
		return
	}
	k, from := s.look(b), s.seen
	s.seen += uint64(len(b))
	switch {
	case k == 0 && s.hold != nowhere:
		s.at, s.hold = s.hold, nowhere
	case k >= 0:
		s.at, s.hold = from+uint64(min(k, len(b))), nowhere
	case k == -1:
		s.hold = nowhere
	default:
		s.hold = s.seen - min(s.seen, uint64(-1-k))
	}
}

// Reached reports whether the fault acts once so many bytes have passed.
func (s *Spot) Reached(passed uint64) bool { return s.at <= passed }

// Place returns the offset at which the fault acts, not before what has passed, and a
// very large one while it is not known.
func (s *Spot) Place(passed uint64) uint64 { return max(s.at, passed) }

// Held returns the offset from which on bytes wait for the predicate, not before what
// has passed; false if none before limit do.
func (s *Spot) Held(passed, limit uint64) (from uint64, held bool) {
	return max(s.hold, passed), s.hold < limit
}
