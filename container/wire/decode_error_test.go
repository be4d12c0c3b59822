package wire

import (
	"fmt"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/container/wire/spec"
)

// TestValueErrors holds what is no value at all: where the fault is and what answers it.
func TestValueErrors(t *testing.T) {
	for _, row := range []struct {
		name   string
		bytes  string
		offset int
		reason string
	}{
		{"nothing", "", 0, "input ends before a value"},
		{"boolean octet 2", "56 02", 1, "boolean octet is neither 0x00 nor 0x01"},
		{"boolean octet in an array", "e0 04 02 56 00 02", 5, "boolean octet is neither 0x00 nor 0x01"},
		{"char surrogate", "73 00 00 d8 00", 0, "char is not a Unicode scalar value"},
		{"char beyond", "73 00 11 00 00", 0, "char is not a Unicode scalar value"},
		{"char negative", "73 ff ff ff ff", 0, "char is not a Unicode scalar value"},
		{"char in an array", "e0 06 01 73 00 00 df ff", 4, "char is not a Unicode scalar value"},
		{"string overlong", "a1 02 c0 80", 0, "string is not UTF-8"},
		{"string surrogate", "a1 03 ed a0 80", 0, "string is not UTF-8"},
		{"string truncated rune", "a1 01 c3", 0, "string is not UTF-8"},
		{"string lone continuation", "b1 00 00 00 01 80", 0, "string is not UTF-8"},
		{"long string", "a1 0a 61 61 61 61 61 61 61 61 61 ff", 0, "string is not UTF-8"},
		{"string in an array", "e0 04 01 a1 01 ff", 4, "string is not UTF-8"},
		{"symbol not ASCII", "a3 02 c3 a9", 0, "symbol is not ASCII"},
		{"symbol in an array", "e0 04 01 a3 01 80", 4, "symbol is not ASCII"},
		{"string too long", "a1 03 61 62", 0, "input ends inside str8-utf8"},
		{"string of 4 GiB", "b1 ff ff ff ff 61", 0, "input ends inside str32-utf8"},
		{"binary of 2 GiB", "b0 80 00 00 00", 0, "input ends inside vbin32"},
		{"fixed cut off", "80 00 00", 0, "input ends inside ulong"},
		{"size cut off", "b0 00 00", 0, "input ends inside vbin32"},
		{"descriptor missing", "00", 1, "input ends before a value"},
		{"described value missing", "00 53 01", 3, "input ends before a value"},
		{"list size 0", "c0 00 00", 0, "size of list8 does not fit the input"},
		{"list size too large", "c0 02 00", 0, "size of list8 does not fit the input"},
		{"list32 size 3", "d0 00 00 00 03 00 00 00", 0, "input ends inside list32"},
		{"list32 size too small", "d0 00 00 00 03 00 00 00 00", 0, "size of list32 does not fit the input"},
		{"list32 size 2^32-1", "d0 ff ff ff ff 00 00 00 00", 0, "size of list32 does not fit the input"},
		{"list count too large", "c0 02 02 40", 0, "count of list8 does not fit its size"},
		{"list count 2^32-1", "d0 00 00 00 05 ff ff ff ff 40", 0, "count of list32 does not fit its size"},
		{"list element cut off by the list", "c0 02 01 52 01", 3, "input ends inside smalluint"},
		{"list spare octet", "c0 03 01 40 40", 4, "octets after the last element of list8"},
		{"list count 0 with octets", "c0 02 00 40", 3, "octets after the last element of list8"},
		{"map odd", "c1 02 01 40", 0, "map has an odd number of elements"},
		{"map odd 3", "c1 04 03 43 40 40", 0, "map has an odd number of elements"},
		{"map null key", "c1 03 02 40 40", 3, "map key must not be null"},
		{"map spare octet", "c1 04 02 43 40 40", 5, "octets after the last element of map8"},
		{"map count too large", "c1 02 04 40", 0, "count of map8 does not fit its size"},
		{"array without constructor", "e0 01 00", 0, "input ends inside array8"},
		{"array descriptor cut off", "e0 02 00 00", 4, "input ends before a value"},
		{"array of an unassigned code", "e0 02 00 57", 3, "array of unassigned format code 0x57"},
		{"array count too large", "e0 03 02 52 01", 0, "count of array does not fit its size"},
		{"array count too small", "e0 04 01 52 01 01", 5, "octets after the last element of array8"},
		{"array of zero width with octets", "e0 03 01 41 00", 4, "octets after the last element of array8"},
		{"array32 count 2^32-1", "f0 00 00 00 06 ff ff ff ff 52 01", 0, "count of array does not fit its size"},
		{"array of lists, count too large", "e0 04 02 c0 01 00", 0, "count of array does not fit its size"},
		{"array element cut off", "e0 04 01 a3 02 61", 4, "input ends inside sym8"},
		{"array of arrays, inner cut off", "e0 04 01 e0 01 00", 4, "input ends inside array8"},
	} {
		t.Run(row.name, func(t *testing.T) {
			v, n, err := DecodeValue(octets(t, row.bytes), Limits{})
			e := wantDecodeError(t, err, ConditionDecodeError, row.offset)
			if e != nil && e.Reason != row.reason {
				t.Errorf("reason %q, want %q", e.Reason, row.reason)
			}
			if v != nil || n != 0 {
				t.Errorf("value %v, %d octets with the error", v, n)
			}
		})
	}
}

