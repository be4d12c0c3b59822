package wire

import (
	"encoding/binary"
	"math"
)

// arrayBody reads an array after its format code: size, count, one constructor, bare elements (§1.6.24).
func (d *decoder) arrayBody(f *format, start int) any {
	if !d.enter(start) {
		return nil
	}
	defer d.leave()
	n, outer := d.compoundHeader(f, start)
	var descriptors []any
	for d.pos < len(d.b) && d.b[d.pos] == FormatDescribed && d.enter(d.pos) {
		d.pos++
		descriptors = append(descriptors, d.value(nil))
	}
	if d.pos >= len(d.b) {
		d.short(f.name, start)
		return nil
	}
	c := d.b[d.pos]
	d.pos++
	d.checkCount(c, start, n)
	if d.err != nil {
		return nil
	}
	v := d.elements(c, n, descriptors)
	d.depth += len(descriptors) // each was a level of nesting around all elements
	d.closeCompound(f, outer)
	if d.err != nil {
		return nil
	}
	return v
}

// checkCount fails unless the rest of the array can hold n elements of the format, before memory is taken for them.
func (d *decoder) checkCount(c byte, start, n int) {
	if d.err != nil {
		return
	}
	f := &formats[c]
	least := int(f.width)
	switch f.cat {
	case unassigned:
		d.fail(d.pos-1, ConditionDecodeError, "array of unassigned format code "+hexByte(c))
		return
	case compound, array:
		least *= 2
	case fixed:
		if f.width == 0 {
			if n > d.zero {
				d.fail(start, ConditionResourceLimitExceeded, "too many array elements of zero width")
				return
			}
			d.zero -= n
			return
		}
	}
	if uint64(n)*uint64(least) > uint64(len(d.b)-d.pos) {
		d.fail(start, ConditionDecodeError, "count of array does not fit its size")
	}
}

// elements reads n elements of format c into the Go type that stands for such an array.
func (d *decoder) elements(c byte, n int, descriptors []any) any {
	if descriptors == nil {
		switch formats[c].cat {
		case fixed:
			if v := d.fixedElements(c, n); v != nil {
				return v
			}
		case variable:
			return d.variableElements(c, n)
		}
	}
	a := Array{Of: formats[c].typ, Descriptors: descriptors, Elems: make([]any, 0, n)}
	for i := 0; i < n && d.err == nil; i++ {
		a.Elems = append(a.Elems, d.body(c, d.pos, nil))
	}
	return a
}

