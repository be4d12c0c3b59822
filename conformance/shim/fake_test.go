package shim

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/collider-amqp/collider/sim/history"
)

// fake is a shim around a toy container with one event loop. It keeps the
// contract unless a bug is planted.
type fake struct {
	bug string

	out sync.Mutex // output and seq
	seq uint64
	w   *bufio.Writer

	mu      sync.Mutex // all below
	changed *sync.Cond
	tasks   []func()
	running bool
	stopped bool
	ended   chan struct{}
	numbers uint32
	conns   []*fakeConn
	lsn     uint32
}

type fakeConn struct {
	f         *fake
	id        uint32
	peer      *fakeConn
	jobs      []func()
	turn      bool // a turn is posted
	woken     bool
	opened    bool
	closed    bool // no more jobs
	callbacks int64
}

// Bugs that the fake can have.
const (
	bugLose     = "lose"     // an accepted job is dropped
	bugTwice    = "twice"    // a job runs twice
	bugSwap     = "swap"     // two jobs change places
	bugOverlap  = "overlap"  // a job runs on another thread, beside a callback
	bugLie      = "lie"      // add returns false and the job runs
	bugLate     = "late"     // add is accepted after the end
	bugDeaf     = "deaf"     // the last wake of a burst is lost
	bugLateWake = "latewake" // on_connection_wake after on_transport_close
	bugCanary   = "canary"   // the canary lost an increment
	bugClose    = "close"    // jobs accepted while the connection closes are lost
)

func runFake(bug string) {
	f := &fake{bug: bug, w: bufio.NewWriter(os.Stdout)}
	f.changed = sync.NewCond(&f.mu)
	go func() {
		for range time.Tick(time.Millisecond) {
			f.out.Lock()
			f.w.Flush()
			f.out.Unlock()
		}
	}()
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var c Command
		if err := json.Unmarshal(in.Bytes(), &c); err != nil {
			panic(err)
		}
		if c.Op == OpExit {
			f.reply(c.ID, nil)
			break
		}
		f.command(c)
	}
	f.out.Lock()
	f.w.Flush()
}

func (f *fake) command(c Command) {
	switch c.Op {
	case OpAddWork, OpWake:
		go f.parallel(c)
	case OpReset:
		go f.reset(c)
	default:
		f.reply(c.ID, f.do(c))
	}
}

func (f *fake) do(c Command) map[string]any {
	switch c.Op {
	case OpHello:
		return map[string]any{"proto": 1, "name": "fake", "threads": "single", "events": "intervals",
			"ops": []Op{OpRun, OpListen, OpConnect, OpOpenSender, OpSend, OpAddWork, OpWake, OpBehave,
				OpClose, OpStop, OpBarrier, OpReset, OpPing},
			"promises": map[string]bool{"serialized_callbacks": true, "work_queue_fifo": true, "add_returns_bool": true,
				"add_exact_at_close": true, "wake_coalesces": true, "wake_safe_at_close": true, "lifecycle": true, "pool_bounded": true, "stop_joins": true}}
	case OpRun:
		f.run()
	case OpListen:
		f.lsn = f.number()
		f.operation("main", history.OpListen, Event{Listener: f.lsn, Container: 1}, func() bool { return true })
		f.post(func() { f.interval("run", history.OnOpen, Event{Listener: f.lsn}, nil) })
		return map[string]any{"lsn": f.lsn, "addr": "fake"}
	case OpConnect:
		a := f.connect()
		return map[string]any{"conn": a.id, "queue": a.id}
	case OpOpenSender:
		return map[string]any{"link": f.openSender(f.conn(c.Conn), c.Item)}
	case OpSend:
		f.send(f.conn(c.Conn), c)
	case OpClose:
		a := f.conn(c.Conn)
		a.add("main", c.Item, func() { a.close() })
	case OpStop:
		f.stop()
	case OpBarrier:
		f.out.Lock()
		defer f.out.Unlock()
		return map[string]any{"seq": f.seq}
	}
	return nil
}

func (f *fake) conn(id uint32) *fakeConn {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.conns {
		if c.id == id {
			return c
		}
	}
	panic("no such connection")
}

func (f *fake) number() uint32 {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.numbers++
	return f.numbers
}

// The event loop.

