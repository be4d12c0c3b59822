package engine

import "github.com/collider-amqp/collider/container/wire"

// output holds the octets that wait to be written, in one buffer that is used over and over.
type output struct {
	buf []byte
	off int // buf[off:] is pending
}

func (o *output) pending() int  { return len(o.buf) - o.off }
func (o *output) bytes() []byte { return o.buf[o.off:] }

// wrote drops n octets from the front. keep is the capacity that an empty buffer may retain.
func (o *output) wrote(n, keep int) {
	if n < 0 || n > o.pending() {
		panic("engine: Wrote of more octets than Output returned")
	}
	o.off += n
	switch {
	case o.off == len(o.buf):
		o.drop(keep)
	case o.off > len(o.buf)/2 && o.off > keep:
		o.buf = o.buf[:copy(o.buf, o.buf[o.off:])]
		o.off = 0
	}
}

// drop empties the buffer.
func (o *output) drop(keep int) {
	o.off = 0
	o.buf = o.buf[:0]
	if cap(o.buf) > keep {
		o.buf = nil
	}
}

// Output returns the octets to be written to the transport, in order; empty if there are none. They are valid until
// the next call of any other method.
func (c *Connection) Output() []byte {
	c.flush()
	return c.out.bytes()
}

// Pending returns len(Output()).
func (c *Connection) Pending() int {
	c.flush()
	return c.out.pending()
}

// Wrote says that the first n octets of Output have been written.
func (c *Connection) Wrote(n int) {
	if c.over {
		return // the output was dropped
	}
	c.out.wrote(n, 4*c.cfg.OutputHighWater)
	c.settleEnd()
}

// roomy reports whether deliveries, dispositions and flows may be framed into the output.
func (c *Connection) roomy() bool { return c.out.pending() < c.cfg.OutputHighWater }

// frameLimit is the largest frame that may be sent: 512 octets until the peer's open is known (§2.4.1), then its
// max-frame-size (§2.7.1).
func (c *Connection) frameLimit() int {
	if c.remoteOpen == nil {
		return minMaxFrameSize
	}
	return int(min(c.remoteOpen.MaxFrameSize, 1<<31-1))
}

// emit appends a frame and reports whether it fits the limit. If it does not, nothing is appended: a peer must never
// be sent a frame larger than its max-frame-size (§2.7.1).
func (c *Connection) emit(channel uint16, p wire.Performative) bool {
	start := len(c.out.buf)
	c.out.buf = wire.AppendFrame(c.out.buf, wire.FrameAMQP, channel, p, nil)
	if len(c.out.buf)-start > c.frameLimit() {
		c.out.buf = c.out.buf[:start]
		return false
	}
	c.idle.onSent(c.now)
	return true
}

// emitWithError appends a frame that carries *e, cutting the error down as far as the frame limit demands (§2.8.14):
// first its info goes, then the end of its description.
func (c *Connection) emitWithError(channel uint16, p wire.Performative, e **wire.Error) {
	if c.emit(channel, p) {
		return
	}
	whole := *e
	short := wire.Error{Condition: whole.Condition, Description: whole.Description}
	*e = &short
	defer func() { *e = whole }()
	for {
		if c.emit(channel, p) {
			return
		}
		if short.Description == "" {
			panic("engine: an error condition exceeds the frame limit")
		}
		short.Description = cutText(short.Description, len(short.Description)/2)
	}
}

// cutText returns at most n octets of s, and whole characters of UTF-8 only.
func cutText(s string, n int) string {
	if n >= len(s) {
		return s
	}
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}

// transferLimit is the largest transfer frame that is sent: no larger than the high-water mark, so that a peer that takes
// huge frames does not make the output huge.
func (c *Connection) transferLimit() int {
	return min(c.frameLimit(), max(c.cfg.OutputHighWater, minMaxFrameSize))
}

// emitTransfer appends a transfer frame with as much of payload as fits, and returns how much that is. It sets t.More
// if payload does not fit. ok is false if not even the performative leaves room for payload; then nothing is appended.
func (c *Connection) emitTransfer(channel uint16, t *wire.Transfer, payload []byte) (n int, ok bool) {
	start := len(c.out.buf)
	buf := append(c.out.buf, 0, 0, 0, 0, wire.FrameHeaderSize/4, byte(wire.FrameAMQP), byte(channel>>8), byte(channel))
	buf = t.Append(buf)
	limit := c.transferLimit()
	room := limit - (len(buf) - start)
	if len(payload) > room && !t.More {
		t.More = true
		buf = t.Append(buf[:start+wire.FrameHeaderSize])
		room = limit - (len(buf) - start)
	}
	if room < 0 || room == 0 && len(payload) > 0 {
		c.out.buf = buf[:start]
		return 0, false
	}
	n = min(room, len(payload))
	buf = append(buf, payload[:n]...)
	size := len(buf) - start
	buf[start], buf[start+1], buf[start+2], buf[start+3] = byte(size>>24), byte(size>>16), byte(size>>8), byte(size)
	c.out.buf = buf
	c.idle.onSent(c.now)
	return n, true
}
