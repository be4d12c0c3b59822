package engine

import (
	"iter"

	"github.com/collider-amqp/collider/container/wire"
)

// Link is one end of a link (§2.6), sender or receiver. It belongs to its connection and shares its rule of
// concurrency: one caller at a time.
type Link struct {
	// Context is the caller's, for an object of its own. The engine never touches it.
	Context any
}

// AttachOptions are the local properties of a link, sent in the attach (§2.7.3). The zero value selects all defaults.
type AttachOptions struct {
	// Source and Target are the termini; Coordinator, if set, stands in place of Target (§4.5.1). Default: null; for
	// the local terminus of an answer that is a refusal (§2.6.3).
	Source      *wire.Source
	Target      *wire.Target
	Coordinator *wire.Coordinator
	// SndSettleMode is the settlement mode asked of, or kept by, the sender (§2.8.2). Default: mixed.
	SndSettleMode wire.Optional[wire.SenderSettleMode]
	// RcvSettleMode is the settlement mode asked of, or kept by, the receiver (§2.8.3). Default: first.
	RcvSettleMode wire.ReceiverSettleMode
	// Unsettled is the map of delivery-tags to states for resuming (§2.6.13); the engine only carries it. Default: null.
	Unsettled wire.Map
	// IncompleteUnsettled says that Unsettled is not all (§2.7.3).
	IncompleteUnsettled bool
	// InitialDeliveryCount is a sender's first delivery-count (§2.6.7). Ignored for receivers, and when the link is
	// attached again after Detach: then the count goes on. Default: 0.
	InitialDeliveryCount SerialNumber
	// MaxMessageSize is the largest message in octets that a receiver accepts, or that a sender sends. Default: a
	// receiver takes the Config's, a sender has none. math.MaxUint64: no limit.
	MaxMessageSize uint64
	// OfferedCapabilities, DesiredCapabilities and Properties are sent as they are. Default: not sent.
	OfferedCapabilities, DesiredCapabilities []wire.Symbol
	Properties                               wire.Map

	_ struct{}
}

// Name returns the link's name (§2.6.1).
func (l *Link) Name() string { return "" }

// Role returns wire.RoleSender or wire.RoleReceiver: the part of this end (§2.8.1).
func (l *Link) Role() wire.Role { return false }

// Session returns the link's session.
func (l *Link) Session() *Session { return nil }

// LocalState returns Uninitialized before Attach, Active after it, then Detached or Closed.
func (l *Link) LocalState() State { return 0 }

// RemoteState returns Uninitialized before the peer's attach, Active after it, then Detached or Closed.
func (l *Link) RemoteState() State { return 0 }

// LocalError returns the error that the local end was detached with, by the caller or by the engine; nil for none.
func (l *Link) LocalError() *wire.Error { return nil }

// RemoteError returns the error that the peer detached with; nil for none.
func (l *Link) RemoteError() *wire.Error { return nil }

// RemoteAttach returns the peer's latest attach, or nil before it. It must not be changed.
func (l *Link) RemoteAttach() *wire.Attach { return nil }

// Refused reports whether the peer's attach carries no terminus of its own: the peer has refused the link and will
// detach it (§2.6.3).
func (l *Link) Refused() bool { return false }

// Attach opens the local end, sends the attach, or answers the peer's (§2.6.3). After Detach without closing on both
// sides it attaches the link again (§2.6.4). It fails with a *CallError if the local end is active or closed, if the
// session is not open, or if a link with the same name and role is attached in the session.
func (l *Link) Attach(o AttachOptions) error { return nil }

// Refuse answers the peer's attach without a local terminus, then closes the link with err (§2.6.3).
func (l *Link) Refuse(err *wire.Error) error { return nil }

// Detach detaches the local end; closed says for good (§2.6.6). What a sender has credit for is sent first, unless err
// is set; deliveries without credit are dropped from the queue. A closing detach of the peer is always answered by a
// closing one. Closing a link that is detached attaches it again to say so. Detaching a link that is closed does nothing.
func (l *Link) Detach(closed bool, err *wire.Error) error { return nil }

// Credit returns, on a sender, how many deliveries may still be begun by the caller: the link-credit less the
// deliveries queued; negative if more are queued. On a receiver it returns the link-credit granted and not yet used,
// with what waits for the end of a drain (§2.6.7).
func (l *Link) Credit() int { return 0 }

// Queued returns how many outgoing deliveries have not been sent completely.
func (l *Link) Queued() int { return 0 }

// Draining reports whether a drain is under way: asked for by the peer on a sender, by Drain on a receiver (§2.6.7).
func (l *Link) Draining() bool { return false }

// RemoteAvailable returns what the sender said last of the messages it has for this receiver, and whether it did (§2.6.7).
func (l *Link) RemoteAvailable() (uint32, bool) { return 0, false }

// RemoteFlowProperties returns the properties of the peer's latest flow for the link, or nil (§2.7.4).
func (l *Link) RemoteFlowProperties() wire.Map { return nil }

// AddCredit grants n more deliveries to the sender. The flow goes out with the next output. During a drain the grant
// waits for its end.
func (l *Link) AddCredit(n int) error { return nil }

// SetCredit makes n the credit of the sender, more or less than before. Deliveries under way under the old credit are
// still accepted (§2.6.10).
func (l *Link) SetCredit(n int) error { return nil }

// Drain asks the sender to use up its credit or give it back (§2.6.7). LinkDrained reports the end, at once if there is
// no credit. It fails with a *CallError while a drain is under way.
func (l *Link) Drain() error { return nil }

// Drained says that a sender has nothing more to send. If the peer asked for a drain, the credit left after the queued
// deliveries is given back; Drained returns how much (§2.6.7).
func (l *Link) Drained() int { return 0 }

// SetAvailable tells how many messages a sender has, besides those queued; it is carried by the next flow (§2.6.7).
func (l *Link) SetAvailable(n uint32) {}

// NewDelivery begins an outgoing delivery. It may be called without credit; the delivery then waits. It fails with a
// *CallError if the link is not open for sending, if the previous delivery is not complete (§2.6.14), if the tag is
// longer than 32 octets (§2.8.7), or if Settled contradicts the link's snd-settle-mode (§2.7.3).
func (l *Link) NewDelivery(o DeliveryOptions) (Delivery, error) { return Delivery{}, nil }

// Send sends one message: NewDelivery with tag (nil: the engine counts) and settled, Write, Complete. payload is not
// kept. The handle of a settled delivery is stale at once.
func (l *Link) Send(tag, payload []byte, settled bool) (Delivery, error) { return Delivery{}, nil }

// Unsettled yields the link's deliveries that are not settled locally, in the order of their beginning. Settling the
// one at hand is allowed within the loop.
func (l *Link) Unsettled() iter.Seq[Delivery] { return nil }
