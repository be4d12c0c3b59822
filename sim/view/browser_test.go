//go:build browser

package view_test

import (
	"context"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/scenarios/canary"
	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/view"
)

// The tests of this file open pages in Chromium, without a screen. Screenshots go
// to the directory that COLLIDER_SCREENSHOTS names, or are thrown away.

// browser is Chromium and a page.
type browser struct {
	t    *testing.T
	path string
	page string
}

func open(t *testing.T, name string, r *view.Run) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("the tag browser needs chromium (Debian: apt-get install chromium): %v", err)
	}
	page := filepath.Join(t.TempDir(), name+".html")
	if err := os.WriteFile(page, write(t, "html", r), 0o644); err != nil {
		t.Fatal(err)
	}
	return &browser{t, path, page}
}

func (b *browser) run(state string, flags ...string) string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	args := append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync",
		"--disable-dev-shm-usage", "--hide-scrollbars", "--window-size=1600,950", "--user-data-dir=" + b.t.TempDir(),
	}, flags...)
	out, err := exec.CommandContext(ctx, b.path, append(args, "file://"+b.page+"#"+state)...).Output()
	if err != nil {
		b.t.Fatalf("chromium: %v", err)
	}
	return string(out)
}

// dom returns the page as it is after its script has run.
func (b *browser) dom(state string) dom {
	b.t.Helper()
	d := dom{b.t, b.run(state, "--dump-dom")}
	if d.data("ready") != "1" {
		b.t.Fatalf("the script did not come to its end with %q", state)
	}
	return d
}

// shot takes a screenshot.
func (b *browser) shot(name, state string) {
	b.t.Helper()
	dir := os.Getenv("COLLIDER_SCREENSHOTS")
	if dir == "" {
		dir = b.t.TempDir()
	}
	path := filepath.Join(dir, name+".png")
	b.run(state, "--screenshot="+path)
	if st, err := os.Stat(path); err != nil || st.Size() < 20_000 {
		b.t.Errorf("screenshot %s: %v, %v", name, st, err)
	}
}

type dom struct {
	t    *testing.T
	text string
}

// data returns an attribute data-name of the body, which the script has set.
func (d dom) data(name string) string {
	m := regexp.MustCompile(`<body[^>]*\bdata-` + name + `="([^"]*)"`).FindStringSubmatch(d.text)
	if m == nil {
		return ""
	}
	return m[1]
}

// all returns the text of the elements of a class, with the tags in it taken out.
func (d dom) all(pattern string) []string {
	var out []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(d.text, -1) {
		text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(m[1], "")
		out = append(out, strings.ReplaceAll(html.UnescapeString(text), "\u200b", ""))
	}
	return out
}

func (d dom) lanes() []string  { return d.all(`<span class="lanename"[^>]*>(.*?)</span>`) }
func (d dom) marked() []string { return d.all(`<div class="row[^"]*\bmarked\b[^>]*>(.*?)</div>`) }
func (d dom) rows() []string   { return d.all(`<div class="row[^>]*>(.*?)</div>`) }

func (d dom) want(texts ...string) {
	d.t.Helper()
	for _, text := range texts {
		if !strings.Contains(d.text, text) {
			d.t.Errorf("the page does not show %q", text)
		}
	}
}

// TestBrowserShowsAFailure opens the page of two overlapping callbacks.
func TestBrowserShowsAFailure(t *testing.T) {
	r := failing(t)
	b := open(t, "failure", r)
	d := b.dom("")
	d.want(`<b id="rule">SER-1</b>`, "simrun replay overlap:", "could have chosen", "begin := rec.Begin(e)", "shown by")
	if got := strings.Join(d.lanes(), ","); got != "main/worker,main/worker#2" {
		t.Errorf("the columns are %q", got)
	}
	marked := d.marked()
	if len(marked) != len(r.Result.Failure.Seqs) || !strings.Contains(marked[0], "on_message") {
		t.Errorf("marked are %q", marked)
	}
	seqs := r.Result.Failure.Seqs
	if want := strconv.FormatUint(seqs[len(seqs)-1], 10); d.data("selected") != want {
		t.Errorf("selected is %s, want %s", d.data("selected"), want)
	}
	if n := strings.Count(d.text, `class="bar callback`); n != 2 {
		t.Errorf("there are %d bars", n)
	}
	b.shot("failure", "")
}

