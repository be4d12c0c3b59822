package shrink

import (
	"context"
	"slices"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
	"github.com/collider-amqp/collider/sim/runner"
)

// Explanation says why a run fails.
type Explanation struct {
	// Shrunk is the search for the minimal run, which is the one explained. AsItIs
	// says that there was none: the given run is explained.
	Shrunk *Result
	AsItIs bool
	// Steps are the Made steps of the minimal run, with source lines; then, up to
	// Known, what stood before the threads when the run ended; then what threads do
	// after that in runs that pass.
	Steps       []sim.TraceStep
	Made, Known int
	// Pairs are the order pairs that decide: the run does not fail in this way if
	// the second operation comes before the first. A pair whose flip brings with it
	// that of another one is left out; the closest pairs come first.
	Pairs []Pair
	// Tried is the number of pairs that could be flipped, Complete says that none
	// was left out.
	Tried    int
	Complete bool
	// Nearest is the passing run that parts from the failing one last, nil if none
	// was met.
	Nearest *Nearest
	// Replays is the number of runs executed, those of the search included.
	Replays int
}

// Pair is two operations of different threads on one object, of which at least one
// may change it.
type Pair struct {
	// First and Second are indices of Steps.
	First, Second int
	// Other is how the flipped run fails otherwise, nil if it passes.
	Other *sim.Failure
}

// Nearest is a run that passes and is much like the failing one.
type Nearest struct {
	// At is the index in Steps of the first step that it makes otherwise.
	At int
	// Instead is the step that it makes there.
	Instead sim.TraceStep
}

// Explain shrinks the run of a file and finds out what makes the result fail. Its
// errors are those of Run. If a run did not repeat itself, only Shrunk is set.
func Explain(ctx context.Context, s *sim.Scenario, f *runner.File, o Options) (*Explanation, error) {
	x, err := newSearch(ctx, s, f, o)
	if err != nil {
		return nil, err
	}
	defer x.player.Close()
	if err := x.first(); err != nil {
		return nil, err
	}
	before := x.size()
	if !o.AsItIs {
		x.shrink()
	}
	e := &Explanation{AsItIs: o.AsItIs}
	if x.err == nil && x.divergent == nil && x.run.Failure.Kind != sim.Stuck {
		x.o.Replays, x.o.Time = x.replays+x.o.Replays, time.Since(x.begun)+x.o.Time // as much again
		x.explain(e)
	}
	if x.err != nil {
		return nil, x.err
	}
	e.Shrunk, e.Replays = x.result(before), x.replays
	return e, nil
}

// The bounds of a brief explanation: its time, for the search and again for the
// flips, the steps of all its runs, those of the run that it is about, and the
// decisions that a run may have to be explained as it is.
const (
	briefTime      = 4 * time.Second
	briefWork      = 20_000_000
	briefSteps     = 50_000
	briefDecisions = 10
)

// Brief returns options for an explanation that is made in passing, of the run of a
// file, which has so many steps. A run that takes few decisions, as a smaller one
// that Run has found does, is explained as it is. The replays are bounded so that on
// most machines the time is not what ends the search: equal runs then get equal
// explanations. ok is false if the run is too long for it.
func Brief(f *runner.File, steps uint64, watchdog time.Duration) (o Options, ok bool) {
	if steps > briefSteps {
		return Options{}, false
	}
	return Options{
		Replays: int(briefWork / max(steps, 1_000)), Time: briefTime, Watchdog: watchdog,
		AsItIs: decisions(choice.Schedule(f.Segments)) <= briefDecisions,
	}, true
}

