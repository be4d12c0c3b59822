package engine

// EventType says what an [Event] is about.
type EventType uint8

// The types of events. "Remote" events report frames of the peer. "Fault" events report that the engine itself has
// closed the local end of an endpoint because the peer broke a rule or a limit; the endpoint's LocalError tells which,
// and the caller need not close it again.
const (
	// NoEvent is the zero EventType; NextEvent returns it when there is nothing to report.
	NoEvent EventType = iota
	// SASLOutcome: the SASL layer has ended, for better or worse; see Connection.SASL (§5.3.3.6).
	SASLOutcome
	// ConnectionRemoteOpen: the peer's open has come; see Connection.RemoteOpen (§2.7.1).
	ConnectionRemoteOpen
	// ConnectionRemoteClose: the peer's close has come; see Connection.RemoteError. Sessions and links end with the
	// connection and raise no events of their own (§2.4.3).
	ConnectionRemoteClose
	// ConnectionFault: the engine has closed the connection; see Connection.LocalError. Incoming frames are discarded
	// until the peer's close (§2.4.6).
	ConnectionFault
	// SessionRemoteBegin: the peer's begin has come, as the answer to the local one or as the request for a new
	// session (then Session.LocalState is Uninitialized) (§2.5.1).
	SessionRemoteBegin
	// SessionRemoteEnd: the peer's end has come; see Session.RemoteError. Its links raise no events (§2.5.2).
	SessionRemoteEnd
	// SessionFault: the engine has ended the session; see Session.LocalError (§2.5.4).
	SessionFault
	// LinkRemoteAttach: the peer's attach has come, as the answer to the local one or as the request for a new link
	// (then Link.LocalState is Uninitialized); see Link.RemoteAttach (§2.6.3).
	LinkRemoteAttach
	// LinkRemoteDetach: the peer has detached the link without closing it; see Link.RemoteError (§2.6.4). Credit ends
	// with the attachment, a drain under way without LinkDrained.
	LinkRemoteDetach
	// LinkRemoteClose: the peer has closed the link; see Link.RemoteError (§2.6.6).
	LinkRemoteClose
	// LinkFault: the engine has closed the link; see Link.LocalError (§2.6.5).
	LinkFault
	// LinkFlow: a flow with the link's handle has come: credit, drain, available or properties may have changed (§2.6.7).
	LinkFlow
	// LinkDrained: a receiver's drain has ended: the credit is used up or given back, and no delivery is under way.
	// Raised once for each call of Link.Drain that succeeded (§2.6.7).
	LinkDrained
	// DeliveryPartial: a transfer of an incoming delivery has come and more will follow (§2.6.14).
	DeliveryPartial
	// DeliveryReceived: the last transfer of an incoming delivery has come.
	DeliveryReceived
	// DeliveryAborted: the sender has aborted an incoming delivery. Its payload is gone and it is settled remotely;
	// it was covered by credit like any other (§2.6.14).
	DeliveryAborted
	// DeliveryUpdated: the peer has set the state of a delivery, or settled it, or both; see Delivery.RemoteState
	// and Delivery.RemoteSettled (§2.7.6).
	DeliveryUpdated
	// TransportError: the transport has failed, or the connection did not end in good order; see Connection.Err.
	// TransportClosed follows at once.
	TransportError
	// TransportClosed: nothing more will come. The last event of a connection, raised exactly once.
	TransportClosed
)

var eventNames = [...]string{
	"no_event", "sasl_outcome", "connection_remote_open", "connection_remote_close", "connection_fault",
	"session_remote_begin", "session_remote_end", "session_fault", "link_remote_attach", "link_remote_detach",
	"link_remote_close", "link_fault", "link_flow", "link_drained", "delivery_partial", "delivery_received",
	"delivery_aborted", "delivery_updated", "transport_error", "transport_closed",
}

// String returns the name of the event, such as "link_remote_attach".
func (t EventType) String() string {
	if int(t) < len(eventNames) {
		return eventNames[t]
	}
	return "unknown_event"
}

// Event reports one thing that has happened to a connection. Events come in the order of the frames that caused them,
// one for each frame that concerns the caller, but the endpoints already show the state after the latest input: a
// link may be remotely closed by the time its LinkRemoteAttach is taken.
type Event struct {
	Type EventType
	// Session is set for events of a session, a link or a delivery.
	Session *Session
	// Link is set for events of a link or a delivery.
	Link *Link
	// Delivery is set for events of a delivery. Events of a delivery that was settled locally before they were taken
	// are not reported.
	Delivery Delivery
}

func (c *Connection) push(e Event) { c.events.push(e) }

// NextEvent takes the next event; false if there is none.
func (c *Connection) NextEvent() (Event, bool) {
	for {
		e, ok := c.events.pop()
		if !ok || e.Delivery.d == nil || e.Delivery.Valid() {
			return e, ok
		}
	}
}
