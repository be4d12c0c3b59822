package reference

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/collider-amqp/collider/conformance/peer"
	"github.com/collider-amqp/collider/container/wire"
)

// conn is one connection; it belongs to one goroutine.
type conn struct {
	server *Server
	nc     net.Conn
	cfg    Config
	bug    Bug
	number int
	stuck  bool

	in   []byte
	beat time.Duration // how often to send empty frames; 0 is never

	opened    bool // open was received
	sentOpen  bool
	sentClose bool
	remoteMax uint32
	sessions  map[uint16]bool
}

// patience bounds every wait for the partner, so that no goroutine outlives its use.
const patience = time.Minute

// lingerFor is how long the server reads on after its close.
const lingerFor = time.Second

// errDone ends a connection whose closing has been said.
var errDone = errors.New("reference: done")

// violation is a connection error to report.
type violation struct {
	condition wire.Symbol
	text      string
}

func (v *violation) Error() string { return string(v.condition) + ": " + v.text }

const framing wire.Symbol = wire.ConditionConnectionFramingError

func violated(condition wire.Symbol, format string, args ...any) error {
	return &violation{condition, fmt.Sprintf(format, args...)}
}

func (c *conn) serve() {
	c.sessions = map[uint16]bool{}
	err := c.handshake()
	if err == nil {
		err = c.frames()
	}
	var v *violation
	switch {
	case errors.As(err, &v):
		c.report(v)
	case err != nil && !errors.Is(err, errDone) && c.bug == KeepAfterFIN:
		time.Sleep(patience)
	}
}

// report sends close with an error and discards what still comes (§2.4.6, DISCARDING).
func (c *conn) report(v *violation) {
	if c.bug == CutOnError {
		return
	}
	if !c.sentOpen && c.bug != CloseWithoutOpen {
		c.sendOpen()
	}
	condition := v.condition
	if c.bug == WrongCondition {
		condition = wire.ConditionInternalError
	}
	fields := peer.Fields{"error": peer.ErrorValue(condition, v.text)}
	if c.bug == CloseWithoutError {
		fields = nil
	}
	c.sendClose(fields)
	if c.bug == NoDiscarding {
		c.frames()
		return
	}
	c.linger()
}

// linger closes the outgoing stream and reads on until the partner has closed its own.
func (c *conn) linger() {
	if half, ok := c.nc.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
	c.nc.SetReadDeadline(time.Now().Add(lingerFor))
	for {
		if _, err := c.nc.Read(make([]byte, 4096)); err != nil {
			return
		}
	}
}

// fill reads more octets, sending empty frames while there are none (§2.4.5).
func (c *conn) fill() error {
	end := time.Now().Add(patience)
	p := make([]byte, 4096)
	for {
		until := end
		if c.beat > 0 {
			until = time.Now().Add(c.beat)
		}
		c.nc.SetReadDeadline(until)
		n, err := c.nc.Read(p)
		if n > 0 {
			c.in = append(c.in, p[:n]...)
			return nil
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) || !time.Now().Before(end) {
			return err
		}
		c.write(wire.AppendEmptyFrame(nil))
	}
}

func (c *conn) write(b []byte) {
	c.nc.SetWriteDeadline(time.Now().Add(patience))
	c.nc.Write(b)
}

func (c *conn) send(channel uint16, name string, fields peer.Fields) {
	b := peer.FrameOf(channel, peer.Composite(name, fields))
	if c.bug == SendSASLType && name == "begin" {
		b[5] = byte(wire.FrameSASL)
	}
	c.write(b)
}

// next returns the next frame.
func (c *conn) next() (*wire.RawFrame, error) {
	for {
		if len(c.in) >= 4 {
			f, err := c.split()
			if f != nil || err != nil {
				return f, err
			}
		}
		if c.bug == FrameInOneRead && len(c.in) > 0 {
			return nil, violated(framing, "incomplete frame")
		}
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
}

// split takes a complete frame out of the input, nil if there is none yet.
func (c *conn) split() (*wire.RawFrame, error) {
	size := binary.BigEndian.Uint32(c.in)
	if size < wire.FrameHeaderSize {
		if c.bug == SkipBadSize && len(c.in) >= wire.FrameHeaderSize+4 {
			c.in = c.in[wire.FrameHeaderSize:]
			return c.split()
		}
		return nil, c.badSize(size)
	}
	if size > c.cfg.MaxFrameSize && c.bug != AcceptOversize {
		return nil, violated(framing, "size %d exceeds %d", size, c.cfg.MaxFrameSize)
	}
	if uint64(len(c.in)) < uint64(size) {
		return nil, nil
	}
	b := c.in[:size:size]
	c.in = c.in[size:]
	body := 4 * int(b[4])
	switch {
	case body < wire.FrameHeaderSize && c.bug == LowDOFF, c.bug == NoExtendedHeader:
		body = wire.FrameHeaderSize
	case body > len(b) && c.bug == HighDOFF:
		body = len(b)
	case body < wire.FrameHeaderSize || body > len(b):
		return nil, violated(framing, "data offset %d", b[4])
	}
	return &wire.RawFrame{Type: wire.FrameType(b[5]), Channel: binary.BigEndian.Uint16(b[6:]), Body: b[body:]}, nil
}

func (c *conn) badSize(size uint32) error {
	switch c.bug {
	case SkipBadSize:
		return nil
	case CrashOnBadSize:
		c.server.die()
		return errDone
	case HangOnBadSize:
		c.server.hang()
		return errDone
	}
	return violated(framing, "size %d is below that of the header", size)
}
