package goamqp

import (
	"time"

	amqp "github.com/Azure/go-amqp"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/wire"
)

// ToGoAMQP returns the message as go-amqp holds it: what go-amqp encodes from it
// decodes to m. The result shares no memory with m, so that a message may leave
// OnMessage this way. Times are UTC. The error is an *Error.
func ToGoAMQP(m *container.Message) (*amqp.Message, error) {
	c, err := toMessage(m)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func toMessage(m *container.Message) (_ *amqp.Message, err *Error) {
	c := new(amqp.Message)
	if c.Header, err = toHeader(m.Header); err != nil {
		return nil, err
	}
	if c.Properties, err = toProperties(m.Properties); err != nil {
		return nil, err
	}
	if c.ApplicationProperties, err = toApplicationProperties(m.ApplicationProperties); err != nil {
		return nil, err.in("application-properties")
	}
	for _, s := range []struct {
		name string
		from wire.Map
		to   *amqp.Annotations
	}{
		{"delivery-annotations", m.DeliveryAnnotations, &c.DeliveryAnnotations},
		{"message-annotations", m.MessageAnnotations, &c.Annotations},
		{"footer", m.Footer, &c.Footer},
	} {
		if *s.to, err = toAnnotations(s.from); err != nil {
			return nil, err.in(s.name)
		}
	}
	return c, toBody(m, c)
}

func toBody(m *container.Message, c *amqp.Message) (err *Error) {
	hasValue := m.HasValue || m.Value != nil
	if len(m.Data) != 0 && (len(m.Sequence) != 0 || hasValue) || len(m.Sequence) != 0 && hasValue {
		return refuse("message", manyBodies).in("body")
	}
	for _, b := range m.Data {
		c.Data = append(c.Data, octets(b))
	}
	for i, s := range m.Sequence {
		l, err := toList(s, 0)
		if err != nil {
			return err.in("sequence" + index(i))
		}
		c.Sequence = append(c.Sequence, l)
	}
	if hasValue {
		if c.Value, err = toValue(m.Value, 0); err != nil {
			return err.in("value")
		}
		if c.Value == nil {
			c.Value = amqp.Null{}
		}
	}
	return nil
}

func toHeader(h *wire.Header) (*amqp.MessageHeader, *Error) {
	if h == nil {
		return nil, nil
	}
	if h.TTL.Set && h.TTL.V == 0 {
		return nil, refuse("uint", "go-amqp does not tell a time to live of 0 from none").in("header.ttl")
	}
	return &amqp.MessageHeader{
		Durable: h.Durable, Priority: h.Priority, TTL: time.Duration(h.TTL.V) * time.Millisecond,
		FirstAcquirer: h.FirstAcquirer, DeliveryCount: h.DeliveryCount,
	}, nil
}

func toProperties(p *wire.Properties) (_ *amqp.MessageProperties, err *Error) {
	if p == nil {
		return nil, nil
	}
	c := &amqp.MessageProperties{GroupSequence: pointer(p.GroupSequence)}
	if p.UserID != nil {
		if len(p.UserID) == 0 {
			return nil, refuse("binary", "go-amqp leaves out one without octets").in("properties.user-id")
		}
		c.UserID = octets(p.UserID)
	}
	if c.MessageID, err = toID(p.MessageID); err != nil {
		return nil, err.in("properties.message-id")
	}
	if c.CorrelationID, err = toID(p.CorrelationID); err != nil {
		return nil, err.in("properties.correlation-id")
	}
	for _, f := range []struct {
		name string
		from wire.Optional[string]
		to   **string
	}{
		{"to", p.To, &c.To},
		{"subject", p.Subject, &c.Subject},
		{"reply-to", p.ReplyTo, &c.ReplyTo},
		{"group-id", p.GroupID, &c.GroupID},
		{"reply-to-group-id", p.ReplyToGroupID, &c.ReplyToGroupID},
	} {
		if _, err := fromString(f.from.V); err != nil {
			return nil, err.in("properties." + f.name)
		}
		*f.to = pointer(f.from)
	}
	if c.ContentType, err = toSymbolPointer(p.ContentType); err != nil {
		return nil, err.in("properties.content-type")
	}
	if c.ContentEncoding, err = toSymbolPointer(p.ContentEncoding); err != nil {
		return nil, err.in("properties.content-encoding")
	}
	c.AbsoluteExpiryTime = toTimePointer(p.AbsoluteExpiryTime)
	c.CreationTime = toTimePointer(p.CreationTime)
	return c, nil
}

// pointer returns a pointer to the value, nil if it is absent.
func pointer[T any](o wire.Optional[T]) *T {
	if !o.Set {
		return nil
	}
	return &o.V
}

func toSymbolPointer(o wire.Optional[wire.Symbol]) (*string, *Error) {
	if !o.Set {
		return nil, nil
	}
	_, err := fromSymbol(o.V)
	s := string(o.V)
	return &s, err
}

func toTimePointer(o wire.Optional[wire.Timestamp]) *time.Time {
	if !o.Set {
		return nil
	}
	t := toTime(o.V)
	return &t
}

func toID(id any) (any, *Error) {
	switch id := id.(type) {
	case nil:
		return nil, nil
	case uint64, wire.UUID, []byte, string:
		return toValue(id, 0)
	}
	return nil, refuse(goType(id), notAnID)
}

func toApplicationProperties(m wire.Map) (map[string]any, *Error) {
	if m == nil {
		return nil, nil
	}
	c := make(map[string]any, len(m))
	for _, e := range m {
		k, ok := e.Key.(string)
		if !ok {
			return nil, refuse(goType(e.Key), "the key of an application property is a string (§3.2.5)").in(entry(e.Key))
		}
		v, err := toValue(e.Value, 0)
		switch {
		case err != nil:
			return nil, err.in(entry(k))
		case !simple(e.Value):
			return nil, refuse(goType(e.Value), notSimple).in(entry(k))
		}
		if err := insert(c, k, v); err != nil {
			return nil, err.in(entry(k))
		}
	}
	return c, nil
}

func toAnnotations(m wire.Map) (amqp.Annotations, *Error) {
	if m == nil {
		return nil, nil
	}
	c := make(amqp.Annotations, len(m))
	for _, e := range m {
		k, ok := e.Key.(wire.Symbol)
		if !ok {
			return nil, refuse(goType(e.Key), "go-amqp encodes no key of an annotation but symbols").in(entry(e.Key))
		}
		if _, err := fromSymbol(k); err != nil {
			return nil, err.in(entry(k))
		}
		v, err := toValue(e.Value, 0)
		if err != nil {
			return nil, err.in(entry(k))
		}
		if err := insert(c, any(string(k)), v); err != nil {
			return nil, err.in(entry(k))
		}
	}
	return c, nil
}

// insert puts an entry into a map that does not hold its key yet.
func insert[M ~map[K]any, K comparable](m M, key K, value any) *Error {
	if _, twice := m[key]; twice {
		return refuse(goType(key), equalKeys)
	}
	m[key] = value
	return nil
}
