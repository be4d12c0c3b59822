package wire

import (
	"math"
	"strings"
	"testing"
)

func TestGoldenScalars(t *testing.T)   { testGoldenValues(t, goldenScalars) }
func TestGoldenCompounds(t *testing.T) { testGoldenValues(t, goldenCompounds) }

var goldenScalars = []goldenValue{
	{"null", nil, "40", nil},
	{"true", true, "41", []string{"56 01"}},
	{"false", false, "42", []string{"56 00"}},

	{"ubyte 0", uint8(0), "50 00", nil},
	{"ubyte 255", uint8(255), "50 ff", nil},
	{"ushort 0", uint16(0), "60 00 00", nil},
	{"ushort 32768", uint16(0x8000), "60 80 00", nil},
	{"ushort 65535", uint16(0xffff), "60 ff ff", nil},
	{"uint 0", uint32(0), "43", []string{"52 00", "70 00 00 00 00"}},
	{"uint 1", uint32(1), "52 01", []string{"70 00 00 00 01"}},
	{"uint 255", uint32(255), "52 ff", []string{"70 00 00 00 ff"}},
	{"uint 256", uint32(256), "70 00 00 01 00", nil},
	{"uint max", uint32(math.MaxUint32), "70 ff ff ff ff", nil},
	{"ulong 0", uint64(0), "44", []string{"53 00", "80 00 00 00 00 00 00 00 00"}},
	{"ulong 255", uint64(255), "53 ff", []string{"80 00 00 00 00 00 00 00 ff"}},
	{"ulong 256", uint64(256), "80 00 00 00 00 00 00 01 00", nil},
	{"ulong 2^63", uint64(1 << 63), "80 80 00 00 00 00 00 00 00", nil},
	{"ulong max", uint64(math.MaxUint64), "80 ff ff ff ff ff ff ff ff", nil},

	{"byte -1", int8(-1), "51 ff", nil},
	{"byte min", int8(math.MinInt8), "51 80", nil},
	{"short -2", int16(-2), "61 ff fe", nil},
	{"short max", int16(math.MaxInt16), "61 7f ff", nil},
	{"int 0", int32(0), "54 00", []string{"71 00 00 00 00"}},
	{"int -1", int32(-1), "54 ff", []string{"71 ff ff ff ff"}},
	{"int 127", int32(127), "54 7f", []string{"71 00 00 00 7f"}},
	{"int 128", int32(128), "71 00 00 00 80", nil},
	{"int -129", int32(-129), "71 ff ff ff 7f", nil},
	{"int min", int32(math.MinInt32), "71 80 00 00 00", nil},
	{"long 0", int64(0), "55 00", []string{"81 00 00 00 00 00 00 00 00"}},
	{"long -128", int64(-128), "55 80", []string{"81 ff ff ff ff ff ff ff 80"}},
	{"long 128", int64(128), "81 00 00 00 00 00 00 00 80", nil},
	{"long max", int64(math.MaxInt64), "81 7f ff ff ff ff ff ff ff", nil},

	{"float 1", float32(1), "72 3f 80 00 00", nil},
	{"float -0", float32(math.Copysign(0, -1)), "72 80 00 00 00", nil},
	{"float +inf", float32(math.Inf(1)), "72 7f 80 00 00", nil},
	{"double -2", float64(-2), "82 c0 00 00 00 00 00 00 00", nil},
	{"double denormal", math.SmallestNonzeroFloat64, "82 00 00 00 00 00 00 00 01", nil},
	{"decimal32", Decimal32(0x32800001), "74 32 80 00 01", nil},
	{"decimal64", Decimal64(0x31c0000000000001), "84 31 c0 00 00 00 00 00 01", nil},
	{"decimal128", Decimal128{0x30, 0x40, 15: 1}, "94 30 40 00 00 00 00 00 00 00 00 00 00 00 00 00 01", nil},

	{"char 0", Char(0), "73 00 00 00 00", nil},
	{"char d7ff", Char(0xd7ff), "73 00 00 d7 ff", nil},
	{"char e000", Char(0xe000), "73 00 00 e0 00", nil},
	{"char 10ffff", Char(0x10ffff), "73 00 10 ff ff", nil},
	{"timestamp 1", Timestamp(1), "83 00 00 00 00 00 00 00 01", nil},
	{"timestamp -1", Timestamp(-1), "83 ff ff ff ff ff ff ff ff", nil},
	{"timestamp year 1", Timestamp(-62135596800000), "83 ff ff c7 7c ed d3 28 00", nil},
	{"uuid", UUID{0: 0x6b, 15: 0xc8}, "98 6b 00 00 00 00 00 00 00 00 00 00 00 00 00 00 c8", nil},

	{"binary empty", []byte{}, "a0 00", []string{"b0 00 00 00 00"}},
	{"binary", []byte{0, 0xff}, "a0 02 00 ff", []string{"b0 00 00 00 02 00 ff"}},
	{"binary 255", make([]byte, 255), "a0 ff" + strings.Repeat("00", 255), nil},
	{"binary 256", make([]byte, 256), "b0 00 00 01 00" + strings.Repeat("00", 256), nil},
	{"string empty", "", "a1 00", []string{"b1 00 00 00 00"}},
	{"string", "a\x00é😀", "a1 08 61 00 c3a9 f09f9880", []string{"b1 00 00 00 08 61 00 c3a9 f09f9880"}},
	{"string 256", strings.Repeat("x", 256), "b1 00 00 01 00" + strings.Repeat("78", 256), nil},
	{"symbol", Symbol("amqp"), "a3 04 61 6d 71 70", []string{"b3 00 00 00 04 61 6d 71 70"}},
	{"symbol empty", Symbol(""), "a3 00", []string{"b3 00 00 00 00"}},
	{"symbol 256", Symbol(strings.Repeat("x", 256)), "b3 00 00 01 00" + strings.Repeat("78", 256), nil},
}

