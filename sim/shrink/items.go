package shrink

import (
	"slices"
	"strings"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/runner"
)

// items takes faults and pieces of work out of the plans that the best run had, by
// delta debugging. With fresh, it also looks for other schedules under which the
// smaller run fails. It reports whether an item is gone.
func (x *search) items(fresh bool) bool {
	changed := false
	for _, kind := range []sim.PlanKind{sim.Faults, sim.Work} {
		for size := len(x.run.Plans[kind]); size > 0 && !x.over(); size /= 2 {
			changed = x.itemChunks(kind, size, fresh) || changed
		}
	}
	return changed
}

// itemChunks removes each run of size items that is not needed, from the end.
func (x *search) itemChunks(kind sim.PlanKind, size int, fresh bool) bool {
	changed := false
	for end := len(x.run.Plans[kind]); end > 0 && !x.over(); end = min(end-size, len(x.run.Plans[kind])) {
		plans := x.run.Plans
		plans[kind] = slices.Delete(slices.Clone(plans[kind]), max(0, end-size), end)
		changed = x.tryPlans(plans, fresh) || changed
	}
	return changed
}

// tryPlans tries other plans with the decisions of the best candidate, then with
// some fresh schedules.
func (x *search) tryPlans(plans sim.Plans, fresh bool) bool {
	c := x.best
	c.plans = plans
	return x.try(c) || fresh && x.trySchedules(c, schedulesBetween)
}

// planned says whether the parameter at i draws a plan that is now a list with items
// of it: it decides nothing any more, and tells where they came from. By convention
// the plan's purpose is the parameter's name without its prefix. Other parameters of
// faults, as the drift of clocks, go on to decide.
func (x *search) planned(i int) bool {
	purpose, fault := strings.CutPrefix(x.s.Params[i].Name, runner.FaultPrefix)
	return fault && slices.ContainsFunc(x.best.plans[sim.Faults], func(item string) bool {
		return strings.HasPrefix(item, purpose+": ")
	})
}
