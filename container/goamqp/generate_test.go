package goamqp

import (
	"math"
	"time"

	amqp "github.com/Azure/go-amqp"
	"pgregory.net/rapid"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/wire"
)

// The generators of this file draw messages of either side that the other can
// express.

func asAny[T any](g *rapid.Generator[T]) *rapid.Generator[any] {
	return rapid.Map(g, func(v T) any { return v })
}

func ascii() *rapid.Generator[string] { return rapid.StringMatching(`[ -~]{0,12}`) }

func symbols() *rapid.Generator[wire.Symbol] {
	return rapid.Map(ascii(), func(s string) wire.Symbol { return wire.Symbol(s) })
}

func binaries() *rapid.Generator[[]byte] {
	long := rapid.Map(rapid.IntRange(250, 260), func(n int) []byte { return make([]byte, n) })
	return rapid.OneOf(rapid.SliceOfN(rapid.Byte(), 0, 8), long)
}

func uuids() *rapid.Generator[wire.UUID] {
	return rapid.Map(rapid.SliceOfN(rapid.Byte(), 16, 16), func(b []byte) wire.UUID { return wire.UUID(b) })
}

func timestamps() *rapid.Generator[wire.Timestamp] {
	return rapid.Map(rapid.Int64(), func(v int64) wire.Timestamp { return wire.Timestamp(v) })
}

// same draws values that look the same on both sides; floats are numbers, since
// NaN equals nothing.
func same() *rapid.Generator[any] {
	return rapid.OneOf(
		asAny(rapid.Bool()), asAny(rapid.Uint8()), asAny(rapid.Uint16()), asAny(rapid.Uint32()), asAny(rapid.Uint64()),
		asAny(rapid.Int8()), asAny(rapid.Int16()), asAny(rapid.Int32()), asAny(rapid.Int64()),
		asAny(rapid.Float32Range(-math.MaxFloat32, math.MaxFloat32)), asAny(rapid.Float64()),
		asAny(rapid.String()), asAny(binaries()), rapid.Just[any](nil),
	)
}

// simples draws our values of simple types. Go-amqp decodes no symbols outside
// arrays: where it is to decode, they are strings.
func simples(symbolic bool) *rapid.Generator[any] {
	g := []*rapid.Generator[any]{same(), same(), asAny(timestamps()), asAny(uuids())}
	if symbolic {
		g = append(g, asAny(symbols()))
	}
	return rapid.OneOf(g...)
}

func arrayOf[T any](g *rapid.Generator[T]) *rapid.Generator[any] {
	return asAny(rapid.SliceOfN(g, 0, 5))
}

// sameArrays draws arrays that look the same on both sides. Go-amqp decodes no
// arrays of strings without octets: least is how many each has. It encodes no
// integers below -128 without one above 127.
func sameArrays(least int) []*rapid.Generator[any] {
	texts := rapid.OneOf(rapid.StringN(least, 5, -1), rapid.StringN(300, 300, -1))
	long := rapid.Map(rapid.SliceOfN(rapid.Int64(), 0, 4), func(a []int64) any { return append(a, math.MaxInt8+1) })
	return []*rapid.Generator[any]{
		arrayOf(rapid.Bool()), arrayOf(rapid.Uint16()), arrayOf(rapid.Uint32()), arrayOf(rapid.Uint64()), arrayOf(rapid.Int8()),
		arrayOf(rapid.Int16()), arrayOf(rapid.Int32Min(-128)), arrayOf(rapid.Int64Min(-128)), long, arrayOf(rapid.Float32Range(-1, 1)),
		arrayOf(rapid.Float64()), arrayOf(texts), arrayOf(rapid.SliceOfN(rapid.Byte(), least, 300)),
	}
}

// leastText is how many octets the texts of an array have: one if go-amqp is to
// decode it.
func leastText(symbolic bool) int {
	if symbolic {
		return 0
	}
	return 1
}

