package goamqp

import (
	"math"
	"time"

	amqp "github.com/Azure/go-amqp"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/wire"
)

// FromGoAMQP returns the message that m stands for: the one that a receiver
// decodes from the octets that go-amqp makes of m, or would make if it encoded all
// that it holds. The result has an encoding and shares no memory with m. The error
// is an *Error.
func FromGoAMQP(m *amqp.Message) (*container.Message, error) {
	c, err := fromMessage(m)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func fromMessage(m *amqp.Message) (_ *container.Message, err *Error) {
	if m.Format != wire.MessageFormat {
		return nil, refuse("uint", "only message format 0 has these sections").in("message-format")
	}
	c := new(container.Message)
	if c.Header, err = fromHeader(m.Header); err != nil {
		return nil, err
	}
	if c.Properties, err = fromProperties(m.Properties); err != nil {
		return nil, err
	}
	if c.ApplicationProperties, err = fromApplicationProperties(m.ApplicationProperties); err != nil {
		return nil, err.in("application-properties")
	}
	for _, s := range []struct {
		name string
		from amqp.Annotations
		to   *wire.Map
	}{
		{"delivery-annotations", m.DeliveryAnnotations, &c.DeliveryAnnotations},
		{"message-annotations", m.Annotations, &c.MessageAnnotations},
		{"footer", m.Footer, &c.Footer},
	} {
		if *s.to, err = fromAnnotations(s.from); err != nil {
			return nil, err.in(s.name)
		}
	}
	return c, fromBody(m, c)
}

func fromBody(m *amqp.Message, c *container.Message) (err *Error) {
	kinds := 0
	for _, there := range []bool{len(m.Data) != 0, len(m.Sequence) != 0, m.Value != nil} {
		if there {
			kinds++
		}
	}
	if kinds > 1 {
		return refuse("message", manyBodies).in("body")
	}
	for _, b := range m.Data {
		c.Data = append(c.Data, octets(b))
	}
	for i, s := range m.Sequence {
		l, err := fromList(s, 0)
		if err != nil {
			return err.in("sequence" + index(i))
		}
		c.Sequence = append(c.Sequence, l)
	}
	if m.Value != nil {
		c.HasValue = true
		if c.Value, err = fromValue(m.Value, 0); err != nil {
			return err.in("value")
		}
	}
	return nil
}

func fromHeader(h *amqp.MessageHeader) (*wire.Header, *Error) {
	if h == nil {
		return nil, nil
	}
	c := &wire.Header{Durable: h.Durable, Priority: h.Priority, FirstAcquirer: h.FirstAcquirer, DeliveryCount: h.DeliveryCount}
	if h.TTL != 0 { // go-amqp does not tell a time to live of 0 from none
		ms := h.TTL / time.Millisecond
		if ms*time.Millisecond != h.TTL || ms < 0 || ms > math.MaxUint32 {
			return nil, refuse("time.Duration", "not a whole number of milliseconds between 0 and 2^32-1").in("header.ttl")
		}
		c.TTL = wire.Some(uint32(ms))
	}
	return c, nil
}

func fromProperties(p *amqp.MessageProperties) (_ *wire.Properties, err *Error) {
	if p == nil {
		return nil, nil
	}
	c := new(wire.Properties)
	if p.UserID != nil {
		c.UserID = octets(p.UserID)
	}
	if p.GroupSequence != nil {
		c.GroupSequence = wire.Some(*p.GroupSequence)
	}
	if c.MessageID, err = fromID(p.MessageID); err != nil {
		return nil, err.in("properties.message-id")
	}
	if c.CorrelationID, err = fromID(p.CorrelationID); err != nil {
		return nil, err.in("properties.correlation-id")
	}
	var f fields
	optional(&f, "to", p.To, &c.To, fromString)
	optional(&f, "subject", p.Subject, &c.Subject, fromString)
	optional(&f, "reply-to", p.ReplyTo, &c.ReplyTo, fromString)
	optional(&f, "content-type", p.ContentType, &c.ContentType, fromSymbol[string])
	optional(&f, "content-encoding", p.ContentEncoding, &c.ContentEncoding, fromSymbol[string])
	optional(&f, "absolute-expiry-time", p.AbsoluteExpiryTime, &c.AbsoluteExpiryTime, fromTime)
	optional(&f, "creation-time", p.CreationTime, &c.CreationTime, fromTime)
	optional(&f, "group-id", p.GroupID, &c.GroupID, fromString)
	optional(&f, "reply-to-group-id", p.ReplyToGroupID, &c.ReplyToGroupID, fromString)
	return c, f.err
}

// fields collects the first error of a section's fields.
type fields struct{ err *Error }

// optional converts a field that is absent if from is nil.
func optional[A, B any](f *fields, name string, from *A, to *wire.Optional[B], convert func(A) (B, *Error)) {
	if from == nil || f.err != nil {
		return
	}
	v, err := convert(*from)
	if err != nil {
		f.err = err.in("properties." + name)
		return
	}
	*to = wire.Some(v)
}

func fromID(id any) (any, *Error) {
	v, err := fromValue(id, 0)
	if err != nil {
		return nil, err
	}
	switch v.(type) {
	case uint64, wire.UUID, []byte, string:
		return v, nil
	case nil:
		if id == nil {
			return nil, nil
		}
	}
	return nil, refuse(goType(id), notAnID)
}

func fromApplicationProperties(m map[string]any) (wire.Map, *Error) {
	c, err := fromMap(m, 0, func(k string) (any, *Error) { return wrap(fromString(k)) })
	if err != nil {
		return nil, err
	}
	for _, e := range c {
		if !simple(e.Value) {
			return nil, refuse(goType(e.Value), notSimple).in(entry(e.Key))
		}
	}
	return c, nil
}

// simple reports whether an application property may have the value v.
func simple(v any) bool {
	switch v.(type) {
	case nil, bool, uint8, uint16, uint32, uint64, int8, int16, int32, int64, float32, float64,
		wire.Timestamp, wire.UUID, []byte, string, wire.Symbol:
		return true
	}
	return false
}

// fromAnnotations converts annotations, whose keys go-amqp encodes as symbols if
// they are strings.
func fromAnnotations(m amqp.Annotations) (wire.Map, *Error) {
	return fromMap(m, 0, func(k any) (any, *Error) {
		switch k := k.(type) {
		case string:
			return wrap(fromSymbol(k))
		case amqp.Symbol:
			return wrap(fromSymbol(k))
		case uint64:
			return k, nil
		}
		return nil, refuse(goType(k), "the key of an annotation is a symbol or a ulong (§3.2.10)")
	})
}
