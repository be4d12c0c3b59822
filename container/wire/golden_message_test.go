package wire

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

// goldenMessages are whole messages with their smallest encoding, and other encodings of the same message.
var goldenMessages = []struct {
	name    string
	message Message
	bytes   string
	other   []string
}{
	{"data", Message{Data: [][]byte{{1, 2}}}, "00 53 75 a0 02 01 02", []string{
		"00 53 75 b0 00 00 00 02 01 02",
		"00 80 00 00 00 00 00 00 00 75 a0 02 01 02",
		"00 a3 10 616d71703a646174613a62696e617279 a0 02 01 02", // amqp:data:binary
	}},
	{"data of no octets", Message{Data: [][]byte{{}}}, "00 53 75 a0 00", nil},
	{"three data sections", Message{Data: [][]byte{{1}, {}, {2}}}, "00 53 75 a0 01 01  00 53 75 a0 00  00 53 75 a0 01 02", nil},
	{"large data", Message{Data: [][]byte{make([]byte, 256)}}, "00 53 75 b0 00 00 01 00" + strings.Repeat("00", 256), nil},
	{"value null", Message{HasValue: true}, "00 53 77 40", nil},
	{"value string", Message{Value: "hi", HasValue: true}, "00 53 77 a1 02 68 69", []string{"00 53 77 b1 00 00 00 02 68 69"}},
	{"value described", Message{Value: Described{Symbol("a"), nil}, HasValue: true}, "00 53 77 00 a3 01 61 40", nil},
	{"value array", Message{Value: []uint32{1}, HasValue: true}, "00 53 77 e0 03 01 52 01", nil},
	{"value of data constructor", Message{Value: []byte{1}, HasValue: true}, "00 53 77 a0 01 01", nil},
	{"sequence", Message{Sequence: []List{{uint32(1)}, {}}}, `
		00 53 76 c0 03 01 52 01
		00 53 76 45
	`, []string{"00 53 76 d0 00 00 00 06 00 00 00 01 52 01  00 53 76 c0 01 00"}},
	{"all sections", Message{
		Header:                build(func(h *Header) { h.Durable = true }),
		DeliveryAnnotations:   Map{{Symbol("x-opt-d"), nil}},
		MessageAnnotations:    Map{{uint64(0), "r"}},
		Properties:            &Properties{MessageID: uint64(1)},
		ApplicationProperties: Map{{"k", true}, {"", []byte{}}},
		Value:                 Map{{"a", List{}}},
		HasValue:              true,
		Footer:                Map{},
	}, `
		00 53 70 c0 02 01 41                      // header: durable
		00 53 71 c1 0b 02 a3 07 782d6f70742d64 40 // delivery-annotations {x-opt-d: null}
		00 53 72 c1 05 02 44 a1 01 72             // message-annotations {0: "r"}
		00 53 73 c0 03 01 53 01                   // properties: message-id 1
		00 53 74 c1 09 04 a1 01 6b 41 a1 00 a0 00 // application-properties {"k": true, "": b""}
		00 53 77 c1 05 02 a1 01 61 45             // amqp-value {"a": []}
		00 53 78 c1 01 00                         // footer {}
	`, nil},
}

func TestGoldenMessages(t *testing.T) {
	var reused Message
	for _, row := range goldenMessages {
		t.Run(row.name, func(t *testing.T) {
			want := octets(t, row.bytes)
			got, err := row.message.Append([]byte("prefix"))
			if err != nil {
				t.Fatal(err)
			}
			if got = got[len("prefix"):]; !bytes.Equal(got, want) {
				t.Errorf("encoded\n got %x\nwant %x", got, want)
			}
			for _, encoding := range append([]string{row.bytes}, row.other...) {
				b := octets(t, encoding)
				var fresh Message
				for _, m := range []*Message{&fresh, &reused} {
					if err := m.Decode(b, Limits{}); err != nil {
						t.Fatalf("decode %x: %v", b, err)
					}
					if have := withoutSpare(m); !reflect.DeepEqual(have, row.message) {
						t.Errorf("decode %x\n got %+v\nwant %+v", b, have, row.message)
					}
				}
			}
		})
	}
}

