package shrink

import (
	"slices"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
)

// coalesce joins neighbouring segments of one thread and drops empty ones.
func coalesce(s choice.Schedule) choice.Schedule {
	out := make(choice.Schedule, 0, len(s))
	for _, g := range s {
		switch n := len(out); {
		case g.Steps == 0:
		case n > 0 && out[n-1].Thread == g.Thread && g.Thread != choice.Case:
			out[n-1].Steps += g.Steps
		default:
			out = append(out, g)
		}
	}
	return out
}

// followed returns the part of a plan that a run has followed, given what the run
// did: without what was skipped, and without a free end. It makes the same run.
func followed(plan, did choice.Schedule) choice.Schedule {
	out := make(choice.Schedule, 0, len(plan))
	at, used := 0, uint64(0)
	for _, g := range plan {
		left := g.Steps
		for left > 0 && at < len(did) && did[at].Steps > 0 && fits(g.Thread, did[at].Thread) {
			n := min(left, did[at].Steps-used)
			left -= n
			if used += n; used == did[at].Steps {
				at, used = at+1, 0
			}
		}
		out = append(out, choice.Segment{Thread: g.Thread, Steps: g.Steps - left})
	}
	return trim(coalesce(out))
}

// fits says whether a step of a thread follows a segment of the plan.
func fits(planned, did string) bool {
	_, holds := choice.Held(planned)
	return planned == did || (planned == choice.Free || holds) && did != choice.Clock && did != choice.Case
}

// trim removes a free end, which is what a replay does anyway.
func trim(s choice.Schedule) choice.Schedule {
	if n := len(s); n > 0 && s[n-1].Thread == choice.Free {
		return s[:n-1]
	}
	return s
}

// free returns the schedule that tells a run only where it does not go on by
// default.
func free(did choice.Schedule, steps []sim.TraceStep) choice.Schedule {
	var out choice.Schedule
	at := 0
	for _, g := range did {
		if !g.Makes() {
			out = append(out, g)
			continue
		}
		for range g.Steps {
			if at == len(steps) {
				return trim(coalesce(out)) // a fair end, which nothing records
			}
			name := g.Thread
			if steps[at].Default {
				name = choice.Free
			}
			out = append(out, choice.Segment{Thread: name, Steps: 1})
			at++
		}
	}
	return trim(coalesce(out))
}

// release leaves all steps free that the best run makes by default anyway.
func (x *search) release() bool {
	if x.over() {
		return false
	}
	x.free = true
	trace := &sim.Trace{}
	cfg := x.config(x.best)
	cfg.Strategy = sim.ReplayTraced(x.best.schedule, trace)
	r := x.play(cfg)
	if x.err != nil || r.Failure == nil {
		return false
	}
	s := free(r.Schedule, trace.Steps)
	return less(s, x.best.schedule) && x.trySchedule(s)
}

// coarse removes what can be removed at once: the end, threads, large chunks.
func (x *search) coarse() {
	x.prefix()
	x.threads()
	for size := len(x.best.schedule) / 2; size > 1 && !x.over(); size /= 2 {
		x.chunks(size)
	}
}

// fine makes all small changes until none helps. It reports whether any did.
func (x *search) fine() bool {
	changed := false
	for again := true; again && !x.over(); {
		again = x.chunks(1)
		again = x.merge() || again
		again = x.shorten() || again
		again = again || x.swap()
		changed = changed || again
	}
	return changed
}

// trySchedule tries other decisions.
func (x *search) trySchedule(s choice.Schedule) bool {
	c := x.best
	c.schedule = s
	return x.try(c)
}

// prefix looks for a short prefix of the decisions that is enough.
func (x *search) prefix() {
	for lo, hi := 0, len(x.best.schedule); lo < hi && !x.over(); {
		mid := (lo + hi) / 2
		if mid < len(x.best.schedule) && x.trySchedule(x.best.schedule[:mid]) {
			hi = min(mid, len(x.best.schedule))
		} else {
			lo = mid + 1
		}
	}
}

