package wire_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	amqp "github.com/Azure/go-amqp"
	"pgregory.net/rapid"

	"github.com/collider-amqp/collider/container/wire"
)

// The differential tests hold this package against go-amqp, a codec of other authors: what one encodes, the other must
// decode to the same message. Messages are compared as text in which what go-amqp does not tell apart looks the same:
// symbol and string, the order of map entries, absent and empty.

// TestGoAMQPDecodes encodes here and decodes there.
func TestGoAMQPDecodes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := messages(false).Draw(t, "message")
		b, err := m.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		var got amqp.Message
		if err := got.UnmarshalBinary(b); err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		if have, want := theirText(&got), ourText(m); have != want {
			t.Fatalf("%x\n got %s\nwant %s", b, have, want)
		}
	})
}

// TestGoAMQPEncodes encodes there and decodes here.
func TestGoAMQPEncodes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := toTheirs(messages(false).Draw(t, "message"))
		b, err := m.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var got wire.Message
		if err := got.Decode(b, wire.Limits{}); err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		if have, want := ourText(&got), theirText(m); have != want {
			t.Fatalf("%x\n got %s\nwant %s", b, have, want)
		}
	})
}

// toTheirs converts a message of shared values.
func toTheirs(m *wire.Message) *amqp.Message {
	c := &amqp.Message{
		DeliveryAnnotations: theirAnnotations(m.DeliveryAnnotations), Annotations: theirAnnotations(m.MessageAnnotations),
		Footer: theirAnnotations(m.Footer), Data: m.Data, Value: theirValue(m.Value),
	}
	if m.HasValue && m.Value == nil {
		c.Value = amqp.Null{}
	}
	for _, l := range m.Sequence {
		c.Sequence = append(c.Sequence, theirValue(l).([]any))
	}
	if h := m.Header; h != nil {
		c.Header = &amqp.MessageHeader{
			Durable: h.Durable, Priority: h.Priority, TTL: time.Duration(h.TTL.V) * time.Millisecond,
			FirstAcquirer: h.FirstAcquirer, DeliveryCount: h.DeliveryCount,
		}
	}
	if p := m.Properties; p != nil {
		c.Properties = theirProperties(p)
	}
	if m.ApplicationProperties != nil {
		c.ApplicationProperties = map[string]any{}
		for _, e := range m.ApplicationProperties {
			c.ApplicationProperties[e.Key.(string)] = theirValue(e.Value)
		}
	}
	return c
}

func theirProperties(p *wire.Properties) *amqp.MessageProperties {
	c := &amqp.MessageProperties{
		MessageID: theirValue(p.MessageID), UserID: p.UserID, CorrelationID: theirValue(p.CorrelationID),
		To: pointer(p.To), Subject: pointer(p.Subject), ReplyTo: pointer(p.ReplyTo), GroupID: pointer(p.GroupID),
		GroupSequence: pointer(p.GroupSequence), ReplyToGroupID: pointer(p.ReplyToGroupID),
	}
	if p.ContentType.Set {
		s := string(p.ContentType.V)
		c.ContentType = &s
	}
	if p.CreationTime.Set {
		at := time.UnixMilli(int64(p.CreationTime.V)).UTC()
		c.CreationTime = &at
	}
	return c
}

func pointer[T any](o wire.Optional[T]) *T {
	if !o.Set {
		return nil
	}
	return &o.V
}

func theirAnnotations(m wire.Map) amqp.Annotations {
	if m == nil {
		return nil
	}
	c := amqp.Annotations{}
	for _, e := range m {
		c[string(e.Key.(wire.Symbol))] = theirValue(e.Value)
	}
	return c
}

func theirValue(v any) any {
	switch v := v.(type) {
	case wire.UUID:
		return amqp.UUID(v)
	case wire.Timestamp:
		return time.UnixMilli(int64(v)).UTC()
	case wire.List:
		c := []any{}
		for _, e := range v {
			c = append(c, theirValue(e))
		}
		return c
	case wire.Map:
		c := map[any]any{}
		for _, e := range v {
			c[e.Key] = theirValue(e.Value)
		}
		return c
	}
	return v
}

