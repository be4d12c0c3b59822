package wire

import "encoding/binary"

// RawValue is an encoded value whose parts can contradict each other.
//
// How it is laid out follows from the first digit of Format (§1.2): 4 to 9 are fixed and 0 is a descriptor (Items
// follow the format code as they are), A and B are variable (a size, then Items), C and D compound (size and count,
// then Items), E and F arrays (size, count, Constructor, then Items). Size and count have one octet if the digit is
// even, else four. Format codes that the specification does not assign follow the same rule.
type RawValue struct {
	// Format is the format code.
	Format byte
	// Size is the size field. Absent: the octets that really follow it. One octet holds its low octet only.
	Size Optional[uint32]
	// Count is the count field. Absent: the number of Items. One octet holds its low octet only.
	Count Optional[uint32]
	// Constructor is the element constructor of an array.
	Constructor []byte
	// Items are the encoded elements of a compound, the bare elements of an array, or the octets of another value.
	Items [][]byte
	// Trailing are octets after the last item that the size counts but the count does not.
	Trailing []byte
}

// Append appends the value to dst.
func (v *RawValue) Append(dst []byte) []byte {
	dst = append(dst, v.Format)
	start := len(dst)
	digit := v.Format >> 4
	width := 0
	switch {
	case digit >= 0xa && digit&1 == 0:
		width = 1
	case digit >= 0xa:
		width = 4
	}
	dst = append(dst, make([]byte, width)...)
	if digit >= 0xc {
		dst = putWidth(append(dst, make([]byte, width)...), len(dst), width, v.Count.Or(uint32(len(v.Items))))
		dst = append(dst, v.Constructor...)
	}
	for _, item := range v.Items {
		dst = append(dst, item...)
	}
	dst = append(dst, v.Trailing...)
	return putWidth(dst, start, width, v.Size.Or(size32(len(dst)-start-width)))
}

// putWidth writes n into the width octets at dst[at:].
func putWidth(dst []byte, at, width int, n uint32) []byte {
	switch width {
	case 1:
		dst[at] = byte(n)
	case 4:
		binary.BigEndian.PutUint32(dst[at:], n)
	}
	return dst
}

// AppendFormat appends v in the encoding of the format code, which must be one of v's type; elements inside v take
// their smallest encodings. The error is an *EncodeError: as of AppendValue, or because the encoding is of another
// type or too small for v.
func AppendFormat(dst []byte, format byte, v any) ([]byte, error) {
	n := len(dst)
	out, err := AppendValue(dst, v)
	if err != nil {
		return dst, err
	}
	have, want := &formats[out[n]], &formats[format]
	switch {
	case out[n] == format:
		return out, nil
	case out[n] == FormatDescribed || want.cat == unassigned || have.typ != want.typ:
		return dst[:n], &EncodeError{have.typ.String(), hexByte(format) + " is no encoding of it"}
	case have.width > want.width || want.width == 0:
		return dst[:n], &EncodeError{have.typ.String(), "it does not fit " + want.name}
	}
	// reformat drops the constructor; put the new one in front.
	out = append(out, 0)
	copy(out[n+1:], out[n:])
	out[n] = format
	return reformat(out, n+1, format), nil
}

// RawComposite is a composite as a descriptor and encoded fields, each of which can be replaced by anything.
type RawComposite struct {
	// Descriptor is the encoded descriptor, without the 0x00 in front of it.
	Descriptor []byte
	// Fields are the encoded fields; a null is one octet 0x40.
	Fields [][]byte
	// Format is the format code of the list. Zero: the smallest that fits.
	Format byte
	// Size, Count and Trailing are those of RawValue.
	Size     Optional[uint32]
	Count    Optional[uint32]
	Trailing []byte
}

// NewRawComposite takes a correct composite apart. The fields are as Append would write them.
func NewRawComposite(c Composite) *RawComposite {
	descriptor, _ := AppendValue(nil, uint64(c.Descriptor()))
	r := &RawComposite{Descriptor: descriptor}
	node, _, err := DecodeNode(c.Append(nil), Limits{MaxDepth: 1 << 30, MaxZeroWidth: 1 << 30})
	if err != nil {
		panic("wire: the encoder wrote what the decoder refuses: " + err.Error())
	}
	for _, field := range node.Items {
		r.Fields = append(r.Fields, field.Octets)
	}
	return r
}

// Symbolic replaces the descriptor by the symbolic form of the code (§1.5) and returns r.
func (r *RawComposite) Symbolic(c Code) *RawComposite {
	r.Descriptor, _ = AppendValue(nil, c.Symbol())
	return r
}

// Set replaces field i by encoded octets, filling up with nulls before it, and returns r.
func (r *RawComposite) Set(i int, encoded []byte) *RawComposite {
	for len(r.Fields) <= i {
		r.Fields = append(r.Fields, []byte{FormatNull})
	}
	r.Fields[i] = encoded
	return r
}

// Append appends the composite to dst.
func (r *RawComposite) Append(dst []byte) []byte {
	dst = append(append(dst, FormatDescribed), r.Descriptor...)
	v := RawValue{Format: r.Format, Size: r.Size, Count: r.Count, Items: r.Fields, Trailing: r.Trailing}
	if v.Format == 0 {
		size := len(r.Trailing)
		for _, f := range r.Fields {
			size += len(f)
		}
		switch {
		case size+1 > 0xff || len(r.Fields) > 0xff:
			v.Format = FormatList32
		case size == 0 && !r.Size.Set && !r.Count.Set:
			v.Format = FormatList0
		default:
			v.Format = FormatList8
		}
	}
	return v.Append(dst)
}
