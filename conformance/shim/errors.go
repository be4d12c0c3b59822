package shim

import (
	"fmt"
	"strings"
	"time"
)

// HarnessError says that the shim broke the protocol: it is a fault of the shim,
// not a verdict on the library.
type HarnessError struct {
	// Line is the offending line of standard output, cut to 200 octets; "" if
	// the fault is in no single line.
	Line string
	// Reason says what is wrong with it.
	Reason string
}

func (e *HarnessError) Error() string {
	if e.Line == "" {
		return "shim: harness: " + e.Reason
	}
	return fmt.Sprintf("shim: harness: %s: %q", e.Reason, e.Line)
}

// CrashError says that the process ended though it was not told to.
type CrashError struct {
	// State is the exit code or signal in the system's words.
	State string
	// Log is the end of the standard error.
	Log string
}

func (e *CrashError) Error() string { return "shim: crash: " + e.State + quoteLog(e.Log) }

// HangError says that an operation was not answered in time, or that an expected
// event did not come.
type HangError struct {
	// Op is the operation, or what was waited for.
	Op string
	// After is how long the client waited.
	After time.Duration
	// Alive says that the shim answered a ping meanwhile: the operation hangs
	// and not the whole process.
	Alive bool
	// Log is the end of the standard error.
	Log string
}

func (e *HangError) Error() string {
	whole := "and the shim answers no ping"
	if e.Alive {
		whole = "while the shim answers pings"
	}
	return fmt.Sprintf("shim: hang: no answer to %s after %v, %s%s", e.Op, e.After, whole, quoteLog(e.Log))
}

// Kinds of a RefusedError.
const (
	Definite    = "definite"    // it did not happen and will not
	Indefinite  = "indefinite"  // it may have happened
	Unsupported = "unsupported" // the shim has no such operation
	BadCommand  = "bad_command" // the harness is wrong
	ShimBug     = "shim_bug"    // the shim is wrong
)

// RefusedError is an error reply.
type RefusedError struct {
	Op Op
	// Kind is Definite, Indefinite, Unsupported, BadCommand or ShimBug.
	Kind string
	// Condition is an AMQP error condition, or "".
	Condition string
	Text      string
}

func (e *RefusedError) Error() string {
	s := fmt.Sprintf("shim: %s refused (%s)", e.Op, e.Kind)
	if e.Condition != "" {
		s += " " + e.Condition
	}
	if e.Text != "" {
		s += ": " + e.Text
	}
	return s
}

func quoteLog(log string) string {
	log = strings.TrimSpace(log)
	if log == "" {
		return ""
	}
	return "; its log ends:\n" + log
}

// cut bounds a line for an error.
func cut(line []byte) string {
	const limit = 200
	if len(line) > limit {
		return string(line[:limit]) + "…"
	}
	return string(line)
}
