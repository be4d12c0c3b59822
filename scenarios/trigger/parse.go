package trigger

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/collider-amqp/collider/container/wire"
	"github.com/collider-amqp/collider/netsim"
)

// condition is what a name says.
type condition struct {
	kind     kind
	code     wire.Code // of a performative
	channel  number
	handle   number
	delivery number
	nth      int    // from 1
	before   bool   // the place is before the frame
	offset   uint64 // or behind so many octets of it; 0: behind all
}

// kind is the sort of what is looked for.
type kind uint8

const (
	performative kind = iota
	empty
	anyFrame
	header
)

// number is a value that may be asked for.
type number struct {
	set bool
	v   uint32
}

// fits reports whether a value is as asked for.
func (n number) fits(v uint32, there bool) bool { return !n.set || there && v == n.v }

// fields are the places of handle and delivery-id in the lists of performatives.
type fields struct{ handle, first, last int }

const none = -1

var performatives = []struct {
	name string
	code wire.Code
	at   fields
}{
	{"open", wire.CodeOpen, fields{none, none, none}},
	{"begin", wire.CodeBegin, fields{none, none, none}},
	{"attach", wire.CodeAttach, fields{1, none, none}},
	{"flow", wire.CodeFlow, fields{4, none, none}},
	{"transfer", wire.CodeTransfer, fields{0, 1, 1}},
	{"disposition", wire.CodeDisposition, fields{none, 1, 2}},
	{"detach", wire.CodeDetach, fields{0, none, none}},
	{"end", wire.CodeEnd, fields{none, none, none}},
	{"close", wire.CodeClose, fields{none, none, none}},
	{"sasl-mechanisms", wire.CodeSASLMechanisms, fields{none, none, none}},
	{"sasl-init", wire.CodeSASLInit, fields{none, none, none}},
	{"sasl-challenge", wire.CodeSASLChallenge, fields{none, none, none}},
	{"sasl-response", wire.CodeSASLResponse, fields{none, none, none}},
	{"sasl-outcome", wire.CodeSASLOutcome, fields{none, none, none}},
}

// fieldsOf returns the places of the fields of a performative.
func fieldsOf(c wire.Code) fields {
	for _, p := range performatives {
		if p.code == c {
			return p.at
		}
	}
	return fields{none, none, none}
}

// Parse returns a function that makes the condition of the given name, one for each
// stream, or an *Error. It is a netsim.Options.Predicate.
func Parse(name string) (func() netsim.Predicate, error) {
	c, err := parse(name)
	if err != nil {
		return nil, err
	}
	return func() netsim.Predicate { return (&scanner{want: c}).look }, nil
}

// Error says what is wrong with a name.
type Error struct {
	Name   string
	Reason string
}

// Error implements error.
func (e *Error) Error() string { return "trigger: " + e.Name + ": " + e.Reason }

func parse(name string) (c condition, err error) {
	c.nth = 1
	bad := func(format string, args ...any) (condition, error) {
		return condition{}, &Error{name, fmt.Sprintf(format, args...)}
	}
	rest, before := strings.CutPrefix(name, "before-")
	c.before = before
	rest, offset, hasOffset := strings.Cut(rest, "+")
	if hasOffset {
		n, err := strconv.ParseUint(offset, 10, 32)
		switch {
		case err != nil || n == 0:
			return bad("%q is no number of octets from 1", offset)
		case before:
			return bad("before and inside at once")
		}
		c.offset = n
	}
	rest, nth, hasNth := strings.Cut(rest, "#")
	if hasNth {
		if c.nth, err = strconv.Atoi(nth); err != nil || c.nth < 1 {
			return bad("%q is no number from 1", nth)
		}
	}
	what, args, hasArgs := strings.Cut(rest, "(")
	if !c.setKind(what) {
		return bad("unknown performative %q", what)
	}
	if hasArgs {
		inner, closed := strings.CutSuffix(args, ")")
		if !closed {
			return bad("no closing parenthesis")
		}
		for _, arg := range strings.Split(inner, ",") {
			if reason := c.setArg(arg); reason != "" {
				return bad("%s", reason)
			}
		}
	}
	return c, nil
}

// setKind reports whether there is such a thing to look for.
func (c *condition) setKind(what string) bool {
	switch what {
	case "empty":
		c.kind = empty
		return true
	case "frame":
		c.kind = anyFrame
		return true
	case "header":
		c.kind = header
		return true
	}
	for _, p := range performatives {
		if p.name == what {
			c.kind, c.code = performative, p.code
			return true
		}
	}
	return false
}

// setArg reads KEY=VALUE and returns what is wrong with it.
func (c *condition) setArg(arg string) (reason string) {
	key, value, _ := strings.Cut(arg, "=")
	v, err := strconv.ParseUint(value, 10, 32)
	if err != nil {
		return strconv.Quote(value) + " is no number"
	}
	at := fieldsOf(c.code)
	n := number{true, uint32(v)}
	switch {
	case key == "channel" && c.kind != header && v <= 0xffff:
		c.channel = n
	case key == "handle" && c.kind == performative && at.handle != none:
		c.handle = n
	case key == "delivery" && c.kind == performative && at.first != none:
		c.delivery = n
	default:
		return "it has no " + arg
	}
	return ""
}
