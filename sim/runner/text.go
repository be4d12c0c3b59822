package runner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/collider-amqp/collider/sim"
)

// maxLines bounds the source lines and threads printed for a failure.
const maxLines = 8

// Hint is a line at the end of a failure's text: what to do next.
type Hint struct {
	// Label is one word, as "replay"; Line can be pasted.
	Label, Line string
}

// Text says in some lines what broke, where, the last events, and the hints.
func (f *Failure) Text(hints ...Hint) string {
	var b strings.Builder
	res := &f.Result
	fail := res.Failure
	what := fail.Rule
	switch {
	case what == "":
		what = fail.Kind.String()
	case slices.Contains([]sim.Kind{sim.Deadlock, sim.Livelock, sim.Leak, sim.Liveness}, fail.Kind):
		what = fail.Kind.String() + ", " + what
	}
	fmt.Fprintf(&b, "FAIL  %s  %s: %s\n", f.Scenario.Name, what, f.Property)
	for _, line := range strings.Split(fail.Message, "; ") {
		fmt.Fprintf(&b, "      %s\n", line)
	}
	if f.Corpus != "" {
		fmt.Fprintf(&b, "      a stored failure has come back: %s\n", f.Corpus)
	}
	writePlaces(&b, fail)
	for _, v := range fail.More[:min(len(fail.More), maxLines)] {
		fmt.Fprintf(&b, "      also %s: %s\n", v.Rule, v.Message)
	}
	fmt.Fprintf(&b, "      seed %d  strategy %s  %d steps  %d switches  time %v", res.Seed, res.Strategy, res.Steps, res.Switches, res.Time)
	for _, p := range res.Params {
		fmt.Fprintf(&b, "  %s=%d", p.Name, p.Value)
	}
	if f.Count > 1 {
		fmt.Fprintf(&b, "  (%d runs failed so)", f.Count)
	}
	b.WriteString("\n")
	writePlan(&b, "faults", res.Plans[sim.Faults])
	writePlan(&b, "work", res.Plans[sim.Work])
	if lanes := lastEvents(res.History, fail.Seqs); len(lanes) > 0 {
		b.WriteString("\n")
		for _, l := range lanes {
			b.WriteString("      " + l + "\n")
		}
	}
	for i, h := range hints {
		if i == 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "      %-8s %s\n", h.Label, h.Line)
	}
	return b.String()
}

// writePlaces writes the source lines of a failure and the threads that had not
// ended.
func writePlaces(b *strings.Builder, f *sim.Failure) {
	for i, l := range f.Locations[:min(len(f.Locations), maxLines)] {
		at := "at"
		if i > 0 {
			at = "  "
		}
		fmt.Fprintf(b, "      %s %s (in %s)\n", at, l, shortFunc(l.Func))
	}
	for i := range f.Threads[:min(len(f.Threads), maxLines)] {
		fmt.Fprintf(b, "      %s\n", f.Threads[i].String())
	}
	if n := len(f.Threads) - maxLines; n > 0 {
		fmt.Fprintf(b, "      and %d more threads\n", n)
	}
}

// writePlan writes the items of a plan, the first ones of many.
func writePlan(b *strings.Builder, kind string, items []string) {
	for i, item := range items[:min(len(items), maxLines)] {
		if i > 0 {
			kind = ""
		}
		fmt.Fprintf(b, "      %-6s %s\n", kind, item)
	}
	if n := len(items) - maxLines; n > 0 {
		fmt.Fprintf(b, "             and %d more\n", n)
	}
}

// shortFunc returns a function's name without the directories of its package and
// without type arguments, and not much of it: the compiler's names for the bodies
// of nested loops can fill a page.
func shortFunc(name string) string {
	name, _, _ = strings.Cut(name, "[")
	name = name[strings.LastIndexByte(name, '/')+1:]
	if len(name) > maxFunc {
		name = name[:maxFunc] + "…"
	}
	return name
}

// maxFunc bounds the function names printed, in octets.
const maxFunc = 60
