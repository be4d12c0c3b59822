package check

import (
	"strings"

	"github.com/collider-amqp/collider/sim/history"
)

// container is the state of a container.
type container struct {
	open       uint64 // interval open in the container domain (Strict)
	active     int    // threads inside intervals
	first      uint64 // first Begin
	lastBegin  uint64 // last Begin other than start and stop
	used       bool   // it had something to do: connect, listen, schedule, add
	starts     int
	startOpen  uint64 // Begin of on_container_start while it is in progress
	stops      int
	stopBegin  uint64 // last Begin of on_container_stop
	stopLast   bool   // nothing may come after it
	lastUse    uint64 // last Call that gave the container something to do
	runs       int    // calls of run()
	runOpen    int    // of these not yet returned
	returns    int
	width      int    // threads inside run(): sum of n over the open calls
	allowed    int    // threads that run() may make: sum of n−1 over all calls
	extra      int    // threads seen that did not call run()
	autoOff    uint64 // Return of the last auto_stop(false), 0 if auto-stop may be on
	lastCall   uint64
	lastReturn uint64
	stopCall   uint64 // first call of stop()
	stopReturn uint64
	stopText   string // condition of the first stop()
	final      uint64 // Return of the last run() of a stopped container
	carried    uint64 // Return of a run() that must have carried stop() out
	dead       uint64 // Call of a run() that must do nothing
	crashed    uint64 // Note
	drift      int64  // of its clock, in parts per million
}

func threads(n int64) int { return int(max(1, min(n, 1<<20))) }

// callRun judges the call of run().
func (c *Checker) callRun(e *history.Event) {
	k := c.cont[e.Seq-1]
	ct := &c.containers[k]
	if ct.runs == 0 && ct.first != 0 {
		c.fail(rPAR4, []uint64{ct.first, e.Seq}, "%s began before the first run()", c.name(ct.first))
	}
	ct.runs++
	ct.runOpen++
	ct.width += threads(e.Count)
	ct.allowed += threads(e.Count) - 1
	ct.lastCall = e.Seq
	c.threads[e.Thread].runIn = k + 1
	ct.dead = 0
	if ct.carried != 0 {
		ct.dead = e.Seq
	}
}

// returnRun judges the return of run().
func (c *Checker) returnRun(o, e *history.Event) {
	k := c.cont[o.Seq-1]
	ct := &c.containers[k]
	ct.runOpen--
	ct.returns++
	ct.width -= threads(o.Count)
	ct.lastReturn = e.Seq
	c.threads[o.Thread].runIn = 0
	if ct.runOpen > 0 {
		return
	}
	ct.dead = 0
	if ct.active > 0 {
		c.unfinished(e, k)
	}
	if ct.stopCall != 0 || !e.OK {
		ct.final = e.Seq
	}
	if ct.stopReturn != 0 && o.Seq > ct.stopReturn {
		// A run() that was in progress at stop() may have been over already, all
		// but its return; one called later has carried the stop out (RUN-15).
		ct.carried = e.Seq
	}
	c.firstError(ct, e)
	if e.OK && ct.stopCall == 0 && ct.autoOff != 0 && ct.lastBegin > ct.autoOff {
		// A run() on its way out when auto-stop was turned off begins nothing any more.
		c.fail(rRUN9, []uint64{ct.autoOff, ct.lastBegin, e.Seq}, "run() returned without stop() although auto-stop was off")
	}
	if e.OK && ct.stopCall == 0 && !ct.used && ct.lastBegin == 0 {
		c.fail(rRUN6, []uint64{o.Seq, e.Seq}, "run() returned without stop() although the container never had anything to do")
	}
}

// unfinished reports the intervals in progress when the last run() returned.
func (c *Checker) unfinished(e *history.Event, k uint32) {
	for i := range c.threads {
		open := c.threads[i].open
		if open == 0 || c.cont[open-1] != k {
			continue
		}
		r := rRUN1
		if c.cls[open-1] == cContainerStop {
			r = rRUN5
		}
		c.fail(r, []uint64{open, e.Seq}, "run() returned while %s was in progress on thread %q", c.name(open), c.h.Thread(int32(i)))
	}
}

// firstError judges that run() reports the error of the first stop().
func (c *Checker) firstError(ct *container, e *history.Event) {
	if ct.stopText == "" || strings.Contains(e.Text, ct.stopText) {
		return
	}
	for i := int(ct.stopCall); i < int(e.Seq); i++ {
		o := &c.h.Events[i]
		if c.cls[i] == cOpStop && o.Kind == history.Call && o.Text != "" && strings.Contains(e.Text, o.Text) {
			c.fail(rRUN13, []uint64{ct.stopCall, o.Seq, e.Seq}, "run() returned %q, the error of a later stop(); the first was %q", e.Text, ct.stopText)
			return
		}
	}
}