// withoutSpare returns the message without the memory of earlier decodings, which is no part of its value.
func withoutSpare(m *Message) Message {
	c := *m
	c.spare = spareMessage{}
	return c
}

// §3.2: the sections stand in their order, each at most once except data and amqp-sequence, and the body is of one
// kind.
func TestMessageSectionOrder(t *testing.T) {
	sections := map[string]string{
		"header": "00 53 70 45", "delivery-annotations": "00 53 71 c1 01 00", "message-annotations": "00 53 72 c1 01 00",
		"properties": "00 53 73 45", "application-properties": "00 53 74 c1 01 00", "data": "00 53 75 a0 00",
		"amqp-sequence": "00 53 76 45", "amqp-value": "00 53 77 40", "footer": "00 53 78 c1 01 00",
	}
	order := []string{
		"header", "delivery-annotations", "message-annotations", "properties", "application-properties",
		"data", "amqp-sequence", "amqp-value", "footer",
	}
	body := func(i int) bool { return i >= 5 && i <= 7 }
	for i, first := range order {
		for j, second := range order {
			legal := i < j && !(body(i) && body(j)) || i == j && (first == "data" || first == "amqp-sequence")
			b := octets(t, sections[first]+sections[second])
			var m Message
			err := m.Decode(b, Limits{})
			if legal && err != nil {
				t.Errorf("%s, %s: %v", first, second, err)
			}
			if !legal {
				e := wantDecodeError(t, err, ConditionDecodeError, len(octets(t, sections[first])))
				if want := "section " + second + " may not follow section " + first; e != nil && e.Reason != want {
					t.Errorf("reason %q, want %q", e.Reason, want)
				}
			}
		}
	}
}

// wantDecodeError checks that err is a *DecodeError with the condition and offset, and returns it.
func wantDecodeError(t *testing.T, err error, condition Symbol, offset int) *DecodeError {
	t.Helper()
	e, ok := err.(*DecodeError)
	if !ok {
		t.Errorf("error %v (%T), want a *DecodeError", err, err)
		return nil
	}
	if e.Condition != condition || e.Offset != offset {
		t.Errorf("%v: want %s at offset %d", e, condition, offset)
	}
	return e
}

func TestMessageDecodeErrors(t *testing.T) {
	for _, row := range []struct {
		name      string
		bytes     string
		offset    int
		typ       string
		condition Symbol
	}{
		{"no described value", "40", 0, "", ConditionDecodeError},
		{"unknown section", "00 53 79 40", 0, "", ConditionNotImplemented},
		{"unknown symbol", "00 a3 01 78 40", 0, "", ConditionNotImplemented},
		{"symbol with the right beginning", "00 a3 11 616d71703a646174613a62696e61727958 a0 00", 0, "", ConditionNotImplemented},
		{"descriptor in another domain", "00 80 00 00 00 01 00 00 00 75 a0 00", 0, "", ConditionNotImplemented},
		{"descriptor as a string", "00 a1 10 616d71703a646174613a62696e617279 a0 00", 0, "", ConditionNotImplemented},
		{"performative", "00 53 14 45", 0, "", ConditionDecodeError},
		{"data of a string", "00 53 75 a1 00", 3, "data", ConditionDecodeError},
		{"data of null", "00 53 75 40", 3, "data", ConditionDecodeError},
		{"data cut off", "00 53 75 a0 02 00", 3, "data", ConditionDecodeError},
		{"sequence of a map", "00 53 76 c1 01 00", 3, "amqp-sequence", ConditionDecodeError},
		{"value missing", "00 53 77", 3, "amqp-value", ConditionDecodeError},
		{"header with too many fields", "00 53 70 c0 07 06 40 40 40 40 40 40", 3, "header", ConditionDecodeError},
		{"int as message-id", "00 53 73 c0 03 01 54 01", 6, "properties", ConditionDecodeError},
		{"string as annotation key", "00 53 72 c1 04 02 a1 00 40", 6, "message-annotations", ConditionDecodeError},
		{"null as annotation key", "00 53 71 c1 03 02 40 40", 6, "delivery-annotations", ConditionDecodeError},
		{"int as footer key", "00 53 78 c1 04 02 54 00 40", 6, "footer", ConditionDecodeError},
		{"symbol as property key", "00 53 74 c1 04 02 a3 00 40", 6, "application-properties", ConditionDecodeError},
		{"list as property", "00 53 74 c1 04 02 a1 00 45", 8, "application-properties", ConditionDecodeError},
		{"map as property", "00 53 74 c1 06 02 a1 00 c1 01 00", 8, "application-properties", ConditionDecodeError},
		{"array as property", "00 53 74 c1 07 02 a1 00 e0 02 00 a3", 8, "application-properties", ConditionDecodeError},
		{"described property", "00 53 74 c1 07 02 a1 00 00 53 01 40", 8, "application-properties", ConditionDecodeError},
		{"equal property keys", "00 53 74 c1 0c 04 a1 01 61 40 b1 00 00 00 01 61 40", 10, "application-properties", ConditionDecodeError},
	} {
		t.Run(row.name, func(t *testing.T) {
			var m Message
			err := m.Decode(octets(t, row.bytes), Limits{})
			if e := wantDecodeError(t, err, row.condition, row.offset); e != nil && e.Type != row.typ {
				t.Errorf("type %q, want %q", e.Type, row.typ)
			}
		})
	}
}

