package engine

import (
	"strings"

	"github.com/collider-amqp/collider/container/wire"
)

// sendQueues holds who has something to be framed. Each queue is in the order in which the entries came.
type sendQueues struct {
	ops      []*Session     // sessions with operations
	updates  fifo[*Session] // sessions with dispositions
	ready    fifo[*Link]    // senders with deliveries and credit
	links    []*Link        // links that owe a flow
	sessions []*Session     // sessions that owe a flow
}

// flush frames what the state of the endpoints calls for, as far as the output has room, and leaves nothing for a second
// flush to do. Dispositions and flows go before deliveries, which would leave them no room; deliveries go before the
// detaches and ends that wait for them; the close is last.
func (c *Connection) flush() {
	if c.over || !c.amqpBegun || c.closeSent || c.writeEnd || !c.sendOpen() {
		return
	}
	c.flushUpdates()
	c.flushFlows()
	c.flushTransfers()
	for c.flushOps() {
		c.flushTransfers()
	}
	c.flushUpdates()
	c.flushFlows()
	c.sendClose()
	if c.out.pending() > c.cfg.OutputLimit {
		c.overflow()
	}
	c.settleEnd()
}

// overflow ends the connection on a peer that provokes answers and does not read them.
func (c *Connection) overflow() {
	c.err = newProtocolError(ScopeTransport, "2.7.1", wire.ConditionResourceLimitExceeded,
		"%d octets of output are pending", c.out.pending())
	c.finish()
}

// sendOpen sends the open, once it is wanted and may be sent, and reports whether it has been sent (§2.4.1).
func (c *Connection) sendOpen() bool {
	if c.openSent || c.local == Uninitialized {
		return c.openSent
	}
	open := c.openFrame()
	if _, err := encodedSize(open); err != nil || !c.emit(0, open) {
		if err == nil && c.remoteOpen == nil && !c.discarding {
			return false // what the peer accepts is not known yet
		}
		c.sendMinimalOpen()
	}
	c.openSent = true
	c.idle.onReceived(c.now) // the peer could not know before that it is waited for (§2.4.5)
	return true
}

// sendMinimalOpen sends an open without what cannot be sent, only so that a close may follow.
func (c *Connection) sendMinimalOpen() {
	c.fail("2.7.1", wire.ConditionFrameSizeTooSmall, "the open exceeds max-frame-size")
	id := strings.ToValidUTF8(c.cfg.ContainerID, "\uFFFD")
	open := &wire.Open{ContainerID: cutText(id, maxCondition), MaxFrameSize: c.cfg.MaxFrameSize, ChannelMax: uint16(c.cfg.MaxSessions - 1)}
	if !c.emit(0, open) {
		panic("engine: a minimal open exceeds 512 octets")
	}
}

// sendClose sends the close when it is wanted and nothing remains to be sent before it. It is the last frame (§2.4.3).
func (c *Connection) sendClose() {
	if c.local != Closed || !c.discarding && c.linksWait(nil) {
		return
	}
	for _, s := range c.sessions {
		s.flushUpdates(true)
	}
	cl := &wire.Close{Error: c.localErr}
	c.emitWithError(0, cl, &cl.Error)
	c.closeSent = true
	c.dropSends()
}

// linksWait reports whether deliveries that have credit wait for window or output room: those of s, or of all sessions
// if s is nil.
func (c *Connection) linksWait(s *Session) bool {
	for i := range c.sendQueues.ready.len() {
		if l := *c.sendQueues.ready.at(i); (s == nil || l.session == s) && l.sendable() {
			return true
		}
	}
	if s != nil {
		return s.parkedWait()
	}
	for _, s := range c.sessions {
		if s.parkedWait() {
			return true
		}
	}
	return false
}

func (s *Session) parkedWait() bool {
	for i := range s.parked.len() {
		if l := *s.parked.at(i); l.sendable() {
			return true
		}
	}
	return false
}

// dropSends gives up what has not been sent, because no more may be.
func (c *Connection) dropSends() {
	for _, s := range c.sessions {
		s.dropSends()
	}
}

func (s *Session) dropSends() {
	for _, l := range s.links {
		l.dropQueue()
	}
}

// opKind names an operation of a session that is framed in the order of the calls.
type opKind uint8

const (
	opBegin opKind = iota
	opAttach
	opDetach
	opEnd
)

// op is one operation of a session.
type op struct {
	kind   opKind
	link   *Link
	closed bool
	err    *wire.Error
}

// pushOp queues an operation.
func (s *Session) pushOp(o op) {
	if !s.inOps {
		s.inOps = true
		s.conn.sendQueues.ops = append(s.conn.sendQueues.ops, s)
	}
	s.ops = append(s.ops, o)
}

// flushOps frames the operations that need not wait, and reports whether there were any.
func (c *Connection) flushOps() (any bool) {
	list := c.sendQueues.ops
	c.sendQueues.ops = nil
	for _, s := range list {
		any = s.flushOps() || any
		if s.inOps = len(s.ops) > 0; s.inOps {
			c.sendQueues.ops = append(c.sendQueues.ops, s)
		}
	}
	return any
}

// flushOps frames the session's operations that need not wait, and reports whether there were any. Operations may queue
// others.
func (s *Session) flushOps() (any bool) {
	var waiting []op
	for len(s.ops) > 0 {
		o := s.ops[0]
		if waitsFor(o, waiting) || !s.runOp(o) {
			waiting = append(waiting, o)
		} else {
			any = true
		}
		s.ops = s.ops[1:]
	}
	s.ops = waiting
	return any
}

