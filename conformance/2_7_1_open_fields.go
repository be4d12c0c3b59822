package conformance

import (
	"fmt"
	"strings"

	"github.com/collider-amqp/collider/conformance/peer"
	"github.com/collider-amqp/collider/container/wire"
)

var clause2_7_1 = clause("2.7.1", "Fields of open",
	rule("2.7.1-open-1", Must,
		"open carries a container-id, the same on all connections of a container.",
		Case{
			Role: Server, Title: "two connections show the same container-id",
			Run: containerID,
		}),
	rule("2.7.1-open-2", Must,
		"No frame is larger than the partner's max-frame-size.",
		Case{
			Role: Server, Title: "with a max-frame-size of 512, no answer to a long attach is larger, nor any frame of another case",
			Need: []Need{NeedBigFrames}, Run: longAttach, Watch: withinMaxFrame,
		}),
	rule("2.7.1-open-3", Must,
		"A frame that exceeds the own max-frame-size is answered with close and a framing error.",
		Case{
			Role: Server, Title: "a begin of max-frame-size + 1 octets is a framing error", Need: []Need{NeedFrameMax},
			Run: oversized,
		}),
	rule("2.7.1-open-4", Derived,
		"A max-frame-size below 512 is not allowed; what a peer does with it is left open.",
		Case{Role: Server, Variant: "511", Title: "open with max-frame-size 511", Run: smallMaxFrame(511)},
		Case{Role: Server, Variant: "0", Title: "open with max-frame-size 0", Run: smallMaxFrame(0)}),
	rule("2.7.1-open-7", Must,
		"en-US is always acceptable as a locale; unknown locales do no harm.",
		Case{
			Role: Server, Title: "open with an unknown incoming locale is accepted",
			Run: openAccepted(func(open *wire.RawComposite) { open.Set(6, encoded([]wire.Symbol{"xx-YY"})) }),
		}),
)

func containerID(r *Run) Verdict {
	first, second := r.Opened(nil).Remote(), r.Opened(nil).Remote()
	if _, ok := first.Open.Field("container-id").(string); !ok {
		return failed("open has no container-id: %s", first.Open)
	}
	if first.ContainerID != second.ContainerID {
		return failed("the first connection shows container-id %q, the second %q", first.ContainerID, second.ContainerID)
	}
	return pass()
}

// longAttach attaches a link whose name alone does not fit the frame that answers it. Some other answer has to say so.
func longAttach(r *Run) Verdict {
	p := r.Opened(peer.Fields{"max-frame-size": uint32(wire.MinMaxFrameSize)})
	_, err := p.Begin(0, nil)
	r.need(err)
	p.SendPerformative(0, "attach", peer.AttachFields(strings.Repeat("n", 600), 0, nil))
	_, last := p.Until(func(ev peer.Event) bool {
		return ev.Is("attach") || ev.Is("detach") || ev.Is("end") || ev.Is("close")
	})
	if v := withinMaxFrame(p); v != "" {
		return failed("%s", v)
	}
	if last.Kind == peer.KindTimeout {
		return nonStrict("the attach that cannot be answered within the limit is not refused either")
	}
	return pass()
}

func withinMaxFrame(c *peer.Conn) string {
	for _, ev := range c.Trace() {
		if ev.Kind != peer.KindFrame || ev.Frame.Name == "open" {
			continue // open is sent before the peer's limit is known: rule 2.4.1-open-4
		}
		if n := len(ev.Frame.Octets); uint32(n) > c.MaxFrameSize() {
			return fmt.Sprintf("a frame of %d octets, with a max-frame-size of %d: %s", n, c.MaxFrameSize(), ev)
		}
	}
	return ""
}

func oversized(r *Run) Verdict {
	p := r.Opened(nil)
	frame := begin()
	padTo(frame, int(r.Profile().MaxFrameSize)+1, 7)
	p.Send(peer.FrameOf(0, frame)...)
	return refusedBeforeFence(p, reaction{conditions: []wire.Symbol{framingError}})
}

func smallMaxFrame(size uint32) func(*Run) Verdict {
	return func(r *Run) Verdict {
		p := r.Headers()
		p.SendPerformative(0, "open", peer.OpenFields(peer.Fields{"max-frame-size": size}))
		before, err := p.Fence()
		if err == nil {
			return info("accepted", "the connection is usable as if 512 had been sent")
		}
		events := withLast(before, err)
		switch last := events[len(events)-1]; {
		case last.Is("close"):
			condition, text := last.Frame.Condition()
			return info("refused", "close with %s %q", orNone(condition), text)
		case last.End():
			return info("cut", "the socket was closed without a close frame")
		}
		return info("silent", "the target does not answer")
	}
}
