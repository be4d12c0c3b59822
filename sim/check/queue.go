package check

import (
	"time"

	"github.com/collider-amqp/collider/sim/history"
)

// job is a job of a work queue.
type job struct {
	queue, conn uint32
	item        uint64
	call, ret   uint64 // of work_queue.add or work_queue.schedule
	begin       uint64
	inside      uint64 // interval of the same domain that added it
	notBefore   time.Duration
	scheduled   bool // by work_queue.schedule
	accepted    bool
	refused     bool
}

// jobOf returns the record of a job, made if there is none.
func (c *Checker) jobOf(e *history.Event) (*job, int32) {
	i := c.jobAt.get(e.Queue, e.Item)
	if i < 0 {
		i = int32(len(c.jobs))
		c.jobs = append(c.jobs, job{queue: e.Queue, conn: e.Conn, item: e.Item})
		c.jobAt.put(e.Queue, e.Item, i)
	}
	return &c.jobs[i], i
}

// callAdd judges the call of work_queue.add or work_queue.schedule.
func (c *Checker) callAdd(e *history.Event, cl class) {
	q := &c.queues[e.Queue]
	j, _ := c.jobOf(e)
	if j.call != 0 {
		c.fail(rHistory, []uint64{j.call, e.Seq}, "job %d of queue %d is added twice", e.Item, e.Queue)
		return
	}
	j.call, q.adds = e.Seq, q.adds+1
	ct := &c.containers[c.cont[e.Seq-1]]
	ct.used, ct.lastUse = true, e.Seq
	if e.Conn != 0 {
		q.conn, j.conn = e.Conn, e.Conn
	}
	if cl == cOpQueueSchedule {
		j.scheduled, j.notBefore = true, later(e.Time, ct.lasts(e.Count))
	}
	if j.begin != 0 {
		c.fail(rWQ3, []uint64{j.begin, e.Seq}, "job %d of queue %d ran before it was added", e.Item, e.Queue)
	}
	if in := c.threads[e.Thread].open; in != 0 && c.sameDomain(in, e.Queue, q) {
		j.inside = in
	}
}

// sameDomain reports whether the interval in is in the serial domain of a queue.
func (c *Checker) sameDomain(in uint64, number uint32, q *queue) bool {
	o := c.h.At(in)
	if o.Listener != 0 {
		return false
	}
	if q.conn != 0 {
		return o.Conn == q.conn
	}
	return o.Conn == 0 && c.cls[in-1] == cWork && o.Queue == number
}

// returnAdd judges the result of work_queue.add.
func (c *Checker) returnAdd(o, e *history.Event) {
	j, _ := c.jobOf(o)
	if j.call != o.Seq {
		return
	}
	j.ret = e.Seq
	if !e.OK {
		j.refused = true
		if j.begin != 0 {
			c.fail(rWQ3, []uint64{j.begin, e.Seq}, "job %d of queue %d ran although its add returned false", j.item, j.queue)
		}
		return
	}
	j.accepted = true
	if j.conn != 0 {
		if cn := &c.conns[j.conn]; cn.closeEnd != 0 && o.Seq > cn.closeEnd {
			c.fail(rWQ4, []uint64{cn.closeEnd, e.Seq}, "add of job %d returned true after on_transport_close of connection %d", j.item, j.conn)
		}
		return
	}
	if ct := &c.containers[c.cont[o.Seq-1]]; ct.final != 0 && o.Seq > ct.final {
		c.fail(rWQ15, []uint64{ct.final, e.Seq}, "add of job %d to queue %d returned true after the container had stopped and run() had returned", j.item, j.queue)
	}
}

