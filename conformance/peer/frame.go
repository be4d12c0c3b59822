package peer

import (
	"strconv"

	"github.com/collider-amqp/collider/container/wire"
	"github.com/collider-amqp/collider/container/wire/spec"
)

// Frame is one frame that the partner sent.
type Frame struct {
	// Octets is the whole frame.
	Octets []byte
	// Raw is the frame split into header, extended header and body, which alias Octets.
	Raw wire.RawFrame
	// Name is the specification's name of the performative, such as "open"; "" for an empty frame and for a body
	// that is no performative of the specification.
	Name string
	// Body is the decoded body; zero for an empty frame or if Err is not nil.
	Body wire.RawBody
	// Err tells why the body is no performative of the specification, nil if it is one.
	Err error
}

// performatives are the composite types that may stand in a frame, by descriptor (§2.7, §5.3.3).
var performatives = func() map[uint64]*spec.Type {
	m := map[uint64]*spec.Type{}
	for i := range spec.Types {
		if t := &spec.Types[i]; t.Is("frame") || t.Is("sasl-frame") {
			m[t.Code] = t
		}
	}
	return m
}()

// bodyLimits bound what a partner's frame may cost the judge; they are wider than any case needs.
var bodyLimits = wire.Limits{}

// newFrame interprets a complete frame. The octets are kept.
func newFrame(octets []byte, raw wire.RawFrame) *Frame {
	f := &Frame{Octets: octets, Raw: raw}
	if len(raw.Body) == 0 {
		return f
	}
	if f.Err = f.Body.Decode(raw.Body, bodyLimits); f.Err != nil {
		return f
	}
	t := performatives[uint64(f.Body.Code())]
	if t == nil {
		f.Err = &UnknownPerformativeError{Descriptor: f.Body.Descriptor}
		return f
	}
	if _, ok := f.Body.Value.(wire.List); !ok {
		f.Err = &wire.DecodeError{Type: t.Name, Reason: "the described value is not a list", Condition: wire.ConditionDecodeError}
		return f
	}
	f.Name = t.Name
	return f
}

// UnknownPerformativeError reports a frame body whose descriptor names no performative.
type UnknownPerformativeError struct {
	// Descriptor is the descriptor as it was sent.
	Descriptor any
}

// Error names the descriptor.
func (e *UnknownPerformativeError) Error() string {
	return "peer: " + wire.Text(e.Descriptor) + " describes no performative"
}

// Empty reports whether the frame has no body (§2.4.5).
func (f *Frame) Empty() bool { return len(f.Raw.Body) == 0 }

// Field returns the value of the named field, nil if it is null or absent. It panics if the performative has no such
// field: that is an error of the script.
func (f *Frame) Field(name string) any {
	i := fieldIndex(f.Type(), name)
	if fields := f.Body.Fields(); i < len(fields) {
		return fields[i]
	}
	return nil
}

// Type returns the row of the performative in the table of types, nil if it is none.
func (f *Frame) Type() *spec.Type {
	if f.Name == "" {
		return nil
	}
	return performatives[uint64(f.Body.Code())]
}

// Uint returns the value of an unsigned field, or its default if it is null or absent. It returns false if there is
// neither, or if the value is of another type.
func (f *Frame) Uint(name string) (uint64, bool) {
	switch v := f.Field(name).(type) {
	case uint8:
		return uint64(v), true
	case uint16:
		return uint64(v), true
	case uint32:
		return uint64(v), true
	case uint64:
		return v, true
	case nil:
		t := f.Type()
		n, err := strconv.ParseUint(t.Fields[fieldIndex(t, name)].Default, 10, 64)
		return n, err == nil
	}
	return 0, false
}

// Text returns the value of a string or symbol field, "" if it is anything else.
func (f *Frame) Text(name string) string {
	switch v := f.Field(name).(type) {
	case string:
		return v
	case wire.Symbol:
		return string(v)
	}
	return ""
}

// Condition returns the condition and the description of the frame's error field, both "" if it has none.
func (f *Frame) Condition() (condition wire.Symbol, description string) {
	if f.Type() == nil || !hasField(f.Type(), "error") {
		return "", ""
	}
	d, _ := f.Field("error").(wire.Described)
	fields, _ := d.Value.(wire.List)
	if len(fields) > 0 {
		condition, _ = fields[0].(wire.Symbol)
	}
	if len(fields) > 1 {
		description, _ = fields[1].(string)
	}
	return condition, description
}

// String returns the frame on one line.
func (f *Frame) String() string { return wire.FrameText(f.Octets) }

func hasField(t *spec.Type, name string) bool {
	for i := range t.Fields {
		if t.Fields[i].Name == name {
			return true
		}
	}
	return false
}

func fieldIndex(t *spec.Type, name string) int {
	if t == nil {
		panic("peer: field " + name + " of a frame without a performative")
	}
	for i := range t.Fields {
		if t.Fields[i].Name == name {
			return i
		}
	}
	panic("peer: " + t.Name + " has no field " + name)
}
