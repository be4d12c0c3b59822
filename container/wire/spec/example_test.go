package spec_test

import (
	"fmt"

	"github.com/collider-amqp/collider/container/wire/spec"
)

// The mandatory fields of a performative are those that a conformance case leaves out, one at a time.
func Example() {
	for _, f := range spec.ByName("begin").Fields {
		if f.Mandatory {
			fmt.Println(f.Name, spec.Base(f.Type))
		}
	}
	// Output:
	// next-outgoing-id uint
	// incoming-window uint
	// outgoing-window uint
}
