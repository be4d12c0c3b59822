package engine

import (
	"iter"
	"slices"

	"github.com/collider-amqp/collider/container/wire"
)

// Session is one end of a session (§2.5). It belongs to its connection and shares its rule of concurrency: one caller
// at a time.
type Session struct {
	// Context is the caller's, for an object of its own. The engine never touches it.
	Context any

	conn                *Connection
	local, remote       State
	localErr, remoteErr *wire.Error
	options             BeginOptions
	remoteBegin         *wire.Begin
	channel             uint16 // outgoing, once local is not Uninitialized
	remoteChannel       uint16 // incoming, while remote is Active

	begun      bool // the begin has been sent
	ended      bool // the end has been sent
	discarding bool // ended: only the peer's end still counts (§2.5.4)
	listed     bool // in the connection's sessions
	ops        []op // begin, attaches, detaches and end, in the order of the calls
	inOps      bool // in the connection's queue of sessions with operations

	window     sendWindow
	receive    receiveWindow
	nextSent   SerialNumber  // the next outgoing delivery-id
	nextGot    SerialNumber  // the next incoming delivery-id
	gotAny     bool          // nextGot is known
	sent       deliveryTable // outgoing deliveries that are not settled on both sides
	received   deliveryTable // incoming deliveries that are not settled on both sides
	updates    deliveryList  // deliveries whose disposition is to be sent
	updating   bool          // in the connection's queue of sessions with updates
	flowWanted bool          // in the connection's queue of sessions that owe a flow
	parked     fifo[*Link]   // senders that wait for the session window
	outBytes   int64         // payload of outgoing deliveries that is not framed yet

	links         []*Link             // those not closed on both sides, in order of creation
	names         [2]map[string]*Link // the links by role of the local end and name; never ranged over
	handles       []*Link             // by outgoing handle
	remoteHandles []*Link             // by incoming handle
}

// BeginOptions are the local properties of a session, sent in the begin (§2.7.2). The zero value selects all defaults.
type BeginOptions struct {
	// OfferedCapabilities, DesiredCapabilities and Properties are sent as they are. Default: not sent.
	OfferedCapabilities, DesiredCapabilities []wire.Symbol
	Properties                               wire.Map

	_ struct{}
}

// Connection returns the session's connection.
func (s *Session) Connection() *Connection { return s.conn }

// LocalState returns Uninitialized before Begin, Active after it, then Closed.
func (s *Session) LocalState() State { return s.local }

// RemoteState returns Uninitialized before the peer's begin, Active after it, then Closed.
func (s *Session) RemoteState() State { return s.remote }

// LocalError returns the error that the local end was ended with, by the caller or by the engine; nil for none.
func (s *Session) LocalError() *wire.Error { return s.localErr }

// RemoteError returns the error that the peer ended with; nil for none.
func (s *Session) RemoteError() *wire.Error { return s.remoteErr }

// RemoteBegin returns the peer's begin, or nil before it. It must not be changed.
func (s *Session) RemoteBegin() *wire.Begin { return s.remoteBegin }

// Begin opens the local end, or answers the peer's begin (§2.5.1). It fails with a *CallError if the local end is not
// uninitialized, if the connection is closed locally, if the peer's channel-max or the own MaxSessions permits no
// further session, or if o holds a value that has no encoding. The begin may have to wait for the peer's open.
func (s *Session) Begin(o BeginOptions) error {
	c := s.conn
	channel := lowestFree(c.localChannels)
	switch {
	case s.local != Uninitialized:
		return &CallError{"Session.Begin", "the session is " + s.local.String()}
	case c.local == Closed || c.over:
		return &CallError{"Session.Begin", "the connection is closed"}
	case channel >= c.cfg.MaxSessions || c.remoteOpen != nil && channel > int(c.remoteOpen.ChannelMax):
		return &CallError{"Session.Begin", "no channel is free"}
	}
	s.options = o
	s.channel = uint16(channel)
	if size, err := encodedSize(s.beginFrame()); err != nil {
		return &CallError{"Session.Begin", err.Error()}
	} else if size > c.frameLimit() && c.remoteOpen != nil {
		return &CallError{"Session.Begin", "the begin exceeds the peer's max-frame-size"}
	}
	put(&c.localChannels, channel, s)
	s.list()
	s.local = Active
	s.pushOp(op{kind: opBegin})
	return nil
}

// list adds the session to the connection's.
func (s *Session) list() {
	if !s.listed {
		s.listed = true
		s.conn.sessions = append(s.conn.sessions, s)
	}
}

func (s *Session) beginFrame() *wire.Begin {
	b := &wire.Begin{
		NextOutgoingID:      uint32(s.window.next),
		IncomingWindow:      max(s.receive.promised, s.receive.room(&s.conn.cfg)),
		OutgoingWindow:      outgoingWindow,
		HandleMax:           uint32(s.conn.cfg.MaxLinks - 1),
		OfferedCapabilities: s.options.OfferedCapabilities,
		DesiredCapabilities: s.options.DesiredCapabilities,
		Properties:          s.options.Properties,
	}
	if s.remote != Uninitialized {
		// §2.7.2: set if and only if the begin answers the peer's.
		b.RemoteChannel = wire.Some(s.remoteChannel)
	}
	return b
}

// End ends the local end (§2.5.2). What its senders have credit for is sent first, unless err is set. Links end with
// it. Ending an ended session does nothing; ending one that the peer has begun begins it first.
func (s *Session) End(err *wire.Error) {
	if s.local == Closed {
		return
	}
	s.close(sanitize(err))
}