// TestBrowserShowsACanary treats a planted bug as a user would: run, view, look.
func TestBrowserShowsACanary(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	all, err := canary.Load(os.DirFS(filepath.Join(root, "scenarios/testdata/canaries")))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(c *canary.Canary) bool { return c.Name == "fifo-break" })
	if i < 0 {
		t.Fatal("there is no canary fifo-break")
	}
	c, dir := all[i], t.TempDir()
	overlay, err := c.Overlay(root, dir)
	if err != nil {
		t.Fatal(err)
	}
	do := func(code int, name string, args ...string) {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = root
		if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != code {
			t.Fatalf("%s %v: exit code %d, want %d\n%s", name, args, cmd.ProcessState.ExitCode(), code, out)
		}
	}
	simrun := filepath.Join(dir, "simrun")
	do(0, "go", "build", "-overlay", overlay, "-o", simrun, "./cmd/simrun")
	do(1, simrun, "run", c.Scenario, "-seed", "1", "-runs", "10000", "-progress", "off", "-out", dir)
	files, err := filepath.Glob(filepath.Join(dir, "*.sim.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("the run left %v, %v", files, err)
	}
	do(0, simrun, "view", files[0])
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t, path, strings.TrimSuffix(files[0], ".sim.json") + ".html"}
	d := b.dom("keys=p")
	rule := false
	for _, r := range c.Rules {
		rule = rule || strings.Contains(d.text, `<b id="rule">`+r+`</b>`)
	}
	if !rule || len(d.marked()) == 0 || len(d.lanes()) < 3 {
		t.Errorf("rule %v: %v; marked are %q in columns %q", c.Rules, rule, d.marked(), d.lanes())
	}
	d.want("recorded at", "@open(16)", "work_queue.add", "shown by")
	b.shot("canary", "")
	b.shot("canary-by-connection", "lanes=domain&keys=p")
}

func TestBrowserKeys(t *testing.T) {
	b := open(t, "keys", failing(t))
	for state, want := range map[string]string{
		"event=1&keys=jjj": "4", "event=3&keys=k": "2", "event=1&keys=o": "", "event=4&keys=g": "1", "event=1&keys=n": "2", "event=1&keys=l": "1",
	} {
		d := b.dom(state)
		if strings.HasSuffix(state, "keys=o") {
			if d.data("selected") == "1" {
				t.Error("key o stays at the beginning of the bar")
			}
			continue
		}
		if d.data("selected") != want {
			t.Errorf("%s: selected is %q, want %q", state, d.data("selected"), want)
		}
	}
	if d := b.dom("keys=l"); d.data("lanes") != "domain" || strings.Join(d.lanes(), ",") != "connection 1,scenario" {
		t.Errorf("columns by connection are %q", d.lanes())
	}
	d := b.dom("filter=on_message+-main/worker%232")
	for _, row := range d.rows() {
		if !strings.Contains(row, "on_message") {
			t.Errorf("the filter lets %q pass", row)
		}
	}
	if len(d.lanes()) != 1 || len(d.rows()) != 2 {
		t.Errorf("filtered, there are %d rows in %q", len(d.rows()), d.lanes())
	}
	if d := b.dom("event=1&keys=u"); !strings.Contains(d.text, " fade") {
		t.Error("nothing fades")
	}
}

func TestBrowserShowsARunWithoutEvents(t *testing.T) {
	r := watched(t, &sim.Scenario{Name: "silent", Run: func(w *sim.World) {
		door := w.NewMutex("door")
		for range 2 {
			w.Go("guest", door.Lock)
		}
	}}, sim.RunConfig{Seed: 1})
	b := open(t, "silent", r)
	d := b.dom("keys=jknplul")
	b.shot("silent", "")
	d.want(`<b id="rule">leak</b>`, "lock of mutex door", "no events. Shown are", "is chosen")
	if strings.Contains(d.text, "shown by") {
		t.Error("the page says that events show it, and there are none")
	}
}

func TestBrowserShowsFrames(t *testing.T) {
	b := open(t, "frames", broker(t))
	d := b.dom("filter=frame&lanes=domain")
	d.want("@open(16)", "@attach(18)", "passed", "AMQP")
	if lanes := d.lanes(); len(lanes) == 0 || !strings.HasPrefix(lanes[0], "wire 1: ") {
		t.Errorf("the columns are %q", lanes)
	}
	b.shot("frames", "event=40")
	b.shot("frames-by-connection", "event=40&lanes=domain")
}

// TestBrowserIsQuickOnLongRuns opens the page of ten thousand events. The bounds
// are far above what it takes, for slow machines.
func TestBrowserIsQuickOnLongRuns(t *testing.T) {
	r := watched(t, long, sim.RunConfig{Seed: 1, Strategy: sim.RoundRobin(20)})
	b := open(t, "long", r)
	d := b.dom("event=5000&keys=jjj&bench=1")
	count, _ := strconv.Atoi(d.data("count"))
	rendered, _ := strconv.Atoi(d.data("rendered"))
	load, err1 := strconv.ParseFloat(d.data("loadms"), 64)
	draw, err2 := strconv.ParseFloat(d.data("drawms"), 64)
	t.Logf("%d rows, %d of them in the page; loaded in %v ms, drawn in %v ms", count, rendered, load, draw)
	if count < 10_000 || d.data("selected") != "5003" {
		t.Errorf("%d rows, selected is %s", count, d.data("selected"))
	}
	if rendered > 200 || err1 != nil || err2 != nil || load > 5000 || draw > 200 {
		t.Errorf("%d rows are in the page, loaded in %v ms, drawn in %v ms", rendered, load, draw)
	}
	b.shot("long", "event=5000")
}
