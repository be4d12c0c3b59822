package pcapng

import "encoding/binary"

// Block types and options of the format.
const (
	blockSection   = 0x0A0D0D0A
	blockInterface = 1
	blockNames     = 4
	blockPacket    = 6

	byteOrderMagic = 0x1A2B3C4D
	linkTypeRaw    = 101 // packets begin with the IP header
	snapLen        = 1 << 18

	optionEnd        = 0
	optionComment    = 1
	optionName       = 2 // of an interface
	optionResolution = 9 // of an interface
	recordEnd        = 0
	recordIPv4       = 1
)

var order = binary.LittleEndian

// appendBlock appends a block whose body is what fill appends.
func appendBlock(dst []byte, typ uint32, fill func([]byte) []byte) []byte {
	begin := len(dst)
	dst = order.AppendUint32(dst, typ)
	dst = order.AppendUint32(dst, 0)
	dst = fill(dst)
	n := uint32(len(dst) - begin + 4)
	order.PutUint32(dst[begin+4:], n)
	return order.AppendUint32(dst, n)
}

// appendOption appends an option, padded.
func appendOption(dst []byte, code uint16, value []byte) []byte {
	dst = order.AppendUint16(dst, code)
	dst = order.AppendUint16(dst, uint16(len(value)))
	return appendPadded(dst, value)
}

func appendOptionEnd(dst []byte) []byte { return order.AppendUint32(dst, optionEnd) }

// appendPadded appends b and zeros up to a multiple of four octets.
func appendPadded(dst, b []byte) []byte {
	dst = append(dst, b...)
	return append(dst, 0, 0, 0)[:len(dst)+(-len(b)&3)]
}

// appendHead appends the section header with a comment, and the interface.
func appendHead(dst []byte, comment string) []byte {
	dst = appendBlock(dst, blockSection, func(b []byte) []byte {
		b = order.AppendUint32(b, byteOrderMagic)
		b = order.AppendUint16(b, 1) // major version
		b = order.AppendUint16(b, 0)
		b = order.AppendUint64(b, ^uint64(0)) // length not given
		if comment != "" {
			b = appendOption(b, optionComment, []byte(comment[:min(len(comment), 1<<16-1)]))
		}
		return appendOptionEnd(b)
	})
	return appendBlock(dst, blockInterface, func(b []byte) []byte {
		b = order.AppendUint16(b, linkTypeRaw)
		b = order.AppendUint16(b, 0)
		b = order.AppendUint32(b, snapLen)
		b = appendOption(b, optionName, []byte("netsim"))
		b = appendOption(b, optionResolution, []byte{9})
		return appendOptionEnd(b)
	})
}

// appendNames appends the names of hosts, whose addresses are by index from first on.
func appendNames(dst []byte, first int, hosts []string) []byte {
	return appendBlock(dst, blockNames, func(b []byte) []byte {
		for i, name := range hosts {
			ip := address(first + i)
			b = appendOption(b, recordIPv4, append(append(ip[:], name...), 0))
		}
		return order.AppendUint32(b, recordEnd)
	})
}

// appendPacket appends a packet at a time in nanoseconds.
func appendPacket(dst []byte, at uint64, packet []byte) []byte {
	return appendBlock(dst, blockPacket, func(b []byte) []byte {
		b = order.AppendUint32(b, 0) // interface
		b = order.AppendUint32(b, uint32(at>>32))
		b = order.AppendUint32(b, uint32(at))
		b = order.AppendUint32(b, uint32(len(packet)))
		b = order.AppendUint32(b, uint32(len(packet)))
		return appendPadded(b, packet)
	})
}

// address returns the address of host number i.
func address(i int) [4]byte {
	i++
	return [4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}
}
