package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"time"

	"github.com/collider-amqp/collider/container/wire"
)

// Receive takes octets that came from the peer, any number of them. b is not kept. Take the events afterwards.
func (c *Connection) Receive(now time.Time, b []byte) {
	c.tick(now)
	for len(c.input.part) > 0 && len(b) > 0 {
		b = b[c.fillPart(b):]
		part := c.input.part
		c.input.part = part[:copy(part, part[c.consume(part):])]
	}
	if len(b) > 0 {
		n := c.consume(b)
		c.input.part = append(c.input.part, b[n:]...)
	}
	if len(c.input.part) == 0 && cap(c.input.part) > int(c.cfg.MaxFrameSize) {
		c.input.part = nil
	}
	c.settleEnd()
}

// fillPart moves octets from b to the incomplete unit, as many as the next decision needs: first the size, then the
// rest of the frame. It returns how many it took, at least one.
func (c *Connection) fillPart(b []byte) int {
	need := wire.ProtocolHeaderSize
	if part := c.input.part; c.input.phase != phaseHeader && len(part) >= 4 {
		// The size has passed the check of the frame limit, or the frame would have been refused by now.
		need = int(binary.BigEndian.Uint32(part))
	} else if c.input.phase != phaseHeader {
		need = 4
	}
	n := min(max(need-len(c.input.part), 1), len(b))
	c.input.part = append(c.input.part, b[:n]...)
	return n
}

// consume handles the complete units at the start of b and returns their size.
func (c *Connection) consume(b []byte) int {
	total := 0
	for {
		n := c.consumeOne(b[total:])
		if n == 0 {
			return total
		}
		total += n
	}
}

// consumeOne handles the unit at the start of b and returns its size, 0 if it is not complete.
func (c *Connection) consumeOne(b []byte) int {
	if c.over || c.readEnd || c.input.phase == phaseIgnore {
		return len(b)
	}
	if c.input.skip > 0 {
		n := min(c.input.skip, uint64(len(b)))
		c.input.skip -= n
		return int(n)
	}
	if c.input.phase == phaseHeader {
		return c.receiveHeader(b)
	}
	return c.receiveFrame(b)
}

// receiveFrame handles the frame at the start of b.
func (c *Connection) receiveFrame(b []byte) int {
	n, err := c.frame.Decode(b, c.decodeLimits())
	if err != nil {
		return c.refuseFrame(b, n, err)
	}
	if n == 0 {
		return 0
	}
	c.idle.onReceived(c.now)
	if c.input.phase == phaseSASL {
		c.receiveSASL(&c.frame)
		return n
	}
	if c.frame.Type != wire.FrameAMQP {
		// §2.3.1: SASL frames have no place behind the AMQP header.
		c.fail("2.3.1", wire.ConditionConnectionFramingError, "a frame of type %d in the AMQP layer", c.frame.Type)
		return n
	}
	if keepsOctets(&c.frame) {
		// What is kept must not alias the caller's octets.
		if _, err := c.frame.Decode(bytes.Clone(b[:n]), c.decodeLimits()); err != nil {
			panic("engine: a frame decodes only once: " + err.Error())
		}
	}
	c.receivePerformative(&c.frame)
	return n
}

func (c *Connection) decodeLimits() wire.Limits {
	if c.input.phase == phaseSASL {
		return wire.Limits{MaxFrameSize: c.cfg.MaxSASLFrameSize}
	}
	return wire.Limits{MaxFrameSize: c.cfg.MaxFrameSize}
}

// keepsOctets reports whether a frame holds values that the engine keeps and that may alias the input.
func keepsOctets(f *wire.Frame) bool {
	switch f.Code {
	case wire.CodeTransfer:
		return !isPlainState(f.Transfer.State)
	case wire.CodeDisposition:
		return !isPlainState(f.Disposition.State)
	case wire.CodeFlow:
		return f.Flow.Properties != nil
	}
	return f.Code != 0
}

// refuseFrame answers a frame that cannot be decoded: by the end of its session if it has one and the stream is still in
// step, else by the close of the connection. While closing, such frames are discarded like all others (§2.4.6). It
// returns how many octets of b are done with.
func (c *Connection) refuseFrame(b []byte, n int, err error) int {
	var e *wire.DecodeError
	if !errors.As(err, &e) {
		panic("engine: not a decode error: " + err.Error())
	}
	if c.input.phase == phaseSASL {
		// The SASL layer has no way to report it; an empty frame is such an error too (§5.3.1).
		c.failSASL(0, "a malformed frame", err)
		return len(b)
	}
	if n > 0 {
		c.idle.onReceived(c.now)
		if s := c.sessionOfFault(e); s != nil {
			s.fail("2.5.4", e.Condition, "%s in %s", e.Reason, frameName(e)) // discarded if the session is ending
			return n
		}
	}
	section := "2.3.2"
	if e.Condition == wire.ConditionConnectionFramingError {
		section = "2.3.1"
	}
	c.fail(section, e.Condition, "%s in %s", e.Reason, frameName(e))
	if n > 0 {
		return n
	}
	size := binary.BigEndian.Uint32(b)
	if size < wire.FrameHeaderSize {
		// Where the next frame begins cannot be told, so the peer's close will not be found.
		c.input.phase = phaseIgnore
		c.blind = true
		return len(b)
	}
	c.input.skip = uint64(size) - 4
	return 4
}

