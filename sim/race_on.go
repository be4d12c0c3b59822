//go:build race

package sim

import (
	"runtime"
	"unsafe"
)

// In race builds a thread has two sides. Its program runs on a goroutine of its own;
// the kernel's side is the coroutine that runs the thread in other builds, and does
// there the operations that the program asks for. Control passes between the two by
// channels that the race detector does not see.
//
// The coroutines are ordered by their hand-over (iter.Pull), so that all of the
// kernel's memory is, in the detector's eyes, used by one goroutine. An edge leads
// from the kernel to a program each time control passes that way, which lets it
// read what the kernel has made; none leads back, and so none from program to
// program, but those that the primitives declare. What a program hands to the
// kernel is therefore written, and what it changes of the kernel's memory by
// itself is touched, by norace functions only.
//
// Worlds are not split if Options.HideRaces, nor inside another scheduler
// (Options.Host), which counts goroutines.

// programs is the World's part of the split.
type programs struct {
	split bool
	at    *side          // the program that has control; nil if the kernel has
	ended []endedContext // to be told of by a program
	gate  chan struct{}  // closed at the end of the run
	stay  int            // programs that have ended

	locate bool // keep where each operation is called
}

// raceReports is the number of reports that the detector has made in this process.
func raceReports() int { return runtime.RaceErrors() }

//go:norace
func (w *World) initSplit() { w.programs.split = !w.options.HideRaces && w.options.Host == nil }

// locatePlaces lets the run's operations keep where they were called.
func (w *World) locatePlaces(yes bool) { w.programs.locate = yes }

// operationFrames returns the user's frames of the operation that t, which calls, is
// about to do or records.
func (w *World) operationFrames(t *Thread) []Frame {
	if !w.programs.split || t == nil || t.co == nil {
		return callers(2)
	}
	s := &t.co.side
	return userFrames(s.pcs[:s.place])
}

// splits says whether the World's threads have two sides.
//
//go:norace
func (w *World) splits() bool { return w.programs.split }

// outside says whether the caller is a program, so that an operation has to be
// carried out by cross.
//
//go:norace
func (w *World) outside() bool { return w.programs.at != nil }

// cross lets the kernel do f for the program that calls.
//
//go:norace
func (w *World) cross(f func()) {
	s := w.programs.at
	if w.programs.locate {
		s.place = runtime.Callers(2, s.pcs[:])
	}
	s.request = f
	s.pass()
	w.closeEnded()
	v := s.panicked
	if v == nil {
		return
	}
	s.panicked = nil
	if v == any(unwinding) {
		s.t.unwound.note()
	}
	panic(v)
}

// ask is cross for an operation with a result.
//
//go:norace
func ask[R any](w *World, f func() R) (r R) {
	p := new(R)
	w.cross(func() { *p = f() })
	return *p
}

// shut closes the channel of a context that has ended. It is left to the program
// that ended it, so that whoever learns of the end comes after; if it was the clock,
// and by is none, to the next program, and only who receives from the channel itself
// comes after that.
func (w *World) shut(c *Context, by edge) {
	if w.programs.split {
		w.programs.ended = append(w.programs.ended, endedContext{c, by})
		return
	}
	close(c.done)
}

type endedContext struct {
	c  *Context
	by edge
}

//go:norace
func (w *World) closeEnded() {
	for i, e := range w.programs.ended {
		close(e.c.done)
		if e.by != nil {
			e.c.object.merge()
			e.c.ended.object.merge()
		}
		w.programs.ended[i] = endedContext{}
	}
	w.programs.ended = w.programs.ended[:0]
}

// joinPrograms orders what the programs of a run have done before what follows.
//
//go:norace
func (w *World) joinPrograms() {
	runtime.RaceAcquire(unsafe.Pointer(&w.programs))
	w.closeEnded()
	if w.programs.gate != nil {
		close(w.programs.gate)
		w.programs.gate, w.programs.stay = nil, 0
	}
}

