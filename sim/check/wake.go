package check

import "github.com/collider-amqp/collider/sim/history"

// wakeState is a connection's debt of wake callbacks.
type wakeState struct {
	pending uint64 // first call of wake that no callback has served
	calls   int    // calls since the last callback
	firm    bool   // the pending wake returned before a local close
}

// callWake takes note of a wake.
func (c *Checker) callWake(e *history.Event) {
	c.stats.Wakes++
	cn := &c.conns[e.Conn]
	if cn.closing != 0 || cn.waiting() || c.containers[c.cont[e.Seq-1]].stopCall != 0 {
		return // WAKE-5, WAKE-6: may be dropped
	}
	if cn.wake.pending == 0 {
		cn.wake.pending = e.Seq
	}
	cn.wake.calls++
}

// beginWake judges on_connection_wake.
func (c *Checker) beginWake(e *history.Event, cn *conn) {
	c.stats.WakeCallbacks++
	if cn.wake.calls > 1 {
		c.stats.Coalesced += cn.wake.calls - 1
	}
	cn.wake = wakeState{}
	if cn.closeBegin != 0 {
		c.fail(rWAKE5, []uint64{cn.closeBegin, e.Seq}, "on_connection_wake of connection %d began after its on_transport_close", e.Conn)
	}
}

// localClose makes a wake firm that returned before the application closed the
// connection: it does not concern a connection that was closing.
func (c *Checker) localClose(cn *conn) {
	p := cn.wake.pending
	cn.wake.firm = c.opt.Strict && p != 0 && c.end[p-1] != 0
	if !cn.wake.firm {
		cn.wake = wakeState{}
	}
}

// wakeAtClose judges a firm wake when the connection has ended by the close
// handshake.
func (c *Checker) wakeAtClose(e *history.Event, cn *conn) {
	if cn.wake.firm && cn.state == sClosed {
		c.fail(rWAKE1, []uint64{cn.wake.pending, e.Seq}, "wake of connection %d returned before the close and no on_connection_wake began after it", e.Conn)
	}
	cn.wake = wakeState{}
}

// finishWakes judges, at the end of the history, the wakes that nothing served.
func (c *Checker) finishWakes() {
	for i := range c.conns {
		cn := &c.conns[i]
		p := cn.wake.pending
		if p == 0 || cn.closing != 0 || c.containers[c.cont[p-1]].over() {
			continue
		}
		c.fail(rWAKE1, []uint64{p}, "no on_connection_wake of connection %d began after the wake", i)
	}
}
