package netsim

import (
	"fmt"
	"strings"
	"time"
)

// Fault is one thing that goes wrong, as a value: drawn by a scenario before the
// run or given by a failure file. Its text form (String, ParseFault) is
//
//	KIND DIALER->ACCEPTOR[#N] [by D] [@byte K | @time T | @when NAME] [for D]
//	crash HOST [on DIALER->ACCEPTOR[#N]] [@byte K | @time T | @when NAME] [for D]
//
// for instance "reset client1->broker#2 @byte 133", "stall client1<-broker#1
// @when attach for 2s", "refuse *->broker @time 1s for 500ms", "crash broker on
// client1->broker#2 @byte 133 for 3s". The host that dials stands to the left; the arrow is the direction of the bytes concerned. A
// host of "*" is any host. #N is the N-th dial from that host to the other, from
// 1; without it every connection is concerned.
type Fault struct {
	// Kind says what goes wrong.
	Kind Kind
	// Host is the one that a Crash concerns; the other kinds have none.
	Host string
	// From dials To; "*" stands for any host. A Crash has them only to say whose
	// bytes trigger it.
	From, To string
	// Conn is the number of the dial from From to To, from 1. Zero means each.
	Conn int
	// Back selects the direction from To to From.
	Back bool
	// At says when. Kinds that last act from the start if it is zero.
	At Trigger
	// By is the extra latency of a Delay and the delay of a SlowAccept.
	By time.Duration
	// For is how long a kind that lasts acts, and after how long a host that crashed
	// restarts. Zero means for ever, or until Network.Heal.
	For time.Duration

	_ struct{}
}

// Kind is the sort of a Fault.
type Kind uint8

// The kinds of faults. Reset, Truncate and HalfClose happen once per connection, Crash
// once in all; the others last.
const (
	// Reset resets the connection at both ends; bytes under way are lost.
	Reset Kind = iota + 1
	// Truncate resets the connection, but the receiver can read everything up
	// to the place of the trigger, and nothing more.
	Truncate
	// HalfClose lets the receiver see the end of the stream; the sender is
	// reset when it sends more.
	HalfClose
	// DropEnd loses the end of the stream: the receiver never sees it.
	DropEnd
	// Stall holds bytes, end and reset of one direction back.
	Stall
	// Partition lets nothing cross the path in one direction, for all
	// connections between the two hosts, whoever dialled.
	Partition
	// Delay adds By to the latency.
	Delay
	// Refuse answers dials with a refusal.
	Refuse
	// BlackHole leaves dials without an answer.
	BlackHole
	// SlowAccept lets a connection reach the listener's backlog late, by By.
	SlowAccept
	// Crash stops a host, and restarts it when For has passed: see Host.Crash.
	Crash

	kinds
)

var kindText = [kinds]string{
	Reset: "reset", Truncate: "truncate", HalfClose: "half-close", DropEnd: "drop-end",
	Stall: "stall", Partition: "partition", Delay: "delay",
	Refuse: "refuse", BlackHole: "black-hole", SlowAccept: "slow-accept",
	Crash: "crash",
}

// String returns the kind's word, "half-close".
func (k Kind) String() string {
	if k == 0 || k >= kinds {
		return fmt.Sprintf("kind(%d)", uint8(k))
	}
	return kindText[k]
}

// once reports whether the kind happens and is over.
func (k Kind) once() bool { return k == Reset || k == Truncate || k == HalfClose }

// dials reports whether the kind concerns the making of connections.
func (k Kind) dials() bool { return k == Refuse || k == BlackHole || k == SlowAccept }

// Trigger says when a fault acts. The zero Trigger is the start of the run.
type Trigger struct {
	// On says which of the fields below counts.
	On On
	// Byte is a number of bytes: the fault acts as soon as so many have been
	// delivered in its direction. With 0 it acts when the connection stands.
	Byte uint64
	// Time is a virtual time since the run began.
	Time time.Duration
	// Predicate is a name that Options.Predicates or Options.Predicate knows: the fault acts where the
	// predicate says, in the bytes delivered in its direction.
	Predicate string
}

// On is the sort of a Trigger.
type On uint8

// The sorts of triggers.
const (
	OnStart     On = iota // with the run, or with each connection
	OnByte                // at a number of bytes delivered
	OnTime                // at a virtual time
	OnPredicate           // where a predicate says
)

// Predicate looks at the bytes of one direction of one connection, in order and
// without gaps, and returns how many bytes of p the fault shall let pass before it
// acts (0 to len(p)). After that it is not called again. The pieces may be of any size.
//
// A negative number says that the place is not in p: -1 lets p pass, -1-h holds the
// last h bytes that it has seen back until the next call, because the place may turn
// out to be before them; then 0 means before the first byte held. Bytes are held no
// longer than their sender can go on sending.
type Predicate func(p []byte) int

