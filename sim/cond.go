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
func (c *Cond) Wait() {
	t := c.object.point(OpWait, true)
	w := c.object.w
	if m := c.mutex; m != nil {
		c.queue.push(&t.wait)
		m.release()
		w.block(t)
		// wake has made the thread's next operation a Lock, which is done now.
		m.object.queue.remove(&t.wait)
		m.take(t)
		return
	}
	// L is foreign code, which may use t.wait.
	wt := &waiter{t: t, on: true}
	c.queue.push(wt)
	c.L.Unlock()
	if !wt.released {
		t.op, t.object = Op{Kind: OpWait, Write: true, Object: c.object.id}, &c.object
		wt.on = false
		w.block(t)
	}
	c.L.Lock()
}

// Signal wakes the thread that has waited longest, if one waits.
func (c *Cond) Signal() {
	c.object.point(OpSignal, true)
	if c.queue.head != nil {
		c.wake(c.queue.head)
	}
}

// Broadcast wakes all waiting threads.
func (c *Cond) Broadcast() {
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
