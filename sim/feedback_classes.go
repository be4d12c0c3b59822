package sim

import (
	"math/bits"

	"github.com/collider-amqp/collider/sim/choice"
)

// An operation is known across runs, as what its thread does at that place of its
// program, by the thread's place in the tree of threads without the numbers of
// threads of one name, by kind and object, and by the operations that the thread
// has done before: as many as tell the branches of a program apart, and not so many
// that each round of a loop is another place. A hundred workers of one body so have
// the operations of one.
const pastOperations = 3

// access is what a run knows of a thread to tell its operations.
type access struct {
	class uint64 // of the thread
	past  [pastOperations]uint64
}

// of returns the number of t's next operation, which has an object.
func (a *access) of(t *Thread) uint64 {
	h := a.class
	for _, p := range a.past {
		h = blend(h, p)
	}
	return blend(h, plain(t))
}

// done moves on past t's next operation.
func (a *access) done(t *Thread) {
	copy(a.past[1:], a.past[:])
	a.past[0] = plain(t)
}

// plain is kind and object of t's next operation.
func plain(t *Thread) uint64 { return t.object.key ^ uint64(t.op.Kind)<<56 ^ uint64(t.op.Kind) }

// blend mixes b into a.
func blend(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x9e3779b97f4a7c15, b^0xd1b54a32d192ed03)
	return hi ^ lo
}

// observes says whether the operation can turn out otherwise for what was done to
// the object before it.
func observes(k OpKind) bool {
	switch k {
	case OpStore, OpUnlock, OpRUnlock, OpRelease, OpBroadcast:
		return false
	}
	return true
}

// lastWrite is the last write to an object; operation 0 is its making.
type lastWrite struct {
	operation uint64
	thread    int32
}

// accesses follows a run: who reads what from whom.
type accesses struct {
	threads []access    // by thread
	last    []lastWrite // by object
}

// maxFollowed bounds the objects that are followed in a run. Its threads are bounded
// by maxThreads.
const maxFollowed = 1 << 16

func (a *accesses) begin() {
	a.threads, a.last = a.threads[:0], a.last[:0]
}

func (a *accesses) spawn(t, parent *Thread) {
	class := uint64(0)
	if parent != nil {
		class = a.threads[parent.id].class
	}
	a.threads = append(a.threads, access{class: blend(class, choice.Hash(t.name))})
}

// follows says whether t's next operation is one that is followed.
func (a *accesses) follows(t *Thread) bool {
	return t.object != nil && t.op.Object < maxFollowed && t.op.Kind != OpJoin
}

// source returns the last write to the object of t's next operation.
func (a *accesses) source(t *Thread) lastWrite {
	if int(t.op.Object) < len(a.last) {
		return a.last[t.op.Object]
	}
	return lastWrite{}
}

// done takes in t's next operation, of the given number.
func (a *accesses) done(t *Thread, operation uint64) {
	if t.op.Write {
		for int(t.op.Object) >= len(a.last) {
			a.last = append(a.last, lastWrite{})
		}
		a.last[t.op.Object] = lastWrite{operation, t.id}
	}
	a.threads[t.id].done(t)
}

// class is a reads-from class: an operation of the reader comes after one of the
// writer, or the object's making, with no other write between the two.
type class struct {
	reader, writer int32  // operations; writer below 0: the making
	runs           uint32 // that showed it
	tries          uint32 // runs that were to show it
	last           uint64 // of the runs that showed it
}

// place is an operation of the table.
type place struct {
	operation uint64
	object    uint64
	reads     bool
	writes    bool
}

// The bounds of a table: of places, and of classes. Of the latter those that are
// only possible leave room for those that are seen.
const (
	maxPlaces   = 1 << 13
	maxPossible = 1 << 15
	maxClasses  = 1 << 16
)

// table has the places and classes that runs have shown, and the classes that are
// possible by them.
type table struct {
	places   []place
	index    map[uint64]int32 // place by operation
	objects  map[uint64][]int32
	classes  []class
	byKey    map[uint64]int32 // class
	seen     int              // classes with a run
	once     int              // of these, with one
	overflow bool             // a class was not noted
	fresh    []uint64         // keys: see Feedback.Drain
}

func newTable() table {
	return table{index: map[uint64]int32{}, objects: map[uint64][]int32{}, byKey: map[uint64]int32{}}
}

// place returns the number of t's next operation; it has none if there are too many.
func (tb *table) place(operation uint64, t *Thread) (i int32, ok bool) {
	if i, ok = tb.index[operation]; ok {
		return i, true
	}
	if len(tb.places) == maxPlaces {
		tb.overflow = true
		return 0, false
	}
	i = int32(len(tb.places))
	p := place{operation: operation, object: t.object.key, reads: observes(t.op.Kind), writes: t.op.Write}
	tb.places = append(tb.places, p)
	tb.index[operation] = i
	tb.objects[p.object] = append(tb.objects[p.object], i)
	tb.imagine(i)
	return i, true
}

// writer returns the number of a write, below 0 for the making of the object.
func (tb *table) writer(w lastWrite) (i int32, ok bool) {
	if w.operation == 0 {
		return -1, true
	}
	i, ok = tb.index[w.operation]
	return i, ok
}

// imagine adds the classes that a new place makes possible.
func (tb *table) imagine(i int32) {
	p := &tb.places[i]
	if p.reads {
		tb.possible(i, -1)
	}
	for _, j := range tb.objects[p.object] {
		q := &tb.places[j]
		if p.reads && q.writes {
			tb.possible(i, j)
		}
		if i != j && q.reads && p.writes {
			tb.possible(j, i)
		}
	}
}

func (tb *table) possible(reader, writer int32) {
	if len(tb.classes) < maxPossible {
		tb.byKey[tb.key(reader, writer, false)] = int32(len(tb.classes))
		tb.classes = append(tb.classes, class{reader: reader, writer: writer})
	}
}

// key identifies a class in all tables. What a thread reads of its own is another
// class than what it reads of its like.
func (tb *table) key(reader, writer int32, own bool) uint64 {
	w := uint64(0)
	if writer >= 0 {
		w = tb.places[writer].operation
	}
	h := blend(tb.places[reader].operation, w)
	if own {
		h = ^h
	}
	return h
}

// show notes that the run shows a class, and says whether none did before.
func (tb *table) show(reader, writer int32, own bool, run uint64) bool {
	key := tb.key(reader, writer, own)
	i, ok := tb.byKey[key]
	if !ok {
		if len(tb.classes) == maxClasses {
			tb.overflow = true
			return false
		}
		i = int32(len(tb.classes))
		tb.byKey[key] = i
		tb.classes = append(tb.classes, class{reader: reader, writer: writer, tries: ownTries(own)})
	}
	c := &tb.classes[i]
	if c.last == run {
		return false
	}
	c.last = run
	c.runs++
	switch c.runs {
	case 1:
		tb.seen++
		tb.once++
	case 2:
		tb.once--
	default:
		return false
	}
	tb.fresh = append(tb.fresh, key)
	return c.runs == 1
}

// neverTried marks the classes towards which no run can be steered.
const neverTried = 1 << 31

func ownTries(own bool) uint32 {
	if own {
		return neverTried
	}
	return 0
}
