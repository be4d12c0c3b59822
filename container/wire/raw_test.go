package wire

import (
	"bytes"
	"reflect"
	"slices"
	"testing"

	"github.com/collider-amqp/collider/container/wire/spec"
)

func TestRawFrame(t *testing.T) {
	body := octets(t, "00 53 18 45")
	for _, row := range []struct {
		name  string
		frame RawFrame
		bytes string
	}{
		{"zero value", RawFrame{}, "00 00 00 08 02 00 00 00"},
		{"close", RawFrame{Body: body}, "00 00 00 0c 02 00 00 00 00 53 18 45"},
		{"SASL with channel octets", RawFrame{Type: FrameSASL, Channel: 0xffff, Body: body}, "00 00 00 0c 02 01 ff ff 00 53 18 45"},
		{"type 0x7f", RawFrame{Type: 0x7f}, "00 00 00 08 02 7f 00 00"},
		{"extended header", RawFrame{Extended: []byte{1, 2, 3, 4}}, "00 00 00 0c 03 00 00 00 01 02 03 04"},
		{"extended header, padded", RawFrame{Extended: []byte{1}, Body: body}, "00 00 00 10 03 00 00 00 01 00 00 00 00 53 18 45"},
		{"size 7", RawFrame{Size: Some[uint32](7)}, "00 00 00 07 02 00 00 00"},
		{"size too large", RawFrame{Size: Some[uint32](1 << 31), Body: body}, "80 00 00 00 02 00 00 00 00 53 18 45"},
		{"data offset 0", RawFrame{DOFF: Some[uint8](0), Body: body}, "00 00 00 0c 00 00 00 00 00 53 18 45"},
		{"data offset 255", RawFrame{DOFF: Some[uint8](255)}, "00 00 00 08 ff 00 00 00"},
	} {
		got := row.frame.Append([]byte("prefix"))[len("prefix"):]
		if want := octets(t, row.bytes); !bytes.Equal(got, want) {
			t.Errorf("%s\n got %x\nwant %x", row.name, got, want)
		}
		var back RawFrame
		n, err := back.Decode(got)
		if row.frame.Size.Set || row.frame.DOFF.Set {
			if err == nil && n != 0 {
				t.Errorf("%s decodes to %+v", row.name, back)
			}
			continue
		}
		again := back.Append(nil)
		if err != nil || n != len(got) || !bytes.Equal(again, got) {
			t.Errorf("%s: %d octets, %v, written again %x", row.name, n, err, again)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("an extended header of 1016 octets has no data offset, but Append does not panic")
		}
	}()
	(&RawFrame{Extended: make([]byte, 1016)}).Append(nil)
}

func TestRawFrameDecode(t *testing.T) {
	b := octets(t, "00 00 00 10 03 09 12 34 01 02 03 04 00 53 18 45")
	var f RawFrame
	for n := range b {
		if got, err := f.Decode(b[:n]); got != 0 || err != nil {
			t.Errorf("%d of %d octets: %d, %v", n, len(b), got, err)
		}
	}
	n, err := f.Decode(append(slices.Clone(b), 0xff))
	want := RawFrame{Size: Some[uint32](16), DOFF: Some[uint8](3), Type: 9, Channel: 0x1234, Extended: b[8:12], Body: b[12:]}
	if n != 16 || err != nil || !reflect.DeepEqual(f, want) {
		t.Errorf("%d, %v, %+v, want %+v", n, err, f, want)
	}
	for _, text := range []string{"00 00 00 07", "00 00 00 08 01 00 00 00", "00 00 00 08 03 00 00 00"} {
		if _, err := f.Decode(octets(t, text)); err == nil {
			t.Errorf("%s decodes", text)
		}
	}
}