func arrays(symbolic bool, depth int) *rapid.Generator[any] {
	text := symbols()
	if !symbolic {
		text = text.Filter(func(s wire.Symbol) bool { return s != "" })
	}
	g := append(sameArrays(leastText(symbolic)), arrayOf(nearTimes()), arrayOf(uuids()), arrayOf(text),
		rapid.Map(rapid.SliceOfN(rapid.Uint8(), 0, 5), func(b []uint8) any {
			a := wire.Array{Of: wire.TypeUbyte, Elems: []any{}}
			for _, v := range b {
				a.Elems = append(a.Elems, v)
			}
			return a
		}))
	if depth > 0 {
		g = append(g, rapid.Map(rapid.SliceOfN(maps(symbolic, depth-1), 0, 3), func(ms []wire.Map) any {
			a := wire.Array{Of: wire.TypeMap, Elems: []any{}}
			for _, m := range ms {
				a.Elems = append(a.Elems, m)
			}
			return a
		}))
	}
	return rapid.OneOf(g...)
}

func values(symbolic bool, depth int) *rapid.Generator[any] {
	if depth == 0 {
		return simples(symbolic)
	}
	return rapid.OneOf(simples(symbolic), arrays(symbolic, depth-1), asAny(lists(symbolic, depth-1)), asAny(maps(symbolic, depth-1)),
		describedValues(symbolic, depth-1))
}

func lists(symbolic bool, depth int) *rapid.Generator[wire.List] {
	return rapid.Map(rapid.SliceOfN(values(symbolic, depth), 0, 4), func(l []any) wire.List { return append(wire.List{}, l...) })
}

// describedValues draws descriptors that mean nothing to go-amqp.
func describedValues(symbolic bool, depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		d := wire.Described{Descriptor: rapid.Uint64Min(256).Draw(t, "descriptor"), Value: values(symbolic, depth).Draw(t, "value")}
		if symbolic && rapid.Bool().Draw(t, "symbolic") {
			d.Descriptor = symbols().Draw(t, "descriptor")
		}
		return d
	})
}

// maps draws maps with keys of any types that Go's maps can have.
func maps(symbolic bool, depth int) *rapid.Generator[wire.Map] {
	return rapid.Custom(func(t *rapid.T) wire.Map {
		keys := asAny(rapid.String())
		if rapid.Bool().Draw(t, "mixed") {
			keys = simples(symbolic)
		}
		m := wire.Map{}
		for range rapid.IntRange(0, 4).Draw(t, "entries") {
			switch k := keys.Draw(t, "key").(type) {
			case nil, []byte:
			case float32:
				m.Set(k+0, values(symbolic, depth).Draw(t, "value")) // no two zeros
			case float64:
				m.Set(k+0, values(symbolic, depth).Draw(t, "value"))
			default:
				m.Set(k, values(symbolic, depth).Draw(t, "value"))
			}
		}
		return m
	})
}

// ours draws a message.
func ours(symbolic bool) *rapid.Generator[*container.Message] {
	return rapid.Custom(func(t *rapid.T) *container.Message {
		m := new(container.Message)
		if rapid.Bool().Draw(t, "header") {
			m.SetDurable(rapid.Bool().Draw(t, "durable"))
			m.SetPriority(rapid.Uint8().Draw(t, "priority"))
			if rapid.Bool().Draw(t, "ttl") {
				m.SetTTL(rapid.Uint32Min(1).Draw(t, "milliseconds"))
			}
			m.SetFirstAcquirer(rapid.Bool().Draw(t, "first"))
			m.SetDeliveryCount(rapid.Uint32().Draw(t, "count"))
		}
		for _, to := range []*wire.Map{&m.DeliveryAnnotations, &m.MessageAnnotations, &m.Footer} {
			if rapid.Bool().Draw(t, "annotations") {
				*to = wire.Map{}
				for range rapid.IntRange(0, 3).Draw(t, "n") {
					to.Set(symbols().Draw(t, "key"), values(symbolic, 2).Draw(t, "value"))
				}
			}
		}
		if rapid.Bool().Draw(t, "properties") {
			m.Properties = ourProperties(t)
		}
		if rapid.Bool().Draw(t, "application properties") {
			m.ApplicationProperties = wire.Map{}
			for range rapid.IntRange(0, 5).Draw(t, "n") {
				m.SetProperty(rapid.String().Draw(t, "key"), simples(symbolic).Draw(t, "value"))
			}
		}
		switch rapid.IntRange(0, 3).Draw(t, "body") {
		case 0:
			m.Data = rapid.SliceOfN(binaries(), 1, 3).Draw(t, "data")
		case 1:
			m.Value, m.HasValue = values(symbolic, 3).Draw(t, "value"), true
		case 2:
			m.Sequence = []wire.List{}
			for range rapid.IntRange(1, 3).Draw(t, "sequences") {
				m.Sequence = append(m.Sequence, lists(symbolic, 2).Draw(t, "sequence"))
			}
		}
		return m
	})
}

