package wire

import (
	"math"
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	for _, row := range []struct {
		value any
		want  string
	}{
		{nil, "null"}, {true, "true"}, {uint8(7), "7"}, {int64(-7), "-7"}, {float64(1.5), "1.5"}, {Timestamp(-1), "-1"},
		{"a\n", `"a\n"`}, {Symbol("amqp:x"), ":amqp:x"}, {Symbol(""), `:""`}, {Symbol("a b"), `:"a b"`},
		{[]byte{'a', 0, '"', 0xff}, `b"a\x00\x22\xff"`}, {Char('é'), "'é'"},
		{UUID{0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}, "6ba7b810-9dad-11d1-80b4-00c04fd430c8"},
		{Decimal32(0x10), "0x10"}, {List{}, "[]"}, {List{nil, "a"}, `[null, "a"]`},
		{Map{{Symbol("k"), uint32(1)}, {"l", List{}}}, `{:k=1, "l"=[]}`},
		{[]Symbol{"a", "b"}, "@[:a, :b]"}, {[]uint32{}, "@[]"},
		{Array{Of: TypeUbyte, Elems: []any{uint8(1)}}, "@[1]"},
		{Array{Of: TypeString, Descriptors: []any{Symbol("d")}, Elems: []any{"a"}}, `@:d ["a"]`},
		{Described{Symbol("x"), "y"}, `@:x "y"`}, {Described{uint64(0x1234), nil}, "@4660 null"},
		{Described{uint64(0x24), List{}}, "@accepted(36) []"},
		{Described{Symbol("amqp:amqp-value:*"), "v"}, `@amqp-value(119) "v"`},
		{Described{uint64(0x24), "no list"}, `@accepted(36) "no list"`},
		{Described{uint64(0x18), List{nil, true}}, "@close(24) [1=true]"},
		{&Accepted{}, "@accepted(36) []"},
		{&Transfer{Handle: 0, DeliveryID: Some[uint32](7), DeliveryTag: []byte{1}, Settled: Some(false)},
			`@transfer(20) [handle=0, delivery-id=7, delivery-tag=b"\x01", settled=false]`},
		{&Close{Error: &Error{Condition: "amqp:not-found", Description: "no"}},
			`@close(24) [error=@error(29) [condition=:amqp:not-found, description="no"]]`},
		{&SASLInit{Mechanism: "PLAIN", InitialResponse: []byte("\x00user\x00secret"), Hostname: Some("h")},
			`@sasl-init(65) [mechanism=:PLAIN, initial-response=(12 octets), hostname="h"]`},
		{&Open{ContainerID: "\xff"}, "@open(16) (amqp: cannot encode string: it is not UTF-8)"},
	} {
		if got := Text(row.value); got != row.want {
			t.Errorf("%#v is\n%s, want\n%s", row.value, got, row.want)
		}
	}
	long := Text(make([]byte, 1000))
	if want := `b"` + strings.Repeat(`\x00`, textOctetsMax) + `"…`; long != want {
		t.Errorf("1000 octets are shown as %s", long)
	}
}

// TestTextTotal shows every golden value and composite; none may panic or break the line.
func TestTextTotal(t *testing.T) {
	for _, rows := range [][]goldenValue{goldenScalars, goldenCompounds, goldenArrays} {
		for _, row := range rows {
			if s := Text(row.value); s == "" || strings.Contains(s, "\n") {
				t.Errorf("%s: %q", row.name, s)
			}
		}
	}
	for _, row := range goldenComposites() {
		if s := Text(row.value); !strings.HasPrefix(s, "@"+row.value.Descriptor().String()+"(") {
			t.Errorf("%s: %q", row.name, s)
		}
	}
	deep := any(nil)
	for range 100 {
		deep = List{deep}
	}
	if s := Text(&Declare{GlobalID: deep}); !strings.Contains(s, "nest too deep") {
		t.Errorf("a value deeper than the limit is shown as %q", s)
	}
	if s := Text(math.NaN()); s != "NaN" {
		t.Errorf("NaN is %q", s)
	}
}

func TestFrameText(t *testing.T) {
	secret := AppendFrame(nil, FrameSASL, 0, &SASLResponse{Response: []byte("secret")}, nil)
	for _, row := range []struct{ bytes, want string }{
		{"41 4d 51 50 03 01 00 00", "AMQP 3 1.0.0"},
		{"00 00 00 08 02 00 00 00", "0 (empty frame)"},
		{"00 00 00 0c 02 00 00 03 00 53 18 45", "3 @close(24) []"},
		{"00 00 00 14 02 00 00 00 00 53 14 c0 03 01 52 01 00 53 77 40", `0 @transfer(20) [handle=1] (4) b"\x00Sw@"`},
		{"00 00 00 0c 02 07 00 00 00 53 18 45", "0 (frame type 7) @close(24) []"},
		{"00 00 00 09 02 00 00 00 ff", `0 (1 octets: amqp: at offset 0: unassigned format code 0xff (amqp:decode-error)) b"\xff"`},
		{"00 00 00 07 02 00 00 00", `(8 octets: amqp: frame at offset 0: size 7 is less than the frame header (amqp:connection:framing-error)) b"\x00\x00\x00\x07\x02\x00\x00\x00"`},
		{"00 00", `(2 octets: incomplete) b"\x00\x00"`},
		{"", `(0 octets: incomplete) b""`},
	} {
		b := octets(t, row.bytes)
		if got := FrameText(b); got != row.want {
			t.Errorf("%x is\n%s, want\n%s", b, got, row.want)
		}
		var f Frame
		if n, err := f.Decode(b, Limits{}); err == nil && n > 0 && f.String() != row.want {
			t.Errorf("%x as a Frame is\n%s, want\n%s", b, f.String(), row.want)
		}
	}
	if got, want := FrameText(secret), "0 @sasl-response(67) [response=(6 octets)]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
