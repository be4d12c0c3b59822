package container

import (
	"sync"
	"sync/atomic"
	"testing"
)

// benchPair is newPair for benchmarks: a running container with a listener.
func benchPair(b *testing.B, n int, accept func() Handler) (c *Container, addr string, stop func()) {
	b.Helper()
	c = New("bench", nil, Options{})
	c.AutoStop(false)
	l, err := c.Listen("127.0.0.1:0", acceptWith{accept: accept})
	if err != nil {
		b.Fatal(err)
	}
	a, err := l.Addr()
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- c.Run(b.Context(), n) }()
	return c, a.String(), func() {
		c.Stop(nil)
		if err := <-done; err != nil {
			b.Error(err)
		}
	}
}

// benchSender sends b.N messages of 100 octets within credit.
type benchSender struct {
	quietHandler
	message *Message
	n, sent int
	settled int
	done    chan struct{}
}

func (h *benchSender) OnSendable(s *Sender) {
	for h.sent < h.n && s.Credit() > 0 {
		if _, err := s.Send(h.message); err != nil {
			panic(err)
		}
		h.sent++
	}
}

func (h *benchSender) OnTrackerSettle(*Tracker) {
	if h.settled++; h.settled == h.n {
		close(h.done)
	}
}

// BenchmarkLoopback sends messages of 100 octets from a client to a server over
// TCP on loopback, at least once, with credit 1000; an operation is one message.
func BenchmarkLoopback(b *testing.B) {
	c, addr, stop := benchPair(b, 2, func() Handler { return wideReceiver{} })
	defer stop()
	h := &benchSender{message: NewDataMessage(make([]byte, 100)), n: b.N, done: make(chan struct{})}
	b.ReportAllocs()
	b.ResetTimer()
	if err := c.OpenSender(addr+"/q", SenderOptions{Handler: h}, ConnectionOptions{Handler: quietHandler{}}); err != nil {
		b.Fatal(err)
	}
	<-h.done
}

// wideReceiver takes links with a window of 1000.
type wideReceiver struct{ quietHandler }

func (wideReceiver) OnReceiverOpen(r *Receiver) { r.Open(ReceiverOptions{CreditWindow: 1000}) }

// openConn returns a connection in a running container.
func openConn(b *testing.B, h Handler) (conn *Connection, stop func()) {
	c, addr, stop := benchPair(b, 2, func() Handler { return quietHandler{} })
	opened := make(chan *Connection, 1)
	if err := c.Connect(addr, ConnectionOptions{Handler: &benchConn{Handler: h, opened: opened}}); err != nil {
		b.Fatal(err)
	}
	return <-opened, stop
}

type benchConn struct {
	Handler
	opened chan *Connection
}

func (h *benchConn) OnConnectionOpen(c *Connection) { h.opened <- c }

// BenchmarkWorkQueueAdd adds jobs to a connection's queue from 1, 2 and 4
// threads; an operation is one job added and run.
func BenchmarkWorkQueueAdd(b *testing.B) {
	for _, threads := range []int{1, 2, 4} {
		b.Run(string(rune('0'+threads))+"threads", func(b *testing.B) {
			conn, stop := openConn(b, quietHandler{})
			defer stop()
			var ran atomic.Int64
			q := conn.WorkQueue()
			b.ReportAllocs()
			b.ResetTimer()
			var wg sync.WaitGroup
			for i := range threads {
				wg.Go(func() {
					for n := i; n < b.N; n += threads {
						q.Add(func() { ran.Add(1) })
					}
				})
			}
			wg.Wait()
			done := make(chan struct{})
			q.Add(func() { close(done) })
			<-done
			b.StopTimer()
			if ran.Load() != int64(b.N) {
				b.Errorf("%d of %d jobs ran", ran.Load(), b.N)
			}
		})
	}
}

// BenchmarkWorkQueueLatency adds a job to an idle connection and waits until it
// has run.
func BenchmarkWorkQueueLatency(b *testing.B) {
	conn, stop := openConn(b, quietHandler{})
	defer stop()
	ran := make(chan struct{})
	q := conn.WorkQueue()
	b.ReportAllocs()
	for b.Loop() {
		q.Add(func() { ran <- struct{}{} })
		<-ran
	}
}

// BenchmarkWake wakes one connection from one thread; wakes coalesce.
func BenchmarkWake(b *testing.B) {
	conn, stop := openConn(b, quietHandler{})
	defer stop()
	b.ReportAllocs()
	for b.Loop() {
		conn.Wake()
	}
}

// BenchmarkLockedSlice is what BenchmarkWorkQueueAdd can be compared with: a
// mutex and a slice of functions, no thread that runs them.
func BenchmarkLockedSlice(b *testing.B) {
	var mu sync.Mutex
	var jobs []func()
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		mu.Lock()
		jobs = append(jobs, func() { n++ })
		mu.Unlock()
		if len(jobs) == 1024 {
			for _, j := range jobs {
				j()
			}
			jobs = jobs[:0]
		}
	}
}
