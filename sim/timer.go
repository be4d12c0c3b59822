package sim

import "time"

// Sleep suspends the calling thread for at least d of virtual time. A d of 0 or
// below is a Yield.
//
//go:norace
func (w *World) Sleep(d time.Duration) {
	if w.outside() {
		w.cross(func() { w.Sleep(d) })
		return
	}
	if d <= 0 {
		w.Yield()
		return
	}
	w.mustLive()
	t := w.thread()
	t.op, t.object = Op{Kind: OpSleep}, nil
	w.clock.arm(&t.sleep, d)
	w.block(t)
}

// Timer is a time.Timer of the World, with the semantics of Go 1.23 and later: a
// receive from C after Stop or Reset never gives a stale time.
type Timer struct {
	// C receives the time at which the timer fires. It is nil for AfterFunc.
	C      *Chan[time.Time]
	object object
	timer  timer
	f      func()
	by     *Thread // who armed it: the parent of f's thread
	period time.Duration
}

// NewTimer returns a timer that sends the time on its channel after d.
//
//go:norace
func (w *World) NewTimer(d time.Duration) *Timer {
	if w.outside() {
		return ask(w, func() *Timer { return w.NewTimer(d) }).released()
	}
	t := w.newTimer("timer")
	t.C = NewChan[time.Time](w, "timer", 1)
	t.timer.fire = t.send
	t.arm(d)
	return t
}

// AfterFunc calls f in a thread of its own after d. That thread is a child, named
// "timer", of the one that armed the timer. A d of 0 or below makes it at once.
//
//go:norace
func (w *World) AfterFunc(d time.Duration, f func()) *Timer {
	if w.outside() {
		return ask(w, func() *Timer { return w.AfterFunc(d, f) }).released()
	}
	return w.afterFunc(nil, d, f)
}

// afterFunc is AfterFunc for a function that runs on the machine or, if that is
// nil, where the calling thread is.
func (w *World) afterFunc(m *Machine, d time.Duration, f func()) *Timer {
	t := w.newTimer("timer")
	if m != nil {
		t.timer.m = m
	}
	t.f = f
	t.timer.fire = t.spawn
	t.arm(d)
	return t
}

// After returns a channel that receives the time after d.
func (w *World) After(d time.Duration) *Chan[time.Time] { return w.NewTimer(d).C }

func (w *World) newTimer(name string) *Timer {
	w.mustLive()
	t := &Timer{by: w.thread()}
	t.timer.m = t.by.machine
	t.object.init(w, timerObject, name)
	return t
}

func (t *Timer) arm(d time.Duration) {
	w := t.object.w
	if d > 0 {
		w.clock.arm(&t.timer, d)
		return
	}
	t.timer.fire()
}

func (t *Timer) send() {
	t.C.offer(t.object.w.Now(), t.object.edge())
	if t.period > 0 {
		t.object.w.clock.arm(&t.timer, t.period)
	}
}

func (t *Timer) spawn() { t.object.w.spawnOn(t.timer.m, t.by, "timer", t.f).follow(t.object.edge()) }

// released is called by the program that has armed t: what t does comes after.
func (t *Timer) released() *Timer {
	t.object.release()
	return t
}

// Stop prevents the timer from firing. It returns false if it has fired or been
// stopped; a function of AfterFunc may then still run.
//
//go:norace
func (t *Timer) Stop() bool {
	if w := t.object.w; w.outside() {
		return ask(w, t.Stop)
	}
	t.object.point(OpStop, true)
	return t.disarm()
}

// Reset arms the timer anew, to fire after d. It returns what Stop would have.
//
//go:norace
func (t *Timer) Reset(d time.Duration) bool {
	if w := t.object.w; w.outside() {
		active := ask(w, func() bool { return t.Reset(d) })
		t.object.release()
		return active
	}
	by := t.object.point(OpReset, true)
	active := t.disarm()
	t.by = by
	t.arm(d)
	return active
}

func (t *Timer) disarm() bool {
	active := t.object.w.clock.remove(&t.timer)
	if t.C != nil && t.C.drain() {
		active = true
	}
	return active
}

// Ticker is a time.Ticker of the World: it drops ticks for a slow receiver.
type Ticker struct {
	// C receives the times of the ticks.
	C     *Chan[time.Time]
	timer *Timer
}

// NewTicker returns a ticker of period d. It panics if d ≤ 0.
//
//go:norace
func (w *World) NewTicker(d time.Duration) *Ticker {
	if w.outside() {
		t := ask(w, func() *Ticker { return w.NewTicker(d) })
		t.timer.released()
		return t
	}
	if d <= 0 {
		panic(&Misuse{What: "non-positive interval for NewTicker"})
	}
	t := w.newTimer("ticker")
	t.C = NewChan[time.Time](w, "ticker", 1)
	t.period = d
	t.timer.fire = t.send
	t.arm(d)
	return &Ticker{C: t.C, timer: t}
}

// Stop turns the ticker off. C is not closed.
func (t *Ticker) Stop() { t.timer.Stop() }

// Reset gives the ticker the period d, counted from now. It panics if d ≤ 0.
//
//go:norace
func (t *Ticker) Reset(d time.Duration) {
	if w := t.timer.object.w; w.outside() {
		w.cross(func() { t.Reset(d) })
		t.timer.released()
		return
	}
	if d <= 0 {
		panic(&Misuse{What: "non-positive interval for Ticker.Reset"})
	}
	t.timer.object.point(OpReset, true)
	t.timer.disarm()
	t.timer.period = d
	t.timer.arm(d)
}
