package sim

import (
	"context"
	"fmt"
	"time"
)

// Context is the World's own context.Context. Its Done channel is a real one, to
// be polled or handed on; a thread that waited on it would block the World, and
// waits with Wait or a Select of DoneCase instead. Err is a choice point.
//
// A context of package context derived from it is foreign to the World, unless it
// only adds values: its end would come at a time that the World does not decide.
type Context struct {
	object   object
	parent   context.Context
	up       *Context // the World's context in parent, if any
	done     chan struct{}
	ended    *Chan[struct{}] // closed at the end; for DoneCase and Wait
	err      error
	cause    error
	deadline time.Time
	timer    timer
	children []*Context
	hooks    []*doneHook
}

// doneHook is a function to be called in a thread of its own.
type doneHook struct {
	f    func()
	by   *Thread
	m    *Machine // on which f runs; nil: that of by
	name string
	edge edge // from who has asked for it
}

// ForeignContextError is the error of a context that is neither Background nor
// the World's own, so that the World cannot decide when it ends.
type ForeignContextError struct {
	// Context is the type of the context.
	Context string
}

// Error implements error.
func (e *ForeignContextError) Error() string {
	return "sim: context of type " + e.Context + " is not the World's: use World.WithCancel or Env.NewContext"
}

// WithCancel returns a context that ends when cancel is called or parent ends.
// It panics with a *ForeignContextError if parent can end and is not the World's.
func (w *World) WithCancel(parent context.Context) (*Context, context.CancelFunc) {
	c := w.newContext(parent)
	return c, func() { c.cancel(context.Canceled, nil) }
}

// WithCancelCause is WithCancel with a cause, as context.Cause returns it.
func (w *World) WithCancelCause(parent context.Context) (*Context, context.CancelCauseFunc) {
	c := w.newContext(parent)
	return c, func(cause error) { c.cancel(context.Canceled, cause) }
}

// WithTimeout returns a context that also ends after d.
func (w *World) WithTimeout(parent context.Context, d time.Duration) (*Context, context.CancelFunc) {
	return w.WithDeadline(parent, w.Now().Add(d))
}

// WithDeadline returns a context that also ends at the given time.
//
//go:norace
func (w *World) WithDeadline(parent context.Context, at time.Time) (*Context, context.CancelFunc) {
	c := w.newContext(parent)
	if up, ok := parent.Deadline(); ok && up.Before(at) {
		at = up
	}
	if w.outside() {
		w.cross(func() { c.endAt(at) })
	} else {
		c.endAt(at)
	}
	return c, func() { c.cancel(context.Canceled, nil) }
}

func (c *Context) endAt(at time.Time) {
	c.deadline = at
	if c.err != nil {
		return
	}
	w := c.object.w
	c.timer.fire = func() { c.end(context.DeadlineExceeded, nil, noEdge) }
	c.timer.m = nil
	if t := w.cur; t != nil {
		c.timer.m = t.machine
	}
	if d := at.Sub(w.Now()); d > 0 {
		w.clock.arm(&c.timer, d)
	} else {
		c.timer.fire()
	}
}

//go:norace
func (w *World) newContext(parent context.Context) *Context {
	up, err := w.ownContext(parent)
	if err != nil {
		panic(err)
	}
	if w.outside() {
		return ask(w, func() *Context { return w.makeContext(parent, up) })
	}
	return w.makeContext(parent, up)
}

func (w *World) makeContext(parent context.Context, up *Context) *Context {
	c := &Context{parent: parent, up: up, done: make(chan struct{})}
	c.object.init(w, contextObject, "context")
	c.ended = NewChan[struct{}](w, "context", 0)
	if up != nil {
		if up.err != nil {
			c.end(up.err, up.cause, noEdge)
		} else {
			up.children = append(up.children, c)
		}
	}
	return c
}

type contextKey struct{}

// ownContext returns the World's context that ctx is or adds values to, and nil
// if ctx never ends.
func (w *World) ownContext(ctx context.Context) (*Context, error) {
	if ctx.Done() == nil {
		return nil, nil
	}
	c, _ := ctx.Value(contextKey{}).(*Context)
	if c == nil || c.object.w != w || c.object.epoch != w.epoch || ctx.Done() != c.Done() {
		return nil, &ForeignContextError{Context: fmt.Sprintf("%T", ctx)}
	}
	return c, nil
}