func (f *fake) run() {
	f.mu.Lock()
	f.running, f.stopped, f.ended = true, false, make(chan struct{})
	f.mu.Unlock()
	go func() {
		defer close(f.ended)
		f.operation("run", history.OpRun, Event{Container: 1, Count: 1}, func() bool {
			f.interval("run", history.OnContainerStart, Event{Container: 1}, nil)
			for task := f.next(); task != nil; task = f.next() {
				task()
			}
			f.interval("run", history.OnContainerStop, Event{Container: 1}, nil)
			return true
		})
	}()
}

func (f *fake) next() func() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.tasks) == 0 {
		if f.stopped {
			return nil
		}
		f.changed.Wait()
	}
	t := f.tasks[0]
	f.tasks = f.tasks[1:]
	return t
}

func (f *fake) post(t func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tasks = append(f.tasks, t)
	f.changed.Signal()
}

func (f *fake) stop() {
	f.operation("main", history.OpStop, Event{Container: 1}, func() bool {
		f.post(func() {
			f.mu.Lock()
			conns := f.conns
			f.mu.Unlock()
			for _, c := range conns {
				c.finish()
			}
			f.interval("run", history.OnClose, Event{Listener: f.lsn}, nil)
			f.mu.Lock()
			f.stopped = true
			f.mu.Unlock()
		})
		return true
	})
}

func (f *fake) reset(c Command) {
	if f.running {
		if !f.stopped {
			f.stop()
		}
		<-f.ended
	}
	f.mu.Lock()
	f.running, f.conns, f.tasks = false, nil, nil
	f.mu.Unlock()
	f.reply(c.ID, nil)
}

// Connections.

func (f *fake) connect() *fakeConn {
	a, b := &fakeConn{f: f, id: f.number()}, &fakeConn{f: f, id: f.number()}
	a.peer, b.peer = b, a
	f.mu.Lock()
	f.conns = append(f.conns, a, b)
	f.mu.Unlock()
	f.operation("main", history.OpConnect, Event{Conn: a.id, Container: 1}, func() bool { return true })
	f.post(func() {
		f.interval("run", history.OnAccept, Event{Listener: f.lsn, Conn: b.id, Queue: b.id}, nil)
		for _, c := range []*fakeConn{b, a} {
			c.callback(history.OnTransportOpen, Event{})
			c.opened = true
			c.callback(history.OnConnectionOpen, Event{})
		}
	})
	return a
}

func (c *fakeConn) callback(name string, e Event) {
	e.Conn = c.id
	c.f.interval("run", name, e, func() { c.callbacks++ })
}

func (c *fakeConn) add(thread string, item uint64, job func()) bool {
	f := c.f
	return f.operation(thread, history.OpAdd, Event{Conn: c.id, Queue: c.id, Item: item}, func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		if c.closed {
			return f.bug == bugLate
		}
		if f.bug == bugLose && item%40 == 39 {
			return true
		}
		run := func() {
			f.interval("run", history.Work, Event{Conn: c.id, Queue: c.id, Item: item}, func() {
				if c.callbacks++; job != nil {
					job()
				}
			})
		}
		c.jobs = append(c.jobs, run)
		if f.bug == bugTwice && item%40 == 39 {
			c.jobs = append(c.jobs, run)
		}
		if n := len(c.jobs); f.bug == bugSwap && n > 1 && item > 40 {
			c.jobs[n-1], c.jobs[n-2] = c.jobs[n-2], c.jobs[n-1]
		}
		c.wantTurn()
		return f.bug != bugLie || item%40 != 39
	})
}

// wantTurn is called with the lock held.
func (c *fakeConn) wantTurn() {
	if !c.turn {
		c.turn = true
		c.f.tasks = append(c.f.tasks, c.takeTurn)
		c.f.changed.Signal()
	}
}

func (c *fakeConn) takeTurn() {
	f := c.f
	f.mu.Lock()
	jobs, woken := c.jobs, c.woken && !c.closed
	c.jobs, c.turn, c.woken = nil, false, false
	f.mu.Unlock()
	for i, j := range jobs {
		if f.bug == bugOverlap && i == 1 {
			c.beside(j)
			continue
		}
		j()
	}
	if woken {
		c.callback(history.OnConnectionWake, Event{})
	}
}

// beside runs a job while a callback is in progress.
func (c *fakeConn) beside(j func()) {
	c.f.interval("run", history.OnConnectionWake, Event{Conn: c.id}, func() { c.callbacks++; j() })
}

func (c *fakeConn) wake(thread string, last bool) {
	c.f.operation(thread, history.OpWake, Event{Conn: c.id}, func() bool {
		c.f.mu.Lock()
		defer c.f.mu.Unlock()
		if c.closed && c.f.bug == bugLateWake {
			c.f.tasks = append(c.f.tasks, func() { c.callback(history.OnConnectionWake, Event{}) })
			c.f.changed.Signal()
		}
		if !c.closed && !(last && c.f.bug == bugDeaf) {
			c.woken = true
			c.wantTurn()
		}
		return true
	})
}

