package wire

import "encoding/binary"

// The functions of this file append one value of one primitive type in its smallest encoding.

func appendBoolean(dst []byte, v bool) []byte {
	if v {
		return append(dst, FormatTrue)
	}
	return append(dst, FormatFalse)
}

func appendUbyte(dst []byte, v uint8) []byte { return append(dst, FormatUbyte, v) }

func appendUshort(dst []byte, v uint16) []byte {
	return append(dst, FormatUshort, byte(v>>8), byte(v))
}

func appendUint(dst []byte, v uint32) []byte {
	switch {
	case v == 0:
		return append(dst, FormatUint0)
	case v <= 0xff:
		return append(dst, FormatSmallUint, byte(v))
	}
	return append(dst, FormatUint, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
}

func appendUlong(dst []byte, v uint64) []byte {
	switch {
	case v == 0:
		return append(dst, FormatUlong0)
	case v <= 0xff:
		return append(dst, FormatSmallUlong, byte(v))
	}
	return binary.BigEndian.AppendUint64(append(dst, FormatUlong), v)
}

func appendInt(dst []byte, v int32) []byte {
	if v == int32(int8(v)) {
		return append(dst, FormatSmallInt, byte(v))
	}
	return binary.BigEndian.AppendUint32(append(dst, FormatInt), uint32(v))
}

func appendLong(dst []byte, v int64) []byte {
	if v == int64(int8(v)) {
		return append(dst, FormatSmallLong, byte(v))
	}
	return binary.BigEndian.AppendUint64(append(dst, FormatLong), uint64(v))
}

func appendTimestamp(dst []byte, v Timestamp) []byte {
	return binary.BigEndian.AppendUint64(append(dst, FormatTimestamp), uint64(v))
}

func appendBinary(dst, v []byte) []byte {
	return append(appendSize(dst, FormatBinary8, FormatBinary32, len(v)), v...)
}

func appendString(dst []byte, v string) ([]byte, error) {
	return appendText(dst, FormatString8, FormatString32, v)
}

func appendSymbol(dst []byte, v Symbol) ([]byte, error) {
	return appendText(dst, FormatSymbol8, FormatSymbol32, string(v))
}

var (
	errNotUTF8  = &EncodeError{"string", "it is not UTF-8"}
	errNotASCII = &EncodeError{"symbol", "it is not ASCII"}
	errNotChar  = &EncodeError{"char", "it is not a Unicode scalar value"}
)

// appendSize appends the shorter of two variable-width constructors with the size.
func appendSize(dst []byte, c8, c32 byte, n int) []byte {
	if n <= 0xff {
		return append(dst, c8, byte(n))
	}
	return binary.BigEndian.AppendUint32(append(dst, c32), size32(n))
}

// size32 asserts that a size or count can be encoded at all; four gibibytes in one value are a caller's bug.
func size32(n int) uint32 {
	if uint64(n) > 1<<32-1 {
		panic("wire: value is larger than 4 GiB")
	}
	return uint32(n)
}
