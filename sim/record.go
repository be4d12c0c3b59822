package sim

import "github.com/collider-amqp/collider/sim/choice"

// segment is a choice.Segment with a thread of this run.
type segment struct {
	thread int32
	steps  uint64
}

// Threads that are none.
const (
	noThread    = -1
	clockThread = -2
	caseThread  = -3
)

// cutSegment begins a segment with one step of the thread.
func (w *World) cutSegment(thread int32) {
	if w.segment.thread != noThread {
		w.segments = append(w.segments, w.segment)
	}
	w.segment = segment{thread, 1}
}

// recordClock records that the clock moved although a thread could run.
func (w *World) recordClock() {
	if w.segment.thread == clockThread {
		w.segment.steps++
	} else {
		w.cutSegment(clockThread)
	}
}

// recordCase records that the strategy took the case at i.
func (w *World) recordCase(i int) {
	w.cutSegment(caseThread)
	w.segment.steps = uint64(i) + 1
}

// schedule returns the decisions made so far.
func (w *World) schedule() choice.Schedule {
	s := make(choice.Schedule, 0, len(w.segments)+1)
	for _, g := range w.segments {
		s = append(s, w.nameSegment(g))
	}
	if w.segment.thread != noThread {
		s = append(s, w.nameSegment(w.segment))
	}
	return s
}

func (w *World) nameSegment(g segment) choice.Segment {
	switch g.thread {
	case clockThread:
		return choice.Segment{Thread: choice.Clock, Steps: g.steps}
	case caseThread:
		return choice.Segment{Thread: choice.Case, Steps: g.steps}
	}
	return choice.Segment{Thread: w.threads[g.thread].Name(), Steps: g.steps}
}
