package check

import "github.com/collider-amqp/collider/sim/history"

// listener is the state of a listener: its automaton is
// [on_open on_accept*] [on_error] on_close.
type listener struct {
	open      uint64
	container uint32
	state     listenState
	last      uint64 // last callback
}

type listenState uint8

const (
	lStart listenState = iota
	lOpen
	lFailed
	lClosed
)

// beginListener judges a callback of a listener (LIS-1, LIS-5).
func (c *Checker) beginListener(e *history.Event, cl class, l *listener) {
	c.stats.Callbacks++
	ok, next := false, l.state
	switch cl {
	case cListenOpen:
		ok, next = l.state == lStart, lOpen
	case cListenAccept:
		ok = l.state == lOpen
		c.accepted(e)
	case cError:
		ok, next = l.state == lStart || l.state == lOpen, lFailed
	case cListenClose:
		ok, next = l.state != lClosed, lClosed
	default:
		return
	}
	if !ok {
		c.fail(rLIS1, []uint64{l.last, e.Seq}, "%s of listener %d came after %s", e.Name, e.Listener, c.name(l.last))
	}
	l.state, l.last = next, e.Seq
}

// accepted judges on_accept against the connection that it announces.
func (c *Checker) accepted(e *history.Event) {
	if e.Conn == 0 {
		return
	}
	cn := &c.conns[e.Conn]
	if cn.container == 0 {
		cn.container = c.cont[e.Seq-1]
	}
	switch {
	case cn.accept != 0:
		c.fail(rLIS5, []uint64{cn.accept, e.Seq}, "on_accept came twice for connection %d", e.Conn)
	case cn.first != 0:
		c.fail(rLIS5, []uint64{cn.first, e.Seq}, "on_accept for connection %d came after %s", e.Conn, c.name(cn.first))
	}
	cn.accept = e.Seq
}

// finishListeners demands on_close of the listeners of containers that have
// ended.
func (c *Checker) finishListeners() {
	for i := range c.listeners {
		l := &c.listeners[i]
		if l.last == 0 || l.state == lClosed {
			continue
		}
		ct := &c.containers[c.cont[l.last-1]]
		if ct.runs > 0 && ct.runOpen == 0 {
			c.fail(rLIS1, []uint64{l.last, ct.lastReturn}, "listener %d got no on_close although run() has returned", i)
		}
	}
}
