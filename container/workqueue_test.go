package container

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestWQ11ZeroQueueRefuses(t *testing.T) {
	var q WorkQueue
	if q.Add(func() {}) {
		t.Error("the zero queue accepted a job")
	}
	q.Schedule(0, func() { t.Error("the zero queue ran a job") })
	if q.Close() != 0 {
		t.Error("the zero queue dropped a job")
	}
}

func TestWQ2FreeQueueIsFIFOPerProducer(t *testing.T) {
	const producers, jobs = 4, 2000
	c := New("c", nil, Options{})
	c.AutoStop(false)
	r := runContainer(t, c, 3)
	q := c.NewWorkQueue()
	var last [producers]int // in the container's domain
	var inside atomic.Int32
	var wg sync.WaitGroup
	for p := range producers {
		wg.Go(func() {
			for i := 1; i <= jobs; i++ {
				if !q.Add(func() {
					if inside.Add(1) != 1 {
						t.Error("two jobs at once (SER-5)")
					}
					if last[p] != i-1 {
						t.Errorf("producer %d: job %d ran after job %d", p, i, last[p])
					}
					last[p] = i
					inside.Add(-1)
				}) {
					t.Errorf("job refused")
				}
			}
		})
	}
	wg.Wait()
	done := make(chan struct{})
	q.Add(func() { close(done) })
	wantSignal(t, done, "the last job")
	c.Stop(nil)
	r.wantReturn("Stop was called")
	for p, n := range last {
		if n != jobs {
			t.Errorf("producer %d: %d of %d jobs ran", p, n, jobs)
		}
	}
}

func TestWQ15RefusedAfterStop(t *testing.T) {
	c := New("c", nil, Options{})
	c.AutoStop(false)
	q := c.NewWorkQueue()
	var accepted, ran atomic.Int32
	stopAdding := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-stopAdding:
					return
				default:
					if q.Add(func() { ran.Add(1) }) {
						accepted.Add(1)
					}
				}
			}
		})
	}
	r := runContainer(t, c, 2)
	time.Sleep(time.Millisecond)
	c.Stop(nil)
	r.wantReturn("Stop was called")
	if q.Add(func() {}) {
		t.Error("a job was accepted after Run had returned")
	}
	close(stopAdding)
	wg.Wait()
	if accepted.Load() != ran.Load() {
		t.Errorf("%d jobs were accepted, %d ran (WQ-3, WQ-16)", accepted.Load(), ran.Load())
	}
}

func TestWQ16CancelLosesNoJob(t *testing.T) {
	c := New("c", nil, Options{})
	q := c.NewWorkQueue()
	h := c.Schedule(time.Hour, func() {})
	var ran bool
	q.Add(func() { ran = true })
	c.Cancel(h)
	runContainer(t, c, 1).wantReturn("nothing is left")
	if !ran {
		t.Error("the job was lost")
	}
}

func TestWQ17CloseReportsDropped(t *testing.T) {
	c := New("c", nil, Options{})
	q, other := c.NewWorkQueue(), c.NewWorkQueue()
	var ran bool
	for range 3 {
		q.Add(func() { t.Error("a dropped job ran") })
	}
	q.Schedule(time.Hour, func() {})
	other.Add(func() { ran = true })
	if n := q.Close(); n != 3 {
		t.Errorf("Close reported %d dropped jobs, want 3", n)
	}
	if q.Add(func() {}) {
		t.Error("a closed queue accepted a job")
	}
	if n := q.Close(); n != 0 {
		t.Errorf("a second Close reported %d", n)
	}
	runContainer(t, c, 1).wantReturn("nothing is left")
	if !ran {
		t.Error("another queue's job was dropped")
	}
}

func TestWQ12ScheduleOnQueue(t *testing.T) {
	c := New("c", nil, Options{})
	q := c.NewWorkQueue()
	begin := time.Now()
	const delay = 10 * time.Millisecond
	var took time.Duration
	q.Schedule(delay, func() { took = time.Since(begin) })
	runContainer(t, c, 1).wantReturn("the job has run")
	if took < delay {
		t.Errorf("the job ran after %v, want at least %v", took, delay)
	}
}

func TestSER8JobNeverRunsInsideAdd(t *testing.T) {
	c := New("c", nil, Options{})
	q := c.NewWorkQueue()
	adding := false
	q.Add(func() {
		adding = true
		q.Add(func() {
			if adding {
				t.Error("the job ran inside Add")
			}
		})
		adding = false
	})
	runContainer(t, c, 2).wantReturn("nothing is left")
}

// TestRUN13StopEndsAQueueThatFeedsItself: jobs are accepted as long as there are
// final callbacks to come, and then no more, or Run would not return.
func TestRUN13StopEndsAQueueThatFeedsItself(t *testing.T) {
	c := New("c", nil, Options{})
	q := c.NewWorkQueue()
	accepted, ran := 1, 0
	var spin func()
	spin = func() {
		if ran++; ran == 10 {
			c.Stop(nil)
		}
		if q.Add(spin) {
			accepted++
		}
	}
	q.Add(spin)
	runContainer(t, c, 2).wantReturn("Stop was called")
	if accepted != ran {
		t.Errorf("%d jobs were accepted, %d ran", accepted, ran)
	}
}

func TestWQ16JobAddedByTheLastCallbackRuns(t *testing.T) {
	client := newTracer()
	p := newPair(t, 1, func() Handler { return quietHandler{} })
	q := p.c.NewWorkQueue()
	accepted, ran := false, false
	client.on["connection_open"] = func(*Connection) { p.c.Stop(nil) }
	client.on["transport_close"] = func(*Connection) { accepted = q.Add(func() { ran = true }) }
	p.c.Connect(p.url(), ConnectionOptions{Handler: client})
	p.r.wantReturn("Stop was called")
	if !accepted || !ran {
		t.Errorf("accepted: %v, ran: %v", accepted, ran)
	}
}
