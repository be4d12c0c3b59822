package conformance

import (
	"github.com/collider-amqp/collider/conformance/peer"
	"github.com/collider-amqp/collider/container/wire"
)

var clause2_4_2 = clause("2.4.2", "Pipelined open",
	rule("2.4.2-pipe-1", Must,
		"A peer may send frames before it has received its partner's header or open; they are answered like any other.",
		Case{
			Role: Server, Title: "header, open and begin in one segment are answered in order",
			Run: pipelined("open", "begin"),
		}),
	rule("2.4.2-pipe-5", Must,
		"A peer may send open and close before it has received anything.",
		Case{
			Role: Server, Title: "header, open and close in one segment are answered in order",
			Run: pipelined("open", "close"),
		}),
	rule("2.4.2-pipe-7", Derived,
		"A whole conversation may be pipelined.",
		Case{
			Role: Server, Title: "header, open, begin, end and close in one segment are answered in order",
			Run: pipelined("open", "begin", "end", "close"),
		}),
)

// pipelined sends header and performatives in one write and wants each answered by its like, in order.
func pipelined(names ...string) func(*Run) Verdict {
	fields := map[string]peer.Fields{"open": peer.OpenFields(nil), "begin": peer.BeginFields(nil)}
	return func(r *Run) Verdict {
		p := r.Layered()
		octets := wire.HeaderAMQP.Append(nil)
		for _, name := range names {
			octets = append(octets, peer.FrameOf(0, peer.Composite(name, fields[name]))...)
		}
		p.Send(octets...)
		return answersInOrder(p, names...)
	}
}
