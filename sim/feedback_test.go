package sim

import (
	"slices"
	"testing"

	"github.com/collider-amqp/collider/sim/choice"
)

// before makes t stand before an operation on o.
func before(t *Thread, k OpKind, write bool, o *object) *Thread {
	t.op, t.object = Op{Kind: k, Write: write, Object: o.id}, o
	return t
}

// Threads of one name under parents of one name are of one class; their operations
// are told apart by what came before, as far back as pastOperations.
func TestOperationsAreKnownByWhatCameBefore(t *testing.T) {
	var a accesses
	tb := newTable()
	a.begin()
	main := &Thread{name: "main"}
	first, second := &Thread{id: 1, name: "w", index: 1, parent: main}, &Thread{id: 2, name: "w", index: 2, parent: main}
	other := &Thread{id: 3, name: "v", parent: main}
	a.spawn(main, nil)
	for _, th := range []*Thread{first, second, other} {
		a.spawn(th, main)
	}
	x, y := &object{id: 1, key: 71}, &object{id: 2, key: 72}
	at := func(th *Thread, k OpKind, o *object) uint64 {
		before(th, k, true, o)
		return a.next(th, a.object(th, &tb))
	}
	if at(first, OpStore, x) != at(second, OpStore, x) {
		t.Error("the second worker's operation is another than the first's")
	}
	if at(first, OpStore, x) == at(other, OpStore, x) || at(first, OpStore, x) == at(first, OpStore, y) || at(first, OpStore, x) == at(first, OpSwap, x) {
		t.Error("another thread's, object's or kind of operation is the same")
	}
	fresh := at(first, OpStore, x)
	seen := []uint64{fresh}
	for range 10 {
		a.done(first, a.object(first, &tb), seen[len(seen)-1])
		seen = append(seen, at(first, OpStore, x))
	}
	if distinct := len(slices.Compact(slices.Clone(seen))); distinct != pastOperations+1 {
		t.Errorf("a loop of one operation has %d places", distinct)
	}
	last := a.object(first, &tb).last
	if last.operation != seen[9] || last.bare == last.operation || last.thread != first.id {
		t.Errorf("the last write is %+v", last)
	}
	if a.object(before(first, OpJoin, true, x), &tb) != nil || a.object(&Thread{}, &tb) != nil {
		t.Error("an operation that nobody follows has an object")
	}
	a.begin()
	a.spawn(main, nil)
	if o := a.object(before(main, OpLoad, false, x), &tb); o.last != (lastWrite{}) || o.subject.key != x.key {
		t.Errorf("in the next run: %+v", o)
	}
}

// An operation makes the classes possible that it can be part of, and no other.
func TestTableImagines(t *testing.T) {
	tb := newTable()
	x := &object{id: 1, key: 71}
	o := tb.subject(x.key)
	load, store, swap := before(&Thread{}, OpLoad, false, x), before(&Thread{}, OpStore, true, x), before(&Thread{}, OpSwap, true, x)
	for _, step := range []struct {
		t       *Thread
		classes int // reader and writer; a swap also reads itself
	}{{load, 1}, {store, 2}, {store, 2}, {swap, 6}} {
		if !tb.note(o, uint64(step.t.op.Kind), step.t) || len(tb.classes) != step.classes {
			t.Errorf("after a %v %d classes are possible, want %d", step.t.op.Kind, len(tb.classes), step.classes)
		}
	}
	c := class{subject: o, reader: uint64(OpLoad), writer: uint64(OpStore)}
	if e := tb.find(c); e == nil || e.runs != 0 {
		t.Errorf("%+v", e)
	}
	for i, first := range []bool{true, false, false} {
		if tb.show(c, uint64(1+i/2)) != first {
			t.Errorf("show %d: want %v", i, first)
		}
	}
	if e := tb.find(c); e.runs != 2 {
		t.Errorf("%+v", e)
	}
	own := c
	own.own = true
	if !tb.show(own, 2) || len(tb.classes) != 7 {
		t.Error("what a thread reads of its own is no class of its own")
	}
}

