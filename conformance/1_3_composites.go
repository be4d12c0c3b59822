package conformance

import (
	"github.com/collider-amqp/collider/conformance/peer"
	"github.com/collider-amqp/collider/container/wire"
)

var clause1_3 = clause("1.3", "Composites and fields",
	rule("1.3.4-mandatory-1", Must,
		"A mandatory field is neither null nor absent: open has a container-id.",
		Case{
			Role: Server, Variant: "null", Title: "open with a null container-id is refused",
			Run: openRefused(func(open *wire.RawComposite) {
				open.Set(0, []byte{wire.FormatNull})
				open.Set(1, encoded("localhost"))
			}),
		},
		Case{
			Role: Server, Variant: "absent", Title: "open without any field is refused",
			Run: openRefused(func(open *wire.RawComposite) { open.Fields = nil }),
		}),
	rule("1.3.6-default-2", Must,
		"A field that is null has its default: a null max-frame-size is no limit.",
		Case{
			Role: Server, Title: "open with explicit nulls in all optional fields is accepted",
			Run: openAccepted(func(open *wire.RawComposite) { open.Set(9, []byte{wire.FormatNull}) }),
		}),
	rule("1.3.6-multiple-1", Must,
		"Where several values are allowed, one value may stand without an array around it.",
		Case{
			Role: Server, Title: "open with one bare symbol as offered-capabilities is accepted",
			Run: openAccepted(func(open *wire.RawComposite) { open.Set(7, encoded(wire.Symbol("x-collider-probe"))) }),
		}),
)

// openRefused sends an open that is changed by bend, and wants the connection to be closed with an error of decoding.
// The text forbids the peer to send it; it has no words on who has to notice.
func openRefused(bend func(*wire.RawComposite)) func(*Run) Verdict {
	return func(r *Run) Verdict {
		p := r.Headers()
		open := peer.Composite("open", peer.OpenFields(nil))
		bend(open)
		p.Send(peer.FrameOf(0, open)...)
		return refusedBeforeFence(p, reaction{
			conditions: []wire.Symbol{decodeError, invalidField}, tolerated: NonStrict,
		})
	}
}

// encoded returns the encoding of a value that has one.
func encoded(v any) []byte {
	b, err := wire.AppendValue(nil, v)
	if err != nil {
		panic("conformance: " + err.Error())
	}
	return b
}
