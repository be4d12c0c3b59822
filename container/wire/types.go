package wire

import (
	"encoding/hex"
	"strconv"
)

// Symbol is AMQP's symbol: ASCII text that names something from a constrained domain (§1.6.21).
type Symbol string

// Timestamp is a point in time in milliseconds since the Unix epoch, UTC; negative values lie before it (§1.6.17).
type Timestamp int64

// UUID is a universally unique identifier in network order (§1.6.18).
type UUID [16]byte

// String returns the RFC 4122 form, such as "6ba7b810-9dad-11d1-80b4-00c04fd430c8".
func (u UUID) String() string {
	var b [36]byte
	hex.Encode(b[0:8], u[0:4])
	hex.Encode(b[9:13], u[4:6])
	hex.Encode(b[14:18], u[6:8])
	hex.Encode(b[19:23], u[8:10])
	hex.Encode(b[24:36], u[10:16])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}

// Char is one Unicode code point (§1.6.16).
type Char rune

// Decimal32 is an IEEE 754-2008 decimal32 in the Binary Integer Decimal encoding, kept as its bits (§1.6.13).
type Decimal32 uint32

// Decimal64 is an IEEE 754-2008 decimal64 in the Binary Integer Decimal encoding, kept as its bits (§1.6.14).
type Decimal64 uint64

// Decimal128 is an IEEE 754-2008 decimal128 in the Binary Integer Decimal encoding, kept as its octets in network
// order (§1.6.15).
type Decimal128 [16]byte

// Described is a value with a descriptor that gives it further meaning (§1.3). A numeric descriptor is a uint64,
// a symbolic one a Symbol; other descriptors are reserved by the specification but decoded all the same.
type Described struct {
	Descriptor any
	Value      any
}

// MapEntry is one key with its value.
type MapEntry struct {
	Key   any
	Value any
}

// Map is AMQP's map (§1.6.23): distinct keys, their order kept as it was on the wire or as it was appended.
// Lookups are linear; the maps of the protocol are small.
type Map []MapEntry

// Get returns the value of the first entry whose key equals key, and whether there is one. Keys are compared by
// AMQP type and value: Symbol("a") is not "a", and uint32(1) is not uint64(1).
func (m Map) Get(key any) (any, bool) {
	if i := m.find(key); i >= 0 {
		return m[i].Value, true
	}
	return nil, false
}

// Set replaces the value of key, or appends an entry.
func (m *Map) Set(key, value any) {
	if i := m.find(key); i >= 0 {
		(*m)[i].Value = value
		return
	}
	*m = append(*m, MapEntry{key, value})
}

// Delete removes the entry of key, if any, and reports whether there was one. The order of the others is kept.
func (m *Map) Delete(key any) bool {
	i := m.find(key)
	if i < 0 {
		return false
	}
	*m = append((*m)[:i], (*m)[i+1:]...)
	return true
}

func (m Map) find(key any) int {
	for i := range m {
		if keysEqual(m[i].Key, key) {
			return i
		}
	}
	return -1
}

// List is AMQP's list: values of any types (§1.6.22).
type List []any

// Array is an AMQP array (§1.6.24) that no Go slice type stands for: of null, ubyte, list, map or array elements, or
// of described elements. Arrays of the other primitive types are []bool, []uint16, []uint32, []uint64, []int8,
// []int16, []int32, []int64, []float32, []float64, []Decimal32, []Decimal64, []Decimal128, []Char, []Timestamp,
// []UUID, [][]byte, []string and []Symbol.
type Array struct {
	// Of is the primitive type of the elements.
	Of Type
	// Descriptors describe each element, the outermost first; nil for plain elements.
	Descriptors []any
	// Elems are the elements without their descriptors. An element has the Go type that stands for Of.
	Elems []any
}

// Optional is a field that may be absent. The zero value is absent.
type Optional[T any] struct {
	// V is the value; the zero value of T if Set is false.
	V T
	// Set tells whether the field is present.
	Set bool
}

// Some returns a present value.
func Some[T any](v T) Optional[T] { return Optional[T]{v, true} }

// Or returns the value, or other if it is absent.
func (o Optional[T]) Or(other T) T {
	if o.Set {
		return o.V
	}
	return other
}

// Code is a numeric descriptor: domain-id << 32 | descriptor-id (§1.5). Zero is no descriptor.
type Code uint64

// String returns the name of the described type, such as "transfer", or the number in hexadecimal.
func (c Code) String() string {
	if n := c.name(); n != "" {
		return n
	}
	return "0x" + strconv.FormatUint(uint64(c), 16)
}
