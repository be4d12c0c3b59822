package wire_test

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/collider-amqp/collider/container/wire"
)

// failer is what the checks need of a test.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// isDecodeError checks that err is of the one type that decoding returns.
func isDecodeError(t failer, b []byte, err error) {
	t.Helper()
	e, ok := err.(*wire.DecodeError)
	if !ok || e.Reason == "" || e.Condition == "" || e.Offset < 0 || e.Offset > len(b) {
		t.Fatalf("%x: error %#v", b, err)
	}
}

// same compares decoded things by their encoding, in which NaN equals itself.
func same(t failer, b, x, y []byte) {
	t.Helper()
	if !bytes.Equal(x, y) {
		t.Fatalf("%x is encoded as\n%x, which decodes to what is encoded as\n%x", b, x, y)
	}
}

// checkValue: decode; if it succeeds, encode, decode, encode gives the same octets, no more than there were.
func checkValue(t failer, b []byte) {
	t.Helper()
	v, n, err := wire.DecodeValue(b, wire.Limits{})
	if err != nil {
		isDecodeError(t, b, err)
		return
	}
	first, err := wire.AppendValue(nil, v)
	if err != nil {
		t.Fatalf("%x: decoded to %#v, which has no encoding: %v", b, v, err)
	}
	again, m, err := wire.DecodeValue(first, wire.Limits{MaxZeroWidth: 1 << 30})
	if err != nil || m != len(first) {
		t.Fatalf("%x: encoded as %x, which does not decode: %v", b[:n], first, err)
	}
	second, _ := wire.AppendValue(nil, again)
	same(t, b, first, second)
	node, n2, err := wire.DecodeNode(b, wire.Limits{})
	if err != nil || n2 != n || !bytes.Equal(node.Octets, b[:n]) {
		t.Fatalf("%x: node of %d octets, value of %d, %v", b, n2, n, err)
	}
	if wire.Text(v) == "" {
		t.Fatalf("%x has no text", b)
	}
}

func checkFrame(t failer, b []byte) {
	t.Helper()
	var f wire.Frame
	n, err := f.Decode(b, wire.Limits{})
	if n < 0 || n > len(b) {
		t.Fatalf("%x: %d octets", b, n)
	}
	wire.FrameText(b)
	if err != nil {
		isDecodeError(t, b, err)
		return
	}
	if n == 0 {
		return
	}
	if f.Performative() == nil && f.Code != 0 {
		t.Fatalf("%x: code %v without performative", b, f.Code)
	}
	first := wire.AppendFrame(nil, f.Type, f.Channel, f.Performative(), f.Payload)
	var again wire.Frame
	if m, err := again.Decode(first, wire.Limits{}); err != nil || m != len(first) {
		t.Fatalf("%x: encoded as %x, which does not decode: %v", b[:n], first, err)
	}
	same(t, b, first, wire.AppendFrame(nil, again.Type, again.Channel, again.Performative(), again.Payload))
}

func checkMessage(t failer, b []byte) {
	t.Helper()
	var m wire.Message
	if err := m.Decode(b, wire.Limits{}); err != nil {
		isDecodeError(t, b, err)
		return
	}
	first, err := m.Append(nil)
	if err != nil {
		t.Fatalf("%x: decoded to %+v, which has no encoding: %v", b, m, err)
	}
	clone := m.Clone()
	if err := m.Decode(first, wire.Limits{}); err != nil {
		t.Fatalf("%x: encoded as %x, which does not decode: %v", b, first, err)
	}
	second, _ := m.Append(nil)
	same(t, b, first, second)
	third, _ := clone.Append(nil)
	same(t, b, first, third)
}

// seedMessages are whole messages to start from.
func seedMessages(f *testing.F) {
	full := ours(3)
	full.SetAnnotation("x-opt-a", wire.List{nil, uint32(1)})
	full.DeliveryAnnotations = wire.Map{{Key: uint64(1), Value: wire.Described{Descriptor: wire.Symbol("d"), Value: nil}}}
	full.Footer = wire.Map{}
	for _, m := range []*wire.Message{
		full, wire.NewMessage("text"), wire.NewMessage([]wire.Symbol{"a"}), {Sequence: []wire.List{{true}, {}}},
		wire.NewMessage(wire.Array{Of: wire.TypeList, Descriptors: []any{uint64(1)}, Elems: []any{wire.List{nil}}}),
	} {
		b, err := m.Append(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}

func FuzzMessage(f *testing.F) {
	seedMessages(f)
	f.Fuzz(func(t *testing.T, b []byte) { checkMessage(t, b) })
}

func FuzzValue(f *testing.F) {
	for _, seed := range wire.GoldenSeeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) { checkValue(t, b) })
}

// FuzzFrame takes a frame body and puts an AMQP frame header in front of it.
func FuzzFrame(f *testing.F) { fuzzFrame(f, wire.FrameAMQP) }

// FuzzSASLFrame takes a frame body and puts a SASL frame header in front of it.
func FuzzSASLFrame(f *testing.F) { fuzzFrame(f, wire.FrameSASL) }

func fuzzFrame(f *testing.F, typ wire.FrameType) {
	for _, seed := range wire.GoldenSeeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		frame := wire.RawFrame{Type: typ, Channel: 1, Body: b}
		checkFrame(t, frame.Append(nil))
	})
}

// FuzzStream takes octets as they come from a peer, header and all, in two segments of any size.
func FuzzStream(f *testing.F) {
	f.Add(wire.AppendFrame(wire.AppendEmptyFrame(nil), wire.FrameAMQP, 1, benchTransfer(), []byte("payload")), 3)
	f.Add(wire.AppendFrame(nil, wire.FrameSASL, 0, &wire.SASLInit{Mechanism: "PLAIN"}, nil), 20)
	f.Add(wire.HeaderAMQP.Append(nil), 8)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		checkFrame(t, b)
		var whole, part wire.Frame
		n, err := whole.Decode(b, wire.Limits{})
		if cut < 0 || cut > len(b) {
			return
		}
		// A frame that is whole in the first segment does not depend on the second; else the segment is no more than
		// incomplete, unless its header is wrong already.
		m, errPart := part.Decode(b[:cut:cut], wire.Limits{})
		if m != 0 && (m != n || !reflect.DeepEqual(err, errPart)) || m == 0 && errPart != nil && err == nil {
			t.Fatalf("%x decodes to %d, %v; its first %d octets to %d, %v", b, n, err, cut, m, errPart)
		}
	})
}

// FuzzRoundTrip is decode, encode, decode for whatever the octets are.
func FuzzRoundTrip(f *testing.F) {
	seedMessages(f)
	for _, seed := range wire.GoldenSeeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		checkValue(t, b)
		checkMessage(t, b)
		checkFrame(t, b)
		var r wire.RawFrame
		if n, err := r.Decode(b); err == nil && n != 0 && !bytes.Equal(r.Append(nil), b[:n]) {
			t.Fatalf("%x: raw frame is written again as %x", b[:n], r.Append(nil))
		}
	})
}
