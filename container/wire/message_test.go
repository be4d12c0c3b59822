package wire

import (
	"bytes"
	"reflect"
	"testing"
)

// fullMessage returns a message with something everywhere.
func fullMessage() *Message {
	m := NewMessage(List{"v", []byte{1}, Map{{"k", []byte{2}}}})
	m.SetDurable(true)
	m.SetID([]byte{3})
	m.SetCorrelationID("c")
	m.SetUserID([]byte{4})
	m.SetProperty("p", []byte{5})
	m.SetAnnotation("x-opt-a", []Symbol{"s"})
	m.DeliveryAnnotations = Map{{Symbol("x-opt-d"), Described{Symbol("d"), []byte{6}}}}
	m.Footer = Map{{Symbol("x-opt-f"), Array{Of: TypeUbyte, Elems: []any{uint8(7)}}}}
	return m
}

func TestMessageAccessors(t *testing.T) {
	var m Message
	if m.Durable() || m.Priority() != 4 || m.FirstAcquirer() || m.DeliveryCount() != 0 {
		t.Error("an absent header does not stand for the defaults of §3.2.1")
	}
	if _, ok := m.TTL(); ok {
		t.Error("an absent header has a ttl")
	}
	if m.ID() != nil || m.CorrelationID() != nil || m.UserID() != nil || m.To() != "" || m.Subject() != "" ||
		m.ReplyTo() != "" || m.ContentType() != "" || m.Property("p") != nil || m.Annotation("a") != nil {
		t.Error("absent properties are not empty")
	}
	if !reflect.DeepEqual(m, Message{}) {
		t.Error("a getter changed the message")
	}
	m.SetTTL(5)
	if ttl, ok := m.TTL(); ttl != 5 || !ok || m.Priority() != 4 {
		t.Errorf("ttl %d %v, priority %d; want 5 true, 4", ttl, ok, m.Priority())
	}
	m.SetPriority(9)
	m.SetDurable(true)
	m.SetFirstAcquirer(true)
	m.SetDeliveryCount(2)
	if m.Priority() != 9 || !m.Durable() || !m.FirstAcquirer() || m.DeliveryCount() != 2 {
		t.Errorf("header %+v", m.Header)
	}
	m.SetID(uint64(1))
	m.SetCorrelationID("c")
	m.SetUserID([]byte("u"))
	m.SetTo("t")
	m.SetSubject("s")
	m.SetReplyTo("r")
	m.SetContentType("text/plain")
	want := &Properties{
		MessageID: uint64(1), CorrelationID: "c", UserID: []byte("u"), To: Some("t"), Subject: Some("s"), ReplyTo: Some("r"),
		ContentType: Some[Symbol]("text/plain"),
	}
	if !reflect.DeepEqual(m.Properties, want) {
		t.Errorf("properties %+v, want %+v", m.Properties, want)
	}
	if m.ID() != uint64(1) || m.CorrelationID() != "c" || string(m.UserID()) != "u" || m.To() != "t" || m.Subject() != "s" ||
		m.ReplyTo() != "r" || m.ContentType() != "text/plain" {
		t.Error("a getter does not return what its setter has set")
	}
	m.SetProperty("p", 1)
	m.SetProperty("p", 2)
	m.SetAnnotation("a", "b")
	if m.Property("p") != 2 || len(m.ApplicationProperties) != 1 || m.Annotation("a") != "b" {
		t.Errorf("application properties %v, annotations %v", m.ApplicationProperties, m.MessageAnnotations)
	}
	m.Reset()
	if !reflect.DeepEqual(m, Message{}) {
		t.Errorf("Reset leaves %+v", m)
	}
}

func TestMessageBody(t *testing.T) {
	for _, row := range []struct {
		name  string
		m     *Message
		body  any
		bytes []byte
		text  string
	}{
		{"none", &Message{}, nil, nil, ""},
		{"string", NewMessage("x"), "x", nil, "x"},
		{"binary value", NewMessage([]byte{1}), []byte{1}, []byte{1}, ""},
		{"data", NewDataMessage([]byte{1}), []byte{1}, []byte{1}, ""},
		{"data sections", &Message{Data: [][]byte{{1}, {}, {2}}}, []byte{1, 2}, []byte{1, 2}, ""},
		{"sequence", &Message{Sequence: []List{{"a"}}}, List{"a"}, nil, ""},
		{"sequences", &Message{Sequence: []List{{"a"}, {}, {"b"}}}, List{"a", "b"}, nil, ""},
	} {
		text, ok := row.m.Text()
		if !reflect.DeepEqual(row.m.Body(), row.body) || !bytes.Equal(row.m.Bytes(), row.bytes) || text != row.text || ok != (text != "") {
			t.Errorf("%s: body %v, bytes %v, text %q %v", row.name, row.m.Body(), row.m.Bytes(), text, ok)
		}
	}
}

