package goamqp

import (
	"bytes"
	"errors"
	"testing"

	amqp "github.com/Azure/go-amqp"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/wire"
)

func addSeeds(f *testing.F) {
	f.Helper()
	m := container.NewMessage(wire.Map{
		{Key: "k", Value: wire.List{true, int8(1), 1.5, wire.Timestamp(1), wire.UUID{1}, []byte{1}}},
		{Key: wire.Symbol("s"), Value: wire.Described{Descriptor: uint64(300), Value: []uint32{1, 2}}},
	})
	m.SetDurable(true)
	m.SetTTL(1000)
	m.SetID(uint64(7))
	m.SetSubject("subject")
	m.SetProperty("p", int32(-1))
	m.SetAnnotation("x-opt-a", &wire.Error{Condition: "a", Description: "b"})
	f.Add(encodeOurs(f, m))
	f.Add(encodeOurs(f, container.NewDataMessage([]byte("octets"))))
	f.Add(encodeOurs(f, &container.Message{Sequence: []wire.List{{wire.Array{Of: wire.TypeMap, Elems: []any{wire.Map{}}}}, {}}}))
	f.Add(encodeOurs(f, container.NewMessage(wire.Described{Descriptor: uint64(0x25), Value: wire.List{&wire.Error{Condition: "a"}}})))
}

// FuzzToGoAMQP: whatever we decode is refused, or go-amqp sends what it was.
func FuzzToGoAMQP(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		var m container.Message
		if m.Decode(b, wire.Limits{}) != nil {
			return
		}
		there, err := ToGoAMQP(&m)
		if err != nil {
			checkTyped(t, err)
			return
		}
		got, want := decodeOurs(t, encodeTheirs(t, there)), m.Clone()
		sortMessage(got)
		sortMessage(want)
		if !bytes.Equal(encodeOurs(t, got), encodeOurs(t, want)) || got.HasValue != want.HasValue {
			t.Fatalf("\n got %#v\nwant %#v", got, want)
		}
	})
}

// FuzzFromGoAMQP: whatever go-amqp decodes is refused, or becomes a message that
// decodes to itself.
func FuzzFromGoAMQP(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		var m amqp.Message
		if !theyDecode(&m, b) {
			return
		}
		here, err := FromGoAMQP(&m)
		if err != nil {
			checkTyped(t, err)
			return
		}
		first := encodeOurs(t, here)
		var again container.Message
		if err := again.Decode(first, wire.Limits{MaxDepth: 2 * maxDepth, MaxZeroWidth: 1 << 20}); err != nil {
			t.Fatalf("%#v: %v", here, err)
		}
		if second := encodeOurs(t, &again); !bytes.Equal(first, second) {
			t.Fatalf("%x became %x", first, second)
		}
	})
}

// theyDecode reports whether go-amqp decodes the octets. It panics for some.
func theyDecode(m *amqp.Message, b []byte) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	return m.UnmarshalBinary(b) == nil
}

func checkTyped(t *testing.T, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Field == "" || e.Type == "" || e.Reason == "" {
		t.Fatalf("an error that names nothing: %#v", err)
	}
}
