package sim

// WaitGroup is a sync.WaitGroup of the World.
type WaitGroup struct {
	object object
	count  int
}

// NewWaitGroup returns a wait group whose counter is 0.
//
//go:norace
func (w *World) NewWaitGroup(name string) *WaitGroup {
	g := &WaitGroup{}
	g.object.init(w, waitGroupObject, name)
	return g
}

// Add adds delta, which may be negative, to the counter. It panics if the counter
// falls below 0.
//
//go:norace
func (g *WaitGroup) Add(delta int) {
	if w := g.object.w; w.outside() {
		w.cross(func() { g.Add(delta) })
		if delta < 0 {
			g.object.merge()
		}
		return
	}
	g.object.point(OpAdd, true)
	g.count += delta
	if g.count < 0 {
		panic(&Misuse{What: "negative WaitGroup counter", Object: g.object.String()})
	}
	for wt := g.object.queue.head; wt != nil; wt = wt.next {
		if g.count == 0 {
			wt.released = true
		}
		wt.set(wt.released)
	}
}

// Done subtracts 1 from the counter.
func (g *WaitGroup) Done() { g.Add(-1) }

// Wait waits until the counter is 0. It panics if, before it could return, the
// counter was raised again for another use of the group.
//
//go:norace
func (g *WaitGroup) Wait() {
	if w := g.object.w; w.outside() {
		w.cross(g.Wait)
		g.object.acquire()
		return
	}
	t := g.object.await(OpWait, 0, g.count == 0)
	if t.wait.released && g.count != 0 {
		panic(&Misuse{What: "WaitGroup is reused before previous Wait has returned", Object: g.object.String()})
	}
}

// Go adds 1 to the counter and calls f in a new thread, at whose end 1 is
// subtracted.
func (g *WaitGroup) Go(name string, f func()) {
	g.Add(1)
	g.object.w.Go(name, func() {
		defer g.Done()
		f()
	})
}
