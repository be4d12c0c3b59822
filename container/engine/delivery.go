package engine

import "github.com/collider-amqp/collider/container/wire"

// Delivery is a handle on one delivery of a link (§2.6.12), incoming or outgoing. It is a small value: copy it,
// compare it with ==, use it as a map key. The zero Delivery is no delivery.
//
// A handle is good until its delivery is done with on this side: until Settle, or Abort, or, for an outgoing delivery
// sent settled, until Complete. Every incoming delivery must be settled by the caller in the end, an aborted or
// remotely settled one too; that costs no frame. Then the handle is stale, for the engine recycles deliveries: Valid
// returns false, getters return zero values, and calls return a *CallError. Unsettled deliveries survive the end of
// their link, session, connection and transport, until the caller drops the connection.
type Delivery struct {
	d   *delivery
	gen uint32
}

// DeliveryOptions are the properties of an outgoing delivery, sent in its first transfer (§2.7.5). The zero value
// selects all defaults.
type DeliveryOptions struct {
	// Tag identifies the delivery among the unsettled ones of the link (§2.6.12), at most 32 octets; it is copied.
	// The caller answers for its uniqueness. Default (nil): the engine counts; empty but not nil is a legal tag.
	Tag []byte
	// MessageFormat is the format of the payload (§2.8.11). Default: 0, the format of AMQP's part 3.
	MessageFormat uint32
	// Settled sends the delivery settled. Links in snd-settle-mode settled require it, in mode unsettled forbid it.
	Settled bool
	// State is sent with each transfer, for instance a transactional state (§4.4.1). Default: none.
	State wire.DeliveryState
	// RcvSettleMode overrides the link's rcv-settle-mode (§2.7.5). Default: the link's.
	RcvSettleMode wire.Optional[wire.ReceiverSettleMode]
	// Resume marks the transfers as the resumption of a delivery of an earlier attachment (§2.6.13).
	Resume bool
	// Batchable tells the receiver that its dispositions need not be prompt (§2.7.5).
	Batchable bool

	_ struct{}
}

// Valid reports whether the handle is good.
func (d Delivery) Valid() bool { return false }

// Link returns the delivery's link.
func (d Delivery) Link() *Link { return nil }

// Tag returns the delivery-tag (§2.6.12). It aliases the engine's memory and must not be changed or kept beyond Settle.
func (d Delivery) Tag() []byte { return nil }

// ID returns the delivery-id (§2.6.12), and whether it has one: an outgoing delivery has none before its first transfer.
func (d Delivery) ID() (SerialNumber, bool) { return 0, false }

// MessageFormat returns the format of the payload (§2.8.11).
func (d Delivery) MessageFormat() uint32 { return 0 }

// Context returns what SetContext set, or nil.
func (d Delivery) Context() any { return nil }

// SetContext hangs an object of the caller's on the delivery.
func (d Delivery) SetContext(v any) {}

// Completed reports whether the whole message has been received, or given to the engine for sending.
func (d Delivery) Completed() bool { return false }

// Aborted reports whether an incoming delivery was aborted by its sender (§2.6.14).
func (d Delivery) Aborted() bool { return false }

// Resumed reports whether the sender marked an incoming delivery as resumed (§2.6.13).
func (d Delivery) Resumed() bool { return false }

// LocalState returns the state that Update set last, or the one of DeliveryOptions; nil for none.
func (d Delivery) LocalState() wire.DeliveryState { return nil }

// RemoteState returns the state that the peer reported last; nil for none. A terminal state (§3.4) stays.
func (d Delivery) RemoteState() wire.DeliveryState { return nil }

// RemoteSettled reports whether the peer has settled the delivery.
func (d Delivery) RemoteSettled() bool { return false }

// Payload returns what is kept of an incoming delivery's payload: all that has come, less what Consume and Take took.
// It aliases the engine's memory until the next Receive, Consume, Take or Settle.
func (d Delivery) Payload() []byte { return nil }

// Consume drops the first n octets of Payload (at most all), which makes room in the session's incoming bytes.
func (d Delivery) Consume(n int) {}

// Take returns what Payload returns and leaves it to the caller for good: the engine forgets it, as Consume does.
func (d Delivery) Take() []byte { return nil }

// Write adds p to the payload of an outgoing delivery. p is copied or framed at once. It fails with a *CallError if
// the delivery is complete, the link is not open for sending, or the message grows beyond the peer's
// max-message-size (§2.7.3).
func (d Delivery) Write(p []byte) error { return nil }

// Complete ends the payload of an outgoing delivery. A delivery sent settled is then done with.
func (d Delivery) Complete() error { return nil }

// Abort ends an outgoing delivery that is not complete: the receiver forgets it (§2.6.14). Nothing is sent if its
// first transfer has not been sent yet. The handle is then stale.
func (d Delivery) Abort() error { return nil }

// Update sets the local state. It is sent with the next output, merged with the settlement if there is one by then and
// with equal states of neighbouring deliveries (§2.7.6). A terminal state cannot be changed (§3.4).
func (d Delivery) Update(state wire.DeliveryState) error { return nil }

// Settle settles the delivery locally: the engine tells the peer if it needs to know, and forgets the delivery; the
// handle is then stale. An outgoing delivery must be complete. Settling an incoming delivery that is not
// complete drops the rest of it. A receiver in rcv-settle-mode second sends its state at once but settles only
// when the sender has (§2.6.12), by itself.
func (d Delivery) Settle() error { return nil }

type delivery struct{}
