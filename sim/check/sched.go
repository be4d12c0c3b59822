package check

import (
	"time"

	"github.com/collider-amqp/collider/sim/history"
)

// timer is a function of container.schedule.
type timer struct {
	container uint32
	item      uint64
	call, ret uint64
	begin     uint64
	cancelled uint64        // Return of a cancel that must hold
	cancel    bool          // some cancel was called
	dueMin    time.Duration // bounds of the due time: the container reads its clock inside the call
	dueMax    time.Duration
	noDelay   bool
}

// due is a scheduled function that has begun, in a stack whose due times fall
// from bottom to top.
type due struct {
	begin uint64
	min   time.Duration
}

// tick is the granularity of scheduled work.
const tick = time.Millisecond

func (c *Checker) timerOf(e *history.Event) *timer {
	i := c.timerAt.get(e.Container, e.Item)
	if i < 0 {
		i = int32(len(c.timers))
		c.timers = append(c.timers, timer{container: c.cont[e.Seq-1], item: e.Item})
		c.timerAt.put(e.Container, e.Item, i)
	}
	return &c.timers[i]
}

func (c *Checker) callSchedule(e *history.Event) {
	t := c.timerOf(e)
	if t.call != 0 {
		c.fail(rHistory, []uint64{t.call, e.Seq}, "function %d is scheduled twice", e.Item)
		return
	}
	t.call, t.noDelay = e.Seq, e.Count <= 0
	ct := &c.containers[t.container]
	t.dueMin, t.dueMax = later(e.Time, ct.lasts(e.Count)), forever
	ct.used, ct.lastUse = true, e.Seq
}

func (c *Checker) returnSchedule(o, e *history.Event) {
	if t := c.timerOf(o); t.call == o.Seq {
		t.ret, t.dueMax = e.Seq, later(e.Time, c.containers[t.container].lasts(o.Count))
	}
}

// returnCancel takes note of a cancel. It must hold if the function had not
// begun and could not be about to begin: because it was not due, or because the
// cancel came from the container's serial domain.
func (c *Checker) returnCancel(o, e *history.Event) {
	if c.timerAt.get(o.Container, o.Item) < 0 {
		return // an unknown handle
	}
	t := c.timerOf(o)
	t.cancel = true
	in := c.parent[o.Seq-1]
	inside := in != 0 && c.cls[in-1] == cScheduled
	if t.begin == 0 && t.cancelled == 0 && (inside || e.Time < t.dueMin) {
		t.cancelled = e.Seq
	}
}

// beginScheduled judges the start of a scheduled function.
func (c *Checker) beginScheduled(e *history.Event) {
	c.stats.Scheduled++
	t := c.timerOf(e)
	switch {
	case t.call == 0:
		t.begin = e.Seq
		return // the history does not tell what was scheduled
	case t.begin != 0:
		c.fail(rSCHED1, []uint64{t.begin, e.Seq}, "function %d ran twice", e.Item)
		return
	case t.cancelled != 0:
		c.fail(rSCHED7, []uint64{t.cancelled, e.Seq}, "function %d ran after it had been cancelled", e.Item)
	case t.dueMin == forever:
		c.fail(rSCHED6, []uint64{t.call, e.Seq}, "function %d ran although its delay does not end", e.Item)
	case e.Time+tick < t.dueMin:
		c.fail(rSCHED1, []uint64{t.call, e.Seq}, "function %d ran at %v, it was due at %v", e.Item, e.Time, t.dueMin)
	}
	t.begin = e.Seq
	c.dueOrder(e, t)
}

// dueOrder judges SCHED-2: no function that was due in a later millisecond has
// begun before, at a time when this one was already scheduled.
func (c *Checker) dueOrder(e *history.Event, t *timer) {
	// The stack holds, for each begin, the greatest due time from it on.
	dues := c.dues[t.container]
	lo, hi := 0, len(dues)
	for lo < hi {
		m := int(uint(lo+hi) >> 1)
		if dues[m].begin > t.ret {
			hi = m
		} else {
			lo = m + 1
		}
	}
	if t.ret != 0 && lo < len(dues) && dues[lo].min/tick > t.dueMax/tick {
		d := dues[lo]
		c.fail(rSCHED2, []uint64{t.call, d.begin, e.Seq}, "function %d, due by %v, ran after %s, due at %v", e.Item, t.dueMax, c.name(d.begin), d.min)
	}
	for n := len(dues); n > 0 && dues[n-1].min <= t.dueMin; n-- {
		dues = dues[:n-1]
	}
	c.dues[t.container] = append(dues, due{begin: e.Seq, min: t.dueMin})
}

// finishTimers judges the functions that did not run although run() has returned
// by auto-stop: a function that was pending while the container was alive.
func (c *Checker) finishTimers() {
	for i := range c.timers {
		t := &c.timers[i]
		ct := &c.containers[t.container]
		if t.begin != 0 || t.cancel || t.ret == 0 || t.dueMin == forever {
			continue
		}
		if ct.runs == 0 || ct.runOpen > 0 || ct.final != 0 || t.ret > ct.lastBegin {
			continue
		}
		r := rRUN7
		if t.noDelay {
			r = rSCHED5
		}
		c.fail(r, []uint64{t.call, ct.lastReturn}, "function %d was pending when run() returned by auto-stop", t.item)
	}
}

// idle reports whether the container k has nothing left: no connection,
// listener, scheduled function or job.
func (c *Checker) idle(k uint32) bool {
	for i := range c.conns {
		cn := &c.conns[i]
		if seen := max(cn.first, cn.connected, cn.accept); seen != 0 && c.cont[seen-1] == k && cn.closeEnd == 0 {
			return false
		}
	}
	for i := range c.listeners {
		if l := &c.listeners[i]; l.last != 0 && c.cont[l.last-1] == k && l.state != lClosed {
			return false
		}
	}
	for i := range c.timers {
		if t := &c.timers[i]; t.container == k && t.begin == 0 && !t.cancel {
			return false
		}
	}
	for i := range c.jobs {
		if j := &c.jobs[i]; j.call != 0 && c.cont[j.call-1] == k && j.begin == 0 && !j.refused {
			return false
		}
	}
	return c.containers[k].active == 0
}
