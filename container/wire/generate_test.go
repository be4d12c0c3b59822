package wire_test

import (
	"math"
	"slices"

	"pgregory.net/rapid"

	"github.com/collider-amqp/collider/container/wire"
	"github.com/collider-amqp/collider/container/wire/spec"
)

// The generators of this file draw values, messages and composites, and legal encodings of them other than the
// encoder's own.

func asAny[T any](g *rapid.Generator[T]) *rapid.Generator[any] {
	return rapid.Map(g, func(v T) any { return v })
}

func symbols() *rapid.Generator[wire.Symbol] {
	return rapid.Map(rapid.StringMatching(`[ -~]{0,12}`), func(s string) wire.Symbol { return wire.Symbol(s) })
}

func uuids() *rapid.Generator[wire.UUID] {
	return rapid.Map(rapid.SliceOfN(rapid.Byte(), 16, 16), func(b []byte) wire.UUID { return wire.UUID(b) })
}

func chars() *rapid.Generator[wire.Char] {
	return rapid.Map(rapid.Rune(), func(r rune) wire.Char { return wire.Char(r) })
}

func timestamps() *rapid.Generator[wire.Timestamp] {
	return rapid.Map(rapid.Int64(), func(v int64) wire.Timestamp { return wire.Timestamp(v) })
}

func binaries() *rapid.Generator[[]byte] {
	long := rapid.Map(rapid.IntRange(250, 260), func(n int) []byte { return make([]byte, n) })
	return rapid.OneOf(rapid.SliceOfN(rapid.Byte(), 0, 8), long)
}

// plain draws values of simple types; floats are numbers, since NaN equals nothing.
func plain() *rapid.Generator[any] {
	return rapid.OneOf(
		asAny(rapid.Bool()), asAny(rapid.Uint8()), asAny(rapid.Uint16()), asAny(rapid.Uint32()), asAny(rapid.Uint64()),
		asAny(rapid.Int8()), asAny(rapid.Int16()), asAny(rapid.Int32()), asAny(rapid.Int64()),
		asAny(rapid.Float32Range(-math.MaxFloat32, math.MaxFloat32)), asAny(rapid.Float64()),
		asAny(timestamps()), asAny(uuids()), asAny(binaries()), asAny(rapid.String()), asAny(symbols()), asAny(chars()),
		asAny(rapid.Map(rapid.Uint32(), func(v uint32) wire.Decimal32 { return wire.Decimal32(v) })),
		asAny(rapid.Map(rapid.Uint64(), func(v uint64) wire.Decimal64 { return wire.Decimal64(v) })),
		asAny(rapid.Map(uuids(), func(v wire.UUID) wire.Decimal128 { return wire.Decimal128(v) })),
		rapid.Just[any](nil),
	)
}

func arrayOf[T any](g *rapid.Generator[T]) *rapid.Generator[any] {
	return asAny(rapid.SliceOfN(g, 0, 5))
}

// arrays draws arrays of plain elements and of compound ones.
func arrays(depth int) *rapid.Generator[any] {
	gs := []*rapid.Generator[any]{
		arrayOf(rapid.Bool()), arrayOf(rapid.Uint16()), arrayOf(rapid.Uint32()), arrayOf(rapid.Uint64()), arrayOf(rapid.Int8()),
		arrayOf(rapid.Int16()), arrayOf(rapid.Int32()), arrayOf(rapid.Int64()), arrayOf(rapid.Float64()), arrayOf(timestamps()),
		arrayOf(uuids()), arrayOf(binaries()), arrayOf(rapid.String()), arrayOf(symbols()), arrayOf(chars()),
		structured(wire.TypeUbyte, asAny(rapid.Uint8()), false), structured(wire.TypeNull, rapid.Just[any](nil), false),
		structured(wire.TypeInt, asAny(rapid.Int32()), true), structured(wire.TypeBoolean, asAny(rapid.Bool()), true),
	}
	if depth > 0 {
		gs = append(gs,
			structured(wire.TypeList, asAny(lists(depth-1)), false), structured(wire.TypeList, asAny(lists(depth-1)), true),
			structured(wire.TypeMap, asAny(maps(values(depth-1), depth-1)), false), structured(wire.TypeArray, arrays(depth-1), false))
	}
	return rapid.OneOf(gs...)
}

