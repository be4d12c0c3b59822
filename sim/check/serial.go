package check

import "github.com/collider-amqp/collider/sim/history"

// This file pairs intervals and judges serialization (SER) and the bound on
// parallel callbacks (PAR, ST, RUN-1).

// begin judges the start of an interval.
func (c *Checker) begin(e *history.Event, cl class) {
	if c.afterCrash(e, e, "began") {
		return
	}
	th := &c.threads[e.Thread]
	c.beginRun(e, cl, th)
	switch {
	case e.Listener != 0:
		l := &c.listeners[e.Listener]
		c.enter(&l.open, e, cl, rSER4)
		c.beginListener(e, cl, l)
	case cl == cWork:
		c.beginWork(e)
	case e.Conn != 0:
		c.stats.Callbacks++
		c.enter(&c.conns[e.Conn].open, e, cl, rSER1)
		c.beginConn(e, cl)
	case cl == cScheduled:
		if c.opt.Strict {
			c.enter(&c.containers[c.cont[e.Seq-1]].open, e, cl, rSER5)
		}
		c.beginScheduled(e)
	default:
		c.stats.Callbacks++
	}
	th.open = e.Seq
}

// domain returns the open interval of the serial domain of an interval, nil if
// it belongs to none.
func (c *Checker) domain(e *history.Event, cl class) *uint64 {
	switch {
	case e.Listener != 0:
		return &c.listeners[e.Listener].open
	case e.Conn != 0:
		return &c.conns[e.Conn].open
	case cl != cWork && cl != cScheduled:
		return nil
	case c.opt.Strict:
		return &c.containers[c.cont[e.Seq-1]].open
	case cl == cWork:
		return &c.queues[e.Queue].open
	}
	return nil
}

// enter opens e in a serial domain.
func (c *Checker) enter(open *uint64, e *history.Event, cl class, r rule) {
	if *open != 0 && !c.funnelled(*open, e, cl) {
		c.fail(r, []uint64{*open, e.Seq}, "%s began while %s was in progress", c.name(e.Seq), c.name(*open))
	}
	c.outer[e.Seq-1] = *open
	*open = e.Seq
}

// funnelled reports whether e is on_error called inside the error callback open
// (ORD-19).
func (c *Checker) funnelled(open uint64, e *history.Event, cl class) bool {
	if cl != cError || c.parent[e.Seq-1] != open {
		return false
	}
	switch c.cls[open-1] {
	case cTransportError, cConnectionError, cSessionError, cLinkError:
		return true
	}
	return false
}

// ended judges the end e of the interval o.
func (c *Checker) ended(o, e *history.Event) {
	if c.afterCrash(o, e, "ended") {
		return
	}
	cl := c.cls[o.Seq-1]
	c.pop(c.domain(o, cl), c.outer, o.Seq)
	th := &c.threads[o.Thread]
	c.pop(&th.open, c.parent, o.Seq)
	if e.Thread != o.Thread {
		c.fail(rHistory, []uint64{o.Seq, e.Seq}, "%s began on thread %d and ended on thread %d", c.name(o.Seq), o.Thread, e.Thread)
	}
	if c.parent[o.Seq-1] == 0 {
		c.containers[c.cont[o.Seq-1]].active--
		c.active--
	}
	switch {
	case cl == cTransportClose && o.Conn != 0:
		c.endTransportClose(o, e)
	case cl == cContainerStart:
		c.containers[c.cont[o.Seq-1]].startOpen = 0
	}
}

// pop removes the interval seq from the stack whose top is open: intervals that
// overlap need not end in order.
func (c *Checker) pop(open *uint64, below []uint64, seq uint64) {
	if open == nil || *open != seq {
		return
	}
	for *open != 0 && c.end[*open-1] != 0 {
		*open = below[*open-1]
	}
}

// beginRun judges an interval's place in run().
func (c *Checker) beginRun(e *history.Event, cl class, th *thread) {
	k := c.cont[e.Seq-1]
	ct := &c.containers[k]
	if th.open == 0 {
		c.active++
		c.stats.Parallel = max(c.stats.Parallel, c.active)
		ct.active++
	}
	if e.Conn == 0 || cl > cContainerStop { // else HAND-6 judges
		c.beginContainer(e, cl, ct)
	}
	if ct.first == 0 {
		ct.first = e.Seq
	}
	if cl != cContainerStart && cl != cContainerStop {
		ct.lastBegin = e.Seq
	}
	if ct.runs == 0 {
		return // no run() seen yet, or the history has none: a driver
	}
	if ct.runOpen == 0 {
		c.fail(rPAR4, []uint64{ct.lastReturn, e.Seq}, "%s began while no thread was in run()", c.name(e.Seq))
		return
	}
	if ct.active > ct.width && th.open == 0 {
		r := rPAR2
		if ct.width == 1 {
			r = rST3
		}
		c.fail(r, []uint64{e.Seq}, "%s is in progress as number %d with %d threads in run()", c.name(e.Seq), ct.active, ct.width)
	}
	c.poolThread(e, k, ct, th)
}

// poolThread judges whether the thread can be one of the pool's: one that called
// run(), or one of those that run(n) may make.
func (c *Checker) poolThread(e *history.Event, k uint32, ct *container, th *thread) {
	if th.runIn == k+1 || th.extra == k+1 {
		return
	}
	th.extra = k + 1
	ct.extra++
	if ct.extra <= ct.allowed {
		return
	}
	r := rPAR4
	if ct.allowed == 0 && ct.runs == 1 {
		r = rST3
	}
	c.fail(r, []uint64{ct.lastCall, e.Seq}, "%s began on thread %q, which is not inside run(): %d threads more than run() may make",
		c.name(e.Seq), c.h.Thread(e.Thread), ct.extra-ct.allowed)
}
