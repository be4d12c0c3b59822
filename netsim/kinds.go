package netsim

import (
	"fmt"
	"strings"
)

// Kinds returns all kinds of faults, in the order of their declaration.
func Kinds() []Kind {
	all := make([]Kind, 0, kinds-1)
	for k := Reset; k < kinds; k++ {
		all = append(all, k)
	}
	return all
}

// ParseKind returns the kind with that word, "half-close". The error names the
// words there are.
func ParseKind(word string) (Kind, error) {
	for k := Reset; k < kinds; k++ {
		if kindText[k] == word {
			return k, nil
		}
	}
	return 0, fmt.Errorf("netsim: unknown kind of fault %q: want one of %s", word, strings.Join(kindText[Reset:], ", "))
}

// Once reports whether a fault of the kind happens and is over; the others last.
func (k Kind) Once() bool { return k.once() }

// Dials reports whether a fault of the kind concerns the making of connections and
// not the bytes on them.
func (k Kind) Dials() bool { return k.dials() }

// Concerns reports whether f is about the nth connection, from 1, that one host
// dials to another. A fault for each connection concerns each nth, also 0.
func (f *Fault) Concerns(dialer, acceptor string, nth int) bool {
	return f.concerns(dialer, acceptor, nth)
}

// Crosses reports whether f is about bytes from one host to another, whoever has
// dialled: the question that a Partition asks.
func (f *Fault) Crosses(from, to string) bool { return f.crosses(from, to) }
