package check

// table maps a pair of numbers to an index. It is emptied in constant time and
// keeps its memory, so that a reused Checker allocates nothing.
type table struct {
	slots []slot
	used  int
	gen   uint32
}

type slot struct {
	gen uint32
	a   uint32
	b   uint64
	v   int32
}

// reset empties the table and makes room for n pairs.
func (t *table) reset(n int) {
	t.used = 0
	t.gen++
	if t.gen == 0 || len(t.slots) < max(1, 2*n) { // wrapped, or too small
		size := max(64, len(t.slots))
		for size < 2*n {
			size *= 2
		}
		t.slots, t.gen = make([]slot, size), 1
	}
}

// get returns the index of the pair, -1 if it has none.
func (t *table) get(a uint32, b uint64) int32 {
	if s := t.find(a, b); s.gen == t.gen {
		return s.v
	}
	return -1
}

// put gives the pair an index; it replaces another.
func (t *table) put(a uint32, b uint64, v int32) {
	if 4*(t.used+1) > 3*len(t.slots) {
		t.grow()
	}
	s := t.find(a, b)
	if s.gen != t.gen {
		t.used++
	}
	*s = slot{gen: t.gen, a: a, b: b, v: v}
}

func (t *table) find(a uint32, b uint64) *slot {
	mask := uint64(len(t.slots) - 1)
	h := (b ^ uint64(a)<<40) * 0x9e3779b97f4a7c15
	for i := (h ^ h>>32) & mask; ; i = (i + 1) & mask {
		s := &t.slots[i]
		if s.gen != t.gen || s.a == a && s.b == b {
			return s
		}
	}
}

func (t *table) grow() {
	old := t.slots
	gen := t.gen
	t.slots, t.gen = make([]slot, max(64, 2*len(old))), 1
	for i := range old {
		if old[i].gen == gen {
			s := t.find(old[i].a, old[i].b)
			*s = slot{gen: 1, a: old[i].a, b: old[i].b, v: old[i].v}
		}
	}
}