func ourProperties(t *rapid.T) *wire.Properties {
	p := new(wire.Properties)
	for _, to := range []*wire.Optional[string]{&p.To, &p.Subject, &p.ReplyTo, &p.GroupID, &p.ReplyToGroupID} {
		if rapid.Bool().Draw(t, "text") {
			*to = wire.Some(rapid.String().Draw(t, "text"))
		}
	}
	for _, to := range []*any{&p.MessageID, &p.CorrelationID} {
		ids := rapid.OneOf(rapid.Just[any](nil), asAny(uuids()), asAny(rapid.Uint64()), asAny(rapid.String()), asAny(binaries()))
		*to = ids.Draw(t, "id")
	}
	for _, to := range []*wire.Optional[wire.Symbol]{&p.ContentType, &p.ContentEncoding} {
		if rapid.Bool().Draw(t, "symbol") {
			*to = wire.Some(symbols().Draw(t, "symbol"))
		}
	}
	for _, to := range []*wire.Optional[wire.Timestamp]{&p.AbsoluteExpiryTime, &p.CreationTime} {
		if rapid.Bool().Draw(t, "timestamp") {
			*to = wire.Some(timestamps().Draw(t, "timestamp"))
		}
	}
	if rapid.Bool().Draw(t, "user-id") {
		p.UserID = rapid.SliceOfN(rapid.Byte(), 1, 5).Draw(t, "user-id")
	}
	if rapid.Bool().Draw(t, "group-sequence") {
		p.GroupSequence = wire.Some(rapid.Uint32().Draw(t, "group-sequence"))
	}
	return p
}

// theirs draws a message of go-amqp, independently of the conversion. The values
// are in the form that ToGoAMQP gives them.
func theirs() *rapid.Generator[*amqp.Message] {
	return rapid.Custom(func(t *rapid.T) *amqp.Message {
		m := new(amqp.Message)
		if rapid.Bool().Draw(t, "header") {
			m.Header = &amqp.MessageHeader{
				Durable: rapid.Bool().Draw(t, "durable"), Priority: rapid.Uint8().Draw(t, "priority"),
				TTL:           time.Duration(rapid.Uint32().Draw(t, "milliseconds")) * time.Millisecond,
				FirstAcquirer: rapid.Bool().Draw(t, "first"), DeliveryCount: rapid.Uint32().Draw(t, "count"),
			}
		}
		for _, to := range []*amqp.Annotations{&m.DeliveryAnnotations, &m.Annotations, &m.Footer} {
			if rapid.Bool().Draw(t, "annotations") {
				*to = amqp.Annotations{}
				for range rapid.IntRange(0, 3).Draw(t, "n") {
					(*to)[ascii().Draw(t, "key")] = theirValues(2).Draw(t, "value")
				}
			}
		}
		if rapid.Bool().Draw(t, "properties") {
			m.Properties = theirProperties(t)
		}
		if rapid.Bool().Draw(t, "application properties") {
			m.ApplicationProperties = rapid.MapOfN(rapid.String(), theirSimples(), 0, 5).Draw(t, "application properties")
		}
		switch rapid.IntRange(0, 3).Draw(t, "body") {
		case 0:
			m.Data = rapid.SliceOfN(binaries(), 1, 3).Draw(t, "data")
		case 1:
			if m.Value = theirValues(3).Draw(t, "value"); m.Value == nil {
				m.Value = amqp.Null{}
			}
		case 2:
			m.Sequence = rapid.SliceOfN(rapid.SliceOfN(theirValues(2), 0, 3), 1, 3).Draw(t, "sequences")
		}
		return m
	})
}

