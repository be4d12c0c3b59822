package main

import (
	"fmt"
	"strings"

	"github.com/collider-amqp/collider/container/wire/spec"
)

// structOf writes the struct type of a composite.
func (g *generator) structOf(t *spec.Type, fs []field) {
	name := goName(t.Name)
	g.p("\n// %s is the type %s (§%s).", name, t.Name, t.Section)
	if len(fs) == 0 {
		g.p("type %s struct{}", name)
		return
	}
	g.p("type %s struct {", name)
	for _, f := range fs {
		if f.twin {
			g.p("// Target is the field %s (%s) if it is a target; nil if it is absent or a coordinator.", f.Name, f.Type)
			g.p("Target *Target")
			g.p("// Coordinator is the field %s if it is a transaction coordinator (§4.5.1). At most one of the two is set.", f.Name)
			g.p("Coordinator *Coordinator")
			continue
		}
		goType := f.kind.goType
		if f.kind.optional {
			goType = "Optional[" + goType + "]"
		}
		g.p("// %s is the field %s (%s).%s", f.name, f.Name, traits(f), absence(f))
		g.p("%s %s", f.name, goType)
	}
	g.p("}")
}

// traits words a field's type and flags.
func traits(f field) string {
	s := f.Type
	if s == "*" {
		s = "any " + f.Requires
	}
	if f.Multiple {
		s = "multiple " + s
	}
	if f.Mandatory {
		s += ", mandatory"
	}
	return s
}

// absence words what the absence of a field means.
func absence(f field) string {
	if f.Default != "" {
		return " Default: " + f.Default + "."
	}
	return ""
}

// methods writes Descriptor, Reset, Append and the marks of the archetypes.
func (g *generator) methods(t *spec.Type, fs []field) {
	name := goName(t.Name)
	g.p("\n// Descriptor returns 0x%02x, which is %s.", t.Code, t.Descriptor)
	g.p("func (*%s) Descriptor() Code { return Code%s }", name, name)
	g.p("\n// Reset sets every field to the value that its absence stands for.")
	g.p("func (x *%s) Reset() {", name)
	g.p("*x = %s{", name)
	for _, f := range fs {
		if f.Default != "" && f.kind.absent != "0" && f.kind.absent != "false" {
			g.p("%s: %s,", f.name, f.kind.absent)
		}
	}
	g.p("}\n}")
	g.p("\n// Append appends the encoding of x to dst, as Composite says.")
	g.p("func (x *%s) Append(dst []byte) []byte { return mustAppend(x.appendTo(dst)) }", name)
	for _, mark := range []struct{ archetype, method string }{
		{"frame", "isPerformative"}, {"sasl-frame", "isPerformative"}, {"delivery-state", "isDeliveryState"},
		{"outcome", "isOutcome"}, {"lifetime-policy", "isLifetimePolicy"},
	} {
		if t.Is(mark.archetype) {
			g.p("\nfunc (*%s) %s() {}", name, mark.method)
		}
	}
}

// encoder writes appendTo. The number of fields is found first, from the last one backwards.
func (g *generator) encoder(t *spec.Type, fs []field) {
	name := goName(t.Name)
	least := 0
	for i, f := range fs {
		if f.Mandatory {
			least = i + 1
		}
	}
	g.p("\nfunc (x *%s) appendTo(dst []byte) ([]byte, error) {", name)
	if len(fs) == 0 {
		g.p("return emptyComposite(dst, Code%s), nil\n}", name)
		return
	}
	g.count(fs, least)
	if least == 0 {
		g.p("if n == 0 { return emptyComposite(dst, Code%s), nil }", name)
	}
	g.p("dst = openComposite(dst, Code%s, n)", name)
	g.p("start := len(dst)")
	if fallible(fs) {
		g.p("var err error")
	}
	for i, f := range fs {
		g.encodeField(f, i, i < least, i == len(fs)-1)
	}
	g.p("return closeComposite(dst, start, n), nil\n}")
}

// count writes the statement that sets n to the number of fields up to the last one that must be written.
func (g *generator) count(fs []field, least int) {
	if least == len(fs) {
		g.p("const n = %d", least)
		return
	}
	g.p("n := %d", least)
	g.p("switch {")
	for i := len(fs) - 1; i >= least; i-- {
		g.p("case %s: n = %d", fs[i].present(), i+1)
	}
	g.p("}")
}

func fallible(fs []field) bool {
	for _, f := range fs {
		if f.kind.fallible {
			return true
		}
	}
	return false
}

// present returns the Go condition that the field is to be written as a value.
func (f field) present() string {
	switch {
	case f.twin:
		return "x.Target != nil || x.Coordinator != nil"
	case f.kind.optional:
		return "x." + f.name + ".Set"
	}
	return expand(f.kind.present, "x."+f.name)
}

// expand replaces the %s in an expression, if any.
func expand(expression, value string) string {
	if !strings.Contains(expression, "%") {
		return expression
	}
	return fmt.Sprintf(expression, value)
}

// encodeField writes the statements that append field i. The last field is written only if it is present. A boolean
// that is false by default is written as false in front of other fields: null says the same in as many octets, but
// an explicit value is what more peers expect.
func (g *generator) encodeField(f field, i int, always, last bool) {
	if !always {
		g.p("if n > %d {", i)
		defer g.p("}")
	}
	value := "x." + f.name
	if f.kind.optional {
		value += ".V"
	}
	switch {
	case f.Mandatory, last && !f.twin, f.kind.absent == "false" && !f.kind.optional:
		g.write(f, value)
	case f.twin:
		g.p("switch {\ncase x.Coordinator != nil:")
		g.write(f, "x.Coordinator")
		g.p("case x.Target != nil:")
		g.write(f, "x.Target")
		g.p("default: dst = append(dst, FormatNull)\n}")
	default:
		g.p("if %s {", f.present())
		g.write(f, value)
		g.p("} else { dst = append(dst, FormatNull) }")
	}
}

func (g *generator) write(f field, value string) {
	if f.kind.fallible {
		g.p("if dst, err = %s; err != nil { return dst, err }", expand(f.kind.write, value))
		return
	}
	g.p("dst = %s", expand(f.kind.write, value))
}

// decoder writes decode, which reads what follows the descriptor.
func (g *generator) decoder(t *spec.Type, fs []field) {
	name := goName(t.Name)
	mandatory := uint32(0)
	g.p("\nfunc (x *%s) decode(d *decoder) {", name)
	g.p("var f fields")
	g.p("d.openFields(&f, Code%s, %d)", name, len(fs))
	for i, f := range fs {
		if f.Mandatory {
			mandatory |= 1 << i
		}
		g.decodeField(f, i)
	}
	g.p("d.closeFields(&f, %#b)\n}", mandatory)
}

func (g *generator) decodeField(f field, i int) {
	if f.twin {
		g.p("x.Target, x.Coordinator = nil, nil")
		g.p("if d.next(&f) { x.Target, x.Coordinator = d.target() }")
		return
	}
	value, absent := "x."+f.name, f.kind.absent
	read := expand(f.kind.read, value)
	if f.kind.optional {
		read = "Some(" + expand(f.kind.read, value+".V") + ")"
		absent = "Optional[" + f.kind.goType + "]{}"
	}
	g.p("if d.next(&f) { %s = %s } else { %s = %s }", value, read, value, absent)
	if f.Mandatory && f.Multiple {
		g.p("if len(%s) == 0 { f.seen &^= 1 << %d } // an empty array is the same as null (§1.4)", value, i)
	}
}
