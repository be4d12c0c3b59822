package check

import "github.com/collider-amqp/collider/sim/history"

// crash takes note that a container has crashed: what its threads were in the middle
// of is over, and nothing of it is due any more.
func (c *Checker) crash(e *history.Event) {
	k := c.containerOf(e)
	ct := &c.containers[k]
	if ct.crashed != 0 {
		c.fail(rHistory, []uint64{ct.crashed, e.Seq}, "container %d crashes twice", k)
		return
	}
	ct.crashed = e.Seq
	for i := range c.threads {
		th := &c.threads[i]
		if th.runIn == k+1 {
			th.runIn = 0
		}
		if th.open != 0 && c.cont[th.open-1] == k {
			th.open = 0
			c.active--
		}
	}
	ct.active, ct.startOpen = 0, 0
}

// afterCrash judges the start or the end of an interval: it reports whether the
// container had crashed by then, so that nothing else can be said about it.
func (c *Checker) afterCrash(o, e *history.Event, what string) bool {
	at := c.containers[c.cont[o.Seq-1]].crashed
	if at != 0 && (o == e || o.Seq < at) {
		c.fail(rCRASH1, []uint64{o.Seq, at, e.Seq}, "%s %s after its container had crashed", c.name(o.Seq), what)
	}
	return at != 0
}

// over reports whether the container need not do any more what it was asked for.
func (ct *container) over() bool { return ct.stopCall != 0 || ct.crashed != 0 }

// lasts returns how many nanoseconds of the history's time pass while the container's
// clock goes on by ns, rounded down.
func (ct *container) lasts(ns int64) int64 {
	const million = 1_000_000
	if ct.drift == 0 || ns <= 0 || ns == int64(forever) || ct.drift <= -million {
		return ns
	}
	per := million + ct.drift
	q, r := ns/per, ns%per
	if q >= int64(forever)/million {
		return int64(forever)
	}
	return q*million + r*million/per
}
