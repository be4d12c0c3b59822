package shrink

import (
	"slices"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
	"github.com/collider-amqp/collider/sim/runner"
)

// The numbers of fresh schedules tried for a smaller parameter whose run passes
// with the recorded decisions: other parameters make other threads, which the
// decisions may not name.
const (
	schedulesAtMin   = 20
	schedulesBetween = 16
)

// params moves the parameters towards their minimum. With fresh, it also looks for
// other schedules under which the smaller run fails.
func (x *search) params(fresh bool) bool {
	changed := x.allMin(fresh)
	for again := true; again && !x.over(); {
		again = false
		for i := range x.s.Params {
			if x.param(i, fresh) {
				again, changed = true, true
			}
		}
		if fresh {
			break // what is left is tried again at the end, with the decisions alone
		}
	}
	return changed
}

// shrinks says whether a parameter may be made smaller.
func (x *search) shrinks(i int) bool {
	p := &x.s.Params[i]
	return p.Draw != sim.Fixed && x.best.params[i] > p.Min && !x.planned(i)
}

// allMin tries all parameters at their minimum.
func (x *search) allMin(fresh bool) bool {
	params := slices.Clone(x.best.params)
	n := 0
	for i := range params {
		if x.shrinks(i) {
			params[i] = x.s.Params[i].Min
			n++
		}
	}
	return n > 1 && x.tryParams(params, fresh, schedulesAtMin)
}

// param makes one parameter smaller: to its minimum, else by halves of the way
// there, at last by one.
func (x *search) param(i int, fresh bool) bool {
	if !x.shrinks(i) {
		return false
	}
	to := func(v int64, schedules int) bool {
		params := slices.Clone(x.best.params)
		params[i] = v
		return x.tryParams(params, fresh, schedules)
	}
	least := x.s.Params[i].Min
	if to(least, schedulesAtMin) {
		return true
	}
	changed := false
	for d := (x.best.params[i] - least) / 2; d > 0 && !x.over(); d /= 2 {
		for x.best.params[i]-d > least && to(x.best.params[i]-d, schedulesBetween) {
			changed = true
		}
	}
	return changed
}

// tryParams tries other parameters with the decisions of the best candidate, then
// with some fresh schedules.
func (x *search) tryParams(params []int64, fresh bool, schedules int) bool {
	c := x.best
	c.params = params
	return x.try(c) || fresh && x.trySchedules(c, schedules)
}

// trySchedules tries c with n schedules of their own.
func (x *search) trySchedules(c candidate, n int) bool {
	for i := 0; i < n && !x.over(); i++ {
		if x.tryFresh(c, uint64(i)) {
			return true
		}
	}
	return false
}

// tryFresh executes c with a schedule of its own.
func (x *search) tryFresh(c candidate, i uint64) bool {
	c.seed = choice.Derive(x.file.Seed, "shrink", i)
	r := x.play(sim.RunConfig{Seed: c.seed, Params: x.named(c.params), Plans: c.plans, Strategy: sim.Auto(), EarlyClock: x.earlyClock()})
	if x.err != nil || r.Failure == nil {
		return false
	}
	c.schedule = r.Schedule
	if x.file.Alike(r.Failure) {
		return x.try(c)
	}
	if !x.keys[runner.NewFailure(x.s, r).Key] {
		x.met(c, r)
	}
	return false
}

// earlyClock keeps the clock from moving early in fresh runs if it did not in the
// recorded one: such a move is a decision that a smaller run does not need.
func (x *search) earlyClock() float64 {
	if slices.ContainsFunc(x.best.schedule, func(g choice.Segment) bool { return g.Thread == choice.Clock }) {
		return 0
	}
	return -1
}