// fixedElements reads n elements of a fixed-width format, or returns nil for those that have no slice type.
func (d *decoder) fixedElements(c byte, n int) any {
	switch c {
	case FormatBoolean, FormatTrue, FormatFalse:
		return d.booleans(c, n)
	case FormatUint0:
		return make([]uint32, n)
	case FormatUlong0:
		return make([]uint64, n)
	case FormatUshort:
		return fixedSlice(d, n, 2, binary.BigEndian.Uint16)
	case FormatUint:
		return fixedSlice(d, n, 4, binary.BigEndian.Uint32)
	case FormatSmallUint:
		return fixedSlice(d, n, 1, func(b []byte) uint32 { return uint32(b[0]) })
	case FormatUlong:
		return fixedSlice(d, n, 8, binary.BigEndian.Uint64)
	case FormatSmallUlong:
		return fixedSlice(d, n, 1, func(b []byte) uint64 { return uint64(b[0]) })
	case FormatByte:
		return fixedSlice(d, n, 1, func(b []byte) int8 { return int8(b[0]) })
	case FormatShort:
		return fixedSlice(d, n, 2, func(b []byte) int16 { return int16(binary.BigEndian.Uint16(b)) })
	case FormatInt:
		return fixedSlice(d, n, 4, func(b []byte) int32 { return int32(binary.BigEndian.Uint32(b)) })
	case FormatSmallInt:
		return fixedSlice(d, n, 1, func(b []byte) int32 { return int32(int8(b[0])) })
	case FormatLong:
		return fixedSlice(d, n, 8, func(b []byte) int64 { return int64(binary.BigEndian.Uint64(b)) })
	case FormatSmallLong:
		return fixedSlice(d, n, 1, func(b []byte) int64 { return int64(int8(b[0])) })
	case FormatFloat:
		return fixedSlice(d, n, 4, func(b []byte) float32 { return math.Float32frombits(binary.BigEndian.Uint32(b)) })
	case FormatDouble:
		return fixedSlice(d, n, 8, func(b []byte) float64 { return math.Float64frombits(binary.BigEndian.Uint64(b)) })
	case FormatDecimal32:
		return fixedSlice(d, n, 4, func(b []byte) Decimal32 { return Decimal32(binary.BigEndian.Uint32(b)) })
	case FormatDecimal64:
		return fixedSlice(d, n, 8, func(b []byte) Decimal64 { return Decimal64(binary.BigEndian.Uint64(b)) })
	case FormatDecimal128:
		return fixedSlice(d, n, 16, func(b []byte) Decimal128 { return Decimal128(b) })
	case FormatTimestamp:
		return fixedSlice(d, n, 8, func(b []byte) Timestamp { return Timestamp(binary.BigEndian.Uint64(b)) })
	case FormatUUID:
		return fixedSlice(d, n, 16, func(b []byte) UUID { return UUID(b) })
	case FormatChar:
		return d.chars(n)
	}
	return nil
}

// fixedSlice reads n elements of width octets; checkCount has made sure that they are there.
func fixedSlice[T any](d *decoder, n, width int, get func([]byte) T) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = get(d.b[d.pos:])
		d.pos += width
	}
	return s
}

func (d *decoder) booleans(c byte, n int) []bool {
	s := make([]bool, n)
	for i := range s {
		if c != FormatBoolean {
			s[i] = c == FormatTrue
			continue
		}
		if s[i] = d.booleanOctet(d.pos); d.err != nil {
			return nil
		}
	}
	return s
}

func (d *decoder) chars(n int) []Char {
	s := make([]Char, n)
	for i := range s {
		v, _ := d.char(d.pos, binary.BigEndian.Uint32(d.b[d.pos:])).(Char)
		if d.err != nil {
			return nil
		}
		s[i] = v
		d.pos += 4
	}
	return s
}

// variableElements reads n elements of a variable-width format.
func (d *decoder) variableElements(c byte, n int) any {
	f := &formats[c]
	switch f.typ {
	case TypeBinary:
		return variableSlice(d, f, n, func(_ int, b []byte) []byte { return b })
	case TypeString:
		return variableSlice(d, f, n, func(at int, b []byte) string { return d.text(at, b, "") })
	default:
		return variableSlice(d, f, n, func(at int, b []byte) Symbol { return d.ascii(at, b, "") })
	}
}

func variableSlice[T any](d *decoder, f *format, n int, get func(at int, b []byte) T) []T {
	s := make([]T, 0, n)
	for i := 0; i < n && d.err == nil; i++ {
		at := d.pos
		if b := d.sized(int(f.width), f.name, at); d.err == nil {
			s = append(s, get(at, b))
		}
	}
	return s
}

// symbols reads a multiple symbol field: one symbol, or an array of them. An empty array is the same as null (§1.4),
// so the result is nil for it.
func (d *decoder) symbols() []Symbol {
	if d.pos < len(d.b) {
		start := d.pos
		if f := &formats[d.b[start]]; f.cat == array {
			d.pos++
			s, ok := d.arrayBody(f, start).([]Symbol)
			if !ok && d.err == nil {
				d.fail(start, ConditionDecodeError, "want an array of symbol")
			}
			if len(s) == 0 {
				return nil
			}
			return s
		}
	}
	if s := d.sym(""); d.err == nil {
		return []Symbol{s}
	}
	return nil
}
