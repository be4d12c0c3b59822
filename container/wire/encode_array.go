package wire

import (
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// Arrays carry one constructor for all elements. It is the smallest one that suits every element, except that none of
// zero width is chosen where another one exists: some peers refuse such arrays (§1.6.24 leaves the choice).

// appendArrayOf appends a Go slice that stands for an array, or an Array.
func appendArrayOf(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case []Symbol:
		return appendSymbols(dst, v)
	case []string:
		return appendStrings(dst, v)
	case [][]byte:
		return appendBinaries(dst, v), nil
	case []bool:
		return fixedArray(dst, FormatBoolean, v, func(dst []byte, x bool) []byte {
			return append(dst, appendBoolean(nil, x)[0]&1)
		}), nil
	case []Array:
		return dst, noEncoding(v)
	case Array:
		return appendArray(dst, v)
	case []Char:
		for _, c := range v {
			if !utf8.ValidRune(rune(c)) {
				return dst, errNotChar
			}
		}
		return fixedArray(dst, FormatChar, v, func(dst []byte, x Char) []byte {
			return binary.BigEndian.AppendUint32(dst, uint32(x))
		}), nil
	}
	return appendNumbers(dst, v)
}

// appendNumbers appends arrays of fixed-width numbers.
func appendNumbers(dst []byte, v any) ([]byte, error) {
	be := binary.BigEndian
	switch v := v.(type) {
	case []uint16:
		return fixedArray(dst, FormatUshort, v, be.AppendUint16), nil
	case []uint32:
		if allFit(v, func(x uint32) bool { return x <= 0xff }) {
			return fixedArray(dst, FormatSmallUint, v, func(dst []byte, x uint32) []byte { return append(dst, byte(x)) }), nil
		}
		return fixedArray(dst, FormatUint, v, be.AppendUint32), nil
	case []uint64:
		if allFit(v, func(x uint64) bool { return x <= 0xff }) {
			return fixedArray(dst, FormatSmallUlong, v, func(dst []byte, x uint64) []byte { return append(dst, byte(x)) }), nil
		}
		return fixedArray(dst, FormatUlong, v, be.AppendUint64), nil
	case []int8:
		return fixedArray(dst, FormatByte, v, func(dst []byte, x int8) []byte { return append(dst, byte(x)) }), nil
	case []int16:
		return fixedArray(dst, FormatShort, v, func(dst []byte, x int16) []byte { return be.AppendUint16(dst, uint16(x)) }), nil
	case []int32:
		if allFit(v, func(x int32) bool { return x == int32(int8(x)) }) {
			return fixedArray(dst, FormatSmallInt, v, func(dst []byte, x int32) []byte { return append(dst, byte(x)) }), nil
		}
		return fixedArray(dst, FormatInt, v, func(dst []byte, x int32) []byte { return be.AppendUint32(dst, uint32(x)) }), nil
	case []int64:
		if allFit(v, func(x int64) bool { return x == int64(int8(x)) }) {
			return fixedArray(dst, FormatSmallLong, v, func(dst []byte, x int64) []byte { return append(dst, byte(x)) }), nil
		}
		return fixedArray(dst, FormatLong, v, func(dst []byte, x int64) []byte { return be.AppendUint64(dst, uint64(x)) }), nil
	case []Timestamp:
		return fixedArray(dst, FormatTimestamp, v, func(dst []byte, x Timestamp) []byte { return be.AppendUint64(dst, uint64(x)) }), nil
	case []UUID:
		return fixedArray(dst, FormatUUID, v, func(dst []byte, x UUID) []byte { return append(dst, x[:]...) }), nil
	}
	return appendReals(dst, v)
}

// appendReals appends arrays of floating point and decimal numbers.
func appendReals(dst []byte, v any) ([]byte, error) {
	be := binary.BigEndian
	switch v := v.(type) {
	case []float32:
		return fixedArray(dst, FormatFloat, v, func(dst []byte, x float32) []byte {
			return be.AppendUint32(dst, math.Float32bits(x))
		}), nil
	case []float64:
		return fixedArray(dst, FormatDouble, v, func(dst []byte, x float64) []byte {
			return be.AppendUint64(dst, math.Float64bits(x))
		}), nil
	case []Decimal32:
		return fixedArray(dst, FormatDecimal32, v, func(dst []byte, x Decimal32) []byte { return be.AppendUint32(dst, uint32(x)) }), nil
	case []Decimal64:
		return fixedArray(dst, FormatDecimal64, v, func(dst []byte, x Decimal64) []byte { return be.AppendUint64(dst, uint64(x)) }), nil
	case []Decimal128:
		return fixedArray(dst, FormatDecimal128, v, func(dst []byte, x Decimal128) []byte { return append(dst, x[:]...) }), nil
	}
	return dst, noEncoding(v)
}

func allFit[T any](v []T, fits func(T) bool) bool {
	for _, x := range v {
		if !fits(x) {
			return false
		}
	}
	return true
}