// close ends the local end on behalf of the caller or of the engine.
func (s *Session) close(err *wire.Error) {
	if s.local == Uninitialized && s.remote != Uninitialized && s.conn.local != Closed {
		if e := s.Begin(BeginOptions{}); e != nil {
			s.conn.fail("2.5.1", wire.ConditionResourceLimitExceeded, "no channel to answer a begin on")
			return
		}
	}
	s.localErr = err
	s.discarding = err != nil
	wasBegun := s.local == Active
	s.local = Closed
	if wasBegun {
		s.pushOp(op{kind: opEnd, err: err})
	}
}

// fail ends the session because the peer broke a rule; the connection and its other sessions go on (§2.5.4).
func (s *Session) fail(section string, condition wire.Symbol, format string, args ...any) {
	if s.local == Closed {
		s.discarding = true
		return
	}
	s.close(newProtocolError(ScopeSession, section, condition, format, args...).wire())
	if s.local == Closed {
		s.conn.push(Event{Type: SessionFault, Session: s})
	}
}

// onBegin handles the peer's begin: the answer to a local one, or the request for a new session (§2.5.1).
func (c *Connection) onBegin(channel uint16, b *wire.Begin) {
	switch {
	case int(channel) >= c.cfg.MaxSessions:
		c.fail("2.7.1", wire.ConditionConnectionFramingError, "begin on channel %d exceeds channel-max %d", channel, c.cfg.MaxSessions-1)
		return
	case at(c.remoteChannels, int(channel)) != nil:
		c.fail("2.5.1", wire.ConditionNotAllowed, "a second begin on channel %d", channel)
		return
	}
	var s *Session
	if b.RemoteChannel.Set {
		s = at(c.localChannels, int(b.RemoteChannel.V))
		if s == nil || !s.begun || s.remote != Uninitialized {
			c.fail("2.7.2", wire.ConditionInvalidField, "begin answers channel %d, which waits for no answer", b.RemoteChannel.V)
			return
		}
	} else {
		if len(c.sessions) >= 2*c.cfg.MaxSessions {
			c.fail("2.5.1", wire.ConditionResourceLimitExceeded, "%d sessions wait for their end", len(c.sessions))
			return
		}
		s = &Session{conn: c}
		s.list()
	}
	begin := *b
	s.remoteBegin = &begin
	s.remote = Active
	s.remoteChannel = channel
	put(&c.remoteChannels, int(channel), s)
	s.receive.next, s.receive.known = SerialNumber(b.NextOutgoingID), true
	s.window.remote = uint32(max(int64(b.IncomingWindow)-int64(s.window.next.Sub(s.window.initial)), 0))
	c.push(Event{Type: SessionRemoteBegin, Session: s})
}

// onEnd handles the peer's end (§2.5.2): links and deliveries end with the session, without frames of their own.
func (s *Session) onEnd(e *wire.End) {
	c := s.conn
	c.remoteChannels[s.remoteChannel] = nil
	s.remote = Closed
	s.remoteErr = e.Error
	s.dropSends()
	c.push(Event{Type: SessionRemoteEnd, Session: s})
	if len(s.ops) == 0 {
		s.release()
	}
}

// release frees the channel of a session that has ended on both sides, and forgets the session.
func (s *Session) release() {
	c := s.conn
	if s.local != Closed || s.remote == Active || s.begun && (!s.ended || s.remote == Uninitialized) {
		return
	}
	if at(c.localChannels, int(s.channel)) == s {
		c.localChannels[s.channel] = nil
	}
	if i := slices.Index(c.sessions, s); i >= 0 {
		c.sessions = slices.Delete(c.sessions, i, i+1)
	}
	s.sent.clear(c)
	s.received.clear(c)
}

// writable reports whether frames of the session other than begin may be sent. A peer that has ended its end, or closed
// the connection, is still answered (§2.5.5 END RCVD, §2.4.6 CLOSE RCVD).
func (s *Session) writable() bool { return s.begun && !s.ended && !s.conn.closeSent }

// sending reports whether deliveries, dispositions and flows may be sent: they mean nothing to a peer that has ended.
func (s *Session) sending() bool {
	return s.writable() && s.remote != Closed && s.conn.remote != Closed
}

// NewSender returns a new sending link, not yet attached. An empty name stands for one that the connection counts,
// "sender-1" and so on; names must be unique between two containers in one direction (§2.6.1), so a container with
// several connections names its links itself.
func (s *Session) NewSender(name string) *Link { return s.newLink(name, wire.RoleSender) }

// NewReceiver returns a new receiving link, not yet attached. An empty name stands for one that the connection counts,
// as for NewSender.
func (s *Session) NewReceiver(name string) *Link { return s.newLink(name, wire.RoleReceiver) }

// Links yields the links that have been attached and are not closed on both sides, in the order of their attaching.
func (s *Session) Links() iter.Seq[*Link] {
	return func(yield func(*Link) bool) {
		for _, l := range slices.Clone(s.links) {
			if !yield(l) {
				return
			}
		}
	}
}

// IncomingBytes returns the payload, in octets, of the incoming deliveries that is kept by the engine.
func (s *Session) IncomingBytes() int64 { return s.receive.kept }

// OutgoingBytes returns the payload, in octets, of the outgoing deliveries that waits for credit, window or output room.
func (s *Session) OutgoingBytes() int64 { return s.outBytes }
