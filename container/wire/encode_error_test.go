package wire

import (
	"bytes"
	"testing"
)

// TestEncodeErrors holds the Go values that have no encoding; dst comes back as it was.
func TestEncodeErrors(t *testing.T) {
	for _, row := range []struct {
		name  string
		value any
		typ   string
	}{
		{"struct", struct{}{}, "struct {}"},
		{"Go map", map[string]any{}, "map[string]interface {}"},
		{"pointer", new(int), "*int"},
		{"Go string type", Role(true), "wire.Role"},
		{"string", "a\xff", "string"},
		{"long string", string(append(bytes.Repeat([]byte{'a'}, 300), 0xff)), "string"},
		{"symbol", Symbol("é"), "symbol"},
		{"long symbol", Symbol(append(bytes.Repeat([]byte{'a'}, 300), 0x80)), "symbol"},
		{"surrogate", Char(0xd800), "char"},
		{"negative char", Char(-1), "char"},
		{"strings", []string{"a", "\xff"}, "string"},
		{"symbols", []Symbol{"a", "\xff"}, "symbol"},
		{"chars", []Char{0xdfff}, "char"},
		{"slice of structs", []struct{}{}, "[]struct {}"},
		{"in a list", List{nil, struct{}{}}, "struct {}"},
		{"in a slice of any", []any{struct{}{}}, "struct {}"},
		{"map key", Map{{struct{}{}, nil}}, "struct {}"},
		{"map value", Map{{"k", struct{}{}}}, "struct {}"},
		{"map string value", Map{{"k", "\xff"}}, "string"},
		{"null key", Map{{nil, 1}}, "map"},
		{"equal keys", Map{{"k", 1}, {"k", 2}}, "map"},
		{"keys equal as ulong", Map{{uint(300), 1}, {uint64(300), 2}}, "map"},
		{"keys equal as ulong, other way", Map{{uint64(300), 1}, {uint(300), 2}}, "map"},
		{"keys equal as long", Map{{int(1), 1}, {int64(1), 2}}, "map"},
		{"descriptor", Described{struct{}{}, nil}, "struct {}"},
		{"described value", Described{nil, struct{}{}}, "struct {}"},
		{"array of an unknown type", Array{Of: 99}, "array"},
		{"array element of another type", Array{Of: TypeUint, Elems: []any{uint32(1), "x"}}, "array"},
		{"array element described", Array{Of: TypeList, Elems: []any{Described{nil, List{}}}}, "array"},
		{"array element composite", Array{Of: TypeList, Elems: []any{&Accepted{}}}, "array"},
		{"array element", Array{Of: TypeString, Elems: []any{"\xff"}}, "string"},
		{"array descriptor", Array{Of: TypeUint, Descriptors: []any{struct{}{}}}, "struct {}"},
		{"array null among lists", Array{Of: TypeList, Elems: []any{nil}}, "array"},
	} {
		t.Run(row.name, func(t *testing.T) {
			b, err := AppendValue([]byte("prefix"), row.value)
			e, ok := err.(*EncodeError)
			if !ok || e.Type != row.typ || e.Reason == "" {
				t.Errorf("error %#v, want an *EncodeError for %s", err, row.typ)
			}
			if string(b) != "prefix" {
				t.Errorf("dst came back as %q", b)
			}
		})
	}
}

// TestConvenientTypes: Go types that are encoded, though decoding gives another.
func TestConvenientTypes(t *testing.T) {
	for _, row := range []struct {
		value any
		bytes string
	}{
		{int(-1), "55 ff"}, {uint(1), "53 01"}, {[]any{true}, "c0 02 01 41"}, {[]byte(nil), "a0 00"}, {List(nil), "45"},
		{Map(nil), "c1 01 00"}, {[]Symbol(nil), "e0 02 00 a3"}, {[]any(nil), "45"}, {&Released{}, "00 53 26 45"},
		{Map{{int(1), nil}, {uint(1), nil}}, "c1 07 04 55 01 40 53 01 40"},
	} {
		b, err := AppendValue(nil, row.value)
		if want := octets(t, row.bytes); err != nil || !bytes.Equal(b, want) {
			t.Errorf("%#v is %x, %v, want %x", row.value, b, err, want)
		}
		if err := Validate(row.value); err != nil {
			t.Errorf("Validate(%#v): %v", row.value, err)
		}
	}
}