func TestRawBody(t *testing.T) {
	var r RawBody
	if err := r.Decode(octets(t, "00 53 14 c0 03 01 52 07 01 02"), Limits{}); err != nil {
		t.Fatal(err)
	}
	want := RawBody{Descriptor: uint64(0x14), Value: List{uint32(7)}, Payload: []byte{1, 2}}
	if !reflect.DeepEqual(r, want) || r.Code() != CodeTransfer || !reflect.DeepEqual(r.Fields(), List{uint32(7)}) {
		t.Errorf("%+v, want %+v", r, want)
	}
	for text, code := range map[string]Code{
		"00 a3 0f 616d71703a636c6f73653a6c697374 45": CodeClose, // amqp:close:list
		"00 a3 01 78 45": 0, "00 a1 01 78 45": 0, "00 53 99 45": 0x99,
	} {
		if err := r.Decode(octets(t, text), Limits{}); err != nil || r.Code() != code {
			t.Errorf("%s: code %v, %v, want %v", text, r.Code(), err, code)
		}
	}
	if err := r.Decode(octets(t, "00 53 14 c1 01 00"), Limits{}); err != nil || r.Fields() != nil {
		t.Errorf("a map has fields %v, %v", r.Fields(), err)
	}
	wantDecodeError(t, r.Decode([]byte{FormatList0}, Limits{}), ConditionDecodeError, 0)
	wantDecodeError(t, r.Decode(nil, Limits{}), ConditionDecodeError, 0)
}

func TestRawValue(t *testing.T) {
	null := []byte{FormatNull}
	for _, row := range []struct {
		name  string
		value RawValue
		bytes string
	}{
		{"fixed", RawValue{Format: FormatUshort, Items: [][]byte{{1, 2}}}, "60 01 02"},
		{"fixed, too short", RawValue{Format: FormatUshort, Items: [][]byte{{1}}}, "60 01"},
		{"described", RawValue{Format: FormatDescribed, Items: [][]byte{{FormatUlong0}, null}}, "00 44 40"},
		{"unassigned fixed", RawValue{Format: 0x9f}, "9f"},
		{"vbin8", RawValue{Format: FormatBinary8, Items: [][]byte{{1}, {2}}}, "a0 02 01 02"},
		{"str32, size wrong", RawValue{Format: FormatString32, Size: Some[uint32](1<<32 - 1), Items: [][]byte{{'a'}}}, "b1 ff ff ff ff 61"},
		{"unassigned variable", RawValue{Format: 0xa2, Items: [][]byte{{1}}}, "a2 01 01"},
		{"list8", RawValue{Format: FormatList8, Items: [][]byte{null, null}}, "c0 03 02 40 40"},
		{"list8, all wrong", RawValue{Format: FormatList8, Size: Some[uint32](9), Count: Some[uint32](7), Items: [][]byte{null}, Trailing: []byte{1}}, "c0 09 07 40 01"},
		{"list32 of nothing", RawValue{Format: FormatList32}, "d0 00 00 00 04 00 00 00 00"},
		{"trailing counts in the size", RawValue{Format: FormatMap8, Trailing: []byte{1, 2}}, "c1 03 00 01 02"},
		{"array8", RawValue{Format: FormatArray8, Constructor: []byte{FormatUbyte}, Items: [][]byte{{1}, {2}}}, "e0 04 02 50 01 02"},
		{"array32 of many trues", RawValue{Format: FormatArray32, Constructor: []byte{FormatTrue}, Count: Some[uint32](1<<31 - 1)}, "f0 00 00 00 05 7f ff ff ff 41"},
	} {
		got := row.value.Append([]byte("prefix"))[len("prefix"):]
		if want := octets(t, row.bytes); !bytes.Equal(got, want) {
			t.Errorf("%s\n got %x\nwant %x", row.name, got, want)
		}
	}
}

