package sim

import "github.com/collider-amqp/collider/sim/choice"

// Starve returns the random walk that keeps one thread from running for a while,
// after the chaos mode of rr: once or a few times in a run a thread is drawn and
// is not chosen for 1 to 2048 choices, each order of magnitude as likely as
// another, as long as another thread can run. Four choices of five are free.
func Starve() Strategy { return &starve{} }

type starve struct {
	stream choice.Stream
	span   int64 // choices expected in the run
	victim *Thread
	left   int64 // choices until the state changes
	free   int64 // choices to be free before the next time
}

const maxStarve = 2048

func (s *starve) Name() string { return "starve" }

func (s *starve) Begin(r *RunInfo) {
	s.stream, s.victim = r.Stream, nil
	s.span = int64(min(r.Estimates.Choices, 1<<32))
	if s.span == 0 {
		s.span = unknownChoices
	}
	s.left = s.stream.Int64N(s.span)
	s.free = 0
}

func (s *starve) Spawn(t, parent *Thread) {}

func (s *starve) Pick(run []*Thread, last *Thread) *Thread {
	if s.left--; s.left < 0 {
		s.turn(run)
	}
	i := s.stream.IntN(len(run))
	if run[i] != s.victim {
		return run[i]
	}
	return run[(i+1+s.stream.IntN(len(run)-1))%len(run)]
}

// turn begins or ends a time of starvation.
func (s *starve) turn(run []*Thread) {
	if s.victim == nil {
		s.victim = run[s.stream.IntN(len(run))]
		s.left = s.stream.Scale(1, maxStarve)
		s.free = 4 * s.left
		return
	}
	s.victim, s.left = nil, s.free+s.stream.Int64N(s.span)
}
