package sim

import (
	"math/bits"
	"slices"

	"github.com/collider-amqp/collider/sim/choice"
)

// An operation is known across runs by its object and kind, by its thread's place in
// the tree of threads without the numbers of threads of one name, and by up to
// pastOperations of the operations that the thread has done before: these tell the
// branches of a program apart. A hundred workers of one body so have the operations
// of one. On an object that meets many operations less of the past counts, down to
// nothing, so that it has few of them: see subject.
const pastOperations = 3

// access is what a run knows of a thread to tell its operations.
type access struct {
	class uint64 // of the thread
	past  [pastOperations]uint64
}

// of returns the number of t's next operation, which has an object, with so many of
// the operations before it.
func (a *access) of(t *Thread, depth int) uint64 {
	h := blend(a.class, plain(t))
	for _, p := range a.past[:depth] {
		h = blend(h, p)
	}
	return h
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

// subject is an object across runs, with the operations that are done on it.
type subject struct {
	key    uint64
	depth  int // how much of the past tells its operations apart
	places []place
}

// place is an operation of a subject.
type place struct {
	operation     uint64
	reads, writes bool
}

// The bounds of a subject: of places at which less of the past must do, and of those
// without past.
const (
	manyPlaces = 16
	maxPlaces  = 64
)

// knows says whether the operation is among the places.
func (o *subject) knows(operation uint64) bool {
	return slices.ContainsFunc(o.places, func(p place) bool { return p.operation == operation })
}

// lastWrite is the last write to an object in a run; operation 0 is its making.
type lastWrite struct {
	operation uint64
	bare      uint64 // the operation without past
	thread    int32
}

// followed is an object in a run.
type followed struct {
	subject *subject
	last    lastWrite
}

// accesses follows a run: who reads what from whom.
type accesses struct {
	threads []access   // by thread
	objects []followed // by object
}

// maxFollowed bounds the objects that are followed in a run. Its threads are bounded
// by maxThreads.
const maxFollowed = 1 << 16

func (a *accesses) begin() {
	a.threads, a.objects = a.threads[:0], a.objects[:0]
}

func (a *accesses) spawn(t, parent *Thread) {
	class := uint64(0)
	if parent != nil {
		class = a.threads[parent.id].class
	}
	a.threads = append(a.threads, access{class: blend(class, choice.Hash(t.name))})
}

// object returns the object of t's next operation, nil if it has none that is
// followed.
func (a *accesses) object(t *Thread, tb *table) *followed {
	id := t.op.Object
	if t.object == nil || id >= maxFollowed || t.op.Kind == OpJoin {
		return nil
	}
	for int(id) >= len(a.objects) {
		a.objects = append(a.objects, followed{})
	}
	o := &a.objects[id]
	if o.subject == nil {
		if o.subject = tb.subject(t.object.key); o.subject == nil {
			return nil
		}
	}
	return o
}

// next returns the number of t's next operation, on o.
func (a *accesses) next(t *Thread, o *followed) uint64 {
	return a.threads[t.id].of(t, o.subject.depth)
}

// done takes in t's next operation, on o, of the given number.
func (a *accesses) done(t *Thread, o *followed, operation uint64) {
	me := &a.threads[t.id]
	if t.op.Write {
		o.last = lastWrite{operation, me.of(t, 0), t.id}
	}
	me.done(t)
}

// class is a reads-from class: an operation of the reader comes after one of the
// writer, or the object's making, with no other write between the two.
type class struct {
	subject *subject
	reader  uint64 // operation
	writer  uint64 // operation; 0 for the making
	own     bool   // reader and writer are one thread: nothing to be aimed at
	runs    uint32 // that showed it
	tries   uint32 // runs that were to show it
	last    uint64 // of the runs that showed it
}

// key identifies a class in a table. What a thread reads of its own is another class
// than what it reads of its like.
func (c *class) key() uint64 {
	h := blend(c.reader, c.writer)
	if c.own {
		h = ^h
	}
	return h
}

// The bounds of a table.
const (
	maxSubjects = 1 << 12
	maxClasses  = 1 << 15
)

// table has the objects of all runs, the classes that the runs have shown, and those
// that are possible by the operations seen.
type table struct {
	subjects map[uint64]*subject
	classes  []class
	index    map[uint64]int32 // class by key
	overflow bool             // something was not noted
}

func newTable() table {
	return table{subjects: map[uint64]*subject{}, index: map[uint64]int32{}}
}

// subject returns the object of a key, nil if there are too many.
func (tb *table) subject(key uint64) *subject {
	o, ok := tb.subjects[key]
	if !ok && len(tb.subjects) < maxSubjects {
		o = &subject{key: key, depth: pastOperations}
		tb.subjects[key] = o
	}
	tb.overflow = tb.overflow || o == nil
	return o
}

// note makes t's next operation, of the given number, one of the subject's. It
// returns false if there are too many: if more than one can be told apart with less
// of the past, the subject begins anew with that.
func (tb *table) note(o *subject, operation uint64, t *Thread) bool {
	switch {
	case o.knows(operation):
		return true
	case o.depth > 0 && len(o.places) == manyPlaces:
		tb.retire(o)
		o.depth--
		return false
	case len(o.places) == maxPlaces:
		tb.overflow = true
		return false
	}
	p := place{operation, observes(t.op.Kind), t.op.Write}
	o.places = append(o.places, p)
	if p.reads {
		tb.add(class{subject: o, reader: operation})
	}
	for _, q := range o.places {
		if p.reads && q.writes {
			tb.add(class{subject: o, reader: operation, writer: q.operation})
		}
		if q.reads && p.writes && q != p {
			tb.add(class{subject: o, reader: q.operation, writer: operation})
		}
	}
	return true
}

// retire forgets the places and classes of a subject.
func (tb *table) retire(o *subject) {
	o.places = o.places[:0]
	tb.classes = slices.DeleteFunc(tb.classes, func(c class) bool { return c.subject == o })
	clear(tb.index)
	for i := range tb.classes {
		tb.index[tb.classes[i].key()] = int32(i)
	}
}

// add returns the class like c in the table, which it enters if there is room; nil
// if there is none.
func (tb *table) add(c class) *class {
	key := c.key()
	if i, ok := tb.index[key]; ok {
		return &tb.classes[i]
	}
	if len(tb.classes) == maxClasses {
		tb.overflow = true
		return nil
	}
	tb.index[key] = int32(len(tb.classes))
	tb.classes = append(tb.classes, c)
	return &tb.classes[len(tb.classes)-1]
}

// find returns the class like c, nil if there is none.
func (tb *table) find(c class) *class {
	if i, ok := tb.index[c.key()]; ok {
		return &tb.classes[i]
	}
	return nil
}

// show notes that the run shows a class, and says whether none did before.
func (tb *table) show(c class, run uint64) bool {
	e := tb.add(c)
	if e == nil || e.last == run {
		return false
	}
	e.last = run
	e.runs++
	return e.runs == 1
}

// tally counts, by their keys, what runs show: classes whose operations are known
// without past, so that two Feedbacks count alike.
type tally struct {
	shown map[uint64]shown
	once  int // in one run
	full  bool
	fresh []uint64 // keys: see Feedback.Drain
}

type shown struct {
	again bool // by more than one run
	last  uint64
}

func (ta *tally) show(key, run uint64) {
	s, ok := ta.shown[key]
	switch {
	case !ok && len(ta.shown) == maxClasses:
		ta.full = true
		return
	case !ok:
		ta.once++
	case s.again || s.last == run:
		return
	default:
		ta.once--
	}
	ta.shown[key] = shown{ok, run}
	ta.fresh = append(ta.fresh, key)
}