// TestMessageWithoutBody: the specification requires a body, its text leaves open what a receiver does without one.
// The decoder accepts, the encoder never sends such a message.
func TestMessageWithoutBody(t *testing.T) {
	for _, b := range [][]byte{{}, octets(t, "00 53 70 45")} {
		var m Message
		if err := m.Decode(b, Limits{}); err != nil || m.HasValue || m.Body() != nil {
			t.Errorf("%x: %v, body %v", b, err, m.Body())
		}
	}
	b, err := new(Message).Append(nil)
	if want := octets(t, "00 53 77 40"); err != nil || !bytes.Equal(b, want) {
		t.Errorf("empty message is %x, %v, want %x", b, err, want)
	}
}

func TestMessageEncodeErrors(t *testing.T) {
	for name, m := range map[string]Message{
		"data and value":         {Data: [][]byte{{}}, HasValue: true},
		"data and sequence":      {Data: [][]byte{{}}, Sequence: []List{{}}},
		"sequence and value":     {Sequence: []List{{}}, Value: 1},
		"value without encoding": {Value: struct{}{}},
		"bad UTF-8":              {Value: "\xff"},
		"sequence":               {Sequence: []List{{struct{}{}}}},
		"string annotation key":  {MessageAnnotations: Map{{"k", nil}}},
		"delivery annotation":    {DeliveryAnnotations: Map{{int32(1), nil}}},
		"footer":                 {Footer: Map{{nil, nil}}},
		"symbol property key":    {ApplicationProperties: Map{{Symbol("k"), nil}}},
		"list property":          {ApplicationProperties: Map{{"k", List{nil}}}},
		"empty list property":    {ApplicationProperties: Map{{"k", List{}}}},
		"composite property":     {ApplicationProperties: Map{{"k", &Accepted{}}}},
		"array property":         {ApplicationProperties: Map{{"k", []Symbol{}}}},
		"equal property keys":    {ApplicationProperties: Map{{"k", 1}, {"k", 2}}},
		"message id":             {Properties: &Properties{MessageID: 1}},
		"correlation id":         {Properties: &Properties{CorrelationID: Symbol("s")}},
		"content type":           {Properties: &Properties{ContentType: Some[Symbol]("é")}},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := m.Append([]byte("prefix"))
			if _, ok := err.(*EncodeError); !ok {
				t.Errorf("error %v (%T), want an *EncodeError", err, err)
			}
			if string(b) != "prefix" {
				t.Errorf("dst came back as %q", b)
			}
		})
	}
}
