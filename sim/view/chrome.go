package view

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// chromeEvent is an event of the Trace Event Format.
type chromeEvent struct {
	Name  string         `json:"name"`
	Cat   string         `json:"cat,omitempty"`
	Phase string         `json:"ph"`
	TS    int            `json:"ts"`
	PID   int            `json:"pid"`
	TID   int            `json:"tid"`
	ID    string         `json:"id,omitempty"`
	Bind  string         `json:"bp,omitempty"`
	Scope string         `json:"s,omitempty"`
	Args  map[string]any `json:"args,omitempty"`
}

// The processes of the trace: its threads, and the wires of its network.
const (
	threadsPID = 1
	wiresPID   = 2
)

// WriteChrome writes the run in the Trace Event Format (JSON), which Perfetto and
// chrome://tracing read: a slice for each callback, job and call, a track for each
// thread and each network connection, an asynchronous slice for each frame that is
// under way for a while, and flow arrows from an add to its job, from a schedule to
// its function, and from a wake to the callback that serves it. The time axis counts
// events, one microsecond each.
func WriteChrome(w io.Writer, r *Run) error {
	m := &newModel(&Run{Scenario: r.Scenario, Result: r.Result, History: r.History, Tap: r.Tap}).model
	c := &chromeWriter{w: bufio.NewWriter(w)}
	c.w.WriteString("{\"otherData\":")
	c.json(map[string]string{"run": m.Title})
	c.w.WriteString(",\"traceEvents\":[\n")
	c.name("process_name", threadsPID, 0, "threads")
	if len(m.Wires) > 0 {
		c.name("process_name", wiresPID, 0, "network")
	}
	for i, name := range m.Threads {
		c.track(threadsPID, i+1, name)
	}
	for i, name := range m.Wires {
		c.track(wiresPID, i+1, name)
	}
	c.rows(m)
	c.flows(m)
	c.w.WriteString("\n]}\n")
	if err := c.w.Flush(); c.err == nil {
		c.err = err
	}
	if c.err != nil {
		return fmt.Errorf("view: %w", c.err)
	}
	return nil
}

type chromeWriter struct {
	w     *bufio.Writer
	err   error
	count int
}

func (c *chromeWriter) json(v any) {
	b, err := json.Marshal(v)
	if err != nil && c.err == nil {
		c.err = err
	}
	c.w.Write(b)
}

func (c *chromeWriter) event(e chromeEvent) {
	if c.count++; c.count > 1 {
		c.w.WriteString(",\n")
	}
	c.json(e)
}

func (c *chromeWriter) name(what string, pid, tid int, name string) {
	c.event(chromeEvent{Name: what, Phase: "M", PID: pid, TID: tid, Args: map[string]any{"name": name}})
}

// track names a track and gives it its place.
func (c *chromeWriter) track(pid, tid int, name string) {
	c.name("thread_name", pid, tid, name)
	c.event(chromeEvent{Name: "thread_sort_index", Phase: "M", PID: pid, TID: tid, Args: map[string]any{"sort_index": tid}})
}

// rows writes slices and instants. A slice that the end of the run left open ends
// there.
func (c *chromeWriter) rows(m *model) {
	open := map[int]bool{}
	var order []int
	late := map[int]bool{} // frames that are delivered later
	for i := range m.Rows {
		if r := &m.Rows[i]; r.Kind == "wire" && r.Of != 0 {
			late[r.Of-1] = true
		}
	}
	for i := range m.Rows {
		e := m.chrome(i)
		switch m.Rows[i].Kind {
		case "begin", "call":
			e.Phase = "B"
			open[i] = true
			order = append(order, i)
		case "end", "return":
			e.Phase = "E"
			delete(open, m.Rows[i].Of-1)
		default:
			e.Phase, e.Scope = "i", "t"
		}
		c.event(e)
		c.flight(m, i, late)
	}
	for k := len(order) - 1; k >= 0; k-- {
		if i := order[k]; open[i] {
			e := m.chrome(i)
			e.Phase, e.TS, e.Args = "E", len(m.Rows)+1, map[string]any{"open": "the run ended inside"}
			c.event(e)
		}
	}
}

// flight writes the beginning of a frame's flight at its sending, the end at its
// delivery. Flights of one connection overlap, which slices of a track must not.
func (c *chromeWriter) flight(m *model, i int, late map[int]bool) {
	r, from, phase := &m.Rows[i], i, "b"
	switch {
	case r.Kind != "wire":
		return
	case r.Of != 0:
		from, phase = r.Of-1, "e"
	case !late[i]:
		return
	}
	c.event(chromeEvent{
		Name: m.Rows[from].chromeName(), Cat: "in flight", Phase: phase, TS: i + 1, PID: wiresPID, TID: r.Wire, ID: strconv.Itoa(from + 1),
	})
}

// chromeName is a row's name in the trace: a frame's performative, else its own.
func (r *row) chromeName() string {
	if r.Kind != "wire" || r.Text == "" {
		return r.Name
	}
	what, _, _ := strings.Cut(r.Text, " [")
	if r.Name != "frame" {
		what = r.Name + " " + what
	}
	return what
}

// chrome returns row i without its phase.
func (m *model) chrome(i int) chromeEvent {
	r := &m.Rows[i]
	e := chromeEvent{
		Name: r.chromeName(), Cat: r.Class, TS: i + 1, PID: threadsPID, TID: r.Thread,
		Args: map[string]any{"time_ns": r.Time},
	}
	if r.Wire != 0 {
		e.PID, e.TID = wiresPID, r.Wire
	}
	for key, v := range map[string]string{"about": r.Words, "text": r.Text} {
		if v != "" {
			e.Args[key] = v
		}
	}
	if r.Seq != 0 {
		e.Args["event"] = r.Seq
	}
	if r.Step != 0 {
		e.Args["step"] = r.Step
	}
	if r.Kind == "return" {
		e.Args["ok"] = r.OK
	}
	return e
}

// flows writes the arrows from causes to what serves them.
func (c *chromeWriter) flows(m *model) {
	for i, edge := range m.Edges {
		from, to := &m.Rows[edge[0]], &m.Rows[edge[1]]
		if edge[2] != 0 || to.Kind != "begin" {
			continue
		}
		id := strconv.Itoa(i + 1)
		c.event(chromeEvent{Name: from.Name, Cat: "cause", Phase: "s", TS: edge[0] + 1, PID: threadsPID, TID: from.Thread, ID: id})
		c.event(chromeEvent{Name: from.Name, Cat: "cause", Phase: "f", Bind: "e", TS: edge[1] + 1, PID: threadsPID, TID: to.Thread, ID: id})
	}
}
