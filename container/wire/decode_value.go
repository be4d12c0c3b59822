package wire

import (
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// DecodeValue decodes the value at the start of b, described or not, and returns it with the number of octets it
// takes. Binary values alias b; everything else is the caller's. The error is a *DecodeError.
func DecodeValue(b []byte, lim Limits) (v any, n int, err error) {
	var d decoder
	d.init(b, &lim)
	v = d.value(nil)
	if d.err != nil {
		return nil, 0, d.err
	}
	return v, d.pos, nil
}

// value reads a value of any type. If old equals a decoded scalar it is returned in its place, and the memory of an
// old list or map is used again; so decoding similar values over and over allocates little.
func (d *decoder) value(old any) any {
	start := d.pos
	if start >= len(d.b) {
		d.fail(start, ConditionDecodeError, "input ends before a value")
		return nil
	}
	c := d.b[start]
	switch c {
	case FormatString8:
		if b := d.short8(start); b != nil {
			if o, ok := old.(string); ok && o == string(b) {
				d.pos = start + 2 + len(b)
				return old
			}
		}
	case FormatSymbol8:
		if b := d.short8(start); b != nil {
			if o, ok := old.(Symbol); ok && string(o) == string(b) {
				d.pos = start + 2 + len(b)
				return old
			}
		}
	case FormatDescribed:
		return d.described(start)
	}
	d.pos++
	return d.body(c, start, old)
}

// short8 returns the octets of the variable-width value with one octet of size that starts at start, nil if they are
// not all there.
func (d *decoder) short8(start int) []byte {
	if b := d.b[start:]; len(b) >= 2 && len(b)-2 >= int(b[1]) {
		return b[2 : 2+int(b[1])]
	}
	return nil
}

// described reads a descriptor and the value that it describes; the 0x00 stands at start.
func (d *decoder) described(start int) any {
	if !d.enter(start) {
		return nil
	}
	d.pos++
	descriptor := d.value(nil)
	v := d.value(nil)
	d.leave()
	if d.err != nil {
		return nil
	}
	return Described{descriptor, v}
}

// body reads the octets that follow the format code c of a value that starts at start; array elements come without a
// constructor of their own and are read here too.
func (d *decoder) body(c byte, start int, old any) any {
	f := &formats[c]
	switch f.cat {
	case fixed:
		b := d.take(int(f.width), f.name, start)
		if d.err != nil {
			return nil
		}
		return d.fixedValue(c, start, b, old)
	case variable:
		b := d.sized(int(f.width), f.name, start)
		if d.err != nil {
			return nil
		}
		return d.variableValue(f.typ, start, b, old)
	case compound:
		if f.typ == TypeMap {
			m, _ := old.(Map)
			return boxed(d, d.mapBody(f, start, keyAny, m), old)
		}
		l, _ := old.(List)
		return boxed(d, d.listBody(f, start, l), old)
	case array:
		return d.arrayBody(f, start)
	}
	d.fail(start, ConditionDecodeError, "unassigned format code "+hexByte(c))
	return nil
}

// boxed makes an interface of a compound value, nil after a fault.
func boxed[T any](d *decoder, v T, _ any) any {
	if d.err != nil {
		return nil
	}
	return v
}

// take returns the next n octets, which belong to the value that starts at start.
func (d *decoder) take(n int, what string, start int) []byte {
	if len(d.b)-d.pos < n {
		d.short(what, start)
		return nil
	}
	b := d.b[d.pos : d.pos+n : d.pos+n]
	d.pos += n
	return b
}

// sized reads a size of width octets and returns that many octets.
func (d *decoder) sized(width int, what string, start int) []byte {
	n := uint64(0)
	if h := d.take(width, what, start); width == 1 && h != nil {
		n = uint64(h[0])
	} else if h != nil {
		n = uint64(binary.BigEndian.Uint32(h))
	}
	if uint64(len(d.b)-d.pos) < n {
		d.short(what, start)
		return nil
	}
	return d.take(int(n), what, start)
}

// keep returns old if it holds v already, else a new interface.
func keep[T comparable](v T, old any) any {
	if o, ok := old.(T); ok && o == v {
		return old
	}
	return v
}

// fixedValue interprets the octets b of a fixed-width encoding.
func (d *decoder) fixedValue(c byte, start int, b []byte, old any) any {
	switch c {
	case FormatNull:
		return nil
	case FormatTrue:
		return true
	case FormatFalse:
		return false
	case FormatBoolean:
		return d.booleanOctet(d.pos - 1)
	case FormatUint0:
		return uint32(0)
	case FormatUlong0:
		return uint64(0)
	case FormatList0:
		return List{}
	case FormatUbyte:
		return b[0]
	case FormatByte:
		return int8(b[0])
	case FormatSmallUint:
		return uint32(b[0])
	case FormatSmallUlong:
		return uint64(b[0])
	case FormatSmallInt:
		return keep(int32(int8(b[0])), old)
	case FormatSmallLong:
		return keep(int64(int8(b[0])), old)
	case FormatUshort:
		return keep(binary.BigEndian.Uint16(b), old)
	case FormatShort:
		return keep(int16(binary.BigEndian.Uint16(b)), old)
	case FormatUint:
		return keep(binary.BigEndian.Uint32(b), old)
	case FormatInt:
		return keep(int32(binary.BigEndian.Uint32(b)), old)
	case FormatUlong:
		return keep(binary.BigEndian.Uint64(b), old)
	case FormatLong:
		return keep(int64(binary.BigEndian.Uint64(b)), old)
	case FormatTimestamp:
		return keep(Timestamp(binary.BigEndian.Uint64(b)), old)
	case FormatUUID:
		return keep(UUID(b), old)
	case FormatChar:
		return d.char(start, binary.BigEndian.Uint32(b))
	}
	return realValue(c, b)
}

// realValue interprets the octets of floating point and decimal encodings; their bits are kept, NaN payloads too.
func realValue(c byte, b []byte) any {
	switch c {
	case FormatFloat:
		return math.Float32frombits(binary.BigEndian.Uint32(b))
	case FormatDouble:
		return math.Float64frombits(binary.BigEndian.Uint64(b))
	case FormatDecimal32:
		return Decimal32(binary.BigEndian.Uint32(b))
	case FormatDecimal64:
		return Decimal64(binary.BigEndian.Uint64(b))
	case FormatDecimal128:
		return Decimal128(b)
	}
	panic("wire: format table and decoder disagree on " + hexByte(c))
}

// char checks that v is a Unicode scalar value: at most 0x10FFFF and no surrogate (§1.6.16).
func (d *decoder) char(start int, v uint32) any {
	if v > utf8.MaxRune || !utf8.ValidRune(rune(v)) {
		d.fail(start, ConditionDecodeError, "char is not a Unicode scalar value")
		return nil
	}
	return Char(v)
}

// variableValue makes a value of the octets b of a variable-width encoding.
func (d *decoder) variableValue(t Type, start int, b []byte, old any) any {
	switch t {
	case TypeBinary:
		return b
	case TypeString:
		o, ok := old.(string)
		if ok && string(b) == o {
			return old
		}
		if s := d.text(start, b, ""); d.err == nil {
			return s
		}
	default:
		o, ok := old.(Symbol)
		if ok && string(b) == string(o) {
			return old
		}
		if s := d.ascii(start, b, ""); d.err == nil {
			return s
		}
	}
	return nil
}

// compoundHeader reads size and count of a list, map or array and cuts the input at its end. It returns the input
// around it, to be restored by closeCompound.
func (d *decoder) compoundHeader(f *format, start int) (count int, outer []byte) {
	w := int(f.width)
	h := d.take(2*w, f.name, start)
	if d.err != nil {
		return 0, nil
	}
	size, n := uint64(0), uint64(0)
	if w == 1 {
		size, n = uint64(h[0]), uint64(h[1])
	} else {
		size, n = uint64(binary.BigEndian.Uint32(h)), uint64(binary.BigEndian.Uint32(h[4:]))
	}
	// The size counts the octets of the count (§1.2.3).
	if size < uint64(w) || size-uint64(w) > uint64(len(d.b)-d.pos) {
		d.fail(start, ConditionDecodeError, "size of "+f.name+" does not fit the input")
		return 0, nil
	}
	outer = d.b
	d.b = d.b[:d.pos+int(size)-w]
	return int(min(n, 1<<31-1)), outer
}

// closeCompound checks that the compound is used up and restores the input around it.
func (d *decoder) closeCompound(f *format, outer []byte) {
	if d.err != nil {
		return
	}
	if d.pos != len(d.b) {
		d.fail(d.pos, ConditionDecodeError, "octets after the last element of "+f.name)
		return
	}
	d.b = outer
}

// listBody reads a list after its format code into the memory of old.
func (d *decoder) listBody(f *format, start int, old List) List {
	if !d.enter(start) {
		return nil
	}
	defer d.leave()
	n, outer := d.compoundHeader(f, start)
	if n > len(d.b)-d.pos { // an element takes at least its constructor
		d.fail(start, ConditionDecodeError, "count of "+f.name+" does not fit its size")
	}
	if d.err != nil {
		return nil
	}
	l := old[:0]
	if cap(l) < n || l == nil {
		l = make(List, 0, n)
	}
	for i := 0; i < n && d.err == nil; i++ {
		var prev any
		if i < len(old) {
			prev = old[i]
		}
		l = append(l, d.value(prev))
	}
	d.closeCompound(f, outer)
	return l
}
