package goamqp

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"time"
	"unicode/utf8"

	amqp "github.com/Azure/go-amqp"

	"github.com/collider-amqp/collider/container/wire"
)

// fromValue converts any value that go-amqp encodes.
func fromValue(v any, depth int) (any, *Error) {
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
	case amqp.Null:
		return nil, nil
	case string:
		return wrap(fromString(v))
	case amqp.Symbol:
		return wrap(fromSymbol(v))
	case []byte:
		return octets(v), nil
	case amqp.UUID:
		return wire.UUID(v), nil
	case time.Time:
		return wrap(fromTime(v))
	case []any:
		return wrap(fromList(v, depth))
	case map[any]any:
		return value(fromAnyMap(v, depth))
	case map[string]any:
		return value(fromMap(v, depth, func(k string) (any, *Error) { return wrap(fromString(k)) }))
	case map[amqp.Symbol]any:
		return value(fromMap(v, depth, func(k amqp.Symbol) (any, *Error) { return wrap(fromSymbol(k)) }))
	case amqp.Annotations:
		return value(fromAnnotations(v))
	}
	if a, ok, err := fromArray(v, depth); ok {
		return a, err
	}
	return fromForeign(v, depth)
}

// wrap turns a result of a definite type into one of any.
func wrap[T any](v T, err *Error) (any, *Error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

func goType(v any) string { return fmt.Sprintf("%T", v) }

// octets copies b; a binary value is never nil.
func octets(b []byte) []byte { return append(make([]byte, 0, len(b)), b...) }

func fromString(s string) (string, *Error) {
	if !utf8.ValidString(s) {
		return "", refuse("string", "not UTF-8")
	}
	return s, nil
}

func fromSymbol[S ~string](s S) (wire.Symbol, *Error) {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return "", refuse("symbol", "not ASCII")
		}
	}
	return wire.Symbol(s), nil
}

func fromTime(t time.Time) (wire.Timestamp, *Error) {
	ms := t.UnixMilli()
	if !time.UnixMilli(ms).Equal(t) {
		return 0, refuse("time.Time", "not a whole number of milliseconds since 1970, as timestamps are; truncate it")
	}
	return wire.Timestamp(ms), nil
}

func fromList(l []any, depth int) (wire.List, *Error) {
	return each(l, func(v any) (any, *Error) { return fromValue(v, depth+1) })
}

// each converts the elements of a slice; the result is never nil.
func each[S ~[]A, A, B any](from S, convert func(A) (B, *Error)) ([]B, *Error) {
	to := make([]B, len(from))
	for i, v := range from {
		var err *Error
		if to[i], err = convert(v); err != nil {
			return nil, err.in(index(i))
		}
	}
	return to, nil
}

func fromAnyMap(m map[any]any, depth int) (wire.Map, *Error) {
	return fromMap(m, depth, func(k any) (any, *Error) { return fromValue(k, depth+1) })
}

// value turns a map into a value: a section that is nil is absent, a value an
// empty map.
func value(m wire.Map, err *Error) (any, *Error) {
	if m == nil {
		m = wire.Map{}
	}
	return wrap(m, err)
}

// fromMap converts a map and sorts it by the encodings of its keys. A nil map
// stays nil.
func fromMap[M ~map[K]any, K comparable](m M, depth int, key func(K) (any, *Error)) (wire.Map, *Error) {
	if m == nil {
		return nil, nil
	}
	type keyed struct {
		encoding []byte
		wire.MapEntry
	}
	entries := make([]keyed, 0, len(m))
	for k, v := range m {
		e := keyed{}
		var err *Error
		if e.Key, err = key(k); err != nil {
			return nil, err.in(fmt.Sprintf("[key %v]", k))
		}
		if e.Key == nil {
			return nil, refuse("null", "null is no key (§1.6.23)").in("[key null]")
		}
		if e.Value, err = fromValue(v, depth+1); err != nil {
			return nil, err.in(entry(e.Key))
		}
		var bad error
		if e.encoding, bad = wire.AppendValue(nil, e.Key); bad != nil {
			return nil, refuse(goType(k), bad.Error()).in(entry(e.Key))
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b keyed) int { return bytes.Compare(a.encoding, b.encoding) })
	c := make(wire.Map, len(entries))
	for i, e := range entries {
		if i > 0 && bytes.Equal(entries[i-1].encoding, e.encoding) {
			return nil, refuse(goType(e.Key), equalKeys).in(entry(e.Key))
		}
		c[i] = e.MapEntry
	}
	return c, nil
}

// fromArray converts the slices that go-amqp encodes as arrays, and reports
// whether v is one.
func fromArray(v any, depth int) (_ any, ok bool, err *Error) {
	var a any
	switch v := v.(type) {
	case []bool, []uint16, []uint32, []uint64, []int8, []int16, []int32, []int64, []float32, []float64:
		return wire.CloneValue(notNil(v)), true, nil
	case []string:
		a, err = wrap(each(v, fromString))
	case []amqp.Symbol:
		a, err = wrap(each(v, fromSymbol[amqp.Symbol]))
	case [][]byte:
		a, err = wrap(each(v, func(b []byte) ([]byte, *Error) { return octets(b), nil }))
	case []time.Time:
		a, err = wrap(each(v, fromTime))
	case []amqp.UUID:
		a, err = wrap(each(v, func(u amqp.UUID) (wire.UUID, *Error) { return wire.UUID(u), nil }))
	case []map[any]any:
		var elements []any
		elements, err = each(v, func(m map[any]any) (any, *Error) { return value(fromAnyMap(m, depth+1)) })
		a = wire.Array{Of: wire.TypeMap, Elems: elements}
	default:
		return nil, false, nil
	}
	return a, true, err
}

// notNil makes an empty slice of a nil one of the same type.
func notNil(v any) any {
	if r := reflect.ValueOf(v); r.IsNil() {
		return reflect.MakeSlice(r.Type(), 0, 0).Interface()
	}
	return v
}
