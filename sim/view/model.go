package view

import (
	"math"
	"slices"
	"strings"

	"github.com/collider-amqp/collider/sim/history"
	"github.com/collider-amqp/collider/sim/shrink"
)

// model is what the page's script is given. Rows are numbered from 0; an index
// into a table is one more than its place there, so that 0 means none.
type model struct {
	Title   string   `json:"title"`
	Threads []string `json:"threads"`
	Domains []string `json:"domains"`
	Wires   []string `json:"wires"`
	Rows    []row    `json:"rows"`
	// Edges lead from row to row; the third says what they are: see edgeCause.
	Edges   [][3]int    `json:"edges"`
	Stacks  [][]int     `json:"stacks"`
	Lines   []line      `json:"lines"`
	Files   []shownFile `json:"files"`
	Choices []picked    `json:"choices"`
	Marks   []mark      `json:"marks"`
	Cast    []actor     `json:"cast"`
	// Violations say what the marks show.
	Violations []string `json:"violations"`
	// Last says that the failure names no events: the mark is on the last one of
	// the thread that failed.
	Last bool `json:"last"`
}

// The kinds of edges.
const (
	edgeCause  = 0 // the second had to come after the first
	edgeSerial = 1 // the same, because both are of one serial domain
	edgeFrame  = 2 // a frame and its delivery
	edgeOrder  = 3 // the order that decides whether the run fails
)

// row is an event of the history or of the network, or a step of a thread.
type row struct {
	Seq    uint64 `json:"q,omitempty"`
	Kind   string `json:"k"`           // begin, end, call, return, note, frame, fault, wire, step, choice, blocked, ready
	Class  string `json:"g"`           // callback, work, call, note, frame, fault, step, left
	Name   string `json:"n"`           //
	Words  string `json:"x,omitempty"` // what it is about
	Text   string `json:"e,omitempty"`
	Thread int    `json:"h,omitempty"`
	Domain int    `json:"d,omitempty"`
	Wire   int    `json:"w,omitempty"`
	Back   bool   `json:"b,omitempty"`
	Of     int    `json:"o,omitempty"` // row, plus one, that it closes
	Time   int64  `json:"t"`           // nanoseconds
	Step   uint64 `json:"s,omitempty"`
	Stack  int    `json:"p,omitempty"`
	Choice int    `json:"c,omitempty"`
	OK     bool   `json:"r,omitempty"`
	Letter string `json:"y,omitempty"` // of a step that the explanation tells of
	Forced bool   `json:"f,omitempty"` // a step that the scheduler had to be told
}

// line is a source line.
type line struct {
	At   string `json:"at"`
	Func string `json:"fn"`
	Src  string `json:"src,omitempty"`
	N    int    `json:"n,omitempty"`    // its number
	File int    `json:"file,omitempty"` // index into Files plus one
}

// picked is a choice of the scheduler.
type picked struct {
	Step   uint64   `json:"step"`
	Chosen string   `json:"chosen"`
	Others []string `json:"others"`
}

// mark is an event that shows a failure; the first violation has number 0.
type mark struct {
	Row       int `json:"row"`
	Violation int `json:"v"`
}

// builder makes a model.
type builder struct {
	model
	h       *history.History
	tap     *Tap
	rowOf   []int // of event i
	wireRow []int // of wire row i
	domains map[string]int
	threads map[string]int
	text    *sources
	why     *why
	cast    *cast
	steps   []int       // of the explanation, that are still to get rows
	chosen  map[int]int // place in Choices plus one of the Tap's choices
	explain *shrink.Explanation
	// failedAt are the lines of the failure's places, leftAt those of the threads
	// that had not ended, -1 if not known.
	failedAt, leftAt []int
}

