package sim

import "strconv"

// RoundRobin returns the strategy without chance: threads go in turn, in order of
// spawning, n steps each (0 or below means 1); one that yields or blocks ends its
// turn.
func RoundRobin(n int) Strategy { return &roundRobin{quantum: max(n, 1)} }

type roundRobin struct{ quantum, left int }

func (s *roundRobin) Name() string            { return "rr:" + strconv.Itoa(s.quantum) }
func (s *roundRobin) Begin(r *RunInfo)        { s.left = 0 }
func (s *roundRobin) Spawn(t, parent *Thread) {}

func (s *roundRobin) Pick(run []*Thread, last *Thread) *Thread {
	if last == nil {
		s.left = s.quantum - 1
		return lowest(run)
	}
	if s.left > 0 && last.at >= 0 && last.op.Kind != OpYield {
		s.left--
		return last
	}
	s.left = s.quantum - 1
	return after(run, last.id)
}

// after returns the thread with the lowest number above id, or else the lowest.
func after(run []*Thread, id int32) *Thread {
	var next *Thread
	for _, t := range run {
		if t.id > id && (next == nil || t.id < next.id) {
			next = t
		}
	}
	if next == nil {
		return lowest(run)
	}
	return next
}

func lowest(run []*Thread) *Thread {
	low := run[0]
	for _, t := range run[1:] {
		if t.id < low.id {
			low = t
		}
	}
	return low
}
