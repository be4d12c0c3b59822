package view

import (
	"slices"
	"strings"

	"github.com/collider-amqp/collider/sim/history"
)

// model is what the page's script is given. Rows are numbered from 0; an index
// into a table is one more than its place there, so that 0 means none.
type model struct {
	Title   string   `json:"title"`
	Threads []string `json:"threads"`
	Domains []string `json:"domains"`
	Wires   []string `json:"wires"`
	Rows    []row    `json:"rows"`
	Edges   [][3]int `json:"edges"` // from row, to row, and 1 of the same domain, 2 of a frame
	Stacks  [][]int  `json:"stacks"`
	Lines   []line   `json:"lines"`
	Choices []picked `json:"choices"`
	Marks   []mark   `json:"marks"`
	// Violations say what the marks show.
	Violations []string `json:"violations"`
	// Last says that the failure names no events: the mark is on the last one of
	// the thread that failed.
	Last bool `json:"last"`
}

// row is an event of the history or of the network.
type row struct {
	Seq    uint64 `json:"q,omitempty"`
	Kind   string `json:"k"`           // begin, end, call, return, note, frame, fault, wire
	Class  string `json:"g"`           // callback, work, call, note, frame, fault
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
}

// line is a source line.
type line struct {
	At   string `json:"at"`
	Func string `json:"fn"`
	Src  string `json:"src,omitempty"`
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
}

func newModel(r *Run) *model {
	b := &builder{h: r.history(), tap: r.Tap, domains: map[string]int{}}
	b.Title, b.Threads = r.Title(), b.h.Threads
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
	for _, e := range history.NewOrder(b.h).Edges() {
		kind := 0
		if e.Serial {
			kind = 1
		}
		b.Edges = append(b.Edges, [3]int{b.rowOf[e.From-1], b.rowOf[e.To-1], kind})
	}
	b.addMarks(r)
	b.addPlaces()
	return &b.model
}

func (b *builder) addEvent(i int) {
	e := &b.h.Events[i]
	o := b.h.Origin(e)
	info := b.tap.info(i)
	r := row{
		Seq: e.Seq, Kind: e.Kind.String(), Class: class(e), Name: o.Name, Words: words(o), Text: e.Text,
		Thread: int(e.Thread) + 1, Domain: b.domain(domain(o)), Time: int64(e.Time), Step: e.Step,
		Stack: info.stack + 1, Choice: info.choice + 1, OK: e.OK,
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
	b.Threads = b.tap.threads
	for i := range b.tap.silent {
		s := &b.tap.silent[i]
		for len(b.wireRow) < len(wired) && wired[len(b.wireRow)].step < s.step {
			b.addWire(&wired[len(b.wireRow)])
		}
		b.Rows = append(b.Rows, row{
			Kind: "choice", Class: "note", Name: s.what, Thread: int(s.thread) + 1, Domain: b.domain("scheduler"),
			Time: int64(s.at), Step: s.step, Choice: i + 1,
		})
	}
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
	r := row{
		Kind: "wire", Class: "frame", Name: w.what, Text: w.text, Thread: int(w.thread) + 1,
		Wire: w.wire + 1, Back: w.back, Time: int64(w.at), Step: w.step,
	}
	if w.of >= 0 {
		from := b.wireRow[w.of]
		r.Of = from + 1
		b.Edges = append(b.Edges, [3]int{from, len(b.Rows), 2})
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

// addPlaces takes over stacks, source lines and choices.
func (b *builder) addPlaces() {
	if b.tap == nil {
		return
	}
	var text sources
	index := map[line]int{}
	for _, frames := range b.tap.stacks.all {
		var stack []int
		for _, f := range frames {
			l := line{At: f.String(), Func: shortFunc(f.Func), Src: text.line(f.File, f.Line)}
			n, ok := index[l]
			if !ok {
				n = len(b.Lines)
				index[l] = n
				b.Lines = append(b.Lines, l)
			}
			stack = append(stack, n)
		}
		b.Stacks = append(b.Stacks, stack)
	}
	for i := range b.tap.choices {
		c := &b.tap.choices[i]
		b.Choices = append(b.Choices, picked{c.step, c.chosen, c.others})
	}
}
