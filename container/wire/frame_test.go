package wire

import (
	"bytes"
	"reflect"
	"testing"
)

// decodeFrame decodes b, which must be one whole frame.
func decodeFrame(t *testing.T, b []byte) *Frame {
	t.Helper()
	f := new(Frame)
	if n, err := f.Decode(b, Limits{}); err != nil || n != len(b) {
		t.Fatalf("decode %x: %d octets, %v", b, n, err)
	}
	return f
}

func TestGoldenFrames(t *testing.T) {
	for _, row := range []struct {
		name         string
		typ          FrameType
		channel      uint16
		performative Performative
		payload      string
		bytes        string
	}{
		{"empty", FrameAMQP, 0, nil, "", "00 00 00 08 02 00 00 00"},
		{"empty on a channel", FrameAMQP, 7, nil, "", "00 00 00 08 02 00 00 07"},
		{"close", FrameAMQP, 0, &Close{}, "", `
			00 00 00 0c   // size 12
			02 00 00 00   // data offset 2, AMQP, channel 0
			00 53 18 45
		`},
		{"transfer with payload", FrameAMQP, 0xfffe, &Transfer{Handle: 1}, "00 53 77 40", `
			00 00 00 14   // size 20
			02 00 ff fe   // data offset 2, AMQP, channel 65534
			00 53 14 c0 03 01 52 01
			00 53 77 40
		`},
		{"sasl-outcome", FrameSASL, 0, &SASLOutcome{Code: SASLCodeAuth}, "", `
			00 00 00 10
			02 01 00 00   // data offset 2, SASL
			00 53 44 c0 03 01 50 01
		`},
	} {
		t.Run(row.name, func(t *testing.T) {
			want := octets(t, row.bytes)
			got := AppendFrame([]byte("prefix"), row.typ, row.channel, row.performative, octets(t, row.payload))
			if got = got[len("prefix"):]; !bytes.Equal(got, want) {
				t.Errorf("encoded\n got %x\nwant %x", got, want)
			}
			f := decodeFrame(t, want)
			if f.Type != row.typ || f.Channel != row.channel {
				t.Errorf("type %d, channel %d; want %d, %d", f.Type, f.Channel, row.typ, row.channel)
			}
			if !bytes.Equal(f.Payload, octets(t, row.payload)) {
				t.Errorf("payload %x, want %s", f.Payload, row.payload)
			}
			if row.performative == nil {
				if f.Performative() != nil || f.Code != 0 {
					t.Errorf("performative %v, want none", f.Performative())
				}
			} else if !reflect.DeepEqual(f.Performative(), row.performative) || f.Code != row.performative.Descriptor() {
				t.Errorf("performative %+v, want %+v", f.Performative(), row.performative)
			}
		})
	}
	if got := AppendEmptyFrame(nil); !bytes.Equal(got, octets(t, "00 00 00 08 02 00 00 00")) {
		t.Errorf("empty frame %x", got)
	}
}

// TestFramePerformatives sends every golden performative through one Frame that is used again and again.
func TestFramePerformatives(t *testing.T) {
	var f Frame
	for range 2 {
		for _, row := range goldenComposites() {
			p, ok := row.value.(Performative)
			if !ok {
				continue
			}
			typ := FrameAMQP
			if p.Descriptor() >= CodeSASLMechanisms && p.Descriptor() <= CodeSASLOutcome {
				typ = FrameSASL
			}
			b := AppendFrame(nil, typ, 3, p, nil)
			n, err := f.Decode(b, Limits{})
			if err != nil || n != len(b) {
				t.Fatalf("%s: %d octets of %d, %v", row.name, n, len(b), err)
			}
			if !reflect.DeepEqual(f.Performative(), p) {
				t.Errorf("%s: %+v, want %+v", row.name, f.Performative(), p)
			}
		}
	}
}

// TestFrameIncomplete: a frame that has not arrived whole is no error, and says nothing yet.
func TestFrameIncomplete(t *testing.T) {
	b := AppendFrame(nil, FrameAMQP, 0, &Transfer{Handle: 1}, []byte("payload"))
	var f Frame
	for n := range b {
		if got, err := f.Decode(b[:n:n], Limits{}); got != 0 || err != nil {
			t.Errorf("%d of %d octets: %d, %v", n, len(b), got, err)
		}
	}
	if n, err := f.Decode(append(b, b...), Limits{}); n != len(b) || err != nil {
		t.Errorf("two frames: %d octets, %v", n, err)
	}
	if string(f.Payload) != "payload" || cap(f.Payload) != len(f.Payload) {
		t.Errorf("payload %q with capacity %d reaches into the next frame", f.Payload, cap(f.Payload))
	}
}

