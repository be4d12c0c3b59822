package runner

import (
	"cmp"
	"slices"
	"strings"

	"github.com/collider-amqp/collider/sim"
)

// Arm is a strategy and the number of runs in which it decided.
type Arm struct {
	// Name is the strategy's, without parameters: "pct".
	Name string
	// Runs counts them.
	Runs uint64
}

// arms counts runs by the strategy that decided.
type arms []Arm

// armOf returns the name of the strategy that decided a run.
func armOf(r *sim.Result) string {
	name, _, _ := strings.Cut(r.Strategy, ":")
	return name
}

// add counts a run.
func (a *arms) add(name string) {
	for i := range *a {
		if (*a)[i].Name == name {
			(*a)[i].Runs++
			return
		}
	}
	*a = append(*a, Arm{name, 1})
}

// sorted returns the arms, those with the most runs first.
func (a arms) sorted() []Arm {
	slices.SortFunc(a, func(x, y Arm) int {
		return cmp.Or(cmp.Compare(y.Runs, x.Runs), cmp.Compare(x.Name, y.Name))
	})
	return a
}
