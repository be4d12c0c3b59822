package goamqp

import (
	"fmt"

	"github.com/collider-amqp/collider/container/wire"
)

// Error says what of a message the other side cannot express.
type Error struct {
	// Field is the place in the message, as "header.ttl",
	// `application-properties["price"]` or "value[2]".
	Field string
	// Type names the type of the value there: an AMQP type, as "char", or the Go
	// type of a value that has none.
	Type string
	// Reason says why it cannot be converted.
	Reason string
}

// Error implements error.
func (e *Error) Error() string {
	return "goamqp: " + e.Field + ": " + e.Type + ": " + e.Reason
}

// refuse returns an Error whose place is still to be said.
func refuse(typ, reason string) *Error { return &Error{Type: typ, Reason: reason} }

// in puts the place of an error into the field that holds it.
func (e *Error) in(field string) *Error {
	e.Field = field + e.Field
	return e
}

// index is the place of an element of a list or array.
func index(i int) string { return fmt.Sprintf("[%d]", i) }

// entry is the place of a map's value.
func entry(key any) string { return "[" + wire.Text(key) + "]" }

// maxDepth is how deep values may nest: twice as deep as package wire decodes by
// default. It ends what would have no end, as a list that holds itself.
const maxDepth = 128

const (
	tooDeep    = "nested too deep"
	notSimple  = "an application property must be of a simple type (§3.2.5)"
	notAnID    = "an id is a ulong, uuid, binary or string (§3.2.4)"
	equalKeys  = "two keys of the map are equal there"
	manyBodies = "the body is of more than one kind (§3.2)"
)
