package sim

// step is the choice point before the operation that t, the calling thread, has
// set as its next. It returns when the operation is to be done.
func (w *World) step(t *Thread) {
	if next := w.pick(t); next != t {
		w.hand(t, next)
	}
}

// hand passes control from t to next, and returns when t has been picked again.
// A nil next means that the run is over.
func (w *World) hand(t, next *Thread) {
	if next == nil {
		w.unwind(t)
	}
	w.switches++
	if t.at >= 0 {
		w.preempts++
	}
	w.cur = next
	g := next.co
	if g == nil {
		g = w.coroFor(next)
	}
	t.co.transfer(g)
	if w.over {
		w.unwind(t)
	}
}

// pick chooses the thread that makes the next step. It returns nil if the run is
// over. last is the calling thread.
func (w *World) pick(last *Thread) *Thread {
	var next *Thread
	if w.steps >= w.trap || w.probe.Load() != 0 {
		if next = w.attend(last); w.over {
			return nil
		}
	}
	if w.hosted {
		w.consultHost()
	}
	n := len(w.run)
	if n != 0 && len(w.clock.timers) != 0 {
		w.earlyClock()
		if w.over {
			return nil
		}
		n = len(w.run)
	}
	if n == 0 {
		if !w.idle() {
			return nil
		}
		n = len(w.run)
	}
	switch {
	case n > 1:
		w.choices++
		if next == nil || next.at < 0 {
			next = w.ask(last)
		}
	case w.every:
		next = w.ask(last)
	default:
		next = w.run[0]
	}
	if next.state >= threadDone {
		panic("sim: a thread that has ended can run: " + w.names.of(next))
	}
	w.steps++
	next.lastRun = w.steps
	w.digest = mixStep(w.digest, next)
	if w.segment.thread == next.id {
		w.segment.steps++
	} else {
		w.cutSegment(next.id)
	}
	return next
}

// ask lets the strategy choose.
func (w *World) ask(last *Thread) *Thread {
	w.asking = true
	t := w.strategy.Pick(w.run, last)
	if t == nil || t.at < 0 || t.w != w {
		panic("picked a thread that cannot run")
	}
	w.asking = false
	return t
}

// enable puts t into the set of runnable threads, unless it has crashed.
//
//go:norace
func (w *World) enable(t *Thread) {
	if t.state == threadCrashed {
		return
	}
	t.at = int32(len(w.run))
	t.since = w.steps
	w.run = append(w.run, t)
}

// disable takes t out of the set, in which one that has crashed is no more.
//
//go:norace
func (w *World) disable(t *Thread) {
	if t.at < 0 && t.state == threadCrashed {
		return
	}
	i, n := t.at, len(w.run)-1
	u := w.run[n]
	w.run[i] = u
	u.at = i
	w.run = w.run[:n]
	t.at = -1
}

// block suspends t in the middle of an operation until complete is called for it.
func (w *World) block(t *Thread) {
	w.disable(t)
	w.step(t)
}

// complete lets a blocked thread return from its operation.
func (w *World) complete(t *Thread) {
	t.op.Kind, t.op.Write = OpResume, false
	w.enable(t)
}

// idle moves the clock until a thread can run. It returns false, and the run is
// over, if none ever will.
func (w *World) idle() bool {
	for advances := 0; len(w.run) == 0; advances++ {
		if w.over { // the last thread has crashed
			return false
		}
		to, ok := w.clock.deadline()
		switch {
		case !ok || advances == maxIdleAdvances:
			w.end(w.blockedFailure(advances))
		case w.drained(to):
			w.end(w.leakFailure())
		case w.late(to):
			w.end(w.goalFailure())
		case w.limits.time > 0 && to > w.limits.time:
			w.end(w.timeFailure())
		default:
			w.advance(to)
			continue
		}
		return false
	}
	return true
}

// maxIdleAdvances is how often in a row the clock may fire timers that wake
// nobody, such as tickers that nobody reads, before the threads are called
// blocked.
const maxIdleAdvances = 1000
