package wire

import "strconv"

// DecodeError tells what was wrong with received octets, where, and which AMQP error answers it.
type DecodeError struct {
	// Offset is the position of the fault in the decoded input, in octets from its start.
	Offset int
	// Type names the type being decoded, such as "transfer" or "frame"; empty for a bare value.
	Type string
	// Field is the name of the field of Type, such as "delivery-id"; empty if the fault is not inside a field.
	Field string
	// Reason is a short text without offset and field, such as "mandatory field is absent".
	Reason string
	// Condition is the error condition to answer with (§2.8.15, §2.8.16): amqp:decode-error for malformed or mistyped
	// octets, amqp:invalid-field for a mandatory field that is absent or a value outside the permitted ones,
	// amqp:not-implemented for an unknown descriptor where a known one is needed, amqp:resource-limit-exceeded for a
	// limit of [Limits], amqp:connection:framing-error for a malformed frame.
	Condition Symbol
}

// Error returns one line: type and field, offset, reason and condition.
func (e *DecodeError) Error() string {
	s := "amqp: "
	if e.Type != "" {
		s += e.Type
		if e.Field != "" {
			s += "." + e.Field
		}
		s += " "
	}
	return s + "at offset " + strconv.Itoa(e.Offset) + ": " + e.Reason + " (" + string(e.Condition) + ")"
}

// EncodeError tells why a Go value has no encoding. It is an error of the caller, never of the peer.
type EncodeError struct {
	// Type names the AMQP type that was to be encoded, such as "symbol", or the Go type of a value that has none.
	Type string
	// Reason is a short text, such as "invalid UTF-8".
	Reason string
}

// Error returns one line with type and reason.
func (e *EncodeError) Error() string { return "amqp: cannot encode " + e.Type + ": " + e.Reason }
