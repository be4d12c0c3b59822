package runner

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// Report is what came of a batch. All but Elapsed is the same for any number of
// workers, if the batch is bounded by runs. With the strategy "feedback" that is so
// for one worker only: each has its own, which learns from the runs that fall to it.
type Report struct {
	// Scenarios has a line for each scenario, in the order of the options.
	Scenarios []ScenarioReport
	// Runs, Steps and Failed are totals; Failed counts runs.
	Runs, Steps, Failed uint64
	// Moot counts the runs of which no progress was demanded; see sim.Result.Moot.
	Moot uint64
	// Failures has each way in which a scenario fails once, in the order of the
	// runs that show them.
	Failures []Failure
	// Unlisted is the number of further ways to fail, beyond the 100 that
	// Failures holds at the most.
	Unlisted int
	// Alike is the number of runs that failed in the same way in both executions of
	// Verify. They are no failures of its report, but Run shows them.
	Alike uint64
	// Arms are the strategies that decided the runs, those with the most runs first.
	Arms []Arm
	// Digest of all runs. With the strategy "feedback" there is none: Undigested is
	// set and Digest is 0, since a run depends on the ones before it.
	Digest     Digest
	Undigested bool
	// Elapsed is the wall-clock time.
	Elapsed time.Duration
	// Interrupted says that the context ended before the batch.
	Interrupted bool
	// Done is the number of runs of each scenario, from the shard's first, of which
	// none is missing: a batch that has been interrupted goes on from there.
	Done uint64
}

// ScenarioReport is the part of one scenario in a batch.
type ScenarioReport struct {
	Name                string
	Runs, Steps, Failed uint64
	Alike               uint64 // of Verify
	// Moot counts the runs of which no progress was demanded; see sim.Result.Moot. A
	// scenario that has many shows little of what its goal says.
	Moot      uint64
	Estimates sim.Estimates
	// Search is how far the search is, nil if the strategy is none.
	Search *sim.SearchReport
	// Feedback is what the runs have shown, those after the lowest failure included;
	// nil if the strategy is not "feedback".
	Feedback *sim.FeedbackReport
}

// maxWays bounds the failures of a report, each of which holds a history.
const maxWays = 100

// progressEvery is the time between two calls of Options.Progress.
const progressEvery = 200 * time.Millisecond

// Run executes a batch. Without KeepGoing it ends with the lowest failing run:
// runs below it that other workers are at are finished first, and runs above it
// do not count. The error is an *OptionError or a *PanicError. When ctx ends, Run
// returns what has been done.
func Run(ctx context.Context, o Options) (*Report, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	return newBatch(ctx, o, begin).run(begin)
}

// run executes the batch.
func (b *batch) run(begin time.Time) (*Report, error) {
	for range b.opt.Workers {
		b.startWorker()
	}
	m := newMerge(b)
	err := b.collect(m, begin)
	m.finish()
	if err == nil {
		err = m.err
	}
	if err != nil {
		return nil, err
	}
	m.report.Elapsed = time.Since(begin)
	m.report.Interrupted = b.ctx.Err() != nil
	return &m.report, nil
}

// collect takes in chunks until all workers have gone. Its error is that of the
// lowest run in which the harness panicked, like failures whatever the workers.
func (b *batch) collect(m *merge, begin time.Time) error {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	var err error
	lowest := uint64(math.MaxUint64)
	for b.live > 0 {
		select {
		case msg := <-b.messages:
			if msg.gone {
				b.live--
			}
			if c := msg.chunk; c != nil {
				if c.err != nil && c.errOrder < lowest {
					err, lowest = c.err, c.errOrder
				}
				m.add(c)
			}
		case <-tick.C:
			if b.opt.Progress != nil {
				b.opt.Progress(b.progress(begin))
			}
		}
	}
	return err
}

func (b *batch) progress(begin time.Time) Progress {
	p := Progress{
		Runs: b.runs.Load(), Steps: b.steps.Load(), Failures: b.failures.Load(),
		Elapsed: time.Since(begin), Budget: b.opt.For,
	}
	for i := range b.plans {
		if r := b.plans[i].feedbackReport(); r != nil {
			p.Classes += r.Classes
			p.Unseen += r.Unseen() / float64(len(b.plans))
		}
	}
	if b.opt.Runs != boundless {
		p.Planned = b.planned * uint64(len(b.plans))
	}
	return p
}

// merge puts chunks together in the total order of their runs. It belongs to the
// goroutine that runs the batch.
type merge struct {
	b       *batch
	report  Report
	pending map[uint64]*chunk // by job
	rang    uint64            // first range of numbers that is not merged
	arms    arms
	ended   bool        // a failure has ended the batch
	holed   bool        // a run is missing: report.Done grows no more
	ways    map[way]int // index in report.Failures, -1 if unlisted
	err     error
}

