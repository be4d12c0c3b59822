package runner

import (
	"fmt"
	"strings"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
)

// Divergence is where two executions of one run part.
type Divergence struct {
	// What differs first: an "event" of the history or a "step" of a thread, if the
	// run could be made to part again while it was watched; else what the results
	// show, the first "event", "decision", "failure" or "digest" that differs.
	What string
	// At is the number of the first different event, step or segment, from 1.
	At int
	// Last is the last equal one, First and Second what came next; each as one
	// line, "nothing" if there was none.
	Last, First, Second string
	// Notes are further differences there, each a sentence.
	Notes []string
	// Thread is the thread that behaved differently, empty if unknown, and Before
	// the place at which it was last seen to do the same in both executions: what it
	// learned between there and the first different thing was not the same.
	Thread string
	Before sim.Frame
	// Places are the source lines of the first difference, in the first execution
	// and, if it is another, in the second, and Before. Empty if unknown.
	Places []sim.Frame
}

// note adds a difference.
func (d *Divergence) note(what, first, second string) {
	d.Notes = append(d.Notes, what+" differs: "+first+", "+second)
}

// String returns the divergence in some lines.
func (d *Divergence) String() string {
	var b strings.Builder
	if d.At > 0 {
		fmt.Fprintf(&b, "the executions part at %s %d\n", d.What, d.At)
		fmt.Fprintf(&b, "  both  %s\n", d.Last)
	} else {
		fmt.Fprintf(&b, "the executions differ in their %s\n", d.What)
	}
	fmt.Fprintf(&b, "  1st   %s\n  2nd   %s", d.First, d.Second)
	for _, n := range d.Notes {
		fmt.Fprintf(&b, "\n  %s", n)
	}
	if d.Before.File != "" {
		fmt.Fprintf(&b, "\n  %s did the same up to %s (in %s)", d.Thread, d.Before, shortFunc(d.Before.Func))
	}
	return b.String()
}

// same reports whether two executions of one run are equal. What the race detector
// says does not count: it says it once.
func same(a, b *sim.Result) bool {
	f, g := behaviour(a), behaviour(b)
	if a.Digest != b.Digest || a.Steps != b.Steps || (f == nil) != (g == nil) {
		return false
	}
	return f == nil || f.Kind == g.Kind && f.Rule == g.Rule && f.Message == g.Message
}

// behaviour is the failure that belongs to the run alone.
func behaviour(r *sim.Result) *sim.Failure {
	if r.Failure != nil && r.Failure.Kind == sim.Raced {
		return nil
	}
	return r.Failure
}

// diverge locates the first difference of two executions that are not the same.
func diverge(a, b *sim.Result) *Divergence {
	if a.History != nil && b.History != nil {
		if d := divergeEvents(a.History, b.History); d != nil {
			return d
		}
	}
	if d := divergeSchedule(a, b); d != nil {
		return d
	}
	if x, y := verdict(a), verdict(b); x != y {
		return &Divergence{What: "failure", First: x, Second: y}
	}
	return &Divergence{
		What:  "digest",
		First: fmt.Sprintf("%016x after %d steps", a.Digest, a.Steps), Second: fmt.Sprintf("%016x after %d steps", b.Digest, b.Steps),
	}
}

func verdict(r *sim.Result) string {
	if r.Failure == nil {
		return "passed"
	}
	text, _, _ := strings.Cut(r.Failure.Error(), "\n")
	return text
}

func divergeEvents(a, b *history.History) *Divergence {
	n := max(len(a.Events), len(b.Events))
	for i := range n {
		if i < len(a.Events) && i < len(b.Events) && a.Events[i] == b.Events[i] {
			continue
		}
		return &Divergence{What: "event", At: i + 1, Last: line(a, i), First: line(a, i+1), Second: line(b, i+1)}
	}
	return nil
}

// line returns event seq of h as a line.
func line(h *history.History, seq int) string {
	e := h.At(uint64(seq))
	if e == nil {
		return "nothing"
	}
	return strings.TrimSpace(string(h.AppendText(nil, e)))
}

func divergeSchedule(a, b *sim.Result) *Divergence {
	n := max(len(a.Schedule), len(b.Schedule))
	text := func(r *sim.Result, i int) string {
		if i < 0 || i >= len(r.Schedule) {
			return "nothing"
		}
		return r.Schedule[i : i+1].String()
	}
	for i := range n {
		if x, y := text(a, i), text(b, i); x != y {
			return &Divergence{What: "decision", At: i + 1, Last: text(a, i-1), First: x, Second: y}
		}
	}
	return nil
}

// nondeterminism turns a failure into one of the harness.
func nondeterminism(f *Failure, d *Divergence) {
	f.Divergence = d
	f.Result.Failure = &sim.Failure{
		Kind:      sim.Nondeterminism,
		Message:   "the same seed gave another run: " + strings.ReplaceAll(d.String(), "\n", "; "),
		Thread:    d.Thread,
		Locations: d.Places,
	}
	f.Property = kindProperty[sim.Nondeterminism]
	f.Key = failureKey(f.Scenario.Name, &sim.Failure{Kind: sim.Nondeterminism})
}
