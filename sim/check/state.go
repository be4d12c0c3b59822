package check

import "github.com/collider-amqp/collider/sim/history"

// thread is what is known of a thread.
type thread struct {
	open  uint64 // innermost open interval
	runIn uint32 // container whose run() this thread is in, plus 1
	extra uint32 // container that made this thread for its pool, plus 1
}

// queue is the state of a work queue.
type queue struct {
	open      uint64 // interval open in the queue's domain
	conn      uint32 // owner, 0 = free-standing or unknown
	container uint32
	adds      int
	closed    uint64 // Call of work_queue.close
	maxCall   uint64 // latest add Call among the jobs that have begun
	maxJob    int32
}

// endpoint is the state of a session or link.
type endpoint struct {
	epoch   uint32 // of the connection at the first callback
	first   uint64 // first callback of this epoch other than the open
	counted bool   // the scenario notes credit
	drained bool   // credit went to zero by a drain
	credit  int64
	forgot  uint64 // what was sent to it before may be lost
}

// maxID bounds the numbers in a history of n events: numbers are given by first
// appearance, so that a greater one is no number.
func maxID(n int) uint32 { return uint32(min(8*n+1024, 1<<30)) }

// sizes are the greatest numbers in a history.
type sizes struct {
	container, listener, conn, session, link, queue uint32
}

func (s *sizes) max() uint32 {
	return max(s.container, s.listener, s.conn, s.session, s.link, s.queue)
}

// reset makes the Checker ready for c.h; it reports false if the history's
// numbers make no sense.
func (c *Checker) reset() bool {
	n := len(c.h.Events)
	var s sizes
	for i := range c.h.Events {
		e := &c.h.Events[i]
		if e.Seq != uint64(i+1) || e.Thread < 0 || int(e.Thread) >= len(c.h.Threads) {
			c.fail(rHistory, nil, "event %d has the number %d and thread %d of %d", i+1, e.Seq, e.Thread, len(c.h.Threads))
			return false
		}
		s.container = max(s.container, e.Container)
		s.listener = max(s.listener, e.Listener)
		s.conn = max(s.conn, e.Conn)
		s.session = max(s.session, e.Session)
		s.link = max(s.link, e.Link)
		s.queue = max(s.queue, e.Queue)
	}
	if s.max() > maxID(n) {
		c.fail(rHistory, nil, "a number of %d in a history of %d events", s.max(), n)
		return false
	}
	c.last = uint64(n)
	c.cls = zeroed(c.cls, n)
	c.end = zeroed(c.end, n)
	c.parent = zeroed(c.parent, n)
	c.outer = zeroed(c.outer, n)
	c.cont = zeroed(c.cont, n)
	c.threads = zeroed(c.threads, len(c.h.Threads))
	c.conns = zeroed(c.conns, int(s.conn)+1)
	c.listeners = zeroed(c.listeners, int(s.listener)+1)
	c.containers = zeroed(c.containers, int(s.container)+1)
	c.sessions = zeroed(c.sessions, int(s.session)+1)
	c.links = zeroed(c.links, int(s.link)+1)
	c.queues = zeroed(c.queues, int(s.queue)+1)
	c.jobs, c.timers = c.jobs[:0], c.timers[:0]
	c.messages = c.messages[:0]
	for len(c.dues) < len(c.containers) {
		c.dues = append(c.dues, nil)
	}
	for i := range c.dues {
		c.dues[i] = c.dues[i][:0]
	}
	c.jobAt.reset(n / 4)
	c.timerAt.reset(n / 16)
	c.messageAt.reset(n / 4)
	c.settledAt.reset(0)
	c.trackerAt.reset(n / 16)
	c.finished, c.active = 0, 0
	return true
}

// zeroed returns a slice of n zero values in s's memory if it is large enough.
func zeroed[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/2)
	}
	s = s[:n]
	clear(s)
	return s
}

// containerOf returns the container of an event that may not say it: that of its
// connection or queue, the only one there is, else 0.
func (c *Checker) containerOf(e *history.Event) uint32 {
	if e.Container != 0 {
		if e.Conn != 0 {
			c.conns[e.Conn].container = e.Container
		}
		if e.Queue != 0 {
			c.queues[e.Queue].container = e.Container
		}
		if e.Listener != 0 {
			c.listeners[e.Listener].container = e.Container
		}
		return e.Container
	}
	if len(c.containers) == 2 {
		return 1
	}
	if e.Conn != 0 && e.Listener == 0 {
		return c.conns[e.Conn].container
	}
	if e.Listener != 0 {
		return c.listeners[e.Listener].container
	}
	return c.queues[e.Queue].container
}
