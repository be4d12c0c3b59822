package container

import (
	"github.com/collider-amqp/collider/container/engine"
	"github.com/collider-amqp/collider/container/wire"
)

// transfer is what deliveries and trackers share (§2.6.12).
type transfer struct {
	eng  engine.Delivery
	conn *Connection
}

// Tag returns the delivery tag, nil once the delivery is settled here. It must
// not be changed or kept.
func (t *transfer) Tag() []byte { return t.eng.Tag() }

// Settled reports whether the peer has settled; false once the delivery is
// settled here.
func (t *transfer) Settled() bool { return t.eng.RemoteSettled() }

// State returns the state that the peer reported last (§3.4), nil for none and
// once the delivery is settled here.
func (t *transfer) State() wire.DeliveryState { return t.eng.RemoteState() }

// Connection returns the delivery's connection.
func (t *transfer) Connection() *Connection { return t.conn }

// Delivery is a message received. It shares its connection's threading rules
// (OWN-1). Accept, Reject, Release and Modify settle; after the first of them
// the others do nothing.
type Delivery struct {
	transfer
	receiver *Receiver
	held     bool // in OnMessage: the engine must not use its memory again yet
	settling bool // settled while it was held
}

// Receiver returns the link that the message came by.
func (d *Delivery) Receiver() *Receiver { return d.receiver }

// Accept tells the sender that the message was processed (§3.4.2).
func (d *Delivery) Accept() { d.finish("Delivery.Accept", &wire.Accepted{}) }

// Reject tells the sender that the message is invalid, because of err if it is
// not nil (§3.4.3).
func (d *Delivery) Reject(err *Error) { d.finish("Delivery.Reject", &wire.Rejected{Error: err}) }

// Release gives the message back unprocessed (§3.4.4).
func (d *Delivery) Release() { d.finish("Delivery.Release", &wire.Released{}) }

// Modify gives the message back as failed (§3.4.5).
func (d *Delivery) Modify() {
	d.finish("Delivery.Modify", &wire.Modified{DeliveryFailed: wire.Some(true)})
}

// Settle settles the delivery without an outcome, or with the one that it has.
// Settling again does nothing.
func (d *Delivery) Settle() {
	d.conn.check("Delivery.Settle")
	d.settle()
}

func (d *Delivery) settle() {
	switch {
	case d.held:
		d.settling = true
	case d.eng.Valid():
		d.eng.Settle()
	}
}

// finish sets the outcome and settles.
func (d *Delivery) finish(op string, outcome wire.DeliveryState) {
	d.conn.check(op)
	if !d.settling && d.eng.Valid() {
		d.eng.Update(outcome)
		d.settle()
	}
}

// Tracker is a message sent. It shares its connection's threading rules (OWN-1).
type Tracker struct {
	transfer
	sender   *Sender
	reported bool // the outcome callback has been made
}

// Sender returns the link that the message goes by.
func (t *Tracker) Sender() *Sender { return t.sender }

// Settle settles the delivery on this side; the receiver's outcome is not waited
// for. Settling again does nothing.
func (t *Tracker) Settle() {
	t.conn.check("Tracker.Settle")
	if t.eng.Valid() {
		t.eng.Settle()
	}
}
