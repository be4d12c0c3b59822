package container

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// opener tells of the connections that have opened.
type opener struct {
	quietHandler
	conns chan *Connection
}

func (h opener) OnConnectionOpen(c *Connection) { h.conns <- c }

// openConnections returns n open connections of a container that runs with
// threads threads and does not stop by itself. The accepted ends are those of
// another container, so that they take no thread.
func openConnections(t *testing.T, threads, n int) (c *Container, r *running, conns []*Connection) {
	t.Helper()
	far := newPair(t, 1, func() Handler { return quietHandler{} })
	c = New("near", nil, Options{})
	c.AutoStop(false)
	h := opener{conns: make(chan *Connection, n)}
	for range n {
		c.Connect(far.url(), ConnectionOptions{Handler: h})
	}
	r = runContainer(t, c, threads)
	for range n {
		conns = append(conns, <-h.conns)
	}
	t.Cleanup(func() {
		c.Stop(nil)
		r.wantReturn("Stop was called")
		far.c.Stop(nil)
		far.r.wantReturn("Stop was called")
	})
	return c, r, conns
}

func TestPAR1ThreadsServeConnectionsAtOnce(t *testing.T) {
	const n = 4
	_, _, conns := openConnections(t, n, n)
	var barrier sync.WaitGroup
	barrier.Add(n)
	passed := make(chan struct{}, n)
	for _, c := range conns {
		c.WorkQueue().Add(func() {
			barrier.Done()
			barrier.Wait()
			passed <- struct{}{}
		})
	}
	for range n {
		wantSignal(t, passed, "a barrier of as many jobs as there are threads")
	}
}

func TestPAR2NeverMoreThanThreads(t *testing.T) {
	const n = 2
	c, _, conns := openConnections(t, n, n+3)
	var inside, most atomic.Int32
	var done sync.WaitGroup
	job := func() {
		defer done.Done()
		now := inside.Add(1)
		for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
		}
		time.Sleep(2 * time.Millisecond)
		inside.Add(-1)
	}
	for range 5 {
		for _, conn := range conns {
			done.Add(1)
			conn.WorkQueue().Add(job)
		}
		done.Add(1)
		c.Schedule(0, job)
	}
	done.Wait()
	if most.Load() > n {
		t.Errorf("%d jobs at once with %d threads", most.Load(), n)
	}
}

// TestPAR3BlockedTaskHoldsItsDomainAlone: SER-6.
func TestPAR3BlockedTaskHoldsItsDomainAlone(t *testing.T) {
	c, _, conns := openConnections(t, 2, 1)
	blocked, hold, ran := make(chan struct{}), make(chan struct{}), make(chan struct{})
	c.Schedule(0, func() { close(blocked); <-hold })
	wantSignal(t, blocked, "the scheduled function")
	conns[0].WorkQueue().Add(func() { close(ran) })
	wantSignal(t, ran, "a connection's job beside a blocked scheduled function")
	close(hold)
}

// TestPAR5SpinningWorkStarvesNobody has one thread and a queue that feeds itself:
// of a connection, and of the container.
func TestPAR5SpinningWorkStarvesNobody(t *testing.T) {
	c, _, conns := openConnections(t, 1, 2)
	for name, q := range map[string]*WorkQueue{"connection": conns[0].WorkQueue(), "container": c.NewWorkQueue()} {
		var over atomic.Bool
		var spin func()
		ended := make(chan struct{})
		spin = func() {
			if over.Load() || !q.Add(spin) {
				close(ended)
			}
		}
		q.Add(spin)
		for who, run := range map[string]func(func()){
			"a job of another connection": func(f func()) { conns[1].WorkQueue().Add(f) },
			"a job of a free queue":       func(f func()) { c.NewWorkQueue().Add(f) },
			"a scheduled function":        func(f func()) { c.Schedule(time.Millisecond, f) },
			"another job of a connection": func(f func()) { conns[0].WorkQueue().Add(f) },
		} {
			ran := make(chan struct{})
			run(func() { close(ran) })
			wantSignal(t, ran, fmt.Sprintf("%s, while the %s's queue feeds itself", who, name))
		}
		over.Store(true)
		wantSignal(t, ended, "the spinning ends")
	}
}

// TestSER1UnsynchronisedCounter runs callbacks and work of one connection on
// many threads: the race detector sees what is not ordered (SER-2, SER-3).
func TestSER1UnsynchronisedCounter(t *testing.T) {
	_, _, conns := openConnections(t, 4, 1)
	const producers, jobs = 4, 500
	n := 0
	var wg sync.WaitGroup
	for range producers {
		wg.Go(func() {
			for range jobs {
				conns[0].WorkQueue().Add(func() { n++ })
				conns[0].Wake()
			}
		})
	}
	wg.Wait()
	done := make(chan struct{})
	conns[0].WorkQueue().Add(func() { close(done) })
	wantSignal(t, done, "the last job")
	if n != producers*jobs {
		t.Errorf("%d jobs ran, want %d", n, producers*jobs)
	}
}

