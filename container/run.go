package container

import (
	"context"
	"runtime/debug"
)

// phase is the life of a container as its threads see it.
type phase uint8

const (
	phaseIdle    phase = iota // no thread is in Run
	phaseRunning              // the threads in Run serve strands
	phaseLeaving              // the threads in Run are on their way out
	phaseStopped              // Stop was carried out; final
)

// runState is guarded by the container's mutex.
type runState struct {
	phase    phase
	threads  int  // threads that entered Run and have not left it
	started  bool // OnContainerStart was claimed by a thread
	open     bool // OnContainerStart has returned: workers may enter the loop
	ended    bool // OnContainerStop was claimed by a thread
	autoStop bool
	edge     bool // activity ended where no worker could act on it
	stopping bool // Stop was called
	err      error
	io       int // I/O threads alive
}

// Run lends the calling thread, and n-1 threads that it starts, to the
// container until the container stops; n below 1 means 1 (RUN-2). With n = 1
// every callback runs on the calling goroutine. Several threads may call Run:
// together they form the pool (RUN-3). The first Run of a container calls
// OnContainerStart before anything else (SER-10, RUN-4); the last thread to
// leave calls OnContainerStop.
//
// Run returns, once all the threads it started have ended, because
//   - the last connection, listener, scheduled function and queued job of the
//     container went away and auto-stop is on (RUN-6): nil. A container that
//     never had anything to do goes on running. Run may be called again.
//   - Stop was called: Stop's error, nil for a plain stop. Later calls return
//     the same at once.
//   - a callback or work function panicked: a *PanicError, as at Stop.
//   - ctx ended: that is Stop(context.Cause(ctx)).
//
// A callback or work function must not end its thread, by runtime.Goexit or by
// FailNow of a testing.T, which calls it: Run would wait for the thread for ever.
//
// Run returns ErrNestedRun at once when it is called from one of the
// container's own callbacks, and an error of the Env when ctx is of a kind that
// the Env cannot watch.
func (c *Container) Run(ctx context.Context, n int) error {
	n = max(n, 1)
	thread := c.threadKey()
	if c.isWorker(thread) {
		return ErrNestedRun
	}
	release, err := c.env.OnDone(ctx, func() { c.Stop(context.Cause(ctx)) })
	if err != nil {
		return err
	}
	defer release()
	if !c.enter(n, thread) {
		return c.stopError()
	}
	group := n
	for range n - 1 {
		c.env.Go("worker", func() {
			thread := c.threadKey()
			c.enrol(thread)
			c.work()
			c.leave(thread, &group)
		})
	}
	c.work()
	c.leave(thread, &group)
	c.await(&group)
	return c.stopError()
}

// enter registers n threads, the calling one by its identity, and, for the first
// Run of all, calls OnContainerStart. It reports false if the container has
// stopped for good.
func (c *Container) enter(n int, thread any) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.run.phase == phaseLeaving {
		c.runCond.Wait()
	}
	if c.run.phase == phaseStopped {
		return false
	}
	c.run.phase = phaseRunning
	c.run.threads += n
	c.workers[thread] = true
	if !c.run.started {
		c.run.started = true
		c.mu.Unlock()
		c.protect(c.startHandler)
		c.mu.Lock()
		c.run.open = true
		c.runCond.Broadcast()
	}
	for !c.run.open {
		c.runCond.Wait()
	}
	c.reconsider()
	return true
}

// reconsider acts, now that workers can, on what happened while they could not:
// a Stop, or the end of all activity (RUN-12, RUN-15).
func (c *Container) reconsider() {
	if c.active == 0 && (c.run.stopping || c.run.edge && c.run.autoStop) {
		c.beginLeaving()
	}
}

// beginLeaving sends all threads in Run home. The container's mutex is held.
func (c *Container) beginLeaving() {
	if c.run.phase != phaseRunning {
		return
	}
	c.run.edge = false
	c.run.phase = phaseLeaving
	c.workCond.Broadcast()
}

// work serves strands until the threads in Run go home.
func (c *Container) work() {
	c.mu.Lock()
	for c.run.phase != phaseLeaving {
		s := c.ready.pop()
		if s == nil {
			c.idle++
			c.workCond.Wait()
			c.idle--
			continue
		}
		c.mu.Unlock()
		s.body.turn()
		c.mu.Lock()
	}
	c.mu.Unlock()
}

