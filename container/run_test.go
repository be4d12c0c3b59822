package container

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// patience is how long a test waits for what must happen. It bounds failing
// tests only.
const patience = 10 * time.Second

// running is a Run on a goroutine of its own.
type running struct {
	t    *testing.T
	done chan error
}

func runContainer(t *testing.T, c *Container, n int) *running {
	t.Helper()
	r := &running{t, make(chan error, 1)}
	go func() { r.done <- c.Run(context.Background(), n) }()
	return r
}

// wantReturn waits for Run to return and gives its error.
func (r *running) wantReturn(why string) error {
	r.t.Helper()
	select {
	case err := <-r.done:
		return err
	case <-time.After(patience):
		r.t.Fatalf("Run did not return: %s", why)
		return nil
	}
}

// wantRunning checks that Run has not returned, which can only be seen by
// waiting a little.
func (r *running) wantRunning(why string) {
	r.t.Helper()
	select {
	case err := <-r.done:
		r.t.Fatalf("Run returned %v: %s", err, why)
	case <-time.After(20 * time.Millisecond):
	}
}

func wantSignal(t *testing.T, ch <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-ch:
	case <-time.After(patience):
		t.Fatalf("did not happen: %s", what)
	}
}

// lifeHandler counts container events.
type lifeHandler struct {
	BaseHandler
	start, stop atomic.Int32
	onStart     func(*Container)
}

func (h *lifeHandler) OnContainerStart(c *Container) {
	h.start.Add(1)
	if h.onStart != nil {
		h.onStart(c)
	}
}

func (h *lifeHandler) OnContainerStop(*Container) { h.stop.Add(1) }

func TestRUN6EmptyContainerRunsUntilStop(t *testing.T) {
	h := &lifeHandler{}
	c := New("c", h, Options{})
	r := runContainer(t, c, 2)
	r.wantRunning("a container that never had anything to do does not stop by itself")
	c.Stop(nil)
	if err := r.wantReturn("Stop was called"); err != nil {
		t.Errorf("a plain Stop makes Run return %v", err)
	}
	if h.start.Load() != 1 || h.stop.Load() != 1 {
		t.Errorf("start and stop were called %d and %d times, want once each", h.start.Load(), h.stop.Load())
	}
}

func TestRUN12LateThreadsSeeAutoStop(t *testing.T) {
	for n := 1; n <= 8; n++ {
		for range 50 {
			c := New("c", nil, Options{})
			var ran atomic.Bool
			c.Schedule(0, func() { ran.Store(true) })
			if err := runContainer(t, c, n).wantReturn("its only work ended at once"); err != nil || !ran.Load() {
				t.Fatalf("n=%d: Run returned %v, function ran: %v", n, err, ran.Load())
			}
		}
	}
}

func TestRUN11RoundsAreIndependent(t *testing.T) {
	h := &lifeHandler{}
	c := New("c", h, Options{})
	for round := range 100 {
		var ran atomic.Bool
		c.Schedule(time.Millisecond, func() { ran.Store(true) })
		if err := runContainer(t, c, 4).wantReturn("auto-stop"); err != nil || !ran.Load() {
			t.Fatalf("round %d: Run returned %v before its work ran", round, err)
		}
	}
	if h.start.Load() != 1 || h.stop.Load() != 1 {
		t.Errorf("start and stop were called %d and %d times over all rounds, want once each (RUN-4)", h.start.Load(), h.stop.Load())
	}
}

func TestRUN9AutoStopOff(t *testing.T) {
	c := New("c", nil, Options{})
	c.AutoStop(false)
	done := make(chan struct{})
	c.Schedule(0, func() { close(done) })
	r := runContainer(t, c, 1)
	wantSignal(t, done, "the scheduled function")
	r.wantRunning("auto-stop is off")
	c.AutoStop(true)
	r.wantRunning("the edge has passed")
	c.Stop(nil)
	r.wantReturn("Stop was called")
}

func TestRUN13FirstStopCounts(t *testing.T) {
	c := New("c", nil, Options{})
	first, second := errors.New("first"), errors.New("second")
	r := runContainer(t, c, 2)
	c.Stop(first)
	c.Stop(second)
	if err := r.wantReturn("Stop was called"); err != first {
		t.Errorf("Run returned %v, want the first Stop's error", err)
	}
}

func TestRUN14StopIsFinal(t *testing.T) {
	c := New("c", nil, Options{})
	c.Stop(nil)
	if err := runContainer(t, c, 1).wantReturn("Stop came before Run (RUN-15)"); err != nil {
		t.Errorf("Run returned %v", err)
	}
	if err := c.Connect("localhost", ConnectionOptions{}); err != ErrStopping {
		t.Errorf("Connect after Stop gave %v", err)
	}
	if _, err := c.Listen("localhost:0", nil); err != ErrStopping {
		t.Errorf("Listen after Stop gave %v", err)
	}
	if err := c.OpenSender("localhost/a", SenderOptions{}, ConnectionOptions{}); err != ErrStopping {
		t.Errorf("OpenSender after Stop gave %v", err)
	}
	if err := c.OpenReceiver("localhost/a", ReceiverOptions{}, ConnectionOptions{}); err != ErrStopping {
		t.Errorf("OpenReceiver after Stop gave %v", err)
	}
	if h := c.Schedule(0, func() {}); h != (Handle{}) {
		t.Errorf("Schedule after Stop gave %v", h)
	}
	if err := runContainer(t, c, 1).wantReturn("a later Run"); err != nil {
		t.Errorf("a later Run returned %v", err)
	}
}

