package container

import (
	"iter"

	"github.com/collider-amqp/collider/container/engine"
	"github.com/collider-amqp/collider/container/wire"
)

// Session is one session of a connection (§2.5). It shares the connection's
// threading rules (OWN-1).
type Session struct {
	eng     *engine.Session
	conn    *Connection
	handler Handler          // the session's own, or nil
	ended   engine.EventType // the event whose OnSessionClose has been called
}

func newSession(c *Connection, eng *engine.Session) *Session {
	s := &Session{eng: eng, conn: c}
	eng.Context = s
	return s
}

// sessionOf returns the API object of an engine's session, making one for a
// session that the peer has begun.
func sessionOf(eng *engine.Session) *Session {
	if s, ok := eng.Context.(*Session); ok {
		return s
	}
	return newSession(eng.Connection().Context.(*Connection), eng)
}

// inCharge returns the handler of the session's events, or nil (HAND-1).
func (s *Session) inCharge() Handler {
	if s.handler != nil {
		return s.handler
	}
	return s.conn.handler
}

// Open begins the local end, with a handler if opts names one (HAND-4). It
// fails with an *engine.CallError if the local end is not uninitialized.
func (s *Session) Open(opts SessionOptions) error {
	s.conn.check("Session.Open")
	if s.Uninitialized() && opts.Handler != nil {
		s.handler = opts.Handler
	}
	return s.eng.Begin(engine.BeginOptions{})
}

// Close ends the local end, with an error condition if err is not nil. Its links
// end with it. Closing again does nothing.
func (s *Session) Close(err *Error) {
	s.conn.check("Session.Close")
	s.eng.End(err)
}

// Connection returns the session's connection.
func (s *Session) Connection() *Connection { return s.conn }

// Uninitialized reports whether the local end has not begun yet.
func (s *Session) Uninitialized() bool { return s.eng.LocalState() == engine.Uninitialized }

// Active reports whether the local end is open.
func (s *Session) Active() bool { return s.eng.LocalState() == engine.Active }

// Closed reports whether both ends are closed.
func (s *Session) Closed() bool {
	return s.eng.LocalState() == engine.Closed && s.eng.RemoteState() == engine.Closed
}

// Error returns the condition that the peer ended the session with, or the one
// that it was ended with here because the peer broke a rule; nil for none.
func (s *Session) Error() error {
	return errorOf(s.eng.RemoteError(), s.eng.LocalError(), s.ended == engine.SessionFault)
}

// errorOf returns the peer's error, else the local one if the peer is the cause
// of it.
func errorOf(remote, local *wire.Error, faulted bool) error {
	if remote == nil && faulted {
		remote = local
	}
	return asError(remote)
}

// OpenSender opens a sender to the node at address, unless opts.Target names
// another one. A sender that cannot be opened, since the session is closed or
// opts has no encoding, is returned as it is: Uninitialized reports true, and its
// Open tells why.
func (s *Session) OpenSender(address string, opts SenderOptions) *Sender {
	l, _ := s.openSender(address, opts)
	return l
}

func (s *Session) openSender(address string, opts SenderOptions) (*Sender, error) {
	s.conn.check("Session.OpenSender")
	fill(&opts.Target.Address, address)
	l := newSender(s, s.eng.NewSender(s.conn.linkName(opts.Name)))
	return l, l.Open(opts)
}

// OpenReceiver opens a receiver from the node at address, unless opts.Source
// names another one. A receiver that cannot be opened is returned as it is, as by
// OpenSender.
func (s *Session) OpenReceiver(address string, opts ReceiverOptions) *Receiver {
	l, _ := s.openReceiver(address, opts)
	return l
}

func (s *Session) openReceiver(address string, opts ReceiverOptions) (*Receiver, error) {
	s.conn.check("Session.OpenReceiver")
	fill(&opts.Source.Address, address)
	l := newReceiver(s, s.eng.NewReceiver(s.conn.linkName(opts.Name)))
	return l, l.Open(opts)
}

// Senders yields the session's senders in the order in which they came to be.
func (s *Session) Senders() iter.Seq[*Sender] {
	return func(yield func(*Sender) bool) {
		for l := range s.eng.Links() {
			if l.Role() == wire.RoleSender && !yield(senderOf(l)) {
				return
			}
		}
	}
}

// Receivers yields the session's receivers in the order in which they came to
// be.
func (s *Session) Receivers() iter.Seq[*Receiver] {
	return func(yield func(*Receiver) bool) {
		for l := range s.eng.Links() {
			if l.Role() == wire.RoleReceiver && !yield(receiverOf(l)) {
				return
			}
		}
	}
}

// IncomingBytes returns the size, in octets, of received messages that wait for
// a callback.
func (s *Session) IncomingBytes() int64 { return s.eng.IncomingBytes() }

// OutgoingBytes returns the size, in octets, of messages sent that wait for
// credit, window or the peer's reading.
func (s *Session) OutgoingBytes() int64 { return s.eng.OutgoingBytes() }