func newModel(r *Run) *builder {
	b := &builder{
		h: r.history(), tap: r.Tap, domains: map[string]int{}, threads: map[string]int{}, chosen: map[int]int{},
		text: newSources(r.Sources), explain: r.Explanation,
	}
	b.Title = r.Title()
	b.Threads = slices.Clone(b.h.Threads)
	for i, name := range b.Threads {
		b.threads[name] = i + 1
	}
	b.addPlaces()
	if b.why = newWhy(r, b.text); b.why != nil && b.why.Same {
		b.steps = b.why.inLanes(r.Explanation)
	}
	var wired []wireRow
	if b.tap != nil {
		wired, b.Wires = b.tap.wires.rows, b.tap.wires.names
	}
	b.wireRow = make([]int, 0, len(wired))
	for i := range b.h.Events {
		for len(b.wireRow) < len(wired) && wired[len(b.wireRow)].after <= i {
			b.addWire(&wired[len(b.wireRow)])
		}
		b.addEvent(i)
	}
	b.addSilent(wired)
	for len(b.wireRow) < len(wired) {
		b.addWire(&wired[len(b.wireRow)])
	}
	b.addSteps(math.MaxUint64)
	b.addLeft(r)
	for _, e := range history.NewOrder(b.h).Edges() {
		kind := edgeCause
		if e.Serial {
			kind = edgeSerial
		}
		b.Edges = append(b.Edges, [3]int{b.rowOf[e.From-1], b.rowOf[e.To-1], kind})
	}
	b.addOrder()
	b.addMarks(r)
	if f := r.failure(); f != nil {
		for _, l := range f.Locations {
			b.failedAt = append(b.failedAt, b.text.line(l))
		}
	}
	b.cast = newCast(b.h)
	b.Cast = slices.Concat(b.cast.all, b.cast.threads)
	b.Lines, b.Files = b.text.lines, b.text.excerpts()
	return b
}

// addSteps adds the rows of the explanation's steps up to one.
func (b *builder) addSteps(step uint64) {
	for len(b.steps) > 0 && uint64(b.steps[0]) < step {
		i := b.steps[0]
		b.steps = b.steps[1:]
		g := &b.explain.Steps[i]
		r := row{Kind: "step", Class: "step", Name: stepWhat(g), Step: uint64(i) + 1, Forced: !g.Default, Domain: b.domain("scheduler"), Choice: b.choice(b.tap.choiceAt(uint64(i) + 1))}
		if n := len(b.Rows); n > 0 {
			r.Time = b.Rows[n-1].Time
		}
		r.Thread = b.thread(g.Thread)
		for _, s := range b.why.Steps {
			if s.Index == i {
				r.Letter = s.Letter
			}
		}
		if g.At.File != "" {
			b.Stacks = append(b.Stacks, []int{b.text.line(g.At)})
			r.Stack = len(b.Stacks)
		}
		b.Rows = append(b.Rows, r)
	}
}

// maxLeft bounds the rows of threads that had not ended.
const maxLeft = 200

// addLeft ends the picture with a row for each thread that had not ended: what it
// waited for, or was about to do.
func (b *builder) addLeft(r *Run) {
	f := r.failure()
	if f == nil {
		return
	}
	for i := range f.Threads {
		t := &f.Threads[i]
		left, stack := -1, []int{}
		for _, l := range t.Locations[:min(len(t.Locations), maxStack)] {
			stack = append(stack, b.text.line(l))
		}
		if len(stack) > 0 {
			left = stack[0]
		}
		b.leftAt = append(b.leftAt, left)
		if i >= maxLeft {
			continue
		}
		row := row{
			Kind: "ready", Class: "left", Name: strings.TrimSpace(t.Op + " " + t.Object), Thread: b.thread(t.Thread),
			Domain: b.domain("scheduler"), Time: int64(r.Result.Time), Step: r.Result.Steps,
		}
		if t.Blocked {
			row.Kind = "blocked"
		}
		if t.Holder != "" {
			row.Text = "held by " + t.Holder
		}
		if len(stack) > 0 {
			b.Stacks = append(b.Stacks, stack)
			row.Stack = len(b.Stacks)
		}
		b.Rows = append(b.Rows, row)
	}
}

// addOrder adds the edges between the steps that the explanation tells of.
func (b *builder) addOrder() {
	last := -1
	for i := range b.Rows {
		if b.Rows[i].Letter == "" {
			continue
		}
		if last >= 0 && b.Rows[last].Thread != b.Rows[i].Thread {
			b.Edges = append(b.Edges, [3]int{last, i, edgeOrder})
		}
		last = i
	}
}

