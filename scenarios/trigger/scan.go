package trigger

import "encoding/binary"

// scanner follows the frames of one stream and finds the place of a condition.
type scanner struct {
	want  condition
	at    uint64 // bytes seen
	start uint64 // of the present frame
	size  uint64 // of it; 0: not known yet
	known bool   // what the present frame is
	begin []byte // of a frame that is not known yet
	count int    // frames that fitted
	place uint64
	found bool
	lost  bool // the stream makes no sense
}

// The bytes of a frame that are looked at in one go, and that are kept at most of one
// that does not tell what it is.
const (
	gulp     = 32
	maxBegin = 1 << 10
)

// look is a netsim.Predicate.
func (s *scanner) look(p []byte) int {
	from := s.at
	for rest := p; len(rest) > 0 && !s.found && !s.lost; {
		n := s.take(rest)
		s.at += uint64(n)
		rest = rest[n:]
	}
	s.at = from + uint64(len(p))
	switch {
	case s.lost, s.found && s.place > s.at:
		return -1
	case s.found:
		return int(max(s.place, from) - from)
	}
	return -1 - s.held()
}

// held returns the number of bytes that must wait, because the place may be before
// them.
func (s *scanner) held() int {
	after := !s.want.before && s.want.offset == 0
	if s.known || after || s.count+1 != s.want.nth {
		return 0
	}
	return max(0, len(s.begin)-int(min(s.want.offset, maxBegin)))
}

// take looks at some bytes of the present frame, from s.at on, and returns how many.
func (s *scanner) take(p []byte) int {
	n := len(p)
	if s.known {
		n = int(min(uint64(n), s.start+s.size-s.at))
	} else {
		n = s.grow(p)
	}
	if s.known && s.at+uint64(n) == s.start+s.size {
		s.start += s.size
		s.size, s.known, s.begin = 0, false, s.begin[:0]
	}
	return n
}

// grow adds to the beginning of a frame until it is known what it is.
func (s *scanner) grow(p []byte) int {
	most := 4 - len(s.begin) // the size comes first
	if s.size != 0 {
		most = min(gulp, int(min(s.size, maxBegin))-len(s.begin))
	}
	n := min(len(p), most)
	s.begin = append(s.begin, p[:n]...)
	if s.size == 0 {
		if len(s.begin) == 4 {
			s.measure()
		}
		return n
	}
	fits := false
	if s.known, fits = s.want.decide(s.begin, s.size); fits {
		s.meet()
	}
	return n
}

// measure reads the size of a frame or protocol header.
func (s *scanner) measure() {
	s.size = uint64(binary.BigEndian.Uint32(s.begin))
	if string(s.begin) == "AMQP" {
		s.size = headerSize
	}
	s.lost = s.size < headerSize
}

// meet counts a frame that fits and, if it is the one, finds the place.
func (s *scanner) meet() {
	if s.count++; s.count < s.want.nth {
		return
	}
	s.found, s.place = true, s.start+s.size
	switch {
	case s.want.before:
		s.place = s.start
	case s.want.offset > 0:
		s.place = s.start + min(s.want.offset, s.size)
	}
}
