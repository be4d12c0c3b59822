package view_test

import (
	"bytes"
	"errors"
	"html"
	"slices"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
	"github.com/collider-amqp/collider/sim/view"
)

// TestPageSaysWhy has a page explain a lost update: one thread's steps between two
// of another, among the events.
func TestPageSaysWhy(t *testing.T) {
	_, f := failure(t, lossy, nil)
	r, e := explained(t, lossy, f)
	page := write(t, "html", r)
	text := html.UnescapeString(string(page))
	for _, want := range []string{
		"come between A and D (main/adder", "The run passes with", "load atomic n", "store atomic n", "no count is lost",
		"n.Store(n.Load() + 1)", "view/helper_test.go:", "nothing of it can be left out", "The nearest passing run",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	d := dataOf(t, page)
	var letters, threads []string
	var rows []int
	last := int64(0)
	for i, row := range d.Rows {
		if row.S < last {
			t.Errorf("row %d is of step %d, after step %d", i, row.S, last)
		}
		last = row.S
		if row.K != "step" {
			continue
		}
		g := &e.Steps[row.S-1]
		if row.N != strings.TrimSpace(g.Op.Kind.String()+" "+g.Object) || d.Threads[row.H-1] != g.Thread || row.F == g.Default {
			t.Errorf("row %+v is step %+v", row, g)
		}
		if row.Y != "" {
			letters, threads, rows = append(letters, row.Y), append(threads, g.Thread), append(rows, i)
		}
	}
	if strings.Join(letters, "") != "ABCD" || threads[0] != threads[3] || threads[1] != threads[2] || threads[0] == threads[1] {
		t.Fatalf("letters %q are of threads %q", letters, threads)
	}
	var order [][3]int
	for _, x := range d.Edges {
		if x[2] == 3 {
			order = append(order, x)
		}
	}
	if want := [][3]int{{rows[0], rows[1], 3}, {rows[2], rows[3], 3}}; !slices.Equal(order, want) {
		t.Errorf("the order is %v, want %v", order, want)
	}
}

// TestPageSaysWhyOfALargerRun gives the page of a run the explanation of a smaller
// one, whose steps are none of the run's.
func TestPageSaysWhyOfALargerRun(t *testing.T) {
	r, f := failure(t, lossy, nil)
	small, e := explained(t, lossy, f)
	if r.Result.Digest == small.Result.Digest {
		t.Fatal("the run is as small as can be")
	}
	r.Explanation = e
	page := write(t, "html", r)
	if !bytes.Contains(page, []byte("in a smaller run that fails in the same way")) || !bytes.Contains(page, []byte("The smaller run has ")) {
		t.Error("the page does not say that it explains another run")
	}
	for _, row := range dataOf(t, page).Rows {
		if row.K == "step" {
			t.Errorf("row %+v is a step of another run", row)
		}
	}
}

// TestPageSaysThatNothingDecides explains a run that fails in any order.
func TestPageSaysThatNothingDecides(t *testing.T) {
	s := &sim.Scenario{Name: "doomed", Run: func(w *sim.World) {
		w.Note("first", "")
		w.Fail("X-1", "always")
	}}
	_, f := failure(t, s, nil)
	r, _ := explained(t, s, f)
	if page := write(t, "html", r); !bytes.Contains(page, []byte("No order of two operations on one object decides it: there are none that could come the other way round. It happens in the order that is the default")) {
		t.Error("the page finds an order that decides")
	}
}

// TestPageSaysWhyOfADeadlock explains threads that wait for each other, and shows
// each where it waits.
func TestPageSaysWhyOfADeadlock(t *testing.T) {
	_, f := failure(t, embrace, nil)
	r, e := explained(t, embrace, f)
	page := write(t, "html", r)
	text := html.UnescapeString(string(page))
	if len(e.Pairs) == 0 || !strings.Contains(text, "It fails in this way because ") || !strings.Contains(text, "stood before this when the run ended") {
		t.Errorf("%d pairs; the page does not say who waits", len(e.Pairs))
	}
	d := dataOf(t, page)
	var left []string
	for _, row := range d.Rows[len(d.Rows)-3:] {
		l := d.Lines[d.Stacks[row.P-1][0]]
		left = append(left, d.Threads[row.H-1]+" "+row.K+": "+row.N+" "+row.E+" "+l.Src)
	}
	if want := []string{
		"main blocked: wait wait group all  g.Wait()",
		"main/thread blocked: lock mutex b held by main/thread#2 m[1].Lock()",
		"main/thread#2 blocked: lock mutex a held by main/thread m[1].Lock()",
	}; !slices.Equal(left, want) {
		t.Errorf("left are %q, want %q", left, want)
	}
}

func TestPageSaysWhoIsWho(t *testing.T) {
	d := dataOf(t, write(t, "html", broker(t)))
	is := map[string]string{}
	for _, a := range d.Cast {
		is[a.Name] = a.Is
	}
	for name, want := range map[string]string{
		"container 1": "listens on :5672", "connection 1": "by container ", "queue 1": "a work queue of container 1", "main/broker": "runs container 1",
	} {
		if !strings.Contains(is[name], want) {
			t.Errorf("%s is %q, want %q; all are %v", name, is[name], want, is)
		}
	}
	page := write(t, "html", failing(t))
	if bytes.Contains(page, []byte(`id="cast"`)) {
		t.Error("of a connection that nobody owns nothing is known, and yet told")
	}
}

// TestPageHoldsSources checks that each line stands in an excerpt of its file, and
// what becomes of lines that cannot be read.
func TestPageHoldsSources(t *testing.T) {
	r := failing(t)
	d := dataOf(t, write(t, "html", r))
	for _, l := range d.Lines {
		if l.File == 0 {
			t.Errorf("line %+v has no file", l)
			continue
		}
		file, found := d.Files[l.File-1], 0
		for k, p := range file.Parts {
			if k > 0 && file.Parts[k-1].From+len(file.Parts[k-1].Text) >= p.From {
				t.Errorf("%s: the excerpts from %d and %d overlap", file.Name, file.Parts[k-1].From, p.From)
			}
			if i := l.N - p.From; i >= 0 && i < len(p.Text) && strings.TrimSpace(p.Text[i]) == l.Src {
				found++
			}
		}
		if found != 1 || !strings.HasPrefix(l.At, file.Name+":") {
			t.Errorf("line %+v stands %d times in %s", l, found, file.Name)
		}
	}
	r.Sources = func(string) ([]byte, error) { return nil, errors.ErrUnsupported }
	d = dataOf(t, write(t, "html", r))
	if len(d.Files) != 0 || len(d.Lines) == 0 || d.Lines[0].Src != "" {
		t.Errorf("without sources there are %d files, lines %+v", len(d.Files), d.Lines)
	}
	r.Sources = func(string) ([]byte, error) { return []byte("short\n"), nil }
	write(t, "html", r) // lines that are not in the file
}

func TestPageOfHostileNames(t *testing.T) {
	const evil = `</script><script>alert(1)</script><b onclick="x">'"&`
	r := watched(t, hostile(evil), sim.RunConfig{Seed: 1})
	r.Doc, r.Property, r.Replay, r.Hint = evil, evil, evil, evil
	page := write(t, "html", r)
	if bytes.Contains(page, []byte("<script>alert")) || bytes.Contains(page, []byte("<b onclick")) {
		t.Error("a name is a part of the page's program")
	}
	if n := bytes.Count(page, []byte("<script")); n != 2 {
		t.Errorf("the page has %d scripts", n)
	}
	if d := dataOf(t, page); !strings.Contains(d.Threads[1], "<b onclick=\"x\">'\"&") || d.Rows[0].N != evil {
		t.Errorf("threads are %q, the first row %+v", d.Threads, d.Rows[0])
	}
	for _, format := range view.Formats {
		write(t, format, r)
	}
}

// TestStoryIsOfTheThreadsThatFailed explains a run that takes the order of two
// threads without events, too: the story is about those whose events show it.
func TestStoryIsOfTheThreadsThatFailed(t *testing.T) {
	s := &sim.Scenario{
		Name: "beside",
		Run: func(w *sim.World) {
			x, y, g := w.NewInt64("x", 0), w.NewInt64("y", 0), w.NewWaitGroup("all")
			g.Go("write", func() { w.Note("write", ""); y.Store(1); w.Yield() })
			g.Go("silent", func() { x.Store(1) })
			g.Go("quiet", func() { x.CompareAndSwap(1, 2) })
			g.Go("read", func() { w.Note("read", "%d", y.Load()) })
			g.Wait()
			w.Note("x", "%d", x.Load())
		},
		Check: func(h *history.History) []sim.Violation {
			seqs, both := []uint64{0, 0}, 0
			for _, e := range h.Events {
				switch {
				case e.Name == "write":
					seqs[0] = e.Seq
				case e.Name == "read" && e.Text == "1":
					seqs[1], both = e.Seq, both+1
				case e.Name == "x" && e.Text == "2":
					both++
				}
			}
			if both < 2 {
				return nil
			}
			return []sim.Violation{{Rule: "X-1", Message: "read what was written", Seqs: seqs}}
		},
	}
	_, f := failure(t, s, nil)
	r, e := explained(t, s, f)
	elsewhere := false
	for _, p := range e.Pairs {
		elsewhere = elsewhere || e.Steps[p.First].Thread == "main/silent"
	}
	page := html.UnescapeString(string(write(t, "html", r)))
	if want := "because A (main/write) comes before B (main/read)"; !elsewhere || !strings.Contains(page, want) {
		_, story, _ := strings.Cut(page, `<p id="story">`)
		t.Errorf("the story is %.200q, want %q; pairs elsewhere: %v", story, want, elsewhere)
	}
}
