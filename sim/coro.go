package sim

import "sync/atomic"

// coro is a coroutine that runs the bodies of threads, one after another.
//
// The coroutines that have resumed one another form a chain that starts at the
// root, which is the goroutine of Execute, and ends at the one that runs. Control
// passes to any coroutine from any other: one that is in the chain is reached by
// yielding down to it, another is resumed and becomes the chain's end. Each
// resumption is undone by at most one yield, so a change of thread costs at most
// two switches, and one between two threads.
type coro struct {
	w      *World
	t      *Thread // whose body it runs; nil when idle
	parent *coro   // who resumed it; nil when it is not in the chain
	next   func() (struct{}, bool)
	stop   func()
	yield  func(struct{}) bool
	id     atomic.Uint64 // goroutine number, read by the watchdog
	dead   bool          // its body called runtime.Goexit
	side   side          // where the bodies run, if Worlds are split
}

// coroPool keeps the coroutines of a World.
type coroPool struct {
	root coro
	all  []*coro // for the watchdog, guarded by watchdog.mu
	idle []*coro
	dead []*coro
	auto Strategy // for runs without one
}

// coroFor gives a thread that has not started yet its coroutine.
func (w *World) coroFor(t *Thread) *coro {
	if t.co != nil {
		return t.co
	}
	p := &w.pool
	var c *coro
	if n := len(p.idle); n > 0 {
		c, p.idle = p.idle[n-1], p.idle[:n-1]
	} else {
		c = &coro{w: w}
		c.next, c.stop = pull(c.run)
		watchCoro(p, c)
	}
	c.t, t.co = t, c
	return c
}

// transfer passes control from c, which runs, to goal, and returns when somebody
// has passed it back.
func (c *coro) transfer(goal *coro) {
	w := c.w
	w.goal = goal
	for w.goal != c {
		if g := w.goal; g.parent == nil {
			g.parent = c
			g.next()
		} else {
			c.parent = nil
			if !c.yield(struct{}{}) {
				panic(unwinding)
			}
		}
	}
}

// run is the life of a coroutine.
func (c *coro) run(yield func(struct{}) bool) {
	c.yield = yield
	c.id.Store(goroutineID())
	for {
		c.call(c.t)
		if !c.leave() {
			return
		}
	}
}

// call runs the body of t, whatever it does.
func (c *coro) call(t *Thread) {
	if c.w.splits() {
		c.side.host(c.w, t)
		return
	}
	returned := false
	defer func() {
		if !returned {
			c.abort(t, recover())
		}
	}()
	t.body()
	returned = true
}

// abort ends a thread whose body did not return: it panicked with v or, if v is
// nil, called runtime.Goexit, which cannot be undone. Such a coroutine yields
// from inside the deferred call and is discarded after the run.
func (c *coro) abort(t *Thread, v any) {
	w := c.w
	switch {
	case w.asking:
		w.fault(v)
		return
	case v != nil:
		if v != any(unwinding) && !w.over {
			w.end(panicFailure(w, t, v))
		}
		return
	}
	if !w.over {
		w.end(goexitFailure(w, t))
	}
	c.dead = true
	w.pool.dead = append(w.pool.dead, c)
	c.leave()
}

// leave ends c's thread and passes control on. It returns true if c has another
// thread to run.
func (c *coro) leave() bool {
	w, t := c.w, c.t
	next := c.exit(t)
	c.t, t.co = nil, nil
	unpooled := w.unpooled()
	goal := &w.pool.root
	if next != nil {
		if next.co == nil && !c.dead && !unpooled {
			c.t, next.co = next, c
			return true
		}
		goal = w.coroFor(next)
	}
	if !c.dead && !unpooled {
		w.pool.idle = append(w.pool.idle, c)
	}
	w.goal = goal
	c.parent = nil
	if unpooled && !c.dead {
		unwatchCoro(&w.pool, c)
		return false
	}
	return c.yield(struct{}{})
}

// exit is World.exit, whatever the strategy does.
func (c *coro) exit(t *Thread) (next *Thread) {
	defer func() {
		if c.w.asking {
			c.w.fault(recover())
			next = nil
		}
	}()
	return c.w.exit(t)
}

func (w *World) unpooled() bool { return w.options.Host != nil && w.options.Host.Unpooled }

// discardDead frees the coroutines that ended in runtime.Goexit.
func (p *coroPool) discardDead() {
	for _, c := range p.dead {
		unwatchCoro(p, c)
		discard(c.stop)
	}
	clear(p.dead)
	p.dead = p.dead[:0]
}

// close frees all coroutines. No thread has one any more.
func (p *coroPool) close() {
	p.discardDead()
	for _, c := range p.idle {
		unwatchCoro(p, c)
		c.stop()
	}
	p.idle = nil
}
