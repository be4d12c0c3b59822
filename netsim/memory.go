package netsim

import "github.com/collider-amqp/collider/sim"

// memory is what the networks of a World are made of. It is kept from run to
// run, so that a run allocates nothing that an earlier one has allocated.
type memory struct {
	networks  slab[Network]
	hosts     slab[Host]
	ways      slab[way]
	pairs     slab[pair]
	dials     slab[handshake]
	listeners slab[Listener]
}

type memoryKey struct{}

func memoryOf(w *sim.World) *memory {
	return w.Local(memoryKey{}, func() any { return new(memory) }).(*memory)
}

// Reset gives everything back. The World calls it when a run begins.
func (m *memory) Reset() {
	m.networks.used, m.hosts.used, m.ways.used = 0, 0, 0
	m.pairs.used, m.dials.used, m.listeners.used = 0, 0, 0
}

// slab hands out values that were used before, in the same order in each run. It
// is for the taker to clear them.
type slab[T any] struct {
	all  []*T
	used int
}

func (s *slab[T]) take() *T {
	if s.used == len(s.all) {
		s.all = append(s.all, new(T))
	}
	s.used++
	return s.all[s.used-1]
}
