package wire_test

import (
	"bytes"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/collider-amqp/collider/container/wire"
	"github.com/collider-amqp/collider/container/wire/spec"
)

// TestValueRoundTrip: what is encoded decodes to the same, takes all its octets, and no longer encoding is shorter.
func TestValueRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := values(3).Draw(t, "value")
		b, err := wire.AppendValue([]byte("prefix"), v)
		if err != nil {
			t.Fatal(err)
		}
		b = b[len("prefix"):]
		got, n, err := wire.DecodeValue(append(b[:len(b):len(b)], 0xff), wire.Limits{})
		if err != nil || n != len(b) || !reflect.DeepEqual(got, v) {
			t.Fatalf("%x\n got %#v (%d octets of %d, %v)\nwant %#v", b, got, n, len(b), err, v)
		}
		if clone := wire.CloneValue(v); !reflect.DeepEqual(clone, v) {
			t.Fatalf("clone %#v", clone)
		}
		if wire.Text(v) == "" {
			t.Fatal("no text")
		}
	})
}

// TestFreeEncodings: every legal encoding of a value decodes to it, and the encoder's is the smallest.
func TestFreeEncodings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := values(3).Draw(t, "value")
		b := encodeFreely(t, v)
		got, n, err := wire.DecodeValue(b, wire.Limits{})
		if err != nil || n != len(b) || !reflect.DeepEqual(got, v) {
			t.Fatalf("%x\n got %#v (%d octets of %d, %v)\nwant %#v", b, got, n, len(b), err, v)
		}
		if smallest, _ := wire.AppendValue(nil, v); len(smallest) > len(b) {
			t.Fatalf("encoded as %x, but %x is shorter", smallest, b)
		}
		node, n, err := wire.DecodeNode(b, wire.Limits{})
		if err != nil || n != len(b) || !bytes.Equal(node.Octets, b) || !reflect.DeepEqual(node.Value, v) {
			t.Fatalf("%x: node %+v, %d, %v", b, node, n, err)
		}
	})
}

// TestPerformativeRoundTrip draws performatives from the table, freely encoded: encoding what was decoded gives a
// frame that decodes to the same, and is not longer.
func TestPerformativeRoundTrip(t *testing.T) {
	types := append(providers("frame"), providers("sasl-frame")...)
	var reused wire.Frame
	rapid.Check(t, func(t *rapid.T) {
		typ := rapid.SampledFrom(types).Draw(t, "type")
		raw := wire.RawFrame{Channel: rapid.Uint16().Draw(t, "channel"), Body: composite(t, typ)}
		if typ.Is("sasl-frame") {
			raw.Type = wire.FrameSASL
		}
		b := raw.Append(nil)
		var first wire.Frame
		for _, f := range []*wire.Frame{&first, &reused} {
			if n, err := f.Decode(b, wire.Limits{}); err != nil || n != len(b) {
				t.Fatalf("%x: %d octets, %v", b, n, err)
			}
		}
		if !reflect.DeepEqual(first.Performative(), reused.Performative()) {
			t.Fatalf("a fresh frame holds\n%+v, one that was used before\n%+v", first.Performative(), reused.Performative())
		}
		again := wire.AppendFrame(nil, raw.Type, raw.Channel, first.Performative(), nil)
		var second wire.Frame
		if n, err := second.Decode(again, wire.Limits{}); err != nil || n != len(again) {
			t.Fatalf("%x: %d octets, %v", again, n, err)
		}
		if !reflect.DeepEqual(first.Performative(), second.Performative()) || first.Channel != second.Channel {
			t.Fatalf("\n%+v\nbecame\n%+v", first.Performative(), second.Performative())
		}
		if wire.FrameText(b) == "" || first.String() != second.String() {
			t.Fatalf("texts differ:\n%s\n%s", first.String(), second.String())
		}
	})
}

// TestMessageRoundTrip: messages decode to what was encoded, into a fresh and into a used receiver, and clones agree.
func TestMessageRoundTrip(t *testing.T) {
	var reused wire.Message
	rapid.Check(t, func(t *rapid.T) {
		m := messages(true).Draw(t, "message")
		b, err := m.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		var fresh wire.Message
		for _, got := range []*wire.Message{&fresh, &reused} {
			if err := got.Decode(b, wire.Limits{}); err != nil {
				t.Fatalf("%x: %v", b, err)
			}
			if clone := got.Clone(); !reflect.DeepEqual(clone, m) {
				t.Fatalf("%x\n got %+v\nwant %+v", b, clone, m)
			}
		}
	})
}

// TestDecodeTotal changes octets of legal frames and messages: whatever comes of it, it is a value or a DecodeError,
// and a value that can be encoded.
func TestDecodeTotal(t *testing.T) {
	types := append(providers("frame"), providers("sasl-frame")...)
	rapid.Check(t, func(t *rapid.T) {
		typ := rapid.SampledFrom(types).Draw(t, "type")
		raw := wire.RawFrame{Body: composite(t, typ)}
		if typ.Is("sasl-frame") {
			raw.Type = wire.FrameSASL
		}
		checkFrame(t, mutate(t, raw.Append(nil)))
		b, err := messages(true).Draw(t, "message").Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		checkMessage(t, mutate(t, b))
	})
}

func mutate(t *rapid.T, b []byte) []byte {
	for range rapid.IntRange(1, 4).Draw(t, "changes") {
		if len(b) == 0 {
			return b
		}
		i := rapid.IntRange(0, len(b)-1).Draw(t, "at")
		switch rapid.IntRange(0, 2).Draw(t, "change") {
		case 0:
			b[i] = rapid.Byte().Draw(t, "octet")
		case 1:
			b = append(b[:i], b[i+1:]...)
		case 2:
			b[i] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		}
	}
	return b
}

// TestSpecCoversFrames: the union of Frame and the table know the same performatives.
func TestSpecCoversFrames(t *testing.T) {
	for _, archetype := range []string{"frame", "sasl-frame"} {
		for _, typ := range providers(archetype) {
			f := wire.Frame{Code: wire.Code(typ.Code)}
			if p := f.Performative(); p == nil || uint64(p.Descriptor()) != typ.Code {
				t.Errorf("Frame has no %s", typ.Name)
			}
		}
	}
	if (&wire.Frame{Code: wire.CodeData}).Performative() != nil || spec.ByCode(0) != nil {
		t.Error("a section is a performative")
	}
}
