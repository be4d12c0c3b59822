package reference

import (
	"time"

	"github.com/collider-amqp/collider/conformance/peer"
	"github.com/collider-amqp/collider/container/wire"
)

// handshake exchanges the protocol headers and passes the SASL layer (§2.2, §5.3.2).
func (c *conn) handshake() error {
	if c.stuck {
		time.Sleep(patience)
		return errDone
	}
	h, err := c.header()
	if err != nil {
		return err
	}
	switch {
	case h == wire.HeaderSASL:
		c.write(wire.HeaderSASL.Append(nil))
		if err := c.sasl(); err != nil {
			return err
		}
		if h, err = c.header(); err != nil {
			return err
		}
	case c.cfg.SASL:
		return c.refuse(h, wire.HeaderSASL)
	}
	switch {
	case c.bug == EchoHeader:
		c.write(h.Append(nil))
		return nil
	case h != wire.HeaderAMQP:
		return c.refuse(h, wire.HeaderAMQP)
	}
	if c.bug == NoPipelining {
		c.in = nil
	}
	c.accept()
	return nil
}

func (c *conn) accept() {
	answer := wire.HeaderAMQP
	switch c.bug {
	case WrongHeader:
		answer.Revision = 1
	case OctetBeforeHeader:
		c.write([]byte{0})
	}
	c.write(answer.Append(nil))
	if c.bug == EmptyBeforeOpen {
		c.write(wire.AppendEmptyFrame(nil))
	}
}

// header reads a protocol header.
func (c *conn) header() (h wire.ProtocolHeader, err error) {
	for {
		n, err := h.Decode(c.in)
		if err != nil {
			return h, c.refuse(h, c.first())
		}
		if n > 0 {
			c.in = c.in[n:]
			return h, nil
		}
		if c.bug == HeaderInOneRead && len(c.in) > 0 {
			return h, errDone
		}
		if err := c.fill(); err != nil {
			if c.bug == StuckOnHalfHeader && len(c.in) > 0 {
				c.server.hang()
			}
			return h, err
		}
	}
}

func (c *conn) first() wire.ProtocolHeader {
	if c.cfg.SASL {
		return wire.HeaderSASL
	}
	return wire.HeaderAMQP
}

// refuse answers an unacceptable header with one that is supported, then closes the socket (§2.2).
func (c *conn) refuse(asked, supported wire.ProtocolHeader) error {
	switch c.bug {
	case RefuseSilently:
		return errDone
	case EchoHeader:
		supported = asked
	}
	c.write(supported.Append(nil))
	switch c.bug {
	case RefuseOpenly:
		time.Sleep(patience)
		return errDone
	case RefuseWithFrames:
		c.sendOpen()
		c.sendClose(nil)
	}
	c.linger()
	return errDone
}

// sasl offers and accepts ANONYMOUS.
func (c *conn) sasl() error {
	c.sendSASL("sasl-mechanisms", peer.Fields{"sasl-server-mechanisms": []wire.Symbol{"ANONYMOUS"}})
	f, err := c.next()
	if err != nil {
		return err
	}
	if f.Type != wire.FrameSASL {
		if c.bug != OpenInsideSASL {
			return errDone
		}
		c.opened = true
		c.sendOpen()
		return c.frames()
	}
	var body wire.RawBody
	if body.Decode(f.Body, wire.Limits{}) != nil || body.Code() != wire.CodeSASLInit {
		return errDone
	}
	fields := body.Fields()
	if len(fields) == 0 || fields[0] != wire.Symbol("ANONYMOUS") {
		c.sendSASL("sasl-outcome", peer.Fields{"code": uint8(1)})
		c.linger()
		return errDone
	}
	c.sendSASL("sasl-outcome", peer.Fields{"code": uint8(0)})
	return nil
}

func (c *conn) sendSASL(name string, fields peer.Fields) {
	f := wire.RawFrame{Type: wire.FrameSASL, Body: peer.Composite(name, fields).Append(nil)}
	c.write(f.Append(nil))
}
