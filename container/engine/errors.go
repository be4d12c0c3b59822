package engine

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/collider-amqp/collider/container/wire"
)

// Scope is what an error ends.
type Scope uint8

// The scopes, from the smallest.
const (
	ScopeLink       Scope = iota // the link is closed (§2.6.5)
	ScopeSession                 // the session is ended (§2.5.4)
	ScopeConnection              // the connection is closed (§2.4.3)
	ScopeTransport               // the transport is closed without a close frame
)

// String returns "link", "session", "connection" or "transport".
func (s Scope) String() string {
	switch s {
	case ScopeLink:
		return "link"
	case ScopeSession:
		return "session"
	case ScopeConnection:
		return "connection"
	}
	return "transport"
}

// ProtocolError is a rule or limit that the peer broke. What the peer itself reports is a *wire.Error, from the
// RemoteError of an endpoint.
type ProtocolError struct {
	// Scope is what the error has ended.
	Scope Scope
	// Condition is the error condition sent to the peer (§2.8.15 to §2.8.18).
	Condition wire.Symbol
	// Section is the section of the specification that holds the rule, such as "2.5.6".
	Section string
	// Description says what was wrong, with the numbers.
	Description string
}

// Error returns one line with scope, description, condition and section.
func (e *ProtocolError) Error() string {
	return fmt.Sprintf("amqp: %s error: %s (%s, §%s)", e.Scope, e.Description, e.Condition, e.Section)
}

func newProtocolError(scope Scope, section string, condition wire.Symbol, format string, args ...any) *ProtocolError {
	return &ProtocolError{Scope: scope, Section: section, Condition: condition, Description: fmt.Sprintf(format, args...)}
}

// wire returns the error as the peer is told of it.
func (e *ProtocolError) wire() *wire.Error {
	return sanitize(&wire.Error{Condition: e.Condition, Description: e.Description + " (§" + e.Section + ")"})
}

// HeaderError is a protocol header that does not suit (§2.2).
type HeaderError struct {
	// Received are the octets that came in place of an acceptable header: at most 8, up to the first wrong one at least.
	Received []byte
	// Reason says what is wrong with them.
	Reason string
}

// Error returns one line with the reason and the octets.
func (e *HeaderError) Error() string {
	return fmt.Sprintf("amqp: protocol header %q: %s (§2.2)", e.Received, e.Reason)
}

// SASLError is the failure of the SASL layer (§5.3). It never holds credentials.
type SASLError struct {
	// Code is the outcome; ok if the failure was no outcome (no common mechanism, a frame out of place).
	Code wire.SASLCode
	// Mechanism is the chosen mechanism, or empty.
	Mechanism wire.Symbol
	// Reason says what happened.
	Reason string
	// Err is the error of a ClientMechanism, or nil.
	Err error
}

// Error returns one line with the mechanism and the reason.
func (e *SASLError) Error() string {
	s := "amqp: SASL"
	if e.Mechanism != "" {
		s += " " + string(e.Mechanism)
	}
	s += ": " + e.Reason
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns Err.
func (e *SASLError) Unwrap() error { return e.Err }

// TimeoutError is a peer that was silent for too long.
type TimeoutError struct {
	// Waiting says what did not come: "frame", "open", "close".
	Waiting string
	// After is how long the engine waited.
	After time.Duration
}

// Error returns one line with what was missing and for how long.
func (e *TimeoutError) Error() string {
	return fmt.Sprintf("amqp: no %s from the peer for %v", e.Waiting, e.After)
}

// Timeout returns true; it makes a TimeoutError a timeout in the sense of net.Error.
func (e *TimeoutError) Timeout() bool { return true }

// DisconnectError is a transport that ended before the connection was closed in good order (§2.4.3).
type DisconnectError struct {
	// Err is the error of the transport, or nil for a clean end of the stream.
	Err error
}

// Error returns one line with the transport's error.
func (e *DisconnectError) Error() string {
	if e.Err == nil {
		return "amqp: the transport ended before the connection was closed"
	}
	return "amqp: the transport ended before the connection was closed: " + e.Err.Error()
}

// Unwrap returns Err.
func (e *DisconnectError) Unwrap() error { return e.Err }

// CallError is a call that the state of its endpoint does not permit, or with a bad argument. The call has done
// nothing. It is an error of the caller, never of the peer.
type CallError struct {
	// Op is the call, such as "Link.Attach".
	Op string
	// Reason says why it is refused.
	Reason string
}

// Error returns one line with the call and the reason.
func (e *CallError) Error() string { return "amqp: " + e.Op + ": " + e.Reason }

// Condition returns the error condition that stands for an error of Connection.Err: the one sent to the peer if one
// was, else the nearest of the specification's. An error of the transport that has a method Condition() wire.Symbol, or
// wraps one that has, speaks for itself. Condition returns the empty symbol for nil.
func Condition(err error) wire.Symbol {
	var named interface{ Condition() wire.Symbol }
	var protocol *ProtocolError
	var header *HeaderError
	var sasl *SASLError
	var timeout *TimeoutError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &protocol):
		return protocol.Condition
	case errors.As(err, &header):
		return wire.ConditionConnectionFramingError
	case errors.As(err, &sasl):
		return wire.ConditionUnauthorizedAccess
	case errors.As(err, &timeout):
		return wire.ConditionResourceLimitExceeded
	case errors.As(err, &named):
		return named.Condition()
	}
	return wire.ConditionConnectionForced
}

// encodedSize returns the size of the frame of p, or the error of a value in it that has no encoding.
func encodedSize(p wire.Performative) (n int, err error) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*wire.EncodeError)
			if !ok {
				panic(r)
			}
			err = e
		}
	}()
	return len(p.Append(make([]byte, wire.FrameHeaderSize, 256))), nil
}

// maxCondition is the longest error condition that is sent, so that an error fits the smallest frame.
const maxCondition = 256

// sanitize returns a copy of e that can be encoded: an error must reach the peer even if its text is broken.
func sanitize(e *wire.Error) *wire.Error {
	if e == nil {
		return nil
	}
	s := *e
	s.Description = strings.ToValidUTF8(s.Description, "\uFFFD")
	if _, err := encodedSize(&wire.Close{Error: &s}); err != nil {
		s.Info = nil
	}
	if _, err := encodedSize(&wire.Close{Error: &s}); err != nil || s.Condition == "" || len(s.Condition) > maxCondition {
		s.Condition = wire.ConditionInternalError
	}
	return &s
}
