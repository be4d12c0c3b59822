package peer

import (
	"strconv"
	"time"

	"github.com/collider-amqp/collider/container/wire"
)

// Kind says what came from the partner.
type Kind uint8

// The kinds of events.
const (
	// KindTimeout: nothing came in time.
	KindTimeout Kind = iota
	// KindHeader: a protocol header (§2.2).
	KindHeader
	// KindFrame: a frame, whether or not its body is a performative.
	KindFrame
	// KindGarbage: octets instead of the first protocol header.
	KindGarbage
	// KindMalformed: a frame whose boundary cannot be told or whose size exceeds Options.MaxFrame. What follows it
	// is not interpreted.
	KindMalformed
	// KindFIN: the partner closed its outgoing stream.
	KindFIN
	// KindReset: the connection was reset, or failed in another way.
	KindReset
)

var kindNames = [...]string{
	"nothing in time", "protocol header", "frame", "octets that are no protocol header", "malformed frame",
	"end of the stream (FIN)", "reset of the connection (RST)",
}

// String returns the kind in words.
func (k Kind) String() string { return kindNames[k] }

// Event is one thing that came from the partner.
type Event struct {
	Kind Kind
	// At is when it came, since the start of the log.
	At time.Duration
	// Header is set for KindHeader.
	Header wire.ProtocolHeader
	// Frame is set for KindFrame.
	Frame *Frame
	// Octets are the octets of a garbage or malformed event, and of KindFIN and KindReset those of a frame that they cut.
	Octets []byte
	// Err tells more of a malformed event or of a reset.
	Err error
}

// End reports whether nothing more can follow.
func (e Event) End() bool { return e.Kind == KindFIN || e.Kind == KindReset }

// Is reports whether the event is a frame with the named performative.
func (e Event) Is(performative string) bool {
	return e.Kind == KindFrame && e.Frame.Name == performative && performative != ""
}

// textMax bounds the text of one frame, in octets.
const textMax = 240

// String returns the event on one line of bounded length.
func (e Event) String() string {
	s := e.Kind.String()
	switch {
	case e.Kind == KindHeader:
		return s + " " + e.Header.String()
	case e.Kind == KindFrame:
		return cut(e.Frame.String())
	case e.Err != nil:
		s += ": " + e.Err.Error()
	}
	if len(e.Octets) == 0 {
		return s
	}
	if e.End() {
		return s + " inside a frame, after " + strconv.Itoa(len(e.Octets)) + " octets of it"
	}
	return s + " " + cut(strconv.QuoteToASCII(string(e.Octets)))
}

func cut(s string) string {
	if len(s) <= textMax {
		return s
	}
	return s[:textMax] + "…"
}