// structured draws an Array, with descriptors or without.
func structured(of wire.Type, element *rapid.Generator[any], described bool) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		a := wire.Array{Of: of, Elems: rapid.SliceOfN(element, 0, 4).Draw(t, "elements")}
		if described {
			a.Descriptors = rapid.SliceOfN(plain(), 1, 2).Draw(t, "descriptors")
		}
		return a
	})
}

// values draws any value, nested up to depth.
func values(depth int) *rapid.Generator[any] {
	if depth == 0 {
		return plain()
	}
	return rapid.OneOf(plain(), plain(), arrays(depth-1), asAny(lists(depth-1)), asAny(maps(values(depth-1), depth-1)), described(depth-1))
}

func described(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		return wire.Described{Descriptor: values(depth).Draw(t, "descriptor"), Value: values(depth).Draw(t, "value")}
	})
}

func lists(depth int) *rapid.Generator[wire.List] {
	return rapid.Map(rapid.SliceOfN(values(depth), 0, 5), func(l []any) wire.List { return append(wire.List{}, l...) })
}

// maps draws maps with keys of the generator that are distinct and not null.
func maps(keys *rapid.Generator[any], depth int) *rapid.Generator[wire.Map] {
	return rapid.Custom(func(t *rapid.T) wire.Map {
		m := wire.Map{}
		for range rapid.IntRange(0, 5).Draw(t, "entries") {
			if k := keys.Draw(t, "key"); k != nil {
				m.Set(k, values(depth).Draw(t, "value"))
			}
		}
		return m
	})
}

// encodeFreely encodes v with drawn encodings where the specification leaves a choice.
func encodeFreely(t *rapid.T, v any) []byte {
	switch v := v.(type) {
	case wire.Described:
		return append(append([]byte{wire.FormatDescribed}, encodeFreely(t, v.Descriptor)...), encodeFreely(t, v.Value)...)
	case wire.List:
		return encodeItems(t, wire.FormatList8, v)
	case wire.Map:
		var items []any
		for _, e := range v {
			items = append(items, e.Key, e.Value)
		}
		return encodeItems(t, wire.FormatMap8, items)
	}
	formats := make([]byte, len(spec.Encodings))
	for i, e := range spec.Encodings {
		formats[i] = e.Code
	}
	for _, format := range rapid.Permutation(formats).Draw(t, "formats") {
		if b, err := wire.AppendFormat(nil, format, v); err == nil {
			return b
		}
	}
	t.Fatalf("%#v has no encoding", v)
	return nil
}

func encodeItems(t *rapid.T, format byte, items []any) []byte {
	raw := wire.RawValue{Format: format}
	size := 1
	for _, v := range items {
		b := encodeFreely(t, v)
		raw.Items = append(raw.Items, b)
		size += len(b)
	}
	if size > 0xff || len(items) > 0xff || rapid.Bool().Draw(t, "wide") {
		raw.Format = format + (wire.FormatList32 - wire.FormatList8)
	}
	return raw.Append(nil)
}

// composites draws an encoded composite of the type, every field legal and freely encoded.
func composite(t *rapid.T, typ *spec.Type) []byte {
	var descriptor any = typ.Code
	if rapid.Bool().Draw(t, "symbolic") {
		descriptor = wire.Symbol(typ.Descriptor)
	}
	raw := wire.RawComposite{Descriptor: encodeFreely(t, descriptor), Format: wire.FormatList32}
	for _, f := range typ.Fields {
		if !f.Mandatory && rapid.Bool().Draw(t, "null") {
			raw.Fields = append(raw.Fields, []byte{wire.FormatNull})
			continue
		}
		raw.Fields = append(raw.Fields, legalField(t, f))
	}
	return raw.Append(nil)
}

