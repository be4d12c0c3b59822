package sim

import "time"

// Machine is a computer of the World: threads that run on it stop when it crashes,
// and it has a clock of its own. What a thread of a machine starts, by Go, a timer
// or the end of a context, runs there too. Threads that were given no machine, main
// among them, run on none: they cannot crash, and their time is the World's.
//
// A Machine belongs to one run. It does not come back after a crash; who plays a
// restart makes another one, with the same name and clock.
type Machine struct {
	w       *World
	name    string
	clock   Clock
	crashed bool
	ends    []crashHook
}

// crashHook is a function of OnCrash.
type crashHook struct {
	f    func()
	edge edge // from who has asked for it
}

// NewMachine returns a machine with the given clock. The name is for reports and
// need not be unique. It is no choice point.
//
//go:norace
func (w *World) NewMachine(name string, c Clock) *Machine {
	if w.outside() {
		name = privateString(name)
		return ask(w, func() *Machine { return w.NewMachine(name, c) })
	}
	w.mustLive()
	if c.Drift < -MaxDrift || c.Drift > MaxDrift {
		panic(&Misuse{What: "drift of a clock beyond MaxDrift", Object: "machine " + name})
	}
	return &Machine{w: w, name: name, clock: c}
}

// Name returns the name given to NewMachine.
func (m *Machine) Name() string { return m.name }

// Clock returns the clock given to NewMachine.
func (m *Machine) Clock() Clock { return m.clock }

// Crashed reports whether Crash was called.
//
//go:norace
func (m *Machine) Crashed() bool { return m.crashed }

// Env returns the World's Env as software of the machine sees it: what it starts
// runs on the machine, whichever thread calls, and time is that of the machine's
// clock. On a machine that has crashed threads begin that never run.
func (m *Machine) Env() Env { return Env{m.w, m} }

// Now returns what the machine's clock shows.
func (m *Machine) Now() time.Time { return Epoch.Add(m.clock.at(m.w.Elapsed())) }

// When returns the virtual time since the run began at which the machine's clock
// shows t for the first time.
func (m *Machine) When(t time.Time) time.Duration { return m.clock.when(t.Sub(Epoch)) }

// Go is World.Go for a thread that runs on the machine. If the machine has crashed,
// the thread never runs, and a Join of it returns.
//
//go:norace
func (m *Machine) Go(name string, f func()) *Thread {
	w := m.w
	if w.outside() {
		name = privateString(name)
		t := ask(w, func() *Thread { return w.goOn(m, name, f) })
		t.self.release()
		return t
	}
	return w.goOn(m, name, f)
}

// GoFrom is Go for the function of an Event, which no thread calls: the new thread
// is a child of by, whichever machine that runs on.
//
//go:norace
func (m *Machine) GoFrom(by *Thread, name string, f func()) *Thread {
	w := m.w
	if w.outside() {
		name = privateString(name)
		t := ask(w, func() *Thread { return w.spawnOn(m, by, name, f) })
		t.self.release()
		return t
	}
	return w.spawnOn(m, by, name, f)
}

// OnCrash lets f be called when the machine has crashed and nothing of it runs any
// more. It is called as the function of an Event is, and bound by the same rules. To
// the race detector it comes after this call, not after what the machine's threads
// have done since.
//
//go:norace
func (m *Machine) OnCrash(f func()) {
	h := crashHook{f, newEdge()}
	if w := m.w; w.outside() {
		w.cross(func() { m.ends = append(m.ends, h) })
		return
	}
	m.ends = append(m.ends, h)
}

// Crash stops the machine: each of its threads, the caller included, stops for ever
// before its next operation on a shared object, and none runs before the caller's
// next choice point. Deferred calls do not run, what the threads have locked stays
// locked, what they were about to receive remains for others, and their timers do
// not fire. Such threads are no deadlock and no leak; Join of one returns. A second
// Crash does nothing.
//
// Crash is no choice point. The function of an Event may call it.
//
//go:norace
func (m *Machine) Crash() {
	w := m.w
	if w.outside() {
		w.cross(m.Crash)
		return
	}
	w.mustLive()
	if m.crashed {
		return
	}
	m.crashed = true
	w.dying = append(w.dying, m)
	w.trap = 0
}

// buried says whether the machine has crashed and its threads are out of the run.
func (m *Machine) buried() bool {
	if !m.crashed {
		return false
	}
	for _, x := range m.w.dying {
		if x == m {
			return false
		}
	}
	return true
}

// bury takes the threads and timers of machines that have crashed out of the run.
// It is called between two steps.
func (w *World) bury() {
	for len(w.dying) > 0 {
		m := w.dying[0]
		w.dying = append(w.dying[:0], w.dying[1:]...)
		for _, t := range w.threads {
			if t.machine == m && t.state < threadDone {
				w.stop(t)
			}
		}
		w.clock.dropOf(m)
		w.digest = fold(w.digest, uint64(len(w.threads))|1<<62)
		for _, h := range m.ends {
			reach(h.edge)
			h.f()
		}
	}
	if w.live == 0 {
		w.end(nil)
	}
}

// stop takes a thread out of the run for good. It is unwound with those that are
// left at the end.
func (w *World) stop(t *Thread) {
	if t.at >= 0 {
		w.disable(t)
	}
	t.wait.on = false // whatever it waits for; nothing switches it on again
	t.state = threadCrashed
	w.live--
	w.mourn(t)
}

// mourn tells who is concerned that t never runs again.
func (w *World) mourn(t *Thread) {
	t.self.enableAll()
	if h := w.hooks.exit; h != nil {
		h.Exit(t)
	}
}

// dropOf disarms the timers of a machine.
func (c *clock) dropOf(m *Machine) {
	for i := 0; i < len(c.timers); {
		if c.timers[i].owner() != m {
			i++
			continue
		}
		c.remove(c.timers[i]) // puts another, maybe from before i, in its place
		i = 0
	}
}

// owner returns the machine that a timer goes down with, nil if none.
func (t *timer) owner() *Machine {
	if t.t != nil {
		return t.t.machine
	}
	return t.m
}
