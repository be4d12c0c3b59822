// Package spec is AMQP 1.0's type definitions as data: names, sections, descriptors, fields, field types, defaults,
// mandatory and multiple flags, choices.
//
// # Usage
//
// The codec of package wire is generated from [Types]. The same rows drive whatever must know the protocol's shape
// and must not repeat it: trace printers, conformance cases (each field absent, null, of a wrong type), fuzz generators.
//
//	for _, t := range spec.Types {
//		for _, f := range t.Fields {
//			…
//		}
//	}
//
// A test compares the table with the XML definitions published with the specification (wire/testdata/spec).
//
// # Limitations
//
// The primitive types of part 1 are not in the table; their encodings are in [Encodings].
// Relations between fields that the prose of the specification states (such as delivery-id on a first transfer) are not data.
package spec
