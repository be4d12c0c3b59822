package engine

import (
	"iter"

	"github.com/collider-amqp/collider/container/wire"
)

// Session is one end of a session (§2.5). It belongs to its connection and shares its rule of concurrency: one caller
// at a time.
type Session struct {
	// Context is the caller's, for an object of its own. The engine never touches it.
	Context any
}

// BeginOptions are the local properties of a session, sent in the begin (§2.7.2). The zero value selects all defaults.
type BeginOptions struct {
	// OfferedCapabilities, DesiredCapabilities and Properties are sent as they are. Default: not sent.
	OfferedCapabilities, DesiredCapabilities []wire.Symbol
	Properties                               wire.Map

	_ struct{}
}

// Connection returns the session's connection.
func (s *Session) Connection() *Connection { return nil }

// LocalState returns Uninitialized before Begin, Active after it, then Closed.
func (s *Session) LocalState() State { return 0 }

// RemoteState returns Uninitialized before the peer's begin, Active after it, then Closed.
func (s *Session) RemoteState() State { return 0 }

// LocalError returns the error that the local end was ended with, by the caller or by the engine; nil for none.
func (s *Session) LocalError() *wire.Error { return nil }

// RemoteError returns the error that the peer ended with; nil for none.
func (s *Session) RemoteError() *wire.Error { return nil }

// RemoteBegin returns the peer's begin, or nil before it. It must not be changed.
func (s *Session) RemoteBegin() *wire.Begin { return nil }

// Begin opens the local end, or answers the peer's begin (§2.5.1). The begin may have to wait for the peer's open. It
// fails with a *CallError if the local end is not uninitialized, if the connection is not open locally, or if the
// peer's channel-max permits no further session.
func (s *Session) Begin(o BeginOptions) error { return nil }

// End ends the local end (§2.5.2). What its senders have credit for is sent first, unless err is set. Links end with
// it. Ending an ended session does nothing.
func (s *Session) End(err *wire.Error) {}

// NewSender returns a new sending link, not yet attached. An empty name stands for one that the engine counts.
func (s *Session) NewSender(name string) *Link { return nil }

// NewReceiver returns a new receiving link, not yet attached. An empty name stands for one that the engine counts.
func (s *Session) NewReceiver(name string) *Link { return nil }

// Links yields the links that are not closed on both sides, in the order of their creation.
func (s *Session) Links() iter.Seq[*Link] { return nil }

// IncomingBytes returns the payload, in octets, of the incoming deliveries that are kept by the engine.
func (s *Session) IncomingBytes() int64 { return 0 }

// OutgoingBytes returns the payload, in octets, of the outgoing deliveries that wait for credit, window or output room.
func (s *Session) OutgoingBytes() int64 { return 0 }
