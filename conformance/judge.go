package conformance

import (
	"errors"
	"slices"
	"strings"

	"github.com/collider-amqp/collider/conformance/peer"
	"github.com/collider-amqp/collider/container/wire"
)

// The conditions that a connection error can be answered with (§2.8.15, §2.8.16).
const (
	framingError   wire.Symbol = "amqp:connection:framing-error"
	decodeError    wire.Symbol = "amqp:decode-error"
	invalidField   wire.Symbol = "amqp:invalid-field"
	notAllowed     wire.Symbol = "amqp:not-allowed"
	illegalState   wire.Symbol = "amqp:illegal-state"
	notImplemented wire.Symbol = "amqp:not-implemented"
)

// reaction is how a violation of the peer has to be answered. The text of the specification decides how strict it is:
// where it prescribes the reaction ("MUST close the connection with the framing-error error-code"), or where the
// stream cannot be followed any further, doing nothing is FAILED. Where it only forbids the peer to do what the script
// does, tolerance is NON-STRICT at worst.
type reaction struct {
	// conditions are those that make the verdict OK; another one is NON-STRICT. Empty: any.
	conditions []wire.Symbol
	// cut is the outcome if the socket is closed without a close frame. Zero: NonStrict.
	cut Outcome
	// tolerated is the outcome if nothing happens, or if the violation is treated as if it were none. Zero: Failed.
	tolerated Outcome
}

// refused judges the reaction to a violation after which the stream cannot be followed, or to one that makes the
// target answer nothing: it waits for close, the end of the stream, or the timeout.
func refused(p *peer.Conn, want reaction) Verdict {
	before, last := p.Until(func(ev peer.Event) bool { return ev.Is("close") || ev.Kind == peer.KindMalformed })
	return want.judge(p, append(before, last))
}

// refusedBeforeFence judges the reaction to a violation that leaves the stream intact: it sends a fence, and what did
// not come before its answer does not come at all. A connection that gives no answer either is dead, whatever the rule
// tolerates.
func refusedBeforeFence(p *peer.Conn, want reaction) Verdict {
	before, err := p.Fence()
	if errors.Is(err, peer.ErrNoFence) {
		return refused(p, want)
	}
	events := withLast(before, err)
	if err != nil && events[len(events)-1].Kind == peer.KindTimeout {
		return failed("want %s; the connection is neither closed nor usable: %v", want, err)
	}
	return want.judge(p, events)
}

// withLast returns the events before a fence together with the one that ended the wait.
func withLast(before []peer.Event, err error) []peer.Event {
	var unexpected *peer.UnexpectedError
	if errors.As(err, &unexpected) {
		return append(before, unexpected.Got)
	}
	return before
}

// judge decides on everything that came after the violation.
func (want reaction) judge(p *peer.Conn, events []peer.Event) Verdict {
	for _, ev := range events {
		switch {
		case ev.Is("close"):
			return want.closed(p, ev.Frame)
		case ev.End():
			v := verdict(or(want.cut, NonStrict), "want %s; the socket was closed without a close frame: %s", want, ev.Kind)
			if v.Outcome == OK {
				v.Reason = ""
			}
			return v
		case ev.Kind == peer.KindMalformed:
			return failed("want %s; got a %s", want, ev)
		}
	}
	o := or(want.tolerated, Failed)
	v := verdict(o, "want %s; %s", want, tolerance(events))
	if o == Info {
		v.Variant = "tolerated"
	}
	return v
}

// closed decides on a close frame.
func (want reaction) closed(p *peer.Conn, f *peer.Frame) Verdict {
	condition, description := f.Condition()
	switch {
	case p.Remote().Open == nil:
		return nonStrict("the connection was closed with %s, but without an open before the close (§2.4.1)", orNone(condition))
	case condition == "":
		return nonStrict("want %s; got a close without an error", want)
	case len(want.conditions) > 0 && !slices.Contains(want.conditions, condition):
		return nonStrict("want %s; got %s %q", want, condition, description)
	}
	return pass()
}

// String returns the conditions in words.
func (want reaction) String() string {
	if len(want.conditions) == 0 {
		return "close with an error"
	}
	names := make([]string, len(want.conditions))
	for i, c := range want.conditions {
		names[i] = string(c)
	}
	return "close with " + strings.Join(names, " or ")
}

// tolerance says in words what happened instead of an error.
func tolerance(events []peer.Event) string {
	var frames []string
	fenced := true
	for _, ev := range events {
		if ev.Kind == peer.KindFrame {
			frames = append(frames, ev.String())
		}
		fenced = fenced && ev.Kind != peer.KindTimeout
	}
	s := "nothing happened within the timeout"
	if fenced {
		s = "nothing happened: the connection goes on"
	}
	if len(frames) > 0 {
		s = "got " + strings.Join(frames, ", ")
	}
	return s
}

// accepted judges a stimulus that has to be accepted or ignored: the connection goes on, and nothing but the named
// performatives comes before the answer to a fence.
func accepted(p *peer.Conn, allowed ...string) Verdict {
	before, err := p.Fence()
	if err != nil {
		return failed("it has to be accepted; got %s", describe(withLast(before, err)))
	}
	for _, ev := range before {
		if ev.Kind != peer.KindFrame || !slices.Contains(allowed, ev.Frame.Name) {
			return failed("the connection goes on, but an unexpected %s came", ev)
		}
	}
	return pass()
}

// step judges a step that has to succeed.
func step(err error) Verdict {
	if err != nil {
		return failed("%v", err)
	}
	return pass()
}

// describe returns the events in words.
func describe(events []peer.Event) string {
	s := make([]string, len(events))
	for i, ev := range events {
		s[i] = ev.String()
	}
	return strings.Join(s, ", then ")
}

func or(o, other Outcome) Outcome {
	if o == "" {
		return other
	}
	return o
}

func orNone(condition wire.Symbol) string {
	if condition == "" {
		return "no error"
	}
	return string(condition)
}