// explain flips the pairs of the best run.
func (x *search) explain(e *Explanation) {
	trace := &sim.Trace{Locate: true}
	moves := clockMoves(x.traced(x.best.schedule, trace).Schedule)
	e.Steps = append(slices.Clone(trace.Steps), trace.Pending...)
	e.Made, e.Known = len(trace.Steps), len(e.Steps)
	made := map[string]uint64{}
	for _, g := range trace.Steps {
		made[g.Thread]++
	}
	x.look(e, made)
	e.Complete = true
	defer e.tighten()
	flipped := &sim.Trace{}
	for _, p := range pairs(e.Steps, e.Made) {
		if x.over() {
			e.Complete = false
			return
		}
		n := uint64(1)
		if second := &e.Steps[p.Second]; p.Second >= e.Made {
			n = second.Nth - made[second.Thread]
		}
		r := x.traced(flip(e.Steps, e.Made, moves, p, n), flipped)
		if !isFlipped(flipped.Steps, e.Steps[p.First], e.Steps[p.Second]) {
			continue // the program forbids it
		}
		e.Tried++
		if x.file.Alike(r.Failure) {
			continue
		}
		p.Other = r.Failure
		e.Pairs = append(e.Pairs, p)
		e.near(r, flipped.Steps)
	}
}

// tighten drops the pairs that contain another one: a thread that waits from an
// earlier step on, or for a later one, waits in between, too.
func (e *Explanation) tighten() {
	all := slices.Clone(e.Pairs)
	e.Pairs = slices.DeleteFunc(e.Pairs, func(p Pair) bool {
		return slices.ContainsFunc(all, func(q Pair) bool {
			return (q.First != p.First || q.Second != p.Second) && q.First >= p.First && q.Second <= p.Second &&
				e.Steps[q.First].Thread == e.Steps[p.First].Thread
		})
	})
	slices.SortStableFunc(e.Pairs, func(p, q Pair) int { return p.Second - p.First - q.Second + q.First })
}

// lookahead bounds the steps of each thread beyond the end of the failing run that
// are looked at.
const lookahead = 8

// look makes the runs without one of the decisions each: those that pass tell what
// the threads would have done after the failure, and how near they are.
func (x *search) look(e *Explanation, made map[string]uint64) {
	trace := &sim.Trace{Locate: true}
	known := map[string]uint64{}
	for _, g := range e.Steps {
		known[g.Thread] = max(known[g.Thread], g.Nth)
	}
	for i := len(x.best.schedule) - 1; i >= 0 && !x.over(); i-- {
		if x.best.schedule[i].Thread == choice.Free {
			continue
		}
		r := x.traced(slices.Delete(slices.Clone(x.best.schedule), i, i+1), trace)
		if r.Failure != nil {
			continue
		}
		e.near(r, trace.Steps)
		for _, g := range trace.Steps {
			if n := known[g.Thread]; g.Nth == n+1 && g.Nth <= made[g.Thread]+lookahead {
				known[g.Thread]++
				e.Steps = append(e.Steps, g)
			}
		}
	}
}

// near takes a run as the nearest passing one if it passes and parts later than
// the one before.
func (e *Explanation) near(r sim.Result, steps []sim.TraceStep) {
	at := parting(e.Steps[:e.Made], steps)
	if r.Failure == nil && at < len(steps) && at < e.Made && (e.Nearest == nil || at > e.Nearest.At) {
		e.Nearest = &Nearest{At: at, Instead: steps[at]}
	}
}

// traced replays a schedule with the parameters of the best run.
func (x *search) traced(s choice.Schedule, trace *sim.Trace) sim.Result {
	cfg := x.config(x.best)
	cfg.Strategy = sim.ReplayTraced(s, trace)
	return x.play(cfg)
}

// pairs returns, for each step, the last earlier reading and the last earlier
// changing step of each other thread that it conflicts with, the latest first. Of
// the steps, the first done were made; pairs of two others are none.
func pairs(steps []sim.TraceStep, done int) []Pair {
	var out []Pair
	for j := len(steps) - 1; j > 0; j-- {
		b := &steps[j]
		if b.Op.Object == 0 {
			continue
		}
		type seen struct {
			thread string
			write  bool
		}
		met := map[seen]bool{}
		for i := min(j, done) - 1; i >= 0; i-- {
			a := &steps[i]
			k := seen{a.Thread, a.Op.Write}
			if a.Thread == b.Thread || !a.Op.Races(b.Op) || met[k] || commute(a.Op, b.Op) {
				continue
			}
			met[k] = true
			out = append(out, Pair{First: i, Second: j})
		}
	}
	return out
}