// legalField draws an encoded value that the field permits.
func legalField(t *rapid.T, f spec.Field) []byte {
	if f.Type == "*" || f.Type == "error" {
		return legalAny(t, f)
	}
	base := spec.Base(f.Type)
	if f.Multiple {
		n := rapid.IntRange(1, 3).Draw(t, "values")
		if n == 1 && rapid.Bool().Draw(t, "bare") {
			return encodeFreely(t, symbols().Draw(t, f.Name))
		}
		return encodeFreely(t, rapid.SliceOfN(symbols(), n, n).Draw(t, f.Name))
	}
	if typ := spec.ByName(f.Type); typ != nil && len(typ.Choices) > 0 {
		i := rapid.IntRange(0, len(typ.Choices)-1).Draw(t, f.Name)
		switch base {
		case "ubyte":
			return encodeFreely(t, uint8(i))
		case "uint":
			return encodeFreely(t, uint32(i))
		case "symbol":
			return encodeFreely(t, wire.Symbol(typ.Choices[i].Value))
		}
	}
	switch base {
	case "map":
		keys := asAny(symbols())
		if f.Type == "map" {
			keys = asAny(binaries())
		}
		return encodeFreely(t, maps(keys, 2).Draw(t, f.Name))
	default:
		return encodeFreely(t, ofType(base).Draw(t, f.Name))
	}
}

// ofType draws a value of a primitive type that occurs as a field.
func ofType(name string) *rapid.Generator[any] {
	return map[string]*rapid.Generator[any]{
		"boolean": asAny(rapid.Bool()), "ubyte": asAny(rapid.Uint8()), "ushort": asAny(rapid.Uint16()), "uint": asAny(rapid.Uint32()),
		"ulong": asAny(rapid.Uint64()), "string": asAny(rapid.String()), "symbol": asAny(symbols()), "binary": asAny(binaries()),
		"timestamp": asAny(timestamps()), "uuid": asAny(uuids()),
	}[name]
}

// legalAny draws a value for a field of type "*" or error.
func legalAny(t *rapid.T, f spec.Field) []byte {
	switch f.Requires {
	case "message-id":
		return encodeFreely(t, ofType(rapid.SampledFrom([]string{"ulong", "uuid", "binary", "string"}).Draw(t, "id type")).Draw(t, f.Name))
	case "address":
		return encodeFreely(t, ofType("string").Draw(t, f.Name))
	case "txn-id":
		return encodeFreely(t, ofType("binary").Draw(t, f.Name))
	case "global-tx-id":
		return encodeFreely(t, values(2).Draw(t, f.Name))
	case "":
		return composite(t, spec.ByName(f.Type))
	}
	return composite(t, rapid.SampledFrom(providers(f.Requires)).Draw(t, f.Name))
}

// providers returns the composites that provide an archetype.
func providers(archetype string) []*spec.Type {
	var types []*spec.Type
	for i := range spec.Types {
		if spec.Types[i].Class == spec.Composite && spec.Types[i].Is(archetype) {
			types = append(types, &spec.Types[i])
		}
	}
	return types
}

// messages draws a message with sections of every kind; rich ones use all types of values.
func messages(rich bool) *rapid.Generator[*wire.Message] {
	value := values(2)
	if !rich {
		value = shared(2)
	}
	return rapid.Custom(func(t *rapid.T) *wire.Message {
		m := new(wire.Message)
		if rapid.Bool().Draw(t, "header") {
			m.SetDurable(rapid.Bool().Draw(t, "durable"))
			m.SetPriority(rapid.Uint8().Draw(t, "priority"))
			if rapid.Bool().Draw(t, "ttl") {
				m.SetTTL(rapid.Uint32Min(1).Draw(t, "milliseconds"))
			}
			m.SetFirstAcquirer(rapid.Bool().Draw(t, "first"))
			m.SetDeliveryCount(rapid.Uint32().Draw(t, "count"))
		}
		m.DeliveryAnnotations = annotations(t, value, "delivery annotations")
		m.MessageAnnotations = annotations(t, value, "message annotations")
		m.Footer = annotations(t, value, "footer")
		if rapid.Bool().Draw(t, "properties") {
			m.Properties = properties(t)
		}
		if rapid.Bool().Draw(t, "application properties") {
			m.ApplicationProperties = wire.Map{}
			for range rapid.IntRange(0, 40).Draw(t, "n") {
				m.SetProperty(rapid.String().Draw(t, "key"), shared(0).Draw(t, "value"))
			}
		}
		body(t, m, value)
		return m
	})
}

