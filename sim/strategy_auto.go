package sim

// Auto returns the strategy that draws one of the others for each run: PCT with a
// drawn depth in four of ten runs, the random walk in three, the sticky one in two,
// round robin with a drawn quantum in one.
func Auto() Strategy {
	return &auto{
		random: Random(), sticky: Sticky(0), pct: PCT(0), rr: &roundRobin{quantum: 1},
	}
}

type auto struct {
	random, sticky, pct Strategy
	rr                  *roundRobin
	chosen              Strategy
}

func (s *auto) Name() string { return "auto" }

// Begin, Spawn and Pick serve a caller that does not know Selector.
func (s *auto) Begin(r *RunInfo)                         { s.Select(r).Begin(r) }
func (s *auto) Spawn(t, parent *Thread)                  { s.chosen.Spawn(t, parent) }
func (s *auto) Pick(run []*Thread, last *Thread) *Thread { return s.chosen.Pick(run, last) }

// Select implements Selector.
func (s *auto) Select(r *RunInfo) Strategy {
	switch r.Stream.Weighted(40, 20, 30, 10) {
	case 0:
		s.chosen = s.pct
	case 1:
		s.chosen = s.sticky
	case 2:
		s.chosen = s.random
	case 3:
		s.rr.quantum = 1 << r.Stream.IntN(6)
		s.chosen = s.rr
	}
	return s.chosen
}