//go:norace
func (c *Context) cancel(err, cause error) {
	if w := c.object.w; w.outside() {
		e := newEdge()
		w.cross(func() {
			w.hold(e)
			c.cancel(err, cause)
		})
		return
	}
	c.object.point(OpCancel, true)
	c.end(err, cause, c.object.w.mine())
}

// end ends the context, its children, and the waiting for it. What was waiting comes
// after by, if a thread has ended it.
func (c *Context) end(err, cause error, by edge) {
	if c.err != nil {
		return
	}
	if cause == nil {
		cause = err
	}
	w := c.object.w
	c.err, c.cause = err, cause
	w.shut(c, by)
	c.ended.close()
	w.clock.remove(&c.timer)
	if c.up != nil {
		c.up.forget(c)
	}
	children := c.children
	c.children = nil
	for _, k := range children {
		k.end(err, cause, by)
	}
	for _, h := range c.hooks {
		t := w.spawnOn(h.m, h.by, h.name, h.f)
		t.follow(h.edge)
		t.follow(by)
	}
	c.hooks = nil
}

func (c *Context) forget(child *Context) {
	for i, k := range c.children {
		if k == child {
			c.children = append(c.children[:i], c.children[i+1:]...)
			return
		}
	}
}

// Deadline implements context.Context.
func (c *Context) Deadline() (time.Time, bool) {
	if c.deadline.IsZero() {
		return c.parent.Deadline()
	}
	return c.deadline, true
}

// Done implements context.Context. It is no choice point.
func (c *Context) Done() <-chan struct{} { return c.done }

// Err implements context.Context.
//
//go:norace
func (c *Context) Err() error {
	if w := c.object.w; w.outside() {
		err := ask(w, c.Err)
		c.object.acquire()
		return err
	}
	if c.object.w.cur != nil {
		c.object.point(OpLoad, false)
	}
	return c.err
}

// Cause returns why the context has ended: the cause given to its cancel function
// or its parent's, else Err.
//
//go:norace
func (c *Context) Cause() error {
	if c.Err() == nil {
		return nil
	}
	return c.cause
}

// Value implements context.Context.
func (c *Context) Value(key any) any {
	if key == (contextKey{}) {
		return c
	}
	return c.parent.Value(key)
}

// AfterFunc calls f in a thread of its own when c has ended. Package context uses
// it for contexts derived from c, instead of a goroutine. stop is that of
// context.AfterFunc.
func (c *Context) AfterFunc(f func()) (stop func() bool) { return c.onDone(nil, "after_func", f) }

//go:norace
func (c *Context) onDone(m *Machine, name string, f func()) (stop func() bool) {
	h := &doneHook{f: f, m: m, name: name, edge: newEdge()}
	w := c.object.w
	waits := false
	if w.outside() {
		waits = ask(w, func() bool { return c.hook(h) })
	} else {
		waits = c.hook(h)
	}
	if !waits {
		return func() bool { return false }
	}
	return func() bool {
		if w.outside() {
			return ask(w, func() bool { return c.unhook(h) })
		}
		return c.unhook(h)
	}
}

// hook lets h be called, which is at once if c has ended; else it says true.
func (c *Context) hook(h *doneHook) bool {
	h.by = c.object.point(OpWait, true)
	if h.m == nil {
		h.m = h.by.machine
	}
	if c.err != nil {
		c.object.w.spawnOn(h.m, h.by, h.name, h.f).follow(h.edge)
		return false
	}
	c.hooks = append(c.hooks, h)
	return true
}

func (c *Context) unhook(h *doneHook) bool {
	c.object.point(OpStop, true)
	for i, k := range c.hooks {
		if k == h {
			c.hooks = append(c.hooks[:i], c.hooks[i+1:]...)
			return true
		}
	}
	return false
}

// Wait blocks the calling thread until c has ended, and returns Err.
//
//go:norace
func (c *Context) Wait() error {
	c.ended.Recv()
	return c.err
}

// DoneCase returns the case of Select that is ready when c has ended.
func (c *Context) DoneCase() Case { return c.ended.RecvCase(nil, nil) }
