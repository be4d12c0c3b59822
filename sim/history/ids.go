package history

import "hash/maphash"

// Space is a space of identifiers: each is numbered by itself, from 1.
type Space uint8

// The spaces of identifiers, named after the fields of Event.
const (
	Containers Space = iota + 1
	Listeners
	Conns
	Sessions
	Links
	Queues
	Items // job, timer, delivery and message numbers that nobody gave

	spaces
)

// threadSpace numbers the threads of a production run.
const threadSpace = spaces

type idKey struct {
	space Space
	num   uint64
	obj   any
}

type idEntry struct {
	key idKey
	id  uint32
}

// idTable maps keys to numbers in order of first appearance. It is an
// open-addressed table of its own because the built-in map reports its accesses
// to the race detector even from norace functions.
type idTable struct {
	slots []idEntry
	used  int
	last  [spaces + 1]uint32
	seed  maphash.Seed
}

// id returns the number of the key, and whether it is new.
//
//go:norace
func (t *idTable) id(k idKey) (id uint32, fresh bool) {
	if 4*(t.used+1) > 3*len(t.slots) {
		t.grow()
	}
	e := t.find(k)
	if e.id != 0 {
		return e.id, false
	}
	t.last[k.space]++
	e.key, e.id = k, t.last[k.space]
	t.used++
	return e.id, true
}

// next gives a number of the space to nobody.
//
//go:norace
func (t *idTable) next(s Space) uint32 {
	t.last[s]++
	return t.last[s]
}

//go:norace
func (t *idTable) find(k idKey) *idEntry {
	mask := uint64(len(t.slots) - 1)
	for i := maphash.Comparable(t.seed, k) & mask; ; i = (i + 1) & mask {
		e := &t.slots[i]
		if e.id == 0 || e.key == k {
			return e
		}
	}
}

//go:norace
func (t *idTable) grow() {
	old := t.slots
	t.slots = make([]idEntry, max(32, 2*len(old)))
	if len(old) == 0 {
		t.seed = maphash.MakeSeed()
	}
	for i := range old {
		if old[i].id != 0 {
			*t.find(old[i].key) = old[i]
		}
	}
}

//go:norace
func (t *idTable) reset() {
	if t.used != 0 {
		clear(t.slots)
		t.used = 0
	}
	t.last = [spaces + 1]uint32{}
}
