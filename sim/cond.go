package sim

import "sync"

// Cond is a sync.Cond of the World. Signal wakes the thread that has waited
// longest, as the original does; nothing wakes without a signal.
type Cond struct {
	// L is the lock that Wait releases.
	L      sync.Locker
	object object
	mutex  *Mutex // L, if it is one
	queue  waitQueue
}

// NewCond returns a condition variable with the lock l, usually a *Mutex or
// *RWMutex of the same World. Its name is that of the mutex.
//
//go:norace
func (w *World) NewCond(l sync.Locker) *Cond {
	c := &Cond{L: l}
	name := "cond"
	switch m := l.(type) {
	case *Mutex:
		c.mutex = m
		name = m.object.name
	case *RWMutex:
		name = m.object.name
	}
	c.object.init(w, condObject, name)
	return c
}

// Wait queues the calling thread, unlocks L, waits to be woken and locks L again.
// Queueing and unlocking a Mutex is one step.
//
//go:norace
func (c *Cond) Wait() {
	w, m := c.object.w, c.mutex
	switch {
	case !w.outside() && m != nil:
		c.wait(m)
	case !w.outside():
		wt := c.enqueue()
		c.L.Unlock()
		c.await(wt)
		c.L.Lock()
	case m != nil:
		m.object.release() // nobody can lock it before it is unlocked
		w.cross(func() { c.wait(m) })
		c.object.acquire()
		m.object.acquire()
	default:
		wt := ask(w, c.enqueue)
		c.L.Unlock()
		w.cross(func() { c.await(wt) })
		c.object.acquire()
		c.L.Lock()
	}
}

func (c *Cond) wait(m *Mutex) {
	t := c.object.point(OpWait, true)
	c.queue.push(&t.wait)
	m.release()
	t.w.block(t)
	// wake has made the thread's next operation a Lock, which is done now.
	m.object.queue.remove(&t.wait)
	m.take(t)
}

// enqueue begins to wait with a lock that is foreign code, which may use the
// thread's own waiter.
func (c *Cond) enqueue() *waiter {
	wt := &waiter{t: c.object.point(OpWait, true), on: true}
	c.queue.push(wt)
	return wt
}

// await waits until wt has been woken.
func (c *Cond) await(wt *waiter) {
	if wt.released {
		return
	}
	t := wt.t
	t.op, t.object = Op{Kind: OpWait, Write: true, Object: c.object.id}, &c.object
	wt.on = false
	t.w.block(t)
}

// Signal wakes the thread that has waited longest, if one waits.
//
//go:norace
func (c *Cond) Signal() {
	if w := c.object.w; w.outside() {
		w.cross(c.Signal)
		c.object.merge()
		return
	}
	c.object.point(OpSignal, true)
	for wt := c.queue.head; wt != nil; wt = c.queue.head {
		if wt.t.state != threadCrashed {
			c.wake(wt)
			return
		}
		c.queue.remove(wt) // the signal is not for the dead
	}
}

// Broadcast wakes all waiting threads.
//
//go:norace
func (c *Cond) Broadcast() {
	if w := c.object.w; w.outside() {
		w.cross(c.Broadcast)
		c.object.merge()
		return
	}
	c.object.point(OpBroadcast, true)
	for c.queue.head != nil {
		c.wake(c.queue.head)
	}
}

func (c *Cond) wake(wt *waiter) {
	c.queue.remove(wt)
	t, m := wt.t, c.mutex
	if m == nil {
		wt.released = true
		if !wt.on {
			t.w.complete(t)
		}
		return
	}
	t.op, t.object = Op{Kind: OpLock, Write: true, Object: m.object.id}, &m.object
	wt.kind, wt.on = OpLock, false
	m.object.queue.push(wt)
	wt.set(!m.locked)
}