// waitsFor reports whether an operation must wait because earlier ones do. A detach that waits for deliveries holds up
// only its link, and the end of the session; a begin or an attach that waits for the peer's limits holds up everything.
func waitsFor(o op, waiting []op) bool {
	for _, w := range waiting {
		if w.kind != opDetach || o.kind == opEnd || w.link == o.link {
			return true
		}
	}
	return false
}

// runOp frames an operation, or drops one that has become pointless. It returns false if the operation must wait.
func (s *Session) runOp(o op) bool {
	switch o.kind {
	case opBegin:
		return s.sendBegin()
	case opAttach:
		return s.sendAttach(o.link)
	case opDetach:
		return s.sendDetach(o)
	}
	return s.sendEnd(o.err)
}

// giveUpWaiting reports whether an operation that would have to wait is better dropped: the end follows.
func (s *Session) giveUpWaiting() bool { return s.local == Closed || s.conn.local == Closed }

// sendBegin sends the begin. Until the peer's open is known only channel 0 and 512 octets are sure (§2.4.2).
func (s *Session) sendBegin() bool {
	c := s.conn
	if s.remote == Closed && s.remoteBegin == nil {
		return true
	}
	if c.remoteOpen == nil && s.channel > 0 {
		return s.giveUpWaiting()
	}
	if c.remoteOpen != nil && s.channel > c.remoteOpen.ChannelMax {
		s.failLocally(wire.ConditionNotAllowed, "the peer's channel-max permits no further session")
		return true
	}
	b := s.beginFrame()
	if !c.emit(s.channel, b) {
		if c.remoteOpen == nil {
			return s.giveUpWaiting()
		}
		s.failLocally(wire.ConditionFrameSizeTooSmall, "the begin exceeds the peer's max-frame-size")
		return true
	}
	s.receive.promised = b.IncomingWindow
	s.begun = true
	return true
}

// failLocally ends a session whose begin cannot be sent: one that was begun here before the peer's open told its limits.
// The peer knows nothing of it.
func (s *Session) failLocally(condition wire.Symbol, text string) {
	s.local = Closed
	s.localErr = &wire.Error{Condition: condition, Description: text}
	s.discarding = true
	s.conn.push(Event{Type: SessionFault, Session: s})
	s.release()
}

// sendAttach sends the attach. Until the peer's begin is known only handle 0 is sure (§2.7.2).
func (s *Session) sendAttach(l *Link) bool {
	c := s.conn
	if !s.writable() || !l.attaching {
		l.attaching = false
		return true
	}
	if s.remoteBegin == nil && l.handle > 0 {
		return s.giveUpWaiting()
	}
	if s.remoteBegin != nil && l.handle > s.remoteBegin.HandleMax {
		l.failLocally(wire.ConditionNotAllowed, "the peer's handle-max permits no further link")
		return true
	}
	if l.everSent {
		l.send.initial = l.send.count // §2.6.4: the count goes on
	}
	if !c.emit(s.channel, l.attachFrame()) {
		if c.remoteOpen == nil {
			return s.giveUpWaiting()
		}
		l.failLocally(wire.ConditionFrameSizeTooSmall, "the attach exceeds the peer's max-frame-size")
		return true
	}
	l.attaching, l.attached, l.everSent = false, true, true
	if l.recv.credit > 0 || l.recv.drain {
		l.wantFlow()
	}
	c.makeReady(l)
	return true
}

// failLocally closes a link whose attach cannot be sent. One that the peer has attached is answered barely and closed.
func (l *Link) failLocally(condition wire.Symbol, text string) {
	s := l.session
	l.attaching = false
	l.local = Closed
	l.localErr = &wire.Error{Condition: condition, Description: text}
	s.conn.push(Event{Type: LinkFault, Session: s, Link: l})
	if l.remote != Active {
		l.release()
		return
	}
	// The peer has attached the same link meanwhile and is owed an answer.
	l.options = AttachOptions{}
	if l.handle > s.remoteBegin.HandleMax || !s.conn.emit(s.channel, l.attachFrame()) {
		s.fail("2.6.3", condition, "link %q cannot be answered: %s", cutText(l.name, maxCondition), text)
		return
	}
	l.attached, l.everSent = true, true
	s.pushOp(op{kind: opDetach, link: l, closed: true, err: l.localErr})
}

// sendDetach sends the detach, after the deliveries that have credit and the dispositions (§2.6.6).
func (s *Session) sendDetach(o op) bool {
	l := o.link
	if !l.attached || !s.writable() {
		return true
	}
	if o.err == nil && !s.conn.discarding && l.sendable() {
		return false
	}
	s.flushUpdates(true)
	if l.remote == Closed {
		o.closed, l.local = true, Closed // §2.6.6: a closing detach is answered by a closing one
	}
	d := &wire.Detach{Handle: l.handle, Closed: o.closed, Error: o.err}
	s.conn.emitWithError(s.channel, d, &d.Error)
	l.attached = false
	l.dropQueue()
	l.release()
	return true
}

// sendEnd sends the end, after the deliveries that have credit and the dispositions. Nothing follows on the channel
// (§2.5.4).
func (s *Session) sendEnd(err *wire.Error) bool {
	c := s.conn
	if !s.begun {
		s.release()
		return true
	}
	if err == nil && !c.discarding && c.linksWait(s) {
		return false
	}
	s.flushUpdates(true)
	e := &wire.End{Error: err}
	c.emitWithError(s.channel, e, &e.Error)
	s.ended, s.discarding = true, true
	s.dropSends()
	s.release()
	return true
}
