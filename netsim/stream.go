package netsim

import (
	"math"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
)

// stream is one direction of a connection. Its bytes are in one ring: first
// those that were delivered and wait for a Read (ready), then those under way.
// Offsets count the bytes since the connection's beginning:
//
//	passed ≤ arrived ≤ sent
//
// Bytes before passed were delivered; those before arrived have crossed the path
// but may wait for room or for the end of a stall.
type stream struct {
	obj      sim.Object
	event    sim.Event // next arrival
	n        *Network
	p        *pair
	way      *way
	from, to *Conn // who writes, who reads
	back     bool

	buf     ring
	ready   int
	passed  uint64
	arrived uint64
	sent    uint64
	flights flights
	free    time.Duration // when the line is idle again, if bandwidth is limited

	end      ending
	reset    ending
	stalled  int           // stalls in force
	extra    time.Duration // of delay faults in force
	endLost  bool          // a reset has overtaken the end of the stream
	hidden   int           // faults in force that swallow the end
	cut      bool          // a fault has ended it for the reader alone
	orphaned bool          // the writer's host has crashed
	armed    []armed       // faults that wait for a place in this stream
	writing  bool          // a Write is blocked half-way

	splits choice.Stream
	jitter choice.Stream
}

// ending is an end of stream or a reset on its way.
type ending struct {
	sent, done bool
	at         time.Duration
}

// The classes of waiters of a stream.
const (
	classRead  = 1 // Read
	classWrite = 2 // Write that has not written yet
	classMore  = 3 // the rest of a Write
)

// open makes s ready for a new connection; it keeps its memory.
func (s *stream) open(p *pair, from, to *Conn, y *way, back bool) {
	n := p.n
	s.n, s.p, s.way, s.from, s.to, s.back = n, p, y, from, to, back
	s.buf.head, s.buf.n = 0, 0
	s.ready, s.passed, s.arrived, s.sent, s.free = 0, 0, 0, 0, 0
	s.flights.clear()
	s.end, s.reset, s.stalled, s.extra, s.hidden = ending{}, ending{}, 0, 0, 0
	s.endLost, s.cut, s.writing, s.orphaned = false, false, false, false
	s.armed = s.armed[:0]
	if s.event.IsZero() {
		s.event.Init(n.w, s.tick)
	}
	s.event.Stop()
	name, entity := p.name, p.entity
	if back {
		name, entity = p.nameBack, ^entity
	}
	s.obj.Init(n.w, name)
	s.splits = choice.New(n.w.Seed(), "netsim.split", entity)
	s.jitter = choice.New(n.w.Seed(), "netsim.jitter", entity)
	y.streams = append(y.streams, s)
}

// room is the number of bytes that a Write may add.
func (s *stream) room() int {
	return max(0, s.way.SendBuffer-int(s.sent-s.passed))
}

// readable reports whether a Read need not wait.
func (s *stream) readable() bool {
	c := s.to
	return s.ready > 0 || s.end.done || c.closed || c.dead || c.err != 0 || s.n.expired(c.readBy)
}

// broken reports whether a Write fails.
func (s *stream) broken() bool {
	c := s.from
	return c.closed || c.dead || c.err != 0 || s.end.sent || s.n.expired(c.writeBy)
}

// lowWater is the room that wakes a blocked Write. As in a kernel it is a part
// of the buffer, so that a slow reader does not wake the writer for each byte.
func (s *stream) lowWater() int { return (s.way.SendBuffer + 2) / 3 }

// update tells the scheduler which waiting operations can be done.
func (s *stream) update() {
	if !s.obj.Waits() {
		return
	}
	s.obj.Switch(classRead, s.readable())
	s.obj.Switch(classMore, s.broken() || s.room() >= s.lowWater())
	s.obj.Switch(classWrite, s.broken() || !s.writing && s.room() > 0)
}

// push takes bytes from a Write and sends them on their way. They fit.
func (s *stream) push(b []byte) {
	if s.n.observer != nil {
		s.n.observeBytes(s, Sent, s.sent, privately(b), nil)
	}
	s.buf.push(b)
	if s.way.instant() && s.extra == 0 && s.flights.empty() {
		s.sent += uint64(len(b))
		s.arrived = s.sent
		s.deliver()
		return
	}
	s.launch(len(b))
}

// launch gives the next k bytes their times of arrival.
func (s *stream) launch(k int) {
	const piece = 4096 // bytes that arrive at one instant, if bandwidth is limited
	now := s.n.w.Elapsed()
	y := s.way
	delay := y.Latency + s.extra
	if y.Jitter > 0 {
		delay += s.jitter.Duration(0, y.Jitter)
	}
	for k > 0 {
		m, at := k, now
		if y.Bandwidth > 0 {
			m = min(k, piece)
			s.free = max(s.free, now) + time.Duration(int64(m)*int64(time.Second)/y.Bandwidth)
			at = s.free
		}
		s.sent += uint64(m)
		s.flights.push(s.sent, at+delay, at)
		k -= m
	}
	s.schedule()
}

