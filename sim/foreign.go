package sim

import "time"

// This file is what packages outside the kernel build blocking objects from: a
// byte stream, a listener.

// Outside says whether the caller is a thread's program that the race detector is
// to see apart from the kernel: only in race builds, and not inside an Event's
// function or Inside. The state of an object that another package makes belongs to
// the kernel, so such a package begins each operation by
//
//	if w := x.w; w.Outside() {
//		w.Inside(func() { result = x.operation(arguments) })
//		return result
//	}
//
// in a function marked go:norace, because no happens-before edge leads from the
// program to the kernel; what the program reads afterwards may be what the kernel
// has written. The edges from thread to thread that the operation has are declared
// beside the call of Inside, by package runtime's RaceAcquire and its like.
func (w *World) Outside() bool { return w.outside() }

// Inside carries out f as the kernel does an operation, and returns when f has. A
// panic in f is one of the caller. In builds without the race detector it calls f.
//
//go:norace
func (w *World) Inside(f func()) {
	if w.outside() {
		w.cross(f)
		return
	}
	f()
}

// Object is a shared object whose operations are carried out by a package
// outside the kernel. It is embedded by value and made ready by Init in each run
// anew. Under the race detector all of its methods belong inside (see Outside); an
// operation that is nothing but Point or Await may be called outside, too.
//
// An operation begins with Point, or with Await if it may have to wait. A
// waiting thread belongs to a class, a small number of the package's own; the
// package says by Switch whether the operations of a class can be done now, each
// time that may have changed.
type Object struct{ held heldObject }

// Init makes o a new object of the current run. The name is for reports.
//
//go:norace
func (o *Object) Init(w *World, name string) {
	w.mustLive()
	o.held.renew()
	o.held.at().init(w, pointObject, name)
}

// Point is the choice point before an operation that can always be done.
//
//go:norace
func (o *Object) Point(k OpKind, write bool) {
	if w := o.held.at().w; w.outside() {
		w.cross(func() { o.Point(k, write) })
		return
	}
	o.held.at().point(k, write)
}

// Await is the choice point before an operation of the class, which can be done
// now if on. Otherwise it returns once Switch has turned the class on and the
// calling thread is picked; the class is then still on.
//
// The thread is in the queue before the next one is picked: an Event that the
// clock fires meanwhile must find it there.
//
//go:norace
func (o *Object) Await(k OpKind, class int, on bool) {
	if w := o.held.at().w; w.outside() {
		w.cross(func() { o.Await(k, class, on) })
		return
	}
	t := o.held.at().enter()
	t.op, t.object = Op{Kind: k, Write: true, Object: o.held.at().id}, o.held.at()
	wt := &t.wait
	wt.kind, wt.n, wt.on, wt.released = k, class, on, false
	o.held.at().queue.push(wt)
	if !on {
		t.w.disable(t)
	}
	t.w.step(t)
	o.held.at().queue.remove(wt)
}

// Waits reports whether any thread is inside Await.
//
//go:norace
func (o *Object) Waits() bool { return o.held.at().queue.head != nil }

// Switch makes the threads inside Await of the class runnable, or not. It is no
// choice point. An Event's function may call it.
//
//go:norace
func (o *Object) Switch(class int, on bool) {
	for wt := o.held.at().queue.head; wt != nil; wt = wt.next {
		if wt.n == class {
			wt.set(on)
		}
	}
}

// Event is a function to be called at a virtual time, by the clock itself and in
// no thread: it must neither block nor operate on objects of the World other than
// by Object.Switch, World.Go excluded. Setting and stopping it costs no step. The
// zero Event has to be made ready by Init, once; it may be kept from run to run,
// each of which begins with it stopped. Under the race detector its function belongs
// to the kernel, and its methods belong inside (see World.Outside).
type Event struct {
	w     *World
	timer heldTimer
}

// Init binds e to a World and a function.
//
//go:norace
func (e *Event) Init(w *World, f func()) {
	e.w = w
	e.timer.renew()
	e.timer.at().fire = f
}

// IsZero reports whether e has not been made ready.
//
//go:norace
func (e *Event) IsZero() bool { return e.w == nil }

// Set lets e happen at the given time since the run began, and only then. A time
// that is not in the future means as soon as the clock moves, without a move of
// the time.
//
//go:norace
func (e *Event) Set(at time.Duration) {
	e.w.clock.arm(e.timer.at(), at-e.w.clock.now)
}

// Pending reports whether e is set.
//
//go:norace
func (e *Event) Pending() bool { return e.timer.at().place != 0 }

// Stop unsets e.
//
//go:norace
func (e *Event) Stop() { e.w.clock.remove(e.timer.at()) }

// Local returns the value kept under key, made by create when it is first asked
// for. It is kept as long as the World, from run to run: a place for memory to be
// used again, never for what a run might learn from an earlier one. A value with
// the method Reset() is reset when a run first asks for it.
//
//go:norace
func (w *World) Local(key any, create func() any) any {
	if w.outside() {
		return ask(w, func() any { return w.Local(key, create) })
	}
	l, ok := w.local[key].(*local)
	if !ok {
		if w.local == nil {
			w.local = make(map[any]any)
		}
		l = &local{value: create()}
		w.local[key] = l
	}
	if l.epoch != w.epoch {
		l.epoch = w.epoch
		if r, ok := l.value.(interface{ Reset() }); ok {
			r.Reset()
		}
	}
	return l.value
}

// local is a value of Local and the last run that asked for it.
type local struct {
	value any
	epoch uint32
}

// Host returns the Host that the World was made with, nil if it has none.
func (w *World) Host() *Host { return w.options.Host }

// executeHosted makes a run of a scenario that lives inside another scheduler, in
// a World made and closed there.
func executeHosted(w *World, s *Scenario, cfg RunConfig) (r Result) {
	inside := *s
	inside.Host = nil
	err := s.Host(func(h *Host) {
		v := NewWorld(Options{Watchdog: -1, Host: h, Events: w.options.Events})
		defer v.Close()
		r = Execute(v, &inside, cfg)
	})
	if err != nil && r.Failure == nil {
		r.Failure = &Failure{Kind: Leak, Message: err.Error(), Step: r.Steps, Time: r.Time}
	}
	return r
}