// TestWideArrays holds arrays of one element that needs the wide constructor.
func TestWideArrays(t *testing.T) {
	for _, a := range []Array{
		{Of: TypeUint, Descriptors: []any{nil}, Elems: []any{uint32(0), uint32(1), uint32(256)}},
		{Of: TypeUlong, Descriptors: []any{nil}, Elems: []any{uint64(0), uint64(1), uint64(256)}},
		{Of: TypeInt, Descriptors: []any{nil}, Elems: []any{int32(0), int32(-1), int32(128)}},
		{Of: TypeLong, Descriptors: []any{nil}, Elems: []any{int64(0), int64(-1), int64(128)}},
		{Of: TypeBinary, Descriptors: []any{nil}, Elems: []any{[]byte{}, []byte{1}, make([]byte, 256)}},
		{Of: TypeString, Descriptors: []any{nil}, Elems: []any{"", "x", string(make([]byte, 256))}},
		{Of: TypeSymbol, Descriptors: []any{nil}, Elems: []any{Symbol(""), Symbol("x"), Symbol(make([]byte, 256))}},
		{Of: TypeMap, Elems: []any{Map{}, Map{{"k", nil}}, Map{{"k", make([]byte, 256)}}}},
		{Of: TypeArray, Elems: []any{[]Symbol{}, []uint32{1}, []string{string(make([]byte, 256))}}},
		{Of: TypeUshort, Descriptors: []any{nil}, Elems: []any{uint16(0), uint16(1)}},
		{Of: TypeFloat, Descriptors: []any{nil}, Elems: []any{float32(0)}},
		{Of: TypeDouble, Descriptors: []any{nil}, Elems: []any{float64(0)}},
		{Of: TypeNull, Descriptors: []any{nil}, Elems: []any{nil, nil}},
		{Of: TypeNull, Elems: make([]any, 255)}, {Of: TypeNull, Elems: make([]any, 256)}, // counts around one octet
	} {
		b, err := AppendValue(nil, a)
		if err != nil {
			t.Errorf("%v: %v", a.Of, err)
			continue
		}
		v, n, err := DecodeValue(b, Limits{})
		if err != nil || n != len(b) {
			t.Errorf("array of %v: %x: %d octets, %v", a.Of, b, n, err)
			continue
		}
		if again, _ := AppendValue(nil, v); !bytes.Equal(again, b) {
			t.Errorf("array of %v: %x became %x", a.Of, b, again)
		}
		for i := range a.Elems {
			if Text(v.(Array).Elems[i]) != Text(a.Elems[i]) {
				t.Errorf("array of %v: element %d became %v", a.Of, i, v.(Array).Elems[i])
			}
		}
	}
}

// TestTextCopy tries every length around the words that text is copied by, and a fault in every place.
func TestTextCopy(t *testing.T) {
	text := make([]byte, 0, 300)
	for n := range 300 {
		b, err := AppendValue([]byte("prefix"), string(text))
		if err != nil {
			t.Fatal(err)
		}
		v, _, err := DecodeValue(b[len("prefix"):], Limits{})
		if err != nil || v != string(text) {
			t.Fatalf("%d octets came back as %q, %v", n, v, err)
		}
		for i := range min(n, 40) {
			bad := bytes.Clone(text)
			bad[i] = 0xff
			if Validate(string(bad)) == nil || Validate(Symbol(bad)) == nil {
				t.Errorf("octet %d of %d is 0xff, but has an encoding", i, n)
			}
			raw := RawValue{Format: FormatString32, Items: [][]byte{bad}}
			if _, _, err := DecodeValue(raw.Append(nil), Limits{}); err == nil {
				t.Errorf("octet %d of %d is 0xff, but decodes as string", i, n)
			}
			raw.Format = FormatSymbol32
			if _, _, err := DecodeValue(raw.Append(nil), Limits{}); err == nil {
				t.Errorf("octet %d of %d is 0xff, but decodes as symbol", i, n)
			}
		}
		text = append(text, byte('a'+n%26))
	}
}
