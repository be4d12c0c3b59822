package wire

import (
	"encoding/binary"
	"slices"
	"unicode/utf8"
)

// Most strings of a message are short ASCII. One pass copies them by words and finds out whether they are ASCII, which
// takes less than half the time of checking first and copying then.

const highBits = 0x8080808080808080

// appendText appends v with the shorter of two constructors, after checking that it is UTF-8 if c8 is that of a string,
// ASCII else.
func appendText(dst []byte, c8, c32 byte, v string) ([]byte, error) {
	n, at := len(v), len(dst)
	if n > 0xff {
		return append(appendSize(dst, c8, c32, n), v...), checkText(c8, v)
	}
	if cap(dst)-at < n+2 {
		dst = slices.Grow(dst, n+2)
	}
	dst = dst[:at+n+2]
	dst[at], dst[at+1] = c8, byte(n)
	b := dst[at+2:]
	high := uint64(0)
	switch {
	case n >= 8:
		// The last word overlaps the one before it, so that there is no rest to copy octet by octet.
		high = load64(v[n-8:])
		binary.LittleEndian.PutUint64(b[n-8:], high)
		for i := 0; i+8 < n; i += 8 {
			w := load64(v[i : i+8])
			high |= w
			binary.LittleEndian.PutUint64(b[i:i+8], w)
		}
	case n >= 4:
		first, last := load32(v[:4]), load32(v[n-4:])
		binary.LittleEndian.PutUint32(b[:4], first)
		binary.LittleEndian.PutUint32(b[n-4:], last)
		high = uint64(first | last)
	default:
		for i := 0; i < n; i++ {
			high |= uint64(v[i])
			b[i] = v[i]
		}
	}
	if high&highBits == 0 {
		return dst, nil
	}
	return dst, checkText(c8, v)
}

// checkText checks a string (§1.6.20) or symbol (§1.6.21), of which c8 is a constructor.
func checkText(c8 byte, v string) error {
	switch {
	case c8 != FormatString8 && !isASCII(v):
		return errNotASCII
	case !utf8.ValidString(v):
		return errNotUTF8
	}
	return nil
}

// isASCII reports whether no octet of v has its high bit set.
func isASCII(v string) bool {
	n := len(v)
	high := uint64(0)
	i := 0
	for ; i+8 <= n; i += 8 {
		high |= load64(v[i : i+8])
	}
	for ; i < n; i++ {
		high |= uint64(v[i])
	}
	return high&highBits == 0
}

// load64 reads eight octets; the compiler makes one load of it.
func load64(v string) uint64 {
	_ = v[7]
	return uint64(v[0]) | uint64(v[1])<<8 | uint64(v[2])<<16 | uint64(v[3])<<24 |
		uint64(v[4])<<32 | uint64(v[5])<<40 | uint64(v[6])<<48 | uint64(v[7])<<56
}

// load32 reads four octets.
func load32(v string) uint32 {
	_ = v[3]
	return uint32(v[0]) | uint32(v[1])<<8 | uint32(v[2])<<16 | uint32(v[3])<<24
}
