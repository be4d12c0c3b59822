package conformance

import (
	"github.com/collider-amqp/collider/conformance/peer"
	"github.com/collider-amqp/collider/container/wire"
)

var clause1_2 = clause("1.2", "Type encodings",
	rule("1.2-ulong-1", Must,
		"The three encodings of ulong are interchangeable, also in a descriptor.",
		Case{
			Role: Server, Title: "open with an eight-octet descriptor is accepted",
			Run: openAccepted(func(open *wire.RawComposite) {
				open.Descriptor = []byte{wire.FormatUlong, 0, 0, 0, 0, 0, 0, 0, 0x10}
			}),
		}),
	rule("1.2-list-1", Must,
		"The encodings list0, list8 and list32 are interchangeable.",
		Case{
			Role: Server, Title: "open as list32 is accepted",
			Run: openAccepted(func(open *wire.RawComposite) { open.Format = wire.FormatList32 }),
		}),
)

// openAccepted sends an open that is changed by bend, and wants the connection to be opened and usable.
func openAccepted(bend func(*wire.RawComposite)) func(*Run) Verdict {
	return func(r *Run) Verdict {
		p := r.Headers()
		open := peer.Composite("open", peer.OpenFields(nil))
		bend(open)
		p.Send(peer.FrameOf(0, open)...)
		return accepted(p, "open")
	}
}
