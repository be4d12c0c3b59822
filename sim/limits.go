package sim

import "time"

// The limits of a run that a scenario does not set.
const (
	defaultSteps      = 100_000
	defaultDrainSteps = 10_000
	defaultDrainTime  = time.Minute
)

// limits are the steps and times at which the kernel intervenes.
type limits struct {
	steps   uint64        // of the run, as the scenario or the caller wants it
	budget  uint64        // the same; a replay may need more
	fairAt  uint64        // from here on the schedule is fair
	unfair  uint64        // length of the stretch before
	fair    bool          // it is fair
	late    bool          // the budget of a replay has been extended for good
	starve  uint64        // longest time, in steps, that a runnable thread waits; 0 = any
	scanAt  uint64        // next search for a starved thread
	time    time.Duration // of the run, 0 = any
	drain   Drain
	drainAt uint64 // step at which the drain ends; 0 = main has not returned
	drainTo time.Duration
	goal    *goal // of the second phase; nil: there is none
	watched bool  // somebody wants to know each step
}

func (l *limits) set(s *Scenario, cfg *RunConfig) {
	*l = limits{budget: s.Steps, time: s.Time, drain: s.Drain, starve: cfg.Starvation}
	if cfg.Steps != 0 {
		l.budget = cfg.Steps
	}
	if l.budget == 0 {
		l.budget = defaultSteps
	}
	if l.drain.Steps == 0 {
		l.drain.Steps = defaultDrainSteps
	}
	if l.drain.Time == 0 {
		l.drain.Time = defaultDrainTime
	}
	l.steps = l.budget
	l.fairAt = l.budget / 2
	if k := cfg.Estimates.Steps; k != 0 {
		l.fairAt = min(l.fairAt, 4*k+1000)
	}
	l.unfair = l.fairAt
	if l.starve != 0 {
		l.scanAt = l.starve
	}
}

// next is the step at which the kernel intervenes next.
func (l *limits) next() uint64 {
	if l.watched {
		return 0
	}
	n := l.budget
	if !l.fair {
		n = min(n, l.fairAt)
	}
	if l.scanAt != 0 {
		n = min(n, l.scanAt)
	}
	if l.drainAt != 0 {
		n = min(n, l.drainAt)
	}
	if l.goal.open() {
		n = min(n, l.goal.at)
	}
	return n
}

// attend does what is due at this step. It may return a thread that is to run
// next, and it may end the run.
func (w *World) attend(last *Thread) (forced *Thread) {
	w.answerWatchdog(last)
	if len(w.dying) != 0 {
		w.bury()
	}
	l := &w.limits
	if l.watched {
		w.tapArrival(last)
	}
	switch {
	case w.over:
		return nil
	case l.drainAt != 0 && w.steps >= l.drainAt:
		w.end(w.leakFailure())
		return nil
	case w.overdue():
		w.end(w.goalFailure())
		return nil
	case w.steps >= l.budget && !w.extended():
		w.end(w.budgetFailure())
		return nil
	}
	if !l.fair && w.steps >= l.fairAt {
		w.makeFair()
	}
	if l.scanAt != 0 && w.steps >= l.scanAt {
		forced = w.starved()
		l.scanAt = w.steps + max(1, l.starve/2)
	}
	w.trap = l.next()
	return forced
}

// makeFair replaces the strategy by one that lets no runnable thread wait for
// ever, so that a budget used up is the program's fault and not the schedule's. A
// replay gets the same number of steps after its record's end first.
func (w *World) makeFair() {
	l := &w.limits
	if r := w.hooks.replay; r != nil {
		from := w.steps + l.unfair
		if r.current() == nil {
			from = r.followed + l.unfair
		}
		if w.steps < from {
			l.fairAt = from
			return
		}
	}
	l.fair, l.fairAt = true, w.steps
	w.useFair()
}

// extended says whether a replay that has made steps beyond its record may go on,
// so that it fails by its budget after a fair stretch only.
func (w *World) extended() bool {
	l, r := &w.limits, w.hooks.replay
	if r == nil || w.steps == r.followed || l.late {
		return false
	}
	if !l.fair {
		l.budget = l.fairAt + l.steps/2
		return true
	}
	l.late = true
	l.budget = max(l.budget, l.fairAt+l.steps/2)
	return w.steps < l.budget
}

// starved returns the runnable thread that has waited longest, if too long.
func (w *World) starved() *Thread {
	var worst *Thread
	longest := w.limits.starve
	for _, t := range w.run {
		if wait := w.steps - max(t.lastRun, t.since); wait > longest {
			worst, longest = t, wait
		}
	}
	return worst
}

// startDrain is called when main has returned and other threads are left.
func (w *World) startDrain() {
	l := &w.limits
	l.drainAt = w.steps + l.drain.Steps
	l.drainTo = w.clock.now + l.drain.Time
	w.trap = min(w.trap, l.next())
}

// drained says whether the threads left behind by main have had the virtual time
// that they are given.
func (w *World) drained(to time.Duration) bool {
	return w.limits.drainAt != 0 && to > w.limits.drainTo
}
