package history

import (
	"sync"
	"testing"
	"time"
)

// toyWorld is a Source with two threads and a clock that moves with each step.
type toyWorld struct {
	step   uint64
	thread int32
	mixed  uint64
}

//go:norace
func (w *toyWorld) Stamp() (time.Duration, uint64, int32) {
	w.step++
	return time.Duration(w.step) * time.Microsecond, w.step, w.thread
}

//go:norace
func (w *toyWorld) ThreadName(i int32) string { return [2]string{"main", "worker"}[i] }

//go:norace
func (w *toyWorld) Mix(h uint64) { w.mixed = mix(w.mixed, h) }

func TestWorldRecorder(t *testing.T) {
	w := &toyWorld{}
	r := NewWorldRecorder(w, Options{})
	b := r.Begin(Event{Name: OnMessage, Conn: 1})
	w.thread = 1
	c := r.Call(Event{Name: OpAdd, Queue: 1, Item: 7})
	r.Return(c, Event{Name: OpAdd, Queue: 1, Item: 7, OK: true})
	r.End(b, Event{Name: OnMessage, Conn: 1})
	h := r.History()
	if len(h.Events) != 4 || h.Dropped != 0 {
		t.Fatalf("got %d events, %d dropped", len(h.Events), h.Dropped)
	}
	if h.Threads[0] != "main" || h.Threads[1] != "worker" {
		t.Errorf("threads %v", h.Threads)
	}
	e := h.Events[2]
	if e.Seq != 3 || e.Of != c || e.Kind != Return || !e.OK || e.Step != 3 || e.Thread != 1 || e.Time != 3*time.Microsecond {
		t.Errorf("return: %+v", e)
	}
	if h.Digest() != r.Digest() {
		t.Error("running digest differs from the history's")
	}
	if w.mixed == 0 {
		t.Error("the World's digest was not fed")
	}
}

func TestWorldRecorderResetRepeats(t *testing.T) {
	w := &toyWorld{}
	r := NewWorldRecorder(w, Options{})
	run := func() uint64 {
		*w = toyWorld{}
		r.Reset()
		a, b := new(int), new(int)
		for range 10 {
			r.Note(Event{Name: NoteSent, Conn: r.ID(Conns, a), Link: r.ID(Links, b), Item: uint64(r.NextID(Items))})
		}
		return r.Digest()
	}
	if x, y := run(), run(); x != y {
		t.Errorf("digests %x and %x", x, y)
	}
	if n := r.Len(); n != 10 {
		t.Errorf("%d events after Reset", n)
	}
}

func TestDigestSeesEveryField(t *testing.T) {
	base := Event{Kind: Call, Name: OpAdd}
	seen := map[uint64]int{base.Hash(): -1}
	for i, e := range []Event{
		{Kind: Return, Name: OpAdd}, {Kind: Call, Name: OpWake}, {Kind: Call, Name: OpAdd, Of: 1},
		{Kind: Call, Name: OpAdd, Time: 1}, {Kind: Call, Name: OpAdd, Thread: 1},
		{Kind: Call, Name: OpAdd, Container: 1}, {Kind: Call, Name: OpAdd, Listener: 1},
		{Kind: Call, Name: OpAdd, Conn: 1}, {Kind: Call, Name: OpAdd, Session: 1},
		{Kind: Call, Name: OpAdd, Link: 1}, {Kind: Call, Name: OpAdd, Queue: 1},
		{Kind: Call, Name: OpAdd, Item: 1}, {Kind: Call, Name: OpAdd, Count: 1},
		{Kind: Call, Name: OpAdd, OK: true}, {Kind: Call, Name: OpAdd, Text: "x"},
		{Kind: Call, Name: OpAdd, Step: 1}, {Kind: Call, Name: OpAdd, Text: "x\x00"},
	} {
		h := e.Hash()
		if j, ok := seen[h]; ok {
			t.Errorf("events %d and %d have the same hash", i, j)
		}
		seen[h] = i
	}
}

func TestLimitIsLoud(t *testing.T) {
	w := &toyWorld{}
	shared := NewRecorder(Options{Limit: 3})
	world := NewWorldRecorder(w, Options{Limit: 3})
	for _, r := range []*Recorder{shared, world} {
		var last uint64
		for range 5 {
			last = r.Note(Event{Name: NoteSent})
		}
		h := r.History()
		if last != 0 || len(h.Events) != 3 || h.Dropped != 2 {
			t.Errorf("last %d, %d events, %d dropped; want 0, 3, 2", last, len(h.Events), h.Dropped)
		}
	}
	if world.Digest() == world.History().Digest() {
		t.Error("dropped events are missing from the running digest")
	}
}