// edge is an address at which programs release and acquire.
type edge unsafe.Pointer

var noEdge edge

// newEdge returns an edge that begins here.
//
//go:norace
func newEdge() edge {
	e := unsafe.Pointer(new(uint64))
	runtime.RaceRelease(e)
	return edge(e)
}

// reach lets the caller come after e.
func reach(e edge) { runtime.RaceAcquire(unsafe.Pointer(e)) }

func (o *object) edge() edge { return edge(unsafe.Pointer(o)) }

// The following declare edges between the programs that operate on o, if a program
// calls. A release comes after the operation: no choice point lies between.

func (o *object) acquire() { runtime.RaceAcquire(unsafe.Pointer(o)) }
func (o *object) release() { runtime.RaceRelease(unsafe.Pointer(o)) }
func (o *object) merge()   { runtime.RaceReleaseMerge(unsafe.Pointer(o)) }

// The readers of an RWMutex are ordered before the next writer, not before one
// another.

func (o *object) acquireReaders() { runtime.RaceAcquire(unsafe.Pointer(&o.id)) }
func (o *object) mergeReader()    { runtime.RaceReleaseMerge(unsafe.Pointer(&o.id)) }

// origins are the edges that end where a thread begins, and those of its present
// operation on a channel.
type origins struct {
	from [2]edge
	mine edge // begins at this thread
	peer edge // begins at the thread that it has met
}

// follow lets t begin after e.
func (t *Thread) follow(e edge) {
	if e == nil {
		return
	}
	if t.origins.from[0] == nil {
		t.origins.from[0] = e
	} else {
		t.origins.from[1] = e
	}
}

// begin acquires what t's program follows.
//
//go:norace
func (t *Thread) begin() {
	t.self.acquire()
	for _, e := range t.origins.from {
		if e != nil {
			runtime.RaceAcquire(unsafe.Pointer(e))
		}
	}
}

// hold is called by the kernel before an operation on channels: e begins at the
// thread that does it.
func (w *World) hold(e edge) {
	o := &w.cur.origins
	o.mine, o.peer = e, nil
}

// mine returns the edge that begins at the thread that runs.
func (w *World) mine() edge {
	if w.cur == nil {
		return nil
	}
	return w.cur.origins.mine
}

// reached says that e ends at the thread that runs.
func (w *World) reached(e edge) {
	if w.cur != nil {
		w.cur.reached(e)
	}
}

func (t *Thread) reached(e edge) { t.origins.peer = e }

// meet is called by the program after the operation.
//
//go:norace
func (w *World) meet() {
	if e := w.cur.origins.peer; e != nil {
		runtime.RaceAcquire(unsafe.Pointer(e))
	}
}

// slotEdges are the edges of a channel's buffer: from the sender of what is in a
// slot, and back from who has emptied it.
type slotEdges []struct{ there, back edge }

func (slotEdges) make(n int) slotEdges { return make(slotEdges, n) }

func (s slotEdges) put(i int, e edge) (back edge) {
	s[i].there = e
	return s[i].back
}

func (s slotEdges) take(i int, e edge) (there edge) {
	s[i].back = e
	return s[i].there
}

// privateString returns a copy of s that the detector has seen nobody write.
//
//go:norace
func privateString(s string) string { return (s + "\x00")[:len(s)] }

// heldObject and heldTimer are the kernel's part of what is embedded in the
// structs of others. Those are written as a whole, which must not look like an
// access to the part.
type heldObject struct{ o *object }

//go:norace
func (h *heldObject) at() *object {
	if h.o == nil {
		h.renew()
	}
	return h.o
}

//go:norace
func (h *heldObject) renew() { h.o = new(object) }

type heldTimer struct{ t *timer }

//go:norace
func (h *heldTimer) at() *timer {
	if h.t == nil {
		h.renew()
	}
	return h.t
}

//go:norace
func (h *heldTimer) renew() { h.t = new(timer) }
