package engine

import (
	"iter"
	"slices"
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

	cfg    Config
	now    time.Time // the latest time the caller has told
	input  inputState
	out    output
	events fifo[Event]
	sasl   saslState
	idle   idleState
	pool   deliveryPool

	local, remote       State
	localErr, remoteErr *wire.Error
	remoteOpen          *wire.Open
	err                 error // why the connection does not end in good order

	amqpBegun  bool // the AMQP header is in the output; frames may follow
	openSent   bool
	closeSent  bool
	discarding bool // closed with an error: only the peer's close still counts (§2.4.6)
	blind      bool // no answer to the close is to be waited for
	readEnd    bool // further input is ignored for good
	writeEnd   bool // nothing will be added to the output
	over       bool

	sessions       []*Session // those not closed on both sides, in order of creation
	localChannels  []*Session // by outgoing channel
	remoteChannels []*Session // by incoming channel
	sendQueues     sendQueues

	linkNames uint64 // the last number used for a link name

	frame       wire.Frame // what Receive decodes into
	transfer    wire.Transfer
	flow        wire.Flow
	disposition dispositionRange
}

// NewConnection returns a connection that has not seen any input. A client has its protocol header ready as output.
func NewConnection(cfg Config) *Connection {
	c := &Connection{cfg: cfg.withDefaults()}
	c.startHeaders()
	return c
}

// Config returns the configuration, defaults applied. ContainerID, Hostname, locales, capabilities and Properties may
// be changed until Open, what ClientSASL and ServerSASL refer to until the first Receive: what a side may offer depends
// on the layer below. No other field may be changed.
func (c *Connection) Config() *Config { return &c.cfg }

// ReadDone reports that the engine ignores further input: the caller may stop reading.
func (c *Connection) ReadDone() bool {
	c.flushEnd()
	return c.over || c.readEnd
}

// WriteDone reports that no more output will come and all of it has been written: the caller must end its half of the
// transport, or close it.
func (c *Connection) WriteDone() bool {
	c.flushEnd()
	return c.over || c.writeEnd && c.out.pending() == 0
}

// Finished reports that the connection is over: ReadDone and WriteDone, or the transport is gone. The caller must close
// the transport. The last event, TransportClosed, has been raised by then.
func (c *Connection) Finished() bool {
	c.flushEnd()
	return c.over
}

// flushEnd frames what is due if the close is. Questions asked in between must not cut batches of dispositions and flows.
func (c *Connection) flushEnd() {
	if c.local == Closed {
		c.flush()
	}
}

// Open opens the local end (§2.4.1): sends the open, or answers the peer's. It fails with a *CallError if the local end
// is not uninitialized, if the Config holds a value that has no encoding, or if a client's open would exceed 512
// octets, all that a peer is sure to accept before it has said more (§2.4.1).
func (c *Connection) Open() error {
	if c.local != Uninitialized || c.over {
		return &CallError{"Connection.Open", "the connection is " + c.local.String()}
	}
	open := c.openFrame()
	size, err := encodedSize(open)
	if err != nil {
		return &CallError{"Connection.Open", err.Error()}
	}
	if size > c.frameLimit() && (c.remoteOpen != nil || c.cfg.Side == Client) {
		return &CallError{"Connection.Open", "the open exceeds the maximum frame size"}
	}
	c.local = Active
	return nil
}

func (c *Connection) openFrame() *wire.Open {
	o := &wire.Open{
		ContainerID:         c.cfg.ContainerID,
		MaxFrameSize:        c.cfg.MaxFrameSize,
		ChannelMax:          uint16(c.cfg.MaxSessions - 1),
		OutgoingLocales:     c.cfg.OutgoingLocales,
		IncomingLocales:     c.cfg.IncomingLocales,
		OfferedCapabilities: c.cfg.OfferedCapabilities,
		DesiredCapabilities: c.cfg.DesiredCapabilities,
		Properties:          c.cfg.Properties,
	}
	if c.cfg.Hostname != "" {
		o.Hostname = wire.Some(c.cfg.Hostname)
	}
	if c.cfg.IdleTimeOut > 0 {
		// §2.4.5: "peers SHOULD advertise half of the actual timeout threshold".
		o.IdleTimeOut = wire.Some(uint32(c.cfg.IdleTimeOut / 2 / time.Millisecond))
	}
	return o
}

// Close closes the local end (§2.4.3), with an error if err is set. What its senders have credit for is sent first,
// unless err is set; a connection that was not opened is opened first. Closing a closed connection does nothing.
func (c *Connection) Close(err *wire.Error) {
	if c.local == Closed || c.over {
		return
	}
	c.beginEnd()
	c.local = Closed
	c.localErr = sanitize(err)
	c.discarding = err != nil
}

// LocalState returns Uninitialized before Open, Active after it, then Closed.
func (c *Connection) LocalState() State { return c.local }

// RemoteState returns Uninitialized before the peer's open, Active after it, then Closed.
func (c *Connection) RemoteState() State { return c.remote }

// LocalError returns the error that the local end was closed with, by the caller or by the engine; nil for none.
func (c *Connection) LocalError() *wire.Error { return c.localErr }

// RemoteError returns the error that the peer closed with; nil for none.
func (c *Connection) RemoteError() *wire.Error { return c.remoteErr }

// RemoteOpen returns the peer's open, or nil before it. It must not be changed.
func (c *Connection) RemoteOpen() *wire.Open { return c.remoteOpen }

// Err returns why the connection did not end in good order: a *ProtocolError, *HeaderError, *SASLError, *TimeoutError
// or *DisconnectError; nil if it did or has not ended.
func (c *Connection) Err() error { return c.err }

// NewSession returns a new session, not yet begun.
func (c *Connection) NewSession() *Session {
	return &Session{conn: c}
}

// Sessions yields the sessions that are not closed on both sides, in the order of their creation.
func (c *Connection) Sessions() iter.Seq[*Session] {
	return func(yield func(*Session) bool) {
		for _, s := range slices.Clone(c.sessions) {
			if !yield(s) {
				return
			}
		}
	}
}

// fail closes the connection because the peer broke a rule. What the peer still sends is discarded up to its close (§2.4.6).
func (c *Connection) fail(section string, condition wire.Symbol, format string, args ...any) {
	if c.discarding || c.over {
		return
	}
	e := newProtocolError(ScopeConnection, section, condition, format, args...)
	c.err = e
	c.discarding = true
	if c.local == Closed {
		if !c.closeSent {
			c.localErr = e.wire()
		}
		return
	}
	c.beginEnd()
	c.local = Closed
	c.localErr = e.wire()
	c.push(Event{Type: ConnectionFault})
}

// abandon ends the output after what it holds; further input is ignored. For failures that no close frame can tell.
func (c *Connection) abandon(err error) {
	c.beginEnd()
	c.err = err
	c.input.phase = phaseIgnore
	c.discarding, c.writeEnd = true, true
}

// settleEnd finds out whether the connection has come to its end.
func (c *Connection) settleEnd() {
	if c.over {
		return
	}
	if c.closeSent && c.remote == Closed {
		c.readEnd, c.writeEnd = true, true
	}
	if c.closeSent && c.blind {
		c.writeEnd = true
	}
	if c.readEnd && c.writeEnd && c.out.pending() == 0 {
		c.finish()
	}
}

// finish raises the final events and lets go of the output.
func (c *Connection) finish() {
	c.over = true
	c.input = inputState{phase: phaseIgnore}
	c.out = output{}
	if c.err != nil {
		c.push(Event{Type: TransportError})
	}
	c.push(Event{Type: TransportClosed})
}
