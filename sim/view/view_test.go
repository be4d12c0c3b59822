package view_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
	"github.com/collider-amqp/collider/sim/view"
)

// data is what a test reads of the page's data.
type data struct {
	Threads, Domains, Wires []string
	Rows                    []struct {
		Q, T, S          int64
		K, G, N, X, E    string
		H, D, W, O, P, C int
		B, R, F          bool
		Y                string
	}
	Edges  [][3]int
	Stacks [][]int
	Lines  []struct {
		At, Fn, Src string
		N, File     int
	}
	Files []struct {
		Name  string
		Parts []struct {
			From int
			Text []string
		}
	}
	Cast    []struct{ Name, Is string }
	Choices []struct {
		Step   uint64
		Chosen string
		Others []string
	}
	Marks      []struct{ Row, V int }
	Violations []string
	Last       bool
}

// dataOf takes the data out of a page.
func dataOf(t *testing.T, page []byte) data {
	t.Helper()
	_, rest, ok := bytes.Cut(page, []byte(`<script type="application/json" id="data">`))
	text, _, ok2 := bytes.Cut(rest, []byte("</script>"))
	if !ok || !ok2 {
		t.Fatal("the page holds no data")
	}
	var d data
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestPageOfAFailure(t *testing.T) {
	r := failing(t)
	page := write(t, "html", r)
	for _, want := range []string{
		`<b id="rule">SER-1</b>`, "callbacks of one connection", r.Replay, ">failed<", "two threads serve one connection",
	} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, never := range []string{"http://", "https://", "<script>alert", "<link"} {
		if bytes.Contains(page, []byte(never)) {
			t.Errorf("the page holds %q", never)
		}
	}
	d := dataOf(t, page)
	var marked []int64
	for _, m := range d.Marks {
		if m.V == 0 {
			marked = append(marked, d.Rows[m.Row].Q)
		}
	}
	var want []int64
	for _, s := range r.Result.Failure.Seqs {
		want = append(want, int64(s))
	}
	if !slices.Equal(marked, want) || len(want) == 0 || d.Last || !strings.HasPrefix(d.Violations[0], "SER-1: ") {
		t.Errorf("marked are %v, want %v; violations %q", marked, want, d.Violations)
	}
}

func TestPageKnowsLinesAndChoices(t *testing.T) {
	d := dataOf(t, write(t, "html", failing(t)))
	var lines, others int
	for _, r := range d.Rows {
		if r.P > 0 {
			l := d.Lines[d.Stacks[r.P-1][0]]
			if r.K == "begin" && l.Src == "begin := rec.Begin(e)" && strings.HasPrefix(l.At, "view/helper_test.go:") {
				lines++
			}
		}
		if r.C > 0 {
			c := d.Choices[r.C-1]
			if c.Step != uint64(r.S) || len(c.Others) == 0 || !strings.HasPrefix(c.Chosen, d.Threads[r.H-1]+": ") {
				t.Errorf("event %d of thread %s at step %d has choice %+v", r.Q, d.Threads[r.H-1], r.S, c)
			}
			others++
		}
	}
	if lines != 2 || others == 0 {
		t.Errorf("%d callbacks have their source line, %d events a choice", lines, others)
	}
}

func TestPageOfALostThread(t *testing.T) {
	r := watched(t, &sim.Scenario{Name: "sudden", Run: func(w *sim.World) {
		w.Note("first", "")
		w.Fail("X-1", "on purpose; twice")
	}}, sim.RunConfig{Seed: 1})
	page := write(t, "html", r)
	d := dataOf(t, page)
	if !d.Last || len(d.Marks) != 1 || d.Rows[d.Marks[0].Row].N != "first" {
		t.Errorf("marks %v, last %v", d.Marks, d.Last)
	}
	if !bytes.Contains(page, []byte("<div>on purpose</div><div>twice</div>")) {
		t.Error("the message is not on the page")
	}
}

func TestPageOfARunWithoutEventsShowsChoices(t *testing.T) {
	body := func(loud bool) func(w *sim.World) {
		return func(w *sim.World) {
			mu := w.NewMutex("door")
			g := w.NewWaitGroup("all")
			for range 2 {
				g.Go("guest", func() {
					mu.Lock()
					w.Yield()
					mu.Unlock()
				})
			}
			g.Wait()
			if loud {
				w.Note("end", "")
			}
		}
	}
	r := watched(t, &sim.Scenario{Name: "silent", Run: body(false)}, sim.RunConfig{Seed: 1})
	page := write(t, "html", r)
	d := dataOf(t, page)
	if uint64(len(d.Rows)) != r.Result.Choices || len(d.Choices) != len(d.Rows) {
		t.Fatalf("%d rows for %d choices", len(d.Rows), r.Result.Choices)
	}
	locks := 0
	for i, row := range d.Rows {
		c := d.Choices[row.C-1]
		if c.Chosen != d.Threads[row.H-1]+": "+row.N || int64(c.Step) != row.S || i > 0 && row.S <= d.Rows[i-1].S {
			t.Errorf("row %+v has choice %+v", row, c)
		}
		if row.N == "lock mutex door" {
			locks++
		}
	}
	if locks == 0 || !bytes.Contains(page, []byte("no events. Shown are")) {
		t.Errorf("%d locks were chosen", locks)
	}
	loud := write(t, "html", watched(t, &sim.Scenario{Name: "loud", Run: body(true)}, sim.RunConfig{Seed: 1}))
	if d := dataOf(t, loud); len(d.Rows) != 1 || len(d.Choices) > 1 || bytes.Contains(loud, []byte("no events. Shown are")) {
		t.Errorf("one event has %d rows, %d choices", len(d.Rows), len(d.Choices))
	}
}

func TestPageHasFramesInOrder(t *testing.T) {
	r := broker(t)
	d := dataOf(t, write(t, "html", r))
	if len(d.Wires) == 0 || !strings.Contains(d.Wires[0], ":5672") {
		t.Fatalf("the wires are %q", d.Wires)
	}
	var all strings.Builder
	last, seq := int64(0), int64(0)
	for i, row := range d.Rows {
		if row.T < last {
			t.Errorf("row %d is at %d, after %d", i, row.T, last)
		}
		last = row.T
		if row.Q != 0 {
			if row.Q != seq+1 {
				t.Errorf("row %d is event %d after %d", i, row.Q, seq)
			}
			seq = row.Q
		}
		if row.K == "wire" && row.N == "frame" {
			all.WriteString(row.E + "\n")
			if row.H == 0 {
				t.Errorf("frame %s was sent by no thread", row.E)
			}
		}
		if row.N == "delivered" && (row.O == 0 || d.Rows[row.O-1].E != row.E || row.O-1 >= i) {
			t.Errorf("row %d is the delivery of row %d", i, row.O-1)
		}
	}
	if int(seq) != len(r.Result.History.Events) {
		t.Errorf("there are rows for %d events of %d", seq, len(r.Result.History.Events))
	}
	for _, want := range []string{"AMQP", "@open(16)", "@begin(17)", "@attach(18)", "@flow(19)", "@transfer(20)", "@disposition(21)", "@close(24)"} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("there is no frame %s", want)
		}
	}
	for _, e := range d.Edges {
		if e[0] >= e[1] {
			t.Errorf("edge %v leads back", e)
		}
	}
}