// TestUnassignedFormats: a code that §1.6 does not assign is no value, alone and inside compounds.
func TestUnassignedFormats(t *testing.T) {
	for c := range 256 {
		if c == 0 || spec.EncodingByCode(byte(c)) != nil {
			continue
		}
		pad := make([]byte, 300)
		for _, prefix := range [][]byte{{}, {FormatDescribed}, {FormatDescribed, FormatUlong0}, {FormatList8, 0xff, 1}} {
			_, _, err := DecodeValue(append(append(prefix, byte(c)), pad...), Limits{})
			e := wantDecodeError(t, err, ConditionDecodeError, len(prefix))
			if want := fmt.Sprintf("unassigned format code %#02x", c); e != nil && e.Reason != want {
				t.Errorf("reason %q, want %q", e.Reason, want)
			}
		}
	}
}

// TestPrefixes cuts every golden encoding at every octet: no prefix is a whole value.
func TestPrefixes(t *testing.T) {
	for _, rows := range [][]goldenValue{goldenScalars, goldenCompounds, goldenArrays} {
		for _, row := range rows {
			b := octets(t, row.bytes)
			for n := range b {
				if v, _, err := DecodeValue(b[:n:n], Limits{}); err == nil {
					t.Errorf("%s: the first %d octets %x decode to %v", row.name, n, b[:n], v)
				}
			}
		}
	}
	for _, row := range goldenComposites() {
		b := octets(t, row.bytes)
		for n := range b {
			if x, err := decodeComposite(b[:n:n], row.value); err == nil {
				t.Errorf("%s: the first %d octets %x decode to %+v", row.name, n, b[:n], x)
			}
		}
	}
}

// TestDuplicateKeys: §1.6.23 forbids two equal keys, however they are encoded and however large the map is.
func TestDuplicateKeys(t *testing.T) {
	for _, row := range []struct {
		name, bytes string
		offset      int
	}{
		{"strings", "c1 0d 04 a1 01 61 40 b1 00 00 00 01 61 40", 7},
		{"ulong, two widths", "c1 0e 04 53 07 40 80 00 00 00 00 00 00 00 07 40", 6},
		{"uint0", "c1 06 04 43 40 52 00 40", 5},
		{"booleans", "c1 06 04 41 40 56 01 40", 5},
		{"lists", "c1 07 04 45 40 c0 01 00 40", 5},
		{"binaries", "c1 08 04 a0 01 00 40 a0 01 00 40", 7},
		{"NaN with the same bits", "c1 0d 04 72 7f c0 00 00 40 72 7f c0 00 00 40", 9},
		{"described", "c1 0b 04 00 53 01 40 40 00 53 01 40 40", 8},
	} {
		b := octets(t, row.bytes)
		b[1] = byte(len(b) - 2)
		_, _, err := DecodeValue(b, Limits{})
		if e := wantDecodeError(t, err, ConditionDecodeError, row.offset); e != nil && e.Reason != "map has two equal keys" {
			t.Errorf("%s: %v", row.name, e)
		}
	}
	for _, pairs := range []int{2, 16, keySetLarge - 1, keySetLarge, keySetLarge + 1, 3 * keySetLarge} {
		for _, first := range []int{0, 1, pairs / 2} {
			m := RawValue{Format: FormatMap32}
			for i := range pairs {
				n := i
				if i == pairs-1 {
					n = first
				}
				m.Items = append(m.Items, encodedString(t, fmt.Sprint("key ", n)), []byte{FormatNull})
			}
			_, _, err := DecodeValue(m.Append(nil), Limits{})
			if duplicate := first != pairs-1; duplicate != (err != nil) {
				t.Errorf("%d pairs, the last key equal to key %d: %v", pairs, first, err)
			}
		}
	}
}