// leave takes the calling thread out of Run. The last one winds up what is left
// and ends the phase.
func (c *Container) leave(thread any, group *int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.run.threads == 1 && c.windUp() {
	}
	delete(c.workers, thread)
	c.run.threads--
	if c.run.threads == 0 {
		c.run.phase = phaseIdle
		if c.run.stopping {
			c.run.phase = phaseStopped
		}
	}
	*group--
	c.runCond.Broadcast()
}

// windUp does one thing that the last thread has to do before it leaves, and
// reports whether there was one. The container's mutex is held, but not all the
// time.
func (c *Container) windUp() bool {
	switch {
	case c.run.io > 0:
		c.runCond.Wait()
	case c.run.stopping && c.active > 0:
		// A Stop found the threads leaving for an auto-stop, and something that
		// had come in since.
		c.run.phase = phaseRunning
		c.mu.Unlock()
		c.work()
		c.mu.Lock()
	case !c.run.ended:
		c.run.ended = true
		c.mu.Unlock()
		c.protect(c.stopHandler)
		c.mu.Lock()
	default:
		return false
	}
	return true
}

// await blocks until all threads of a Run have left.
func (c *Container) await(group *int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for *group > 0 {
		c.runCond.Wait()
	}
}

// enqueue puts a queued strand on the ready list and wakes a worker for it.
func (c *Container) enqueue(s *strand) {
	c.mu.Lock()
	c.enqueueLocked(s)
	c.mu.Unlock()
}

func (c *Container) enqueueLocked(s *strand) {
	c.ready.push(s)
	if c.idle > 0 {
		c.workCond.Signal()
	}
}

// Stop ends the container for good: connections and listeners are aborted
// without a closing handshake, work that is already queued runs, connections
// get their final callbacks, and every Run returns err (RUN-13, RUN-17).
// Scheduled functions that are not yet due are dropped (RUN-20). A non-nil err
// is reported to each open connection by OnTransportError and to each listener
// by OnError (RUN-18, RUN-19). Stop returns at once; only the first call
// counts.
func (c *Container) Stop(err error) {
	c.mu.Lock()
	if c.run.stopping {
		c.mu.Unlock()
		return
	}
	c.run.stopping, c.run.err = true, err
	c.domain.dropScheduled()
	hosts := append([]*host(nil), c.hosts...)
	accepts := append([]*acceptor(nil), c.accepts...)
	if c.active == 0 && c.run.open {
		c.beginLeaving()
	}
	c.mu.Unlock()
	for _, a := range accepts {
		a.stop()
	}
	for _, h := range hosts {
		h.postStop()
	}
}

// AutoStop turns auto-stop on or off; it is on in a new container. With
// auto-stop, Run returns when the last connection, listener, scheduled function
// and queued job goes away. Turning it on while there is nothing to do does not
// stop the container: that moment has passed (RUN-6, RUN-9).
func (c *Container) AutoStop(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.run.autoStop = on
	c.run.edge = false
}

// stopError returns the error that Run reports.
func (c *Container) stopError() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.run.err
}

func (c *Container) startHandler() {
	if c.handler != nil {
		c.handler.OnContainerStart(c)
	}
}

func (c *Container) stopHandler() {
	if c.handler != nil {
		c.handler.OnContainerStop(c)
	}
}

// protect calls f, which runs user code, under the panic policy. It reports
// whether f returned.
func (c *Container) protect(f func()) (returned bool) {
	defer func() {
		if returned {
			return
		}
		if v := recover(); v != nil {
			c.panicked(&PanicError{Value: v, Stack: debug.Stack()})
		}
	}()
	f()
	return true
}

// panicked is the panic policy: a panic is Stop(err). After a plain Stop, which
// reports nothing, it is still what Run returns.
func (c *Container) panicked(err *PanicError) {
	if o, ok := c.env.(PanicObserver); ok {
		o.Panicked(err)
	}
	c.Stop(err)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.run.err == nil {
		c.run.err = err
	}
}
