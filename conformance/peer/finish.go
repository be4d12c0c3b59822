package peer

import (
	"strconv"
	"time"

	"github.com/collider-amqp/collider/container/wire"
)

// Closing tells how a connection ended: it is judged apart from what a case is about.
type Closing struct {
	// Close tells whether the partner sent close (§2.4.3).
	Close bool
	// Condition is the condition of that close, empty for none.
	Condition wire.Symbol
	// Asked tells that the peer sent its close first.
	Asked bool
	// After counts the frames that came after the partner's close.
	After int
	// Socket is KindFIN or KindReset for how the partner ended the stream, KindTimeout if it did not in time.
	Socket Kind
}

// String returns the closing in a few words, such as "close (amqp:connection:framing-error), FIN".
func (c Closing) String() string {
	s := "no close"
	if c.Close {
		s = "close"
		if c.Condition != "" {
			s += " (" + string(c.Condition) + ")"
		}
	}
	if c.After > 0 {
		s += ", " + strconv.Itoa(c.After) + " frames after it"
	}
	switch c.Socket {
	case KindFIN:
		return s + ", FIN"
	case KindReset:
		return s + ", RST"
	}
	return s + ", socket left open"
}

// Clean reports whether the partner sent close as its last frame and ended the stream with FIN.
func (c Closing) Clean() bool { return c.Close && c.After == 0 && c.Socket == KindFIN }

// Finish ends the connection as well as its state allows (it sends close if that makes sense and has not been done,
// then closes the outgoing stream), waits up to the timeout for the partner to do the same, and closes the socket. It
// waits a quarter of that for a partner that was silent already.
func (c *Conn) Finish() Closing {
	wait := c.opts.Timeout
	if c.silent {
		wait /= 4
	}
	deadline := time.Now().Add(wait)
	var closing Closing
	if c.remote.Close == nil {
		closing.Asked = true
		if c.out.open && !c.out.close && !c.out.broken && !c.out.ended {
			c.SendPerformative(0, "close", nil)
		}
		if c.out.close && !c.broken {
			c.until(deadline, func(ev Event) bool { return ev.Is("close") })
		}
	} else if !c.out.close && !c.out.broken && !c.out.ended {
		c.SendPerformative(0, "close", nil)
	}
	c.CloseWrite()
	c.until(deadline, func(Event) bool { return false })
	c.nc.Close()
	return c.closing(closing)
}

func (c *Conn) closing(closing Closing) Closing {
	closing.Socket = c.end.Kind
	if f := c.remote.Close; f != nil {
		closing.Close = true
		closing.Condition, _ = f.Condition()
	}
	after := false
	for _, ev := range c.trace {
		if after && ev.Kind == KindFrame {
			closing.After++
		}
		after = after || ev.Is("close")
	}
	return closing
}