// wrongValues holds one value of each type.
func wrongValues(t *testing.T) map[string][]byte {
	return map[string][]byte{
		"boolean": {FormatTrue}, "ubyte": {FormatUbyte, 0}, "ushort": {FormatUshort, 0, 0}, "uint": {FormatUint0},
		"ulong": {FormatUlong0}, "byte": {FormatByte, 0}, "short": {FormatShort, 0, 0}, "int": {FormatSmallInt, 0},
		"long": {FormatSmallLong, 0}, "float": {FormatFloat, 0, 0, 0, 0}, "double": octets(t, "82 0000000000000000"),
		"decimal32": {FormatDecimal32, 0, 0, 0, 0}, "decimal64": octets(t, "84 0000000000000000"),
		"decimal128": octets(t, "94 0000000000000000 0000000000000000"), "char": {FormatChar, 0, 0, 0, 0},
		"timestamp": octets(t, "83 0000000000000000"), "uuid": octets(t, "98 0000000000000000 0000000000000000"),
		"binary": {FormatBinary8, 0}, "string": {FormatString8, 0}, "symbol": {FormatSymbol8, 0}, "list": {FormatList0},
		"map": {FormatMap8, 1, 0}, "array": {FormatArray8, 2, 0, FormatUint}, "described": {0, FormatSmallUlong, 0x99, FormatList0},
	}
}

// TestFieldTypes tries, for each field of each composite, a value of every type: only the field's own is accepted,
// and the error names the field.
func TestFieldTypes(t *testing.T) {
	values := wrongValues(t)
	for _, row := range fullRows() {
		typ := spec.ByCode(uint64(row.value.Descriptor()))
		for i, f := range typ.Fields {
			for name, encoded := range values {
				if fieldAccepts(f, name) {
					continue
				}
				b := NewRawComposite(row.value).Set(i, encoded).Append(nil)
				_, err := decodeComposite(b, row.value)
				e, ok := err.(*DecodeError)
				if !ok {
					t.Errorf("%s.%s accepts a %s", typ.Name, f.Name, name)
					continue
				}
				if e.Type != typ.Name || e.Field != f.Name {
					t.Errorf("%s.%s of type %s: error names %s.%s", typ.Name, f.Name, name, e.Type, e.Field)
				}
				unknown := name == "described" && f.Type == "*"
				if e.Condition != ConditionDecodeError && !(unknown && e.Condition == ConditionNotImplemented) {
					t.Errorf("%s.%s of type %s: %v", typ.Name, f.Name, name, e)
				}
			}
		}
	}
}

// fieldAccepts reports whether some value of the named type is a value of the field.
func fieldAccepts(f spec.Field, name string) bool {
	switch f.Requires {
	case "message-id":
		return name == "ulong" || name == "uuid" || name == "binary" || name == "string"
	case "address":
		return name == "string"
	case "txn-id":
		return name == "binary"
	case "global-tx-id":
		return true
	}
	return name == spec.Base(f.Type)
}

// fullRows returns the fullest golden row of each composite with fields.
func fullRows() []goldenComposite {
	best := map[Code]goldenComposite{}
	var codes []Code
	for _, row := range goldenComposites() {
		c := row.value.Descriptor()
		old, ok := best[c]
		if !ok {
			codes = append(codes, c)
		}
		if !ok || len(NewRawComposite(row.value).Fields) >= len(NewRawComposite(old.value).Fields) {
			best[c] = row
		}
	}
	var rows []goldenComposite
	for _, c := range codes {
		rows = append(rows, best[c])
	}
	return rows
}

// TestMandatoryFields leaves out each field, by null and by ending the list before it: §1.4 forbids it for the
// mandatory ones and allows it for the others.
func TestMandatoryFields(t *testing.T) {
	for _, row := range fullRows() {
		typ := spec.ByCode(uint64(row.value.Descriptor()))
		for i, f := range typ.Fields {
			check := func(how string, r *RawComposite, mandatory bool, name string) {
				_, err := decodeComposite(r.Append(nil), row.value)
				if !mandatory {
					if err != nil {
						t.Errorf("%s.%s %s: %v", typ.Name, f.Name, how, err)
					}
					return
				}
				e, ok := err.(*DecodeError)
				if !ok || e.Condition != ConditionInvalidField || e.Field != name || e.Type != typ.Name {
					t.Errorf("%s.%s %s: %v, want amqp:invalid-field for %s", typ.Name, f.Name, how, err, name)
				}
			}
			check("null", NewRawComposite(row.value).Set(i, []byte{FormatNull}), f.Mandatory, f.Name)
			short := NewRawComposite(row.value)
			short.Fields = short.Fields[:i]
			first, any := firstMandatory(typ, i)
			check("absent", short, any, first)
		}
	}
}

