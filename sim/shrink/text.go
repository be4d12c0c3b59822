package shrink

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/collider-amqp/collider/sim"
)

// The bounds of an explanation's text.
const (
	shownSteps   = 40
	shownPairs   = 6
	shownThreads = 4
	lanesWidth   = 76
)

// Text is the minimal interleaving, a column for each thread with source lines, and
// the pairs that decide it. Steps far from both are left out.
func (e *Explanation) Text() string {
	var b strings.Builder
	fail := e.Shrunk.Failure
	fmt.Fprintf(&b, "%s  %s: %s\n", fail.Scenario.Name, nameOf(fail.Result.Failure), fail.Property)
	fmt.Fprintf(&b, "      %s\n", fail.Result.Failure.Message)
	if len(e.Steps) > 0 {
		b.WriteString("\n")
		e.writeLanes(&b)
		b.WriteString("\n")
		e.writePairs(&b)
	}
	return b.String()
}

func nameOf(f *sim.Failure) string {
	if f.Rule != "" {
		return f.Rule
	}
	return f.Kind.String()
}

// Near returns the indices of the steps to be shown, in order and not more than
// most: those of the pairs, those that were decided, what is around them, and the
// end.
func (e *Explanation) Near(most int) []int {
	n := len(e.Steps)
	rank := make([]int, n)
	mark := func(i, r int) {
		if i >= 0 && i < n {
			rank[i] = max(rank[i], r)
		}
	}
	for i := range e.Steps[:e.Known] {
		if i < e.Made && !e.Steps[i].Default {
			mark(i, 3)
			mark(i-1, 2)
			mark(i+1, 2)
		}
		if i >= e.Made-6 {
			mark(i, 2)
		}
	}
	for _, p := range e.Pairs[:min(len(e.Pairs), shownPairs)] {
		mark(p.First, 4)
		mark(p.Second, 4)
	}
	var out []int
	for r := 4; r >= 0; r-- {
		for i := n - 1; i >= 0 && len(out) < most; i-- {
			if rank[i] == r && (r > 0 || i < e.Known && e.Known <= most) {
				out = append(out, i)
			}
		}
	}
	slices.Sort(out)
	return out
}

// writeLanes draws the steps.
func (e *Explanation) writeLanes(b *strings.Builder) {
	shown := e.Near(shownSteps)
	var threads []string
	for _, i := range shown {
		if t := e.Steps[i].Thread; !slices.Contains(threads, t) {
			threads = append(threads, t)
		}
	}
	lanes := len(threads) <= shownThreads
	width := 30
	if lanes {
		width = lanesWidth / len(threads)
		b.WriteString("        step  ")
		for _, t := range threads {
			b.WriteString(pad(t, width))
		}
		b.WriteString("where\n")
	}
	last := -1
	for _, i := range shown {
		if i != last+1 && i < e.Known {
			b.WriteString("           " + left(i-last-1) + "\n")
		}
		last = i
		g := &e.Steps[i]
		b.WriteString(e.gutter(i))
		if lanes {
			b.WriteString(strings.Repeat(" ", width*slices.Index(threads, g.Thread)))
			b.WriteString(pad(describe(g), width*(len(threads)-slices.Index(threads, g.Thread))))
		} else {
			b.WriteString(pad(g.Thread, width) + pad(describe(g), lanesWidth-width))
		}
		b.WriteString(place(g) + "\n")
	}
}

// left stands for n steps that are left out.
func left(n int) string {
	if n == 1 {
		return "… 1 step …"
	}
	return fmt.Sprintf("… %d steps …", n)
}

// gutter begins the line of a step: an arrow if it was decided, its number, or a
// word if it was not made.
func (e *Explanation) gutter(i int) string {
	switch {
	case i >= e.Known:
		return fmt.Sprintf("%12s  ", "later")
	case i >= e.Made:
		return fmt.Sprintf("%12s  ", "waits")
	case e.Steps[i].Default:
		return fmt.Sprintf("%12d  ", i+1)
	}
	return fmt.Sprintf("     ─▶%5d  ", i+1)
}

// writePairs says what would have to be otherwise.
func (e *Explanation) writePairs(b *strings.Builder) {
	tried := fmt.Sprintf("%d pairs flipped", e.Tried)
	if !e.Complete {
		tried += ", then the search was cut short"
	}
	if len(e.Pairs) == 0 {
		fmt.Fprintf(b, "      no order of two operations on one object decides it (%s)\n", tried)
	} else {
		fmt.Fprintf(b, "      it does not fail so if any one of these pairs comes the other way round (%s):\n", tried)
	}
	for _, p := range e.Pairs[:min(len(e.Pairs), shownPairs)] {
		first, second := &e.Steps[p.First], &e.Steps[p.Second]
		fmt.Fprintf(b, "        %s: %s  %s\n", e.number(p.First), who(first), place(first))
		fmt.Fprintf(b, "        before %s: %s  %s\n", e.number(p.Second), who(second), place(second))
		if p.Other != nil {
			fmt.Fprintf(b, "          (flipped, it fails with %s: %s)\n", nameOf(p.Other), p.Other.Message)
		}
	}
	if n := len(e.Pairs) - shownPairs; n > 0 {
		fmt.Fprintf(b, "        and %d more\n", n)
	}
	if e.Nearest != nil {
		fmt.Fprintf(b, "      the nearest passing run is the same up to %s; there %s goes first: %s\n",
			e.number(e.Nearest.At), e.Nearest.Instead.Thread, describe(&e.Nearest.Instead))
	}
}

// number names a step.
func (e *Explanation) number(i int) string {
	switch {
	case i >= e.Known:
		return "what would come later"
	case i >= e.Made:
		return "what then waits"
	}
	return "step " + strconv.Itoa(i+1)
}

func who(g *sim.TraceStep) string { return g.Thread + " " + describe(g) }

// describe says what a step does.
func describe(g *sim.TraceStep) string {
	return strings.TrimRight(g.Op.Kind.String()+" "+g.Object, " ")
}

// place is a step's source line, empty if it is not known.
func place(g *sim.TraceStep) string {
	if g.At.File == "" {
		return ""
	}
	return g.At.String()
}

// pad brings text to a width, with a space at its end.
func pad(text string, width int) string {
	n := utf8.RuneCountInString(text)
	if n >= width {
		return string([]rune(text)[:width-2]) + "… "
	}
	return text + strings.Repeat(" ", width-n)
}
