package reference

import (
	"fmt"
	"math"
	"os"
	"time"

	"github.com/collider-amqp/collider/conformance/peer"
	"github.com/collider-amqp/collider/container/wire"
	"github.com/collider-amqp/collider/container/wire/spec"
)

// frames treats frames until the connection ends.
func (c *conn) frames() error {
	for {
		f, err := c.next()
		if err != nil {
			return err
		}
		if err := c.frame(f); err != nil {
			return err
		}
	}
}

// frame treats one frame: first its type and channel, then its body, then the state (§2.3, §2.4.6).
func (c *conn) frame(f *wire.RawFrame) error {
	if f.Type == wire.FrameSASL && c.bug == IgnoreSASL {
		return nil
	}
	if f.Type != wire.FrameAMQP && c.bug != AnyFrameType {
		return violated(framing, "frame type %d", f.Type)
	}
	if len(f.Body) == 0 {
		return c.empty(f.Channel)
	}
	var body wire.RawBody
	if err := body.Decode(f.Body, wire.Limits{}); err != nil {
		if c.bug == IgnoreBadBody {
			return nil
		}
		return violated(wire.ConditionDecodeError, "%v", err)
	}
	t := spec.ByCode(uint64(body.Code()))
	if t == nil || !t.Is("frame") {
		if c.bug == IgnoreUnknown || c.bug == IgnoreBadBody {
			return nil
		}
		return violated(wire.ConditionNotImplemented, "no performative")
	}
	if err := c.encoding(f.Body, &body); err != nil {
		return err
	}
	if err := c.fields(t, body.Fields()); err != nil {
		return err
	}
	if err := c.channel(t.Name, f.Channel); err != nil {
		return err
	}
	return c.performative(f, t.Name, body.Fields())
}

// encoding refuses the encodings that a bug does not know.
func (c *conn) encoding(b []byte, body *wire.RawBody) error {
	_, symbolic := body.Descriptor.(wire.Symbol)
	list := 3
	if b[1] == wire.FormatUlong {
		list = 10
	}
	switch {
	case c.bug == NoSymbolicDescriptors && symbolic,
		c.bug == NoUlongDescriptor && b[1] == wire.FormatUlong,
		c.bug == NoList32 && !symbolic && b[list] == wire.FormatList32:
		return violated(wire.ConditionDecodeError, "encoding")
	}
	return nil
}

// fields checks mandatory fields (§1.4).
func (c *conn) fields(t *spec.Type, fields wire.List) error {
	for i, f := range t.Fields {
		var v any
		if i < len(fields) {
			v = fields[i]
		}
		if _, bare := v.(wire.Symbol); bare && f.Multiple && c.bug == NoBareMultiple {
			return violated(wire.ConditionDecodeError, "%s is no array", f.Name)
		}
		if f.Mandatory && v == nil && !(f.Name == "container-id" && c.bug == NullContainerID) {
			return violated(wire.ConditionInvalidField, "%s.%s is absent", t.Name, f.Name)
		}
	}
	return nil
}

// channel checks the channel number (§2.4.1, §2.7.1).
func (c *conn) channel(name string, channel uint16) error {
	limit := c.cfg.ChannelMax
	if !c.opened || name == "open" {
		limit = 0
	}
	switch {
	case channel <= limit || c.bug == AnyChannel:
	case name == "open" && c.bug == OpenOnAnyChannel:
	default:
		return violated(framing, "channel %d exceeds %d", channel, limit)
	}
	if name == "close" && channel != 0 && c.bug == CloseOnlyOnZero {
		return violated(framing, "close on channel %d", channel)
	}
	return nil
}

func (c *conn) empty(channel uint16) error {
	switch {
	case c.bug == RefuseEmpty, c.bug == EmptyOnlyOnZero && channel != 0:
		return violated(wire.ConditionDecodeError, "empty frame on channel %d", channel)
	case c.bug == CrashOnEarlyEmpty && !c.opened:
		c.server.die()
		return errDone
	}
	return nil
}

func (c *conn) performative(f *wire.RawFrame, name string, fields wire.List) error {
	if !c.opened && name != "open" && !(name == "begin" && c.bug == BeginBeforeOpen) {
		return violated(wire.ConditionNotAllowed, "%s before open", name)
	}
	switch name {
	case "open":
		return c.open(f, fields)
	case "begin":
		return c.begin(f.Channel)
	case "attach":
		return c.attach(f.Channel, fields)
	case "detach":
		c.send(f.Channel, "detach", peer.Fields{"handle": fields[0], "closed": true})
	case "end":
		delete(c.sessions, f.Channel)
		c.send(f.Channel, "end", nil)
	case "close":
		return c.close(fields)
	}
	return nil
}

