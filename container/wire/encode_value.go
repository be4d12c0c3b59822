package wire

import (
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf8"
)

// AppendValue appends the smallest encoding of v to dst. The Go types are those that DecodeValue returns; besides
// them, int and uint are encoded as long and ulong, and composites such as *Error as the described lists they are.
// Untyped nil is null; a nil slice is an empty value of its type. The error is an *EncodeError for a Go type without
// AMQP counterpart, a string that is not UTF-8, a symbol that is not ASCII, a char that is no Unicode scalar value, a
// map with a null key or two equal ones, or an array whose elements are not of its type; dst is then returned as it was.
func AppendValue(dst []byte, v any) ([]byte, error) {
	n := len(dst)
	out, err := appendAny(dst, v)
	if err != nil {
		return dst[:n], err
	}
	return out, nil
}

// Validate returns the *EncodeError that encoding v would return, or nil.
// Containers call it on maps and strings of their users before they become part of a performative.
func Validate(v any) error {
	_, err := appendAny(nil, v)
	return err
}

func appendAny(dst []byte, v any) ([]byte, error) {
	if s, ok := v.(string); ok { // by far the most frequent
		return appendString(dst, s)
	}
	switch v := v.(type) {
	case nil:
		return append(dst, FormatNull), nil
	case bool:
		return appendBoolean(dst, v), nil
	case Symbol:
		return appendSymbol(dst, v)
	case []byte:
		return appendBinary(dst, v), nil
	case uint32:
		return appendUint(dst, v), nil
	case uint64:
		return appendUlong(dst, v), nil
	case int32:
		return appendInt(dst, v), nil
	case int64:
		return appendLong(dst, v), nil
	case uint8:
		return appendUbyte(dst, v), nil
	case uint16:
		return appendUshort(dst, v), nil
	case int8:
		return append(dst, FormatByte, byte(v)), nil
	case int16:
		return append(dst, FormatShort, byte(v>>8), byte(v)), nil
	case int:
		return appendLong(dst, int64(v)), nil
	case uint:
		return appendUlong(dst, uint64(v)), nil
	case Timestamp:
		return appendTimestamp(dst, v), nil
	case UUID:
		return append(append(dst, FormatUUID), v[:]...), nil
	case Map:
		return appendMap(dst, v, keyAny)
	case List:
		return appendList(dst, v)
	case Described:
		return appendDescribed(dst, v)
	}
	return appendRare(dst, v)
}

func appendRare(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case float32:
		return binary.BigEndian.AppendUint32(append(dst, FormatFloat), math.Float32bits(v)), nil
	case float64:
		return binary.BigEndian.AppendUint64(append(dst, FormatDouble), math.Float64bits(v)), nil
	case Decimal32:
		return binary.BigEndian.AppendUint32(append(dst, FormatDecimal32), uint32(v)), nil
	case Decimal64:
		return binary.BigEndian.AppendUint64(append(dst, FormatDecimal64), uint64(v)), nil
	case Decimal128:
		return append(append(dst, FormatDecimal128), v[:]...), nil
	case Char:
		if !utf8.ValidRune(rune(v)) {
			return dst, errNotChar
		}
		return binary.BigEndian.AppendUint32(append(dst, FormatChar), uint32(v)), nil
	case []any:
		return appendList(dst, v)
	case Composite:
		return v.appendTo(dst)
	}
	return appendArrayOf(dst, v)
}

func noEncoding(v any) error {
	return &EncodeError{fmt.Sprintf("%T", v), "the Go type stands for no AMQP type"}
}

// appendDescribed appends 0x00, the descriptor and the value.
func appendDescribed(dst []byte, v Described) ([]byte, error) {
	dst, err := appendAny(append(dst, FormatDescribed), v.Descriptor)
	if err != nil {
		return dst, err
	}
	return appendAny(dst, v.Value)
}

func appendList(dst []byte, l List) ([]byte, error) {
	if len(l) == 0 {
		return append(dst, FormatList0), nil
	}
	dst, start := openCompound(dst, FormatList8)
	var err error
	for _, v := range l {
		if dst, err = appendAny(dst, v); err != nil {
			return dst, err
		}
	}
	return closeCompound(dst, start, len(l)), nil
}

// appendMap appends m and checks its keys and values against the rule.
func appendMap(dst []byte, m Map, rule mapRule) (_ []byte, err error) {
	dst, start := openCompound(dst, FormatMap8)
	var seen keySet
	for i := range m {
		e := &m[i]
		hash := uint32(0)
		if k, ok := e.Key.(string); ok && rule&stringKeys != 0 {
			hash = textHash(k)
			dst, err = appendString(dst, k)
		} else if hash, ok = rule.admit(e.Key); ok {
			dst, err = appendAny(dst, e.Key)
		} else {
			err = &EncodeError{"map", rule.keyReason()}
		}
		if err != nil {
			return dst, err
		}
		if seen.add(i, hash) && seen.duplicate(m[:i], e.Key) {
			return dst, errEqualKeys
		}
		if v, ok := e.Value.(string); ok {
			if dst, err = appendString(dst, v); err != nil {
				return dst, err
			}
			continue
		}
		at := len(dst)
		if dst, err = appendAny(dst, e.Value); err != nil {
			return dst, err
		}
		if rule.forbidsValue(dst[at]) {
			return dst, errNotSimple
		}
	}
	return closeCompound(dst, start, 2*len(m)), nil
}

var (
	errEqualKeys = &EncodeError{"map", "two keys are equal"}
	errNotSimple = &EncodeError{"map", simpleReason}
)

// openCompound appends an 8-bit compound constructor with room for size and count.
func openCompound(dst []byte, c8 byte) ([]byte, int) {
	return append(dst, c8, 0, 0), len(dst)
}

// closeCompound fills in size and count of the compound whose format code stands at start, widening it to the 32-bit
// form if either does not fit into one octet.
func closeCompound(dst []byte, start, count int) []byte {
	size := len(dst) - start - 2 // the count is part of the size (§1.2.3)
	if size <= 0xff && count <= 0xff {
		dst[start+1], dst[start+2] = byte(size), byte(count)
		return dst
	}
	return widenCompound(dst, start, count)
}

func widenCompound(dst []byte, start, count int) []byte {
	dst = append(dst, 0, 0, 0, 0, 0, 0)
	copy(dst[start+9:], dst[start+3:])
	dst[start] += FormatList32 - FormatList8 // also map8 → map32 and array8 → array32
	binary.BigEndian.PutUint32(dst[start+1:], size32(len(dst)-start-5))
	binary.BigEndian.PutUint32(dst[start+5:], size32(count))
	return dst
}
