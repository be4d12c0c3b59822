package sim

import (
	"strconv"

	"github.com/collider-amqp/collider/sim/choice"
)

// PCT returns probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi,
// Nagarakatte, ASPLOS 2010): threads have random distinct priorities, the highest
// runnable one goes, and at depth−1 random steps the one that would go falls below
// all others. A run finds a bug of that depth with probability at least
// 1/(n·k^(depth−1)) for n threads and k choices (Estimates.Choices). A depth of 0
// or below draws it for each run, at most 10: 1 in a quarter of the runs, each
// further depth half as often as the one before.
//
// Only steps with a choice count. A thread that yields falls below all others. If
// k is unknown each of the random steps is drawn from 1 to 4096 so that each order
// of magnitude is as likely as another.
func PCT(depth int) Strategy { return &pct{fixed: max(depth, 0)} }

type pct struct {
	stream   choice.Stream
	fixed    int
	depth    int
	priority []uint64 // by thread
	changes  []change
	count    uint64 // choices so far
	next     uint64 // of the change points not yet passed, the first; 0 none
	low      uint64 // last priority given to a thread that yielded
}

// change lowers the thread that would make step at to the reserved priority.
type change struct{ at, priority uint64 }

// Priorities: at spawning above 1<<63, at change points reserved+1 and on, for
// threads that yield below that, falling.
const (
	pctInitial  = 1 << 63
	pctReserved = 1 << 32
	maxDepth    = 10

	unknownChoices = 4096
)

func (s *pct) Name() string {
	d := s.depth
	if s.fixed != 0 {
		d = s.fixed
	}
	if d == 0 {
		return "pct"
	}
	return "pct:" + strconv.Itoa(d)
}

func (s *pct) Begin(r *RunInfo) {
	s.stream = r.Stream
	s.priority = s.priority[:0]
	s.changes = s.changes[:0]
	s.count, s.low = 0, pctReserved
	if s.depth = s.fixed; s.depth == 0 {
		s.depth = drawDepth(&s.stream)
	}
	for i := 1; i < s.depth; i++ {
		s.changes = append(s.changes, change{s.draw(r.Estimates.Choices), pctReserved + uint64(i)})
	}
	s.findNext()
}

func drawDepth(s *choice.Stream) int {
	d := 1
	for more := s.IntN(4) != 0; more && d < maxDepth; more = s.Uint64()&1 == 0 {
		d++
	}
	return d
}

// draw returns a step in [1, k] that is no change point yet, unless all are.
func (s *pct) draw(k uint64) uint64 {
	if k == 0 {
		return uint64(s.stream.Scale(1, unknownChoices))
	}
	at := 1 + uint64(s.stream.Int64N(int64(k)))
	for i := 0; i < len(s.changes) && uint64(len(s.changes)) < k; {
		if s.changes[i].at != at {
			i++
			continue
		}
		at = at%k + 1
		i = 0
	}
	return at
}

func (s *pct) findNext() {
	s.next = 0
	for _, c := range s.changes {
		if c.at > s.count && (s.next == 0 || c.at < s.next) {
			s.next = c.at
		}
	}
}

func (s *pct) Spawn(t, parent *Thread) {
	s.priority = append(s.priority, pctInitial|s.stream.Uint64())
}

func (s *pct) Pick(run []*Thread, last *Thread) *Thread {
	if last != nil && last.op.Kind == OpYield && last.at >= 0 {
		s.low--
		s.priority[last.id] = s.low
	}
	best := s.best(run)
	s.count++
	if s.count == s.next {
		for _, c := range s.changes {
			if c.at == s.count {
				s.priority[best.id] = c.priority
			}
		}
		s.findNext()
		best = s.best(run)
	}
	return best
}

func (s *pct) best(run []*Thread) *Thread {
	best := run[0]
	for _, t := range run[1:] {
		if s.priority[t.id] > s.priority[best.id] {
			best = t
		}
	}
	return best
}
