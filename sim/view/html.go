package view

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/collider-amqp/collider/sim"
)

//go:embed page
var files embed.FS

// script is the page's program: its parts in order, in one scope.
var script = func() string {
	var b strings.Builder
	b.WriteString("\"use strict\";\n(function () {\n")
	for _, name := range []string{"data", "layout", "draw", "detail", "control"} {
		b.WriteString(part(name + ".js"))
	}
	b.WriteString("})();\n")
	return b.String()
}()

var (
	style = part("page.css")
	page  = template.Must(template.New("page").Parse(part("page.html")))
)

// policy lets the page run its own script and nothing else, and load nothing.
var policy = fmt.Sprintf("default-src 'none'; script-src '%s'; style-src '%s'; base-uri 'none'; form-action 'none'", hash(script), hash(style))

// part returns a file of the page. They are in the program: there is none missing.
func part(name string) string {
	b, err := files.ReadFile("page/" + name)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// head is what stands at the top of the page.
type head struct {
	Title, Scenario, Doc string
	Verdict              string // passed, failed, or empty if not known
	Rule, Property       string
	Message              []string // sentences
	Places               []place
	Threads              []left
	More                 []violation
	Stack                string
	Facts                [][2]string
	Replay               string
	Cast                 []actor // whom the failure names
	Why                  *why
	Hints                []string
	Notes                []string
	Policy               string
	CSS                  template.CSS
	JS                   template.JS
	Data                 template.JS
}

// place is a source line, Line the index in the page's data.
type place struct {
	At, Func, Src string
	Line          int
}

// left is a thread that had not ended, with the line where it stood if it is known.
type left struct {
	Text string
	At   *place
}

type violation struct {
	Rule, Message string
}

// WriteHTML writes the run as one HTML page.
func WriteHTML(w io.Writer, r *Run) error {
	m := newModel(r)
	data, err := json.Marshal(&m.model) // escapes '<', so that no text ends the script
	if err != nil {
		return fmt.Errorf("view: %w", err)
	}
	h := newHead(r, m)
	h.Policy, h.CSS, h.JS, h.Data = policy, template.CSS(style), template.JS(script), template.JS(data)
	if err := page.Execute(w, h); err != nil {
		return fmt.Errorf("view: %w", err)
	}
	return nil
}

func newHead(r *Run, m *builder) *head {
	h := &head{Title: m.Title, Scenario: r.Scenario, Doc: r.Doc, Replay: r.Replay}
	h.fact("events", len(r.history().Events))
	if r.Result != nil {
		h.Verdict = "passed"
		res := r.Result
		h.fact("seed", res.Seed)
		h.fact("strategy", res.Strategy)
		h.fact("steps", res.Steps)
		h.fact("switches of thread", res.Switches)
		h.fact("virtual time", res.Time)
		h.fact("digest", fmt.Sprintf("%016x", res.Digest))
		for _, p := range res.Params {
			h.fact(p.Name, p.Value)
		}
	}
	if f := r.failure(); f != nil {
		h.fail(f, r.Property, m)
	}
	if newer := m.text.newer(); len(newer) > 0 {
		h.Hints = append(h.Hints, "Newer than the program, so that lines may have moved: "+strings.Join(newer, ", "))
	}
	if r.Hint != "" {
		h.Hints = append(h.Hints, r.Hint)
	}
	h.note(r.history().Dropped, "%d events are missing: the history was full")
	if r.Tap != nil {
		h.note(uint64(len(r.Tap.silent)), "The run recorded no events. Shown are %d steps at which the scheduler chose among several threads.")
		h.note(uint64(r.Tap.wires.dropped), "%d frames are missing: there were too many")
	}
	return h
}

func (h *head) fact(name string, v any) { h.Facts = append(h.Facts, [2]string{name, fmt.Sprint(v)}) }

func (h *head) note(n uint64, format string) {
	if n > 0 {
		h.Notes = append(h.Notes, fmt.Sprintf(format, n))
	}
}

func (h *head) fail(f *sim.Failure, property string, m *builder) {
	h.Verdict, h.Rule, h.Property, h.Stack, h.Why = "failed", f.Rule, property, f.Stack, m.why
	if h.Rule == "" {
		h.Rule = f.Kind.String()
	}
	h.Message = strings.Split(f.Message, "; ")
	at := func(n int) place {
		l := &m.Lines[n]
		return place{l.At, l.Func, l.Src, n}
	}
	for _, n := range m.failedAt {
		h.Places = append(h.Places, at(n))
	}
	for i, n := range m.leftAt {
		t := f.Threads[i]
		t.Locations = nil // told apart, as a link
		l := left{Text: t.String()}
		if n >= 0 {
			p := at(n)
			l.At = &p
		}
		h.Threads = append(h.Threads, l)
	}
	for _, v := range f.More {
		h.More = append(h.More, violation{v.Rule, v.Message})
	}
	told := slices.Clone(h.Message)
	for _, k := range m.Marks {
		if k.Violation == 0 {
			told = append(told, m.Rows[k.Row].Words)
		}
	}
	h.Cast = m.cast.of(told)
}