func newMerge(b *batch) *merge {
	m := &merge{b: b, pending: map[uint64]*chunk{}, ways: map[way]int{}}
	for i := range b.plans {
		m.report.Scenarios = append(m.report.Scenarios, ScenarioReport{Name: b.plans[i].scenario.Name})
	}
	return m
}

// add takes in a chunk and merges the ranges that are whole.
func (m *merge) add(c *chunk) {
	m.pending[c.job] = c
	for {
		cs := m.chunks(m.rang)
		if len(cs) < len(m.b.plans) || m.ended {
			return
		}
		m.merge(cs)
	}
}

// finish merges what is left when all workers have gone: ranges whose missing
// chunks are not needed.
func (m *merge) finish() {
	for len(m.pending) > 0 && !m.ended {
		m.merge(m.chunks(m.rang))
	}
	for i := range m.b.plans {
		m.report.Scenarios[i].Estimates = m.b.plans[i].estimates
		m.report.Scenarios[i].Search = m.b.plans[i].searchReport()
		m.report.Scenarios[i].Feedback = m.b.plans[i].feedbackReport()
		m.report.Undigested = m.report.Undigested || m.b.plans[i].coverage != nil
	}
	if m.report.Undigested {
		m.report.Digest = 0
	}
	m.report.Arms = m.arms.sorted()
}

// chunks returns the chunks of a range, in order of scenario.
func (m *merge) chunks(rang uint64) []*chunk {
	var cs []*chunk
	n := uint64(len(m.b.plans))
	for i := range n {
		if c := m.pending[rang*n+i]; c != nil {
			cs = append(cs, c)
		}
	}
	return cs
}

// merge merges the chunks of the first range that is not merged.
func (m *merge) merge(cs []*chunk) {
	limit := ^uint64(0)
	var fs []orderedFailure
	for _, c := range cs {
		delete(m.pending, c.job)
		for i := range c.failed {
			f := &c.failed[i]
			order := m.b.order(c.scenario, c.first+uint64(f.at))
			fs = append(fs, orderedFailure{order, c.scenario, f})
			if !m.b.opt.KeepGoing || f.full && f.failure.Result.Failure.Kind == sim.Stuck {
				limit = min(limit, order)
			}
		}
	}
	m.done(cs)
	m.rang++
	m.ended = limit != ^uint64(0)
	for _, c := range cs {
		m.count(c, limit)
	}
	slices.SortFunc(fs, func(x, y orderedFailure) int {
		if x.order < y.order {
			return -1
		}
		return 1
	})
	for _, f := range fs {
		if f.order <= limit {
			m.fail(f)
		}
	}
}

// done counts the runs of a range, up to the first that is missing.
func (m *merge) done(cs []*chunk) {
	if m.holed {
		return
	}
	first := m.rang * chunkRuns
	whole := min(first+chunkRuns, m.b.planned)
	least := whole
	for _, c := range cs {
		least = min(least, first+uint64(len(c.runs)))
	}
	if len(cs) < len(m.b.plans) {
		least = first
	}
	m.report.Done, m.holed = least, least < whole
}

type orderedFailure struct {
	order    uint64
	scenario int
	*failed
}

// count adds the runs of a chunk up to the limit.
func (m *merge) count(c *chunk, limit uint64) {
	s := &m.report.Scenarios[c.scenario]
	for i := range c.runs {
		if m.b.order(c.scenario, c.first+uint64(i)) > limit {
			return
		}
		r := &c.runs[i]
		if m.b.onRun != nil {
			m.b.onRun(c.scenario, c.first+uint64(i), r.digest)
		}
		m.report.Digest = m.report.Digest.Add(r.digest)
		m.arms.add(r.arm)
		m.report.Runs++
		m.report.Steps += r.steps
		s.Runs++
		s.Steps += r.steps
		if r.moot {
			m.report.Moot++
			s.Moot++
		}
	}
}

// fail adds a failed run: to its like, or as a new failure that is re-run first.
func (m *merge) fail(f orderedFailure) {
	m.report.Failed++
	m.report.Scenarios[f.scenario].Failed++
	w := way{f.scenario, f.failure.Key}
	if i, ok := m.ways[w]; ok {
		if i >= 0 {
			m.report.Failures[i].Count++
		}
		return
	}
	if len(m.report.Failures) == maxWays {
		m.ways[w] = -1
		m.report.Unlisted++
		return
	}
	if !f.full {
		panic("runner: a failed run came before the lower one that stands for it")
	}
	m.ways[w] = len(m.report.Failures)
	if err := m.b.confirm(&f.failure, f.scenario); err != nil && m.err == nil {
		m.err = err
	}
	if m.b.opt.OnFailure != nil {
		m.b.opt.OnFailure(&f.failure)
	}
	m.report.Failures = append(m.report.Failures, f.failure)
}
