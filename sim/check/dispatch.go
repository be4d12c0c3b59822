package check

import "github.com/collider-amqp/collider/sim/history"

// call judges the invocation of an operation.
func (c *Checker) call(e *history.Event, cl class) {
	switch cl {
	case cOpAdd, cOpQueueSchedule:
		c.callAdd(e, cl)
	case cOpQueueClose:
		c.queues[e.Queue].closed = e.Seq
	case cOpWake:
		c.callWake(e)
	case cOpSchedule:
		c.callSchedule(e)
	case cOpStop:
		c.callStop(e)
	case cOpAutoStop:
		c.autoStop(e, false)
	case cOpRun:
		c.callRun(e)
	case cOpConnClose:
		if e.Conn != 0 {
			c.closing(e, &c.conns[e.Conn], true)
		}
	case cOpConnect, cOpListen:
		ct := &c.containers[c.cont[e.Seq-1]]
		ct.used, ct.lastUse = true, e.Seq
	}
}

// returned judges the return e of the call o.
func (c *Checker) returned(o, e *history.Event, cl class) {
	switch cl {
	case cOpAdd:
		c.returnAdd(o, e)
	case cOpSchedule:
		c.returnSchedule(o, e)
	case cOpCancel:
		c.returnCancel(o, e)
	case cOpConnect, cOpListen:
		c.returnConnect(o, e, cl)
	case cOpStop:
		c.returnStop(o, e)
	case cOpAutoStop:
		c.autoStop(e, true)
	case cOpRun:
		c.returnRun(o, e)
	}
}

// finish judges what a complete history must have brought about.
func (c *Checker) finish() {
	c.finishJobs()
	c.finishWakes()
	c.finishListeners()
	c.finishConns()
	c.finishTimers()
	c.finishRuns()
	c.finishMessages()
}
