package sim

// Atomic is a value of sync/atomic in the World: each method is one step.
type Atomic[T comparable] struct {
	object object
	v      T
}

// NewAtomic returns an atomic value that holds v.
//
//go:norace
func NewAtomic[T comparable](w *World, name string, v T) *Atomic[T] {
	a := &Atomic[T]{v: v}
	a.object.init(w, atomicObject, name)
	return a
}

// Load returns the value.
//
//go:norace
func (a *Atomic[T]) Load() T {
	if w := a.object.w; w.outside() {
		v := ask(w, a.Load)
		a.object.acquire()
		return v
	}
	a.object.point(OpLoad, false)
	return a.v
}

// Store sets the value.
//
//go:norace
func (a *Atomic[T]) Store(v T) {
	if w := a.object.w; w.outside() {
		w.cross(func() { a.Store(v) })
		a.object.release()
		return
	}
	a.object.point(OpStore, true)
	a.v = v
}

// Swap sets the value and returns the old one.
//
//go:norace
func (a *Atomic[T]) Swap(v T) (old T) {
	if w := a.object.w; w.outside() {
		old = ask(w, func() T { return a.Swap(v) })
		a.object.acquire()
		a.object.release()
		return old
	}
	a.object.point(OpSwap, true)
	old, a.v = a.v, v
	return old
}

// CompareAndSwap sets the value if it is old, and says whether it did.
//
//go:norace
func (a *Atomic[T]) CompareAndSwap(old, v T) bool {
	if w := a.object.w; w.outside() {
		ok := ask(w, func() bool { return a.CompareAndSwap(old, v) })
		a.object.acquire()
		if ok {
			a.object.release()
		}
		return ok
	}
	a.object.point(OpCAS, true)
	if a.v != old {
		return false
	}
	a.v = v
	return true
}

// Integer is a type of the integers that an AtomicInt holds.
type Integer interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}

// AtomicInt is an Atomic with addition.
type AtomicInt[T Integer] struct{ Atomic[T] }

// Int64 is an atomic.Int64 of the World.
type Int64 = AtomicInt[int64]

// NewAtomicInt returns an atomic integer that holds v.
//
//go:norace
func NewAtomicInt[T Integer](w *World, name string, v T) *AtomicInt[T] {
	a := &AtomicInt[T]{}
	a.v = v
	a.object.init(w, atomicObject, name)
	return a
}

// NewInt64 returns an atomic integer that holds v.
func (w *World) NewInt64(name string, v int64) *Int64 { return NewAtomicInt(w, name, v) }

// Add adds delta and returns the new value.
//
//go:norace
func (a *AtomicInt[T]) Add(delta T) T {
	if w := a.object.w; w.outside() {
		r := ask(w, func() T { return a.Add(delta) })
		a.object.acquire()
		a.object.release()
		return r
	}
	a.object.point(OpAdd, true)
	a.v += delta
	return a.v
}
