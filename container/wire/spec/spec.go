package spec

// Class says how a type is built.
type Class uint8

const (
	// Composite types are described lists with named, typed fields (§1.4).
	Composite Class = iota + 1
	// Restricted types narrow another type, by a name, by choices or by a descriptor.
	Restricted
)

// Type is one type definition of the specification.
type Type struct {
	// Name is the type's name in the specification, such as "transfer".
	Name string
	// Section is the section of the OASIS text that defines the type, such as "2.7.5".
	Section string
	// Class is Composite or Restricted.
	Class Class
	// Source is the type that the definition is built on: "list" for a composite, else the restricted type; "*" is any type.
	Source string
	// Provides names the archetypes that the type can stand for, such as "delivery-state".
	Provides []string
	// Descriptor is the symbolic descriptor, such as "amqp:transfer:list"; empty for a type without descriptor.
	Descriptor string
	// Code is the numeric descriptor (domain-id << 32 | descriptor-id); zero for a type without descriptor.
	Code uint64
	// Fields are the fields of a composite in their order on the wire.
	Fields []Field
	// Choices are the permitted values of a restricted type; empty means that none is excluded.
	Choices []Choice
}

// Field is one field of a composite type.
type Field struct {
	// Name is the field's name in the specification, such as "delivery-id".
	Name string
	// Type names the field's type: a primitive, a type of the table, or "*" for any type that provides Requires.
	Type string
	// Mandatory fields may be neither null nor absent (§1.4).
	Mandatory bool
	// Multiple fields hold null, one value of Type, or an array of Type (§1.4).
	Multiple bool
	// Default is the value that null or absence stands for, as text: a number, a boolean, or the name of a choice. Empty means none.
	Default string
	// Requires is the archetype that the value's type must provide, or empty.
	Requires string
}

// Choice is one permitted value of a restricted type.
type Choice struct {
	// Name is the choice's name, such as "mixed".
	Name string
	// Value is the value as text, such as "2".
	Value string
}

// Types lists every composite and restricted type of parts 2 to 5, part by part in the order of the specification.
// It is shared and must not be changed.
var Types = join(transport, messaging, transactions, security)

// ByName returns the type of that name, or nil.
func ByName(name string) *Type {
	for i := range Types {
		if Types[i].Name == name {
			return &Types[i]
		}
	}
	return nil
}

// ByCode returns the described type with the numeric descriptor code, or nil.
func ByCode(code uint64) *Type {
	if code == 0 {
		return nil
	}
	for i := range Types {
		if Types[i].Code == code {
			return &Types[i]
		}
	}
	return nil
}

// ByDescriptor returns the described type with the symbolic descriptor, or nil. The match is exact (§1.5).
func ByDescriptor(symbol string) *Type {
	if symbol == "" {
		return nil
	}
	for i := range Types {
		if Types[i].Descriptor == symbol {
			return &Types[i]
		}
	}
	return nil
}

// Base follows the sources of a type name down to the primitive type it is encoded as; "*" stays "*".
// A composite's base is "list".
func Base(name string) string {
	for {
		t := ByName(name)
		if t == nil {
			return name
		}
		name = t.Source
	}
}

// Is reports whether the type provides the archetype.
func (t *Type) Is(archetype string) bool {
	for _, p := range t.Provides {
		if p == archetype {
			return true
		}
	}
	return false
}

// Choice returns the value of the named choice, or "" if there is none.
func (t *Type) Choice(name string) string {
	for _, c := range t.Choices {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func join(parts ...[]Type) []Type {
	var all []Type
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}
