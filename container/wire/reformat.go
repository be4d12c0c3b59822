package wire

import "encoding/binary"

// reformat rewrites the value at dst[start:], in its smallest encoding, into the octets that follow format c of the
// same type, without the constructor. It widens only.
func reformat(dst []byte, start int, c byte) []byte {
	have := dst[start]
	to, from := &formats[c], &formats[have]
	body := append([]byte(nil), dst[start+1:]...)
	dst = dst[:start]
	switch {
	case to.cat == fixed:
		return appendFixed(dst, int(to.width), have, body)
	case to.cat == variable:
		if to.width == 4 {
			dst = binary.BigEndian.AppendUint32(dst, uint32(body[0]))
			return append(dst, body[1:]...)
		}
	case have == FormatList0:
		if to.width == 1 {
			return append(dst, 1, 0)
		}
		return append(dst, 0, 0, 0, 4, 0, 0, 0, 0)
	case from.width == 1 && to.width == 4:
		dst = binary.BigEndian.AppendUint32(dst, uint32(body[0])+3)
		dst = binary.BigEndian.AppendUint32(dst, uint32(body[1]))
		return append(dst, body[2:]...)
	}
	panic("wire: cannot write " + from.name + " as " + to.name)
}

// appendFixed appends the value of a small fixed encoding in width octets, extending the sign of signed ones.
func appendFixed(dst []byte, width int, have byte, body []byte) []byte {
	v := uint64(0)
	switch {
	case have == FormatTrue:
		v = 1
	case have == FormatSmallInt || have == FormatSmallLong:
		v = uint64(int64(int8(body[0])))
	case len(body) == 1:
		v = uint64(body[0])
	case len(body) > 1:
		panic("wire: " + hexByte(have) + " is not a small encoding")
	}
	for i := width - 1; i >= 0; i-- {
		dst = append(dst, byte(v>>(8*i)))
	}
	return dst
}
