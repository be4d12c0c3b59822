package goamqp

import (
	"bytes"
	"reflect"
	"slices"
	"testing"
	"time"

	amqp "github.com/Azure/go-amqp"
	"pgregory.net/rapid"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/wire"
)

// TestThereAndBack: what goes to go-amqp and comes back is what it was, but for
// the order of maps.
func TestThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := ours(true).Draw(t, "message")
		there, err := ToGoAMQP(m)
		if err != nil {
			t.Fatal(err)
		}
		back, err := FromGoAMQP(there)
		if err != nil {
			t.Fatal(err)
		}
		sortMessage(m)
		sortMessage(back)
		if !reflect.DeepEqual(back, m) {
			t.Fatalf("\n got %#v\nwant %#v", back, m)
		}
	})
}

// TestHereAndBack is the other way round.
func TestHereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := theirs().Draw(t, "message")
		here, err := FromGoAMQP(m)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ToGoAMQP(here)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(back, m) {
			t.Fatalf("\n got %#v\nwant %#v", back, m)
		}
	})
}

// TestGoAMQPSendsWhatWasConverted: the octets that go-amqp makes of a converted
// message decode to the message.
func TestGoAMQPSendsWhatWasConverted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := ours(true).Draw(t, "message")
		there, err := ToGoAMQP(m)
		if err != nil {
			t.Fatal(err)
		}
		got := decodeOurs(t, encodeTheirs(t, there))
		sortMessage(m)
		sortMessage(got)
		if !reflect.DeepEqual(got, m) {
			t.Fatalf("\n got %#v\nwant %#v", got, m)
		}
	})
}

// TestGoAMQPReceivesWhatIsConverted: what go-amqp decodes from our octets is the
// conversion, but for its taking symbols for strings.
func TestGoAMQPReceivesWhatIsConverted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := ours(false).Draw(t, "message")
		if !m.HasValue && len(m.Data) == 0 && len(m.Sequence) == 0 {
			m.Value, m.HasValue = "a body, since our encoder supplies one", true
		}
		if m.Value == nil {
			m.HasValue = false // go-amqp takes null for no body
		}
		received := decodeTheirs(t, encodeOurs(t, m))
		want, err := ToGoAMQP(m)
		if err != nil {
			t.Fatal(err)
		}
		if got := plain(received); !reflect.DeepEqual(got, plain(want)) {
			t.Fatalf("\n got %#v\nwant %#v", got, plain(want))
		}
		back, err := FromGoAMQP(received)
		if err != nil {
			t.Fatal(err)
		}
		sortMessage(m)
		sortMessage(back)
		if !bytes.Equal(encodeOurs(t, back), encodeOurs(t, m)) {
			t.Fatalf("\n got %#v\nwant %#v", back, m)
		}
	})
}

// TestReceivingWhatGoAMQPSent: what we decode from go-amqp's octets is the
// conversion.
func TestReceivingWhatGoAMQPSent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := theirs().Draw(t, "message")
		received := decodeOurs(t, encodeTheirs(t, m))
		want, err := FromGoAMQP(m)
		if err != nil {
			t.Fatal(err)
		}
		sortMessage(received)
		if !reflect.DeepEqual(received, want) { // the conversion is sorted
			t.Fatalf("\n got %#v\nwant %#v", received, want)
		}
	})
}

