package bench

import (
	"slices"
	"strings"

	"github.com/collider-amqp/collider/sim"
)

// Program is a small program with a known bug that depends on the schedule.
type Program struct {
	// Name is that of the benchmark suite: "CS/reorder_10".
	Name string
	// Doc says in one line what is wrong.
	Doc string
	// Buggy and Fixed are the program and its repair, which no schedule makes
	// fail.
	Buggy, Fixed func(w *sim.World)
	// Published is the mean number of schedules that the study's SURW needed to
	// find the bug, its profile run included, over 20 trials that all found it. 0:
	// the study has no such number.
	Published float64
	// Study says how many trials of the study's SURW found the bug, as "19/20", if
	// not all did; empty if all did or the study does not have the program.
	Study string
	// Hard says that nothing is expected to find the bug within 10 000 schedules, but
	// by luck.
	Hard bool
	// Smoke says that it fails on all schedules or nearly all: it is measured, but
	// does not count.
	Smoke bool
	// Clean says that no schedule is known to fail: Buggy is right, as far as anybody
	// knows, and does not count.
	Clean bool

	_ struct{}
}

// counts says whether the program has a bug that is to be found.
func (p *Program) counts() bool { return !p.Smoke && !p.Clean }

// Scenario returns the program as a scenario.
func (p *Program) Scenario() *sim.Scenario { return &sim.Scenario{Name: p.Name, Run: p.Buggy} }

// Control returns its repair as a scenario.
func (p *Program) Control() *sim.Scenario { return &sim.Scenario{Name: p.Name, Run: p.Fixed} }

// program makes an element of the table from a body that is told whether it is to
// be right.
func program(name, doc string, published float64, body func(w *sim.World, fixed bool)) Program {
	return Program{
		Name: name, Doc: doc, Published: published,
		Buggy: func(w *sim.World) { body(w, false) },
		Fixed: func(w *sim.World) { body(w, true) },
	}
}

// clean makes an element of the table from a program that nobody has found fault
// with.
func clean(name, doc string, body func(w *sim.World)) Program {
	return Program{Name: name, Doc: doc, Study: "0/20", Buggy: body, Fixed: body, Clean: true}
}

// smoke marks a program that fails on nearly all schedules.
func (p Program) smoke() Program {
	p.Smoke = true
	return p
}

// study says in how many trials the study's SURW found the bug.
func (p Program) study(found string) Program {
	p.Study = found
	return p
}

// Programs returns the programs, in order of the families.
func Programs() []Program {
	return slices.Concat(csPrograms(), crowdPrograms(), bufferPrograms(), queuePrograms(), libraryPrograms(), conVulPrograms(), otherPrograms())
}

// spawn starts the threads in order and joins them in order. Before each start is a
// point, as before pthread_create in the study's tool: otherwise none of the threads
// could get ahead of a later one before that exists, and the last is the one that
// has to come early.
func spawn(w *sim.World, bodies ...func()) {
	threads := make([]*sim.Thread, len(bodies))
	for i, f := range bodies {
		w.Point("load", "spawn")
		threads[i] = w.Go("thread", f)
	}
	for _, t := range threads {
		t.Join()
	}
}

// times returns n times the body.
func times(n int, body func()) []func() {
	return slices.Repeat([]func(){body}, n)
}

// assert fails the run if the condition does not hold.
func assert(w *sim.World, ok bool, what string) {
	if !ok {
		w.Fail("ASSERT", "%s", what)
	}
}

// inc is v++ in two steps, as on a plain variable.
func inc(v *sim.Int64, by int64) { v.Store(v.Load() + by) }

// matches says whether one of the words is in the name; no word matches all.
func matches(name string, words []string) bool {
	return len(words) == 0 || slices.ContainsFunc(words, func(w string) bool { return strings.Contains(name, w) })
}
