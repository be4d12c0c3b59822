package container

// A container stays in Run for as long as there is activity: a connection that
// has not had its last callback, a listener that has not had its OnClose, a
// scheduled function that has not run, a job of a free-standing work queue
// (RUN-6 to RUN-8, WQ-18). Its end is an edge: acting on it needs activity
// before it.

// activate adds a reason to go on. The container's mutex is held.
func (c *Container) activate() {
	c.active++
	c.run.edge = false
}

// deactivate takes n reasons away and, if they were the last, stops the
// container or lets it stop. The container's mutex is held.
func (c *Container) deactivate(n int) {
	if n == 0 {
		return
	}
	c.active -= n
	if c.active < 0 {
		panic("container: more activity ended than began")
	}
	if c.active > 0 {
		return
	}
	if c.run.phase != phaseRunning || !c.run.open {
		c.run.edge = c.run.autoStop
		return
	}
	if c.run.stopping || c.run.autoStop {
		c.beginLeaving()
	}
}

// ioBegin starts an I/O thread, which runs no user code, only posts to the
// inbox of its strand, and is joined before the last Run returns.
func (c *Container) ioBegin(name string, f func()) {
	c.mu.Lock()
	c.run.io++
	c.mu.Unlock()
	c.env.Go(name, func() {
		f()
		c.mu.Lock()
		c.run.io--
		if c.run.io == 0 {
			c.runCond.Broadcast()
		}
		c.mu.Unlock()
	})
}