// TestAppendFormat writes each golden value in every encoding of its type: those that can hold it decode to it.
func TestAppendFormat(t *testing.T) {
	written := map[byte]bool{}
	for _, rows := range [][]goldenValue{goldenScalars, goldenCompounds, goldenArrays} {
		for _, row := range rows {
			legal := map[string]bool{}
			for _, encoding := range append([]string{row.bytes}, row.other...) {
				legal[string(octets(t, encoding))] = true
			}
			for _, e := range spec.Encodings {
				b, err := AppendFormat([]byte("prefix"), e.Code, row.value)
				if err != nil {
					if string(b) != "prefix" {
						t.Errorf("%s as %s: dst came back as %q", row.name, e.Name, b)
					}
					continue
				}
				b = b[len("prefix"):]
				written[e.Code] = true
				if b[0] != e.Code {
					t.Errorf("%s as %s starts with %#02x", row.name, e.Name, b[0])
				}
				v, n, err := DecodeValue(b, Limits{})
				if err != nil || n != len(b) || !reflect.DeepEqual(v, row.value) {
					t.Errorf("%s as %s is %x, which decodes to %v, %v", row.name, e.Name, b, v, err)
				}
				delete(legal, string(b))
			}
			for encoding := range legal {
				if f := formats[encoding[0]]; f.cat != array && f.cat != compound && encoding[0] != FormatDescribed {
					t.Errorf("%s: AppendFormat never writes %x", row.name, encoding)
				}
			}
		}
	}
	for _, e := range spec.Encodings {
		if !written[e.Code] {
			t.Errorf("AppendFormat never writes %s", e.Name)
		}
	}
	for _, row := range []struct {
		format byte
		value  any
	}{
		{FormatSmallUint, uint32(256)}, {FormatUint0, uint32(1)}, {FormatList0, List{nil}}, {FormatTrue, false},
		{FormatBinary8, make([]byte, 256)}, {FormatUint, uint64(1)}, {0x57, true}, {FormatDescribed, nil},
		{FormatList8, Described{nil, nil}}, {FormatNull, struct{}{}}, {FormatSymbol8, "string"},
	} {
		if b, err := AppendFormat(nil, row.format, row.value); err == nil {
			t.Errorf("%v as %#02x is %x", row.value, row.format, b)
		}
	}
}

func TestRawComposite(t *testing.T) {
	for _, row := range goldenComposites() {
		want := octets(t, row.bytes)
		if got := NewRawComposite(row.value).Append(nil); !bytes.Equal(got, want) {
			t.Errorf("%s taken apart and put together\n got %x\nwant %x", row.name, got, want)
		}
	}
	closing := &Close{}
	for _, row := range []struct {
		name  string
		raw   *RawComposite
		bytes string
	}{
		{"symbolic", NewRawComposite(closing).Symbolic(CodeClose), "00 a3 0f 616d71703a636c6f73653a6c697374 45"},
		{"field beyond the end", NewRawComposite(closing).Set(2, []byte{FormatTrue}), "00 53 18 c0 04 03 40 40 41"},
		{"list32", &RawComposite{Descriptor: []byte{FormatSmallUlong, 0x18}, Format: FormatList32}, "00 53 18 d0 00 00 00 04 00 00 00 00"},
		{"wrong size of an empty list", &RawComposite{Descriptor: []byte{FormatSmallUlong, 0x18}, Size: Some[uint32](0)}, "00 53 18 c0 00 00"},
		{"descriptor of a string", &RawComposite{Descriptor: []byte{FormatString8, 0}, Trailing: []byte{7}}, "00 a1 00 c0 02 00 07"},
	} {
		if got, want := row.raw.Append(nil), octets(t, row.bytes); !bytes.Equal(got, want) {
			t.Errorf("%s\n got %x\nwant %x", row.name, got, want)
		}
	}
	long := (&RawComposite{Descriptor: []byte{FormatSmallUlong, 0x18}}).Set(255, []byte{FormatTrue}).Append(nil)
	if long[3] != FormatList32 {
		t.Errorf("256 fields are written with %#02x", long[3])
	}
}
