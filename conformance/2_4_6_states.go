package conformance

import (
	"github.com/collider-amqp/collider/conformance/peer"
	"github.com/collider-amqp/collider/container/wire"
)

var clause2_4_6 = clause("2.4.6", "Connection states",
	rule("2.4.6-state-1", Must,
		"After a close with an error, frames that still come in are discarded in silence until the partner's close.",
		Case{
			Role: Server, Title: "a begin behind a violation is not answered once the target has closed",
			Run: discarding,
		}),
	rule("2.4.6-state-3", May,
		"A peer may close its outgoing stream after it has sent close.",
		Case{
			Role: Server, Title: "close and FIN at once are answered with close",
			Run: func(r *Run) Verdict {
				p := r.Opened(nil)
				p.SendPerformative(0, "close", nil)
				p.CloseWrite()
				if _, err := p.Expect("close"); err != nil {
					return info("no-answer", "%v", err)
				}
				return pass()
			},
		}),
	rule("2.4.6-state-5", Derived,
		"The end of the stream without close ends the connection in every state.",
		Case{
			Role: Server, Variant: "headers", Title: "FIN after the headers ends the connection",
			Run: func(r *Run) Verdict { return finEnds(r.Headers()) },
		},
		Case{
			Role: Server, Variant: "opened", Title: "FIN after open ends the connection",
			Run: func(r *Run) Verdict { return finEnds(r.Opened(nil)) },
		},
		Case{
			Role: Server, Variant: "begun", Title: "FIN with an open session ends the connection",
			Run: func(r *Run) Verdict { return finEnds(r.Begun(nil)) },
		}),
)

func finEnds(p *peer.Conn) Verdict {
	p.CloseWrite()
	return streamEnds(p)
}

// discarding sends a violation that leaves the stream intact and, behind it in the same segment, a correct begin. The
// violation is one that has to be answered with close, if the profile allows it.
func discarding(r *Run) Verdict {
	p := r.Opened(nil)
	bad := wire.RawFrame{Body: unknownPerformative()}
	if highest := r.Profile().ChannelMax; highest < 65535 {
		bad = wire.RawFrame{Channel: highest + 1, Body: begin().Append(nil)}
	}
	p.Send(append(bad.Append(nil), peer.FrameOf(0, begin())...)...)
	before, last := p.Until(func(ev peer.Event) bool { return ev.Is("close") || ev.Is("begin") })
	switch {
	case last.Is("begin"):
		return skipped("the violation is tolerated, so there is no state to look at")
	case last.End():
		return nonStrict("the socket was closed without a close frame: %s", describe(append(before, last)))
	case !last.Is("close"):
		return inconclusive("no reaction to the violation: %s", describe(append(before, last)))
	}
	p.SendPerformative(0, "close", nil)
	if after, _ := p.Until(func(peer.Event) bool { return false }); len(after) > 0 {
		return failed("after its close the target still sent %s", describe(after))
	}
	return pass()
}
