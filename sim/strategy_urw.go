package sim

import "github.com/collider-amqp/collider/sim/choice"

// URW returns the uniform random walk (Zhao, Wolff, Mathur, Roychoudhury, ASPLOS
// 2025): a thread is chosen in proportion to the number of steps that it and its
// descendants still have before them, by Estimates.Profile. With exact numbers
// and without waiting each interleaving is as likely as another. Without a
// profile it is the random walk.
func URW() Strategy { return &urw{} }

type urw struct {
	stream  choice.Stream
	profile *Profile
	left    []uint64 // by thread, at least 1
}

func (s *urw) Name() string { return "urw" }

func (s *urw) Begin(r *RunInfo) {
	s.stream, s.profile = r.Stream, r.Estimates.Profile
	s.left = s.left[:0]
}

func (s *urw) Spawn(t, parent *Thread) {
	n := uint64(1)
	if s.profile != nil {
		if i := s.profile.thread(t); i >= 0 {
			n = max(s.profile.steps[i], 1)
		}
	}
	s.left = append(s.left, n)
	if parent != nil {
		s.left[parent.id] = max(s.left[parent.id], n+1) - n
	}
}

// Follow implements Follower: each step counts.
func (s *urw) Follow() bool { return true }

func (s *urw) Pick(run []*Thread, last *Thread) *Thread {
	t := run[0]
	if len(run) > 1 {
		sum := uint64(0)
		for _, t := range run {
			sum += s.left[t.id]
		}
		at := uint64(s.stream.Int64N(int64(sum)))
		for _, t = range run {
			n := s.left[t.id]
			if at < n {
				break
			}
			at -= n
		}
	}
	if n := s.left[t.id]; n > 1 {
		s.left[t.id] = n - 1
	}
	return t
}
