package sim

import "runtime"

// unwinding is the panic value that unwinds the threads left at the end of a run,
// so that their deferred calls run and their coroutines are free again.
var unwinding = &unwindToken{}

type unwindToken struct{}

// String is for programs that recover and print what they get.
func (*unwindToken) String() string {
	return "sim: the run has ended and this thread is being unwound"
}

// Unwinding reports whether a recovered value is the one by which the World
// unwinds a thread at the end of a run. A program need not treat it specially: each
// further operation on the World panics with it again.
func Unwinding(v any) bool { return v == any(unwinding) }

// unwound is what is kept of a thread's unwinding.
type unwound struct {
	pcs   []uintptr // where it stood
	count int
}

// maxUnwinds is how often a thread may recover from its unwinding and go on
// before it is ended by runtime.Goexit, which cannot be recovered from.
const maxUnwinds = 100

// unwind ends t, the calling thread, because the run is over.
//
//go:norace
func (w *World) unwind(t *Thread) {
	if !w.splits() || w.outside() {
		t.unwound.note()
	}
	panic(unwinding) // a program notes it when control comes back to it
}

// note is called when a thread is about to be unwound.
//
//go:norace
func (u *unwound) note() {
	if u.count == 0 {
		var pcs [64]uintptr
		u.pcs = append(u.pcs[:0], pcs[:runtime.Callers(3, pcs[:])]...)
	}
	if u.count++; u.count > maxUnwinds {
		runtime.Goexit()
	}
}

// mustLive unwinds the calling thread if the run is over: it stands before
// operations that are no choice point.
//
//go:norace
func (w *World) mustLive() {
	if w.over && w.cur != nil {
		w.unwind(w.cur)
	}
}

// unwindAll ends the threads that are left when the run is over. It runs on the
// root.
func (w *World) unwindAll() {
	for i := 0; i < len(w.threads); i++ {
		if t := w.threads[i]; t.co != nil {
			w.cur = t
			w.pool.root.transfer(t.co)
		}
	}
	w.cur = nil
	w.pool.discardDead()
	f := w.verdict.failure
	if f == nil {
		return
	}
	for i, t := range w.verdict.states {
		f.Threads[i].Locations = userFrames(t.unwound.pcs)
	}
}