// finish sends the end of the stream after the bytes.
func (s *stream) finish() {
	s.end.sent = true
	s.end.at = max(s.n.w.Elapsed()+s.way.Latency+s.extra, s.flights.last())
	s.tick()
}

// abort sends a reset. It does not wait for bytes under way and may overtake
// them.
func (s *stream) abort() {
	if s.reset.sent {
		return
	}
	s.reset.sent = true
	s.reset.at = s.n.w.Elapsed() + s.way.Latency + s.extra
	s.tick()
}

// schedule sets the event to the next arrival.
func (s *stream) schedule() {
	const never = time.Duration(math.MaxInt64)
	now, at := s.n.w.Elapsed(), s.flights.next()
	if s.end.sent && !s.endLost && s.end.at > now {
		at = min(at, s.end.at)
	}
	if s.reset.sent && s.reset.at > now {
		at = min(at, s.reset.at)
	}
	if at == never {
		s.event.Stop()
		return
	}
	s.event.Set(at)
}

// tick lets arrive what is due. It is the event's function.
func (s *stream) tick() {
	s.arrived = max(s.arrived, s.flights.land(s.n.w.Elapsed()))
	s.schedule()
	s.deliver()
}

// held reports whether nothing can pass.
func (s *stream) held() bool {
	return s.stalled > 0 || s.way.blocked > 0 || s.to.gone && s.to.host.down
}

// deliver hands over what has arrived, as far as room and faults allow.
func (s *stream) deliver() {
	now := s.n.w.Elapsed()
	for !s.held() && s.pass() {
	}
	if s.orphaned {
		s.loseWaiting(now)
	}
	if s.reset.sent && now >= s.reset.at {
		s.deliverReset()
	}
	if s.endDue(now) {
		s.deliverEnd()
	}
	s.update()
}

// loseWaiting loses what has arrived and cannot be delivered: it would have to be
// sent again, and nobody is there who could.
func (s *stream) loseWaiting(now time.Duration) {
	switch {
	case s.arrived > s.passed:
		s.wipe(true)
	case s.held() && s.end.sent && now >= s.end.at:
		s.loseEnd()
	}
}

// endDue reports whether the reader is to see the end of the stream now.
func (s *stream) endDue(now time.Duration) bool {
	return s.end.sent && !s.end.done && !s.endLost && s.hidden == 0 &&
		now >= s.end.at && s.passed == s.sent && !s.held()
}

// pass delivers one stretch of bytes and lets the faults act that stand at its
// end. It reports whether it may be worth while to call it again.
func (s *stream) pass() bool {
	if s.to.closed || s.to.dead || s.cut {
		if s.arrived > s.passed {
			s.wipe(true)
			s.to.dead = s.to.dead || s.to.closed
			s.p.other(s).abort() // the answer to bytes that nobody can read
		}
		return false
	}
	limit := min(s.arrived, s.passed+uint64(s.way.ReceiveBuffer-s.ready))
	if len(s.armed) > 0 {
		limit = s.nextFault(limit)
	}
	k := int(limit - s.passed)
	if k > 0 {
		s.take(k)
	}
	return len(s.armed) > 0 && s.strike() || k > 0 && s.arrived > s.passed
}

// take delivers k bytes.
func (s *stream) take(k int) {
	if s.n.observer != nil {
		a, b := s.buf.span(s.ready, k)
		s.n.observeBytes(s, Delivered, s.passed, a, b)
	}
	s.ready += k
	s.passed += uint64(k)
}

// deliverEnd lets the reader see the end of the stream.
func (s *stream) deliverEnd() {
	s.end.done = true
	if s.to.gone {
		s.p.other(s).abort() // its host has restarted and knows nothing of it
		return
	}
	s.n.observe(s, Ended)
	s.p.settle()
}

// deliverReset kills the reader's end of the connection. A reset is not repeated:
// a partition swallows it.
func (s *stream) deliverReset() {
	if s.stalled > 0 {
		return
	}
	s.reset = ending{}
	if s.way.blocked > 0 {
		return
	}
	s.n.observe(s, WasReset)
	s.to.kill(s.p.keepsUnread(s.way))
	s.p.settle()
}

// wipe drops the bytes under way, and the unread ones too unless keep. An end of
// the stream under way is lost with them.
func (s *stream) wipe(keep bool) {
	if !keep {
		s.ready = 0
	}
	s.buf.cut(s.ready)
	s.passed, s.arrived = s.sent, s.sent
	s.flights.clear()
	s.loseEnd()
	s.schedule()
}

// read moves bytes to p, as many as the way's Split says. There are some.
func (s *stream) read(p []byte) int {
	k := min(len(p), s.ready)
	if k > 1 && s.way.Split != SplitWhole {
		k = s.split(k)
	}
	s.buf.pop(p[:k])
	s.ready -= k
	if s.arrived > s.passed {
		s.deliver() // there is room now
	} else {
		s.update()
	}
	return k
}

// split draws how many of k bytes a Read returns.
func (s *stream) split(k int) int {
	if s.way.Split == SplitBytes {
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