func theirProperties(t *rapid.T) *amqp.MessageProperties {
	p := new(amqp.MessageProperties)
	for _, to := range []**string{&p.To, &p.Subject, &p.ReplyTo, &p.GroupID, &p.ReplyToGroupID} {
		*to = rapid.Ptr(rapid.String(), true).Draw(t, "text")
	}
	for _, to := range []*any{&p.MessageID, &p.CorrelationID} {
		ids := rapid.OneOf(rapid.Just[any](nil), asAny(theirUUIDs()), asAny(rapid.Uint64()), asAny(rapid.String()), asAny(binaries()))
		*to = ids.Draw(t, "id")
	}
	p.ContentType = rapid.Ptr(ascii(), true).Draw(t, "content-type")
	p.ContentEncoding = rapid.Ptr(ascii(), true).Draw(t, "content-encoding")
	p.AbsoluteExpiryTime = rapid.Ptr(times(), true).Draw(t, "absolute-expiry-time")
	p.CreationTime = rapid.Ptr(times(), true).Draw(t, "creation-time")
	p.GroupSequence = rapid.Ptr(rapid.Uint32(), true).Draw(t, "group-sequence")
	if rapid.Bool().Draw(t, "user-id") {
		p.UserID = rapid.SliceOfN(rapid.Byte(), 1, 5).Draw(t, "user-id")
	}
	return p
}

func times() *rapid.Generator[time.Time] { return rapid.Map(timestamps(), toTime) }

// nearTimes draws timestamps that go-amqp can encode in an array.
func nearTimes() *rapid.Generator[wire.Timestamp] {
	const limit = math.MaxInt64 / 1_000_000
	return rapid.Map(rapid.Int64Range(-limit, limit), func(v int64) wire.Timestamp { return wire.Timestamp(v) })
}

func theirUUIDs() *rapid.Generator[amqp.UUID] {
	return rapid.Map(uuids(), func(u wire.UUID) amqp.UUID { return amqp.UUID(u) })
}

func theirSymbols() *rapid.Generator[amqp.Symbol] {
	return rapid.Map(ascii(), func(s string) amqp.Symbol { return amqp.Symbol(s) })
}

func theirSimples() *rapid.Generator[any] {
	return rapid.OneOf(same(), same(), asAny(times()), asAny(theirUUIDs()), asAny(theirSymbols()))
}

func theirValues(depth int) *rapid.Generator[any] {
	if depth == 0 {
		return theirSimples()
	}
	key := rapid.OneOf(asAny(rapid.Int32()), asAny(theirSymbols()), asAny(times()), asAny(rapid.String()), asAny(rapid.Bool()))
	mixed := rapid.Map(rapid.MapOfN(key, theirValues(depth-1), 0, 3), func(m map[any]any) any {
		for k := range m {
			if _, ok := k.(string); !ok {
				return m
			}
		}
		return map[any]any{} // ToGoAMQP makes no map[any]any of strings alone
	})
	return rapid.OneOf(append(sameArrays(0), theirSimples(), theirSimples(), arrayOf(rapid.Map(nearTimes(), toTime)), arrayOf(theirUUIDs()), arrayOf(theirSymbols()),
		asAny(rapid.SliceOfN(theirValues(depth-1), 0, 3)), asAny(rapid.MapOfN(rapid.String(), theirValues(depth-1), 1, 3)), mixed,
		asAny(rapid.SliceOfN(rapid.MapOfN(key, theirSimples(), 0, 3), 0, 3)))...)
}