// TestMessageReuse decodes two messages by turns into one: each must come out whole, whatever the other left behind.
func TestMessageReuse(t *testing.T) {
	var encodings [][]byte
	messages := []*Message{
		fullMessage(), NewMessage(nil), NewDataMessage([]byte{1}), NewMessage("x"), NewMessage(uint64(300)),
		{Sequence: []List{{"a", "b"}, {"c"}}}, {Sequence: []List{{"d"}}},
		{Data: [][]byte{{1}, {2}, {3}}}, NewMessage(Map{{"a", uint32(1)}, {"b", List{"x", "y"}}}), NewMessage(Map{{"b", List{}}}),
		{ApplicationProperties: Map{{"p", "longer than before"}, {"q", int64(1 << 40)}}, HasValue: true},
		{ApplicationProperties: Map{{"p", "short"}}, HasValue: true},
	}
	for _, m := range messages {
		b, err := m.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		encodings = append(encodings, b)
	}
	var reused Message
	for i := range encodings {
		for j := range encodings {
			for _, k := range []int{i, j} {
				if err := reused.Decode(encodings[k], Limits{}); err != nil {
					t.Fatal(err)
				}
				var fresh Message
				if err := fresh.Decode(encodings[k], Limits{}); err != nil {
					t.Fatal(err)
				}
				if have, want := withoutSpare(&reused), withoutSpare(&fresh); !reflect.DeepEqual(have, want) {
					t.Fatalf("after %d: message %d decodes to\n%+v\nwant\n%+v", i, k, have, want)
				}
			}
		}
	}
}

// TestDecodeLeavesUserMemoryAlone sets sections by hand and decodes into the message: the user's maps stay.
func TestDecodeLeavesUserMemoryAlone(t *testing.T) {
	b, err := fullMessage().Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	mine := Map{{"mine", "mine"}}
	m := Message{ApplicationProperties: mine, Header: &Header{Priority: 1}, Data: [][]byte{{9}}}
	header, data := m.Header, m.Data
	for range 2 {
		if err := m.Decode(b, Limits{}); err != nil {
			t.Fatal(err)
		}
	}
	if mine[0].Key != "mine" || header.Priority != 1 || data[0][0] != 9 {
		t.Error("Decode wrote into memory that the user had put into the message")
	}
}

func TestMessageClone(t *testing.T) {
	b, err := fullMessage().Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	var m Message
	if err := m.Decode(b, Limits{}); err != nil {
		t.Fatal(err)
	}
	clone := m.Clone()
	if have, want := withoutSpare(&m), *clone; !reflect.DeepEqual(have, want) {
		t.Fatalf("clone\n%+v\nof\n%+v", want, have)
	}
	before, err := clone.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range b { // what the message aliases
		b[i] = 0xee
	}
	other, _ := NewDataMessage(nil).Append(nil)
	if err := m.Decode(other, Limits{}); err != nil {
		t.Fatal(err)
	}
	after, err := clone.Append(nil)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the clone changed with its origin: %v\n%x\n%x", err, before, after)
	}
	data := &Message{Data: [][]byte{{1}}, Sequence: []List{{"a"}}}
	c := data.Clone()
	c.Data[0][0], c.Sequence[0][0] = 2, "b"
	if data.Data[0][0] != 1 || data.Sequence[0][0] != "a" {
		t.Error("a clone shares its body")
	}
	if empty := new(Message).Clone(); !reflect.DeepEqual(*empty, Message{}) {
		t.Errorf("clone of an empty message is %+v", empty)
	}
}

// TestCloneValue clones every golden value, and checks that what can be changed is not shared.
func TestCloneValue(t *testing.T) {
	for _, rows := range [][]goldenValue{goldenScalars, goldenCompounds, goldenArrays} {
		for _, row := range rows {
			c := CloneValue(row.value)
			if !reflect.DeepEqual(c, row.value) {
				t.Errorf("%s: clone %#v of %#v", row.name, c, row.value)
			}
			a, b := reflect.ValueOf(row.value), reflect.ValueOf(c)
			if a.Kind() == reflect.Slice && a.Len() > 0 && a.Pointer() == b.Pointer() {
				t.Errorf("%s: the clone shares its elements", row.name)
			}
		}
	}
	if CloneValue([]uint32(nil)).([]uint32) != nil || Map(nil).Clone() != nil || List(nil).Clone() != nil {
		t.Error("nil does not stay nil")
	}
}
