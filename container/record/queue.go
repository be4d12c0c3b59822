package record

import (
	"time"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/sim/history"
)

// Queue is a work queue of an observed container. Its methods may be called
// from any thread.
type Queue struct {
	q    *container.WorkQueue
	c    *Container
	id   uint32
	conn uint32
}

// Queue returns the observed form of a connection's work queue.
func (c *Container) Queue(conn *container.Connection) *Queue {
	q := conn.WorkQueue()
	return &Queue{q, c, c.rec.ID(history.Queues, q), c.rec.ID(history.Conns, conn)}
}

// NewQueue makes an observed free-standing work queue.
func (c *Container) NewQueue() *Queue {
	q := c.c.NewWorkQueue()
	return &Queue{q, c, c.rec.ID(history.Queues, q), 0}
}

// Add is container.WorkQueue.Add.
func (q *Queue) Add(job func()) bool {
	if q.c.rec == nil {
		return q.q.Add(job)
	}
	e := q.event(history.OpAdd)
	call := q.c.rec.Call(e)
	e.OK = q.q.Add(q.observed(e.Item, job))
	q.c.rec.Return(call, e)
	return e.OK
}

// Schedule is container.WorkQueue.Schedule.
func (q *Queue) Schedule(delay time.Duration, job func()) {
	if q.c.rec == nil {
		q.q.Schedule(delay, job)
		return
	}
	e := q.event(history.OpQueueSchedule)
	e.Count = int64(delay)
	call := q.c.rec.Call(e)
	q.q.Schedule(delay, q.observed(e.Item, job))
	q.c.rec.Return(call, e)
}

// Close is container.WorkQueue.Close.
func (q *Queue) Close() int {
	e := q.event(history.OpQueueClose)
	e.Item = 0
	call := q.c.rec.Call(e)
	n := q.q.Close()
	e.Count = int64(n)
	q.c.rec.Return(call, e)
	return n
}

func (q *Queue) event(name string) history.Event {
	return history.Event{Name: name, Container: q.c.id, Conn: q.conn, Queue: q.id, Item: uint64(q.c.rec.NextID(history.Items))}
}

// observed wraps a job in its interval.
func (q *Queue) observed(item uint64, job func()) func() {
	return func() {
		e := history.Event{Name: history.Work, Container: q.c.id, Conn: q.conn, Queue: q.id, Item: item}
		begin := q.c.rec.Begin(e)
		defer q.c.rec.End(begin, e)
		job()
	}
}
