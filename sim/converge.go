package sim

import (
	"fmt"
	"time"
)

// Goal is what a run must reach in its second phase. In the first one faults are
// unrestricted, and nothing but safety can be judged: a program may wait for as long
// as it is hindered. Then the scenario heals what the program needs, calls
// World.Converge, and from there on has a right to progress.
type Goal struct {
	// Rule and What are those of World.Expect: What is a sentence on what has to
	// happen.
	Rule, What string
	// Steps is how many the run may make until then. Zero or less means 50 000.
	Steps int64
	// Time is how much virtual time may pass until then while no thread can run.
	// Time that the clock jumps over although threads can run does not count: it
	// is the schedule's doing. Zero or less means any.
	Time time.Duration
	// Reachable says why the goal could not be reached, nil if it could: the
	// justification without which a run that misses it is not called broken. It is
	// asked when the run has ended, its threads have been unwound, and the goal was
	// missed; it must not use the World. Nil means always.
	Reachable func() error

	_ struct{}
}

const defaultGoalSteps = 50_000

// goal is a Goal in force.
type goal struct {
	Goal
	lift func() // of the expectation
	met  bool
	at   uint64        // step by which it must be met
	to   time.Duration // time by which
	fair bool          // a replay that has left its record has been made fair
}

// Converge begins the second phase of a run: from the caller's next choice point on
// the schedule is fair, so that no runnable thread waits for ever, and the goal must
// be met within its budgets, else the run fails with kind Liveness and the goal's
// rule; by a deadlock, a livelock or a leak before met is called it fails with that
// kind and the same rule. The clock moves less and less often while threads can run, so
// that no time-out of the program is too short for ever. Met lifts the demand; the
// schedule stays fair. A run whose goal was not
// Reachable is judged by Scenario.Check alone, and Result.Moot says why. A second goal takes the place of the
// first. Neither Converge nor met is a choice point.
//
//	net.HealCore(core...)
//	met := w.Converge(sim.Goal{Rule: "LIVE-1", What: "each client of the core gets its answer"})
//	done.Wait()
//	met()
//
//go:norace
func (w *World) Converge(g Goal) (met func()) {
	if w.outside() {
		g.Rule, g.What = privateString(g.Rule), privateString(g.What)
		return ask(w, func() func() { return w.Converge(g) })
	}
	w.mustLive()
	w.thread()
	l := &w.limits
	if g.Steps <= 0 {
		g.Steps = defaultGoalSteps
	}
	x := &goal{Goal: g}
	x.restart(w)
	l.goal = x
	l.budget = max(l.budget, x.at+l.steps/2)
	switch {
	case w.hooks.replay != nil && !l.fair: // it follows the fair schedule of its record
	case l.fair:
		w.clock.makePatient()
	default:
		l.fairAt = w.steps
	}
	w.trap = 0
	e := w.Expect(g.Rule, g.What)
	x.lift = e
	return x.meet
}

//go:norace
func (x *goal) meet() {
	x.met = true
	x.lift()
}

// restart counts the budgets from here.
func (x *goal) restart(w *World) {
	x.at = w.steps + uint64(x.Steps)
	x.to = plus(w.clock.now, x.Time)
	if x.Time <= 0 {
		x.to = maxTime
	}
}

// open says whether there is a goal that has not been met.
func (x *goal) open() bool { return x != nil && !x.met }

// excuse lets time pass that does not count.
func (x *goal) excuse(d time.Duration) {
	if x.open() {
		x.to = plus(x.to, d)
	}
}

// overdue says whether the goal has been missed when the run has made its steps. A
// replay that has left its record gets them once more, of a fair schedule: what it
// did by default proves nothing.
func (w *World) overdue() bool {
	l := &w.limits
	x, r := l.goal, w.hooks.replay
	if !x.open() || w.steps < x.at {
		return false
	}
	if r == nil || w.steps == r.followed || x.fair {
		return true
	}
	x.fair = true
	x.restart(w)
	l.budget = max(l.budget, x.at+1)
	if !l.fair {
		l.fair, l.fairAt = true, w.steps
		w.useFair()
	}
	return false
}

// late says whether the goal will have been missed when the clock shows to.
func (w *World) late(to time.Duration) bool {
	x := w.limits.goal
	return x.open() && to > x.to
}

func (w *World) goalFailure() *Failure {
	x := w.limits.goal
	f := &Failure{Kind: Liveness, Rule: x.Rule, Message: fmt.Sprintf(
		"expected that %s: not within %d steps of a fair schedule", x.What, x.Steps)}
	if x.Time > 0 {
		f.Message += fmt.Sprintf(" and %v of idle time", x.Time)
	}
	w.listThreads(f)
	return f
}

// justify takes a failure back that says that a goal was missed which could not be
// reached.
func (w *World) justify() {
	x, f := w.limits.goal, w.verdict.failure
	if !x.open() || f == nil || f.Rule != x.Rule || x.Reachable == nil {
		return
	}
	switch f.Kind {
	case Liveness, Deadlock, Livelock, Leak:
		if err := x.Reachable(); err != nil {
			w.verdict.failure, w.verdict.moot = nil, err.Error()
		}
	}
}
