package wire

import "github.com/collider-amqp/collider/container/wire/spec"

// error reads a field of type error.
func (d *decoder) error() *Error {
	if !d.expect(CodeError) {
		return nil
	}
	x := new(Error)
	x.decode(d)
	return x
}

// source reads the field source of an attach.
func (d *decoder) source() *Source {
	at := d.pos
	if c := d.descriptor(); c != CodeSource {
		d.unknown(at, "source", c)
		return nil
	}
	x := new(Source)
	x.decode(d)
	return x
}

// target reads the field target of an attach, which is a target or a coordinator.
func (d *decoder) target() (*Target, *Coordinator) {
	at := d.pos
	switch c := d.descriptor(); c {
	case CodeTarget:
		x := new(Target)
		x.decode(d)
		return x, nil
	case CodeCoordinator:
		x := new(Coordinator)
		x.decode(d)
		return nil, x
	default:
		d.unknown(at, "target", c)
		return nil, nil
	}
}

// messageID reads a message-id or correlation-id: ulong, uuid, binary or string (§3.2.11 to §3.2.14).
func (d *decoder) messageID(old any) any {
	at := d.pos
	v := d.value(old)
	if d.err != nil {
		return nil
	}
	if !isMessageID(v) {
		d.fail(at, ConditionDecodeError, "want ulong, uuid, binary or string")
		return nil
	}
	return v
}

func isMessageID(v any) bool {
	switch v.(type) {
	case uint64, UUID, []byte, string:
		return true
	}
	return false
}

func appendMessageID(dst []byte, v any) ([]byte, error) {
	if !isMessageID(v) {
		return dst, &EncodeError{"message-id", "it is not a uint64, UUID, []byte or string"}
	}
	return appendAny(dst, v)
}

// fieldName returns the specification's names of a composite and its field, empty where there is none.
func fieldName(code Code, field int) (typ, name string) {
	typ = code.name()
	if t := spec.ByCode(uint64(code)); t != nil && field >= 0 && field < len(t.Fields) {
		name = t.Fields[field].Name
	}
	return typ, name
}

// DecodeDeliveryState decodes a delivery state that stands where the specification has no typed field for it, such
// as a value of attach.unsettled (§2.7.3). A value of another kind is a *DecodeError.
func DecodeDeliveryState(v any) (DeliveryState, error) {
	return decodeUnion(v, (*decoder).deliveryState)
}

// DecodeLifetimePolicy decodes the value of "lifetime-policy" in dynamic-node-properties (§3.5.9). A value of another
// kind is a *DecodeError.
func DecodeLifetimePolicy(v any) (LifetimePolicy, error) {
	return decodeUnion(v, (*decoder).lifetimePolicy)
}

// decodeUnion reads a generic value, null being absence, as one of several composites.
func decodeUnion[T any](v any, read func(*decoder) T) (x T, err error) {
	if v == nil {
		return x, nil
	}
	b, err := AppendValue(nil, v)
	if err != nil {
		return x, err
	}
	var d decoder
	d.init(b, &Limits{})
	if x = read(&d); d.err != nil {
		var none T
		return none, d.err
	}
	return x, nil
}
