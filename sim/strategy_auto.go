package sim

// Auto returns the strategy that draws one of the others for each run, so that
// each kind of bug meets one that is good at it. Of a hundred runs it gives
//
//	35 SURW               rare orders, many threads
//	20 POS                races on few objects
//	20 PCT, drawn depth   few constraints, with a bound
//	 8 random walk        fair
//	 5 URW                rare orders over several objects
//	 5 sticky             few preemptions
//	 5 starve             long delays of one thread
//	 2 round robin        no chance, drawn quantum
func Auto() Strategy {
	return &auto{
		surw: SURW(), pos: POS(), pct: PCT(0), random: Random(), urw: URW(),
		sticky: Sticky(0), starve: Starve(), rr: &roundRobin{quantum: 1},
	}
}

type auto struct {
	surw, pos, pct, random, urw, sticky, starve Strategy

	rr     *roundRobin
	chosen Strategy
}

func (s *auto) Name() string { return "auto" }

// Begin, Spawn and Pick serve a caller that does not know Selector.
func (s *auto) Begin(r *RunInfo)                         { s.Select(r).Begin(r) }
func (s *auto) Spawn(t, parent *Thread)                  { s.chosen.Spawn(t, parent) }
func (s *auto) Pick(run []*Thread, last *Thread) *Thread { return s.chosen.Pick(run, last) }

// Select implements Selector.
func (s *auto) Select(r *RunInfo) Strategy {
	switch r.Stream.Weighted(35, 20, 20, 8, 5, 5, 5, 2) {
	case 0:
		s.chosen = s.surw
	case 1:
		s.chosen = s.pos
	case 2:
		s.chosen = s.pct
	case 3:
		s.chosen = s.random
	case 4:
		s.chosen = s.urw
	case 5:
		s.chosen = s.sticky
	case 6:
		s.chosen = s.starve
	case 7:
		s.rr.quantum = 1 << r.Stream.IntN(6)
		s.chosen = s.rr
	}
	return s.chosen
}
