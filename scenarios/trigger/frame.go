package trigger

import (
	"encoding/binary"

	"github.com/collider-amqp/collider/container/wire"
)

// headerSize is the size of a protocol header (§2.2) and of a frame's header (§2.3.1).
const headerSize = wire.FrameHeaderSize

// decide says whether the frame of the given size that begins with b is known by now
// and, if so, whether it fits.
func (c *condition) decide(b []byte, size uint64) (known, fits bool) {
	if len(b) < headerSize {
		return false, false
	}
	if string(b[:4]) == "AMQP" {
		return true, c.kind == header
	}
	amqp := wire.FrameType(b[5]) == wire.FrameAMQP
	body := uint64(b[4]) * 4
	switch {
	case c.kind == header, body < headerSize, body > size,
		!c.channel.fits(uint32(binary.BigEndian.Uint16(b[6:])), amqp):
		return true, false
	case c.kind == anyFrame:
		return true, true
	case c.kind == empty, body == size:
		return true, c.kind == empty && body == size && amqp
	case uint64(len(b)) <= body:
		return len(b) == maxBegin, false
	}
	r := reader{b: b[body:]}
	fits = c.decideBody(&r)
	if r.short && uint64(len(b)) < size && len(b) < maxBegin {
		return false, false
	}
	return true, fits && !r.short && !r.bad
}

// decideBody says whether the performative fits, as far as r has it.
func (c *condition) decideBody(r *reader) bool {
	if !r.described(c.code) {
		return false
	}
	if !c.handle.set && !c.delivery.set {
		return true
	}
	at := fieldsOf(c.code)
	var handle, first, last field
	for i, n := 0, r.list(); i < n && i <= max(at.handle, at.last); i++ {
		switch f := r.value(); {
		case i == at.handle:
			handle = f
		case i == at.first:
			first = f
			last = f
		case i == at.last && f.there:
			last = f
		}
	}
	if !c.handle.fits(handle.v, handle.there) {
		return false
	}
	// delivery-ids are serial numbers (§2.8.10)
	return !c.delivery.set || first.there && c.delivery.v-first.v <= last.v-first.v
}

// field is an unsigned number in a list.
type field struct {
	v     uint32
	there bool
}

// reader reads the beginning of a value. It is short if it has run out of bytes, and
// bad if they are none.
type reader struct {
	b          []byte
	short, bad bool
}

// take returns the next n bytes, nil if they are not there.
func (r *reader) take(n uint64) []byte {
	if r.short || r.bad || uint64(len(r.b)) < n {
		r.short = r.short || !r.bad
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

// octet returns the next one.
func (r *reader) octet() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

// uint returns the next number of so many octets.
func (r *reader) uint(octets uint64) (v uint64) {
	for _, o := range r.take(octets) {
		v = v<<8 | uint64(o)
	}
	return v
}

// described reports whether a described value with the descriptor follows, and reads
// up to the value (§1.2).
func (r *reader) described(code wire.Code) bool {
	if r.octet() != 0 {
		r.bad = !r.short
		return false
	}
	switch r.octet() {
	case 0x53: // smallulong
		return r.uint(1) == uint64(code) && !r.short
	case 0x80: // ulong
		return r.uint(8) == uint64(code) && !r.short
	case 0xa3: // sym8
		return string(r.take(r.uint(1))) == string(code.Symbol())
	case 0xb3: // sym32
		return string(r.take(r.uint(4))) == string(code.Symbol())
	}
	r.bad = !r.short
	return false
}

// list reads up to the first element of a list and returns the number of elements
// (§1.6.22).
func (r *reader) list() int {
	switch r.octet() {
	case 0x45:
		return 0
	case 0xc0:
		r.uint(1)
		return int(r.uint(1))
	case 0xd0:
		r.uint(4)
		return int(min(r.uint(4), maxBegin))
	}
	r.bad = !r.short
	return 0
}

// number reads an unsigned number of so many octets.
func (r *reader) number(octets uint64) field {
	v := uint32(r.uint(octets))
	return field{v, !r.short && !r.bad}
}

// value reads a value: an unsigned number, or another, which is skipped by the width
// that its constructor tells (§1.2).
func (r *reader) value() field {
	c := r.octet()
	switch c {
	case 0x43: // uint0
		return r.number(0)
	case 0x52: // smalluint
		return r.number(1)
	case 0x70: // uint
		return r.number(4)
	case 0x00: // described; or nothing is left
		if !r.short && !r.bad {
			r.value()
			r.value()
		}
		return field{}
	}
	switch c >> 4 {
	case 0x4:
	case 0x5, 0x6, 0x7, 0x8, 0x9:
		r.take(1 << (c>>4 - 5))
	case 0xa, 0xc, 0xe:
		r.take(r.uint(1))
	case 0xb, 0xd, 0xf:
		r.take(r.uint(4))
	default:
		r.bad = !r.short
	}
	return field{}
}