// Validate returns the first thing that is wrong with f. The names of predicates
// are those that the network will know.
func (f *Fault) Validate(predicates ...string) error {
	bad := func(format string, args ...any) error {
		return &FaultError{Fault: f.String(), Reason: fmt.Sprintf(format, args...)}
	}
	switch {
	case f.Kind == 0 || f.Kind >= kinds:
		return bad("unknown kind")
	case f.Kind == Crash:
		return f.validateCrash(bad, predicates)
	case f.Host != "":
		return bad("%s has no host of its own", f.Kind)
	case f.From != "*" && !validName(f.From):
		return bad("bad host name %q", f.From)
	case f.To != "*" && !validName(f.To):
		return bad("bad host name %q", f.To)
	case f.Conn < 0:
		return bad("negative number of a connection")
	case f.By < 0 || f.For < 0 || f.At.Time < 0:
		return bad("negative time")
	case (f.Kind == Delay || f.Kind == SlowAccept) != (f.By > 0):
		return bad("%s with a delay of %v", f.Kind, f.By)
	case f.Kind.once() && f.At.On == OnStart:
		return bad("%s needs a trigger", f.Kind)
	case f.Kind.once() && f.For > 0:
		return bad("%s does not last", f.Kind)
	case f.Kind.dials() && (f.At.On == OnByte || f.At.On == OnPredicate):
		return bad("%s happens before the first byte", f.Kind)
	case f.Kind.dials() && f.Back:
		return bad("%s has no direction back", f.Kind)
	case f.Kind == Partition && f.Conn != 0 && (f.At.On == OnStart || f.At.On == OnTime):
		return bad("a partition of one connection is a stall")
	}
	return f.At.validate(bad, predicates)
}

// validateCrash is Validate for a Crash.
func (f *Fault) validateCrash(bad func(string, ...any) error, predicates []string) error {
	byBytes := f.At.On == OnByte || f.At.On == OnPredicate
	switch {
	case !validName(f.Host):
		return bad("bad host name %q", f.Host)
	case byBytes && f.From != "*" && !validName(f.From):
		return bad("bad host name %q", f.From)
	case byBytes && f.To != "*" && !validName(f.To):
		return bad("bad host name %q", f.To)
	case !byBytes && (f.From != "" || f.To != "" || f.Conn != 0 || f.Back):
		return bad("crash names a connection, but no place in its bytes")
	case f.Conn < 0:
		return bad("negative number of a connection")
	case f.For < 0 || f.At.Time < 0:
		return bad("negative time")
	case f.By != 0:
		return bad("crash with a delay of %v", f.By)
	case f.At.On == OnStart:
		return bad("crash needs a trigger")
	}
	return f.At.validate(bad, predicates)
}

func (t *Trigger) validate(bad func(string, ...any) error, predicates []string) error {
	stray := t.On != OnByte && t.Byte != 0 || t.On != OnTime && t.Time != 0 || t.On != OnPredicate && t.Predicate != ""
	switch {
	case t.On > OnPredicate:
		return bad("unknown trigger")
	case stray:
		return bad("trigger with a value of another sort")
	case t.On == OnPredicate && !validPredicate(t.Predicate):
		return bad("bad name of a predicate: %q", t.Predicate)
	case t.On == OnPredicate:
		for _, p := range predicates {
			if p == t.Predicate {
				return nil
			}
		}
		return bad("unknown predicate %q", t.Predicate)
	}
	return nil
}

// validPredicate reports whether name can name a predicate: it may hold, beside what
// a host's may, the characters -#+()=,: for arguments.
func validPredicate(name string) bool {
	for _, c := range []byte(name) {
		if !validName(string(c)) && !strings.ContainsRune("-#+()=,:", rune(c)) {
			return false
		}
	}
	return name != ""
}

// FaultError says what is wrong with a fault.
type FaultError struct {
	Fault  string // its text
	Reason string
}

// Error implements error.
func (e *FaultError) Error() string { return "netsim: fault " + e.Fault + ": " + e.Reason }

// concerns reports whether f is about a connection dialled by from to to, the
// nth.
func (f *Fault) concerns(from, to string, nth int) bool {
	return matches(f.From, from) && matches(f.To, to) && (f.Conn == 0 || f.Conn == nth)
}

// crosses reports whether f is about bytes from a host to another.
func (f *Fault) crosses(from, to string) bool {
	if f.Back {
		from, to = to, from
	}
	return matches(f.From, from) && matches(f.To, to)
}

func matches(pattern, host string) bool { return pattern == "*" || pattern == host }
