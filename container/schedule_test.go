package container

import (
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

func TestSCHED2DueOrder(t *testing.T) {
	c := New("c", nil, Options{})
	var order []int
	for _, d := range []int{3, 1, 2, 0, -5} {
		c.Schedule(time.Duration(d)*time.Millisecond, func() { order = append(order, d) })
	}
	time.Sleep(5 * time.Millisecond) // all are overdue in one batch
	runContainer(t, c, 2).wantReturn("all has run")
	if !slices.Equal(order, []int{0, -5, 1, 2, 3}) && !slices.Equal(order, []int{-5, 0, 1, 2, 3}) {
		t.Errorf("functions ran in the order %v", order)
	}
}

func TestSCHED1NotEarly(t *testing.T) {
	c := New("c", nil, Options{})
	const delay = 20 * time.Millisecond
	begin := time.Now()
	var took time.Duration
	c.Schedule(delay, func() { took = time.Since(begin) })
	runContainer(t, c, 1).wantReturn("it has run")
	if took < delay {
		t.Errorf("ran after %v, want at least %v", took, delay)
	}
}

func TestSCHED4NoStarvation(t *testing.T) {
	c := New("c", nil, Options{})
	q := c.NewWorkQueue()
	var spin func()
	var spins, ran atomic.Int32
	spin = func() {
		if spins.Add(1); ran.Load() == 0 && spins.Load() < 1_000_000 {
			c.Schedule(0, spin)
		}
	}
	c.Schedule(0, spin)
	q.Add(func() { ran.Store(1) })
	runContainer(t, c, 1).wantReturn("both have ended")
	if ran.Load() != 1 || spins.Load() > 1000 {
		t.Errorf("a job waited for %d rounds of a function that schedules itself", spins.Load())
	}
}

func TestSCHED6ForeverNeverRuns(t *testing.T) {
	c := New("c", nil, Options{})
	forever := c.Schedule(math.MaxInt64, func() { t.Error("a delay without end ended") })
	c.Schedule(math.MaxInt64-1, func() { t.Error("a delay of centuries ended") })
	done := make(chan struct{})
	c.Schedule(0, func() { close(done) })
	r := runContainer(t, c, 1)
	wantSignal(t, done, "the function that is due")
	r.wantRunning("functions are pending")
	c.Cancel(forever)
	c.Stop(nil)
	r.wantReturn("Stop was called")
}

func TestSCHED7Cancel(t *testing.T) {
	c := New("c", nil, Options{})
	c.AutoStop(false)
	var second Handle
	ran := make(chan struct{})
	c.Schedule(0, func() {
		c.Cancel(second) // of the same batch
		c.Cancel(second)
		c.Cancel(Handle{})
		c.Cancel(Handle{999})
	})
	second = c.Schedule(0, func() { t.Error("ran although it was cancelled by an earlier one of its batch") })
	var third Handle
	third = c.Schedule(0, func() { c.Cancel(third); close(ran) })
	r := runContainer(t, c, 1)
	wantSignal(t, ran, "the third function")
	c.Stop(nil)
	r.wantReturn("Stop was called")
}

func TestSCHED8CancelOfTheLastStops(t *testing.T) {
	c := New("c", nil, Options{})
	h := c.Schedule(time.Hour, func() {})
	r := runContainer(t, c, 2)
	r.wantRunning("a function is pending (RUN-7)")
	c.Cancel(Handle{})
	r.wantRunning("an unknown handle changes nothing")
	c.Cancel(h)
	if err := r.wantReturn("the last activity was cancelled"); err != nil {
		t.Errorf("Run returned %v", err)
	}
}

func TestRUN12CancelBeforeRun(t *testing.T) {
	c := New("c", nil, Options{})
	c.Cancel(c.Schedule(time.Hour, func() {}))
	runContainer(t, c, 2).wantReturn("the edge was before Run")
}