// firstMandatory returns the first mandatory field at or after i.
func firstMandatory(typ *spec.Type, i int) (name string, ok bool) {
	for _, f := range typ.Fields[i:] {
		if f.Mandatory {
			return f.Name, true
		}
	}
	return "", false
}

// TestCompositeShape breaks the list of each composite.
func TestCompositeShape(t *testing.T) {
	for _, row := range fullRows() {
		typ := spec.ByCode(uint64(row.value.Descriptor()))
		for how, change := range map[string]func(*RawComposite){
			"a field too many":   func(r *RawComposite) { r.Set(len(typ.Fields), []byte{FormatNull}) },
			"a map":              func(r *RawComposite) { r.Format = FormatMap8; r.Fields = r.Fields[:0] },
			"an array":           func(r *RawComposite) { r.Format = FormatArray8 },
			"trailing octet":     func(r *RawComposite) { r.Trailing = []byte{FormatNull} },
			"count too small":    func(r *RawComposite) { r.Count = Some(uint32(len(r.Fields) - 1)) },
			"size too large":     func(r *RawComposite) { r.Format, r.Size = FormatList32, Some[uint32](1<<16) },
			"size 2^32-1":        func(r *RawComposite) { r.Format, r.Size = FormatList32, Some[uint32](1<<32-1) },
			"size 0":             func(r *RawComposite) { r.Format, r.Size = FormatList32, Some[uint32](0) },
			"count 2^32-1":       func(r *RawComposite) { r.Format, r.Count = FormatList32, Some[uint32](1<<32-1) },
			"string descriptor":  func(r *RawComposite) { r.Descriptor = encodedString(t, typ.Descriptor) },
			"descriptor plus 2":  func(r *RawComposite) { r.Descriptor = []byte{FormatSmallUlong, byte(typ.Code + 2)} },
			"descriptor domain":  func(r *RawComposite) { r.Descriptor = octets(t, fmt.Sprintf("80 00 00 00 01 00 00 00 %02x", typ.Code)) },
			"descriptor symbol+": func(r *RawComposite) { r.Descriptor, _ = appendSymbol(nil, Symbol(typ.Descriptor+"x")) },
		} {
			r := NewRawComposite(row.value)
			change(r)
			x, err := decodeComposite(r.Append(nil), row.value)
			if e, ok := err.(*DecodeError); !ok || e.Condition != ConditionDecodeError {
				t.Errorf("%s with %s: %v, %+v", typ.Name, how, err, x)
			}
		}
		symbolic := NewRawComposite(row.value).Symbolic(row.value.Descriptor()).Append(nil)
		if _, err := decodeComposite(symbolic, row.value); err != nil {
			t.Errorf("%s with a symbolic descriptor: %v", typ.Name, err)
		}
		wide := NewRawComposite(row.value)
		wide.Format = FormatList32
		if _, err := decodeComposite(wide.Append(nil), row.value); err != nil {
			t.Errorf("%s as list32: %v", typ.Name, err)
		}
	}
}

