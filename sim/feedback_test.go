package sim

import (
	"slices"
	"testing"

	"github.com/collider-amqp/collider/sim/choice"
)

// like returns a thread of a class that stands before an operation.
func like(id int32, hash uint64, k OpKind, write bool, o *object) *Thread {
	return &Thread{id: id, hash: hash, op: Op{Kind: k, Write: write, Object: o.id}, object: o}
}

// Threads of one name under parents of one name are of one class; their operations
// are told apart by what came before, as far back as pastOperations.
func TestOperationsAreKnownByWhatCameBefore(t *testing.T) {
	var a accesses
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
		th.op, th.object = Op{Kind: k, Write: true, Object: o.id}, o
		return a.threads[th.id].of(th)
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
		a.done(first, fresh)
		seen = append(seen, at(first, OpStore, x))
	}
	if distinct := len(slices.Compact(slices.Clone(seen))); distinct != pastOperations+1 {
		t.Errorf("a loop of one operation has %d places", distinct)
	}
	if from := a.source(second); from != (lastWrite{}) {
		second.op, second.object = Op{Kind: OpLoad, Object: x.id}, x
		if from = a.source(second); from.operation != fresh || from.thread != first.id {
			t.Errorf("reads from %+v", from)
		}
	}
}

func TestTableCountsRuns(t *testing.T) {
	tb := newTable()
	x := &object{id: 1, key: 71}
	reader, writer := like(1, 0, OpLoad, false, x), like(2, 0, OpStore, true, x)
	r, _ := tb.place(11, reader)
	if len(tb.classes) != 1 {
		t.Errorf("%d classes are possible by a read alone", len(tb.classes))
	}
	w, _ := tb.place(12, writer)
	if r2, ok := tb.place(11, reader); r2 != r || !ok || len(tb.classes) != 2 || tb.seen != 0 {
		t.Errorf("%d classes possible, %d seen", len(tb.classes), tb.seen)
	}
	for _, step := range []struct {
		writer     int32
		own        bool
		run        uint64
		first      bool
		seen, once int
	}{
		{-1, false, 1, true, 1, 1}, {-1, false, 1, false, 1, 1}, {w, false, 1, true, 2, 2},
		{-1, false, 2, false, 2, 1}, {-1, false, 3, false, 2, 1}, {w, true, 3, true, 3, 2},
	} {
		if first := tb.show(r, step.writer, step.own, step.run); first != step.first || tb.seen != step.seen || tb.once != step.once {
			t.Errorf("%+v: first %v, %d seen, %d once", step, first, tb.seen, tb.once)
		}
	}
	if own := tb.classes[2]; own.tries != neverTried {
		t.Errorf("what a thread reads of its own can be aimed at: %+v", own)
	}
	if i, ok := tb.writer(lastWrite{}); i >= 0 || !ok {
		t.Error("the making of an object is a write")
	}
	if _, ok := tb.writer(lastWrite{operation: 99}); ok {
		t.Error("a write that was not noted is known")
	}
}

// However much runs do, a table, a corpus and a record stay below their bounds, and
// the report says so.
func TestFeedbackIsBounded(t *testing.T) {
	s := NewFeedback()
	tb := &s.table
	x := &object{id: 1, key: 71}
	for i := range uint64(2 * maxPlaces) {
		tb.place(i+1, like(1, 0, OpSwap, true, x))
	}
	for i := range int32(maxPlaces) {
		for j := range int32(20) {
			tb.show(i, j, j%2 == 0, 1)
		}
	}
	if len(tb.places) != maxPlaces || len(tb.classes) != maxClasses || !s.Report().Full {
		t.Errorf("%d places, %d classes, full %v", len(tb.places), len(tb.classes), s.Report().Full)
	}
	if n := len(tb.fresh); n > 2*maxClasses {
		t.Errorf("%d classes to be drained", n)
	}
	c := &s.corpus
	for i := range uint64(3 * maxStretches) {
		c.note(&Thread{hash: i})
	}
	for range 3 * maxParents {
		c.keep(nil, 1)
	}
	if len(c.record) != maxStretches || len(c.parents) != maxParents {
		t.Errorf("a record of %d stretches, %d parents", len(c.record), len(c.parents))
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
