package runner

import (
	"sync"
	"time"
)

// Activity shows which runs a batch is at, to any goroutine, such as that of a signal
// handler. The zero Activity is ready, and shows nothing until it is in the Options of
// a batch that runs.
type Activity struct {
	mu      sync.Mutex
	workers []*worker
}

// ActiveRun is a run that has begun and not ended.
type ActiveRun struct {
	// Scenario and Seed name the run.
	Scenario string
	Seed     uint64
	// For is how long it has been at work, in wall-clock time.
	For time.Duration
}

// Runs returns the runs that are at work now, in order of worker.
func (a *Activity) Runs() []ActiveRun {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []ActiveRun
	for _, w := range a.workers {
		if r, ok := w.active(); ok {
			out = append(out, r)
		}
	}
	return out
}

// add shows a worker, too. A nil Activity shows nobody.
func (a *Activity) add(w *worker) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.workers = append(a.workers, w)
}

// active returns the run that the worker is at.
func (w *worker) active() (r ActiveRun, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cur == nil {
		return r, false
	}
	return ActiveRun{w.b.plans[w.cur.scenario].scenario.Name, w.seed, time.Since(w.since)}, true
}