func TestFrameErrors(t *testing.T) {
	framing := ConditionConnectionFramingError
	for _, row := range []struct {
		name      string
		bytes     string
		n         int
		offset    int
		condition Symbol
	}{
		{"size 0", "00 00 00 00", 0, 0, framing},
		{"size 7", "00 00 00 07 02 00 00 00", 0, 0, framing},
		{"size 2^31", "80 00 00 00", 0, 0, framing},
		{"size 2^32-1", "ff ff ff ff", 0, 0, framing},
		{"data offset 0", "00 00 00 08 00 00 00 00", 8, 4, framing},
		{"data offset 1", "00 00 00 08 01 00 00 00", 8, 4, framing},
		{"data offset beyond", "00 00 00 0c 04 00 00 00 00 53 18 45", 12, 4, framing},
		{"data offset 255", "00 00 00 08 ff 00 00 00", 8, 4, framing},
		{"type 2", "00 00 00 0c 02 02 00 00 00 53 18 45", 12, 5, framing},
		{"empty, type 255", "00 00 00 08 02 ff 00 00", 8, 5, framing},
		{"empty SASL frame", "00 00 00 08 02 01 00 00", 8, 8, ConditionDecodeError},
		{"body without descriptor", "00 00 00 09 02 00 00 00 45", 9, 8, ConditionDecodeError},
		{"body cut off", "00 00 00 09 02 00 00 00 00", 9, 9, ConditionDecodeError},
		{"descriptor cut off", "00 00 00 0a 02 00 00 00 00 53", 10, 9, ConditionDecodeError},
		{"unknown performative", "00 00 00 0c 02 00 00 00 00 53 1f 45", 12, 8, ConditionNotImplemented},
		{"message section", "00 00 00 0c 02 00 00 00 00 53 77 40", 12, 8, ConditionDecodeError},
		{"SASL performative in an AMQP frame", "00 00 00 10 02 00 00 00 00 53 44 c0 03 01 50 00", 16, 8, ConditionDecodeError},
		{"AMQP performative in a SASL frame", "00 00 00 0c 02 01 00 00 00 53 18 45", 12, 8, ConditionDecodeError},
		{"unknown SASL performative", "00 00 00 0c 02 01 00 00 00 53 45 45", 12, 8, ConditionNotImplemented},
		{"octets after close", "00 00 00 0d 02 00 00 00 00 53 18 45 00", 13, 12, framing},
		{"octets after sasl-outcome", "00 00 00 11 02 01 00 00 00 53 44 c0 03 01 50 00 40", 17, 16, framing},
		{"wrong field", "00 00 00 10 02 00 00 00 00 53 14 c0 03 01 50 01", 16, 14, ConditionDecodeError},
	} {
		t.Run(row.name, func(t *testing.T) {
			var f Frame
			n, err := f.Decode(octets(t, row.bytes), Limits{})
			wantDecodeError(t, err, row.condition, row.offset)
			if n != row.n {
				t.Errorf("%d octets, want %d", n, row.n)
			}
			if f.Payload != nil {
				t.Errorf("payload %x with the error", f.Payload)
			}
		})
	}
}

// TestFrameErrorScope: after an error inside a performative, type, channel and code tell where the answer belongs.
func TestFrameErrorScope(t *testing.T) {
	var f Frame
	b := octets(t, "00 00 00 10 02 00 00 05 00 53 12 c0 03 01 50 01")
	n, err := f.Decode(b, Limits{})
	e := wantDecodeError(t, err, ConditionDecodeError, 14)
	if n != len(b) || f.Channel != 5 || f.Code != CodeAttach || e.Type != "attach" || e.Field != "name" {
		t.Errorf("%d octets, channel %d, code %v, %v", n, f.Channel, f.Code, e)
	}
	if _, err := f.Decode(AppendEmptyFrame(nil), Limits{}); err != nil || f.Code != 0 {
		t.Errorf("the frame after an error: %v, code %v", err, f.Code)
	}
}

