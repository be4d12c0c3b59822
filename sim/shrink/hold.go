package shrink

import (
	"slices"

	"github.com/collider-amqp/collider/sim/choice"
)

// A bug may need one thread to be late, and nothing else: by decisions that say who
// goes, that takes one for each thread that it lets pass. hold looks for a thread
// that, held back from the start, is enough by itself.

// hold replaces all decisions by one that holds a thread back.
func (x *search) hold() bool {
	if decisions(x.best.schedule) <= enoughDecisions {
		return false
	}
	var names []string
	for _, g := range x.run.Schedule {
		if g.Makes() && !slices.Contains(names, g.Thread) {
			names = append(names, g.Thread)
		}
	}
	for _, name := range names {
		if x.trySchedule(choice.Schedule{{Thread: choice.Without(name), Steps: x.run.Steps}}) {
			return true
		}
	}
	return false
}

// settled is how many steps settle looks ahead.
const settled = 8

// settle moves decisions that interrupt a thread to where it stops by itself: it
// makes the free steps before one more, for fewer changes of thread from one that
// could go on.
func (x *search) settle() bool {
	if x.run.Preempts < 2 {
		return false
	}
	for i := range x.best.schedule {
		if x.best.schedule[i].Thread != choice.Free {
			continue
		}
		for d := uint64(1); d <= settled && !x.over(); d++ {
			c := x.best
			c.schedule = slices.Clone(c.schedule)
			c.schedule[i].Steps += d
			r := x.play(x.config(c))
			if x.err == nil && x.file.Alike(r.Failure) && r.Preempts < x.run.Preempts && x.confirm(c, r) {
				return true
			}
		}
	}
	return false
}
