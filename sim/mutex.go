package sim

// Mutex is a sync.Mutex of the World. Any of the threads that want it may get it
// next.
type Mutex struct {
	object object
	locked bool
}

// NewMutex returns a mutex. The name appears in reports.
//
//go:norace
func (w *World) NewMutex(name string) *Mutex {
	m := &Mutex{}
	m.object.init(w, mutexObject, name)
	return m
}

// Lock locks m, and waits until it can.
//
//go:norace
func (m *Mutex) Lock() {
	if w := m.object.w; w.outside() {
		w.cross(m.Lock)
		m.object.acquire()
		return
	}
	m.take(m.object.await(OpLock, 0, !m.locked))
}

func (m *Mutex) take(t *Thread) {
	m.locked, m.object.holder = true, t
	m.object.disableAll()
}

// TryLock locks m if it is not locked, and says whether it did.
//
//go:norace
func (m *Mutex) TryLock() bool {
	if w := m.object.w; w.outside() {
		ok := ask(w, m.TryLock)
		if ok {
			m.object.acquire()
		}
		return ok
	}
	t := m.object.point(OpTryLock, true)
	if m.locked {
		return false
	}
	m.take(t)
	return true
}

// Unlock unlocks m, from whichever thread. It panics if m is not locked.
//
//go:norace
func (m *Mutex) Unlock() {
	if w := m.object.w; w.outside() {
		w.cross(m.Unlock)
		m.object.release()
		return
	}
	m.object.point(OpUnlock, true)
	m.release()
}

func (m *Mutex) release() {
	if !m.locked {
		panic(&Misuse{What: "unlock of unlocked mutex", Object: m.object.String()})
	}
	m.locked, m.object.holder = false, nil
	m.object.enableAll()
}
