package runner

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// batch is the state that the workers of one Run share. Runs have a total order:
// by number in the batch, then by scenario. Workers take chunks in that order,
// and the runs above the bound, which is the lowest failure so far, are not
// needed.
type batch struct {
	opt      Options
	plans    []plan
	planned  uint64 // runs of each scenario in this shard
	deadline deadline
	ctx      context.Context

	next     atomic.Uint64 // job
	bound    atomic.Uint64
	runs     atomic.Uint64
	steps    atomic.Uint64
	failures atomic.Uint64

	mu   sync.Mutex
	seen map[way]uint64 // lowest order

	// onRun, if set, is told of each run that counts, by the goroutine that runs
	// the batch.
	onRun func(scenario int, j uint64, d Digest)

	// unconfirmed says that failures are not re-run.
	unconfirmed bool
	procs       int // GOMAXPROCS of the program, if it has been changed

	messages chan message
	live     int // workers; of the goroutine that runs the batch
}

func newBatch(ctx context.Context, o Options, begin time.Time) *batch {
	b := &batch{
		opt: o, ctx: ctx, planned: o.planned(),
		plans:    make([]plan, len(o.Scenarios)),
		seen:     map[way]uint64{},
		messages: make(chan message, 4*o.Workers),
	}
	for i, s := range o.Scenarios {
		b.plans[i].scenario, b.plans[i].name = s, nameDigest(s)
		b.plans[i].params = fixParams(s, o.Params, o.Faults, o.Defaults)
		b.plans[i].search, _ = newSearch(o.Strategy)
		if newFeedback(o.Strategy) != nil {
			b.plans[i].coverage = newCoverage()
		}
	}
	if o.For > 0 {
		b.deadline.at = begin.Add(o.For)
	}
	b.bound.Store(math.MaxUint64)
	return b
}

// order returns the place of a run in the total order.
func (b *batch) order(scenario int, j uint64) uint64 {
	return b.opt.index(j)*uint64(len(b.plans)) + uint64(scenario)
}

// lower lowers the bound to order.
func (b *batch) lower(order uint64) {
	for {
		old := b.bound.Load()
		if old <= order || b.bound.CompareAndSwap(old, order) {
			return
		}
	}
}

// way is a way to fail: a scenario and the key of its failure.
type way struct {
	scenario int
	key      string
}

// firstOf reports whether no lower run is known to have failed in this way.
func (b *batch) firstOf(w way, order uint64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if old, ok := b.seen[w]; ok && old < order {
		return false
	}
	b.seen[w] = order
	return true
}

// take returns the next chunk, nil if no more is needed.
func (b *batch) take() *chunk {
	job := b.next.Add(1) - 1
	n := uint64(len(b.plans))
	c := &chunk{job: job, scenario: int(job % n), first: job / n * chunkRuns}
	if c.first >= b.planned || b.searched() || !b.want(c.scenario, c.first) {
		return nil
	}
	return c
}

// want reports whether the run is needed: it is not above the bound, and there
// is time left, unless it may be the lowest failure or is the first of its scenario:
// a batch without runs would pass by checking nothing.
func (b *batch) want(scenario int, j uint64) bool {
	bound := b.bound.Load()
	if b.order(scenario, j) > bound {
		return false
	}
	if b.ctx.Err() != nil {
		return false
	}
	return bound != math.MaxUint64 || j == 0 || !b.deadline.passed()
}