// commute says whether the order of two operations on one object is no matter, or
// not theirs to decide: that of an unlock is its lock's.
func commute(a, b sim.Op) bool {
	return follows(a.Kind) || follows(b.Kind) || a.Kind == sim.OpAdd && b.Kind == sim.OpAdd
}

// follows says whether the place of an operation is that of an earlier one.
func follows(k sim.OpKind) bool {
	return k == sim.OpResume || k == sim.OpUnlock || k == sim.OpRUnlock
}

// section returns the index of the step that ends the critical section which step i
// begins, i if it begins none or does not end it.
func section(steps []sim.TraceStep, done, i int) int {
	g := &steps[i]
	if g.Op.Kind != sim.OpLock && g.Op.Kind != sim.OpRLock {
		return i
	}
	for j := i + 1; j < done; j++ {
		if h := &steps[j]; h.Thread == g.Thread && h.Op.Object == g.Op.Object && (h.Op.Kind == sim.OpUnlock || h.Op.Kind == sim.OpRUnlock) {
			return j
		}
	}
	return i
}

// clockMoves returns how often the clock moved early before each step that had
// such moves before it, by the step's index.
func clockMoves(did choice.Schedule) map[int]uint64 {
	moves := map[int]uint64{}
	at := 0
	for _, g := range did {
		switch {
		case g.Thread == choice.Clock:
			moves[at] += g.Steps
		case g.Makes():
			at += int(g.Steps)
		}
	}
	return moves
}

// flip returns the schedule in which the thread of the pair's first step waits
// before it until the second one has been made, with the critical section that it
// begins; the others go as they went.
// The second one may be the n-th of its thread after the end.
func flip(steps []sim.TraceStep, done int, moves map[int]uint64, p Pair, n uint64) choice.Schedule {
	var out choice.Schedule
	first, end := steps[p.First].Thread, min(p.Second, done)
	add := func(from, to int, which func(thread string) bool) {
		for i := from; i < to; i++ {
			if !which(steps[i].Thread) {
				continue
			}
			out = append(out, choice.Segment{Thread: choice.Clock, Steps: moves[i]}, choice.Segment{Thread: steps[i].Thread, Steps: 1})
		}
	}
	second := steps[p.Second].Thread
	last := section(steps, done, p.Second)
	all := func(string) bool { return true }
	add(0, p.First, all)
	add(p.First, end, func(thread string) bool { return thread != first })
	out = append(out, choice.Segment{Thread: second, Steps: n})
	add(p.Second+1, last+1, func(thread string) bool { return thread == second })
	add(p.First, end, func(thread string) bool { return thread == first })
	add(p.Second+1, last+1, func(thread string) bool { return thread != second })
	add(last+1, done, all)
	return coalesce(out)
}

// isFlipped says whether b came before a, or came and a did not.
func isFlipped(steps []sim.TraceStep, a, b sim.TraceStep) bool {
	for i := range steps {
		switch {
		case same(&steps[i], &a):
			return false
		case same(&steps[i], &b):
			return true
		}
	}
	return false
}

// same says whether two steps of different runs are the same one.
func same(a, b *sim.TraceStep) bool {
	return a.Thread == b.Thread && a.Nth == b.Nth && a.Op.Kind == b.Op.Kind && a.Object == b.Object
}

// parting is the index of the first step in which two runs differ.
func parting(a, b []sim.TraceStep) int {
	n := 0
	for n < len(a) && n < len(b) && same(&a[n], &b[n]) {
		n++
	}
	return n
}
