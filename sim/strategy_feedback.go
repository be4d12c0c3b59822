package sim

import "github.com/collider-amqp/collider/sim/choice"

// Feedback is the strategy that learns from the runs before: a search guided by
// which reads-from classes runs have shown, after RFF (Wolff, Shi, Duck, Mathur,
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
	tally    tally
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
	// Classes is the number of reads-from classes seen, with operations known by
	// thread, kind and object alone; Once of those that only one run has shown.
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
func NewFeedback() *Feedback {
	return &Feedback{table: newTable(), tally: tally{shown: map[uint64]shown{}}}
}

// Name implements Strategy.
func (s *Feedback) Name() string { return "feedback" }

// Follow implements Follower: each operation counts.
func (s *Feedback) Follow() bool { return true }

// Report says what the runs have shown.
func (s *Feedback) Report() FeedbackReport {
	r := s.report
	r.Classes, r.Once, r.Full = len(s.tally.shown), s.tally.once, s.tally.full || s.table.overflow
	return r
}

// Drain calls f for the classes that became known since it was called last: with
// each class once when a run has first shown it, and once more when another run
// has. A number stands for the same class in all Feedbacks of a scenario.
func (s *Feedback) Drain(f func(class uint64)) {
	for _, c := range s.tally.fresh {
		f(c)
	}
	s.tally.fresh = s.tally.fresh[:0]
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
	c := s.rarest()
	if c == nil {
		return
	}
	s.kind = steeredRun
	s.aim(c)
	if p := s.corpus.draw(&s.stream); p != nil && s.stream.IntN(4) == 0 {
		for _, c := range p.aims[:min(len(p.aims), maxAims-1)] {
			s.aim(s.table.find(c))
		}
		return
	}
	for len(s.steering.aims) < maxAims && s.stream.IntN(2) == 0 {
		s.aim(&s.table.classes[s.stream.IntN(len(s.table.classes))])
	}
}

// maxAims bounds the classes at which a run aims.
const maxAims = 3

// rarest returns of some classes drawn the one with the fewest runs and tries, nil if
// there is none to aim at.
func (s *Feedback) rarest() *class {
	var best *class
	if len(s.table.classes) == 0 {
		return nil
	}
	for range rarestDraws {
		c := &s.table.classes[s.stream.IntN(len(s.table.classes))]
		if !c.own && (best == nil || c.runs+c.tries < best.runs+best.tries) {
			best = c
		}
	}
	return best
}

const rarestDraws = 8

// aim adds a class to what the run aims at, if one can.
func (s *Feedback) aim(c *class) {
	if c != nil && !c.own {
		c.tries++
		s.steering.aims = append(s.steering.aims, aim{class: *c, together: s.stream.IntN(2) == 0})
	}
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
			run = s.steering.unheld(run, &s.accesses, &s.table)
		}
		t = s.base.Pick(run, last)
	}
	s.corpus.note(t)
	s.observe(t)
	return t
}

// observe takes in that t does its next operation.
func (s *Feedback) observe(t *Thread) {
	o := s.accesses.object(t, &s.table)
	if o == nil {
		return
	}
	operation, from, run := s.accesses.next(t, o), o.last, s.report.Runs()
	if observes(t.op.Kind) {
		own := from.operation != 0 && from.thread == t.id
		bare := class{reader: s.accesses.threads[t.id].of(t, 0), writer: from.bare, own: own}
		s.tally.show(bare.key(), run)
		s.steering.done(operation, from, own)
		if s.known(t, o, operation) && s.table.show(class{subject: o.subject, reader: operation, writer: from.operation, own: own}, run) {
			s.found++
		}
	} else {
		s.known(t, o, operation)
	}
	s.accesses.done(t, o, operation)
}

// known notes an operation, and says whether it and the last write before it are
// told apart as they were when the write was done.
func (s *Feedback) known(t *Thread, o *followed, operation uint64) bool {
	if !s.table.note(o.subject, operation, t) {
		return false
	}
	return o.last.operation == 0 || o.subject.knows(o.last.operation)
}

// End implements Ender.
func (s *Feedback) End(r *Result) {
	if s.found > 0 {
		s.corpus.keep(s.steering.aims, s.found)
	}
}
