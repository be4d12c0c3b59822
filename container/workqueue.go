package container

import "time"

// WorkQueue takes functions from any thread and runs them one at a time, in the
// order in which they were added (WQ-1, WQ-2). A connection's queue runs them in
// the serial domain of the connection's callbacks (SER-2), which makes it the
// way to use a connection from outside. A free-standing queue, made by
// Container.NewWorkQueue, runs them in the container's domain, together with
// scheduled functions (SER-5). The zero WorkQueue refuses everything (WQ-11).
type WorkQueue struct {
	home   workHome
	closed bool // no timer is taken any more; guarded by the container's mutex
	timers int  // its jobs among the container's timers; guarded likewise
}

// workHome is where a queue's jobs wait and run.
type workHome interface {
	// add queues a job, or reports that it can never run.
	add(q *WorkQueue, job func()) bool
	// owner returns the container whose timers schedule jobs.
	owner() *Container
}

// NewWorkQueue returns a queue that runs its jobs in the container's domain. Its
// pending jobs keep the container from stopping by itself (WQ-18).
func (c *Container) NewWorkQueue() *WorkQueue { return &WorkQueue{home: &c.domain} }

// Add queues job and returns at once. It reports whether job has been or will be
// called: an accepted job runs exactly once, also when the container stops
// meanwhile; a refused one never (WQ-3). A connection's queue refuses from the
// connection's final callbacks on (WQ-4), a free-standing one once it is closed,
// or Stop was called and no connection or listener is left (WQ-15). Job never
// runs inside Add (SER-8).
func (q *WorkQueue) Add(job func()) bool {
	if q == nil || q.home == nil {
		return false
	}
	return q.home.add(q, job)
}

// Schedule adds job to the queue once delay has passed, as Container.Schedule
// counts delays. If the queue refuses it then, or has gone before, the job is
// dropped (WQ-12, WQ-13).
func (q *WorkQueue) Schedule(delay time.Duration, job func()) {
	if q == nil || q.home == nil {
		return
	}
	c := q.home.owner()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !q.closed {
		c.schedule(delay, q, job)
	}
}

// Close ends a free-standing queue and returns how many of its accepted jobs it
// dropped: those that no thread has begun to take out, the only exception to
// Add's promise (WQ-17). It may be called at any time, also from a job of the
// queue, and again. A connection's queue ends with its connection, and Close
// leaves it as it is.
func (q *WorkQueue) Close() (dropped int) {
	if q == nil {
		return 0
	}
	if d, free := q.home.(*domain); free {
		return d.close(q)
	}
	return 0
}
