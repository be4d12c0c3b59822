package wire

import (
	"encoding/binary"
	"strconv"
)

// decoder reads one input from front to back. The first fault sticks: it empties the input, so that every later read
// fails without effect, and callers check err once at the end.
type decoder struct {
	b     []byte // the input, cut at the end of the innermost enclosing compound; nil after a fault
	pos   int    // next octet, counted from the start of the input
	depth int    // nesting that is still allowed
	zero  int    // zero-width array elements that are still allowed
	code  Code   // composite being decoded, for the error
	field int    // its field, -1 for none
	err   *DecodeError
}

// init readies a zero decoder.
func (d *decoder) init(b []byte, lim *Limits) {
	d.b, d.depth, d.zero, d.field = b, lim.maxDepth(), lim.maxZeroWidth(), -1
}

// result returns the fault as an error, avoiding a non-nil error that holds a nil pointer.
func (d *decoder) result() error {
	if d.err == nil {
		return nil
	}
	return d.err
}

// fail records the first fault and empties the input.
//
//go:noinline
func (d *decoder) fail(at int, condition Symbol, reason string) {
	if d.err == nil {
		d.err = &DecodeError{Offset: at, Reason: reason, Condition: condition}
		d.err.Type, d.err.Field = fieldName(d.code, d.field)
	}
	d.b, d.pos = nil, 0
}

// wrong fails because the octets at pos are not a value of the wanted type.
//
//go:noinline
func (d *decoder) wrong(want Type) {
	if d.pos >= len(d.b) {
		d.fail(d.pos, ConditionDecodeError, "input ends before "+want.String())
		return
	}
	c := d.b[d.pos]
	f := &formats[c]
	switch {
	case c == FormatDescribed:
		d.fail(d.pos, ConditionDecodeError, "want "+want.String()+", have a described value")
	case f.cat == unassigned:
		d.fail(d.pos, ConditionDecodeError, "want "+want.String()+", have unassigned format code "+hexByte(c))
	case f.typ == want:
		d.fail(d.pos, ConditionDecodeError, "input ends inside "+f.name)
	default:
		d.fail(d.pos, ConditionDecodeError, "want "+want.String()+", have "+f.name+" ("+hexByte(c)+")")
	}
}

// short fails because the value that starts at start needs more octets than there are.
func (d *decoder) short(what string, start int) {
	d.fail(start, ConditionDecodeError, "input ends inside "+what)
}

func hexByte(c byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{'0', 'x', digits[c>>4], digits[c&15]})
}

// enter counts one level of nesting; it fails and returns false if none is left. Each enter that returns true is
// followed by one leave.
func (d *decoder) enter(at int) bool {
	if d.depth == 0 {
		d.fail(at, ConditionResourceLimitExceeded, "values nest too deep")
		return false
	}
	d.depth--
	return true
}

func (d *decoder) leave() { d.depth++ }

// descriptor reads the 0x00 and the descriptor in front of a described value and returns its code, 0 for a descriptor
// that the specification does not define. Symbolic descriptors stand for numeric ones (§1.5).
func (d *decoder) descriptor() Code {
	if p := d.pos; p+2 < len(d.b) && d.b[p] == FormatDescribed && d.b[p+1] == FormatSmallUlong {
		d.pos = p + 3
		return Code(d.b[p+2])
	}
	return d.descriptorSlow()
}

func (d *decoder) descriptorSlow() Code {
	start := d.pos
	if start >= len(d.b) {
		d.fail(start, ConditionDecodeError, "input ends before a described value")
		return 0
	}
	if c := d.b[start]; c != FormatDescribed {
		d.fail(start, ConditionDecodeError, "want a described value, have "+describeFormat(c))
		return 0
	}
	d.pos++
	switch v := d.value(nil).(type) {
	case uint64:
		return Code(v)
	case Symbol:
		return codeOf(string(v))
	}
	return 0
}

func describeFormat(c byte) string {
	if f := &formats[c]; f.cat != unassigned {
		return f.name + " (" + hexByte(c) + ")"
	}
	return "unassigned format code " + hexByte(c)
}

