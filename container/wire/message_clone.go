package wire

import "bytes"

// Clone returns a deep copy that shares nothing with m or with the octets it was decoded from, except what cannot be
// changed.
func (m *Message) Clone() *Message {
	c := &Message{
		DeliveryAnnotations:   m.DeliveryAnnotations.Clone(),
		MessageAnnotations:    m.MessageAnnotations.Clone(),
		ApplicationProperties: m.ApplicationProperties.Clone(),
		Value:                 CloneValue(m.Value),
		HasValue:              m.HasValue,
		Footer:                m.Footer.Clone(),
	}
	if m.Header != nil {
		h := *m.Header
		c.Header = &h
	}
	if m.Properties != nil {
		p := *m.Properties
		p.MessageID = CloneValue(p.MessageID)
		p.CorrelationID = CloneValue(p.CorrelationID)
		p.UserID = bytes.Clone(p.UserID)
		c.Properties = &p
	}
	if m.Data != nil {
		c.Data = cloneSlice(m.Data, bytes.Clone)
	}
	if m.Sequence != nil {
		c.Sequence = cloneSlice(m.Sequence, List.Clone)
	}
	return c
}

// Clone returns a deep copy; nil stays nil.
func (m Map) Clone() Map {
	if m == nil {
		return nil
	}
	return cloneSlice(m, func(e MapEntry) MapEntry { return MapEntry{CloneValue(e.Key), CloneValue(e.Value)} })
}

// Clone returns a deep copy; nil stays nil.
func (l List) Clone() List {
	if l == nil {
		return nil
	}
	return cloneSlice(l, CloneValue)
}

// CloneValue returns a deep copy of a value of the Go types that DecodeValue returns. Composites are not copied.
func CloneValue(v any) any {
	switch v := v.(type) {
	case []byte:
		return bytes.Clone(v)
	case Map:
		return v.Clone()
	case List:
		return v.Clone()
	case Described:
		return Described{CloneValue(v.Descriptor), CloneValue(v.Value)}
	case Array:
		return Array{v.Of, cloneSlice(v.Descriptors, CloneValue), cloneSlice(v.Elems, CloneValue)}
	case [][]byte:
		return cloneSlice(v, bytes.Clone)
	}
	return cloneArray(v)
}

// cloneArray copies slices of scalars; every other value cannot be changed and is returned as it is.
func cloneArray(v any) any {
	switch v := v.(type) {
	case []bool:
		return cloneScalars(v)
	case []uint16:
		return cloneScalars(v)
	case []uint32:
		return cloneScalars(v)
	case []uint64:
		return cloneScalars(v)
	case []int8:
		return cloneScalars(v)
	case []int16:
		return cloneScalars(v)
	case []int32:
		return cloneScalars(v)
	case []int64:
		return cloneScalars(v)
	case []float32:
		return cloneScalars(v)
	case []float64:
		return cloneScalars(v)
	case []Decimal32:
		return cloneScalars(v)
	case []Decimal64:
		return cloneScalars(v)
	case []Decimal128:
		return cloneScalars(v)
	case []Char:
		return cloneScalars(v)
	case []Timestamp:
		return cloneScalars(v)
	case []UUID:
		return cloneScalars(v)
	case []string:
		return cloneScalars(v)
	case []Symbol:
		return cloneScalars(v)
	}
	return v
}

func cloneScalars[T any](s []T) []T { return cloneSlice(s, func(v T) T { return v }) }

// cloneSlice copies a slice element by element; nil stays nil.
func cloneSlice[S ~[]T, T any](s S, clone func(T) T) S {
	if s == nil {
		return nil
	}
	c := make(S, len(s))
	for i, v := range s {
		c[i] = clone(v)
	}
	return c
}