// A subject with many operations begins anew, with less of the past, and leaves
// nothing behind.
func TestSubjectForgetsThePast(t *testing.T) {
	tb := newTable()
	x, y := &object{id: 1, key: 71}, &object{id: 2, key: 72}
	o, other := tb.subject(x.key), tb.subject(y.key)
	tb.note(other, 1, before(&Thread{}, OpSwap, true, y))
	th := before(&Thread{}, OpSwap, true, x)
	for depth := pastOperations; depth > 0; depth-- {
		for i := range uint64(manyPlaces) {
			if !tb.note(o, i+1, th) {
				t.Fatalf("depth %d: operation %d is one too many", depth, i+1)
			}
		}
		if o.depth != depth || tb.note(o, 99, th) || o.depth != depth-1 || len(o.places) != 0 || len(tb.classes) != 2 {
			t.Fatalf("depth %d → %d, %d places, %d classes", depth, o.depth, len(o.places), len(tb.classes))
		}
	}
	if e := tb.find(class{subject: other, reader: 1}); e == nil || e.subject != other {
		t.Errorf("the other object's class is %+v", e)
	}
	for i := range uint64(maxPlaces + 5) {
		if tb.note(o, i+1, th) != (i < maxPlaces) {
			t.Fatalf("operation %d", i+1)
		}
	}
	if !tb.overflow || o.depth != 0 {
		t.Errorf("overflow %v, depth %d", tb.overflow, o.depth)
	}
}

func TestTallyCountsRuns(t *testing.T) {
	ta := tally{shown: map[uint64]shown{}}
	for _, step := range []struct {
		key, run   uint64
		seen, once int
		fresh      int
	}{{1, 1, 1, 1, 1}, {1, 1, 1, 1, 1}, {2, 1, 2, 2, 2}, {1, 2, 2, 1, 3}, {1, 3, 2, 1, 3}, {2, 4, 2, 0, 4}} {
		ta.show(step.key, step.run)
		if len(ta.shown) != step.seen || ta.once != step.once || len(ta.fresh) != step.fresh {
			t.Errorf("%+v: %d seen, %d once, %d fresh", step, len(ta.shown), ta.once, len(ta.fresh))
		}
	}
}

// However much runs do, table, tally, corpus and record stay below their bounds, and
// the report says so.
func TestFeedbackIsBounded(t *testing.T) {
	s := NewFeedback()
	for i := range uint64(2 * maxSubjects) {
		if o := s.table.subject(i); o != nil {
			for j := range uint64(10) {
				s.table.note(o, i<<8+j+1, before(&Thread{}, OpSwap, true, &object{key: i}))
			}
		}
	}
	if !s.Report().Full {
		t.Error("it is not said that there is more")
	}
	for i := range uint64(2 * maxClasses) {
		s.tally.show(i, 1)
		s.tally.show(i, 2)
	}
	c := &s.corpus
	for i := range uint64(3 * maxStretches) {
		c.note(&Thread{hash: i})
	}
	for range 3 * maxParents {
		c.keep(nil, 1)
	}
	if len(s.table.subjects) != maxSubjects || len(s.table.classes) != maxClasses || len(s.tally.shown) != maxClasses || len(s.tally.fresh) != 2*maxClasses {
		t.Errorf("%d subjects, %d classes, %d shown, %d fresh", len(s.table.subjects), len(s.table.classes), len(s.tally.shown), len(s.tally.fresh))
	}
	if len(c.record) != maxStretches || len(c.parents) != maxParents {
		t.Errorf("a record of %d stretches, %d parents", len(c.record), len(c.parents))
	}
}

