package sim

import "sync"

// RWMutex is a sync.RWMutex of the World: a writer that waits keeps out new
// readers, so that a thread that reads twice can deadlock as it would outside.
type RWMutex struct {
	object  object
	readers []*Thread
	writer  *Thread // who has announced that it wants to write, or writes
	active  bool    // it writes
}

// NewRWMutex returns a mutex for readers and writers.
//
//go:norace
func (w *World) NewRWMutex(name string) *RWMutex {
	m := &RWMutex{}
	m.object.init(w, rwMutexObject, name)
	return m
}

// Lock locks m for writing. It first becomes the one waiting writer, which is a
// step, and then waits until the readers have gone.
//
//go:norace
func (m *RWMutex) Lock() {
	if w := m.object.w; w.outside() {
		w.cross(m.Lock)
		m.object.acquire()
		m.object.acquireReaders()
		return
	}
	t := m.object.await(OpLock, 0, m.writer == nil)
	m.writer = t
	m.object.disableAll()
	if len(m.readers) > 0 {
		m.object.holder = m.readers[0]
		m.object.w.block(t)
	}
	m.active, m.object.holder = true, t
}

// TryLock locks m for writing if nobody has it, and says whether it did.
//
//go:norace
func (m *RWMutex) TryLock() bool {
	if w := m.object.w; w.outside() {
		ok := ask(w, m.TryLock)
		if ok {
			m.object.acquire()
			m.object.acquireReaders()
		}
		return ok
	}
	t := m.object.point(OpTryLock, true)
	if m.writer != nil || len(m.readers) > 0 {
		return false
	}
	m.writer, m.active, m.object.holder = t, true, t
	m.object.disableAll()
	return true
}

// Unlock ends the writing. It panics if nobody writes.
//
//go:norace
func (m *RWMutex) Unlock() {
	if w := m.object.w; w.outside() {
		w.cross(m.Unlock)
		m.object.release()
		return
	}
	m.object.point(OpUnlock, true)
	if !m.active {
		panic(&Misuse{What: "Unlock of unlocked RWMutex", Object: m.object.String()})
	}
	m.writer, m.active, m.object.holder = nil, false, nil
	m.object.enableAll()
}

// RLock locks m for reading, and waits while a writer has it or waits for it.
//
//go:norace
func (m *RWMutex) RLock() {
	if w := m.object.w; w.outside() {
		w.cross(m.RLock)
		m.object.acquire()
		return
	}
	t := m.object.await(OpRLock, 0, m.writer == nil)
	m.readers = append(m.readers, t)
}

// TryRLock locks m for reading if RLock would not wait, and says whether it did.
//
//go:norace
func (m *RWMutex) TryRLock() bool {
	if w := m.object.w; w.outside() {
		ok := ask(w, m.TryRLock)
		if ok {
			m.object.acquire()
		}
		return ok
	}
	t := m.object.point(OpTryRLock, true)
	if m.writer != nil {
		return false
	}
	m.readers = append(m.readers, t)
	return true
}

// RUnlock ends one reading. It panics if nobody reads.
//
//go:norace
func (m *RWMutex) RUnlock() {
	if w := m.object.w; w.outside() {
		w.cross(m.RUnlock)
		m.object.mergeReader()
		return
	}
	t := m.object.point(OpRUnlock, true)
	if len(m.readers) == 0 {
		panic(&Misuse{What: "RUnlock of unlocked RWMutex", Object: m.object.String()})
	}
	m.forget(t)
	if m.writer == nil {
		return
	}
	if len(m.readers) > 0 {
		m.object.holder = m.readers[0]
	} else {
		m.object.holder = nil
		m.object.w.complete(m.writer)
	}
}

// forget removes one reading of t, or of somebody if t does not read: a reading
// may be ended by another thread.
func (m *RWMutex) forget(t *Thread) {
	last := len(m.readers) - 1
	for i, r := range m.readers {
		if r == t {
			m.readers[i] = m.readers[last]
			break
		}
	}
	m.readers = m.readers[:last]
}

// RLocker returns a Locker whose Lock and Unlock are RLock and RUnlock.
func (m *RWMutex) RLocker() sync.Locker { return (*rLocker)(m) }

type rLocker RWMutex

func (r *rLocker) Lock()   { (*RWMutex)(r).RLock() }
func (r *rLocker) Unlock() { (*RWMutex)(r).RUnlock() }
