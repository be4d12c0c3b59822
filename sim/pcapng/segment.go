package pcapng

import "encoding/binary"

// TCP flags (RFC 9293 §3.1).
const (
	flagFIN = 1 << iota
	flagSYN
	flagRST
	flagPSH
	flagACK
)

const (
	ipHeader   = 20
	tcpHeader  = 20
	window     = 1<<16 - 1
	protoTCP   = 6
	timeToLive = 64
)

// segment is a TCP segment in an IPv4 packet.
type segment struct {
	from, to         [4]byte
	fromPort, toPort uint16
	seq, ack         uint32
	flags            byte
	id               uint16 // of the packet
	payload          []byte // at most 65 495 octets
}

// append appends the packet, with correct checksums (RFC 791 §3.1, RFC 9293 §3.1).
func (s *segment) append(dst []byte) []byte {
	be := binary.BigEndian
	begin := len(dst)
	dst = append(dst, 4<<4|ipHeader/4, 0)
	dst = be.AppendUint16(dst, uint16(ipHeader+tcpHeader+len(s.payload)))
	dst = be.AppendUint16(dst, s.id)
	dst = be.AppendUint16(dst, 1<<14) // do not fragment
	dst = append(dst, timeToLive, protoTCP, 0, 0)
	dst = append(append(dst, s.from[:]...), s.to[:]...)
	be.PutUint16(dst[begin+10:], checksum(0, dst[begin:]))

	tcp := len(dst)
	dst = be.AppendUint16(dst, s.fromPort)
	dst = be.AppendUint16(dst, s.toPort)
	dst = be.AppendUint32(dst, s.seq)
	dst = be.AppendUint32(dst, s.ack)
	dst = append(dst, tcpHeader/4<<4, s.flags)
	dst = be.AppendUint16(dst, window)
	dst = append(dst, 0, 0, 0, 0) // checksum, urgent pointer
	dst = append(dst, s.payload...)
	pseudo := uint32(protoTCP + len(dst) - tcp)
	for _, ip := range [][4]byte{s.from, s.to} {
		pseudo += uint32(be.Uint16(ip[:])) + uint32(be.Uint16(ip[2:]))
	}
	be.PutUint16(dst[tcp+16:], checksum(pseudo, dst[tcp:]))
	return dst
}

// checksum is the Internet checksum (RFC 1071) of b after a sum so far.
func checksum(sum uint32, b []byte) uint16 {
	for ; len(b) >= 2; b = b[2:] {
		sum += uint32(b[0])<<8 | uint32(b[1])
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum > 1<<16-1 {
		sum = sum>>16 + sum&(1<<16-1)
	}
	return ^uint16(sum)
}
