package wire

import (
	"strings"
	"testing"
)

func TestGoldenArrays(t *testing.T) { testGoldenValues(t, goldenArrays) }

var goldenArrays = []goldenValue{
	{"symbols", []Symbol{"a", "bc"}, `
		e0 07 02   // array8: size 7 with the count, 2 elements
		a3         // each is a sym8
		01 61      // a
		02 62 63   // bc
	`, []string{
		"f0 00 00 00 0a 00 00 00 02 a3 01 61 02 62 63",
		"e0 0d 02 b3 00 00 00 01 61 00 00 00 02 62 63", // elements as sym32
	}},
	{"no symbols", []Symbol{}, "e0 02 00 a3", []string{"e0 02 00 b3", "f0 00 00 00 05 00 00 00 00 a3"}},
	{"strings", []string{"x", ""}, "e0 05 02 a1 01 78 00", nil},
	{"strings, one long", []string{"", strings.Repeat("x", 256)},
		"f0 00 00 01 0d 00 00 00 02 b1 00 00 00 00 00 00 01 00" + strings.Repeat("78", 256), nil},
	{"binaries", [][]byte{{1}, {}}, "e0 05 02 a0 01 01 00", []string{"e0 0b 02 b0 00 00 00 01 01 00 00 00 00"}},
	{"size 255", []string{strings.Repeat("x", 252)}, "e0 ff 01 a1 fc" + strings.Repeat("78", 252), nil},
	{"size 256", []string{strings.Repeat("x", 253)}, "f0 00 00 01 03 00 00 00 01 a1 fd" + strings.Repeat("78", 253), nil},

	{"booleans", []bool{true, false}, "e0 04 02 56 01 00", nil},
	{"three times true", []bool{true, true, true}, "e0 05 03 56 01 01 01", []string{"e0 02 03 41"}},
	{"false", []bool{false}, "e0 03 01 56 00", []string{"e0 02 01 42"}},
	{"ubytes", Array{Of: TypeUbyte, Elems: []any{uint8(0), uint8(255)}}, "e0 04 02 50 00 ff", nil},
	{"ushorts", []uint16{1, 0xffff}, "e0 06 02 60 00 01 ff ff", nil},
	{"uints, small", []uint32{0, 255}, "e0 04 02 52 00 ff", []string{"e0 0a 02 70 00 00 00 00 00 00 00 ff"}},
	{"uints", []uint32{0, 256}, "e0 0a 02 70 00 00 00 00 00 00 01 00", nil},
	{"uint0 twice", []uint32{0, 0}, "e0 04 02 52 00 00", []string{"e0 02 02 43"}},
	{"ulongs, small", []uint64{1}, "e0 03 01 53 01", []string{"e0 0a 01 80 00 00 00 00 00 00 00 01"}},
	{"ulongs", []uint64{1 << 63}, "e0 0a 01 80 80 00 00 00 00 00 00 00", nil},
	{"ulong0", []uint64{0}, "e0 03 01 53 00", []string{"e0 02 01 44"}},
	{"bytes", []int8{-1, 1}, "e0 04 02 51 ff 01", nil},
	{"shorts", []int16{-1}, "e0 04 01 61 ff ff", nil},
	{"ints, small", []int32{-1, 127}, "e0 04 02 54 ff 7f", []string{"e0 0a 02 71 ff ff ff ff 00 00 00 7f"}},
	{"ints", []int32{128}, "e0 06 01 71 00 00 00 80", nil},
	{"longs, small", []int64{-128}, "e0 03 01 55 80", []string{"e0 0a 01 81 ff ff ff ff ff ff ff 80"}},
	{"longs", []int64{1 << 40}, "e0 0a 01 81 00 00 01 00 00 00 00 00", nil},
	{"floats", []float32{1}, "e0 06 01 72 3f 80 00 00", nil},
	{"doubles", []float64{1}, "e0 0a 01 82 3f f0 00 00 00 00 00 00", nil},
	{"decimal32s", []Decimal32{1}, "e0 06 01 74 00 00 00 01", nil},
	{"decimal64s", []Decimal64{1}, "e0 0a 01 84 00 00 00 00 00 00 00 01", nil},
	{"decimal128s", []Decimal128{{15: 1}}, "e0 12 01 94 00000000 00000000 00000000 00000001", nil},
	{"chars", []Char{'a', 0x1f600}, "e0 0a 02 73 00 00 00 61 00 01 f6 00", nil},
	{"timestamps", []Timestamp{-1}, "e0 0a 01 83 ff ff ff ff ff ff ff ff", nil},
	{"uuids", []UUID{{0: 1}}, "e0 12 01 98 01000000 00000000 00000000 00000000", nil},

	{"nulls", Array{Of: TypeNull, Elems: []any{nil, nil}}, "e0 02 02 40", nil},
	{"lists", Array{Of: TypeList, Elems: []any{List{}, List{true}}}, `
		e0 07 02    // array8, 2 elements
		c0          // each is a list8
		01 00       // size 1, count 0
		02 01 41    // size 2, count 1: true
	`, nil},
	{"empty lists", Array{Of: TypeList, Elems: []any{List{}}}, "e0 04 01 c0 01 00", []string{"e0 02 01 45"}},
	{"lists, one long", Array{Of: TypeList, Elems: []any{List{}, List{true}, List{make([]byte, 253)}}}, `
		f0 00 00 01 1d 00 00 00 03   // array32: 4 + 1 + 8 + 9 + 263 octets = 285
		d0                           // each is a list32
		00 00 00 04 00 00 00 00      // no elements
		00 00 00 05 00 00 00 01 41   // true
		00 00 01 03 00 00 00 01 a0 fd` + strings.Repeat("00", 253), nil},
	{"maps", Array{Of: TypeMap, Elems: []any{Map{{"k", nil}}}}, "e0 08 01 c1 05 02 a1 01 6b 40", nil},
	{"arrays", Array{Of: TypeArray, Elems: []any{[]Symbol{"a"}, []uint32{}}}, `
		e0 0a 02      // array8, 2 elements
		e0            // each is an array8
		04 01 a3 01 61
		02 00 52
	`, nil},
	{"described strings", Array{Of: TypeString, Descriptors: []any{Symbol("x")}, Elems: []any{"a", "b"}}, `
		e0 0a 02      // array8, 2 elements
		00 a3 01 78   // each is described by x …
		a1            // … a str8
		01 61 01 62
	`, nil},
	{"described ints, one large", Array{Of: TypeInt, Descriptors: []any{uint64(1)}, Elems: []any{int32(-1), int32(128)}},
		"e0 0d 02 00 53 01 71 ff ff ff ff 00 00 00 80", nil},
	{"described booleans", Array{Of: TypeBoolean, Descriptors: []any{uint64(1)}, Elems: []any{true, false}},
		"e0 07 02 00 53 01 56 01 00", nil},
	{"described twice", Array{Of: TypeUbyte, Descriptors: []any{uint64(1), uint64(2)}, Elems: []any{uint8(7)}},
		"e0 09 01 00 53 01 00 53 02 50 07", nil},
	{"no described lists", Array{Of: TypeList, Descriptors: []any{uint64(0x24)}, Elems: []any{}}, "e0 05 00 00 53 24 c0",
		[]string{"e0 05 00 00 53 24 45"}},
	{"described lists", Array{Of: TypeList, Descriptors: []any{uint64(0x24)}, Elems: []any{List{}, List{}}},
		"e0 09 02 00 53 24 c0 01 00 01 00", []string{"e0 05 02 00 53 24 45"}},
}