// ourText and theirText write a message in the common form.
func ourText(m *wire.Message) string {
	var b strings.Builder
	if h := m.Header; h != nil {
		fmt.Fprintf(&b, "header %v %d %d %v %d\n", h.Durable, h.Priority, h.TTL.V, h.FirstAcquirer, h.DeliveryCount)
	}
	fmt.Fprintf(&b, "annotations %s %s %s\n", text(m.DeliveryAnnotations), text(m.MessageAnnotations), text(m.Footer))
	if p := m.Properties; p != nil {
		fmt.Fprintf(&b, "properties %s %q %s", text(p.MessageID), p.UserID, text(p.CorrelationID))
		for _, s := range []wire.Optional[string]{p.To, p.Subject, p.ReplyTo, p.GroupID, p.ReplyToGroupID} {
			fmt.Fprintf(&b, " %v %q", s.Set, s.V)
		}
		fmt.Fprintf(&b, " %v %q %v %d %v %d\n", p.ContentType.Set, p.ContentType.V, p.CreationTime.Set, p.CreationTime.V, p.GroupSequence.Set, p.GroupSequence.V)
	}
	fmt.Fprintf(&b, "application properties %s\nbody %q %s", text(m.ApplicationProperties), m.Data, text(m.Value))
	for _, l := range m.Sequence {
		b.WriteString(text(l))
	}
	return b.String()
}

func theirText(m *amqp.Message) string {
	var b strings.Builder
	if h := m.Header; h != nil {
		fmt.Fprintf(&b, "header %v %d %d %v %d\n", h.Durable, h.Priority, h.TTL.Milliseconds(), h.FirstAcquirer, h.DeliveryCount)
	}
	fmt.Fprintf(&b, "annotations %s %s %s\n", text(m.DeliveryAnnotations), text(m.Annotations), text(m.Footer))
	if p := m.Properties; p != nil {
		fmt.Fprintf(&b, "properties %s %q %s", text(p.MessageID), p.UserID, text(p.CorrelationID))
		for _, s := range []*string{p.To, p.Subject, p.ReplyTo, p.GroupID, p.ReplyToGroupID} {
			fmt.Fprintf(&b, " %v %q", s != nil, value(s))
		}
		created := int64(0)
		if p.CreationTime != nil {
			created = p.CreationTime.UnixMilli()
		}
		fmt.Fprintf(&b, " %v %q %v %d %v %d\n", p.ContentType != nil, value(p.ContentType), p.CreationTime != nil, created, p.GroupSequence != nil, value(p.GroupSequence))
	}
	body := m.Value
	if _, ok := body.(amqp.Null); ok {
		body = nil
	}
	fmt.Fprintf(&b, "application properties %s\nbody %q %s", text(m.ApplicationProperties), m.Data, text(body))
	for _, l := range m.Sequence {
		b.WriteString(text(l))
	}
	return b.String()
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// text writes a value of either package with its type.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case wire.Map:
		var entries []string
		for _, e := range v {
			entries = append(entries, text(e.Key)+"="+text(e.Value))
		}
		return sorted(entries)
	case wire.List:
		return list([]any(v))
	case []any:
		return list(v)
	case wire.Symbol:
		return fmt.Sprintf("string %q", string(v))
	case wire.Timestamp:
		return fmt.Sprintf("timestamp %d", int64(v))
	case time.Time:
		return fmt.Sprintf("timestamp %d", v.UnixMilli())
	case wire.UUID:
		return fmt.Sprintf("uuid %x", v[:])
	case amqp.UUID:
		return fmt.Sprintf("uuid %x", v[:])
	}
	r := reflect.ValueOf(v)
	if r.Kind() == reflect.Map {
		var entries []string
		for _, k := range r.MapKeys() {
			entries = append(entries, text(k.Interface())+"="+text(r.MapIndex(k).Interface()))
		}
		return sorted(entries)
	}
	if r.Kind() == reflect.Slice && r.Len() == 0 {
		return fmt.Sprintf("%T []", v)
	}
	return fmt.Sprintf("%T %#v", v, v)
}

func sorted(entries []string) string {
	slices.Sort(entries)
	return "{" + strings.Join(entries, ", ") + "}"
}

func list(l []any) string {
	var elements []string
	for _, e := range l {
		elements = append(elements, text(e))
	}
	return "[" + strings.Join(elements, ", ") + "]"
}
