package engine

import (
	"bytes"

	"github.com/collider-amqp/collider/container/wire"
)

// phase is what the input consists of.
type phase uint8

const (
	phaseHeader phase = iota // the protocol header of a layer (§2.2)
	phaseSASL                // frames of the SASL layer (§5.3.1)
	phaseAMQP                // frames of the AMQP layer (§2.3)
	phaseIgnore              // octets that mean nothing any more
)

// inputState cuts the input into protocol headers and frames.
type inputState struct {
	phase phase
	part  []byte // the beginning of a header or frame that is not complete
	skip  uint64 // octets of a refused frame that are still to be passed over
}

// sendHeader appends a protocol header to the output.
func (c *Connection) sendHeader(h wire.ProtocolHeader) { c.out.buf = h.Append(c.out.buf) }

// startHeaders sends the header that a client sends without waiting (§2.2).
func (c *Connection) startHeaders() {
	if c.cfg.Side == Server {
		return
	}
	if c.cfg.ClientSASL != nil {
		c.sendHeader(wire.HeaderSASL)
		return
	}
	c.sendAMQPHeader()
}

// sendAMQPHeader begins the AMQP layer on this side; frames may follow without waiting for the peer's header (§2.4.2).
func (c *Connection) sendAMQPHeader() {
	c.sendHeader(wire.HeaderAMQP)
	c.amqpBegun = true
}

// receiveHeader reads the header at the start of b; 0 if it is not complete.
func (c *Connection) receiveHeader(b []byte) int {
	var h wire.ProtocolHeader
	n, err := h.Decode(b)
	if err != nil {
		c.refuseHeader(b, "it is no AMQP header")
		return len(b)
	}
	if n == 0 {
		return 0
	}
	if c.cfg.Side == Server {
		c.serveHeader(h, b[:n])
	} else if h == c.expectedHeader() {
		c.beginLayer(h)
	} else {
		c.refuseHeader(b[:n], "the server does not speak "+c.expectedHeader().String())
	}
	return n
}

// expectedHeader is the header of the next layer: the one a client waits for, and the one a server prefers.
func (c *Connection) expectedHeader() wire.ProtocolHeader {
	if c.hasSASL() && !c.sasl.over {
		return wire.HeaderSASL
	}
	return wire.HeaderAMQP
}

func (c *Connection) hasSASL() bool {
	if c.cfg.Side == Server {
		return c.cfg.ServerSASL != nil
	}
	return c.cfg.ClientSASL != nil
}

// serveHeader answers a client's header: with the same if it is acceptable, else with an acceptable one and the end of
// the stream (§2.2). A TLS header (§5.2.1) is never acceptable; TLS is the transport's business.
func (c *Connection) serveHeader(h wire.ProtocolHeader, raw []byte) {
	want := c.expectedHeader()
	plain := h == wire.HeaderAMQP && want == wire.HeaderSASL && c.cfg.ServerSASL.Optional
	switch {
	case plain:
		c.sasl.over = true
		c.sendAMQPHeader()
	case h != want:
		c.refuseHeader(raw, "the client must begin with "+want.String())
		return
	case h == wire.HeaderAMQP:
		c.sendAMQPHeader()
	default:
		c.sendHeader(h)
		c.sendMechanisms()
	}
	c.beginLayer(h)
}

func (c *Connection) beginLayer(h wire.ProtocolHeader) {
	if h == wire.HeaderSASL {
		c.input.phase = phaseSASL
	} else {
		c.input.phase = phaseAMQP
	}
}

// refuseHeader ends this side's stream after a header that does not suit (§2.2): "if the protocol header does not
// match, the peer sends one that does and closes the socket". A client has sent its header already. The rest of the
// input is read and ignored until it ends.
func (c *Connection) refuseHeader(raw []byte, reason string) {
	if c.cfg.Side == Server {
		c.sendHeader(c.expectedHeader())
	}
	c.abandon(&HeaderError{Received: bytes.Clone(raw[:min(len(raw), wire.ProtocolHeaderSize)]), Reason: reason})
}
