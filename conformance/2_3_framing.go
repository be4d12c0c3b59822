package conformance

import (
	"fmt"

	"github.com/collider-amqp/collider/conformance/peer"
	"github.com/collider-amqp/collider/container/wire"
)

var clause2_3 = clause("2.3", "Framing",
	rule("2.3.1-frame-1", Must,
		"A frame whose size is less than the eight octets of its header is malformed.",
		Case{Role: Server, Variant: "size-0", Title: "a frame of size 0 is a framing error", Run: sizeRefused(0)},
		Case{Role: Server, Variant: "size-4", Title: "a frame of size 4 is a framing error", Run: sizeRefused(4)},
		Case{Role: Server, Variant: "size-7", Title: "a frame of size 7 is a framing error", Run: sizeRefused(7)}),
	rule("2.3.1-frame-2", Must,
		"A frame whose data offset is less than two words is malformed.",
		Case{Role: Server, Variant: "doff-0", Title: "a begin with data offset 0 is a framing error", Run: doffRefused(0)},
		Case{Role: Server, Variant: "doff-1", Title: "a begin with data offset 1 is a framing error", Run: doffRefused(1)}),
	rule("2.3.1-frame-3", Derived,
		"A frame whose data offset points behind its end is malformed.",
		Case{
			Role: Server, Title: "a frame of 12 octets with data offset 4 is a framing error",
			Run: func(r *Run) Verdict {
				p := r.Opened(nil)
				p.SendFrame(wire.RawFrame{DOFF: wire.Some(uint8(4)), Body: make([]byte, 4)})
				return refused(p, reaction{conditions: []wire.Symbol{framingError}})
			},
		}),
	rule("2.3.1-frame-4", Must,
		"The extended header of an AMQP frame is ignored.",
		Case{
			Role: Server, Variant: "doff-3", Title: "a begin behind four octets of extended header is answered",
			Run: extendedHeader(4),
		},
		Case{
			Role: Server, Variant: "doff-255", Title: "a begin behind the longest extended header is answered",
			Need: []Need{NeedBigFrames}, Run: extendedHeader(4 * 253),
		}),
	rule("2.3.1-frame-5", Derived,
		"A frame with an extended header and no body is an empty frame.",
		Case{
			Role: Server, Title: "an empty frame with an extended header is ignored",
			Run: func(r *Run) Verdict {
				p := r.Opened(nil)
				p.SendFrame(wire.RawFrame{Extended: []byte{0xde, 0xad, 0xbe, 0xef}})
				return accepted(p)
			},
		}),
	rule("2.3.1-frame-6", Derived,
		"Frame types other than AMQP and SASL have no meaning.",
		Case{
			Role: Server, Title: "a frame of type 2 is refused",
			Run: func(r *Run) Verdict {
				p := r.Opened(nil)
				p.SendFrame(wire.RawFrame{Type: 2, Body: begin().Append(nil)})
				return refusedBeforeFence(p, reaction{
					conditions: []wire.Symbol{framingError, notImplemented}, tolerated: Info,
				})
			},
		}),
	rule("2.3.1-frame-7", Must,
		"SASL frames do not belong behind an AMQP header.",
		Case{
			Role: Server, Title: "a SASL frame on an open connection is refused",
			Run: func(r *Run) Verdict {
				p := r.Opened(nil)
				init := peer.Composite("sasl-init", peer.Fields{"mechanism": wire.Symbol("ANONYMOUS")})
				p.SendFrame(wire.RawFrame{Type: wire.FrameSASL, Body: init.Append(nil)})
				return refusedBeforeFence(p, reaction{conditions: []wire.Symbol{framingError}, tolerated: NonStrict})
			},
		}),
	rule("2.3.1-frame-8", Must,
		"Frames are well-formed: a size and data offset that agree, and the type that the layer's header announced.",
		Case{
			Role: Server, Title: "every frame of every case is well-formed",
			Run: conversation, Watch: wellFormed,
		}),
	rule("2.3.2-frame-1", Must,
		"The body of an AMQP frame begins with one of the performatives, as a described type.",
		Case{
			Role: Server, Variant: "no-descriptor", Title: "a body that is a plain list is refused",
			Run: bodyRefused([]byte{wire.FormatList0}),
		},
		Case{
			Role: Server, Variant: "sasl", Title: "a SASL performative in an AMQP frame is refused",
			Run: bodyRefused(peer.Composite("sasl-init", peer.Fields{"mechanism": wire.Symbol("ANONYMOUS")}).Append(nil)),
		},
		Case{
			Role: Server, Variant: "section", Title: "a message section without a transfer is refused",
			Run: bodyRefused([]byte{wire.FormatDescribed, wire.FormatSmallUlong, 0x75, wire.FormatBinary8, 0}),
		}),
	rule("2.3.2-frame-3", Robust,
		"The boundaries of TCP segments do not matter.",
		Case{
			Role: Server, Title: "a conversation sent octet by octet gets the same answers",
			Run: conversationInSegments,
		}),
	rule("2.3.2-frame-4", Robust,
		"A stream that ends inside a frame ends the connection and nothing else.",
		Case{
			Role: Server, Title: "half a begin and then FIN end the connection",
			Run: func(r *Run) Verdict {
				p := r.Opened(nil)
				frame := peer.FrameOf(0, begin())
				p.Send(frame[:len(frame)/2]...)
				p.CloseWrite()
				return streamEnds(p)
			},
		}),
)

