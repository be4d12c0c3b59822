package conformance

import (
	"github.com/collider-amqp/collider/conformance/peer"
	"github.com/collider-amqp/collider/container/wire"
)

var clause2_2 = clause("2.2", "Protocol header and version negotiation",
	rule("2.2-header-1", Must,
		"The first eight octets of a connection are the protocol header, nothing comes before them; a supported version is answered with the same version.",
		Case{
			Role: Server, Title: "a supported header is answered with itself",
			Run: headerAnswered,
		}),
	rule("2.2-header-4", Must,
		"A server that does not support the requested version answers with a header that it supports, then closes the socket.",
		Case{
			Role: Server, Variant: "minor", Title: "AMQP 0 1.1.0 is answered with a supported header and the end of the stream",
			Run: headerRefused(0, 1, 1, 0),
		},
		Case{
			Role: Server, Variant: "major", Title: "AMQP 0 2.0.0 is answered with a supported header and the end of the stream",
			Run: headerRefused(0, 2, 0, 0),
		},
		Case{
			Role: Server, Variant: "max", Title: "AMQP 0 255.255.255 is answered with a supported header and the end of the stream",
			Run: headerRefused(0, 255, 255, 255),
		}),
	rule("2.2-header-6", Must,
		"A server that cannot parse the protocol header answers with a valid header of a version that it supports, then closes the socket.",
		Case{
			Role: Server, Variant: "http", Title: "an HTTP request is answered with a protocol header and the end of the stream",
			Run: garbageRefused("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
		},
		Case{
			Role: Server, Variant: "random", Title: "eight random octets are answered with a protocol header and the end of the stream",
			Run: garbageRefused("\x9b\x07\xfe\x31\xc4\x88\x00\x5d"),
		}),
	rule("2.2-header-7", Must,
		"A server to which the requested protocol id is unacceptable answers with a header that is acceptable, then closes the socket.",
		Case{
			Role: Server, Title: "the unassigned protocol id 4 is answered with an acceptable header and the end of the stream",
			Run: headerRefused(4, 1, 0, 0),
		}),
	rule("2.2-header-10", Must,
		"What follows a protocol header matches the protocol id of that header.",
		Case{
			Role: Server, Title: "an AMQP open inside the SASL layer opens no connection", Need: []Need{NeedSASL},
			Run: openInsideSASL,
		}),
	rule("2.2-header-11", Robust,
		"The boundaries of TCP segments do not matter to the header, and a header that never becomes complete holds nothing up.",
		Case{
			Role: Server, Variant: "split", Title: "a header sent octet by octet is answered",
			Run: headerInSegments,
		},
		Case{
			Role: Server, Variant: "cut", Title: "1, 4 or 7 octets of a header and then FIN end the connection",
			Run: headerCut,
		}),
)

func headerAnswered(r *Run) Verdict {
	p := r.Dial()
	first := r.Profile().first()
	p.SendHeader(first)
	ev := p.Next()
	if ev.Kind != peer.KindHeader || ev.Header != first {
		return failed("want %s; got %s", first, ev)
	}
	return pass()
}

// headerRefused sends a header that no AMQP 1.0 server supports.
func headerRefused(id, major, minor, revision uint8) func(*Run) Verdict {
	h := wire.ProtocolHeader{ID: id, Major: major, Minor: minor, Revision: revision}
	return func(r *Run) Verdict {
		p := r.Dial()
		p.SendHeader(h)
		ev := p.Next()
		if ev.Kind == peer.KindHeader && ev.Header == h {
			return info("supported", "the target claims to support %s", h)
		}
		return headerThenEnd(p, ev)
	}
}

func garbageRefused(octets string) func(*Run) Verdict {
	return func(r *Run) Verdict {
		p := r.Dial()
		p.Send([]byte(octets)...)
		ev := p.Next()
		if ev.Kind == peer.KindGarbage {
			return info("another-protocol", "the target answers in another protocol: %s", ev)
		}
		return headerThenEnd(p, ev)
	}
}

// headerThenEnd wants a protocol header in ev and then nothing but the end of the stream.
func headerThenEnd(p *peer.Conn, ev peer.Event) Verdict {
	if ev.Kind != peer.KindHeader {
		return failed("want a protocol header before the end of the stream; got %s", ev)
	}
	header := ev.Header
	before, last := p.Until(func(peer.Event) bool { return false })
	switch {
	case !last.End():
		return failed("the header %s came, but then the socket was not closed", header)
	case len(before) > 0:
		return nonStrict("want the end of the stream right after the header; got %s before it", describe(before))
	case header.Major != 1 || header.Minor != 0 || header.Revision != 0:
		return info("another-version", "the target offers %s", header)
	}
	return pass()
}

func openInsideSASL(r *Run) Verdict {
	p := r.Dial()
	_, err := p.Mechanisms()
	r.need(err)
	p.SendPerformative(0, "open", peer.OpenFields(nil))
	switch ev := p.Next(); {
	case ev.End():
		return pass()
	case ev.Is("sasl-outcome"):
		if code, _ := ev.Frame.Uint("code"); code == 0 {
			return failed("the target ends the SASL layer successfully without any sasl-init: %s", ev)
		}
		return pass()
	case ev.Is("close"):
		return pass()
	case ev.Is("open"):
		return closedAfterOpen(p)
	case ev.Kind == peer.KindTimeout:
		return nonStrict("want the end of the stream; got nothing")
	default:
		return failed("want the end of the stream; got %s", ev)
	}
}

// closedAfterOpen judges a target that sends open inside the SASL layer: it may do so only to send close (§2.4.1).
func closedAfterOpen(p *peer.Conn) Verdict {
	if ev := p.Next(); !ev.Is("close") && !ev.End() {
		return failed("the target opens an AMQP connection without any authentication; after its open came %s", ev)
	}
	return pass()
}

func headerInSegments(r *Run) Verdict {
	p := r.Dial()
	first := r.Profile().first()
	p.SendSegments(1, first.Append(nil))
	ev := p.Next()
	if ev.Kind != peer.KindHeader || ev.Header != first {
		return failed("want %s; got %s", first, ev)
	}
	return pass()
}

func headerCut(r *Run) Verdict {
	first := r.Profile().first()
	for _, n := range []int{1, 4, 7} {
		p := r.Dial()
		p.Send(first.Append(nil)[:n]...)
		p.CloseWrite()
		if v := streamEnds(p); v.Outcome != OK {
			return v
		}
	}
	return pass()
}

// streamEnds wants the target to close its stream after the peer has closed its own.
func streamEnds(p *peer.Conn) Verdict {
	if _, last := p.Until(func(peer.Event) bool { return false }); !last.End() {
		return info("kept-open", "the peer closed its stream, but the target keeps the connection beyond the timeout")
	}
	return pass()
}
