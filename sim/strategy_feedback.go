package sim

import "github.com/collider-amqp/collider/sim/choice"

// Feedback is the strategy that learns from the runs before: a search guided by
// which reads-from classes runs have shown, after RFF (Wolff, Zhao, Duck, Mathur,
// Roychoudhury, ASPLOS 2024). A class is a pair of operations, each known by kind,
// object, what its thread is and what it did before: one of a reader and the last
// write before it, or the making of the object. Of the runs
//
//   - half are blind, by POS and SURW in turn;
//   - most others are steered: the class that was shown, and tried for, in the
//     fewest runs of some that are drawn, among those that the operations seen so
//     far make possible, and sometimes more of them. Threads that would spoil it
//     wait; all else goes by POS;
//   - the rest follow the decisions of an earlier run that showed a new class, with
//     some of them changed, and POS after that.
//
// A run so depends on the ones before it: a seed does not name it. A value serves
// one scenario, and its memory is bounded. It is a function of its runs: a batch of
// one worker repeats itself.
type Feedback struct {
	table    table
	corpus   corpus
	accesses accesses
	steering steering
	follower follower
	buf      []stretch
	stream   choice.Stream
	pos      pos
	surw     surw
	base     Strategy // of this run: pos or surw
	kind     runKind
	found    int // classes first shown by this run
	report   FeedbackReport
}

// runKind is what a run of Feedback is for.
type runKind uint8

const (
	blindRun runKind = iota
	steeredRun
	mutatedRun
)

// FeedbackReport is what the runs of a Feedback have shown.
type FeedbackReport struct {
	// Blind, Steered and Mutated are numbers of runs: together all.
	Blind, Steered, Mutated uint64
	// Classes is the number of reads-from classes seen, Once of those that only one
	// run has shown.
	Classes, Once int
	// Full says that there were more classes than are kept.
	Full bool

	_ struct{}
}

// Runs is the number of runs.
func (r *FeedbackReport) Runs() uint64 { return r.Blind + r.Steered + r.Mutated }

// Unseen is the estimate of Good and Turing for the number of new classes that
// another run will show: those seen once, by the number of runs. It takes the runs
// for a sample; that they look for what is new makes it one from above.
func (r *FeedbackReport) Unseen() float64 {
	if n := r.Runs(); n > 0 {
		return float64(r.Once) / float64(n)
	}
	return 1
}

// NewFeedback returns a Feedback that has seen no run.
func NewFeedback() *Feedback { return &Feedback{table: newTable()} }

// Name implements Strategy.
func (s *Feedback) Name() string { return "feedback" }

// Follow implements Follower: each operation counts.
func (s *Feedback) Follow() bool { return true }

// Report says what the runs have shown.
func (s *Feedback) Report() FeedbackReport {
	r := s.report
	r.Classes, r.Once, r.Full = s.table.seen, s.table.once, s.table.overflow
	return r
}

// Drain calls f for the classes that became known since it was called last: with
// each class once when a run has first shown it, and once more when another run
// has. A number stands for the same class in all Feedbacks of a scenario.
func (s *Feedback) Drain(f func(class uint64)) {
	for _, c := range s.table.fresh {
		f(c)
	}
	s.table.fresh = s.table.fresh[:0]
}

// Begin implements Strategy.
func (s *Feedback) Begin(r *RunInfo) {
	s.stream = r.Stream
	s.accesses.begin()
	s.steering.aims = s.steering.aims[:0]
	s.corpus.record = s.corpus.record[:0]
	s.found = 0
	s.follower.begin(nil)
	s.plan()
	inner := *r
	inner.Stream = choice.New(s.stream.Uint64(), "feedback", 0)
	s.base.Begin(&inner)
}

// plan chooses what the run is for.
func (s *Feedback) plan() {
	n := s.report.Runs()
	s.base, s.kind = &s.pos, blindRun
	switch {
	case n%2 == 0:
		if n%4 == 2 {
			s.base = &s.surw
		}
	case n%16 == 15:
		if p := s.corpus.draw(&s.stream); p != nil {
			s.kind = mutatedRun
			s.buf = mutate(p.record, s.buf, &s.stream)
			s.follower.begin(s.buf)
		}
	default:
		s.steer()
	}
	switch s.kind {
	case blindRun:
		s.report.Blind++
	case steeredRun:
		s.report.Steered++
	case mutatedRun:
		s.report.Mutated++
	}
}

// steer draws what the run aims at.
func (s *Feedback) steer() {
	i := s.rarest()
	if i < 0 {
		return
	}
	s.kind = steeredRun
	s.aim(i)
	if p := s.corpus.draw(&s.stream); p != nil && s.stream.IntN(4) == 0 {
		for _, c := range p.aims[:min(len(p.aims), maxAims-1)] {
			s.aim(c)
		}
		return
	}
	for len(s.steering.aims) < maxAims && s.stream.IntN(2) == 0 {
		s.aim(int32(s.stream.IntN(len(s.table.classes))))
	}
}

// maxAims bounds the classes at which a run aims.
const maxAims = 3

// rarest returns of some classes drawn the one with the fewest runs and tries, below
// 0 if there is none to aim at.
func (s *Feedback) rarest() int32 {
	best, least := int32(-1), uint32(neverTried)
	for range rarestDraws {
		n := len(s.table.classes)
		if n == 0 {
			break
		}
		i := s.stream.IntN(n)
		if c := &s.table.classes[i]; c.tries < neverTried && c.runs+c.tries < least {
			best, least = int32(i), c.runs+c.tries
		}
	}
	return best
}

const rarestDraws = 8

// aim adds a class to what the run aims at, if one can.
func (s *Feedback) aim(i int32) {
	c := &s.table.classes[i]
	if c.tries >= neverTried {
		return
	}
	c.tries++
	m := aim{class: i, reader: s.table.places[c.reader].operation, object: s.table.places[c.reader].object}
	if c.writer >= 0 {
		m.writer = s.table.places[c.writer].operation
	}
	m.together = s.stream.IntN(2) == 0
	s.steering.aims = append(s.steering.aims, m)
}

// Spawn implements Strategy.
func (s *Feedback) Spawn(t, parent *Thread) {
	s.accesses.spawn(t, parent)
	s.follower.threads[t.hash] = t
	s.base.Spawn(t, parent)
}

// Exit implements Exiter.
func (s *Feedback) Exit(t *Thread) {
	if s.base == &s.surw {
		s.surw.Exit(t)
	}
}

// Pick implements Strategy.
func (s *Feedback) Pick(run []*Thread, last *Thread) *Thread {
	t := s.follower.next()
	if t == nil {
		if s.kind == steeredRun && len(run) > 1 && s.steering.open() {
			run = s.steering.unheld(run, &s.accesses)
		}
		t = s.base.Pick(run, last)
	}
	s.corpus.note(t)
	s.observe(t)
	return t
}

// observe takes in that t does its next operation.
func (s *Feedback) observe(t *Thread) {
	if !s.accesses.follows(t) {
		return
	}
	operation := s.accesses.threads[t.id].of(t)
	from := s.accesses.source(t)
	reader, known := s.table.place(operation, t)
	if writer, is := s.table.writer(from); known && is && observes(t.op.Kind) {
		own := writer >= 0 && from.thread == t.id
		if s.table.show(reader, writer, own, s.report.Runs()) {
			s.found++
		}
	}
	s.steering.done(t, operation, from)
	s.accesses.done(t, operation)
}

// End implements Ender.
func (s *Feedback) End(r *Result) {
	if s.found > 0 {
		s.corpus.keep(s.steering.aims, s.found)
	}
}