func TestWithoutDecoderBytesAreCounted(t *testing.T) {
	r := broker(t)
	tap := &view.Tap{}
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	sim.Execute(w, overlapping, sim.RunConfig{Tap: tap})
	if err := view.WriteHTML(&bytes.Buffer{}, &view.Run{Tap: tap}); err != nil {
		t.Error(err)
	}
	if r.Title() != "scenario broker, seed 3" {
		t.Error(r.Title())
	}
}

func TestPageOfAHistoryAlone(t *testing.T) {
	h := broker(t).Result.History
	page := write(t, "html", &view.Run{Scenario: "x.ndjson", History: h})
	d := dataOf(t, page)
	if len(d.Rows) != len(h.Events) || len(d.Marks) != 0 || bytes.Contains(page, []byte(">passed<")) {
		t.Errorf("%d rows, %d marks", len(d.Rows), len(d.Marks))
	}
	if len(dataOf(t, write(t, "html", &view.Run{})).Rows) != 0 {
		t.Error("nothing has rows")
	}
}

func TestEqualRunsGiveEqualFiles(t *testing.T) {
	a, b := broker(t), broker(t)
	for _, format := range view.Formats {
		if !bytes.Equal(write(t, format, a), write(t, format, b)) {
			t.Errorf("two files of format %s of one run differ", format)
		}
	}
}

func TestFormats(t *testing.T) {
	r := broker(t)
	var h *history.History
	for _, r := range []*view.Run{failing(t), watched(t, hostile("a/b\n\"\\<\u2028\x00é"), sim.RunConfig{}), r} {
		var err error
		h, err = history.Read(bytes.NewReader(write(t, "ndjson", r)))
		want := r.Result.History
		if err != nil || h.Digest() != want.Digest() || !slices.Equal(h.Events, want.Events) || !slices.Equal(h.Threads, want.Threads) {
			t.Errorf("%s: the history came back as another one: %v", r.Scenario, err)
		}
	}
	if b := write(t, "pcapng", r); !bytes.Contains(b, []byte("scenario broker, seed 3")) {
		t.Error("the capture does not name the run")
	}
	for format, run := range map[string]*view.Run{"pcapng": {History: h}, "gif": r} {
		if err := view.Write(&bytes.Buffer{}, format, run); err == nil || !strings.HasPrefix(err.Error(), "view: ") {
			t.Errorf("format %s: %v", format, err)
		}
	}
	var names []string
	for _, f := range view.Formats {
		names = append(names, view.Extension(f))
	}
	if strings.Join(names, " ") != ".html .trace.json .pcapng .history.ndjson" {
		t.Errorf("the extensions are %q", names)
	}
}