func (c *fakeConn) close() {
	c.f.operation("run", history.OpConnClose, Event{Conn: c.id}, func() bool { return true })
	c.f.post(func() {
		for _, x := range []*fakeConn{c.peer, c} {
			x.callback(history.OnConnectionClose, Event{})
			x.finish()
		}
	})
}

// finish ends a connection: its queue is emptied and refuses from then on, in one
// step.
func (c *fakeConn) finish() {
	if c.closed || !c.opened {
		return
	}
	for {
		c.f.mu.Lock()
		if c.f.bug == bugClose {
			c.jobs = nil
		}
		done := len(c.jobs) == 0
		if done {
			c.closed = true
		}
		c.f.mu.Unlock()
		if done {
			break
		}
		c.takeTurn()
	}
	c.f.interval("run", history.OnTransportClose, Event{Conn: c.id}, func() {
		c.callbacks++
		n := c.callbacks
		if c.f.bug == bugCanary {
			n--
		}
		c.f.emit("run", "note", NoteCanary, Event{Conn: c.id, Count: n})
	})
}

// Links.

func (f *fake) openSender(a *fakeConn, item uint64) uint32 {
	link, remote := f.number(), f.number()
	a.add("main", item, func() {
		f.post(func() {
			a.peer.callback(history.OnSessionOpen, Event{Session: 2})
			a.peer.callback(history.OnReceiverOpen, Event{Session: 2, Link: remote})
			a.callback(history.OnSessionOpen, Event{Session: 1})
			a.callback(history.OnSenderOpen, Event{Session: 1, Link: link})
		})
	})
	return link
}

func (f *fake) send(a *fakeConn, c Command) {
	a.add("main", c.Item, func() {
		for i := range uint64(c.N) {
			f.operation("run", history.OpSend, Event{Conn: a.id, Link: c.Link, Item: c.First + i}, func() bool { return true })
		}
		f.post(func() {
			for i := range uint64(c.N) {
				if a.closed || a.peer.closed {
					return
				}
				a.peer.callback(history.OnMessage, Event{Item: c.First + i})
				a.callback(history.OnTrackerAccept, Event{Link: c.Link, Item: c.First + i})
				a.callback(history.OnTrackerSettle, Event{Link: c.Link, Item: c.First + i})
			}
		})
	})
}

// parallel does add_work and wake.
func (f *fake) parallel(c Command) {
	accepted := make([]int, c.Threads)
	var all sync.WaitGroup
	for k := range c.Threads {
		all.Go(func() {
			thread := fmt.Sprintf("%s-%d.%d", c.Op, c.ID, k)
			for i := range c.N {
				if c.Op == OpWake {
					f.conn(c.Conn).wake(thread, i == c.N-1)
					continue
				}
				if f.conn(c.Queue).add(thread, c.First+uint64(k*c.N+i), nil) {
					accepted[k]++
				}
			}
		})
	}
	all.Wait()
	n := 0
	for _, a := range accepted {
		n += a
	}
	f.reply(c.ID, map[string]any{"accepted": n, "refused": c.Threads*c.N - n})
}

// Output.

func (f *fake) reply(id uint64, ok map[string]any) {
	if ok == nil {
		ok = map[string]any{}
	}
	f.out.Lock()
	defer f.out.Unlock()
	f.put(map[string]any{"re": id, "ok": ok})
	f.w.Flush()
}

func (f *fake) put(v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	f.w.Write(append(b, '\n'))
}

func (f *fake) emit(thread, kind, name string, e Event) uint64 {
	f.out.Lock()
	defer f.out.Unlock()
	f.seq++
	e.Seq, e.Nanos, e.Thread, e.Kind, e.Name = f.seq, int64(f.seq)*1000, thread, kind, name
	f.put(e)
	return e.Seq
}

func (f *fake) interval(thread, name string, e Event, body func()) {
	begin := f.emit(thread, "enter", name, e)
	if body != nil {
		body()
	}
	e.Of = begin
	f.emit(thread, "exit", name, e)
}

func (f *fake) operation(thread, name string, e Event, body func() bool) bool {
	call := f.emit(thread, "call", name, e)
	e.OK = body()
	e.Of = call
	f.emit(thread, "return", name, e)
	return e.OK
}