func (b *builder) addEvent(i int) {
	e := &b.h.Events[i]
	b.addSteps(e.Step)
	o := b.h.Origin(e)
	info := b.tap.info(i)
	r := row{
		Seq: e.Seq, Kind: e.Kind.String(), Class: class(e), Name: o.Name, Words: words(o), Text: e.Text,
		Thread: int(e.Thread) + 1, Domain: b.domain(domain(o)), Time: int64(e.Time), Step: e.Step,
		Stack: info.stack + 1, Choice: b.choice(info.choice), OK: e.OK,
	}
	if o != e {
		r.Of = b.rowOf[o.Seq-1] + 1
	}
	b.rowOf = append(b.rowOf, len(b.Rows))
	b.Rows = append(b.Rows, r)
}

// addSilent gives a run without events a row for each choice of the scheduler.
func (b *builder) addSilent(wired []wireRow) {
	if b.tap == nil || len(b.tap.silent) == 0 {
		return
	}
	for i := range b.tap.silent {
		s := &b.tap.silent[i]
		for len(b.wireRow) < len(wired) && wired[len(b.wireRow)].step < s.step {
			b.addWire(&wired[len(b.wireRow)])
		}
		b.Rows = append(b.Rows, row{
			Kind: "choice", Class: "note", Name: s.what, Thread: b.thread(s.thread), Domain: b.domain("scheduler"),
			Time: int64(s.at), Step: s.step, Choice: b.choice(i),
		})
	}
}

// thread returns one more than the place of a thread among the page's, 0 for none.
func (b *builder) thread(name string) int {
	n := b.threads[name]
	if n == 0 && name != "" {
		b.Threads = append(b.Threads, name)
		n = len(b.Threads)
		b.threads[name] = n
	}
	return n
}

func (b *builder) domain(name string) int {
	n := b.domains[name]
	if n == 0 {
		b.Domains = append(b.Domains, name)
		n = len(b.Domains)
		b.domains[name] = n
	}
	return n
}

func (b *builder) addWire(w *wireRow) {
	b.addSteps(w.step)
	r := row{
		Kind: "wire", Class: "frame", Name: w.what, Text: w.text, Thread: b.thread(w.thread),
		Wire: w.wire + 1, Back: w.back, Time: int64(w.at), Step: w.step,
	}
	if w.of >= 0 {
		from := b.wireRow[w.of]
		r.Of = from + 1
		b.Edges = append(b.Edges, [3]int{from, len(b.Rows), edgeFrame})
	}
	b.wireRow = append(b.wireRow, len(b.Rows))
	b.Rows = append(b.Rows, r)
}

// addMarks numbers the events of the violations. A failure that names none is
// shown by the last event of its thread.
func (b *builder) addMarks(r *Run) {
	f := r.failure()
	if f == nil {
		return
	}
	b.markAll(f.Seqs, 0)
	b.violation(f.Rule, f.Message)
	for i := range f.More {
		b.markAll(f.More[i].Seqs, i+1)
		b.violation(f.More[i].Rule, f.More[i].Message)
	}
	if len(b.Marks) > 0 || f.Thread == "" {
		return
	}
	for i, e := range slices.Backward(b.h.Events) {
		if b.h.Thread(e.Thread) == f.Thread {
			b.Marks, b.Last = append(b.Marks, mark{Row: b.rowOf[i]}), true
			return
		}
	}
}

func (b *builder) violation(rule, message string) {
	b.Violations = append(b.Violations, strings.TrimPrefix(rule+": "+message, ": "))
}

func (b *builder) markAll(seqs []uint64, violation int) {
	for _, s := range seqs {
		if b.h.At(s) != nil {
			b.Marks = append(b.Marks, mark{b.rowOf[s-1], violation})
		}
	}
}

// addPlaces takes over stacks and source lines.
func (b *builder) addPlaces() {
	if b.tap == nil {
		return
	}
	for _, frames := range b.tap.stacks.all {
		var stack []int
		for _, f := range frames {
			stack = append(stack, b.text.line(f))
		}
		b.Stacks = append(b.Stacks, stack)
	}
}

// choice returns one more than the place among the page's choices of one that the
// Tap has, 0 for none.
func (b *builder) choice(i int) int {
	if i < 0 {
		return 0
	}
	n, ok := b.chosen[i]
	if !ok {
		c := &b.tap.choices[i]
		b.Choices = append(b.Choices, picked{c.step, c.chosen, c.others})
		n = len(b.Choices)
		b.chosen[i] = n
	}
	return n
}
