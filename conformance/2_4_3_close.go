package conformance

import (
	"fmt"

	"github.com/collider-amqp/collider/conformance/peer"
)

var clause2_4_3 = clause("2.4.3", "Closing a connection",
	rule("2.4.3-close-2", Must,
		"close is the last frame that a peer writes.",
		Case{
			Role: Server, Title: "on no connection of any case, a frame follows close",
			Run: conversation, Watch: closeLast,
		}),
	rule("2.4.3-close-4", Must,
		"A received close is answered with close.",
		Case{
			Role: Server, Variant: "plain", Title: "close is answered with close",
			Run: func(r *Run) Verdict {
				_, err := r.Opened(nil).Close(nil)
				return step(err)
			},
		},
		Case{
			Role: Server, Variant: "error", Title: "close with an error is answered with close",
			Run: func(r *Run) Verdict {
				fields := peer.Fields{"error": peer.ErrorValue("amqp:connection:forced", "probe of the answer")}
				_, err := r.Opened(nil).Close(fields)
				return step(err)
			},
		}),
	rule("2.4.3-close-5", Must,
		"close may come on any channel that both opens allow.",
		Case{
			Role: Server, Title: "close on channel 1 is answered with close", Need: []Need{NeedTwoChannels},
			Run: func(r *Run) Verdict {
				p := r.Opened(nil)
				p.SendPerformative(1, "close", nil)
				f, err := p.Expect("close")
				if err != nil {
					return step(err)
				}
				if condition, text := f.Condition(); condition != "" {
					return failed("close on channel 1 is treated as an error: %s %q", condition, text)
				}
				return pass()
			},
		}),
	rule("2.4.3-close-6", Should,
		"close is sent on channel 0.",
		Case{
			Role: Server, Title: "every close of every case comes on channel 0",
			Run: conversation, Watch: closeOnZero,
		}),
	rule("2.4.3-close-7", Must,
		"A close that reports an error says which.",
		Case{
			Role: Server, Title: "the close after a framing error carries a condition",
			Run: errorNamed,
		}),
)

var clause2_4_4 = clause("2.4.4", "Simultaneous close and what a close ends",
	rule("2.4.4-close-2", Derived,
		"A close ends the sessions of the connection; none has to be ended before.",
		Case{
			Role: Server, Title: "close with an open session is answered with close",
			Run: func(r *Run) Verdict {
				p := r.Begun(nil)
				f, err := p.Close(nil)
				if err != nil {
					return step(err)
				}
				if condition, text := f.Condition(); condition != "" {
					return failed("close with an open session is treated as an error: %s %q", condition, text)
				}
				return pass()
			},
		}),
)

func closeLast(c *peer.Conn) string {
	closed := false
	for _, ev := range c.Trace() {
		if closed && ev.Kind == peer.KindFrame {
			return "after close came " + ev.String()
		}
		closed = closed || ev.Is("close")
	}
	return ""
}

func closeOnZero(c *peer.Conn) string {
	if f := c.Remote().Close; f != nil && f.Raw.Channel != 0 {
		return fmt.Sprintf("close on channel %d", f.Raw.Channel)
	}
	return ""
}

func errorNamed(r *Run) Verdict {
	p := r.Opened(nil)
	p.Send(0, 0, 0, 4, 2, 0, 0, 0)
	_, last := p.Until(func(ev peer.Event) bool { return ev.Is("close") })
	if !last.Is("close") {
		return inconclusive("no close came that could name an error: %s", last)
	}
	if condition, _ := last.Frame.Condition(); condition == "" {
		return failed("want a condition; got %s", last)
	}
	return pass()
}