// expect reads a descriptor and fails unless it is the wanted one.
func (d *decoder) expect(want Code) bool {
	start := d.pos
	if got := d.descriptor(); d.err != nil {
		return false
	} else if got != want {
		d.fail(start, ConditionDecodeError, "want "+want.String()+", have "+d.describeCode(got))
		return false
	}
	return true
}

// describeCode words a descriptor for a reason.
func (d *decoder) describeCode(c Code) string {
	if c == 0 {
		return "an unknown descriptor"
	}
	return "descriptor " + c.String()
}

// unknown fails because the descriptor in front of a value names no type that is allowed there: not-implemented for a
// descriptor that the specification does not define, decode-error for a type that has no business there.
func (d *decoder) unknown(at int, what string, got Code) {
	if d.err != nil {
		return
	}
	condition := ConditionNotImplemented
	if got.name() != "" {
		condition = ConditionDecodeError
	}
	d.fail(at, condition, d.describeCode(got)+" is no "+what)
}

// fields walks over the fields of one composite: described list, positional, trailing nulls left out (§1.4).
type fields struct {
	n     int    // elements in the list
	i     int    // next element
	seen  uint32 // fields that are present and not null
	outer []byte // the decoder's input around the list
	code  Code   // the decoder's composite around this one
	field int
}

// openFields reads the list constructor of a composite with at most max fields.
func (d *decoder) openFields(f *fields, code Code, max int) {
	f.code, f.field = d.code, d.field
	d.code, d.field = code, -1
	start := d.pos
	count, end := 0, 0
	b := d.b
	if p := start; p < len(b) {
		switch b[p] {
		case FormatList8:
			if p+3 <= len(b) {
				count, end = int(b[p+2]), p+2+int(b[p+1])
				d.pos = p + 3
			}
		case FormatList0:
			d.pos, end = p+1, p+1
		case FormatList32:
			if p+9 <= len(b) {
				count, end = d.bounds32(p+1, len(b))
				d.pos = p + 9
			}
		}
	}
	if d.pos == start {
		d.wrong(TypeList)
		return
	}
	if end < d.pos || end > len(b) {
		d.fail(start, ConditionDecodeError, "size of the list does not fit the input")
		return
	}
	if count > max {
		d.fail(start, ConditionDecodeError, "list has "+strconv.Itoa(count)+" fields, at most "+strconv.Itoa(max)+" are defined")
		return
	}
	f.n, f.outer = count, b
	d.b = b[:end]
}

// bounds32 reads 32-bit size and count at p and returns the count and the end of the compound, beyond limit if the
// size is too large for it.
func (d *decoder) bounds32(p, limit int) (count, end int) {
	size := uint64(binary.BigEndian.Uint32(d.b[p:]))
	n := binary.BigEndian.Uint32(d.b[p+4:])
	count = int(min(uint64(n), 1<<31-1))
	if size > uint64(limit) {
		return count, limit + 1
	}
	return count, p + 4 + int(size)
}

// next moves to the next field and reports whether it has a value.
func (d *decoder) next(f *fields) bool {
	i := f.i
	f.i++
	if i >= f.n {
		return false
	}
	d.field = i
	if d.pos < len(d.b) && d.b[d.pos] == FormatNull {
		d.pos++
		return false
	}
	f.seen |= 1 << i
	return true
}

// closeFields ends the composite: the list must be used up and the fields of the mask must have been present.
func (d *decoder) closeFields(f *fields, mandatory uint32) {
	if d.err == nil {
		if d.pos != len(d.b) {
			d.field = -1
			d.fail(d.pos, ConditionDecodeError, "octets after the last field")
		} else if missing := mandatory &^ f.seen; missing != 0 {
			d.missing(missing)
		} else {
			d.b = f.outer
		}
	}
	d.code, d.field = f.code, f.field
}

// missing fails because of the first field in the mask.
func (d *decoder) missing(mask uint32) {
	for i := 0; ; i++ {
		if mask&(1<<i) != 0 {
			d.field = i
			d.fail(d.pos, ConditionInvalidField, "mandatory field is null or absent")
			return
		}
	}
}

// invalid fails because a field's value lies outside the permitted ones.
func (d *decoder) invalid(at int, reason string) { d.fail(at, ConditionInvalidField, reason) }