func encodedString(t *testing.T, s string) []byte {
	t.Helper()
	b, err := AppendValue(nil, s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestFieldValues: values of the right type that the specification does not permit.
func TestFieldValues(t *testing.T) {
	for _, row := range []struct {
		name  string
		like  Composite
		bytes string
		field string
	}{
		{"snd-settle-mode 3", &Attach{}, "00 53 12 c0 08 04 a1 01 6c 43 41 50 03", "snd-settle-mode"},
		{"rcv-settle-mode 2", &Attach{}, "00 53 12 c0 09 05 a1 01 6c 43 41 40 50 02", "rcv-settle-mode"},
		{"durable 3", &Source{}, "00 53 28 c0 04 02 40 52 03", "durable"},
		{"expiry-policy x", &Target{}, "00 53 29 c0 06 03 40 40 a3 01 78", "expiry-policy"},
		{"sasl code 5", &SASLOutcome{}, "00 53 44 c0 03 01 50 05", "code"},
		{"no mechanisms", &SASLMechanisms{}, "00 53 40 c0 05 01 e0 02 00 a3", "sasl-server-mechanisms"},
	} {
		_, err := decodeComposite(octets(t, row.bytes), row.like)
		if e, ok := err.(*DecodeError); !ok || e.Condition != ConditionInvalidField || e.Field != row.field {
			t.Errorf("%s: %v", row.name, err)
		}
	}
	for _, row := range []struct {
		name  string
		like  Composite
		bytes string
	}{
		{"capabilities as a list", &Coordinator{}, "00 53 30 c0 07 01 c0 04 01 a3 01 61"},
		{"capabilities as strings", &Coordinator{}, "00 53 30 c0 07 01 e0 04 01 a1 01 61"},
		{"properties with a string key", &Open{}, "00 53 10 c0 12 0a a1 00 40 40 40 40 40 40 40 40 c1 05 02 a1 01 61 40"},
		{"unsettled with a string key", &Attach{}, "00 53 12 c0 10 08 a1 01 6c 43 41 40 40 40 40 c1 05 02 a1 01 61 40"},
		{"outcome received", &TransactionalState{}, "00 53 34 c0 0b 02 a0 01 01 00 53 23 c0 03 02 43 44"},
		{"target as source", &Attach{}, "00 53 12 c0 0b 06 a1 01 6c 43 41 40 40 00 53 29 45"},
		{"error as state", &Disposition{}, "00 53 15 c0 0d 05 41 43 40 40 00 53 1d c0 03 01 a3 00"},
	} {
		_, err := decodeComposite(octets(t, row.bytes), row.like)
		if e, ok := err.(*DecodeError); !ok || e.Condition != ConditionDecodeError {
			t.Errorf("%s: %v", row.name, err)
		}
	}
}

// TestFieldBounds: a field's value ends inside the list, even if octets follow the list.
func TestFieldBounds(t *testing.T) {
	for _, row := range []struct {
		name  string
		like  Composite
		bytes string
	}{
		{"vbin8", &Declared{}, "00 53 33 c0 03 01 a0 01"},
		{"vbin32", &Declared{}, "00 53 33 c0 06 01 b0 00 00 00 01"},
		{"vbin32, size cut off", &Declared{}, "00 53 33 c0 04 01 b0 00 00"},
		{"str32", &Open{}, "00 53 10 c0 06 01 b1 00 00 00 01"},
		{"sym32", &Error{}, "00 53 1d c0 06 01 b3 00 00 00 01"},
		{"uint", &Detach{}, "00 53 16 c0 05 01 70 00 00 00"},
		{"smalluint", &Detach{}, "00 53 16 c0 02 01 52"},
		{"boolean", &Detach{}, "00 53 16 c0 03 02 43 56"},
		{"ulong", &Received{}, "00 53 23 c0 0a 02 43 80 00 00 00 00 00 00 00"},
		{"smallulong", &Received{}, "00 53 23 c0 03 02 43 53"},
		{"ubyte", &SASLOutcome{}, "00 53 44 c0 02 01 50"},
		{"ushort", &Begin{}, "00 53 11 c0 03 01 60 00"},
		{"timestamp", &Properties{}, "00 53 73 c0 11 09 40 40 40 40 40 40 40 40 83 00 00 00 00 00 00 00"},
		{"map", &Flow{}, "00 53 13 c0 0d 0b 40 43 43 43 40 40 40 40 40 40 c1 01"},
		{"composite", &End{}, "00 53 17 c0 04 01 00 53 1d"},
		{"field missing", &Detach{}, "00 53 16 c0 02 02 43"},
	} {
		b := append(octets(t, row.bytes), make([]byte, 20)...)
		_, err := decodeComposite(b, row.like)
		if e, ok := err.(*DecodeError); !ok || e.Condition != ConditionDecodeError || e.Offset >= len(b)-19 {
			t.Errorf("%s: %v", row.name, err)
		}
	}
}

func TestDecodeErrorText(t *testing.T) {
	for _, row := range []struct {
		err  *DecodeError
		want string
	}{
		{&DecodeError{Offset: 3, Reason: "r", Condition: "c"}, "amqp: at offset 3: r (c)"},
		{&DecodeError{Type: "t", Reason: "r", Condition: "c"}, "amqp: t at offset 0: r (c)"},
		{&DecodeError{Type: "t", Field: "f", Reason: "r", Condition: "c"}, "amqp: t.f at offset 0: r (c)"},
	} {
		if got := row.err.Error(); got != row.want {
			t.Errorf("%q, want %q", got, row.want)
		}
	}
	_, err := decodeComposite(octets(t, "00 53 14 c0 04 02 43 a1 00"), &Transfer{})
	if want := "amqp: transfer.delivery-id at offset 7: want uint, have str8-utf8 (0xa1) (amqp:decode-error)"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if !strings.Contains((&EncodeError{"symbol", "it is not ASCII"}).Error(), "symbol: it is not ASCII") {
		t.Error("an EncodeError does not tell type and reason")
	}
}
