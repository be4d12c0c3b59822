package proxy

import (
	"time"

	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/sim/choice"
)

// stream is one direction of a connection. Its bytes are in a ring, at their
// offset since the connection's beginning:
//
//	passed ≤ arrived ≤ sent
//
// Bytes before passed were handed to the receiver's socket; those before arrived
// have crossed the path but may wait for room or for the end of a stall. One
// goroutine receives, one delivers. The receiver alone writes to the ring, without
// the mutex, in the room that it has found under it.
type stream struct {
	c        *conn
	path     *netsim.Path
	from, to *end
	back     bool

	ring    []byte // its size is a power of two
	limit   int    // largest number of bytes in it
	passed  uint64
	arrived uint64
	sent    uint64
	flights flights
	free    time.Duration // when the line is idle again, if bandwidth is limited
	piece   uint64        // end of the piece that is being delivered

	end        ending
	reset      ending
	stalled    int           // stalls in force
	extra      time.Duration // of delay faults in force
	hidden     int           // faults in force that swallow the end
	endLost    bool          // a reset has overtaken the end of the stream
	cut        bool          // a fault has ended it for the reader alone
	truncating bool          // a fault will reset the receiver when it has all
	stuck      bool          // the receiver takes no more, and a reset is due
	read       bool          // the sender's end or error was read
	armed      []armed       // faults that wait for a place in this stream

	waits   bool // the deliverer waits for the receiver's socket
	full    bool // who receives waits for room, at the sender's socket
	limited bool // the receiver's socket has a deadline

	wake   chan struct{} // for the deliverer
	room   chan struct{} // for the receiver
	splits choice.Stream
	jitter choice.Stream
}

// ending is an end of stream or a reset on its way.
type ending struct {
	sent, done bool
	at         time.Duration
}

func (s *stream) init(c *conn, from, to *end, back bool, path *netsim.Path, entity uint64) {
	s.c, s.from, s.to, s.back, s.path = c, from, to, back, path
	s.limit = path.SendBuffer
	s.wake, s.room = make(chan struct{}, 1), make(chan struct{}, 1)
	s.splits = choice.New(c.p.o.Seed, "netsim.split", entity)
	s.jitter = choice.New(c.p.o.Seed, "netsim.jitter", entity)
}

// signal lets the deliverer look again.
func (s *stream) signal() { signal(s.wake) }

// space returns room for bytes to come, in one piece; none if there is none.
func (s *stream) space() []byte {
	if s.ring == nil {
		size := 1
		for size < s.limit {
			size *= 2
		}
		s.ring = make([]byte, size)
	}
	free := s.limit - int(s.sent-s.passed)
	if free <= 0 || s.flights.full() {
		return nil
	}
	from := int(s.sent) & (len(s.ring) - 1)
	return s.ring[from:min(from+free, len(s.ring))]
}

// span returns bytes from an offset on, up to a later one or the ring's edge.
func (s *stream) span(from, to uint64) []byte {
	at := int(from) & (len(s.ring) - 1)
	return s.ring[at:min(at+int(to-from), len(s.ring))]
}

// push sends the next k bytes, which are in the ring, on their way.
func (s *stream) push(k int) {
	s.c.p.observe(s, netsim.Sent, s.sent, s.span(s.sent, s.sent+uint64(k)))
	if s.path.Latency == 0 && s.path.Jitter == 0 && s.path.Bandwidth == 0 && s.extra == 0 && s.flights.empty() {
		s.sent += uint64(k)
		s.arrived = s.sent
	} else {
		s.launch(k)
	}
	s.signal()
}

// launch gives the next k bytes their times of arrival.
func (s *stream) launch(k int) {
	const piece = 4096 // bytes that arrive at one instant, if bandwidth is limited
	now := s.c.p.now()
	delay := s.path.Latency + s.extra
	if s.path.Jitter > 0 {
		delay += s.jitter.Duration(0, s.path.Jitter)
	}
	for k > 0 {
		m, at := k, now
		if s.path.Bandwidth > 0 {
			m = min(k, piece)
			s.free = max(s.free, now) + time.Duration(int64(m)*int64(time.Second)/s.path.Bandwidth)
			at = s.free
		}
		s.sent += uint64(m)
		s.flights.push(s.sent, at+delay)
		k -= m
	}
}

// finish sends the end of the stream after the bytes.
func (s *stream) finish() {
	s.end.sent = true
	s.end.at = max(s.c.p.now()+s.path.Latency+s.extra, s.flights.last())
	s.c.settle()
	s.signal()
}

// abort sends a reset after the bytes.
func (s *stream) abort() {
	if s.reset.sent || s.to.dead {
		return
	}
	s.reset.sent = true
	s.reset.at = max(s.c.p.now()+s.path.Latency+s.extra, s.flights.last())
	if s.waits { // for a socket that may never take more
		s.limited = true
		s.to.nc.SetWriteDeadline(time.Unix(1, 0))
	}
	s.signal()
}

// held reports whether nothing can pass.
func (s *stream) held() bool { return s.stalled > 0 || s.partitioned() }

// partitioned reports whether a partition lies across the stream's way.
func (s *stream) partitioned() bool { return s.c.p.blocked[way(s.back)] > 0 }

func way(back bool) int {
	if back {
		return 1
	}
	return 0
}

