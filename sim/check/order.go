package check

import "github.com/collider-amqp/collider/sim/history"

// conn is the state of a connection.
type conn struct {
	open       uint64 // interval open in its serial domain
	container  uint32
	state      connState
	epoch      uint32 // number of on_transport_open
	accept     uint64 // Begin of on_accept
	connected  uint64 // Return of a successful container.connect
	first      uint64 // first callback
	last       uint64 // last callback other than wake and work
	closing    uint64 // first event that shows the connection's end coming
	closeBegin uint64 // of the first on_transport_close
	closeEnd   uint64
	wake       wakeState
}

// connState is a state of ORD-1's automaton.
type connState uint8

const (
	sStart connState = iota
	sTransportOpen
	sOpen
	sError  // on_connection_error
	sClosed // on_connection_close
	sFailed // on_transport_error
	sEnd    // on_transport_close
)

// waiting reports whether the connection may be between two attempts.
func (cn *conn) waiting() bool { return cn.state == sFailed }

// beginConn judges a callback of a connection.
func (c *Checker) beginConn(e *history.Event, cl class) {
	cn := &c.conns[e.Conn]
	if cl == cContainerStart || cl == cContainerStop {
		c.fail(rHAND6, []uint64{e.Seq}, "%s went to the handler of connection %d", e.Name, e.Conn)
		return
	}
	if cn.first == 0 {
		cn.first = e.Seq
	}
	if cl == cWake {
		c.beginWake(e, cn)
	}
	if cn.closeBegin != 0 {
		c.afterClose(e, cl, cn)
		return
	}
	if cl >= cTransportOpen && cl <= cWake && e.Session|e.Link != 0 {
		c.fail(rHAND5, []uint64{e.Seq}, "%s of connection %d went to the handler of session %d, link %d", e.Name, e.Conn, e.Session, e.Link)
	}
	if cl == cWake || cl == cError || cl == cOther {
		return
	}
	c.adjacent(e, cl, cn)
	c.step(e, cl, cn)
	if cl >= cSessionOpen && cl <= cDrainFinish {
		c.traffic(e, cl, cn)
	}
	cn.last = e.Seq
}

// afterClose judges a callback after on_transport_close has begun.
func (c *Checker) afterClose(e *history.Event, cl class, cn *conn) {
	switch {
	case cl == cWake: // WAKE-5 is reported
	case cl == cTransportClose:
		c.fail(rORD5, []uint64{cn.closeBegin, e.Seq}, "on_transport_close of connection %d came twice", e.Conn)
	default:
		c.fail(rOWN6, []uint64{cn.closeBegin, e.Seq}, "%s began after on_transport_close", c.name(e.Seq))
	}
}

// adjacent judges what must follow the last callback at once (ORD-7, ORD-16).
func (c *Checker) adjacent(e *history.Event, cl class, cn *conn) {
	if cn.last == 0 {
		return
	}
	o := c.h.At(cn.last)
	ok, r := true, rORD7
	switch c.cls[cn.last-1] {
	case cConnectionError:
		ok = cl == cConnectionClose
	case cSessionError:
		ok = cl == cSessionClose && e.Session == o.Session
	case cLinkError:
		ok = (cl == cLinkClose || cl == cLinkDetach) && e.Link == o.Link
	case cOutcome:
		ok, r = cl == cSettle && e.Link == o.Link && e.Item == o.Item, rORD16
	}
	if !ok {
		c.fail(r, []uint64{cn.last, e.Seq}, "%s (link %d, item %d) was followed by %s (link %d, item %d)",
			o.Name, o.Link, o.Item, e.Name, e.Link, e.Item)
	}
}

