package container

import (
	"container/heap"
	"math"
	"time"
)

// Handle names a scheduled function. The zero Handle names none.
type Handle struct{ seq uint64 }

// Schedule runs f once, in the container's domain, not earlier than delay from
// now; a delay of zero or less means as soon as possible (SCHED-1, SCHED-5). A
// delay too large for the clock never ends (SCHED-6). f must not touch the
// objects of a connection: it adds work to the connection's queue for that
// (SCHED-11). After Stop nothing is scheduled, and the zero Handle is returned.
// Functions run in the order of their due times, those of one due time in the
// order of their Schedule calls (SCHED-2, SCHED-3).
func (c *Container) Schedule(delay time.Duration, f func()) Handle {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Handle{c.schedule(delay, nil, f)}
}

// Cancel keeps a scheduled function from running if it has not begun, also if
// it is due at this moment (SCHED-7). Any other handle does nothing. If the
// function was the container's last activity, auto-stop follows (SCHED-8).
func (c *Container) Cancel(h Handle) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.domain.timers.cancel(h.seq) {
		c.deactivate(1)
	}
}

// schedule adds a timer and returns its number, 0 after Stop. The container's
// mutex is held.
func (c *Container) schedule(delay time.Duration, q *WorkQueue, f func()) uint64 {
	if c.run.stopping {
		return 0
	}
	c.activate()
	return c.domain.timers.add(delay, q, f)
}

// timer is a scheduled function, or a job that a work queue is to get.
type timer struct {
	due   time.Time
	seq   uint64
	f     func()
	queue *WorkQueue // the queue that f goes to; nil: f runs in the domain
	index int        // in the heap; -1 once taken out
	dead  bool       // cancelled
}

// timers are the pending ones of a container, in order of due time, and the one
// Env timer that stands for them all. Guarded by the container's mutex.
type timers struct {
	c       *Container
	due     func() // called when the alarm has gone off
	heap    timerHeap
	byNum   map[uint64]*timer // not yet begun
	seq     uint64
	alarm   interface{ Stop() bool } // nil if none is set
	alarmAt time.Time
}

func (ts *timers) init(c *Container, due func()) {
	ts.c, ts.due = c, due
	ts.byNum = make(map[uint64]*timer)
}

func (ts *timers) add(delay time.Duration, q *WorkQueue, f func()) uint64 {
	ts.seq++
	t := &timer{due: dueTime(ts.c.env.Now(), delay), seq: ts.seq, f: f, queue: q}
	ts.byNum[t.seq] = t
	heap.Push(&ts.heap, t)
	if q != nil {
		q.timers++
	}
	ts.setAlarm()
	return t.seq
}

// cancel reports whether it took a pending timer's activity away; one that a
// turn holds is marked, and its activity ends with the turn.
func (ts *timers) cancel(seq uint64) bool {
	t := ts.byNum[seq]
	if t == nil || t.queue != nil {
		return false
	}
	t.dead = true
	delete(ts.byNum, seq)
	if t.index < 0 {
		return false
	}
	heap.Remove(&ts.heap, t.index)
	ts.setAlarm()
	return true
}

// takeDue moves the timers that are due at now to dst, in order.
func (ts *timers) takeDue(now time.Time, dst *fifo[*timer]) {
	for len(ts.heap) > 0 && !ts.heap[0].due.After(now) {
		t := heap.Pop(&ts.heap).(*timer)
		if t.queue != nil {
			t.queue.timers--
		}
		dst.push(t)
	}
	ts.setAlarm()
}

// begin reports whether t, which a turn holds, was not cancelled. From here on
// Cancel does not reach it.
func (ts *timers) begin(t *timer) bool {
	delete(ts.byNum, t.seq)
	return !t.dead
}

// dropAll forgets all timers and returns how many there were.
func (ts *timers) dropAll() int { return ts.drop(func(*timer) bool { return true }) }

// dropQueue forgets the timers that would feed q (WQ-13).
func (ts *timers) dropQueue(q *WorkQueue) int {
	if q.timers == 0 {
		return 0
	}
	q.timers = 0
	return ts.drop(func(t *timer) bool { return t.queue == q })
}

func (ts *timers) drop(match func(*timer) bool) int {
	kept := ts.heap[:0]
	dropped := 0
	for _, t := range ts.heap {
		if match(t) {
			t.dead, t.index = true, -1
			delete(ts.byNum, t.seq)
			dropped++
			continue
		}
		t.index = len(kept)
		kept = append(kept, t)
	}
	clear(ts.heap[len(kept):])
	ts.heap = kept
	heap.Init(&ts.heap)
	ts.setAlarm()
	return dropped
}

// setAlarm makes the Env's timer agree with the earliest due time.
func (ts *timers) setAlarm() {
	var first time.Time
	if len(ts.heap) > 0 && ts.heap[0].due.Before(forever) {
		first = ts.heap[0].due
	}
	if first.Equal(ts.alarmAt) {
		return
	}
	if ts.alarm != nil {
		ts.alarm.Stop()
		ts.alarm = nil
	}
	ts.alarmAt = first
	if first.IsZero() {
		return
	}
	ts.alarm = ts.c.env.AfterFunc(first.Sub(ts.c.env.Now()), func() { ts.ring(first) })
}

// ring is the Env timer's function.
func (ts *timers) ring(at time.Time) {
	ts.c.mu.Lock()
	defer ts.c.mu.Unlock()
	if !ts.alarmAt.Equal(at) {
		return // an older alarm that Stop came too late for
	}
	ts.alarm, ts.alarmAt = nil, time.Time{}
	ts.due()
}

// forever is the due time of what never comes due: no clock reaches it, and no
// sum of a time and a duration exceeds it.
var forever = time.Unix(1<<40, 0)

// dueTime adds without wrapping round (SCHED-6).
func dueTime(now time.Time, delay time.Duration) time.Time {
	switch {
	case delay <= 0:
		return now
	case delay == math.MaxInt64:
		return forever
	}
	return now.Add(delay)
}

// timerHeap orders timers by due time, then by number. It implements
// heap.Interface.
type timerHeap []*timer

func (h timerHeap) Len() int { return len(h) }

func (h timerHeap) Less(i, j int) bool {
	if !h[i].due.Equal(h[j].due) {
		return h[i].due.Before(h[j].due)
	}
	return h[i].seq < h[j].seq
}

func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *timerHeap) Push(x any) {
	t := x.(*timer)
	t.index = len(*h)
	*h = append(*h, t)
}

// Pop implements heap.Interface.
func (h *timerHeap) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	t.index = -1
	return t
}