var goldenCompounds = []goldenValue{
	{"list empty", List{}, "45", []string{"c0 01 00", "d0 00 00 00 04 00 00 00 00"}},
	{"list", List{"a", nil, uint32(1), nil}, `
		c0 08 04   // list8: size 8 with the count, 4 elements
		a1 01 61   // "a"
		40         // null
		52 01      // 1
		40         // null
	`, []string{`
		d0 00 00 00 0b 00 00 00 04  // list32: size 11 with the count
		a1 01 61 40 52 01 40
	`}},
	{"list of size 255", List{make([]byte, 252)}, "c0 ff 01 a0 fc" + strings.Repeat("00", 252), nil},
	{"list of size 256", List{make([]byte, 253)},
		"d0 00 00 01 03 00 00 00 01 a0 fd" + strings.Repeat("00", 253), nil},
	{"list of 254 nulls", make(List, 254), "c0 ff fe" + strings.Repeat("40", 254), nil},
	{"list of 255 nulls", make(List, 255), "d0 00 00 01 03 00 00 00 ff" + strings.Repeat("40", 255), nil},
	{"list nested", List{List{List{}}}, "c0 05 01 c0 02 01 45", nil},

	{"map empty", Map{}, "c1 01 00", []string{"d1 00 00 00 04 00 00 00 00"}},
	{"map", Map{{Symbol("b"), uint64(2)}, {Symbol("a"), nil}}, `
		c1 0a 04      // map8: size 10 with the count, 4 elements = 2 pairs
		a3 01 62      // b: order is kept, not sorted
		53 02
		a3 01 61      // a
		40
	`, []string{"d1 00 00 00 0d 00 00 00 04 a3 01 62 53 02 a3 01 61 40"}},
	{"map keys differ by type", Map{{"a", nil}, {Symbol("a"), nil}, {uint32(0), nil}, {uint64(0), nil}},
		"c1 0d 08 a1 01 61 40 a3 01 61 40 43 40 44 40", nil},
	{"map compound key", Map{{List{}, true}, {List{nil}, false}}, "c1 08 04 45 41 c0 02 01 40 42", nil},

	{"described by ulong", Described{uint64(0x1234), "x"}, "00 80 00 00 00 00 00 00 12 34 a1 01 78", nil},
	{"described by symbol", Described{Symbol("x"), List{}}, "00 a3 01 78 45", nil},
	{"described twice", Described{uint64(0x77), Described{Symbol("b"), nil}}, "00 53 77 00 a3 01 62 40", nil},
	{"descriptor described", Described{Described{uint64(1), uint64(2)}, true}, "00 00 53 01 53 02 41", nil},
}

// TestFloatBits holds NaN payloads apart from values, which DeepEqual cannot compare.
func TestFloatBits(t *testing.T) {
	v, _, err := DecodeValue(octets(t, "72 7f c0 00 2a"), Limits{})
	if f, ok := v.(float32); err != nil || !ok || math.Float32bits(f) != 0x7fc0002a {
		t.Errorf("float NaN: %v, %v", v, err)
	}
	v, _, err = DecodeValue(octets(t, "82 7f f8 00 00 00 00 00 2a"), Limits{})
	if f, ok := v.(float64); err != nil || !ok || math.Float64bits(f) != 0x7ff800000000002a {
		t.Errorf("double NaN: %v, %v", v, err)
	}
}

// TestLargeMap holds maps at the edges of the 8-bit form: 127 pairs have 254 elements.
func TestLargeMap(t *testing.T) {
	for _, pairs := range []int{1, 31, 32, 33, 63, 127, 128, 1000} {
		m := Map{}
		for i := range pairs {
			m = append(m, MapEntry{uint32(i), nil})
		}
		b, err := AppendValue(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		v, n, err := DecodeValue(b, Limits{})
		if err != nil || n != len(b) || len(v.(Map)) != pairs {
			t.Errorf("%d pairs: %v, %d octets of %d", pairs, err, n, len(b))
		}
	}
}