func TestNilRecorder(t *testing.T) {
	var r *Recorder
	if r.Begin(Event{}) != 0 || r.ID(Conns, t) != 0 || r.NextID(Items) != 0 || r.Len() != 0 || len(r.History().Events) != 0 {
		t.Error("a nil recorder records")
	}
	r.NameThread("x")
}

func TestIDs(t *testing.T) {
	r := NewRecorder(Options{})
	objs := make([]*int, 100)
	for i := range objs {
		objs[i] = new(int)
		if id := r.ID(Conns, objs[i]); id != uint32(i+1) {
			t.Fatalf("object %d has number %d", i, id)
		}
	}
	for i := range objs {
		if id := r.ID(Conns, objs[i]); id != uint32(i+1) {
			t.Fatalf("object %d has number %d the second time", i, id)
		}
	}
	if id := r.ID(Links, objs[5]); id != 1 {
		t.Errorf("spaces share numbers: %d", id)
	}
	if id := r.NextID(Conns); id != 101 {
		t.Errorf("next number %d", id)
	}
	defer func() {
		if recover() == nil {
			t.Error("an unknown space is accepted")
		}
	}()
	r.ID(0, objs[0])
}

func TestSharedRecorder(t *testing.T) {
	const threads, each = 4, 2000
	r := NewRecorder(Options{})
	var wg sync.WaitGroup
	for range threads {
		wg.Go(func() {
			for i := range each {
				e := Event{Name: Work, Item: uint64(i), Queue: r.ID(Queues, &wg)}
				r.End(r.Begin(e), e)
			}
		})
	}
	wg.Wait()
	h := r.History()
	if len(h.Events) != 2*threads*each || len(h.Threads) != threads {
		t.Fatalf("%d events of %d threads", len(h.Events), len(h.Threads))
	}
	last := make([]uint64, threads)
	for i := range h.Events {
		e := &h.Events[i]
		if e.Seq != uint64(i+1) {
			t.Fatalf("event %d has seq %d", i, e.Seq)
		}
		if e.Kind == End {
			b := h.Origin(e)
			if b.Kind != Begin || b.Item != e.Item || b.Thread != e.Thread {
				t.Fatalf("end %+v of %+v", e, b)
			}
			continue
		}
		if e.Item < last[e.Thread] {
			t.Fatalf("thread %d goes back to item %d", e.Thread, e.Item)
		}
		last[e.Thread] = e.Item
	}
}

func TestSnapshotWhileRecording(t *testing.T) {
	r := NewRecorder(Options{})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				r.Note(Event{Name: NoteSent})
			}
		}
	})
	for range 50 {
		h := r.History()
		for i := range h.Events {
			if h.Events[i].Seq != uint64(i+1) {
				t.Fatalf("event %d has seq %d", i, h.Events[i].Seq)
			}
		}
	}
	close(stop)
	wg.Wait()
}

func TestNameThread(t *testing.T) {
	r := NewRecorder(Options{})
	r.Note(Event{Name: "a"})
	r.NameThread("main")
	done := make(chan struct{})
	go func() { defer close(done); r.Note(Event{Name: "b"}) }()
	<-done
	h := r.History()
	if len(h.Threads) != 2 || h.Threads[0] != "main" || h.Threads[1] != "thread-2" {
		t.Errorf("threads %q", h.Threads)
	}
}

func TestClock(t *testing.T) {
	at := time.Unix(100, 0)
	r := NewRecorder(Options{Now: func() time.Time { return at }})
	at = at.Add(3 * time.Second)
	r.Note(Event{Name: "x"})
	if d := r.History().Duration(); d != 3*time.Second {
		t.Errorf("time %v", d)
	}
}

func TestRecordingAllocatesNothing(t *testing.T) {
	w := &toyWorld{}
	r := NewWorldRecorder(w, Options{})
	for range 1000 {
		r.Note(Event{Name: NoteSent})
	}
	key := new(int)
	r.Reset()
	r.Note(Event{Name: NoteSent, Conn: r.ID(Conns, key)})
	n := testing.AllocsPerRun(100, func() {
		e := Event{Name: OnMessage, Conn: r.ID(Conns, key)}
		r.End(r.Begin(e), e)
	})
	if n != 0 {
		t.Errorf("%v allocations per interval", n)
	}
}

func BenchmarkWorldRecord(b *testing.B) {
	w := &toyWorld{}
	r := NewWorldRecorder(w, Options{})
	b.ReportAllocs()
	for b.Loop() {
		if r.Len() >= 1<<10 {
			r.Reset()
		}
		r.Note(Event{Name: OnMessage, Conn: 1, Link: 2, Item: 3})
	}
}

func BenchmarkSharedRecord(b *testing.B) {
	b.ReportAllocs()
	r := NewRecorder(Options{})
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r.Note(Event{Name: OnMessage, Conn: 1, Link: 2, Item: 3})
		}
	})
}