// A thread is held while its operation would spoil the aim, and none is if all would.
func TestSteeringHolds(t *testing.T) {
	var a accesses
	tb := newTable()
	x := &object{id: 1, key: 71}
	threads := make([]*Thread, 4)
	for i := range threads {
		threads[i] = &Thread{id: int32(i), name: string(rune('a' + i))}
		a.spawn(threads[i], nil)
	}
	reader, writer, other := before(threads[0], OpLoad, false, x), before(threads[1], OpStore, true, x), before(threads[2], OpStore, true, x)
	o := a.object(reader, &tb)
	c := class{subject: o.subject, reader: a.next(reader, o), writer: a.next(writer, o)}
	held := func(s *steering, run ...*Thread) string {
		out := ""
		for _, th := range run {
			if !slices.Contains(s.unheld(run, &a, &tb), th) {
				out += th.name
			}
		}
		return out
	}
	s := &steering{aims: []aim{{class: c}}}
	if got := held(s, reader, writer, other); got != "a" {
		t.Errorf("before the write %q are held", got)
	}
	late := &steering{aims: []aim{{class: c, together: true}}}
	if got := held(late, writer, other); got != "b" {
		t.Errorf("while the reader is not there %q are held", got)
	}
	if got := held(late, reader, writer, other); got != "a" {
		t.Errorf("with the reader there %q are held", got)
	}
	made := &steering{aims: []aim{{class: class{subject: o.subject, reader: c.reader}}}}
	if got := held(made, reader, writer, other); got != "bc" {
		t.Errorf("to read what the making left %q are held", got)
	}
	a.done(writer, o, c.writer)
	before(writer, OpStore, true, x)
	if got := held(s, reader, writer, other); got != "bc" {
		t.Errorf("after the write %q are held", got)
	}
	if got := held(s, other, writer); got != "" {
		t.Errorf("all would spoil it, and %q are held", got)
	}
	s.done(c.reader, o.last, true)
	if !s.open() {
		t.Error("a thread that reads its own write reaches the aim")
	}
	s.done(c.reader, o.last, false)
	if s.open() || held(s, reader, writer, other) != "" {
		t.Error("the aim is not reached")
	}
}

func TestCorpusPrefersTheFruitful(t *testing.T) {
	var c corpus
	s := choice.New(1, "test", 0)
	if c.draw(&s) != nil {
		t.Error("an empty corpus has a parent")
	}
	c.keep(nil, 9)
	c.keep(nil, 1)
	for range 100 {
		c.draw(&s)
	}
	if a, b := c.parents[0].tries, c.parents[1].tries; a+b != 100 || a < 3*b {
		t.Errorf("drawn %d and %d times", a, b)
	}
}

// A mutant differs from its parent in most cases and has no empty stretch.
func TestMutate(t *testing.T) {
	record := []stretch{{1, 3}, {2, 1}, {1, 2}, {3, 5}, {2, 2}}
	want := slices.Clone(record)
	s := choice.New(1, "test", 0)
	same, kinds := 0, map[int]bool{}
	var buf []stretch
	for range 1000 {
		buf = mutate(record, buf, &s)
		if slices.Equal(buf, record) {
			same++
		}
		kinds[len(buf)] = true
		for _, g := range buf {
			if g.steps == 0 || g.thread == 0 || g.thread > 3 {
				t.Fatalf("%v", buf)
			}
		}
	}
	if same > 200 || len(kinds) < 6 || !slices.Equal(record, want) {
		t.Errorf("%d of 1000 are the parent, lengths %v, the parent is %v", same, kinds, record)
	}
	if one := mutate(record[:1], buf, &s); len(one) != 1 {
		t.Errorf("%v", one)
	}
}

func TestFollowerIsTotal(t *testing.T) {
	var f follower
	f.begin([]stretch{{1, 2}, {7, 1}, {2, 3}, {1, 1}})
	a, b := &Thread{hash: 1}, &Thread{hash: 2}
	f.threads[1], f.threads[2] = a, b
	var got []*Thread
	for i := range 5 {
		if i == 3 {
			b.at = -1 // it can no longer run: the rest of its stretch is passed over
		}
		got = append(got, f.next())
	}
	if want := []*Thread{a, a, b, a, nil}; !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	if f.next() != nil {
		t.Error("a record goes on after its end")
	}
}
