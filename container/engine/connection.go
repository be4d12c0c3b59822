package engine

import (
	"iter"
	"time"

	"github.com/collider-amqp/collider/container/wire"
)

// State is the state of one end of a connection, session or link.
type State uint8

const (
	// Uninitialized: the end has not been opened, begun or attached.
	Uninitialized State = iota
	// Active: it has.
	Active
	// Detached: a link end was detached without being closed (§2.6.4). Links only.
	Detached
	// Closed: it was closed, ended, or detached for good.
	Closed
)

// String returns the name in lower case.
func (s State) String() string {
	switch s {
	case Uninitialized:
		return "uninitialized"
	case Active:
		return "active"
	case Detached:
		return "detached"
	}
	return "closed"
}

// Connection is one AMQP connection as a state machine without I/O. Its methods, and those of its sessions, links and
// deliveries, must be called by one caller at a time. See the package's documentation for the caller's duties.
type Connection struct {
	// Context is the caller's, for an object of its own. The engine never touches it.
	Context any
}

// NewConnection returns a connection that has not seen any input. A client has its protocol header ready as output.
func NewConnection(cfg Config) *Connection { return nil }

// Config returns the configuration, defaults applied. ContainerID, Hostname, locales, capabilities and Properties may
// be changed until Open; changes of other fields have no effect.
func (c *Connection) Config() *Config { return nil }

// Receive takes octets that came from the peer, any number of them. b is not kept. Take the events afterwards.
func (c *Connection) Receive(now time.Time, b []byte) {}

// ReceiveEOF says that the peer has ended its half of the transport in good order. Output may still be written if the
// peer's close has come (§2.4.6); otherwise it is as TransportClosed(now, nil).
func (c *Connection) ReceiveEOF(now time.Time) {}

// TransportClosed says that the transport is gone, both halves: nothing can be read or written any more. err is the
// reason, nil for a clean end.
func (c *Connection) TransportClosed(now time.Time, err error) {}

// Advance says what time it is: it sends due heartbeats and acts on what has timed out.
func (c *Connection) Advance(now time.Time) {}

// Deadline returns when Advance must be called at the latest; the zero Time if there is no need.
func (c *Connection) Deadline() time.Time { return time.Time{} }

// Output returns the octets to be written to the transport, in order; empty if there are none. They are valid until
// the next call of any other method.
func (c *Connection) Output() []byte { return nil }

// Wrote says that the first n octets of Output have been written.
func (c *Connection) Wrote(n int) {}

// Pending returns len(Output()).
func (c *Connection) Pending() int { return 0 }

// NextEvent takes the next event; false if there is none.
func (c *Connection) NextEvent() (Event, bool) { return Event{}, false }

// ReadDone reports that the engine ignores further input: the caller may stop reading.
func (c *Connection) ReadDone() bool { return false }

// WriteDone reports that no more output will come and all of it has been written: the caller must end its half of the
// transport, or close it.
func (c *Connection) WriteDone() bool { return false }

// Finished reports that the connection is over: ReadDone and WriteDone, or the transport is gone. The caller must close
// the transport. The last event, TransportClosed, has been raised by then.
func (c *Connection) Finished() bool { return false }

// Open opens the local end (§2.4.1): sends the open, or answers the peer's. It fails with a *CallError if the local end
// is not uninitialized, or if a client's open would exceed 512 octets, all that is sure to be accepted (§2.4.1).
func (c *Connection) Open() error { return nil }

// Close closes the local end (§2.4.3), with an error if err is set. What its senders have credit for is sent first,
// unless err is set; a connection that was not opened is opened first. Closing a closed connection does nothing.
func (c *Connection) Close(err *wire.Error) {}

// LocalState returns Uninitialized before Open, Active after it, then Closed.
func (c *Connection) LocalState() State { return 0 }

// RemoteState returns Uninitialized before the peer's open, Active after it, then Closed.
func (c *Connection) RemoteState() State { return 0 }

// LocalError returns the error that the local end was closed with, by the caller or by the engine; nil for none.
func (c *Connection) LocalError() *wire.Error { return nil }

// RemoteError returns the error that the peer closed with; nil for none.
func (c *Connection) RemoteError() *wire.Error { return nil }

// RemoteOpen returns the peer's open, or nil before it. It must not be changed.
func (c *Connection) RemoteOpen() *wire.Open { return nil }

// Err returns why the connection did not end in good order: a *ProtocolError, *HeaderError, *SASLError, *TimeoutError
// or *DisconnectError; nil if it did or has not ended.
func (c *Connection) Err() error { return nil }

// SASL returns how the SASL layer stands.
func (c *Connection) SASL() SASLStatus { return SASLStatus{} }

// NewSession returns a new session, not yet begun.
func (c *Connection) NewSession() *Session { return nil }

// Sessions yields the sessions that are not closed on both sides, in the order of their creation.
func (c *Connection) Sessions() iter.Seq[*Session] { return nil }
