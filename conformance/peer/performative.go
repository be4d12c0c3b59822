package peer

import (
	"github.com/collider-amqp/collider/container/wire"
	"github.com/collider-amqp/collider/container/wire/spec"
)

// Fields are the fields of a composite by their names in the specification. A value is anything that
// wire.AppendValue encodes, of the field's type or, in a script about wrong types, of another one. A nil value is null: it takes
// away a field that a step would fill in.
type Fields map[string]any

// Composite builds the named composite type of the specification, such as "open" or "source", with numeric
// descriptor, smallest encodings and no trailing nulls. The result can be bent further before it is sent: see
// wire.RawComposite. It panics on an unknown type or field name and on a value without encoding: those are errors of
// the script.
func Composite(name string, fields Fields) *wire.RawComposite {
	t := spec.ByName(name)
	if t == nil || t.Class != spec.Composite {
		panic("peer: no composite type " + name)
	}
	for field := range fields {
		fieldIndex(t, field)
	}
	r := &wire.RawComposite{Descriptor: encode(t.Code)}
	for i := range t.Fields {
		if v := fields[t.Fields[i].Name]; v != nil {
			r.Set(i, encode(v))
		}
	}
	return r
}

// Described builds the named composite type as a value, to stand in a field such as attach.source.
func Described(name string, fields Fields) wire.Described {
	v, _, err := wire.DecodeValue(Composite(name, fields).Append(nil), wire.Limits{})
	if err != nil {
		panic("peer: " + name + " does not decode: " + err.Error())
	}
	return v.(wire.Described)
}

// ErrorValue builds the value of an error field (§2.8.14).
func ErrorValue(condition wire.Symbol, description string) wire.Described {
	return Described("error", Fields{"condition": condition, "description": description})
}

// with returns the fields with the overrides of a script applied.
func (f Fields) with(overrides Fields) Fields {
	for name, v := range overrides {
		f[name] = v
	}
	return f
}

func encode(v any) []byte {
	b, err := wire.AppendValue(nil, v)
	if err != nil {
		panic("peer: " + err.Error())
	}
	return b
}
