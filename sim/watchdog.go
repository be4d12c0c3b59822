package sim

import (
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The watchdog finds steps that do not come back. It is one wall-clock timer for
// all Worlds of the process, which is off while there are none. At each tick it
// sets the probe of every World; a step clears it. A World whose probe stays set
// for its whole limit is stuck. Nothing of this reaches a run that is not.

// watch is a World's part of the watchdog. Its atomic fields are shared with it,
// the others belong to the watchdog.
type watch struct {
	active atomic.Bool // a run is in progress
	stuck  atomic.Pointer[Failure]

	missed   time.Duration
	reported bool
}

var watchdog struct {
	mu     sync.Mutex
	worlds []*World
	timer  *time.Timer
	tick   time.Duration
}

// ticksPerLimit is how finely the time of a step is measured.
const ticksPerLimit = 5

func watchWorld(w *World) {
	if w.options.Watchdog < 0 {
		return
	}
	d := &watchdog
	d.mu.Lock()
	defer d.mu.Unlock()
	d.worlds = append(d.worlds, w)
	tick := max(w.options.Watchdog/ticksPerLimit, time.Millisecond)
	if d.timer == nil {
		d.tick = tick
		d.timer = time.AfterFunc(tick, checkWorlds)
	} else if tick < d.tick {
		d.tick = tick
		d.timer.Reset(tick)
	}
}

func unwatchWorld(w *World) {
	d := &watchdog
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, v := range d.worlds {
		if v == w {
			d.worlds = append(d.worlds[:i], d.worlds[i+1:]...)
			break
		}
	}
	if len(d.worlds) == 0 && d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}

// watchCoro tells the watchdog of a coroutine.
func watchCoro(p *coroPool, c *coro) {
	watchdog.mu.Lock()
	p.all = append(p.all, c)
	watchdog.mu.Unlock()
}

func unwatchCoro(p *coroPool, c *coro) {
	watchdog.mu.Lock()
	defer watchdog.mu.Unlock()
	for i, v := range p.all {
		if v == c {
			p.all = append(p.all[:i], p.all[i+1:]...)
			return
		}
	}
}

func (h *watch) begin() {
	h.stuck.Store(nil)
	h.active.Store(true)
}

func (h *watch) end() { h.active.Store(false) }

// answerWatchdog is called by a step that finds the probe set.
func (w *World) answerWatchdog(t *Thread) {
	if w.probe.Load() == 0 {
		return
	}
	w.probe.Store(0)
	if f := w.watch.stuck.Load(); f != nil && !w.over {
		own := *f
		own.Thread = t.Name()
		w.end(&own)
	}
}

// checkWorlds is one tick.
func checkWorlds() {
	d := &watchdog
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer == nil {
		return
	}
	for _, w := range d.worlds {
		w.checkStep(d.tick)
	}
	d.timer.Reset(d.tick)
}

// checkStep looks at one World; watchdog.mu is held.
func (w *World) checkStep(tick time.Duration) {
	h := &w.watch
	if !h.active.Load() || w.probe.Swap(1) == 0 {
		h.missed, h.reported = 0, false
		return
	}
	h.missed += tick
	if h.missed < w.options.Watchdog || h.reported {
		return
	}
	f := w.stuckFailure()
	if f == nil {
		return // it came back just now
	}
	h.reported = true
	h.stuck.Store(f)
	r := w.stuckResult(f)
	report := w.options.OnStuck
	if report == nil {
		panic(f.Error() + "\n\n" + f.Stack)
	}
	time.AfterFunc(0, func() { report(r) })
}

// stuckFailure describes the coroutine that runs; it returns nil if none does.
func (w *World) stuckFailure() *Failure {
	trace, state := w.runningTrace()
	if trace == "" {
		return nil
	}
	f := &Failure{Kind: Stuck, Thread: w.peekThread(), Stack: trimStack(trace), Locations: stackFrames(trace)}
	place := "an unknown place"
	if len(f.Locations) > 0 {
		place = f.Locations[0].String()
	}
	switch {
	case strings.HasPrefix(state, "run"):
		f.Message = "a step does not come back: busy at " + place +
			"; a loop without an operation of the World, or a long computation"
	default:
		f.Message = "a step does not come back: blocked on a real mutex or channel (" + state + ") at " + place +
			"; use the Env's"
	}
	return f
}

// runningTrace returns the stack trace of the World's coroutine that is not
// parked, and its state in the runtime's words.
func (w *World) runningTrace() (trace, state string) {
	buf := make([]byte, 1<<20)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) || len(buf) >= 1<<26 {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 4*len(buf))
	}
	for _, g := range strings.Split(string(buf), "\n\n") {
		id, state := goroutineHead(g)
		if state == "coroutine" || strings.Contains(g, handedOver) {
			continue
		}
		for _, c := range w.pool.all {
			if c.id.Load() == id || c.side.is(id) {
				return g, state
			}
		}
	}
	return "", ""
}

// handedOver is where a goroutine stands that waits for its turn.
var handedOver = "\n" + kernelPrefix + "take("

// goroutineHead parses "goroutine 7 [chan receive, 2 minutes]:".
func goroutineHead(trace string) (id uint64, state string) {
	line, _, _ := strings.Cut(trace, "\n")
	num, rest, ok := strings.Cut(strings.TrimPrefix(line, "goroutine "), " ")
	if !ok {
		return 0, ""
	}
	id, _ = strconv.ParseUint(num, 10, 64)
	if _, after, ok := strings.Cut(rest, "["); ok {
		state, _, _ = strings.Cut(after, "]")
		state, _, _ = strings.Cut(state, ",")
	}
	return id, state
}

// The following read the state of a World that has not moved for the whole limit,
// from the watchdog's goroutine. There is no synchronisation to rely on: the step
// that would provide it is the one that is missing.

// peekThread returns the path of the thread that makes the step.
//
//go:norace
func (w *World) peekThread() string {
	name := ""
	for t := w.cur; t != nil; t = t.parent {
		part := t.name
		if t.index > 1 {
			part += "#" + strconv.Itoa(int(t.index))
		}
		if name != "" {
			part += "/"
		}
		name = part + name
	}
	return name
}

//go:norace
func (w *World) stuckResult(f *Failure) Result {
	f.Step, f.Time = w.steps, w.clock.now
	r := Result{Seed: w.seed, Failure: f, Digest: w.digest, Steps: w.steps, Time: w.clock.now, Threads: len(w.threads)}
	//lint:ignore S1011 copying in one piece would tell the race detector
	for i := range w.params {
		r.Params = append(r.Params, w.params[i])
	}
	return r
}
