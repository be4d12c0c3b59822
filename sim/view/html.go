package view

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/collider-amqp/collider/sim"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

var page = template.Must(template.New("page").Parse(pageText))

// head is what stands at the top of the page.
type head struct {
	Title, Scenario, Doc string
	Verdict              string // passed, failed, or empty if not known
	Rule, Property       string
	Message              []string // sentences
	Places               []place
	Threads              []string // that had not ended
	More                 []violation
	Stack                string
	Facts                [][2]string
	Replay               string
	Notes                []string
	CSS                  template.CSS
	JS                   template.JS
	Data                 template.JS
}

type place struct{ At, Func, Src string }

type violation struct {
	Rule, Message string
}

// WriteHTML writes the run as one HTML page.
func WriteHTML(w io.Writer, r *Run) error {
	m := newModel(r)
	data, err := json.Marshal(m) // escapes '<', so that no text ends the script
	if err != nil {
		return fmt.Errorf("view: %w", err)
	}
	h := newHead(r, m)
	h.CSS, h.JS, h.Data = template.CSS(pageCSS), template.JS(pageJS), template.JS(data)
	if err := page.Execute(w, h); err != nil {
		return fmt.Errorf("view: %w", err)
	}
	return nil
}

func newHead(r *Run, m *model) *head {
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
		h.fail(f, r.Property)
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

func (h *head) fail(f *sim.Failure, property string) {
	h.Verdict, h.Rule, h.Property, h.Stack = "failed", f.Rule, property, f.Stack
	if h.Rule == "" {
		h.Rule = f.Kind.String()
	}
	h.Message = strings.Split(f.Message, "; ")
	var text sources
	for _, l := range f.Locations {
		h.Places = append(h.Places, place{l.String(), shortFunc(l.Func), text.line(l.File, l.Line)})
	}
	for i := range f.Threads {
		h.Threads = append(h.Threads, f.Threads[i].String())
	}
	for _, v := range f.More {
		h.More = append(h.More, violation{v.Rule, v.Message})
	}
}