// TestConversionSharesNothing changes the argument and looks at the result.
func TestConversionSharesNothing(t *testing.T) {
	octet := func() []byte { return []byte{1} }
	m := &container.Message{
		Properties: &wire.Properties{UserID: octet(), MessageID: octet()},
		Footer:     wire.Map{{Key: wire.Symbol("a"), Value: []uint32{1}}},
		Sequence:   []wire.List{{octet(), [][]byte{octet()}, []bool{true}}},
	}
	there, err := ToGoAMQP(m)
	if err != nil {
		t.Fatal(err)
	}
	back, err := FromGoAMQP(there)
	if err != nil {
		t.Fatal(err)
	}
	want := back.Clone()
	m.Properties.UserID[0], m.Properties.MessageID.([]byte)[0] = 2, 2
	m.Footer[0].Value.([]uint32)[0] = 2
	m.Sequence[0][0].([]byte)[0], m.Sequence[0][1].([][]byte)[0][0], m.Sequence[0][2].([]bool)[0] = 2, 2, false
	if again, err := FromGoAMQP(there); err != nil || !reflect.DeepEqual(again, want) {
		t.Errorf("go-amqp's message changed with ours: %#v, %v", again, err)
	}
	there.Properties.UserID[0], there.Properties.MessageID.([]byte)[0] = 2, 2
	there.Footer["a"].([]uint32)[0] = 2
	there.Sequence[0][0].([]byte)[0], there.Sequence[0][1].([][]byte)[0][0], there.Sequence[0][2].([]bool)[0] = 2, 2, false
	if !reflect.DeepEqual(back, want) {
		t.Errorf("our message changed with go-amqp's: %#v", back)
	}
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func encodeOurs(t fataler, m *container.Message) []byte {
	t.Helper()
	b, err := m.Append(nil)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return b
}

func decodeOurs(t fataler, b []byte) *container.Message {
	t.Helper()
	var m container.Message
	if err := m.Decode(b, wire.Limits{}); err != nil {
		t.Fatalf("%x: %v", b, err)
	}
	return m.Clone()
}

func encodeTheirs(t fataler, m *amqp.Message) []byte {
	t.Helper()
	b, err := m.MarshalBinary()
	if err != nil {
		t.Fatalf("%v", err)
	}
	return b
}

func decodeTheirs(t fataler, b []byte) *amqp.Message {
	t.Helper()
	var m amqp.Message
	if err := m.UnmarshalBinary(b); err != nil {
		t.Fatalf("%x: %v", b, err)
	}
	return &m
}

// sortMessage sorts all maps of a message by the encodings of their keys.
func sortMessage(m *container.Message) {
	for _, s := range []wire.Map{m.DeliveryAnnotations, m.MessageAnnotations, m.ApplicationProperties, m.Footer} {
		sortValue(s)
	}
	for _, l := range m.Sequence {
		sortValue(l)
	}
	sortValue(m.Value)
}

func sortValue(v any) {
	switch v := v.(type) {
	case wire.List:
		for _, e := range v {
			sortValue(e)
		}
	case wire.Array:
		for _, e := range v.Elems {
			sortValue(e)
		}
	case wire.Described:
		sortValue(v.Value)
	case wire.Map:
		for _, e := range v {
			sortValue(e.Value)
		}
		slices.SortFunc(v, func(a, b wire.MapEntry) int { return bytes.Compare(encoding(a.Key), encoding(b.Key)) })
	}
}

func encoding(v any) []byte {
	b, err := wire.AppendValue(nil, v)
	if err != nil {
		panic(err)
	}
	return b
}

// plain returns a message of go-amqp in which empty and nil slices of values are
// the same, as they are in its encodings, and times are UTC.
func plain(m *amqp.Message) *amqp.Message {
	c := *m
	c.Value = plainValue(m.Value)
	c.Sequence = nil
	for _, s := range m.Sequence {
		c.Sequence = append(c.Sequence, plainValue(s).([]any))
	}
	if m.Properties != nil {
		p := *m.Properties
		for _, t := range []**time.Time{&p.AbsoluteExpiryTime, &p.CreationTime} {
			if *t != nil {
				u := (*t).UTC()
				*t = &u
			}
		}
		c.Properties = &p
	}
	if m.ApplicationProperties != nil {
		c.ApplicationProperties = plainValue(m.ApplicationProperties).(map[string]any)
	}
	for _, a := range []*amqp.Annotations{&c.DeliveryAnnotations, &c.Annotations, &c.Footer} {
		*a, _ = plainValue(*a).(amqp.Annotations)
	}
	return &c
}

func plainValue(v any) any {
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Slice:
		c := reflect.MakeSlice(r.Type(), r.Len(), r.Len())
		for i := range r.Len() {
			setPlain(c.Index(i), r.Index(i))
		}
		return c.Interface()
	case reflect.Map:
		if r.IsNil() {
			return v
		}
		c := reflect.MakeMap(r.Type())
		for _, k := range r.MapKeys() {
			e := reflect.New(r.Type().Elem()).Elem()
			setPlain(e, r.MapIndex(k))
			key := reflect.New(r.Type().Key()).Elem()
			setPlain(key, k)
			c.SetMapIndex(key, e)
		}
		return c.Interface()
	case reflect.Struct:
		if t, ok := v.(time.Time); ok {
			return t.UTC()
		}
		if r.Type() == describedType {
			c := reflect.New(r.Type()).Elem()
			setPlain(c.Field(0), r.Field(0))
			setPlain(c.Field(1), r.Field(1))
			return c.Interface()
		}
	}
	return v
}

func setPlain(to, from reflect.Value) {
	if v := plainValue(from.Interface()); v != nil {
		to.Set(reflect.ValueOf(v))
	}
}
