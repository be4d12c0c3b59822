package sim

import (
	"encoding"
	"fmt"
	"strings"
)

// PlanKind is the sort of things of which a plan consists.
type PlanKind uint8

const (
	// Faults: what goes wrong.
	Faults PlanKind = iota
	// Work: what the program is given to do.
	Work

	planKinds
)

// String returns "faults" or "work".
func (k PlanKind) String() string { return [...]string{"faults", "work"}[k] }

// Plans are the plans of a run, by kind: each a list of items of the form "purpose:
// text". A nil list stands for the one that the scenario draws; an empty one is
// the plan of nothing.
type Plans [planKinds][]string

// planText is a value with a text form.
type planText[T any] interface {
	*T
	encoding.TextMarshaler
	encoding.TextUnmarshaler
}

// Plan makes a list of values part of the decisions of a run, and returns the list
// that the run is to have. It is for what a scenario draws before it begins: faults,
// or pieces of work. drawn is what it has drawn, purpose a word for it ("network"),
// one for each call. The result is drawn, unless the RunConfig has other Plans, from
// which an item has been taken out, or a strategy plans (see Planner). A plan of the
// RunConfig that cannot be read is a *PlanError, by which the run fails.
//
// menu, if not nil, returns the values from which a strategy may choose instead of
// those drawn; a bounded search visits the subsets of it.
//
// It is called by a thread of the run, is no choice point, and keeps drawn.
func Plan[T any, P planText[T]](w *World, kind PlanKind, purpose string, drawn []T, menu func() []T) []T {
	out := drawn
	if texts, ok := w.givenPlan(kind, purpose); ok {
		out = make([]T, 0, len(texts))
		for _, text := range texts {
			var v T
			if err := P(&v).UnmarshalText([]byte(text)); err != nil {
				panic(&PlanError{Kind: kind, Item: purpose + ": " + text, Err: err})
			}
			out = append(out, v)
		}
	} else if menu != nil && w.plans.planner != nil {
		all := menu()
		if chosen, decides := w.choosePlan(kind, len(all)); decides {
			out = nil
			for _, i := range chosen {
				out = append(out, all[i])
			}
		}
	}
	w.keepPlan(plan{kind: kind, purpose: purpose, texts: func() []string { return planTexts[T, P](out) }})
	return out
}

// choosePlan lets the strategy choose, which belongs to the kernel.
//
//go:norace
func (w *World) choosePlan(kind PlanKind, n int) (chosen []int, decides bool) {
	w.Inside(func() { chosen, decides = w.plans.planner.Plan(kind, n) })
	return chosen, decides
}

// planTexts returns the text forms of values.
func planTexts[T any, P planText[T]](values []T) []string {
	texts := make([]string, len(values))
	for i := range values {
		b, err := P(&values[i]).MarshalText()
		if err != nil {
			panic(fmt.Sprintf("sim: an item of a plan has no text: %v", err))
		}
		texts[i] = string(b)
	}
	return texts
}

// PlanError says that an item of a plan cannot be read.
type PlanError struct {
	Kind PlanKind
	Item string
	Err  error
}

// Error implements error.
func (e *PlanError) Error() string { return fmt.Sprintf("sim: %s %q: %v", e.Kind, e.Item, e.Err) }

// Unwrap returns the error of the item's text.
func (e *PlanError) Unwrap() error { return e.Err }

// Planner is a Strategy that decides what plans consist of where there is a menu.
type Planner interface {
	// Plan returns which of n things are planned, by index, each at most once; or
	// false if the scenario is to draw.
	Plan(kind PlanKind, n int) (chosen []int, decides bool)
}

// plan is what one call of Plan has come to. Its texts are made when they are
// wanted, which is after few runs.
type plan struct {
	kind    PlanKind
	purpose string
	texts   func() []string
}

// plans is the World's part.
type plans struct {
	given   Plans
	made    []plan
	planner Planner
}

func (p *plans) begin(given Plans, s Strategy) {
	clear(p.made)
	p.given, p.made = given, p.made[:0]
	p.planner, _ = s.(Planner)
}

// givenPlan returns the texts of a purpose that the RunConfig has; ok says whether
// it has a plan of the kind at all.
//
//go:norace
func (w *World) givenPlan(kind PlanKind, purpose string) (texts []string, ok bool) {
	given := w.plans.given[kind]
	for _, item := range given {
		if text, found := strings.CutPrefix(item, purpose+": "); found {
			texts = append(texts, text)
		}
	}
	return texts, given != nil
}

// keepPlan notes a plan for the result.
//
//go:norace
func (w *World) keepPlan(p plan) {
	for i := range w.plans.made {
		if q := &w.plans.made[i]; q.kind == p.kind && q.purpose == p.purpose {
			panic(&Misuse{What: "two plans of " + p.kind.String() + " for the purpose " + p.purpose})
		}
	}
	w.plans.made = append(w.plans.made, p)
}

// collect returns the plans that the run has had; no list of them is nil.
func (p *plans) collect() Plans {
	all := Plans{[]string{}, []string{}}
	for _, q := range p.made {
		for _, text := range q.texts() {
			all[q.kind] = append(all[q.kind], q.purpose+": "+text)
		}
	}
	return all
}

// unasked returns the number of items given whose purpose the run did not ask for.
func (p *plans) unasked() int {
	n := 0
	for kind, items := range p.given {
		for _, item := range items {
			if !p.asked(PlanKind(kind), item) {
				n++
			}
		}
	}
	return n
}

func (p *plans) asked(kind PlanKind, item string) bool {
	for _, q := range p.made {
		if q.kind == kind && strings.HasPrefix(item, q.purpose+": ") {
			return true
		}
	}
	return false
}
