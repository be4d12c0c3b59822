package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/shrink"
)

// why is an explanation as the page shows it.
type why struct {
	// Same says that the run explained is the one drawn; else it is a smaller one.
	Same bool
	// Story are sentences about the steps with letters; Notes are about the search.
	Story, Notes []string
	// Steps are those near what decides, in order, Threads theirs.
	Steps   []whyStep
	Threads []string
	// Pairs are the order pairs, those of the failing threads first.
	Pairs []whyPair
}

// whyStep is a step of the run explained.
type whyStep struct {
	Index   int    // in the Explanation
	Number  string // "260", "waits", "later"
	Letter  string // if the story tells of it
	Thread  string
	Lane    int // of Threads
	What    string
	At      string
	Func    string
	Src     string
	Line    int  // index of the source line plus one, 0 if it is not known
	Decided bool // the scheduler had to be told
	Gap     bool // steps before it are left out
}

// Place is the index of the step's source line, if it has one.
func (s whyStep) Place() int { return s.Line - 1 }

// State says of a step that was not made why not.
func (s whyStep) State() string {
	switch s.Number {
	case "waits":
		return "stood before this when the run ended"
	case "later":
		return "would come later"
	}
	return ""
}

// whyPair is an order pair in words.
type whyPair struct{ First, Second, Other string }

// The bounds of an explanation on the page.
const (
	whySteps = 40
	whyPairs = 12
	// nearPairs are the first pairs, among which the story looks for two that belong
	// together.
	nearPairs = 6
)

// plot is what the story is about: the pair first–second, and a pair after–last
// with which it makes a stretch of one thread between two steps of another.
type plot struct {
	first, second int // indices of steps
	after, last   int // -1 if there is only one pair
	otherA        *sim.Failure
	otherB        *sim.Failure
}

// told returns the pairs of an explanation, those first whose threads are those of
// the events that show the failure, or made them: what decides elsewhere decides by
// way of these. Pairs that come after all these events stand last: what they decide
// is whether the run fails in another way besides.
func told(e *shrink.Explanation) []shrink.Pair {
	r := &e.Shrunk.Failure.Result
	var shown []string
	last := uint64(0)
	for _, seq := range r.Failure.Seqs {
		if ev := r.History.At(seq); ev != nil {
			shown, last = append(shown, r.History.Thread(ev.Thread)), max(last, ev.Step)
		}
	}
	concerns := func(p shrink.Pair) int {
		n := 0
		if last > 0 && uint64(p.First) >= last {
			return -1
		}
		for _, i := range []int{p.First, p.Second} {
			name := e.Steps[i].Thread
			if slices.ContainsFunc(shown, func(s string) bool { return s == name || strings.Contains(name, "/") && strings.HasPrefix(s, name+"/") }) {
				n++
			}
		}
		return n
	}
	out := slices.Clone(e.Pairs)
	slices.SortStableFunc(out, func(p, q shrink.Pair) int { return concerns(q) - concerns(p) })
	return out
}

// findPlot looks for two pairs that lead to another thread and back: what the other
// one does then lies between two steps of the first. Else it takes the first pair; there must
// be one.
func findPlot(e *shrink.Explanation, pairs []shrink.Pair) plot {
	near := pairs[:min(len(pairs), nearPairs)]
	thread := func(i int) string { return e.Steps[i].Thread }
	for _, p := range near {
		for _, q := range near {
			if p.First < q.First && p.Second < q.Second && q.First < e.Made && thread(p.Second) == thread(q.First) && thread(p.First) == thread(q.Second) {
				return plot{p.First, p.Second, q.First, q.Second, p.Other, q.Other}
			}
		}
	}
	return plot{near[0].First, near[0].Second, -1, -1, near[0].Other, nil}
}

