package conformance

import (
	"fmt"
	"strings"

	"github.com/collider-amqp/collider/conformance/peer"
	"github.com/collider-amqp/collider/container/wire"
)

var clause2_4_1 = clause("2.4.1", "Opening a connection",
	rule("2.4.1-open-1", Must,
		"Each peer sends one open, on channel 0, before any other frame.",
		Case{
			Role: Server, Title: "on every connection of every case, one open comes first",
			Run: conversation, Watch: openFirst,
		}),
	rule("2.4.1-open-2", Must,
		"open is sent on channel 0; before both opens, no other channel is usable.",
		Case{
			Role: Server, Title: "open on channel 1 is refused",
			Run: func(r *Run) Verdict {
				p := r.Headers()
				p.SendPerformative(1, "open", peer.OpenFields(nil))
				return refusedBeforeFence(p, reaction{conditions: []wire.Symbol{framingError}, tolerated: NonStrict})
			},
		}),
	rule("2.4.1-open-3", Must,
		"No frame but open comes first.",
		Case{
			Role: Server, Title: "a begin before any open is refused",
			Run: func(r *Run) Verdict {
				p := r.Headers()
				p.SendPerformative(0, "begin", peer.BeginFields(nil))
				return refused(p, reaction{
					conditions: []wire.Symbol{notAllowed, illegalState, framingError}, tolerated: NonStrict,
				})
			},
		}),
	rule("2.4.1-open-5", Must,
		"Frames of up to 512 octets are accepted by every peer, an open among them.",
		Case{Role: Server, Variant: "511", Title: "an open of 511 octets is accepted", Run: openOfSize(511)},
		Case{Role: Server, Variant: "512", Title: "an open of 512 octets is accepted", Run: openOfSize(512)}),
	rule("2.4.1-open-6", Derived,
		"A connection is opened once.",
		Case{
			Role: Server, Title: "a second open is refused",
			Run: func(r *Run) Verdict {
				p := r.Opened(nil)
				p.SendPerformative(0, "open", peer.OpenFields(nil))
				return refusedBeforeFence(p, reaction{tolerated: Info})
			},
		}),
)

func openFirst(c *peer.Conn) string {
	opened := false
	for _, ev := range c.Trace() {
		if ev.Kind != peer.KindFrame || ev.Frame.Raw.Type != wire.FrameAMQP {
			continue
		}
		switch f := ev.Frame; {
		case f.Name == "open" && opened:
			return "a second open: " + f.String()
		case f.Name == "open" && f.Raw.Channel != 0:
			return fmt.Sprintf("open on channel %d", f.Raw.Channel)
		case f.Name == "open":
			opened = true
		case !opened && !f.Empty():
			return "the first frame is no open: " + f.String()
		}
	}
	return ""
}

// openOfSize sends an open of exactly size octets.
func openOfSize(size int) func(*Run) Verdict {
	return openAccepted(func(open *wire.RawComposite) { padTo(open, size, 9) })
}

// padTo fills field i, a map, so that a frame with the composite takes exactly size octets.
func padTo(r *wire.RawComposite, size, i int) {
	for n, try := size, 0; try < 8; try++ {
		r.Set(i, encoded(wire.Map{{Key: wire.Symbol("x-padding"), Value: strings.Repeat("x", n)}}))
		over := len(peer.FrameOf(0, r)) - size
		if over == 0 {
			return
		}
		n -= over
	}
	panic(fmt.Sprintf("conformance: no padding makes a frame of %d octets", size))
}
