package goamqp

import (
	"reflect"
	"strings"

	amqp "github.com/Azure/go-amqp"

	"github.com/collider-amqp/collider/container/wire"
)

// fromForeign converts values of the composites that go-amqp has types for, of
// its enumerations, and what pointers point to: all that it encodes besides
// plain values.
func fromForeign(v any, depth int) (any, *Error) {
	r := reflect.ValueOf(v)
	if r.Kind() == reflect.Pointer && r.IsNil() {
		return nil, refuse(goType(v), "a nil pointer")
	}
	switch v := v.(type) {
	case *amqp.Error:
		return fromError(v, depth)
	case *amqp.StateReceived:
		return composite(wire.CodeReceived, v.SectionNumber, v.SectionOffset), nil
	case *amqp.StateAccepted:
		return composite(wire.CodeAccepted), nil
	case *amqp.StateReleased:
		return composite(wire.CodeReleased), nil
	case *amqp.StateRejected:
		if v.Error == nil {
			return composite(wire.CodeRejected), nil
		}
		e, err := fromError(v.Error, depth)
		if err != nil {
			return nil, err.in(".error")
		}
		return composite(wire.CodeRejected, e), nil
	case *amqp.StateModified:
		return fromModified(v)
	case amqp.ErrCond:
		return wrap(fromSymbol(v))
	case amqp.ExpiryPolicy:
		return wrap(fromSymbol(v))
	case amqp.Durability:
		return uint32(v), nil
	case amqp.SenderSettleMode:
		return uint8(v), nil
	case amqp.ReceiverSettleMode:
		return uint8(v), nil
	}
	switch t := r.Type(); {
	case t == describedType:
		d := r.Convert(reflect.TypeFor[described]()).Interface().(described)
		return fromDescribed(d, depth)
	case t.Kind() == reflect.Pointer && t.Elem().Kind() != reflect.Pointer:
		return fromValue(r.Elem().Interface(), depth+1)
	case strings.Contains(t.PkgPath(), "/go-amqp/internal/"):
		return viaOctets(v)
	}
	return nil, refuse(goType(v), "go-amqp encodes no such type")
}

// composite returns the described list of the fields, without nil ones at its
// end.
func composite(code wire.Code, fields ...any) wire.Described {
	for len(fields) > 0 && fields[len(fields)-1] == nil {
		fields = fields[:len(fields)-1]
	}
	return wire.Described{Descriptor: uint64(code), Value: append(wire.List{}, fields...)}
}

func fromError(e *amqp.Error, depth int) (any, *Error) {
	condition, err := fromSymbol(e.Condition)
	if err != nil {
		return nil, err.in(".condition")
	}
	var description, info any
	if e.Description != "" {
		if description, err = wrap(fromString(e.Description)); err != nil {
			return nil, err.in(".description")
		}
	}
	if len(e.Info) != 0 {
		if info, err = fromValue(e.Info, depth+1); err != nil {
			return nil, err.in(".info")
		}
	}
	return composite(wire.CodeError, condition, description, info), nil
}

func fromModified(m *amqp.StateModified) (any, *Error) {
	var failed, undeliverable, annotations any
	if m.DeliveryFailed {
		failed = true
	}
	if m.UndeliverableHere {
		undeliverable = true
	}
	if m.MessageAnnotations != nil {
		c, err := fromAnnotations(m.MessageAnnotations)
		if err != nil {
			return nil, err.in(".message-annotations")
		}
		annotations = c
	}
	return composite(wire.CodeModified, failed, undeliverable, annotations), nil
}

// described has the fields of go-amqp's type of described values, which has no
// exported name.
type described struct{ Descriptor, Value any }

func fromDescribed(d described, depth int) (any, *Error) {
	descriptor, err := fromValue(d.Descriptor, depth+1)
	if err != nil {
		return nil, err.in(".descriptor")
	}
	value, err := fromValue(d.Value, depth+1)
	if err != nil {
		return nil, err.in(".value")
	}
	return wire.Described{Descriptor: descriptor, Value: value}, nil
}

// The types that go-amqp decodes described values and arrays of ubyte into have
// no exported names; go-amqp itself shows them.
var (
	describedType  = theirType(wire.Described{Descriptor: wire.Symbol("d")})
	ubyteArrayType = theirType(wire.Array{Of: wire.TypeUbyte, Elems: []any{uint8(1)}})
)

// theirType returns the type of the Go value that go-amqp decodes v into.
func theirType(v any) reflect.Type {
	b, err := wire.NewMessage(v).Append(nil)
	if err != nil {
		panic(err)
	}
	var m amqp.Message
	if err := m.UnmarshalBinary(b); err != nil {
		panic(err)
	}
	return reflect.TypeOf(m.Value)
}

// viaOctets converts a value of a type that go-amqp does not export, and that
// holds nothing that its encoder could leave out: an array of ubyte or a lifetime
// policy.
func viaOctets(v any) (any, *Error) {
	b, err := (&amqp.Message{Value: v}).MarshalBinary()
	if err != nil {
		return nil, refuse(goType(v), err.Error())
	}
	var m wire.Message
	if err := m.Decode(b, wire.Limits{}); err != nil {
		return nil, refuse(goType(v), err.Error())
	}
	return m.Value, nil
}