// letters returns the steps of the plot in order, without repetition.
func (p *plot) letters() []int {
	all := []int{p.first, p.second}
	if p.after >= 0 {
		all = append(all, p.after, p.last)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (p *plot) letter(i int) string {
	n := slices.Index(p.letters(), i)
	if n < 0 {
		return ""
	}
	return string(rune('A' + n))
}

// story says in a few sentences what the order of the steps with letters does.
func (p *plot) story(e *shrink.Explanation) []string {
	name := func(i int) string { return p.letter(i) + " (" + e.Steps[i].Thread + ")" }
	a, b := p.letter(p.first), p.letter(p.second)
	first := b + " before " + a
	if p.after < 0 {
		because := fmt.Sprintf("It fails in this way because %s comes before %s", name(p.first), name(p.second))
		if p.second >= e.Made {
			because += ", which is not done any more"
		}
		return []string{because + ".", pass(first, p.otherA)}
	}
	c, d := p.letter(p.after), p.letter(p.last)
	between := name(p.second) + " comes"
	if c != b {
		between = fmt.Sprintf("%s and %s (%s) come", min(b, c), max(b, c), e.Steps[p.second].Thread)
	}
	out := []string{fmt.Sprintf("It fails in this way because %s between %s and %s (%s).", between, a, d, e.Steps[p.first].Thread)}
	second := d + " before " + c
	if alike(p.otherA, p.otherB) {
		return append(out, pass(first+", or "+second, p.otherA))
	}
	return append(out, pass(first, p.otherA), pass(second, p.otherB))
}

// undecided is the story if no pair decides.
func undecided(e *shrink.Explanation) []string {
	out := []string{"No order of two operations on one object decides it."}
	switch {
	case !e.Complete:
		out = []string{"No order of two operations on one object was found that decides it."}
	case e.Tried == 0:
		out = []string{"No order of two operations on one object decides it: there are none that could come the other way round."}
	}
	if n := e.Shrunk.After.Decisions; n > 0 {
		return append(out, fmt.Sprintf("It takes %s, marked ➤.", decisions(n)))
	}
	return append(out, "It happens in the order that is the default, in which each thread goes on until it waits or yields.")
}

// alike says whether two runs came out in the same way.
func alike(a, b *sim.Failure) bool {
	return (a == nil) == (b == nil) && (a == nil || outcome(a) == outcome(b))
}

// pass says what becomes of the run with another order.
func pass(order string, other *sim.Failure) string {
	if other == nil {
		return "The run passes with " + order + "."
	}
	return "With " + order + " it fails in another way: " + outcome(other) + "."
}

func outcome(f *sim.Failure) string {
	name := f.Rule
	if name == "" {
		name = f.Kind.String()
	}
	return strings.TrimSuffix(name+": "+f.Message, ".")
}

// newWhy makes the page's words of an explanation, nil if there is none.
func newWhy(r *Run, text *sources) *why {
	e := r.Explanation
	if e == nil || e.Shrunk == nil || e.Shrunk.Failure == nil || len(e.Steps) == 0 {
		return nil
	}
	y := &why{}
	if r.Result != nil {
		y.Same = e.Shrunk.Failure.Result.Digest == r.Result.Digest
	}
	p := plot{first: -1, second: -1, after: -1, last: -1}
	pairs := told(e)
	if len(pairs) > 0 {
		p = findPlot(e, pairs)
		y.Story = p.story(e)
	} else {
		y.Story = undecided(e)
	}
	y.addSteps(e, &p, text)
	y.addPairs(e, pairs, &p)
	y.addNotes(r, e)
	return y
}

// addSteps takes the steps near what decides.
func (y *why) addSteps(e *shrink.Explanation, p *plot, text *sources) {
	near := e.Near(whySteps)
	if p.first >= 0 {
		near = append(near, p.letters()...)
		slices.Sort(near)
		near = slices.Compact(near)
	}
	last := -1
	for _, i := range near {
		g := &e.Steps[i]
		s := whyStep{
			Index: i, Number: stepNumber(e, i), Thread: g.Thread, What: stepWhat(g),
			Decided: i < e.Made && !g.Default, Gap: i != last+1 && i < e.Known,
		}
		if p.first >= 0 {
			s.Letter = p.letter(i)
		}
		if g.At.File != "" {
			s.Line = text.line(g.At) + 1
			l := &text.lines[s.Line-1]
			s.At, s.Func, s.Src = l.At, l.Func[strings.IndexByte(l.Func, '.')+1:], l.Src
		}
		if s.Lane = slices.Index(y.Threads, g.Thread); s.Lane < 0 {
			s.Lane = len(y.Threads)
			y.Threads = append(y.Threads, g.Thread)
		}
		y.Steps = append(y.Steps, s)
		last = i
	}
}

// Lettered returns the steps that the story tells of.
func (y *why) Lettered() []whyStep {
	var out []whyStep
	for _, s := range y.Steps {
		if s.Letter != "" {
			out = append(out, s)
		}
	}
	return out
}

func (y *why) addPairs(e *shrink.Explanation, pairs []shrink.Pair, p *plot) {
	name := func(i int) string {
		g := &e.Steps[i]
		text := fmt.Sprintf("step %s, %s: %s", stepNumber(e, i), g.Thread, stepWhat(g))
		if i >= e.Made {
			text = fmt.Sprintf("%s: %s (%s)", g.Thread, stepWhat(g), stepNumber(e, i))
		}
		if l := p.letter(i); p.first >= 0 && l != "" {
			text = l + ", " + text
		}
		if g.At.File != "" {
			text += ", " + g.At.String()
		}
		return text
	}
	for _, q := range pairs[:min(len(pairs), whyPairs)] {
		w := whyPair{First: name(q.First), Second: name(q.Second)}
		if q.Other != nil {
			w.Other = outcome(q.Other)
		}
		y.Pairs = append(y.Pairs, w)
	}
}

// addNotes says how the explanation was come by.
func (y *why) addNotes(r *Run, e *shrink.Explanation) {
	note := func(format string, args ...any) { y.Notes = append(y.Notes, fmt.Sprintf(format, args...)) }
	s := e.Shrunk
	if !y.Same {
		note("The smaller run has %d steps, %d switches of thread and %s.", s.After.Steps, s.After.Switches, decided(&s.After))
		if m := s.Failure.Result.Failure.Message; r.failure() != nil && m != r.failure().Message {
			note("There, %s.", strings.TrimSuffix(m, "."))
		}
	} else {
		note("The run takes %s; all else is what a replay does by itself.", decided(&s.After))
	}
	minimal := "nothing of it can be left out"
	switch {
	case e.AsItIs:
		minimal = "no smaller run was looked for"
	case !s.Minimal:
		minimal = "the search was cut short, and a smaller run may exist"
	}
	tried := fmt.Sprintf("%d pairs of operations were tried the other way round", e.Tried)
	if !e.Complete {
		tried += ", not all"
	}
	note("Found in %d replays; %s; %s, and with %d of them the run does not fail so.", e.Replays, minimal, tried, len(e.Pairs))
	if n := e.Nearest; n != nil {
		note("The nearest passing run is the same up to step %s; there %s goes first: %s.", stepNumber(e, n.At), n.Instead.Thread, stepWhat(&n.Instead))
	}
}

// decided says what a run takes: decisions, and faults if there are any.
func decided(s *shrink.Size) string {
	text := decisions(s.Decisions)
	switch {
	case s.Faults == 1:
		text += " and 1 fault"
	case s.Faults > 1:
		text += fmt.Sprintf(" and %d faults", s.Faults)
	}
	return text
}

// decisions says how many decisions of a schedule there are.
func decisions(n int) string {
	switch n {
	case 0:
		return "no decision of the scheduler"
	case 1:
		return "1 decision of the scheduler"
	}
	return fmt.Sprintf("%d decisions of the scheduler", n)
}

// stepNumber names a step: by its number, or as one that was not made.
func stepNumber(e *shrink.Explanation, i int) string {
	switch {
	case i >= e.Known:
		return "later"
	case i >= e.Made:
		return "waits"
	}
	return fmt.Sprint(i + 1)
}

// stepWhat says what a step does: "lock mutex inbox".
func stepWhat(g *sim.TraceStep) string {
	return strings.TrimSpace(g.Op.Kind.String() + " " + g.Object)
}

// inLanes returns the indices of the steps that get rows of their own among the
// events, if the run drawn is the one explained: those that the story tells of, all
// between them unless they are many, and those that the scheduler had to be told.
func (y *why) inLanes(e *shrink.Explanation) []int {
	var letters, out []int
	for _, s := range y.Lettered() {
		if s.Index < e.Made {
			letters = append(letters, s.Index)
		}
	}
	for i := range e.Steps[:e.Made] {
		between := len(letters) > 0 && i >= letters[0] && i <= letters[len(letters)-1] && letters[len(letters)-1]-letters[0] < maxBetween
		if between || slices.Contains(letters, i) || !e.Steps[i].Default && len(out) < maxDecided {
			out = append(out, i)
		}
	}
	return out
}

// maxBetween bounds the steps between those with letters, maxDecided those decided,
// that get rows.
const (
	maxBetween = 24
	maxDecided = 64
)
