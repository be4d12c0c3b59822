package sim

import (
	"strconv"

	"github.com/collider-amqp/collider/sim/choice"
)

// Random returns the random walk: each runnable thread is as likely to go next.
// It is fair, and seldom delays a short thread past a long one.
func Random() Strategy { return &randomWalk{} }

type randomWalk struct{ stream choice.Stream }

func (s *randomWalk) Name() string            { return "random" }
func (s *randomWalk) Begin(r *RunInfo)        { s.stream = r.Stream }
func (s *randomWalk) Spawn(t, parent *Thread) {}

func (s *randomWalk) Pick(run []*Thread, last *Thread) *Thread {
	return run[s.stream.IntN(len(run))]
}

// Sticky returns the random walk that keeps the current thread with probability
// 1−2⁻ⁿ, so that there are few preemptions. It does not keep one that yields. An
// n of 0 or below draws n for each run from 1 to 6.
func Sticky(n int) Strategy { return &sticky{fixed: max(n, 0)} }

type sticky struct {
	stream choice.Stream
	fixed  int
	n      int
}

func (s *sticky) Name() string {
	if s.n == 0 {
		return "sticky"
	}
	return "sticky:" + strconv.Itoa(s.n)
}

func (s *sticky) Begin(r *RunInfo) {
	s.stream = r.Stream
	if s.n = min(s.fixed, 60); s.n == 0 {
		s.n = 1 + s.stream.IntN(6)
	}
}

func (s *sticky) Spawn(t, parent *Thread) {}

func (s *sticky) Pick(run []*Thread, last *Thread) *Thread {
	r := s.stream.Uint64()
	if last != nil && last.at >= 0 && last.op.Kind != OpYield && r>>(64-s.n) != 0 {
		return last
	}
	return run[s.stream.IntN(len(run))]
}
