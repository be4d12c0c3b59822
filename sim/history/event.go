package history

import (
	"fmt"
	"time"
)

// Event is one thing that happened. It is of fixed size and recording one
// allocates nothing. The zero value of a field means "does not apply", except
// Thread, whose zero is the first thread. The JSON names are those of the NDJSON
// format.
type Event struct {
	// Seq is the event's place in the total order, from 1, without gaps.
	Seq uint64 `json:"seq"`
	// Of is the Seq of the Begin that an End closes or of the Call that a
	// Return answers; else 0.
	Of uint64 `json:"of,omitempty"`
	// Time is the time since the run began; virtual in a simulated run.
	Time time.Duration `json:"t"`
	// Kind says what sort of event it is.
	Kind Kind `json:"kind"`
	// Name is the callback, operation or note: one of the constants of this
	// package, or a scenario's own word for a Note or Fault.
	Name string `json:"name"`
	// Thread is an index into History.Threads.
	Thread int32 `json:"thread"`
	// Container is the container's number.
	Container uint32 `json:"container,omitempty"`
	// Listener is the listener's number.
	Listener uint32 `json:"listener,omitempty"`
	// Conn is the connection's number.
	Conn uint32 `json:"conn,omitempty"`
	// Session is the session's number.
	Session uint32 `json:"session,omitempty"`
	// Link is the link's number.
	Link uint32 `json:"link,omitempty"`
	// Queue is the work queue's number. The queue of a connection and a
	// free-standing one are numbered together.
	Queue uint32 `json:"queue,omitempty"`
	// Item is a job number, timer handle, delivery or message number: what
	// Name says.
	Item uint64 `json:"item,omitempty"`
	// Count is a credit, a number of threads, a delay in nanoseconds: what
	// Name says.
	Count int64 `json:"count,omitempty"`
	// OK is the result of a Return.
	OK bool `json:"ok,omitempty"`
	// Text is an error condition, an address or free text.
	Text string `json:"text,omitempty"`
	// Step is the scheduler's step in a simulated run, else 0.
	Step uint64 `json:"step,omitempty"`
}

// Kind is the sort of an Event.
type Kind uint8

// The kinds of events. Their text forms (Kind.String) are part of the NDJSON
// format and never change.
const (
	// Begin opens the interval of a callback, work item or scheduled function.
	Begin Kind = iota + 1
	// End closes the interval that Of names.
	End
	// Call is the invocation of an operation of the API.
	Call
	// Return is the return of the Call that Of names.
	Return
	// Note is a remark of a scenario: message sent, outcome seen, credit given.
	Note
	// Frame is a frame that passed the wire, in a decoder's words.
	Frame
	// Fault is a fault that was injected.
	Fault

	kinds
)

var kindText = [kinds]string{
	Begin: "begin", End: "end", Call: "call", Return: "return",
	Note: "note", Frame: "frame", Fault: "fault",
}

// String returns the stable text form: "begin", "end", "call", "return",
// "note", "frame" or "fault", and "kind(N)" for another value.
func (k Kind) String() string {
	if k.valid() {
		return kindText[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

func (k Kind) valid() bool { return k >= Begin && k < kinds }

// MarshalText returns the stable text form; another value than the constants is
// an error.
func (k Kind) MarshalText() ([]byte, error) {
	if !k.valid() {
		return nil, fmt.Errorf("history: kind %d has no text form", uint8(k))
	}
	return []byte(kindText[k]), nil
}

// UnmarshalText reads the stable text form; another text is an error.
func (k *Kind) UnmarshalText(b []byte) error {
	for c := Begin; c < kinds; c++ {
		if kindText[c] == string(b) {
			*k = c
			return nil
		}
	}
	return fmt.Errorf("history: unknown kind %q", b)
}
