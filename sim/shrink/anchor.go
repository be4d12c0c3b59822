package shrink

import (
	"slices"
	"time"

	"github.com/collider-amqp/collider/sim/choice"
)

// A long schedule is often a short race at the end of a conversation that could
// have gone otherwise: no single decision of the conversation can be removed,
// because what follows would come at another time. anchor removes them all and
// looks for the time at which the race then begins.

// enoughDecisions is what a result should have at most; for fewer, anchor does not
// try.
const enoughDecisions = 5

// maxTail bounds the segments that anchor keeps at the end, if it keeps none of the
// beginning; else maxHead and shortTail do.
const (
	maxTail   = 16
	maxHead   = 6
	shortTail = 4
)

// anchor replaces all but the first and the last segments by free steps, as many as
// it takes. It keeps none of the first if it can, and spends a third of the time at
// most.
func (x *search) anchor() bool {
	if decisions(x.best.schedule) <= enoughDecisions {
		return false
	}
	if x.anchorAt(0, maxTail) {
		return true
	}
	for head := 1; head <= maxHead && time.Since(x.begun) < x.o.Time/3; head++ {
		if x.anchorAt(head, shortTail) {
			return true
		}
	}
	return false
}

// anchorAt keeps head segments of the beginning and up to tails of the end.
func (x *search) anchorAt(head, tails int) bool {
	s := x.best.schedule
	for kept := 1; kept <= min(tails, len(s)-head-2); kept++ {
		tail := s[len(s)-kept:]
		if tail[0].Thread == choice.Free || decisions(s[head:len(s)-kept]) < 2 {
			continue
		}
		for steps := x.run.Steps; steps > 0 && !x.over(); steps-- {
			free := append(slices.Clone(s[:head]), choice.Segment{Thread: choice.Free, Steps: steps})
			if x.trySchedule(append(free, tail...)) {
				return true
			}
		}
	}
	return false
}

// slack is by how many steps splice lets a free stretch differ from what it
// replaces.
const slack = 8

// splice leaves chunks of segments free, for a few steps more or fewer than they
// had: what follows then comes at about the same point of another conversation.
func (x *search) splice() bool {
	if decisions(x.best.schedule) <= enoughDecisions {
		return false
	}
	changed := false
	for size := len(x.best.schedule) / 2; size > 1 && !x.over(); size /= 2 {
		for i := len(x.best.schedule) - size; i >= 0 && !x.over(); i -= max(1, size/2) {
			if x.spliceAt(i, i+size) {
				changed = true
				i = min(i, len(x.best.schedule)-size) + max(1, size/2)
			}
		}
	}
	return changed
}

// spliceAt leaves segments i to j free.
func (x *search) spliceAt(i, j int) bool {
	s := x.best.schedule
	if j > len(s) || decisions(s[i:j]) == 0 {
		return false
	}
	steps := s[i:j].Steps()
	for d := range uint64(2*slack + 1) {
		n := steps + (d+1)/2 // 0, +1, -1, +2, -2 …
		if d%2 == 0 {
			n = steps - min(steps, d/2)
		}
		free := append(slices.Clone(s[:i]), choice.Segment{Thread: choice.Free, Steps: n})
		if x.trySchedule(append(free, s[j:]...)) {
			return true
		}
	}
	return false
}
