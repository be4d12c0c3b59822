package engine

// deliveryTable finds the deliveries of a session by delivery-id (§2.6.12). Ids enter in increasing order, so the table
// is a ring sorted by id. A delivery that leaves from the middle leaves a gap; gaps are squeezed out when half of the
// ring consists of them, so that one delivery held for long costs nothing. Memory is bounded by the deliveries held.
type deliveryTable struct {
	ring []tableEntry // its length is a power of two, or zero
	head int
	n    int // entries, gaps included
	live int // entries without gaps
}

type tableEntry struct {
	id SerialNumber
	d  *delivery // nil is a gap
}

func (t *deliveryTable) entry(i int) *tableEntry { return &t.ring[(t.head+i)&(len(t.ring)-1)] }

// push enters a delivery. Its id must come after all others.
func (t *deliveryTable) push(d *delivery) {
	if t.n > 0 && !t.entry(t.n-1).id.Less(d.id) {
		panic("engine: a delivery-id out of order")
	}
	if t.n == len(t.ring) {
		t.makeRoom()
	}
	t.n++
	t.live++
	*t.entry(t.n - 1) = tableEntry{d.id, d}
	d.tracked = true
}

// makeRoom squeezes out the gaps if they are half of the entries, or doubles the ring.
func (t *deliveryTable) makeRoom() {
	if t.live <= t.n/2 && t.n > 0 {
		t.squeeze()
		return
	}
	ring := make([]tableEntry, max(16, 2*len(t.ring)))
	for i := range t.n {
		ring[i] = *t.entry(i)
	}
	t.ring, t.head = ring, 0
}

// squeeze moves the entries together, so that no gap is left.
func (t *deliveryTable) squeeze() {
	n := 0
	for i := range t.n {
		if e := *t.entry(i); e.d != nil {
			*t.entry(n) = e
			n++
		}
	}
	for i := n; i < t.n; i++ {
		*t.entry(i) = tableEntry{}
	}
	t.n = n
}

// full reports whether no further id may enter, because it would not be comparable with the oldest one (RFC 1982).
func (t *deliveryTable) full(next SerialNumber) bool {
	return t.n > 0 && next.Sub(t.entry(0).id) == -1<<31
}

// lower returns the place of the first entry, gaps included, whose id lies at least offset behind the first one's.
func (t *deliveryTable) lower(offset int64) int {
	first := t.entry(0).id
	// Ids are distinct: place i holds an offset of at least i, and exactly i as long as no id is missing.
	lo, hi := 0, int(min(max(offset, 0), int64(t.n)))
	if hi < t.n && int64(uint32(t.entry(hi).id-first)) == offset {
		return hi
	}
	for lo < hi {
		mid := (lo + hi) / 2
		if int64(uint32(t.entry(mid).id-first)) < offset {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// span returns the places [from, to) of the entries with first <= id <= last. Serial arithmetic: ids before the first
// entry are settled and gone. A last before first is an empty range.
func (t *deliveryTable) span(first, last SerialNumber) (from, to int) {
	if t.n == 0 || last.Less(first) || last.Sub(first) < 0 {
		return 0, 0
	}
	start := int64(first.Sub(t.entry(0).id))
	end := start + int64(last.Sub(first))
	if end < 0 {
		return 0, 0
	}
	return t.lower(start), t.lower(end + 1)
}

// remove takes a delivery out.
func (t *deliveryTable) remove(d *delivery) {
	if !d.tracked {
		return
	}
	from, to := t.span(d.id, d.id)
	if from == to || t.entry(from).d != d {
		panic("engine: a delivery is not where its id says")
	}
	t.removeAt(from)
	t.trim()
}

// removeAt turns an entry into a gap; trim must follow.
func (t *deliveryTable) removeAt(i int) {
	e := t.entry(i)
	e.d.tracked = false
	e.d = nil
	t.live--
}

// trim drops the gaps at both ends.
func (t *deliveryTable) trim() {
	for t.n > 0 && t.entry(0).d == nil {
		t.head = (t.head + 1) & (len(t.ring) - 1)
		t.n--
	}
	for t.n > 0 && t.entry(t.n-1).d == nil {
		t.n--
	}
}

// clear takes all deliveries out and recycles those that nobody needs.
func (t *deliveryTable) clear(c *Connection) {
	for i := range t.n {
		if d := t.entry(i).d; d != nil {
			t.removeAt(i)
			c.pool.recycle(d)
		}
	}
	*t = deliveryTable{}
}