// TestRUN3SeveralCallersMakeAPool: each lends a thread, all return at Stop.
func TestRUN3SeveralCallersMakeAPool(t *testing.T) {
	const callers = 3
	h := &lifeHandler{}
	c := New("c", h, Options{})
	cause := errors.New("cause")
	var runs []*running
	for range callers {
		runs = append(runs, runContainer(t, c, 1))
	}
	l, err := c.Listen("127.0.0.1:0", ListenWith(ConnectionOptions{Handler: quietHandler{}}))
	if err != nil {
		t.Fatal(err)
	}
	addr, _ := l.Addr()
	o := opener{conns: make(chan *Connection, callers)}
	for range callers {
		c.Connect(addr.String(), ConnectionOptions{Handler: o})
	}
	var barrier sync.WaitGroup
	barrier.Add(callers)
	passed := make(chan struct{}, callers)
	for range callers {
		(<-o.conns).WorkQueue().Add(func() {
			barrier.Done()
			barrier.Wait()
			passed <- struct{}{}
		})
	}
	for range callers {
		wantSignal(t, passed, "a barrier of as many jobs as there are callers of Run")
	}
	c.Stop(cause)
	for _, r := range runs {
		if err := r.wantReturn("Stop was called"); err != cause {
			t.Errorf("a Run returned %v", err)
		}
	}
	if h.start.Load() != 1 || h.stop.Load() != 1 {
		t.Errorf("start and stop were called %d and %d times", h.start.Load(), h.stop.Load())
	}
}

// TestTS2SettersInParallel is for the race detector.
func TestTS2SettersInParallel(t *testing.T) {
	c := New("", nil, Options{})
	c.AutoStop(false)
	l, err := c.Listen("127.0.0.1:0", ListenWith(ConnectionOptions{Handler: quietHandler{}}))
	if err != nil {
		t.Fatal(err)
	}
	addr, _ := l.Addr()
	r := runContainer(t, c, 2)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 50 {
				c.SetClientConnectionOptions(ConnectionOptions{VirtualHost: fmt.Sprint(i), Handler: quietHandler{}})
				c.SetServerConnectionOptions(ConnectionOptions{MaxSessions: i + 1})
				c.SetSenderOptions(SenderOptions{DeliveryMode: AtLeastOnce})
				c.SetReceiverOptions(ReceiverOptions{CreditWindow: i + 1})
				_, _, _, _ = c.ClientConnectionOptions(), c.ServerConnectionOptions(), c.SenderOptions(), c.ReceiverOptions()
				c.AutoStop(false)
				c.Cancel(c.Schedule(time.Hour, func() {}))
				l.Port()
			}
			c.OpenSender(addr.String()+"/q", SenderOptions{}, ConnectionOptions{})
			c.OpenReceiver(addr.String()+"/q", ReceiverOptions{}, ConnectionOptions{})
		})
	}
	wg.Wait()
	l.Stop()
	c.Stop(nil)
	r.wantReturn("Stop was called")
	if len(c.ID()) != 36 || c.ID()[14] != '4' {
		t.Errorf("the container-id made of entropy is %q", c.ID())
	}
	if got := c.ReceiverOptions().CreditWindow; got < 1 || got > 4 {
		t.Errorf("the receiver options have a window of %d", got)
	}
}

// TestRUN23StopsUnderAcceptLoad stops a container at random moments of an accept
// storm.
func TestRUN23StopsUnderAcceptLoad(t *testing.T) {
	for i := range 20 {
		c := New("c", nil, Options{})
		var opens, closes atomic.Int32
		l, err := c.Listen("127.0.0.1:0", acceptWith{accept: func() Handler { return &counted{opens: &opens, closes: &closes} }})
		if err != nil {
			t.Fatal(err)
		}
		addr, _ := l.Addr()
		far := New("far", quietHandler{}, Options{})
		for range 5 {
			far.Connect(addr.String(), ConnectionOptions{})
		}
		r, fr := runContainer(t, c, 1+i%4), runContainer(t, far, 2)
		time.Sleep(time.Duration(i*50) * time.Microsecond)
		c.Stop(nil)
		c.Stop(nil)
		r.wantReturn("Stop was called")
		if opens.Load() != closes.Load() {
			t.Errorf("%d transports opened and %d closed (ORD-3)", opens.Load(), closes.Load())
		}
		far.Stop(nil)
		fr.wantReturn("Stop was called")
	}
}

type counted struct {
	quietHandler
	opens, closes *atomic.Int32
}

func (h *counted) OnTransportOpen(*Connection)  { h.opens.Add(1) }
func (h *counted) OnTransportClose(*Connection) { h.closes.Add(1) }

func TestContextCancelStopsEachRun(t *testing.T) {
	c := New("c", nil, Options{})
	ctx, cancel := context.WithCancelCause(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx, 1) }()
	other := runContainer(t, c, 2)
	cause := errors.New("cause")
	cancel(cause)
	if err := other.wantReturn("the context of another Run has ended"); err != cause {
		t.Errorf("Run returned %v", err)
	}
	if err := <-done; err != cause {
		t.Errorf("Run returned %v", err)
	}
}