func begin() *wire.RawComposite { return peer.Composite("begin", peer.BeginFields(nil)) }

// sizeRefused sends a frame header with a size of less than eight.
func sizeRefused(size byte) func(*Run) Verdict {
	return func(r *Run) Verdict {
		p := r.Opened(nil)
		p.Send(0, 0, 0, size, 2, 0, 0, 0)
		return refused(p, reaction{conditions: []wire.Symbol{framingError}})
	}
}

// doffRefused sends a begin that is right but for its data offset.
func doffRefused(doff uint8) func(*Run) Verdict {
	return func(r *Run) Verdict {
		p := r.Opened(nil)
		p.SendFrame(wire.RawFrame{DOFF: wire.Some(doff), Body: begin().Append(nil)})
		return refused(p, reaction{conditions: []wire.Symbol{framingError}})
	}
}

// bodyRefused sends a frame whose body is no performative. The text forbids the peer to send it; it has no words on
// who has to notice.
func bodyRefused(body []byte) func(*Run) Verdict {
	return func(r *Run) Verdict {
		p := r.Opened(nil)
		p.SendFrame(wire.RawFrame{Body: body})
		return refusedBeforeFence(p, reaction{
			conditions: []wire.Symbol{decodeError, framingError, notImplemented, notAllowed}, tolerated: NonStrict,
		})
	}
}

func extendedHeader(octets int) func(*Run) Verdict {
	return func(r *Run) Verdict {
		p := r.Opened(nil)
		extended := make([]byte, octets)
		for i := range extended {
			extended[i] = 0xff
		}
		p.SendFrame(wire.RawFrame{Extended: extended, Body: begin().Append(nil)})
		_, err := p.Expect("begin")
		return step(err)
	}
}

// conversation goes through the plainest correct connection: the one that watching cases look at if no other is there.
func conversation(r *Run) Verdict {
	p := r.Begun(nil)
	if _, err := p.End(0); err != nil {
		return step(err)
	}
	_, err := p.Close(nil)
	return step(err)
}

func wellFormed(c *peer.Conn) string {
	var layer wire.FrameType
	for _, ev := range c.Trace() {
		switch ev.Kind {
		case peer.KindHeader:
			layer = wire.FrameAMQP
			if ev.Header.ID == wire.HeaderSASL.ID {
				layer = wire.FrameSASL
			}
		case peer.KindMalformed:
			return ev.String()
		case peer.KindFrame:
			if f := ev.Frame; f.Raw.Type != layer {
				return fmt.Sprintf("frame type %d where the header announced %d: %s", f.Raw.Type, layer, f)
			} else if f.Err != nil {
				return fmt.Sprintf("a body that is no performative: %s (%v)", f, f.Err)
			}
		}
	}
	return ""
}

func conversationInSegments(r *Run) Verdict {
	p := r.Layered()
	octets := wire.HeaderAMQP.Append(nil)
	octets = append(octets, peer.FrameOf(0, peer.Composite("open", peer.OpenFields(nil)))...)
	octets = append(octets, peer.FrameOf(0, begin())...)
	octets = append(octets, peer.FrameOf(0, peer.Composite("end", nil))...)
	octets = append(octets, peer.FrameOf(0, peer.Composite("close", nil))...)
	p.SendSegments(1, octets)
	return answersInOrder(p, "open", "begin", "end", "close")
}

// answersInOrder wants the AMQP header and then exactly the named performatives.
func answersInOrder(p *peer.Conn, names ...string) Verdict {
	if ev := p.Next(); ev.Kind != peer.KindHeader || ev.Header != wire.HeaderAMQP {
		return failed("want %s; got %s", wire.HeaderAMQP, ev)
	}
	for _, name := range names {
		f, err := p.Expect(name)
		if err != nil {
			return step(err)
		}
		if condition, _ := f.Condition(); condition != "" {
			return failed("want %s without an error; got %s", name, f)
		}
	}
	return pass()
}