// step moves ORD-1's automaton.
func (c *Checker) step(e *history.Event, cl class, cn *conn) {
	ok, next := true, cn.state
	switch cl {
	case cTransportOpen:
		ok, next = cn.state == sStart || cn.state == sFailed || cn.state == sClosed, sTransportOpen
		cn.epoch++
		if cn.state == sClosed {
			cn.closing = 0 // a new attempt after all
		}
	case cConnectionOpen:
		ok, next = cn.state == sTransportOpen, sOpen
	case cConnectionError:
		ok, next = cn.state == sOpen, sError
		c.closing(e, cn, false)
	case cConnectionClose:
		ok, next = cn.state == sOpen || cn.state == sError, sClosed
		c.closing(e, cn, false)
	case cTransportError:
		next = sFailed
		cn.wake = wakeState{}
	case cTransportClose:
		c.closing(e, cn, false)
		c.beginTransportClose(e, cn)
		next = sEnd
	default:
		ok = cn.state == sOpen || cn.state == sError // after an error ORD-7 judges
	}
	if !ok {
		r := rORD1
		if cn.state == sFailed {
			r = rORD6
		}
		c.fail(r, []uint64{cn.last, e.Seq}, "%s came after %s", c.name(e.Seq), c.name(cn.last))
	}
	cn.state = next
}

// beginTransportClose judges the final callback.
func (c *Checker) beginTransportClose(e *history.Event, cn *conn) {
	c.wakeAtClose(e, cn)
	if cn.epoch == 0 {
		c.fail(rORD3, []uint64{e.Seq}, "on_transport_close of connection %d came without on_transport_open", e.Conn)
	}
	cn.closeBegin = e.Seq
}

// endTransportClose takes note of the end of the final callback.
func (c *Checker) endTransportClose(o, e *history.Event) {
	cn := &c.conns[o.Conn]
	if cn.closeEnd == 0 && cn.closeBegin == o.Seq {
		cn.closeEnd = e.Seq
	}
}

// closing takes note of an event that shows that the connection ends; wakes
// from then on may be dropped.
func (c *Checker) closing(e *history.Event, cn *conn, local bool) {
	if cn.closing == 0 {
		cn.closing = e.Seq
		if local {
			c.localClose(cn)
			return
		}
		cn.wake = wakeState{}
	}
}

// traffic judges callbacks of sessions and links.
func (c *Checker) traffic(e *history.Event, cl class, cn *conn) {
	if e.Session != 0 && (cl == cSessionOpen || cl > cSessionClose) {
		c.opened(e, cl == cSessionOpen, &c.sessions[e.Session], cn, "session", e.Session)
	}
	if e.Link != 0 && cl >= cLinkOpen {
		c.opened(e, cl == cLinkOpen, &c.links[e.Link], cn, "link", e.Link)
	}
	switch cl {
	case cMessage:
		c.useCredit(e)
	case cDrainFinish:
		c.drained(e)
	case cOutcome, cSettle:
		c.tracker(e, cl)
	}
}

// opened judges ORD-12 in one endpoint: since the transport opened, its open
// callback comes before the others.
func (c *Checker) opened(e *history.Event, isOpen bool, p *endpoint, cn *conn, what string, number uint32) {
	if p.epoch != cn.epoch {
		p.epoch, p.first = cn.epoch, 0
	}
	if p.first == 0 {
		p.first = e.Seq
		return
	}
	if isOpen && c.h.At(p.first).Name != e.Name {
		c.fail(rORD12, []uint64{p.first, e.Seq}, "%s of %s %d came after %s", e.Name, what, number, c.h.At(p.first).Name)
	}
}

// finishConns demands on_transport_close of the connections of containers that
// have ended.
func (c *Checker) finishConns() {
	for i := range c.conns {
		cn := &c.conns[i]
		seen := max(cn.first, cn.connected)
		if seen == 0 || cn.closeBegin != 0 {
			continue
		}
		ct := &c.containers[c.cont[seen-1]]
		if ct.runs == 0 || ct.runOpen != 0 || ct.lastReturn < seen {
			continue
		}
		switch {
		case cn.first == 0:
			c.fail(rRUN22, []uint64{cn.connected, ct.lastReturn}, "connection %d got no callback although its connect succeeded and run() has returned", i)
		case ct.final == 0:
			c.fail(rRUN6, []uint64{cn.first, ct.lastReturn}, "run() returned by auto-stop although connection %d had not ended", i)
		default:
			c.fail(rORD5, []uint64{cn.first, ct.lastReturn}, "connection %d got no on_transport_close although run() has returned", i)
		}
	}
}