// beginWork judges the start of a job.
func (c *Checker) beginWork(e *history.Event) {
	c.stats.Jobs++
	q := &c.queues[e.Queue]
	if e.Conn != 0 {
		q.conn = e.Conn
		c.enter(&c.conns[e.Conn].open, e, cWork, rSER2)
		c.workAfterClose(e, &c.conns[e.Conn])
	} else {
		c.enter(c.domain(e, cWork), e, cWork, rSER5)
	}
	j, n := c.jobOf(e)
	if j.conn == 0 {
		j.conn = e.Conn
	}
	if j.begin != 0 {
		c.fail(rWQ3, []uint64{j.begin, e.Seq}, "job %d of queue %d ran twice", e.Item, e.Queue)
		return
	}
	j.begin = e.Seq
	if j.refused {
		c.fail(rWQ3, []uint64{j.ret, e.Seq}, "job %d of queue %d ran although its add returned false", e.Item, e.Queue)
	}
	c.deferred(e, j)
	if j.scheduled {
		if e.Time+time.Millisecond < j.notBefore {
			c.fail(rWQ12, []uint64{j.call, e.Seq}, "job %d of queue %d ran at %v, it was due at %v", e.Item, e.Queue, e.Time, j.notBefore)
		}
		return
	}
	if j.ret != 0 && j.ret < q.maxCall {
		o := &c.jobs[q.maxJob]
		c.fail(rWQ2, []uint64{j.ret, o.call, o.begin, e.Seq}, "job %d of queue %d was added before job %d and ran after it", e.Item, e.Queue, o.item)
	}
	if j.call > q.maxCall {
		q.maxCall, q.maxJob = j.call, n
	}
}

// deferred judges SER-8 for a job that begins with e.
func (c *Checker) deferred(e *history.Event, j *job) {
	switch {
	case j.call == 0:
	case c.end[j.call-1] == 0 && c.h.At(j.call).Thread == e.Thread:
		c.fail(rSER8, []uint64{j.call, e.Seq}, "job %d of queue %d ran inside its add", e.Item, e.Queue)
	case j.inside != 0 && c.end[j.inside-1] == 0:
		c.fail(rSER8, []uint64{j.inside, j.call, e.Seq}, "job %d of queue %d ran inside %s, which added it", e.Item, e.Queue, c.name(j.inside))
	}
}

// workAfterClose judges work of a connection against its final callback.
func (c *Checker) workAfterClose(e *history.Event, cn *conn) {
	switch {
	case cn.closeEnd != 0:
		c.fail(rOWN7, []uint64{cn.closeEnd, e.Seq}, "%s began after on_transport_close of connection %d", c.name(e.Seq), e.Conn)
	case cn.closeBegin != 0:
		c.fail(rWQ5, []uint64{cn.closeBegin, e.Seq}, "%s began after on_transport_close of connection %d had begun", c.name(e.Seq), e.Conn)
	}
}

// finishJobs judges, at the end of the history, the jobs that did not run.
func (c *Checker) finishJobs() {
	for i := range c.jobs {
		j := &c.jobs[i]
		q := &c.queues[j.queue]
		switch {
		case j.call == 0 && q.adds > 0:
			c.fail(rWQ3, []uint64{j.begin}, "job %d of queue %d ran and was never added", j.item, j.queue)
		case !j.accepted || j.begin != 0 || j.scheduled:
		case c.containers[c.cont[j.call-1]].crashed != 0:
		case j.conn != 0 && c.conns[j.conn].closeBegin != 0:
			c.lostJob(j, &c.conns[j.conn])
		default:
			c.stuckJob(j, q)
		}
	}
}

// lostJob reports an accepted job whose connection has ended.
func (c *Checker) lostJob(j *job, cn *conn) {
	r := rWQ3
	if cn.closing != 0 && j.ret > cn.closing {
		r = rWQ6
	}
	if cn.closeEnd != 0 && j.call > cn.closeEnd {
		return // WQ-4 was broken, and has been reported
	}
	c.fail(r, []uint64{j.call, j.ret, cn.closeBegin}, "job %d of connection %d was accepted and never ran", j.item, j.conn)
}

// stuckJob reports an accepted job that no end of a connection explains, if it
// had to run before run() returned.
func (c *Checker) stuckJob(j *job, q *queue) {
	ct := &c.containers[c.cont[j.call-1]]
	if q.closed != 0 || ct.runs == 0 || ct.runOpen != 0 {
		return
	}
	switch {
	case ct.final != 0 && j.ret < ct.final:
		c.fail(rWQ3, []uint64{j.call, j.ret, ct.final}, "job %d of queue %d was accepted and never ran although run() has returned", j.item, j.queue)
	case ct.final == 0 && j.ret < ct.lastBegin:
		c.fail(rWQ18, []uint64{j.call, j.ret, ct.lastReturn}, "job %d of queue %d was pending when run() returned by auto-stop", j.item, j.queue)
	}
}

// later returns at plus ns nanoseconds; a negative number counts as zero, and
// what does not fit is for ever.
func later(at time.Duration, ns int64) time.Duration {
	if ns <= 0 {
		return at
	}
	if d := at + time.Duration(ns); d >= at {
		return d
	}
	return forever
}

const forever = time.Duration(1<<63 - 1)
