package engine

import (
	"time"

	"github.com/collider-amqp/collider/container/wire"
)

// minRemoteIdleTimeOut is the shortest idle-time-out of a peer that is honoured; a shorter one would make an idle
// connection a busy one. §2.4.5: a peer that cannot support a proposed value should close and say why.
const minRemoteIdleTimeOut = 10 * time.Millisecond

// idleState keeps the times that idle time-outs and the other deadlines count from (§2.4.5).
type idleState struct {
	received time.Time     // when the last frame came
	sent     time.Time     // when the last frame was framed
	remote   time.Duration // the peer's idle-time-out; zero is none
	opening  time.Time     // when the first input came; zero before
	closing  time.Time     // when the end began; zero before
}

func (i *idleState) onReceived(now time.Time) { i.received = now }
func (i *idleState) onSent(now time.Time)     { i.sent = now }

// tick takes note of the time, which never runs backwards inside the engine.
func (c *Connection) tick(now time.Time) {
	if now.After(c.now) {
		c.now = now
	}
	if c.idle.opening.IsZero() {
		c.idle.opening = c.now
		c.idle.received, c.idle.sent = c.now, c.now
		c.idle.closing = c.now
	}
}

// beginEnd starts the clock of CloseTimeOut, unless it runs.
func (c *Connection) beginEnd() {
	if !c.ending() {
		c.idle.closing = c.now
	}
}

// ending reports whether the connection is on its way to its end by the local side.
func (c *Connection) ending() bool { return c.local == Closed || c.writeEnd }

// openDeadline is when the peer's open must have come.
func (c *Connection) openDeadline() time.Time {
	if c.cfg.OpenTimeOut == 0 || c.ending() || c.remote != Uninitialized || c.idle.opening.IsZero() {
		return time.Time{}
	}
	return c.idle.opening.Add(c.cfg.OpenTimeOut)
}

// closeDeadline is when the peer's part in the end must have come (§2.4.3).
func (c *Connection) closeDeadline() time.Time {
	if c.cfg.CloseTimeOut == 0 || !c.ending() || c.idle.opening.IsZero() {
		return time.Time{}
	}
	return c.idle.closing.Add(c.cfg.CloseTimeOut)
}

// silenceDeadline is when the peer has been silent for longer than was announced to it (§2.4.5).
func (c *Connection) silenceDeadline() time.Time {
	if c.cfg.IdleTimeOut == 0 || !c.openSent || c.remote != Active || c.ending() {
		return time.Time{}
	}
	return c.idle.received.Add(c.cfg.IdleTimeOut)
}

// heartbeatDeadline is when a frame must be sent lest the peer find this side silent: after half of what the peer
// announced, so that the frame may take as long again to arrive (§2.4.5).
func (c *Connection) heartbeatDeadline() time.Time {
	if c.idle.remote == 0 || !c.openSent || c.closeSent {
		return time.Time{}
	}
	return c.idle.sent.Add(c.idle.remote / 2)
}

// Deadline returns when Advance must be called at the latest; the zero Time if there is no need.
func (c *Connection) Deadline() time.Time {
	c.flush()
	if c.over {
		return time.Time{}
	}
	var first time.Time
	for _, t := range [...]time.Time{
		c.openDeadline(), c.closeDeadline(), c.silenceDeadline(), c.heartbeatDeadline(),
	} {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// Advance says what time it is: it sends due heartbeats and acts on what has timed out.
func (c *Connection) Advance(now time.Time) {
	c.tick(now)
	if c.over {
		return
	}
	c.flush()
	switch {
	case c.due(c.closeDeadline()):
		c.giveUp()
	case c.due(c.openDeadline()):
		c.failOpening()
	case c.due(c.silenceDeadline()):
		c.failSilence()
	case c.due(c.heartbeatDeadline()):
		c.heartbeat()
	}
	c.settleEnd()
}

func (c *Connection) due(t time.Time) bool { return !t.IsZero() && !c.now.Before(t) }

// heartbeat sends an empty frame (§2.4.5). Output that the transport has not taken yet makes it superfluous.
func (c *Connection) heartbeat() {
	if c.out.pending() == 0 {
		c.out.buf = wire.AppendEmptyFrame(c.out.buf)
	}
	c.idle.onSent(c.now)
}

// giveUp ends the connection without the peer's part in the end. If the own close still waits for deliveries that the
// peer has given credit but no window for, it is sent now, and the peer has as long again to answer it.
func (c *Connection) giveUp() {
	if c.openSent && !c.closeSent && !c.discarding && c.remote != Closed {
		c.discarding = true
		c.idle.closing = c.now
		c.flush()
		return
	}
	if c.err == nil {
		c.err = &TimeoutError{Waiting: "close", After: c.cfg.CloseTimeOut}
	}
	c.finish()
}

// failOpening ends a connection whose peer does not open it.
func (c *Connection) failOpening() {
	c.failTimeout(&TimeoutError{Waiting: "open", After: c.cfg.OpenTimeOut}, "2.4.1")
}

// failSilence closes the connection on a peer that was silent for too long: it should be closed "with an error
// explaining why" (§2.4.5).
func (c *Connection) failSilence() {
	c.failTimeout(&TimeoutError{Waiting: "frame", After: c.cfg.IdleTimeOut}, "2.4.5")
}

// failTimeout closes the connection, if it is open, and waits for no answer.
func (c *Connection) failTimeout(e *TimeoutError, section string) {
	if !c.openSent {
		c.abandon(e)
		c.readEnd = true
		return
	}
	c.fail(section, wire.ConditionResourceLimitExceeded, "no %s from the peer for %v", e.Waiting, e.After)
	c.err = e
	c.readEnd, c.blind = true, true
	c.flush()
}
