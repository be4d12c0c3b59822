package conformance

import (
	"github.com/collider-amqp/collider/conformance/peer"
	"github.com/collider-amqp/collider/container/wire"
)

var clause1_5 = clause("1.5", "Descriptors",
	rule("1.5-descriptor-1", Must,
		"A symbolic descriptor stands for the numeric one.",
		Case{
			Role: Server, Title: "open, begin, end and close with symbolic descriptors are understood",
			Run: symbolicDescriptors,
		}),
	rule("1.5-descriptor-5", Derived,
		"A descriptor that names no performative is an error in a frame.",
		Case{
			Role: Server, Title: "a frame with the unassigned descriptor 0x1f is refused",
			Run: func(r *Run) Verdict {
				p := r.Opened(nil)
				p.SendFrame(wire.RawFrame{Body: unknownPerformative()})
				return refusedBeforeFence(p, reaction{
					conditions: []wire.Symbol{notImplemented, decodeError, framingError, notAllowed},
					tolerated:  Info,
				})
			},
		}),
)

// unknownPerformative is a frame body whose descriptor the specification does not assign.
func unknownPerformative() []byte {
	return []byte{wire.FormatDescribed, wire.FormatSmallUlong, 0x1f, wire.FormatList0}
}

func symbolicDescriptors(r *Run) Verdict {
	p := r.Headers()
	for _, s := range []struct {
		name   string
		code   wire.Code
		fields peer.Fields
	}{
		{"open", wire.CodeOpen, peer.OpenFields(nil)},
		{"begin", wire.CodeBegin, peer.BeginFields(nil)},
		{"end", wire.CodeEnd, nil},
		{"close", wire.CodeClose, nil},
	} {
		p.Send(peer.FrameOf(0, peer.Composite(s.name, s.fields).Symbolic(s.code))...)
		f, err := p.Expect(s.name)
		if err != nil {
			return step(err)
		}
		if condition, _ := f.Condition(); condition != "" {
			return failed("a symbolic %s is answered with an error: %s", s.name, f)
		}
	}
	return pass()
}
