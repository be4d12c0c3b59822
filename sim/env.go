package sim

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// Env gives the World to a program written against an interface of its own, such
// as the Env of package container: threads, locks, clock, entropy and contexts in
// terms of the standard library alone. All methods are called by threads of the
// World.
type Env struct {
	w *World
	m *Machine // whose software uses it; nil: none's
}

// Env returns the World's Env.
func (w *World) Env() Env { return Env{w, nil} }

// Go starts a thread: World.Go, or Machine.Go.
func (e Env) Go(name string, f func()) {
	if e.m != nil {
		e.m.Go(name, f)
		return
	}
	e.w.Go(name, f)
}

// NewMutex returns a *Mutex.
func (e Env) NewMutex(name string) sync.Locker { return e.w.NewMutex(name) }

// NewCond returns a *Cond.
func (e Env) NewCond(l sync.Locker) interface {
	Wait()
	Signal()
	Broadcast()
} {
	return e.w.NewCond(l)
}

// Now returns the virtual time, or what the machine's clock shows.
func (e Env) Now() time.Time {
	if e.m != nil {
		return e.m.Now()
	}
	return e.w.Now()
}

// AfterFunc calls f in a thread of its own after d, of the machine's clock if there
// is one; it returns a *Timer.
//
//go:norace
func (e Env) AfterFunc(d time.Duration, f func()) interface{ Stop() bool } {
	w, m := e.w, e.m
	if m == nil {
		return w.AfterFunc(d, f)
	}
	d = m.clock.lasts(w.clock.now, d)
	if w.outside() {
		return ask(w, func() *Timer { return w.afterFunc(m, d, f) }).released()
	}
	return w.afterFunc(m, d, f)
}

// Entropy returns a new stream, a *choice.Stream, which depends on the purpose, on
// the calling thread's name and on how many streams that thread has asked for.
func (e Env) Entropy(purpose string) rand.Source { return e.w.newStream(purpose) }

// NewContext returns a *Context without parent.
func (e Env) NewContext() (context.Context, context.CancelFunc) {
	return e.w.WithCancel(context.Background())
}

// OnDone calls f in a thread of its own, named "on_done", when ctx ends. A context
// that never ends is accepted; one that is not the World's gives a
// *ForeignContextError. stop is that of context.AfterFunc.
func (e Env) OnDone(ctx context.Context, f func()) (stop func() bool, err error) {
	c, err := e.w.ownContext(ctx)
	if err != nil {
		return nil, err
	}
	if c == nil {
		return func() bool { return true }, nil
	}
	return c.onDone(e.m, "on_done", f), nil
}

// Self returns the calling thread, a *Thread, and nil outside a run.
//
//go:norace
func (e Env) Self() any {
	if e.w.cur == nil {
		return nil
	}
	return e.w.cur
}

// Point is World.Point.
func (e Env) Point(op string, object any) { e.w.Point(op, object) }