// due does all that is due now but the handing over of bytes. It returns the bytes
// to hand over; if there are none, the time at which something may be due.
func (s *stream) due(now time.Duration) (b []byte, at time.Duration) {
	for !s.c.over && !s.truncating {
		s.arrived = max(s.arrived, s.flights.land(now))
		if !s.held() {
			if b, again := s.pass(); again {
				continue
			} else if len(b) > 0 {
				return b, now
			}
		}
		if s.resetDue(now) {
			s.deliverReset()
			continue
		}
		if s.endDue(now) {
			s.deliverEnd()
			continue
		}
		return nil, s.next(now)
	}
	return nil, never
}

// next is the time of the next arrival.
func (s *stream) next(now time.Duration) time.Duration {
	at := s.flights.next()
	for _, e := range []ending{s.end, s.reset} {
		if e.sent && !e.done && e.at > now {
			at = min(at, e.at)
		}
	}
	return at
}

// pass returns the next bytes to hand over, up to the place where a fault acts, or
// lets the faults act whose place it is and reports that.
func (s *stream) pass() (b []byte, again bool) {
	if s.to.dead || s.to.broken || s.cut {
		if s.arrived > s.passed && s.answered() {
			s.wipe()
			s.c.other(s).abort() // the answer to bytes that nobody can read
		}
		return nil, false
	}
	limit := s.nextFault(s.arrived)
	if limit > s.passed && !s.stuck {
		return s.nextPiece(limit), false
	}
	return nil, s.strike()
}

// answered reports whether an answer of the receiver's system would reach the sender.
// If not, the sender's system repeats what it has sent until one does.
func (s *stream) answered() bool { return !s.c.other(s).partitioned() }

// nextPiece returns the next piece before limit, as long as the path's Split says.
func (s *stream) nextPiece(limit uint64) []byte {
	if s.piece <= s.passed {
		k := int(limit - s.passed)
		if k > 1 && s.path.Split != netsim.SplitWhole {
			k = s.split(k)
		}
		s.piece = s.passed + uint64(k)
	}
	if s.path.Split == netsim.SplitWhole {
		s.piece = limit
	}
	return s.span(s.passed, min(s.piece, limit))
}

// split draws how many of k bytes are handed over at once.
func (s *stream) split(k int) int {
	if s.path.Split == netsim.SplitBytes {
		return 1
	}
	switch s.splits.IntN(4) {
	case 0:
		return 1 + s.splits.IntN(k)
	case 1:
		return 1 + s.splits.IntN(min(k, 8))
	}
	return k
}

// took notes that the receiver's socket has taken bytes.
func (s *stream) took(b []byte) {
	s.c.p.observe(s, netsim.Delivered, s.passed, b)
	s.passed += uint64(len(b))
	if s.back {
		s.c.p.stats.Back += uint64(len(b))
	} else {
		s.c.p.stats.There += uint64(len(b))
	}
	s.freed()
}

// freed tells the receiver that there is room.
func (s *stream) freed() {
	signal(s.room)
	if s.full {
		s.full = false
		s.from.nc.SetReadDeadline(time.Unix(1, 0))
	}
}

// endDue reports whether the receiver is to see the end of the stream now.
func (s *stream) endDue(now time.Duration) bool {
	return s.end.sent && !s.end.done && !s.endLost && s.hidden == 0 &&
		now >= s.end.at && s.passed == s.sent && !s.held()
}

// deliverEnd lets the receiver see the end of the stream. One that is gone answers
// with a reset.
func (s *stream) deliverEnd() {
	s.end.done = true
	if s.to.dead {
		s.c.other(s).abort()
		s.c.settle()
		return
	}
	s.c.p.observe(s, netsim.Ended, s.passed, nil)
	s.to.nc.CloseWrite()
	s.c.settle()
}

// resetDue reports whether a reset has arrived; bytes that can pass have passed
// before. A stall holds it. So does a partition if the one whom it is to reach has sent
// its end, which its system repeats until the answer comes through; else it is lost.
func (s *stream) resetDue(now time.Duration) bool {
	return s.reset.sent && now >= s.reset.at && s.stalled == 0 && !(s.partitioned() && s.c.other(s).end.sent)
}

// deliverReset resets the receiver. A reset is not repeated: a partition swallows
// it.
func (s *stream) deliverReset() {
	s.reset, s.stuck = ending{}, false
	if s.partitioned() || s.to.dead {
		return
	}
	s.c.p.observe(s, netsim.WasReset, s.passed, nil)
	s.c.kill(s.to)
	s.c.settle()
}

// wipe drops the bytes under way, and an end of the stream with them.
func (s *stream) wipe() {
	s.passed, s.arrived = s.sent, s.sent
	s.flights.clear()
	if !s.end.done {
		s.endLost = true
	}
	s.signal()
	s.freed()
}

// truncate resets the sender now, and the receiver as soon as its system has what
// was handed over.
func (s *stream) truncate() {
	if s.truncating {
		return
	}
	s.truncating, s.c.other(s).truncating = true, true
	for _, x := range []*stream{s, s.c.other(s)} {
		if !x.to.dead {
			s.c.p.observe(x, netsim.WasReset, x.passed, nil)
		}
	}
	s.c.kill(s.from)
	s.signal()
}

// gone tells of an error of writing to the receiver. What its program has sent
// before can still be read, so its end is left to the one who reads.
func (s *stream) gone() {
	s.to.broken = true
	if s.c.other(s).read {
		s.c.lost(s.to)
	}
}