func annotations(t *rapid.T, value *rapid.Generator[any], name string) wire.Map {
	if !rapid.Bool().Draw(t, name) {
		return nil
	}
	m := wire.Map{}
	for range rapid.IntRange(0, 4).Draw(t, "n") {
		m.Set(symbols().Draw(t, "key"), value.Draw(t, "value"))
	}
	return m
}

func properties(t *rapid.T) *wire.Properties {
	p := new(wire.Properties)
	text := func(name string) wire.Optional[string] {
		if rapid.Bool().Draw(t, name) {
			return wire.Some(rapid.String().Draw(t, name))
		}
		return wire.Optional[string]{}
	}
	p.To, p.Subject, p.ReplyTo, p.GroupID = text("to"), text("subject"), text("reply-to"), text("group-id")
	if rapid.Bool().Draw(t, "ids") {
		p.MessageID = uuids().Draw(t, "message-id")
		p.CorrelationID = rapid.Uint64().Draw(t, "correlation-id")
		p.UserID = rapid.SliceOfN(rapid.Byte(), 1, 5).Draw(t, "user-id")
		p.ContentType = wire.Some(symbols().Draw(t, "content-type"))
		p.CreationTime = wire.Some(wire.Timestamp(rapid.Int64Range(-1<<40, 1<<45).Draw(t, "creation-time")))
		p.GroupSequence = wire.Some(rapid.Uint32().Draw(t, "group-sequence"))
	}
	return p
}

func body(t *rapid.T, m *wire.Message, value *rapid.Generator[any]) {
	switch rapid.IntRange(0, 2).Draw(t, "body") {
	case 0:
		m.Data = rapid.SliceOfN(binaries(), 1, 3).Draw(t, "data")
	case 1:
		m.Value, m.HasValue = value.Draw(t, "value"), true
	case 2:
		for range rapid.IntRange(1, 3).Draw(t, "sequences") {
			m.Sequence = append(m.Sequence, append(wire.List{}, rapid.SliceOfN(value, 0, 3).Draw(t, "sequence")...))
		}
	}
}

// shared draws values that this package and go-amqp both know: no decimals, chars, symbols, descriptors.
func shared(depth int) *rapid.Generator[any] {
	simple := rapid.OneOf(
		asAny(rapid.Bool()), asAny(rapid.Uint8()), asAny(rapid.Uint16()), asAny(rapid.Uint32()), asAny(rapid.Uint64()),
		asAny(rapid.Int8()), asAny(rapid.Int16()), asAny(rapid.Int32()), asAny(rapid.Int64()), asAny(rapid.Float64()),
		asAny(binaries()), asAny(rapid.String()), asAny(uuids()),
		asAny(rapid.Map(rapid.Int64Range(-1<<40, 1<<45), func(v int64) wire.Timestamp { return wire.Timestamp(v) })),
	)
	if depth == 0 {
		return simple
	}
	return rapid.OneOf(simple, rapid.Just[any](nil),
		asAny(rapid.Map(rapid.SliceOfN(shared(depth-1), 0, 3), func(l []any) wire.List { return append(wire.List{}, l...) })),
		rapid.Custom(func(t *rapid.T) any {
			m := wire.Map{}
			for _, k := range slices.Compact(rapid.SliceOfN(rapid.StringMatching("[a-z]{1,3}"), 0, 3).Draw(t, "keys")) {
				m.Set(k, shared(depth-1).Draw(t, "value"))
			}
			return m
		}),
		arrayOf(rapid.Uint32()), arrayOf(rapid.Bool()),
		// go-amqp v1.7.0 cuts numbers below -128 in arrays of int and long to one octet, and refuses arrays of strings
		// without octets.
		arrayOf(rapid.Int64Min(-128)), arrayOf(rapid.StringN(1, 5, -1)),
	)
}