func TestRUN16StopInStart(t *testing.T) {
	h := &lifeHandler{onStart: func(c *Container) { c.Stop(nil) }}
	c := New("c", h, Options{})
	runContainer(t, c, 3).wantReturn("Stop was called in OnContainerStart")
	if h.stop.Load() != 1 {
		t.Errorf("OnContainerStop was called %d times", h.stop.Load())
	}
}

func TestRUN20ScheduledWorkIsDroppedAtStop(t *testing.T) {
	c := New("c", nil, Options{})
	c.Schedule(time.Hour, func() { t.Error("ran although it was not due at Stop") })
	r := runContainer(t, c, 1)
	c.Stop(nil)
	r.wantReturn("what is not due does not hold it up")
}

func TestRUN24PanicStopsTheContainer(t *testing.T) {
	for n := 1; n <= 2; n++ {
		cause := errors.New("cause")
		c := New("c", nil, Options{})
		c.Schedule(0, func() { panic(cause) })
		q := c.NewWorkQueue()
		var ran atomic.Int32
		for range 3 {
			q.Add(func() { ran.Add(1) })
		}
		err := runContainer(t, c, n).wantReturn("a panic is a Stop")
		var p *PanicError
		if !errors.As(err, &p) || p.Value != cause || !errors.Is(err, cause) {
			t.Fatalf("n=%d: Run returned %v, want a *PanicError with the panic's value", n, err)
		}
		if !strings.Contains(string(p.Stack), "TestRUN24") {
			t.Errorf("n=%d: the stack does not show the panicking function:\n%s", n, p.Stack)
		}
		if ran.Load() != 3 {
			t.Errorf("n=%d: %d of 3 accepted jobs ran after the panic (WQ-3)", n, ran.Load())
		}
	}
}

func TestRUN26PanicInStartAndStop(t *testing.T) {
	c := New("c", &lifeHandler{onStart: func(*Container) { panic("start") }}, Options{})
	var p *PanicError
	if err := runContainer(t, c, 2).wantReturn("start panicked"); !errors.As(err, &p) || p.Value != "start" {
		t.Errorf("Run returned %v", err)
	}
}

func TestContextEndsRun(t *testing.T) {
	c := New("c", nil, Options{})
	ctx, cancel := context.WithCancelCause(context.Background())
	cause := errors.New("cause")
	cancel(cause)
	if err := c.Run(ctx, 2); err != cause {
		t.Errorf("Run returned %v, want the context's cause", err)
	}
}

func TestPAR6NestedRunIsRefused(t *testing.T) {
	c := New("c", nil, Options{})
	var nested, other error
	c.Schedule(0, func() {
		nested = c.Run(context.Background(), 1)
		d := New("d", nil, Options{})
		d.Schedule(0, func() {})
		other = d.Run(context.Background(), 1)
	})
	runContainer(t, c, 1).wantReturn("its only work ended")
	if nested != ErrNestedRun {
		t.Errorf("a nested Run gave %v", nested)
	}
	if other != nil {
		t.Errorf("the Run of another container gave %v", other)
	}
}

func TestSER10StartPrecedesAll(t *testing.T) {
	for range 50 {
		var started atomic.Bool
		h := &lifeHandler{onStart: func(*Container) {
			time.Sleep(100 * time.Microsecond)
			started.Store(true)
		}}
		c := New("c", h, Options{})
		c.Schedule(0, func() {
			if !started.Load() {
				t.Error("a callback before OnContainerStart had returned")
			}
		})
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { c.Run(context.Background(), 1) })
		}
		time.Sleep(time.Millisecond)
		c.Stop(nil)
		wg.Wait()
	}
}

func TestPAR4CallbacksOnTheRunGoroutine(t *testing.T) {
	c := New("c", nil, Options{})
	var in any
	c.Schedule(0, func() { in = c.threadKey() })
	if err := c.Run(context.Background(), 1); err != nil {
		t.Fatal(err)
	}
	if in != c.threadKey() {
		t.Error("with n = 1 a callback ran on another goroutine than the one that called Run")
	}
}

func TestRUN24PanicAfterAPlainStopIsReported(t *testing.T) {
	c := New("c", nil, Options{})
	c.NewWorkQueue().Add(func() { c.Stop(nil); panic("late") })
	var pe *PanicError
	if err := runContainer(t, c, 1).wantReturn("Stop was called"); !errors.As(err, &pe) || pe.Value != "late" {
		t.Errorf("Run returned %v, want the panic: nothing else went wrong before", err)
	}
}

func TestPAR6NestedRunInStartAndStop(t *testing.T) {
	h := &nested{}
	c := New("c", h, Options{})
	c.Schedule(0, func() {})
	runContainer(t, c, 2).wantReturn("its only work has ended")
	if h.start != ErrNestedRun || h.stop != ErrNestedRun {
		t.Errorf("Run in OnContainerStart gave %v, in OnContainerStop %v", h.start, h.stop)
	}
}

type nested struct {
	BaseHandler
	start, stop error
}

func (h *nested) OnContainerStart(c *Container) { h.start = c.Run(context.Background(), 1) }
func (h *nested) OnContainerStop(c *Container)  { h.stop = c.Run(context.Background(), 1) }
