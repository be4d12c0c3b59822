package main

import (
	"fmt"

	"github.com/collider-amqp/collider/container/wire/spec"
)

// kind says how the codec treats one field. In the expressions, %s stands for the Go expression of the value.
type kind struct {
	goType   string // type of the value
	read     string // expression that decodes the value; %s is the previous value where it is used
	write    string // expression that appends the value; has an error result if fallible
	fallible bool
	optional bool   // wrapped into Optional[T]
	present  string // condition that the field is written for fields that are neither mandatory nor optional
	absent   string // value that absence stands for, of the Go type (not of the Optional)
}

// primitives are the kinds of primitive types that occur as fields.
var primitives = map[string]kind{
	"boolean":   {goType: "bool", read: "d.boolean()", write: "appendBoolean(dst, %s)", absent: "false"},
	"ubyte":     {goType: "uint8", read: "d.ubyte()", write: "appendUbyte(dst, %s)", absent: "0"},
	"ushort":    {goType: "uint16", read: "d.ushort()", write: "appendUshort(dst, %s)", absent: "0"},
	"uint":      {goType: "uint32", read: "d.uint()", write: "appendUint(dst, %s)", absent: "0"},
	"ulong":     {goType: "uint64", read: "d.ulong()", write: "appendUlong(dst, %s)", absent: "0"},
	"timestamp": {goType: "Timestamp", read: "d.timestamp()", write: "appendTimestamp(dst, %s)", absent: "0"},
	"string":    {goType: "string", read: "d.str(%s)", write: "appendString(dst, %s)", fallible: true, absent: `""`},
	"symbol":    {goType: "Symbol", read: "d.sym(%s)", write: "appendSymbol(dst, %s)", fallible: true, absent: `""`},
	"binary":    {goType: "[]byte", read: "d.binary()", write: "appendBinary(dst, %s)", present: "%s != nil", absent: "nil"},
}

// archetypes are the kinds of fields of type "*", by what they require.
var archetypes = map[string]kind{
	"source":         pointer("Source", "source"),
	"delivery-state": {goType: "DeliveryState", read: "d.deliveryState()", write: "%s.appendTo(dst)", fallible: true, present: "%s != nil", absent: "nil"},
	"outcome":        {goType: "Outcome", read: "d.outcome()", write: "%s.appendTo(dst)", fallible: true, present: "%s != nil", absent: "nil"},
	"message-id":     {goType: "any", read: "d.messageID(%s)", write: "appendMessageID(dst, %s)", fallible: true, present: "%s != nil", absent: "nil"},
	"global-tx-id":   {goType: "any", read: "d.value(nil)", write: "appendAny(dst, %s)", fallible: true, present: "%s != nil", absent: "nil"},
	"address":        primitives["string"],
	"txn-id":         primitives["binary"],
}

// maps are the rules for the keys of the map types.
var maps = map[string]string{
	"map": "keyTag", "fields": "keySymbol", "filter-set": "keySymbol", "node-properties": "keySymbol", "annotations": "keyAnnotation",
}

func pointer(goType, reader string) kind {
	return kind{goType: "*" + goType, read: "d." + reader + "()", write: "%s.appendTo(dst)", fallible: true, present: "%s != nil", absent: "nil"}
}

// kindOf returns the kind of a field of type t.
func kindOf(t *spec.Type, f spec.Field) (kind, error) {
	k, err := valueKind(f)
	if err != nil {
		return k, fmt.Errorf("%s.%s: %w", t.Name, f.Name, err)
	}
	switch {
	case f.Multiple:
		if k.goType != "Symbol" {
			return k, fmt.Errorf("%s.%s: multiple of %s is not supported", t.Name, f.Name, k.goType)
		}
		return kind{goType: "[]Symbol", read: "d.symbols()", write: "appendSymbols(dst, %s)", fallible: true, present: "len(%s) != 0", absent: "nil"}, nil
	case f.Mandatory, k.present != "":
	case f.Default != "":
		k.absent = defaultOf(f)
		k.present = presentUnless(k)
	case t.Name == "error" && f.Name == "description":
		k.present = `%s != ""` // an empty description says no more than none
	default:
		k.optional = true
	}
	return k, nil
}

func valueKind(f spec.Field) (kind, error) {
	if f.Type == "*" {
		if k, ok := archetypes[f.Requires]; ok {
			return k, nil
		}
		return kind{}, fmt.Errorf("archetype %q is unknown", f.Requires)
	}
	if f.Type == "error" {
		return pointer("Error", "error"), nil
	}
	if rule, ok := maps[f.Type]; ok {
		return kind{goType: "Map", read: "d.mapOf(" + rule + ", nil)", write: "appendMap(dst, %s, " + rule + ")", fallible: true, present: "%s != nil", absent: "nil"}, nil
	}
	base := spec.Base(f.Type)
	k, ok := primitives[base]
	if !ok {
		return k, fmt.Errorf("type %q is unknown", f.Type)
	}
	if t := spec.ByName(f.Type); t != nil && len(t.Choices) > 0 {
		k.write = fmt.Sprintf(k.write, k.goType+"(%s)")
		k.goType = goName(t.Name)
		k.read = "d." + lowerName(t.Name) + "()"
	}
	return k, nil
}

// defaultOf returns the Go expression of a field's default.
func defaultOf(f spec.Field) string {
	if t := spec.ByName(f.Type); t != nil && len(t.Choices) > 0 {
		return goName(t.Name) + goName(f.Default)
	}
	return f.Default
}

// presentUnless returns the condition that a field with a default is written: that it differs from the default.
// An empty symbol stands for the default as well, so that the zero value of a terminus is one.
func presentUnless(k kind) string {
	switch {
	case k.absent == "false":
		return "%s"
	case k.goType == "TerminusExpiryPolicy":
		return `%[1]s != "" && %[1]s != ` + k.absent
	}
	return "%s != " + k.absent
}