// §2.3.1: the extended header is skipped, whatever it holds.
func TestExtendedHeader(t *testing.T) {
	for _, words := range []int{0, 1, 253} {
		for _, p := range []Performative{&Close{}, &Transfer{Handle: 1}, nil} {
			r := RawFrame{Extended: bytes.Repeat([]byte{0xff}, 4*words)}
			if p != nil {
				r.Body = p.Append(nil)
			}
			f := decodeFrame(t, r.Append(nil))
			if p == nil && f.Code != 0 || p != nil && !reflect.DeepEqual(f.Performative(), p) {
				t.Errorf("%d words: %v, want %v", words, f.Performative(), p)
			}
		}
	}
}

func TestMaxFrameSize(t *testing.T) {
	b := AppendFrame(nil, FrameAMQP, 0, &Transfer{}, make([]byte, 500))
	var f Frame
	if n, err := f.Decode(b, Limits{MaxFrameSize: uint32(len(b))}); err != nil || n != len(b) {
		t.Errorf("a frame of the maximum size: %d, %v", n, err)
	}
	// The first four octets are enough to refuse.
	n, err := f.Decode(b[:4], Limits{MaxFrameSize: uint32(len(b) - 1)})
	wantDecodeError(t, err, ConditionConnectionFramingError, 0)
	if n != 0 {
		t.Errorf("%d octets of a frame that is too large", n)
	}
}

// TestFrameMemory: what Frame documents as fresh does not change with the input or the next frame.
func TestFrameMemory(t *testing.T) {
	attach := build(func(a *Attach) {
		a.Name = "link"
		a.Source = build(func(s *Source) { s.Address = Some("node"); s.Capabilities = []Symbol{"queue"} })
		a.Properties = Map{{Symbol("key"), "value"}}
	})
	b := AppendFrame(nil, FrameAMQP, 0, attach, nil)
	f := decodeFrame(t, b)
	source, properties, name := f.Attach.Source, f.Attach.Properties, f.Attach.Name
	other := AppendFrame(nil, FrameAMQP, 0, build(func(a *Attach) {
		a.Name = "other"
		a.Source = build(func(s *Source) { s.Address = Some("xxxx"); s.Capabilities = []Symbol{"xxxxx"} })
		a.Properties = Map{{Symbol("xxx"), "xxxxx"}}
	}), nil)
	for i := range b {
		b[i] = 0
	}
	if _, err := f.Decode(other, Limits{}); err != nil {
		t.Fatal(err)
	}
	if name != "link" || !reflect.DeepEqual(source, attach.Source) || !reflect.DeepEqual(properties, attach.Properties) {
		t.Errorf("kept parts of a frame changed: %q, %+v, %v", name, source, properties)
	}
}

func TestAppendPanics(t *testing.T) {
	for name, c := range map[string]Composite{
		"map value":   &Open{Properties: Map{{Symbol("k"), struct{}{}}}},
		"map key":     &Flow{Properties: Map{{"k", nil}}},
		"UTF-8":       &Open{ContainerID: "\xff"},
		"ASCII":       &Error{Condition: "é"},
		"nested":      &Close{Error: &Error{Condition: "é"}},
		"capability":  &Coordinator{Capabilities: []Symbol{"é"}},
		"filter":      &Source{Filter: Map{{nil, nil}}},
		"global id":   &Declare{GlobalID: struct{}{}},
		"equal keys":  &Modified{MessageAnnotations: Map{{Symbol("k"), 1}, {Symbol("k"), 2}}},
		"message id":  &Properties{MessageID: 1},
		"mechanism":   &SASLMechanisms{SASLServerMechanisms: []Symbol{"é"}},
		"annotations": &Disposition{State: &Modified{MessageAnnotations: Map{{nil, nil}}}},
	} {
		t.Run(name, func(t *testing.T) {
			want, ok := Validate(c).(*EncodeError)
			if !ok {
				t.Fatalf("Validate: %v, want an *EncodeError", Validate(c))
			}
			defer func() {
				if got, ok := recover().(*EncodeError); !ok || *got != *want {
					t.Errorf("Append panics with %v, want %v", got, want)
				}
			}()
			c.Append(nil)
		})
	}
}