// sessionOfFault returns the session whose frame could not be decoded, nil if the fault concerns the connection: a frame
// that is not well-formed, or not known, or that opens or ends something larger than a link.
func (c *Connection) sessionOfFault(e *wire.DecodeError) *Session {
	f := &c.frame
	if c.discarding || f.Type != wire.FrameAMQP || e.Condition == wire.ConditionConnectionFramingError {
		return nil
	}
	switch f.Code {
	case wire.CodeAttach, wire.CodeFlow, wire.CodeTransfer, wire.CodeDisposition, wire.CodeDetach:
		return at(c.remoteChannels, int(f.Channel))
	}
	return nil
}

func frameName(e *wire.DecodeError) string {
	name := e.Type
	if name == "" {
		name = "frame"
	}
	if e.Field != "" {
		name += "." + e.Field
	}
	return name
}

// receivePerformative handles a frame of the AMQP layer.
func (c *Connection) receivePerformative(f *wire.Frame) {
	switch {
	case f.Code == wire.CodeClose:
		c.onClose(&f.Close)
	case c.discarding || f.Code == 0:
		// §2.4.6, §2.4.5: discarded frames and empty frames have no effect beyond the idle time-out.
	case f.Code == wire.CodeOpen:
		c.onOpen(f.Channel, &f.Open)
	case c.remote == Uninitialized:
		c.fail("2.4.1", wire.ConditionNotAllowed, "%v before open", f.Code)
	case f.Code == wire.CodeBegin:
		c.onBegin(f.Channel, &f.Begin)
	default:
		c.receiveOnSession(f)
	}
}

// onOpen handles the peer's open (§2.4.1, §2.7.1).
func (c *Connection) onOpen(channel uint16, o *wire.Open) {
	switch {
	case c.remote != Uninitialized:
		c.fail("2.4.1", wire.ConditionIllegalState, "a second open")
		return
	case channel != 0:
		c.fail("2.4.1", wire.ConditionConnectionFramingError, "open on channel %d", channel)
		return
	case o.MaxFrameSize < minMaxFrameSize:
		c.fail("2.7.1", wire.ConditionInvalidField, "max-frame-size %d is less than 512", o.MaxFrameSize)
		return
	}
	idle := time.Duration(o.IdleTimeOut.V) * time.Millisecond
	if idle > 0 && idle < minRemoteIdleTimeOut {
		c.fail("2.4.5", wire.ConditionNotAllowed, "an idle-time-out of %v is too short", idle)
		return
	}
	open := *o
	c.remoteOpen = &open
	c.remote = Active
	c.idle.remote = idle
	c.push(Event{Type: ConnectionRemoteOpen})
}

// onClose handles the peer's close, which may come on any channel (§2.4.3). Nothing may follow it.
func (c *Connection) onClose(cl *wire.Close) {
	if c.remote == Uninitialized {
		// The peer gives up before its open. Its error is reported; the answer says what it should have done.
		c.fail("2.4.1", wire.ConditionNotAllowed, "close before open")
	}
	c.remote = Closed
	c.remoteErr = cl.Error
	c.readEnd = true
	c.dropSends()
	c.push(Event{Type: ConnectionRemoteClose})
}

// receiveOnSession handles a frame that belongs to a session.
func (c *Connection) receiveOnSession(f *wire.Frame) {
	s := at(c.remoteChannels, int(f.Channel))
	if s == nil {
		c.fail("2.5.1", wire.ConditionNotAllowed, "%v on channel %d, which has no session", f.Code, f.Channel)
		return
	}
	if f.Code == wire.CodeEnd {
		s.onEnd(&f.End)
		return
	}
	if s.discarding {
		return // §2.5.4
	}
	switch f.Code {
	case wire.CodeAttach:
		s.onAttach(&f.Attach)
	case wire.CodeFlow:
		s.onFlow(&f.Flow)
	case wire.CodeTransfer:
		s.onTransfer(&f.Transfer, f.Payload)
	case wire.CodeDisposition:
		s.onDisposition(&f.Disposition)
	case wire.CodeDetach:
		s.onDetach(&f.Detach)
	}
}

// ReceiveEOF says that the peer has ended its half of the transport in good order. Output may still be written if the
// peer's close has come (§2.4.6), or if it is the last; otherwise it is as TransportClosed(now, nil).
func (c *Connection) ReceiveEOF(now time.Time) {
	c.tick(now)
	if c.remote != Closed && !c.writeEnd {
		c.TransportClosed(now, nil)
		return
	}
	c.readEnd = true
	c.settleEnd()
}

// TransportClosed says that the transport is gone, both halves: nothing can be read or written any more. err is the
// reason, nil for a clean end.
func (c *Connection) TransportClosed(now time.Time, err error) {
	c.tick(now)
	if c.over {
		return
	}
	if c.err == nil && (c.remote != Closed || err != nil && !c.closeSent) {
		c.err = &DisconnectError{Err: err}
	}
	c.finish()
}

// at returns s[i], or nil if there is none.
func at[T any](s []*T, i int) *T {
	if i < len(s) {
		return s[i]
	}
	return nil
}

// put sets (*s)[i], extending the slice.
func put[T any](s *[]*T, i int, v *T) {
	for len(*s) <= i {
		*s = append(*s, nil)
	}
	(*s)[i] = v
}

// lowestFree returns the lowest index of s that holds nil, len(s) if none does. §2.5.1, §2.6.2: the lowest unused
// channel and handle should be assigned.
func lowestFree[T any](s []*T) int {
	for i, v := range s {
		if v == nil {
			return i
		}
	}
	return len(s)
}
