package goamqp

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	amqp "github.com/Azure/go-amqp"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/wire"
)

// TestToGoAMQPRefuses: what go-amqp cannot express or would send as something
// else is an error that names the place.
func TestToGoAMQPRefuses(t *testing.T) {
	value := container.NewMessage
	for _, c := range []struct {
		field, typ string
		m          *container.Message
	}{
		{"header.ttl", "uint", &container.Message{Header: &wire.Header{TTL: wire.Some[uint32](0)}}},
		{"properties.user-id", "binary", &container.Message{Properties: &wire.Properties{UserID: []byte{}}}},
		{"properties.message-id", "int", &container.Message{Properties: &wire.Properties{MessageID: 1}}},
		{"properties.correlation-id", "wire.Symbol", &container.Message{Properties: &wire.Properties{CorrelationID: wire.Symbol("a")}}},
		{"properties.to", "string", &container.Message{Properties: &wire.Properties{To: wire.Some("\xff")}}},
		{"properties.reply-to-group-id", "string", &container.Message{Properties: &wire.Properties{ReplyToGroupID: wire.Some("\xff")}}},
		{"properties.content-type", "symbol", &container.Message{Properties: &wire.Properties{ContentType: wire.Some[wire.Symbol]("ü")}}},
		{"properties.content-encoding", "symbol", &container.Message{Properties: &wire.Properties{ContentEncoding: wire.Some[wire.Symbol]("ü")}}},
		{`application-properties["price"]`, "wire.Decimal64", &container.Message{ApplicationProperties: wire.Map{{Key: "price", Value: wire.Decimal64(1)}}}},
		{`application-properties["l"]`, "wire.List", &container.Message{ApplicationProperties: wire.Map{{Key: "l", Value: wire.List{}}}}},
		{"application-properties[:k]", "wire.Symbol", &container.Message{ApplicationProperties: wire.Map{{Key: wire.Symbol("k")}}}},
		{`application-properties["k"]`, "string", &container.Message{ApplicationProperties: wire.Map{{Key: "k"}, {Key: "k"}}}},
		{"message-annotations[1]", "uint64", &container.Message{MessageAnnotations: wire.Map{{Key: uint64(1)}}}},
		{"delivery-annotations[:a]", "wire.Char", &container.Message{DeliveryAnnotations: wire.Map{{Key: wire.Symbol("a"), Value: wire.Char('x')}}}},
		{"footer[:a]", "string", &container.Message{Footer: wire.Map{{Key: wire.Symbol("a")}, {Key: wire.Symbol("a")}}}},
		{"body", "message", &container.Message{Data: [][]byte{{}}, Value: 1}},
		{"body", "message", &container.Message{Sequence: []wire.List{{}}, HasValue: true}},
		{"sequence[1][0]", "wire.Decimal128", &container.Message{Sequence: []wire.List{{}, {wire.Decimal128{}}}}},
		{"value", "wire.Decimal32", value(wire.Decimal32(1))},
		{"value", "[]wire.Char", value([]wire.Char{'a'})},
		{"value[2]", "string", value(wire.List{1, 2, "\xff"})},
		{"value[0]", "string", value([]string{"\xff"})},
		{"value[1]", "symbol", value([]wire.Symbol{"a", "ü"})},
		{"value.descriptor", "symbol", value(wire.Described{Descriptor: wire.Symbol("ü")})},
		{"value.value", "wire.Char", value(wire.Described{Descriptor: uint64(1), Value: wire.Char('x')})},
		{"value", "array of list", value(wire.Array{Of: wire.TypeList, Elems: []any{wire.List{}}})},
		{"value", "array of described int", value(wire.Array{Of: wire.TypeInt, Descriptors: []any{uint64(1)}, Elems: []any{int32(1)}})},
		{"value[0]", "string", value(wire.Array{Of: wire.TypeUbyte, Elems: []any{"a"}})},
		{"value[0]", "string", value(wire.Array{Of: wire.TypeMap, Elems: []any{"a"}})},
		{`value[0]["k"]`, "wire.Char", value(wire.Array{Of: wire.TypeMap, Elems: []any{wire.Map{{Key: "k", Value: wire.Char('x')}}}})},
		{"value", "[]int32", value([]int32{-129})},
		{"value", "[]int64", value([]int64{1, -1000})},
		{"value[0]", "timestamp", value([]wire.Timestamp{math.MaxInt64})},
		{`value[b"k"]`, "[]uint8", value(wire.Map{{Key: []byte("k")}})},
		{"value[[]]", "wire.List", value(wire.Map{{Key: wire.List{}}})},
		{"value[key null]", "null", value(wire.Map{{Key: nil}})},
		{"value[-0]", "float64", value(wire.Map{{Key: 0.0}, {Key: math.Copysign(0, -1)}})},
		{"value", "struct {}", value(struct{}{})},
		{"value", "*wire.Error", value(&wire.Error{Condition: "ü"})},
	} {
		_, err := ToGoAMQP(c.m)
		checkError(t, err, c.field, c.typ)
	}
}