// fixedArray appends an array of elements that cannot fail.
func fixedArray[T any](dst []byte, c byte, v []T, put func([]byte, T) []byte) []byte {
	dst, start := openCompound(dst, FormatArray8)
	dst = append(dst, c)
	for _, x := range v {
		dst = put(dst, x)
	}
	return closeCompound(dst, start, len(v))
}

func appendSymbols(dst []byte, v []Symbol) ([]byte, error) {
	for _, s := range v {
		if !isASCII(string(s)) {
			return dst, errNotASCII
		}
	}
	return appendTexts(dst, FormatSymbol8, FormatSymbol32, v), nil
}

func appendStrings(dst []byte, v []string) ([]byte, error) {
	for _, s := range v {
		if !utf8.ValidString(s) {
			return dst, errNotUTF8
		}
	}
	return appendTexts(dst, FormatString8, FormatString32, v), nil
}

func appendBinaries(dst []byte, v [][]byte) []byte {
	return appendTexts(dst, FormatBinary8, FormatBinary32, v)
}

// appendTexts appends an array of variable-width elements, of width 32 if one of them needs it.
func appendTexts[T ~string | ~[]byte](dst []byte, c8, c32 byte, v []T) []byte {
	if !allFit(v, func(x T) bool { return len(x) <= 0xff }) {
		return fixedArray(dst, c32, v, func(dst []byte, x T) []byte {
			return append(binary.BigEndian.AppendUint32(dst, size32(len(x))), x...)
		})
	}
	return fixedArray(dst, c8, v, func(dst []byte, x T) []byte { return append(append(dst, byte(len(x))), x...) })
}

// appendArray appends an Array: its elements are encoded one by one with the widest constructor that any of them
// takes.
func appendArray(dst []byte, a Array) ([]byte, error) {
	dst, start := openCompound(dst, FormatArray8)
	var err error
	for _, descriptor := range a.Descriptors {
		if dst, err = appendAny(append(dst, FormatDescribed), descriptor); err != nil {
			return dst, err
		}
	}
	c, err := elementFormat(a)
	if err != nil {
		return dst, err
	}
	dst = append(dst, c)
	for _, v := range a.Elems {
		if dst, err = appendElement(dst, c, v); err != nil {
			return dst, err
		}
	}
	return closeCompound(dst, start, len(a.Elems)), nil
}

// narrow holds the narrowest format of each type that is not of zero width, where there is such a one.
var narrow = [...]byte{
	TypeNull: FormatNull, TypeBoolean: FormatBoolean, TypeUbyte: FormatUbyte, TypeUshort: FormatUshort,
	TypeUint: FormatSmallUint, TypeUlong: FormatSmallUlong, TypeByte: FormatByte, TypeShort: FormatShort,
	TypeInt: FormatSmallInt, TypeLong: FormatSmallLong, TypeFloat: FormatFloat, TypeDouble: FormatDouble,
	TypeDecimal32: FormatDecimal32, TypeDecimal64: FormatDecimal64, TypeDecimal128: FormatDecimal128,
	TypeChar: FormatChar, TypeTimestamp: FormatTimestamp, TypeUUID: FormatUUID, TypeBinary: FormatBinary8,
	TypeString: FormatString8, TypeSymbol: FormatSymbol8, TypeList: FormatList8, TypeMap: FormatMap8,
	TypeArray: FormatArray8,
}

// wide maps a narrow format to the wide one of the same type.
func wide(c byte) byte {
	switch c {
	case FormatSmallUint:
		return FormatUint
	case FormatSmallUlong:
		return FormatUlong
	case FormatSmallInt:
		return FormatInt
	case FormatSmallLong:
		return FormatLong
	case FormatBinary8, FormatString8, FormatSymbol8, FormatList8, FormatMap8, FormatArray8:
		return c + (FormatBinary32 - FormatBinary8)
	}
	return c
}

// elementFormat returns the constructor for all elements of the array, after checking that they are of its type.
func elementFormat(a Array) (byte, error) {
	if int(a.Of) >= len(narrow) {
		return 0, &EncodeError{"array", "its element type is unknown"}
	}
	c := narrow[a.Of]
	var scratch [64]byte
	for _, v := range a.Elems {
		b, err := appendAny(scratch[:0], v)
		if err != nil {
			return 0, err
		}
		f := &formats[b[0]]
		if b[0] == FormatDescribed || f.typ != a.Of {
			return 0, &EncodeError{"array", "an element is not of type " + a.Of.String()}
		}
		if b[0] == wide(narrow[a.Of]) {
			c = b[0]
		}
	}
	return c, nil
}

// appendElement appends v with format c but without its constructor.
func appendElement(dst []byte, c byte, v any) ([]byte, error) {
	start := len(dst)
	dst, err := appendAny(dst, v)
	if err != nil || dst[start] == c {
		return append(dst[:start], dst[min(start+1, len(dst)):]...), err
	}
	return reformat(dst, start, c), nil
}
