package peer

import (
	"errors"
	"syscall"
	"time"

	"github.com/collider-amqp/collider/container/wire"
)

// outgoing is what the model keeps of what the peer sent.
type outgoing struct {
	maxFrame    uint32 // the max-frame-size of the peer's open
	open, close bool
	broken      bool            // octets were sent after which the partner cannot tell where a frame begins
	channels    map[uint16]bool // the channels that a begin was sent on; false after end
	ended       bool            // the outgoing stream is closed
	fences      uint32          // throw-away links so far
}

// Send sends octets as they are. That the partner no longer takes them is no error: what it did shows in the events.
func (c *Conn) Send(octets ...byte) { c.send(octets, len(octets)) }

// segmentGap is the pause between two segments. It is no wait for anything: without it, the system would put them
// into one.
const segmentGap = time.Millisecond

// SendSegments sends octets in writes of at most size octets each, a moment apart, so that the partner sees them in as
// many pieces.
func (c *Conn) SendSegments(size int, octets []byte) {
	c.Note("the next octets are sent in segments of %d", size)
	c.send(octets, size)
}

// SendHeader sends a protocol header.
func (c *Conn) SendHeader(h wire.ProtocolHeader) { c.Send(h.Append(nil)...) }

// SendFrame sends a frame as it is.
func (c *Conn) SendFrame(f wire.RawFrame) { c.Send(f.Append(nil)...) }

// SendEmpty sends an empty frame (§2.4.5).
func (c *Conn) SendEmpty(channel uint16) { c.SendFrame(wire.RawFrame{Channel: channel}) }

// SendPerformative sends the named performative, built by [Composite], in an AMQP frame.
func (c *Conn) SendPerformative(channel uint16, name string, fields Fields) {
	c.Send(FrameOf(channel, Composite(name, fields))...)
}

// FrameOf returns the octets of an AMQP frame with the composite as its body.
func FrameOf(channel uint16, r *wire.RawComposite) []byte {
	f := wire.RawFrame{Channel: channel, Body: r.Append(nil)}
	return f.Append(nil)
}

// CloseWrite closes the outgoing stream (a TCP half-close). A connection that cannot do that is left as it is.
func (c *Conn) CloseWrite() {
	if c.out.ended {
		return
	}
	c.out.ended = true
	if half, ok := c.nc.(interface{ CloseWrite() error }); ok {
		c.Note("the outgoing stream is closed (FIN)")
		half.CloseWrite()
	}
}

func (c *Conn) send(octets []byte, segment int) {
	if len(octets) == 0 {
		return
	}
	c.opts.Log.octetsOut(c.id, octets)
	c.out.sent(octets)
	c.nc.SetWriteDeadline(c.deadline())
	for len(octets) > 0 {
		n := min(segment, len(octets))
		if _, err := c.nc.Write(octets[:n]); err != nil {
			c.Note("the octets were not taken: %v", err)
			if errors.Is(err, syscall.ECONNRESET) {
				c.resetErr = err
			}
			return
		}
		if octets = octets[n:]; len(octets) > 0 {
			time.Sleep(segmentGap)
		}
	}
}

// sent keeps what the model needs: which performatives went out, and whether the stream can still be followed.
func (o *outgoing) sent(octets []byte) {
	if o.broken {
		return
	}
	for _, p := range split(octets) {
		if !p.frame {
			o.broken = o.broken || len(p.b) != wire.ProtocolHeaderSize
			continue
		}
		switch f := newFrame(p.b, p.raw); f.Name {
		case "open":
			size, _ := f.Uint("max-frame-size")
			o.open, o.maxFrame = true, uint32(size)
		case "begin":
			o.channels[p.raw.Channel] = true
		case "end":
			o.channels[p.raw.Channel] = false
		case "close":
			o.close = true
		}
	}
}

// session returns the lowest channel with a session.
func (o *outgoing) session() (channel uint16, ok bool) {
	lowest := -1
	for ch, open := range o.channels {
		if open && (lowest < 0 || int(ch) < lowest) {
			lowest = int(ch)
		}
	}
	return uint16(lowest), lowest >= 0
}