// TestFromGoAMQPRefuses: what AMQP cannot express is an error, also where go-amqp
// would send less.
func TestFromGoAMQPRefuses(t *testing.T) {
	value := func(v any) *amqp.Message { return &amqp.Message{Value: v} }
	properties := func(p amqp.MessageProperties) *amqp.Message { return &amqp.Message{Properties: &p} }
	bad, odd := "\xff", time.Unix(0, 1)
	cycle := []any{nil}
	cycle[0] = cycle
	for _, c := range []struct {
		field, typ string
		m          *amqp.Message
	}{
		{"message-format", "uint", &amqp.Message{Format: 1}},
		{"header.ttl", "time.Duration", &amqp.Message{Header: &amqp.MessageHeader{TTL: time.Microsecond}}},
		{"header.ttl", "time.Duration", &amqp.Message{Header: &amqp.MessageHeader{TTL: -time.Millisecond}}},
		{"header.ttl", "time.Duration", &amqp.Message{Header: &amqp.MessageHeader{TTL: (math.MaxUint32 + 1) * time.Millisecond}}},
		{"properties.message-id", "int", properties(amqp.MessageProperties{MessageID: 1})},
		{"properties.message-id", "amqp.Null", properties(amqp.MessageProperties{MessageID: amqp.Null{}})},
		{"properties.correlation-id", "string", properties(amqp.MessageProperties{CorrelationID: bad})},
		{"properties.subject", "string", properties(amqp.MessageProperties{To: new(string), Subject: &bad, GroupID: &bad})},
		{"properties.content-type", "symbol", properties(amqp.MessageProperties{ContentType: &bad})},
		{"properties.creation-time", "time.Time", properties(amqp.MessageProperties{CreationTime: &odd})},
		{`application-properties["l"]`, "wire.List", &amqp.Message{ApplicationProperties: map[string]any{"l": []any{}}}},
		{"message-annotations[key 1]", "int64", &amqp.Message{Annotations: amqp.Annotations{int64(1): nil}}},
		{"delivery-annotations[:a]", "wire.Symbol", &amqp.Message{DeliveryAnnotations: amqp.Annotations{"a": 1, amqp.Symbol("a"): 1}}},
		{"footer[:a]", "time.Time", &amqp.Message{Footer: amqp.Annotations{"a": odd}}},
		{"body", "message", &amqp.Message{Data: [][]byte{{}}, Sequence: [][]any{{}}}},
		{"sequence[0][1]", "string", &amqp.Message{Sequence: [][]any{{1, bad}}}},
		{"value", "struct {}", value(struct{}{})},
		{"value", "*string", value((*string)(nil))},
		{"value", "*encoding.Error", value((*amqp.Error)(nil))},
		{"value.info[\"t\"]", "time.Time", value(&amqp.Error{Info: map[string]any{"t": odd}})},
		{"value.condition", "symbol", value(&amqp.Error{Condition: "ü"})},
		{"value.error.description", "string", value(&amqp.StateRejected{Error: &amqp.Error{Description: bad}})},
		{"value.message-annotations[:t]", "time.Time", value(&amqp.StateModified{MessageAnnotations: amqp.Annotations{"t": odd}})},
		{"value[1]", "time.Time", value([]time.Time{{}, odd})},
		{"value[0][:k]", "time.Time", value([]map[any]any{{amqp.Symbol("k"): odd}})},
		{"value[1]", "int64", value(map[any]any{1: nil, int64(1): nil})},
		{"value[key null]", "null", value(map[any]any{amqp.Null{}: 1})},
		{"value" + strings.Repeat("[0]", maxDepth+1), "[]interface {}", value(cycle)},
	} {
		_, err := FromGoAMQP(c.m)
		checkError(t, err, c.field, c.typ)
	}
}

func checkError(t *testing.T, err error, field, typ string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Field != field || e.Type != typ || e.Reason == "" {
		t.Errorf("got %v, want one about %s: %s", err, field, typ)
	}
}

