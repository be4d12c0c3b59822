//go:build race

package sim

import (
	"runtime"
	"sync/atomic"
	"unsafe"
)

// side is where the programs of threads run, one at a time, each on a goroutine of
// its own: on the same one a second thread would be ordered after the first.
type side struct {
	w        *World
	t        *Thread
	body     func()
	in, out  chan struct{} // control, to the program and to the kernel
	request  func()        // what the kernel is to do; nil when body has ended
	panicked any           // what came of it
	id       atomic.Uint64 // goroutine number, read by the watchdog
	pcs      [64]uintptr   // where the last operation was called, if located
	place    int           // how many of pcs
}

// host runs the body of t on the program's side and does, on the calling
// coroutine, what it asks for, until it has ended.
//
//go:norace
func (s *side) host(w *World, t *Thread) {
	s.init(w)
	s.t, s.body = t, t.body
	if w.programs.gate == nil {
		w.programs.gate = make(chan struct{})
	}
	w.programs.at = s
	go s.run()
	s.serve()
}

//go:norace
func (s *side) init(w *World) {
	if s.in == nil {
		s.w, s.in, s.out = w, make(chan struct{}, 1), make(chan struct{}, 1)
	}
}

// serve is the kernel's side.
//
//go:norace
func (s *side) serve() {
	for {
		take(s.out)
		s.w.programs.at = nil
		f := s.request
		if f == nil {
			s.t, s.body = nil, nil
			return
		}
		s.do(f)
		s.w.programs.at = s
		runtime.RaceRelease(unsafe.Pointer(s))
		give(s.in)
	}
}

// do does what the program has asked for; a panic is passed on to it.
//
//go:norace
func (s *side) do(f func()) {
	defer s.caught()
	f()
}

//go:norace
func (s *side) caught() {
	v := recover()
	if v != nil && s.w.asking {
		s.w.fault(v)
		v = unwinding
	}
	s.panicked = v
}

// pass gives control to the kernel and waits to have it back.
//
//go:norace
func (s *side) pass() {
	give(s.out)
	take(s.in)
	runtime.RaceAcquire(unsafe.Pointer(s))
}

// run is the life of a thread's program.
//
//go:norace
func (s *side) run() {
	runtime.RaceDisable()
	s.id.Store(goroutineID())
	runtime.RaceEnable()
	returned := false
	defer s.end(&returned)
	s.t.begin()
	s.body()
	returned = true
}

// end ends a program that has returned, panicked or called runtime.Goexit.
//
//go:norace
func (s *side) end(returned *bool) {
	if !*returned {
		s.abort(recover())
	}
	s.t.self.release()
	runtime.RaceReleaseMerge(unsafe.Pointer(&s.w.programs))
	s.request = nil
	gate, stay := s.w.programs.gate, s.w.programs.stay < maxStay
	s.w.programs.stay++
	give(s.out)
	if stay {
		take(gate)
	}
}

// maxStay bounds the goroutines of ended programs that stay until the run is
// over. The detector takes a goroutine for the continuation of one that has ended
// just before.
const maxStay = 1000

//go:norace
func (s *side) abort(v any) {
	w, t := s.w, s.t
	if w.over || v == any(unwinding) {
		return
	}
	var f *Failure
	if v != nil {
		f = panicFailure(w, t, v)
	} else {
		f = goexitFailure(w, t)
	}
	w.cross(func() { w.end(f) })
}

// is says whether the goroutine of that number runs the program.
func (s *side) is(id uint64) bool { return s.id.Load() == id }

// give and take pass control unseen by the detector.

//go:norace
func give(c chan struct{}) {
	runtime.RaceDisable()
	c <- struct{}{}
	runtime.RaceEnable()
}

//go:norace
func take(c chan struct{}) {
	runtime.RaceDisable()
	<-c
	runtime.RaceEnable()
}
