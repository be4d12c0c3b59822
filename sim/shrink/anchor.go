package shrink

import "github.com/collider-amqp/collider/sim/choice"

// A long schedule is often a short race at the end of a conversation that could
// have gone otherwise: no single decision of the conversation can be removed,
// because what follows would come at another time. anchor removes them all and
// looks for the time at which the race then begins.

// enoughDecisions is what a result should have at most; for fewer, anchor does not
// try.
const enoughDecisions = 5

// maxTail bounds the segments that anchor keeps.
const maxTail = 16

// anchor replaces all but the last segments by free steps, as many as it takes.
func (x *search) anchor() bool {
	if decisions(x.best.schedule) <= enoughDecisions {
		return false
	}
	s := x.best.schedule
	for kept := 1; kept <= min(maxTail, len(s)-2); kept++ {
		tail := s[len(s)-kept:]
		if tail[0].Thread == choice.Free || decisions(tail) >= decisions(s) {
			continue
		}
		for steps := x.run.Steps; steps > 0 && !x.over(); steps-- {
			if x.trySchedule(append(choice.Schedule{{Thread: choice.Free, Steps: steps}}, tail...)) {
				return true
			}
		}
	}
	return false
}
