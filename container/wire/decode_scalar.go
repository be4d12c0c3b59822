package wire

import (
	"encoding/binary"
	"unicode/utf8"
)

// The readers of this file read one value of one primitive type, constructor included, and fail on any other type.

func (d *decoder) boolean() bool {
	if p := d.pos; p < len(d.b) {
		switch d.b[p] {
		case FormatTrue:
			d.pos = p + 1
			return true
		case FormatFalse:
			d.pos = p + 1
			return false
		case FormatBoolean:
			if p+1 < len(d.b) {
				return d.booleanOctet(p + 1)
			}
		}
	}
	d.wrong(TypeBoolean)
	return false
}

// booleanOctet reads the octet of the one-octet encoding, of which §1.6.2 defines 0x00 and 0x01 only.
func (d *decoder) booleanOctet(p int) bool {
	v := d.b[p]
	if v > 1 {
		d.fail(p, ConditionDecodeError, "boolean octet is neither 0x00 nor 0x01")
		return false
	}
	d.pos = p + 1
	return v == 1
}

func (d *decoder) ubyte() uint8 {
	if p := d.pos; p+1 < len(d.b) && d.b[p] == FormatUbyte {
		d.pos = p + 2
		return d.b[p+1]
	}
	d.wrong(TypeUbyte)
	return 0
}

func (d *decoder) ushort() uint16 {
	if p := d.pos; p+2 < len(d.b) && d.b[p] == FormatUshort {
		d.pos = p + 3
		return binary.BigEndian.Uint16(d.b[p+1:])
	}
	d.wrong(TypeUshort)
	return 0
}

func (d *decoder) uint() uint32 {
	if p := d.pos; p < len(d.b) {
		switch d.b[p] {
		case FormatSmallUint:
			if p+1 < len(d.b) {
				d.pos = p + 2
				return uint32(d.b[p+1])
			}
		case FormatUint0:
			d.pos = p + 1
			return 0
		case FormatUint:
			if p+4 < len(d.b) {
				d.pos = p + 5
				return binary.BigEndian.Uint32(d.b[p+1:])
			}
		}
	}
	d.wrong(TypeUint)
	return 0
}

func (d *decoder) ulong() uint64 {
	if p := d.pos; p < len(d.b) {
		switch d.b[p] {
		case FormatSmallUlong:
			if p+1 < len(d.b) {
				d.pos = p + 2
				return uint64(d.b[p+1])
			}
		case FormatUlong0:
			d.pos = p + 1
			return 0
		case FormatUlong:
			if p+8 < len(d.b) {
				d.pos = p + 9
				return binary.BigEndian.Uint64(d.b[p+1:])
			}
		}
	}
	d.wrong(TypeUlong)
	return 0
}

func (d *decoder) timestamp() Timestamp {
	if p := d.pos; p+8 < len(d.b) && d.b[p] == FormatTimestamp {
		d.pos = p + 9
		return Timestamp(binary.BigEndian.Uint64(d.b[p+1:]))
	}
	d.wrong(TypeTimestamp)
	return 0
}

// binary returns octets that alias the input; they are not nil, even if there are none.
func (d *decoder) binary() []byte { return d.octets(FormatBinary8, FormatBinary32, TypeBinary) }

// str reads a string; old is returned if it is equal, which saves the allocation.
func (d *decoder) str(old string) string {
	start := d.pos
	b := d.octets(FormatString8, FormatString32, TypeString)
	return d.text(start, b, old)
}

// sym reads a symbol; old is returned if it is equal, which saves the allocation.
func (d *decoder) sym(old Symbol) Symbol {
	start := d.pos
	b := d.octets(FormatSymbol8, FormatSymbol32, TypeSymbol)
	return d.ascii(start, b, old)
}

// octets reads a variable-width value whose constructor is c8 or c32. The result aliases the input.
func (d *decoder) octets(c8, c32 byte, want Type) []byte {
	if p := d.pos; p < len(d.b) {
		switch d.b[p] {
		case c8:
			if p+1 < len(d.b) {
				if end := p + 2 + int(d.b[p+1]); end <= len(d.b) {
					d.pos = end
					return d.b[p+2 : end : end]
				}
			}
		case c32:
			if p+4 < len(d.b) {
				n := uint64(binary.BigEndian.Uint32(d.b[p+1:]))
				if n <= uint64(len(d.b)-p-5) {
					d.pos = p + 5 + int(n)
					return d.b[p+5 : d.pos : d.pos]
				}
			}
		}
	}
	d.wrong(want)
	return nil
}

// text makes a string of b, the payload of the value at start, after checking that it is UTF-8 (§1.6.20).
func (d *decoder) text(start int, b []byte, old string) string {
	if string(b) == old {
		return old
	}
	v := string(b)
	if !isASCII(v) && !utf8.ValidString(v) {
		d.fail(start, ConditionDecodeError, "string is not UTF-8")
		return ""
	}
	return v
}

// ascii makes a symbol of b, the payload of the value at start, after checking that it is ASCII (§1.6.21).
func (d *decoder) ascii(start int, b []byte, old Symbol) Symbol {
	if string(b) == string(old) {
		return old
	}
	v := string(b)
	if !isASCII(v) {
		d.fail(start, ConditionDecodeError, "symbol is not ASCII")
		return ""
	}
	return Symbol(v)
}