// threads removes all decisions for one thread, or for the clock.
func (x *search) threads() {
	var names []string
	for _, g := range x.best.schedule {
		if !slices.Contains(names, g.Thread) {
			names = append(names, g.Thread)
		}
	}
	for _, name := range slices.Backward(names) {
		rest := slices.DeleteFunc(slices.Clone(x.best.schedule), func(g choice.Segment) bool { return g.Thread == name })
		if len(rest) < len(x.best.schedule) {
			x.trySchedule(rest)
		}
	}
}

// tryFree leaves the steps of segments i to j free, so that the following ones stay
// where they are.
func (x *search) tryFree(i, j int) bool {
	s := slices.Clone(x.best.schedule)
	if !x.free || j > len(s) {
		return false
	}
	for k := i; k < j; k++ {
		if !s[k].Makes() {
			s[k].Steps = 0
		}
		s[k].Thread = choice.Free
	}
	if s = coalesce(s); !less(s, x.best.schedule) {
		return false
	}
	return x.trySchedule(s)
}

// chunks removes each run of size segments that is not needed, from the end, or
// leaves it free.
func (x *search) chunks(size int) bool {
	changed := false
	for i := len(x.best.schedule) - size; i >= 0 && !x.over(); {
		if x.trySchedule(slices.Delete(slices.Clone(x.best.schedule), i, i+size)) {
			changed = true
			i = min(i, len(x.best.schedule)-size)
			continue
		}
		if x.tryFree(i, i+size) {
			changed = true
		}
		if i == 0 {
			break
		}
		i = max(0, i-size)
	}
	return changed
}

// merge gives the steps of a segment to the next one of its thread, or the other
// way round.
func (x *search) merge() bool {
	changed := false
	for i := 0; i < len(x.best.schedule) && !x.over(); i++ {
		for x.mergeAt(i) {
			changed = true
		}
	}
	return changed
}

func (x *search) mergeAt(i int) bool {
	s := x.best.schedule
	if i >= len(s) {
		return false
	}
	j := i + 1
	for j < len(s) && s[j].Thread != s[i].Thread {
		j++
	}
	if x.hoist(i) {
		return true
	}
	if j >= len(s) || s[i].Thread == choice.Free || s[i].Thread == choice.Case {
		return false
	}
	early, late := slices.Clone(s), slices.Clone(s)
	early[i].Steps, early[j].Steps = s[i].Steps+s[j].Steps, 0
	late[j].Steps, late[i].Steps = s[i].Steps+s[j].Steps, 0
	return x.trySchedule(early) || x.trySchedule(late)
}

// hoist removes a segment and gives its steps to the free ones before it.
func (x *search) hoist(i int) bool {
	s := slices.Clone(x.best.schedule)
	if s[i].Thread == choice.Free || !s[i].Makes() {
		return false
	}
	for k := i - 1; k >= 0; k-- {
		if s[k].Thread == choice.Free {
			s[k].Steps += s[i].Steps
			return x.trySchedule(slices.Delete(s, i, i+1))
		}
	}
	return false
}

// shorten takes steps from each segment: all but one, then half as many, at last
// one.
func (x *search) shorten() bool {
	changed := false
	for i := len(x.best.schedule) - 1; i >= 0 && !x.over(); i-- {
		if x.best.schedule[i].Thread == choice.Free {
			continue // its steps decide nothing
		}
		for d := x.best.schedule[i].Steps - 1; d > 0 && !x.over(); {
			s := slices.Clone(x.best.schedule)
			s[i].Steps -= d
			if !x.trySchedule(s) {
				d /= 2
				continue
			}
			changed = true
			if len(x.best.schedule) != len(s) {
				return true // other segments now stand there
			}
			d = min(d, x.best.schedule[i].Steps-1)
		}
	}
	return changed
}

// maxSwapped bounds the schedules on which swap is tried: it needs about the square
// of their length in replays.
const maxSwapped = 12

// swap exchanges two neighbours and removes some segment at once: alone, an
// exchange makes nothing smaller, but it may make another decision needless.
func (x *search) swap() bool {
	n := len(x.best.schedule)
	if n > maxSwapped {
		return false
	}
	for i := n - 2; i >= 0; i-- {
		for j := n - 1; j >= 0; j-- {
			s := slices.Clone(x.best.schedule)
			s[i], s[i+1] = s[i+1], s[i]
			if x.trySchedule(slices.Delete(s, j, j+1)) {
				return true
			}
		}
	}
	return false
}