// TestForeignValues: values of go-amqp's own types become what its encoder makes
// of them.
func TestForeignValues(t *testing.T) {
	text, condition := "text", amqp.ErrCondNotFound
	ubytes := decodeTheirs(t, encodeOurs(t, container.NewMessage(wire.Array{Of: wire.TypeUbyte, Elems: []any{uint8(1), uint8(2)}}))).Value
	lifetime := decodeTheirs(t, encodeOurs(t, container.NewMessage(wire.Described{Descriptor: uint64(0x2b), Value: wire.List{}}))).Value
	for _, v := range []any{
		1, uint(1), &text, &condition, amqp.Null{}, []byte(nil), []any(nil), []bool(nil), map[any]any(nil), map[string]any(nil),
		map[amqp.Symbol]any{"b": 1, "a": 2}, amqp.Annotations{"a": 1}, amqp.Annotations(nil),
		&amqp.Error{Condition: amqp.ErrCondNotFound}, &amqp.Error{Condition: "a", Description: "b", Info: map[string]any{"c": int8(1)}},
		&amqp.Error{Condition: "a", Info: map[string]any{"c": int8(1)}},
		&amqp.StateAccepted{}, &amqp.StateReleased{}, &amqp.StateReceived{SectionNumber: 1, SectionOffset: 2}, &amqp.StateRejected{},
		&amqp.StateRejected{Error: &amqp.Error{Condition: "a"}}, &amqp.StateModified{}, &amqp.StateModified{UndeliverableHere: true},
		&amqp.StateModified{DeliveryFailed: true, MessageAnnotations: amqp.Annotations{"a": "b"}},
		amqp.ErrCondNotFound, amqp.ExpiryPolicyNever, amqp.DurabilityUnsettledState, amqp.SenderSettleModeMixed, amqp.ReceiverSettleModeSecond,
		ubytes, lifetime, []map[any]any{nil},
	} {
		m := &amqp.Message{Value: []any{v}}
		got, err := FromGoAMQP(m)
		if err != nil {
			t.Errorf("%#v: %v", v, err)
			continue
		}
		want := decodeOurs(t, encodeTheirs(t, m))
		sortMessage(want)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%#v:\n got %#v\nwant %#v", v, got.Value, want.Value)
		}
	}
}

// TestOurOtherForms: values that package wire encodes, but decodes into another
// Go type, become what go-amqp has for them.
func TestOurOtherForms(t *testing.T) {
	for _, v := range []any{
		1, uint(1), []byte(nil), wire.List(nil), wire.Map(nil), []int32(nil), []string(nil),
		&wire.Error{Condition: "a", Description: "b"},
		wire.Array{Of: wire.TypeUint, Elems: []any{uint32(1)}},
	} {
		m := container.NewMessage(wire.List{v})
		there, err := ToGoAMQP(m)
		if err != nil {
			t.Errorf("%#v: %v", v, err)
			continue
		}
		got, want := decodeOurs(t, encodeTheirs(t, there)), decodeOurs(t, encodeOurs(t, m))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%#v:\n got %#v\nwant %#v", v, got.Value, want.Value)
		}
	}
}

// TestAbsentAndDefault: what is absent stays absent, and what is there with its
// default stays there.
func TestAbsentAndDefault(t *testing.T) {
	for _, m := range []*container.Message{
		{},
		{Header: &wire.Header{}},
		{Header: &wire.Header{Priority: 4}},
		{Properties: &wire.Properties{}},
		{Properties: &wire.Properties{To: wire.Some(""), ContentType: wire.Some[wire.Symbol](""), CreationTime: wire.Some[wire.Timestamp](0), GroupSequence: wire.Some[uint32](0), MessageID: uint64(0)}},
		{ApplicationProperties: wire.Map{}, MessageAnnotations: wire.Map{}, DeliveryAnnotations: wire.Map{}, Footer: wire.Map{}},
		{HasValue: true},
		{Data: [][]byte{{}}},
		{Sequence: []wire.List{{}}},
	} {
		there, err := ToGoAMQP(m)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := FromGoAMQP(there); err != nil || !reflect.DeepEqual(back, m) {
			t.Errorf("%+v came back as %+v, %v", m, back, err)
		}
	}
	c, err := FromGoAMQP(&amqp.Message{Properties: &amqp.MessageProperties{UserID: []byte{}}})
	if err != nil || c.Properties.UserID == nil {
		t.Errorf("a user-id without octets, as go-amqp receives it, became %+v, %v", c, err)
	}
}

// TestGoAMQPStillNeedsRefusals fails when go-amqp has been mended: then ToGoAMQP
// has no reason any more to refuse these.
func TestGoAMQPStillNeedsRefusals(t *testing.T) {
	for _, v := range []any{[]int32{-129}, []int64{-129}, []time.Time{toTime(math.MaxInt64 / 1000)}} {
		m := &amqp.Message{Value: v}
		converted, err := FromGoAMQP(m)
		if err != nil {
			t.Fatal(err)
		}
		if reflect.DeepEqual(decodeOurs(t, encodeTheirs(t, m)), converted) {
			t.Errorf("go-amqp encodes %#v as it should", v)
		}
	}
	m := &amqp.Message{Properties: &amqp.MessageProperties{UserID: []byte{}}}
	if decodeOurs(t, encodeTheirs(t, m)).Properties.UserID != nil {
		t.Error("go-amqp encodes a user-id without octets")
	}
	if _, err := (&amqp.Message{Annotations: amqp.Annotations{uint64(1): nil}}).MarshalBinary(); err == nil {
		t.Error("go-amqp encodes annotations with keys that are ulongs")
	}
}
