package goamqp

import (
	"math"
	"reflect"
	"slices"
	"time"

	amqp "github.com/Azure/go-amqp"

	"github.com/collider-amqp/collider/container/wire"
)

// toValue converts any value that package wire encodes.
func toValue(v any, depth int) (any, *Error) {
	if depth > maxDepth {
		return nil, refuse(goType(v), tooDeep)
	}
	switch v := v.(type) {
	case nil, bool, uint8, uint16, uint32, uint64, int8, int16, int32, int64, float32, float64:
		return v, nil
	case int:
		return int64(v), nil
	case uint:
		return uint64(v), nil
	case string:
		return wrap(fromString(v))
	case wire.Symbol:
		return wrap(toSymbol(v))
	case []byte:
		return octets(v), nil
	case wire.UUID:
		return amqp.UUID(v), nil
	case wire.Timestamp:
		return toTime(v), nil
	case wire.Char, wire.Decimal32, wire.Decimal64, wire.Decimal128,
		[]wire.Char, []wire.Decimal32, []wire.Decimal64, []wire.Decimal128:
		return nil, refuse(goType(v), "go-amqp does not know the type")
	case wire.List:
		return wrap(toList(v, depth))
	case wire.Map:
		return toMap(v, depth)
	case wire.Described:
		return toDescribed(v, depth)
	case wire.Array:
		return toStructured(v, depth)
	case wire.Composite:
		return toComposite(v, depth)
	}
	return toArray(v)
}

func toSymbol(s wire.Symbol) (amqp.Symbol, *Error) {
	_, err := fromSymbol(s)
	return amqp.Symbol(s), err
}

func toTime(t wire.Timestamp) time.Time { return time.UnixMilli(int64(t)).UTC() }

func toList(l wire.List, depth int) ([]any, *Error) {
	return each(l, func(v any) (any, *Error) { return toValue(v, depth+1) })
}

// toMap returns a map[string]any if all keys are strings, as go-amqp does, else
// a map[any]any.
func toMap(m wire.Map, depth int) (any, *Error) {
	if len(m) != 0 && !slices.ContainsFunc(m, func(e wire.MapEntry) bool { _, ok := e.Key.(string); return !ok }) {
		return wrap(toMapOf(m, depth, make(map[string]any, len(m))))
	}
	return wrap(toMapOf(m, depth, make(map[any]any, len(m))))
}

func toMapOf[K comparable](m wire.Map, depth int, to map[K]any) (map[K]any, *Error) {
	for _, e := range m {
		k, err := toValue(e.Key, depth+1)
		switch {
		case err != nil:
			return nil, err.in("[key of type " + goType(e.Key) + "]")
		case k == nil:
			return nil, refuse("null", "null is no key (§1.6.23)").in("[key null]")
		case !reflect.ValueOf(k).Comparable():
			return nil, refuse(goType(e.Key), "go-amqp's maps have no such keys").in(entry(e.Key))
		}
		v, err := toValue(e.Value, depth+1)
		if err != nil {
			return nil, err.in(entry(e.Key))
		}
		if err := insert(to, k.(K), v); err != nil {
			return nil, err.in(entry(e.Key))
		}
	}
	return to, nil
}

func toDescribed(d wire.Described, depth int) (any, *Error) {
	descriptor, err := toValue(d.Descriptor, depth+1)
	if err != nil {
		return nil, err.in(".descriptor")
	}
	value, err := toValue(d.Value, depth+1)
	if err != nil {
		return nil, err.in(".value")
	}
	return reflect.ValueOf(described{descriptor, value}).Convert(describedType).Interface(), nil
}

// toComposite converts a composite that stands as a value.
func toComposite(c wire.Composite, depth int) (any, *Error) {
	v, err := decoded(c)
	if err != nil {
		return nil, err
	}
	return toValue(v, depth)
}

// decoded returns a value in the form that it has when it is decoded.
func decoded(v any) (any, *Error) {
	b, err := wire.AppendValue(nil, v)
	if err != nil {
		return nil, refuse(goType(v), err.Error())
	}
	d, _, err := wire.DecodeValue(b, wire.Limits{})
	if err != nil {
		return nil, refuse(goType(v), err.Error())
	}
	return d, nil
}

// toArray converts the arrays that Go slices stand for.
func toArray(v any) (any, *Error) {
	switch v := v.(type) {
	case []int32:
		return toSigned(v)
	case []int64:
		return toSigned(v)
	case []bool, []uint16, []uint32, []uint64, []int8, []int16, []float32, []float64:
		return wire.CloneValue(notNil(v)), nil
	case []string:
		return wrap(each(v, fromString))
	case []wire.Symbol:
		return wrap(each(v, toSymbol))
	case [][]byte:
		return wrap(each(v, func(b []byte) ([]byte, *Error) { return octets(b), nil }))
	case []wire.Timestamp:
		return wrap(each(v, toTimeOfArray))
	case []wire.UUID:
		return wrap(each(v, func(u wire.UUID) (amqp.UUID, *Error) { return amqp.UUID(u), nil }))
	}
	return nil, refuse(goType(v), "package wire encodes no such type")
}

// toSigned copies an array of int or long. Go-amqp 1.7.0 cuts its elements to one
// octet if none is above 127, also those below -128 (arrayInt32.Marshal).
func toSigned[T int32 | int64](a []T) (any, *Error) {
	if len(a) != 0 && slices.Max(a) <= math.MaxInt8 && slices.Min(a) < math.MinInt8 {
		return nil, refuse(goType(a), "go-amqp cuts elements below -128 if none is above 127")
	}
	return append(make([]T, 0, len(a)), a...), nil
}

// toTimeOfArray converts an element of an array of timestamp, which go-amqp 1.7.0
// encodes by way of nanoseconds in 64 bits (arrayTimestamp.Marshal).
func toTimeOfArray(t wire.Timestamp) (time.Time, *Error) {
	if c := toTime(t); time.Unix(0, c.UnixNano()).Equal(c) {
		return c, nil
	}
	return time.Time{}, refuse("timestamp", "go-amqp encodes none before 1678 or after 2261 in an array")
}

// toStructured converts the arrays of ubyte and of maps; go-amqp has no others.
func toStructured(a wire.Array, depth int) (any, *Error) {
	switch {
	case len(a.Descriptors) != 0:
		return nil, refuse("array of described "+a.Of.String(), "go-amqp does not know the type")
	case a.Of == wire.TypeUbyte:
		c, err := each(a.Elems, func(v any) (uint8, *Error) { return element[uint8](a, v) })
		if err != nil {
			return nil, err
		}
		return reflect.ValueOf(c).Convert(ubyteArrayType).Interface(), nil
	case a.Of == wire.TypeMap:
		return wrap(each(a.Elems, func(v any) (map[any]any, *Error) {
			m, err := element[wire.Map](a, v)
			if err != nil {
				return nil, err
			}
			return toMapOf(m, depth+1, make(map[any]any, len(m)))
		}))
	}
	v, err := decoded(a)
	if err != nil {
		return nil, err
	}
	if _, still := v.(wire.Array); still {
		return nil, refuse("array of "+a.Of.String(), "go-amqp does not know the type")
	}
	return toArray(v)
}

// element returns an element of the Go type that stands for the array's.
func element[T any](a wire.Array, v any) (T, *Error) {
	e, ok := v.(T)
	if !ok {
		return e, refuse(goType(v), "not of the array's type, "+a.Of.String())
	}
	return e, nil
}
