package bridge

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// Patience is the real time that a step of the World and what it sets off in the
// stack may take, at the least. Then Host panics with the stacks of all goroutines.
const Patience = 30 * time.Second

// LeakError says that goroutines of the stack were left when the run was over.
type LeakError struct {
	// Reason is the bubble's.
	Reason string
}

// Error implements error.
func (e *LeakError) Error() string {
	return "bridge: goroutines of the foreign stack are left at the end of the run: " + e.Reason
}

// Host makes a bubble, calls run in it with the hooks for a World, and ends the
// bubble. It is meant for sim.Scenario.Host. The error, a *LeakError, says that
// goroutines were left that nothing can wake any more; they are lost. A panic of
// run is passed on.
//
// It needs no test: package testing is used for its bubble alone, and its flags
// are not parsed.
func Host(run func(*sim.Host)) error { return host(run, Patience) }

func host(run func(*sim.Host), patience time.Duration) error {
	prepare()
	h := new(hub)
	done := make(chan outcome, 1)
	go h.live(run, done)
	o := h.watch(done, patience)
	if o.panicked != nil {
		panic(o.panicked)
	}
	return o.err
}

// outcome is what came of a bubble.
type outcome struct {
	err      error
	panicked *PanicError
}

// PanicError is a panic inside the bubble, outside the World's threads, or of the
// watchdog.
type PanicError struct {
	Value any
	Stack string
}

// Error implements error.
func (e *PanicError) Error() string { return fmt.Sprintf("%v\n\n%s", e.Value, e.Stack) }

// hub is a bubble and the hooks that tie a World to it.
type hub struct {
	start    time.Time
	bridge   *Bridge
	touched  bool          // by the World, since the stack was last at rest
	activity chan struct{} // something has happened outside the World
	stop     chan struct{} // closed when the run is over
	stopped  sync.Once
	beats    atomic.Uint64 // for the watchdog
}

// live is the life of the bubble, on a goroutine of its own: a bubble whose test
// fails, because the race detector has found something, ends it.
func (h *hub) live(run func(*sim.Host), done chan<- outcome) {
	var o outcome
	defer func() {
		if v := recover(); v != nil {
			if reason, ok := v.(error); ok && strings.HasPrefix(reason.Error(), "deadlock: ") {
				o.err = &LeakError{Reason: reason.Error()}
			} else {
				o.panicked = &PanicError{Value: v, Stack: string(debug.Stack())}
			}
		}
		done <- o
	}()
	synctest.Test(new(testing.T), func(*testing.T) { o.panicked = h.run(run) })
}

// run is what happens inside the bubble.
func (h *hub) run(run func(*sim.Host)) (p *PanicError) {
	h.start = time.Now()
	h.activity = make(chan struct{}, 1)
	h.stop = make(chan struct{})
	defer func() {
		if v := recover(); v != nil {
			p = &PanicError{Value: v, Stack: string(debug.Stack())}
		}
		h.end()
	}()
	run(&sim.Host{Unpooled: true, Quiesce: h.quiesce, Now: h.now, Advance: h.advance, Owner: h})
	return nil
}

// end lets the stack's goroutines end: its connections are closed, its gates too.
func (h *hub) end() {
	h.release()
	if h.bridge != nil {
		h.bridge.abandon()
	}
}

// release sends those home who wait at gates, now or later.
func (h *hub) release() { h.stopped.Do(func() { close(h.stop) }) }

func (h *hub) now() time.Duration { return time.Since(h.start) }

// poke tells the clock that something has happened.
func (h *hub) poke() {
	select {
	case h.activity <- struct{}{}:
	default:
	}
}

// quiesce waits until the stack is at rest, if the last step has touched it.
func (h *hub) quiesce() {
	h.beats.Add(1)
	if h.touched {
		h.rest()
	}
}

func (h *hub) rest() {
	h.touched = false
	synctest.Wait()
	select {
	case <-h.activity:
	default:
	}
	if h.bridge != nil {
		h.bridge.harvest()
	}
}

// advance lets the bubble's time pass until the given instant, or until the
// stack does something that the World can see.
func (h *hub) advance(to time.Duration) {
	h.beats.Add(1)
	if d := to - h.now(); d > 0 {
		t := time.NewTimer(d)
		select {
		case <-t.C:
		case <-h.activity:
		}
		t.Stop()
	}
	h.rest()
}

// watch waits for the bubble's end. It panics if a step does not come back.
func (h *hub) watch(done <-chan outcome, patience time.Duration) outcome {
	t := time.NewTicker(patience)
	defer t.Stop()
	for last := uint64(0); ; {
		select {
		case o := <-done:
			return o
		case <-t.C:
		}
		beats := h.beats.Load()
		if beats == last {
			all := make([]byte, 1<<20)
			panic(&PanicError{
				Value: fmt.Sprintf("bridge: a foreign stack has not come to rest for %v", patience),
				Stack: string(all[:runtime.Stack(all, true)]),
			})
		}
		last = beats
	}
}
