package sim

import "github.com/collider-amqp/collider/sim/choice"

// POS returns partial order sampling (Yuan, Yang, Gu, CAV 2018): each operation
// has a random priority, the highest runnable one goes, and those that race with
// it get new ones, so that each pair of racing operations is ordered by a coin of
// its own. It needs no estimates.
func POS() Strategy { return &pos{} }

type pos struct {
	stream   choice.Stream
	priority []uint64 // of the next operation, by thread
}

func (s *pos) Name() string { return "pos" }

func (s *pos) Begin(r *RunInfo) {
	s.stream = r.Stream
	s.priority = s.priority[:0]
}

func (s *pos) Spawn(t, parent *Thread) { s.priority = append(s.priority, s.stream.Uint64()) }

// Follow implements Follower: each operation has a priority of its own.
func (s *pos) Follow() bool { return true }

func (s *pos) Pick(run []*Thread, last *Thread) *Thread {
	best := run[0]
	top := s.priority[best.id]
	for _, t := range run[1:] {
		if p := s.priority[t.id]; p > top {
			best, top = t, p
		}
	}
	if op := best.op; op.Object != 0 && len(run) > 1 {
		for _, t := range run {
			if t.op.Races(op) {
				s.priority[t.id] = s.stream.Uint64()
			}
		}
	}
	s.priority[best.id] = s.stream.Uint64()
	return best
}
