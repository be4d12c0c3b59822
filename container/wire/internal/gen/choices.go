package main

import (
	"fmt"
	"strings"

	"github.com/collider-amqp/collider/container/wire/spec"
)

// choices writes the constants of a restricted type, and a Go type where fields are of the restricted type.
func (g *generator) choices(t *spec.Type) {
	switch {
	case t.Is("error-condition"):
		g.p("\n// Conditions of the type %s (§%s).", t.Name, t.Section)
		g.p("const (")
		for _, c := range t.Choices {
			g.p("Condition%s Symbol = %q", goName(strings.TrimPrefix(c.Value, "amqp:")), c.Value)
		}
		g.p(")")
	case t.Source == "symbol" && t.Name != "terminus-expiry-policy":
		g.p("\n// Choices of the type %s (§%s).", t.Name, t.Section)
		g.constants(t, "Symbol")
	default:
		g.p("\n// %s is the type %s (§%s).", goName(t.Name), t.Name, t.Section)
		g.p("type %s %s", goName(t.Name), restrictedSource(t))
		g.p("\n// Choices of the type %s.", t.Name)
		g.constants(t, goName(t.Name))
		g.choiceString(t)
		g.choiceReader(t)
	}
}

func restrictedSource(t *spec.Type) string {
	if t.Source == "symbol" {
		return "Symbol"
	}
	return primitives[t.Source].goType
}

func (g *generator) constants(t *spec.Type, goType string) {
	g.p("const (")
	for _, c := range t.Choices {
		value := c.Value
		if t.Source == "symbol" {
			value = fmt.Sprintf("%q", value)
		}
		g.p("%s%s %s = %s", goName(t.Name), choiceName(c.Name), goType, value)
	}
	g.p(")")
}

// choiceName is goName, but sasl-code's "ok" is an initialism.
func choiceName(name string) string {
	if name == "ok" {
		return "OK"
	}
	return goName(name)
}

// choiceString writes the String method that gives the specification's name of a choice.
func (g *generator) choiceString(t *spec.Type) {
	name := goName(t.Name)
	if t.Source == "symbol" {
		return
	}
	g.p("\n// String returns the specification's name of the choice.")
	g.p("func (x %s) String() string {", name)
	g.p("switch x {")
	for _, c := range t.Choices {
		g.p("case %s%s: return %q", name, choiceName(c.Name), c.Name)
	}
	g.p("}")
	if t.Source != "boolean" {
		g.p("return %q + strconv.FormatUint(uint64(x), 10) + \")\"\n}", t.Name+"(")
		return
	}
	g.p("panic(\"unreachable\")\n}")
}

// choiceReader writes the decoder method that reads a value and refuses one that is no choice.
func (g *generator) choiceReader(t *spec.Type) {
	name, base := goName(t.Name), primitives[t.Source]
	g.p("\nfunc (d *decoder) %s() %s {", lowerName(t.Name), name)
	if t.Source == "boolean" {
		g.p("return %s(%s)\n}", name, expand(base.read, ""))
		return
	}
	g.p("at := d.pos")
	g.p("x := %s(%s)", name, expand(base.read, `""`))
	g.p("switch x {")
	names := make([]string, len(t.Choices))
	for i, c := range t.Choices {
		names[i] = name + choiceName(c.Name)
	}
	g.p("case %s:", strings.Join(names, ", "))
	g.p("default: d.invalid(at, \"value is no %s\")", t.Name)
	g.p("}\nreturn x\n}")
}