func (c *conn) open(f *wire.RawFrame, fields wire.List) error {
	if c.opened {
		switch c.bug {
		case SecondOpen:
			c.sendOpen()
			return nil
		case IgnoreSecondOpen:
			return nil
		}
		return violated(wire.ConditionIllegalState, "second open")
	}
	if c.bug == SmallOpen && len(f.Body) > 500-wire.FrameHeaderSize {
		return violated(wire.ConditionResourceLimitExceeded, "open is too long")
	}
	c.opened = true
	if !c.sentOpen {
		c.sendOpen()
	}
	if c.bug == GarbageAfterOpen {
		c.write([]byte{0, 0, 0, 3, 2, 0, 0, 0})
	}
	if err := c.maxFrameSize(fields); err != nil {
		return err
	}
	if len(fields) > 6 && fields[6] != nil && c.bug == RefuseLocales {
		return violated(wire.ConditionNotImplemented, "locale")
	}
	return c.idle(fields)
}

func (c *conn) maxFrameSize(fields wire.List) error {
	c.remoteMax = math.MaxUint32
	if len(fields) <= 2 {
		return nil
	}
	size, ok := fields[2].(uint32)
	switch {
	case !ok && c.bug == NullMaxFrameSize:
		return violated(wire.ConditionInvalidField, "max-frame-size is null")
	case !ok:
		return nil
	case size < wire.MinMaxFrameSize && c.bug == CrashOnSmallMaxFrame:
		c.server.die()
		return errDone
	case size < wire.MinMaxFrameSize:
		return violated(wire.ConditionInvalidField, "max-frame-size %d", size)
	}
	c.remoteMax = size
	return nil
}

// idle arms the heartbeat: half the partner's time-out leaves room for delays.
func (c *conn) idle(fields wire.List) error {
	if len(fields) <= 4 {
		return nil
	}
	millis, ok := fields[4].(uint32)
	switch {
	case !ok:
	case millis == 0 && c.bug == ZeroIdle, millis > math.MaxInt32 && c.bug == IdleOverflow:
		return violated(wire.ConditionResourceLimitExceeded, "the idle time-out has passed")
	case millis > 0 && millis < 1000 && c.bug == RefuseIdle:
		return violated(wire.ConditionNotAllowed, "the idle time-out is too small")
	case millis > 0 && c.bug == LateHeartbeats:
		c.beat = time.Duration(millis) * time.Millisecond * 3 / 2
	case millis > 0 && c.bug != NoHeartbeats:
		c.beat = time.Duration(millis) * time.Millisecond / 2
	}
	return nil
}

func (c *conn) sendOpen() {
	c.sentOpen = true
	id := "reference"
	if c.bug == ChangingContainerID {
		id = fmt.Sprintf("reference-%d", c.number)
	}
	c.send(0, "open", peer.Fields{
		"container-id": id, "max-frame-size": c.cfg.MaxFrameSize, "channel-max": c.cfg.ChannelMax,
	})
}

func (c *conn) begin(channel uint16) error {
	if c.sessions[channel] {
		return violated(wire.ConditionNotAllowed, "channel %d has a session", channel)
	}
	c.sessions[channel] = true
	remote := channel
	if c.bug == WrongRemoteChannel {
		remote = 0
	}
	c.send(channel, "begin", peer.BeginFields(peer.Fields{"remote-channel": remote}))
	return nil
}

// attach mirrors the link (§2.6.3). An answer that exceeds the partner's max-frame-size cannot be given.
func (c *conn) attach(channel uint16, fields wire.List) error {
	if !c.sessions[channel] {
		return violated(wire.ConditionNotAllowed, "no session on channel %d", channel)
	}
	role, _ := fields[2].(bool)
	answer := peer.Fields{"name": fields[0], "handle": fields[1], "role": !role}
	for i, name := range []string{5: "source", 6: "target"} {
		if name != "" && i < len(fields) {
			answer[name] = fields[i]
		}
	}
	if role {
		answer["initial-delivery-count"] = uint32(0)
	}
	size := len(peer.FrameOf(channel, peer.Composite("attach", answer)))
	if uint64(size) > uint64(c.remoteMax) && c.bug != IgnoreMaxFrameSize {
		if c.bug == DropLongAttach {
			return nil
		}
		return violated(wire.ConditionFrameSizeTooSmall, "the answer takes %d octets", size)
	}
	c.send(channel, "attach", answer)
	return nil
}

// close answers close (§2.4.3).
func (c *conn) close(fields wire.List) error {
	withError := len(fields) > 0 && fields[0] != nil
	switch {
	case c.bug == NoCloseAnswer, c.bug == NoErrorCloseAnswer && withError:
		return errDone
	case c.bug == CloseNeedsEnd && len(c.sessions) > 0:
		return violated(wire.ConditionIllegalState, "sessions are open")
	case c.bug == DropOnHalfClose && c.halfClosed():
		return errDone
	}
	c.sendClose(nil)
	c.linger()
	return errDone
}

// halfClosed reports whether the partner's FIN comes along with what was received.
func (c *conn) halfClosed() bool {
	c.nc.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	_, err := c.nc.Read(make([]byte, 1))
	return err != nil && !os.IsTimeout(err)
}

func (c *conn) sendClose(fields peer.Fields) {
	if c.sentClose {
		return
	}
	c.sentClose = true
	channel := uint16(0)
	if c.bug == CloseOnOne {
		channel = 1
	}
	c.send(channel, "close", fields)
	if c.bug == FlowAfterClose {
		c.write(wire.AppendEmptyFrame(nil))
	}
}