// autoStop takes note of auto_stop, which takes effect between its call and its
// return.
func (c *Checker) autoStop(e *history.Event, returned bool) {
	o := c.h.Origin(e)
	ct := &c.containers[c.cont[o.Seq-1]]
	switch {
	case o.Count != 0:
		ct.autoOff = 0
	case returned:
		ct.autoOff = e.Seq
	}
}

func (c *Checker) callStop(e *history.Event) {
	ct := &c.containers[c.cont[e.Seq-1]]
	if ct.stopCall == 0 {
		ct.stopCall, ct.stopText = e.Seq, e.Text
	}
}

func (c *Checker) returnStop(o, e *history.Event) {
	ct := &c.containers[c.cont[o.Seq-1]]
	if ct.stopReturn == 0 {
		ct.stopReturn = e.Seq
	}
}

// returnConnect judges the result of connect() and listen().
func (c *Checker) returnConnect(o, e *history.Event, cl class) {
	if !e.OK {
		return
	}
	ct := &c.containers[c.cont[o.Seq-1]]
	if ct.stopReturn != 0 && o.Seq > ct.stopReturn {
		c.fail(rRUN14, []uint64{ct.stopReturn, e.Seq}, "%s succeeded after stop() had returned", o.Name)
	}
	n := max(o.Conn, e.Conn)
	if cl != cOpConnect || n == 0 {
		return
	}
	cn := &c.conns[n]
	cn.connected = e.Seq
	c.cont[e.Seq-1] = c.cont[o.Seq-1]
	if cn.container == 0 {
		cn.container = c.cont[o.Seq-1]
	}
}

// beginContainer judges an interval against its container's start and stop.
func (c *Checker) beginContainer(e *history.Event, cl class, ct *container) {
	switch cl {
	case cContainerStart:
		c.beginStart(e, ct)
		return
	case cContainerStop:
		ct.stops++
		ct.stopBegin = e.Seq
		// After an auto-stop there may be more, and what came in just before may
		// have come too late for the leaving threads.
		ct.stopLast = ct.stopCall != 0 && ct.stopReturn != 0 && ct.lastUse < max(ct.lastBegin, 1)
		c.once(e, ct, ct.stops)
		return
	}
	if ct.startOpen != 0 {
		c.fail(rSER10, []uint64{ct.startOpen, e.Seq}, "%s began while on_container_start was in progress", c.name(e.Seq))
	}
	if ct.dead != 0 {
		c.fail(rRUN14, []uint64{ct.stopReturn, ct.dead, e.Seq}, "%s began in a run() that was called after stop()", c.name(e.Seq))
	}
	if c.opt.Strict && ct.stopLast && ct.stopBegin > ct.lastCall {
		c.fail(rRUN5, []uint64{ct.stopBegin, e.Seq}, "%s began after on_container_stop", c.name(e.Seq))
	}
}

// beginStart judges on_container_start.
func (c *Checker) beginStart(e *history.Event, ct *container) {
	ct.starts++
	c.once(e, ct, ct.starts)
	if ct.starts == 1 {
		ct.startOpen = e.Seq
		if ct.first != 0 {
			c.fail(rSER10, []uint64{ct.first, e.Seq}, "on_container_start began after %s", c.name(ct.first))
		}
	}
	if k := c.cont[e.Seq-1]; ct.runs > 0 && c.threads[e.Thread].runIn != k+1 {
		c.fail(rRUN4, []uint64{ct.lastCall, e.Seq}, "on_container_start began on thread %q, which did not call run()", c.h.Thread(e.Thread))
	}
}

// once judges the number of calls of a callback that comes once for each
// container, or, as the contract also accepts, once for each run().
func (c *Checker) once(e *history.Event, ct *container, n int) {
	if n > 1 && (c.opt.Strict || n > ct.runs) {
		c.fail(rRUN4, []uint64{e.Seq}, "%s came %d times in %d calls of run()", e.Name, n, ct.runs)
	}
}

// finishRuns judges the calls of run() that had not returned when the scenario
// had reached its end.
func (c *Checker) finishRuns() {
	for i := range c.containers {
		ct := &c.containers[i]
		if c.finished == 0 || ct.runOpen == 0 || ct.crashed != 0 {
			continue
		}
		switch {
		case ct.stopCall != 0:
			c.fail(rRUN13, []uint64{ct.stopCall, c.finished}, "run() has not returned after stop()")
		case ct.used && c.idle(uint32(i)):
			c.fail(rRUN12, []uint64{ct.lastCall, c.finished}, "run() has not returned although nothing is left to do")
		}
	}
}
