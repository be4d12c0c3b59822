package sim

import "github.com/collider-amqp/collider/sim/choice"

// Drift says how far a replay and its record have parted. The zero Drift means
// that the record was followed to its end and the run ended there.
type Drift struct {
	// Segments is the number of segments that could not be followed to their end,
	// Steps the number of their steps that were skipped.
	Segments int
	Steps    uint64
	// Extra is the number of steps made after the record's end.
	Extra uint64
	// Items is the number of planned faults and pieces of work that the run did not
	// ask for.
	Items int
}

// Zero reports whether the record was followed exactly.
func (d Drift) Zero() bool { return d == Drift{} }

// Replay returns the strategy that follows a schedule. It is total: a segment is
// followed while its thread can run, and its rest is skipped otherwise; after the
// last one, and in a segment of choice.Free, the current thread goes on while it
// can and does not yield, else the one spawned first; so it does in a segment of
// choice.Without, but that one thread is passed over while another can go. It keeps
// s.
func Replay(s choice.Schedule) Strategy {
	r := &replay{schedule: s, hashes: make([]uint64, len(s)), holds: make([]bool, len(s))}
	for i, g := range s {
		held, holds := choice.Held(g.Thread)
		if r.holds[i] = holds; !holds {
			held = g.Thread
		}
		r.hashes[i] = choice.Hash(held)
		if g.Makes() {
			r.total += g.Steps
		}
	}
	return r
}

type replay struct {
	schedule choice.Schedule
	hashes   []uint64 // of the segments' threads, or of the threads that they hold
	holds    []bool   // which segments hold a thread back
	others   []*Thread
	at       int    // segment
	left     uint64 // steps of it
	total    uint64 // steps of threads in the schedule
	followed uint64 // of these, done
	drift    Drift
	threads  map[uint64]*Thread
	trace    *Trace // nil if nobody wants it
}

func (s *replay) Name() string { return "replay" }

func (s *replay) Begin(r *RunInfo) {
	s.drift, s.followed = Drift{}, 0
	if s.threads == nil {
		s.threads = make(map[uint64]*Thread)
	}
	clear(s.threads)
	s.at, s.left = -1, 0
	if s.trace != nil {
		s.trace.begin()
	}
}

func (s *replay) Spawn(t, parent *Thread) { s.threads[t.hash] = t }

// current returns the segment to be followed, and nil after the last.
func (s *replay) current() *choice.Segment {
	for s.left == 0 {
		if s.at+1 >= len(s.schedule) {
			s.at = len(s.schedule)
			return nil
		}
		s.at++
		s.left = s.schedule[s.at].Steps
	}
	return &s.schedule[s.at]
}

// skip leaves the segment, of which steps remain.
func (s *replay) skip() {
	s.drift.Segments++
	s.drift.Steps += s.left
	s.left = 0
}

// MoveClock implements Clocker: it follows the segments of the clock.
func (s *replay) MoveClock(run []*Thread) bool {
	g := s.current()
	if g == nil || g.Thread != choice.Clock {
		return false
	}
	s.left--
	return true
}

// Choose implements Chooser: it follows the segments of choice.Case.
func (s *replay) Choose(t *Thread, n int) int {
	g := s.current()
	if g == nil || g.Thread != choice.Case {
		return -1
	}
	i := min(g.Steps, uint64(n)) - 1
	s.left = 0
	return int(i)
}

func (s *replay) Pick(run []*Thread, last *Thread) *Thread {
	t := s.follow(run, last)
	if s.trace != nil {
		s.trace.arrived(last)
		s.trace.step(t, byDefault(run, last) == t)
	}
	return t
}

// follow chooses the next thread.
func (s *replay) follow(run []*Thread, last *Thread) *Thread {
	for g := s.current(); g != nil; g = s.current() {
		if g.Thread == choice.Free {
			s.left--
			s.followed++
			break
		}
		t := s.threads[s.hashes[s.at]]
		if s.holds[s.at] {
			s.left--
			s.followed++
			return s.without(t, run, last)
		}
		if t != nil && t.at >= 0 && g.Makes() {
			s.left--
			s.followed++
			return t
		}
		s.skip()
	}
	return byDefault(run, last)
}

// without is byDefault without a thread, unless it is the only one.
func (s *replay) without(held *Thread, run []*Thread, last *Thread) *Thread {
	s.others = s.others[:0]
	for _, t := range run {
		if t != held {
			s.others = append(s.others, t)
		}
	}
	switch {
	case len(s.others) == 0:
		return held
	case last == held:
		return lowest(s.others)
	}
	return byDefault(s.others, last)
}

// byDefault is the choice of a replay where the schedule has none.
func byDefault(run []*Thread, last *Thread) *Thread {
	if last == nil || last.op.Kind != OpYield {
		if last != nil && last.at >= 0 {
			return last
		}
		return lowest(run)
	}
	return after(run, last.id)
}

// locates says whether the source lines of the steps are wanted.
func (s *replay) locates() bool { return s.trace != nil && s.trace.Locate }

// finish returns the drift of a run of so many steps, which has ended.
func (s *replay) finish(steps uint64) Drift {
	for s.current() != nil {
		s.skip()
	}
	s.drift.Extra = steps - s.followed
	return s.drift
}
