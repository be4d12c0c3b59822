package main

import (
	"github.com/collider-amqp/collider/container/wire/spec"
)

// described calls f for each type with a descriptor.
func described(f func(t *spec.Type)) {
	for i := range spec.Types {
		if t := &spec.Types[i]; t.Code != 0 {
			f(t)
		}
	}
}

// codes writes the descriptor codes with their names.
func (g *generator) codes() {
	g.p("\n// The numeric descriptors of the specification.")
	g.p("const (")
	described(func(t *spec.Type) { g.p("Code%s Code = 0x%02x", goName(t.Name), t.Code) })
	g.p(")")

	g.p("\n// name returns the name of the described type, or \"\".")
	g.p("func (c Code) name() string {\nswitch c {")
	described(func(t *spec.Type) { g.p("case Code%s: return %q", goName(t.Name), t.Name) })
	g.p("}\nreturn \"\"\n}")

	g.p("\n// Symbol returns the symbolic descriptor, such as \"amqp:transfer:list\", or \"\" for a code that the specification does not define.")
	g.p("func (c Code) Symbol() Symbol {\nswitch c {")
	described(func(t *spec.Type) { g.p("case Code%s: return %q", goName(t.Name), t.Descriptor) })
	g.p("}\nreturn \"\"\n}")

	g.p("\n// codeOf returns the numeric form of a symbolic descriptor, or 0. The match is exact (§1.5).")
	g.p("func codeOf(descriptor string) Code {\nswitch descriptor {")
	described(func(t *spec.Type) { g.p("case %q: return Code%s", t.Descriptor, goName(t.Name)) })
	g.p("}\nreturn 0\n}")
}

// unions writes the readers of fields that may hold one of several composites.
func (g *generator) unions() {
	g.union("deliveryState", "DeliveryState", "delivery-state")
	g.union("outcome", "Outcome", "outcome")
	g.union("lifetimePolicy", "LifetimePolicy", "lifetime-policy")
}

func (g *generator) union(method, goType, archetype string) {
	g.p("\nfunc (d *decoder) %s() %s {", method, goType)
	g.p("at := d.pos")
	g.p("switch c := d.descriptor(); c {")
	described(func(t *spec.Type) {
		if t.Is(archetype) {
			g.p("case Code%[1]s:\nx := new(%[1]s)\nx.decode(d)\nreturn x", goName(t.Name))
		}
	})
	g.p("default:\nd.unknown(at, %q, c)\nreturn nil\n}\n}", archetype)
}
