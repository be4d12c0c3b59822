package conformance

import (
	"fmt"
	"math"
	"time"

	"github.com/collider-amqp/collider/conformance/peer"
)

var clause2_4_5 = clause("2.4.5", "Idle time-out",
	rule("2.4.5-idle-1", Must,
		"A peer sends a frame before the idle time-out of its partner passes, or closes the connection with an error if it cannot support that time-out.",
		Case{
			Role: Server, Title: "with an idle-time-out of 200 ms, a frame comes in each of five periods",
			Run: heartbeats,
		}),
	rule("2.4.5-idle-4", Must,
		"An idle-time-out of 0 is the same as none.",
		Case{
			Role: Server, Title: "open with idle-time-out 0 opens a usable connection",
			Run: idleAccepted(0),
		}),
	rule("2.4.5-idle-7", Must,
		"Empty frames are accepted on any valid channel.",
		Case{Role: Server, Variant: "channel-0", Title: "empty frames on channel 0 are ignored", Run: emptyIgnored(0)},
		Case{
			Role: Server, Variant: "channel-1", Title: "empty frames on channel 1 are ignored",
			Need: []Need{NeedTwoChannels}, Run: emptyIgnored(1),
		}),
	rule("2.4.5-idle-10", Must,
		"No empty frame comes before open or after close.",
		Case{
			Role: Server, Title: "on no connection of any case, an empty frame comes before open or after close",
			Run: conversation, Watch: emptyInside,
		}),
	rule("2.4.5-idle-11", Derived,
		"Empty frames can only be sent after open; what a peer does with an earlier one is left open.",
		Case{
			Role: Server, Title: "an empty frame before open is tolerated or refused",
			Run: emptyBeforeOpen,
		}),
	rule("2.4.5-idle-13", Robust,
		"A very large idle time-out does not overflow into a small one.",
		Case{
			Role: Server, Title: "open with idle-time-out 4294967295 opens a usable connection",
			Run: idleAccepted(math.MaxUint32),
		}),
)

const (
	idlePeriod  = 200 * time.Millisecond
	idlePeriods = 5
	// idleSlack is how much later than the period a frame may be seen: that may be this machine's delay.
	idleSlack = idlePeriod / 4
)

// heartbeats measures the gaps between the target's frames. Up to twice the period they accuse nobody: a peer's real
// threshold is to be twice what it asks for.
func heartbeats(r *Run) Verdict {
	p := r.Headers()
	_, err := p.Open(peer.Fields{"idle-time-out": uint32(idlePeriod.Milliseconds())})
	r.need(err)
	start := lastAt(p)
	var worst time.Duration
	for at := start; at-start < idlePeriods*idlePeriod; {
		ev := p.NextAny(2 * idlePeriod)
		switch {
		case ev.Is("close"):
			condition, text := ev.Frame.Condition()
			return info("refused", "the target does not support an idle-time-out of %v: %s %q", idlePeriod, orNone(condition), text)
		case ev.End():
			return nonStrict("want frames, or close with an error; got %s", ev)
		case ev.Kind == peer.KindTimeout:
			return failed("no frame came within %v of an idle-time-out of %v", 2*idlePeriod, idlePeriod)
		}
		worst, at = max(worst, ev.At-at), ev.At
		p.SendEmpty(0)
	}
	if worst > idlePeriod+idleSlack {
		return nonStrict("the longest gap between two frames was %v", worst)
	}
	return pass()
}

func lastAt(p *peer.Conn) time.Duration {
	trace := p.Trace()
	return trace[len(trace)-1].At
}

func idleAccepted(millis uint32) func(*Run) Verdict {
	return func(r *Run) Verdict {
		p := r.Headers()
		p.SendPerformative(0, "open", peer.OpenFields(peer.Fields{"idle-time-out": millis}))
		v := accepted(p, "open")
		if n := empties(p); v.Outcome == OK && n > 2 {
			return failed("%d empty frames came at once", n)
		}
		return v
	}
}

// empties counts the empty frames that came.
func empties(p *peer.Conn) (n int) {
	for _, ev := range p.Trace() {
		if ev.Kind == peer.KindFrame && ev.Frame.Empty() {
			n++
		}
	}
	return n
}

func emptyIgnored(channel uint16) func(*Run) Verdict {
	return func(r *Run) Verdict {
		p := r.Opened(nil)
		p.SendEmpty(channel)
		p.SendEmpty(channel)
		return accepted(p)
	}
}

func emptyInside(c *peer.Conn) string {
	opened, closed := false, false
	for _, ev := range c.Trace() {
		if ev.Kind != peer.KindFrame {
			continue
		}
		if f := ev.Frame; f.Empty() && (!opened || closed) {
			return fmt.Sprintf("an empty frame on channel %d, open sent: %t, close sent: %t", f.Raw.Channel, opened, closed)
		}
		opened = opened || ev.Is("open")
		closed = closed || ev.Is("close")
	}
	return ""
}

func emptyBeforeOpen(r *Run) Verdict {
	p := r.Headers()
	p.SendEmpty(0)
	p.SendPerformative(0, "open", peer.OpenFields(nil))
	before, err := p.Fence()
	if err == nil {
		return info("tolerated", "the connection is opened as if no empty frame had come")
	}
	events := withLast(before, err)
	if last := events[len(events)-1]; last.Kind == peer.KindTimeout {
		return info("silent", "the target neither opens nor closes the connection")
	}
	return info("refused", "%s", describe(events))
}
