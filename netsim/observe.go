package netsim

import "time"

// Observer is told what happens on the network, for a trace or a packet
// capture. It is called by whichever thread or timer makes it happen, never by
// two at once, and must neither block nor use the network. A sim.Tap that is an
// Observer is told of all networks of its run.
type Observer interface {
	Observe(e Event)
}

// tapping returns an observer that tells both; the first may be nil. The second is
// the Tap of the run (sim.RunConfig.Tap).
func tapping(own, tap Observer) Observer {
	if own == nil {
		return tap
	}
	return tapped{own, tap}
}

type tapped struct{ own, tap Observer }

// Observe implements Observer.
func (x tapped) Observe(e Event) {
	x.own.Observe(e)
	x.tap.Observe(e)
}

// Event is something that happened to a connection.
type Event struct {
	// Time since the run began.
	Time time.Duration
	// What happened.
	What What
	// Conn numbers the connections of the network, from 1, in order of dialling.
	Conn uint32
	// Back is the direction: false from the dialling to the accepting end.
	Back bool
	// Dialer and Acceptor are the connection's two ends.
	Dialer, Acceptor Addr
	// Offset is the number of bytes of this direction before Bytes.
	Offset uint64
	// Bytes of a Sent or Delivered event; valid during the call only.
	Bytes []byte
}

// What is the sort of an Event.
type What uint8

// The events. Sent and Delivered come in pieces that need not agree.
const (
	// Dialed: a Dial began.
	Dialed What = iota + 1
	// Refused: the Dial failed or was given up.
	Refused
	// Connected: the Dial succeeded.
	Connected
	// Accepted: Accept returned the connection.
	Accepted
	// Sent: bytes were taken from a Write.
	Sent
	// Delivered: bytes reached the receive buffer.
	Delivered
	// Ended: the end of the stream reached the receiver.
	Ended
	// WasReset: a reset reached the receiver of this direction.
	WasReset

	whats
)

var whatText = [whats]string{
	Dialed: "dialed", Refused: "refused", Connected: "connected", Accepted: "accepted",
	Sent: "sent", Delivered: "delivered", Ended: "ended", WasReset: "reset",
}

// String returns the event's word, "delivered".
func (w What) String() string {
	if w == 0 || w >= whats {
		return "unknown"
	}
	return whatText[w]
}
