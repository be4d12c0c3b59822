package sim

// Semaphore is a counting semaphore of the World. Any of the threads that can be
// served may be next.
type Semaphore struct {
	object object
	size   int
	free   int
}

// NewSemaphore returns a semaphore of which n may be held.
//
//go:norace
func (w *World) NewSemaphore(name string, n int) *Semaphore {
	s := &Semaphore{size: n, free: n}
	s.object.init(w, semaphoreObject, name)
	return s
}

// Acquire takes n, and waits until it can. It panics if n < 0.
//
//go:norace
func (s *Semaphore) Acquire(n int) {
	if w := s.object.w; w.outside() {
		w.cross(func() { s.Acquire(n) })
		s.object.acquire()
		return
	}
	s.check(n)
	s.object.await(OpAcquire, n, s.free >= n)
	s.change(-n)
}

// TryAcquire takes n if it need not wait, and says whether it did.
//
//go:norace
func (s *Semaphore) TryAcquire(n int) bool {
	if w := s.object.w; w.outside() {
		ok := ask(w, func() bool { return s.TryAcquire(n) })
		if ok {
			s.object.acquire()
		}
		return ok
	}
	s.check(n)
	s.object.point(OpTryAcquire, true)
	if s.free < n {
		return false
	}
	s.change(-n)
	return true
}

// Release gives n back. It panics if that is more than is held.
//
//go:norace
func (s *Semaphore) Release(n int) {
	if w := s.object.w; w.outside() {
		w.cross(func() { s.Release(n) })
		s.object.merge()
		return
	}
	s.check(n)
	s.object.point(OpRelease, true)
	if n > s.size-s.free {
		panic(&Misuse{What: "semaphore: released more than held", Object: s.object.String()})
	}
	s.change(n)
}

func (s *Semaphore) check(n int) {
	if n < 0 {
		panic(&Misuse{What: "semaphore: negative number", Object: s.object.String()})
	}
}

func (s *Semaphore) change(n int) {
	s.free += n
	for wt := s.object.queue.head; wt != nil; wt = wt.next {
		wt.set(s.free >= wt.n)
	}
}
