package sim_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
)

type key struct{}

func TestContextCancel(t *testing.T) {
	pass(t, func(w *sim.World) {
		ctx, cancel := w.WithCancel(context.Background())
		child, _ := w.WithCancel(context.WithValue(ctx, key{}, "v"))
		if ctx.Err() != nil || child.Err() != nil || child.Value(key{}) != "v" {
			w.Fail("CTX", "ended before cancel")
		}
		ended := 0
		for range 2 {
			w.Go("waiter", func() {
				if err := child.Wait(); !errors.Is(err, context.Canceled) {
					w.Fail("CTX", "Wait: %v", err)
				}
				ended++
			})
		}
		w.Go("selector", func() {
			never := sim.NewChan[int](w, "never", 0)
			if w.Select(never.RecvCase(nil, nil), child.DoneCase()) != 1 {
				w.Fail("CTX", "case 0 of a context that ended")
			}
			ended++
		})
		cancel()
		cancel()
		select {
		case <-child.Done():
		default:
			w.Fail("CTX", "Done is open")
		}
		if ctx.Err() == nil || child.Cause() != context.Canceled {
			w.Fail("CTX", "%v, %v", ctx.Err(), child.Cause())
		}
		late, _ := w.WithCancel(child)
		if late.Err() == nil {
			w.Fail("CTX", "child of an ended context lives")
		}
	})
}

func TestContextCause(t *testing.T) {
	passCalm(t, func(w *sim.World) {
		ctx, cancel := w.WithCancelCause(context.Background())
		child, _ := w.WithTimeout(ctx, time.Hour)
		if ctx.Cause() != nil {
			w.Fail("CTX", "cause of a living context")
		}
		cause := errors.New("cause")
		cancel(cause)
		if child.Err() != context.Canceled || child.Cause() != cause {
			w.Fail("CTX", "%v, %v", child.Err(), child.Cause())
		}
	})
}

func TestContextDeadline(t *testing.T) {
	passCalm(t, func(w *sim.World) {
		outer, stop := w.WithTimeout(context.Background(), 3*time.Second)
		inner, cancel := w.WithTimeout(outer, time.Hour)
		if at, ok := inner.Deadline(); !ok || at.Sub(sim.Epoch) != 3*time.Second {
			w.Fail("CTX", "deadline %v", at)
		}
		short, _ := w.WithTimeout(inner, time.Second)
		if short.Wait() != context.DeadlineExceeded || w.Elapsed() != time.Second {
			w.Fail("CTX", "%v at %v", short.Err(), w.Elapsed())
		}
		if inner.Wait() != context.DeadlineExceeded || w.Elapsed() != 3*time.Second {
			w.Fail("CTX", "%v at %v", inner.Err(), w.Elapsed())
		}
		stop()
		cancel()
		if outer.Err() != context.DeadlineExceeded {
			w.Fail("CTX", "cancel after the end: %v", outer.Err())
		}
		past, _ := w.WithDeadline(context.Background(), sim.Epoch)
		if past.Err() != context.DeadlineExceeded {
			w.Fail("CTX", "deadline in the past: %v", past.Err())
		}
		plain, _ := w.WithCancel(context.Background())
		if _, ok := plain.Deadline(); ok {
			w.Fail("CTX", "a deadline from nowhere")
		}
	})
}

// A cancelled timeout leaves no timer behind.
func TestContextCancelStopsTimer(t *testing.T) {
	r := once(t, func(w *sim.World) {
		_, cancel := w.WithTimeout(context.Background(), time.Hour)
		cancel()
		w.Go("w", func() { w.Sleep(time.Second) }).Join()
	})
	if r.Failure != nil || r.Time != time.Second {
		t.Error(r.Failure, r.Time)
	}
}

// A standard context may derive from the World's: no goroutine is started, and it
// ends in a thread of the World.
func TestStandardContextDerives(t *testing.T) {
	passCalm(t, func(w *sim.World) {
		ctx, cancel := w.WithCancel(context.Background())
		std, stop := context.WithCancel(ctx)
		defer stop()
		cancel()
		w.Sleep(time.Second)
		if std.Err() != context.Canceled {
			w.Fail("CTX", "derived context: %v", std.Err())
		}
	})
}

func TestForeignContext(t *testing.T) {
	pass(t, func(w *sim.World) {
		foreign, cancel := context.WithCancel(context.Background())
		defer cancel()
		own, _ := w.WithCancel(context.Background())
		derived, stop := context.WithCancel(own)
		defer stop()
		for _, ctx := range []context.Context{foreign, derived} {
			_, err := w.Env().OnDone(ctx, func() {})
			var f *sim.ForeignContextError
			if !errors.As(err, &f) || f.Context != "*context.cancelCtx" {
				w.Fail("CTX", "OnDone: %v", err)
			}
		}
		func() {
			defer func() {
				if _, ok := recover().(*sim.ForeignContextError); !ok {
					w.Fail("CTX", "WithCancel accepts a foreign context")
				}
			}()
			w.WithCancel(foreign)
		}()
	})
}

func TestOnDone(t *testing.T) {
	pass(t, func(w *sim.World) {
		e := w.Env()
		ctx, cancel := e.NewContext()
		done := sim.NewChan[string](w, "done", 3)
		say := func() { done.Send(w.CurrentThread().Name()) }
		stop, err := e.OnDone(ctx, func() { w.Fail("CTX", "stopped function runs") })
		if err != nil || !stop() || stop() {
			w.Fail("CTX", "stop: %v", err)
		}
		stop, _ = e.OnDone(context.WithValue(ctx, key{}, 1), say)
		if never, err := e.OnDone(context.Background(), say); err != nil || !never() {
			w.Fail("CTX", "Background: %v", err)
		}
		cancel()
		if stop() {
			w.Fail("CTX", "stop after the end")
		}
		if name, _ := done.Recv(); name != "main/on_done" {
			w.Fail("CTX", "thread %s", name)
		}
		stop, _ = e.OnDone(ctx, say)
		if name, _ := done.Recv(); name != "main/on_done#2" || stop() {
			w.Fail("CTX", "thread %s", name)
		}
	})
}
