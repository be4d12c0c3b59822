//go:build browser

package view_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/canary"
	"github.com/collider-amqp/collider/sim/view"
)

// TestBrowserShowsAFailure opens the page of two overlapping callbacks.
func TestBrowserShowsAFailure(t *testing.T) {
	r := failing(t)
	p := open(t, "failure", r, "")
	p.has("SER-1", "simrun replay overlap:", "could have chosen", "begin := rec.Begin(e)", "shown by", "main/worker#2")
	if got := strings.Join(p.lanes(), ","); got != "main/worker,main/worker#2" {
		t.Errorf("the columns are %q", got)
	}
	marked := p.marked()
	if len(marked) != len(r.Result.Failure.Seqs) || !strings.Contains(marked[0], "on_message") {
		t.Errorf("marked are %q", marked)
	}
	seqs := r.Result.Failure.Seqs
	if want := strconv.FormatUint(seqs[len(seqs)-1], 10); p.selected() != want {
		t.Errorf("selected is %s, want %s", p.selected(), want)
	}
	if n := len(p.all(".bar.callback")); n != 2 {
		t.Errorf("there are %d bars", n)
	}
	p.shot("failure")
	p.dark(true)
	p.shot("failure-dark")
	if c := p.text(`getComputedStyle(document.body).backgroundColor`); c != "rgb(22, 24, 28)" {
		t.Errorf("in the dark the page is %s", c)
	}
}

// planted builds simrun with a planted bug, finds and shrinks a failure, and
// returns the program and the two failure files.
func planted(t *testing.T, name string) (do func(code int, args ...string), c *canary.Canary, raw, min, overlay string) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	all, err := canary.Load(os.DirFS(filepath.Join(root, "scenarios/testdata/canaries")))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(c *canary.Canary) bool { return c.Name == name })
	if i < 0 {
		t.Fatalf("there is no canary %s", name)
	}
	c = all[i]
	dir := t.TempDir()
	if overlay, err = c.Overlay(root, dir); err != nil {
		t.Fatal(err)
	}
	run := func(code int, name string, args ...string) {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = root
		if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != code {
			t.Fatalf("%s %v: exit code %d, want %d\n%s", name, args, cmd.ProcessState.ExitCode(), code, out)
		}
	}
	simrun := filepath.Join(dir, "simrun")
	run(0, "go", "build", "-overlay", overlay, "-o", simrun, "./cmd/simrun")
	do = func(code int, args ...string) { t.Helper(); run(code, simrun, args...) }
	do(1, "run", c.Scenario, "-seed", "1", "-runs", "10000", "-corpus", "off", "-progress", "off", "-out", dir)
	files, err := filepath.Glob(filepath.Join(dir, "*.sim.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("the run left %v, %v", files, err)
	}
	do(0, "shrink", files[0], "-progress", "off")
	return do, c, files[0], strings.TrimSuffix(files[0], ".sim.json") + ".min.sim.json", overlay
}

// TestBrowserExplainsACanary treats a planted bug as a user would: run, shrink,
// view, look. The bug is two critical sections where one is needed, and the page of
// the shrunk run must say so by itself, without a scroll.
func TestBrowserExplainsACanary(t *testing.T) {
	do, c, raw, min, overlay := planted(t, "drain-not-atomic")
	page := func(file string) string { return strings.TrimSuffix(file, ".sim.json") + ".html" }
	do(0, "view", "-overlay", overlay, min)
	p := openFile(t, page(min), "")
	if rule := p.text(`document.querySelector("#rule").textContent`); !slices.Contains(c.Rules, rule) {
		t.Errorf("the rule is %q, want one of %q", rule, c.Rules)
	}
	p.has("why", "It fails in this way because B (main/producer-1) comes between A and C (main/client).", "The run passes with B before A, or C before B.",
		"was accepted and never ran", "the work queue of connection 2", "closeQueue", "main/producer-")
	if got := p.text(`[...document.querySelectorAll(".row.lettered .letter")].map((e) => e.textContent).join("")`); got != "ABC" {
		t.Errorf("the columns show steps %q", got)
	}
	if got := p.text(`document.querySelector(".row.sel .letter").textContent`); got != "B" {
		t.Errorf("selected is %q", got)
	}
	if n := len(p.all("path.order")); n != 2 {
		t.Errorf("there are %d arrows of order", n)
	}
	var hidden []string
	p.eval(`[...document.querySelectorAll(".row.lettered, .row.marked")].filter((e) => { const b = e.getBoundingClientRect(), s = document.querySelector("#scroll").getBoundingClientRect(); return b.top < s.top || b.bottom > s.bottom; }).map((e) => e.textContent)`, &hidden)
	if len(hidden) > 0 || len(p.marked()) == 0 {
		t.Errorf("without a scroll one does not see %q", hidden)
	}
	p.has("h.mu.Lock()", "what else could run")
	p.shot("canary-shrunk")
	p.click("#why tr[data-step]")
	if got := p.text(`document.querySelector(".row.sel .letter").textContent`); got != "A" {
		t.Errorf("a click on step A selects %q", got)
	}
	p.eval(`document.querySelector("#why details").open = true`, nil)
	p.shot("canary-shrunk-steps")

	do(0, "view", "-overlay", overlay, raw)
	p = openFile(t, page(raw), "")
	p.has("in a smaller run that fails in the same way", "comes between A and C", "others folded")
	if len(p.all(".row.lettered")) > 0 || len(p.all(".fold")) == 0 {
		t.Errorf("%d steps of another run are among the rows, %d folds", len(p.all(".row.lettered")), len(p.all(".fold")))
	}
	p.shot("canary")
	p.press("l")
	p.shot("canary-by-connection")
	do(0, "view", "-explain=false", raw)
	p = openFile(t, page(raw), "")
	p.has("was not looked for")
}

// TestBrowserShowsADeadlock opens the page of two threads that wait for each other.
func TestBrowserShowsADeadlock(t *testing.T) {
	_, f := failure(t, embrace, nil)
	r, _ := explained(t, embrace, f)
	p := open(t, "deadlock", r, "")
	p.has("deadlock", "It fails in this way because ", "blocked in lock of mutex a, held by main/thread", "⊘ lock mutex b")
	if n := len(p.all(".row .left")); n != 3 {
		t.Errorf("%d threads wait", n)
	}
	p.press("G")
	p.has("blocked in lock mutex a", "m[1].Lock()")
	p.shot("deadlock")
}

func TestBrowserKeys(t *testing.T) {
	p := open(t, "keys", failing(t), "")
	for _, c := range [][3]string{
		{"event=1", "jjj", "4"}, {"event=1", "↓↓↑", "2"}, {"event=3", "k", "2"}, {"event=4", "g", "1"}, {"event=1", "n", "2"},
		{"event=1", "l", "1"}, {"event=1", "zQ7", "1"}, {"event=1", "oo", "1"}, {"event=3", "nn", "2"},
	} {
		p.load(c[0])
		if p.press(c[1]); p.selected() != c[2] {
			t.Errorf("%s, keys %s: selected is %q, want %q", c[0], c[1], p.selected(), c[2])
		}
	}
	p.load("event=1")
	if p.press("o"); p.selected() == "1" {
		t.Error("key o stays at the beginning of the bar")
	}
	p.load("")
	if p.press("l"); strings.Join(p.lanes(), ",") != "connection 1,scenario" {
		t.Errorf("columns by connection are %q", p.lanes())
	}
	p.load("event=1")
	if p.press("u"); len(p.all(".row.fade")) == 0 {
		t.Error("nothing fades")
	}
	p.press("?")
	p.has("How to read this page", "other end of the bar")
	p.shot("help")
	if p.press("⎋"); !strings.Contains(p.text(`String(document.querySelector("#help").hidden)`), "true") {
		t.Error("Escape does not close the help")
	}
	if len(p.all("pre.code:not([hidden])")) != 1 {
		t.Error("the source is not open")
	}
	if p.press("s"); len(p.all("pre.code:not([hidden])")) != 0 {
		t.Error("key s does not close the source")
	}
	if p.click(".source a"); len(p.all("pre.code:not([hidden])")) != 1 || !strings.Contains(strings.Join(p.all(".here"), ""), "rec.Begin(e)") {
		t.Error("a click on a line does not show its source")
	}
	if p.press("h"); p.text(`getComputedStyle(document.querySelector("header")).display`) != "none" {
		t.Error("key h leaves the summary")
	}
}

func TestBrowserFilters(t *testing.T) {
	p := open(t, "filter", broker(t), "")
	all := p.number(`+document.body.dataset.count`)
	for filter, want := range map[string]string{
		"on_message": "on_message", "kind:work": "work", "conn:2 kind:callback": "on_", "thread:client name:container.run": "container.run", "-kind:frame -kind:callback -kind:call": "",
	} {
		p.click("#filter")
		p.eval(`document.querySelector("#filter").select()`, nil)
		p.do("Input.insertText", args{"text": filter}, nil)
		if p.press("⏎"); p.text(`document.activeElement.id`) == "filter" {
			t.Error("Enter stays in the filter")
		}
		rows, count := p.rows(), p.text(`document.querySelector("#count").textContent`)
		if len(rows) == 0 || !strings.Contains(count, fmt.Sprintf(" of %.0f rows", all)) {
			t.Errorf("filter %q leaves %d rows, %s", filter, len(rows), count)
		}
		for _, row := range rows {
			if !strings.Contains(row, want) {
				t.Errorf("filter %q lets %q pass", filter, row)
			}
		}
	}
	p.load("")
	lane := p.lanes()[1]
	if p.click(".lanename + .lanename"); strings.Join(p.lanes(), ",") != lane {
		t.Errorf("a click on column %q leaves %q", lane, p.lanes())
	}
	if p.click(".lanename"); len(p.lanes()) < 3 {
		t.Errorf("a second click leaves %q", p.lanes())
	}
	p.load("filter=connection:99999")
	if len(p.rows()) != 0 {
		t.Error("a filter that nothing passes leaves rows")
	}
	p.press("jknpgGoctTxe")
}

func TestBrowserShowsARunWithoutEvents(t *testing.T) {
	r := watched(t, &sim.Scenario{Name: "silent", Run: func(w *sim.World) {
		door := w.NewMutex("door")
		for range 2 {
			w.Go("guest", door.Lock)
		}
	}}, sim.RunConfig{Seed: 1})
	p := open(t, "silent", r, "")
	p.press("jknplulfxsg")
	p.has("leak", "lock of mutex door", "no events. Shown are", "is chosen")
	if strings.Contains(p.text("document.body.innerText"), "shown by") {
		t.Error("the page says that events show it, and there are none")
	}
	p.shot("silent")
	p = open(t, "nothing", &view.Run{}, "")
	p.press("jknplulfxscegGtTo")
	p.has("The run recorded no events")
}

func TestBrowserShowsFrames(t *testing.T) {
	p := open(t, "frames", broker(t), "filter=kind:frame&lanes=domain")
	p.has("@open(16)", "PASSED", "AMQP")
	if lanes := p.lanes(); len(lanes) == 0 || !strings.HasPrefix(lanes[0], "wire 1: ") {
		t.Errorf("the columns are %q", lanes)
	}
	p.load("filter=attach+kind:frame")
	p.has("@attach(18)")
	p.load("event=40")
	p.shot("frames")
	p.press("l")
	p.shot("frames-by-connection")
}

// TestBrowserShowsHostileNames has a run call things by what a browser could take
// for a program of its own: the page must run none of it.
func TestBrowserShowsHostileNames(t *testing.T) {
	const evil = `</script><img src=x onerror="document.body.dataset.owned=1"><script>document.body.dataset.owned=1</script>`
	r := watched(t, hostile(evil), sim.RunConfig{Seed: 1})
	r.Doc, r.Property, r.Hint = evil, evil, evil
	p := open(t, "hostile", r, "")
	if p.press("jlns?"); p.text(`document.body.dataset.owned || ""`) != "" {
		t.Error("a name has run")
	}
	p.has(`img src=x onerror=`)
	if n := p.number(`document.querySelectorAll("img").length + document.querySelectorAll("script").length`); n != 2 {
		t.Errorf("the page has %v scripts and images", n)
	}
	var refused bool
	p.eval(`(() => { const s = document.createElement("script"); s.textContent = "document.body.dataset.owned = 1"; document.body.append(s); return !document.body.dataset.owned; })()`, &refused)
	if !refused {
		t.Error("the page runs scripts that it did not come with")
	}
	p.b.mu.Lock()
	defer p.b.mu.Unlock()
	if len(p.complaints) != 1 || !strings.Contains(p.complaints[0], "Content Security Policy") {
		t.Errorf("complaints: %q", p.complaints)
	}
	p.complaints = nil
}

// TestBrowserIsQuickOnLongRuns opens the pages of ten and of fifty thousand events.
// What it measures it only says; it tests that work is bounded by what is in sight.
func TestBrowserIsQuickOnLongRuns(t *testing.T) {
	for _, jobs := range []int64{600, 3000} {
		r := longRun(t, jobs)
		if r.Result.Failure != nil {
			t.Fatal(r.Result.Failure)
		}
		name := fmt.Sprintf("long-%d", jobs)
		p := open(t, name, r, "event=5000")
		count := p.number(`+document.body.dataset.count`)
		if count < float64(16*jobs) {
			t.Errorf("there are %v rows", count)
		}
		paint := p.number(`new Promise((done) => new PerformanceObserver((l) => done(l.getEntriesByName("first-contentful-paint")[0].startTime)).observe({ type: "paint", buffered: true }))`)
		loaded := p.busy()
		if p.press("jjj"); p.selected() != "5003" {
			t.Errorf("selected is %s", p.selected())
		}
		p.shot(name)
		begin := p.busy()
		p.eval(`(async () => {
			const s = document.querySelector("#scroll");
			for (let k = 0; k < 100; k++) { s.scrollTop = k * s.scrollHeight / 100; await new Promise(requestAnimationFrame); }
		})()`, nil)
		drawn := (p.busy() - begin) / 100
		most := p.number(`+document.body.dataset.rendered`)
		p.press("G")
		end := p.rows()
		if last := end[len(end)-1]; !strings.Contains(last, strconv.Itoa(len(r.Result.History.Events))) {
			t.Errorf("at the end stands %q", last)
		}
		begin = p.busy()
		p.eval(`(() => { const f = document.querySelector("#filter"); f.value = "kind:work"; f.dispatchEvent(new Event("input")); })()`, nil)
		filtered := p.busy() - begin
		if rendered := p.number(`document.querySelectorAll(".row").length`); rendered > 100 || most > 100 {
			t.Errorf("%v and %v rows are in the page", rendered, most)
		}
		st, _ := os.Stat(p.path)
		t.Logf("%.0f rows, %d KiB: processor time %.0f ms to load, %.1f ms a frame of scrolling, %.0f ms a filter; the clock said %.0f ms to the first paint",
			count, st.Size()/1024, loaded, drawn, filtered, paint)
	}
}

// TestBrowserFindsTheFailureInALongRun opens the page of a run of ten thousand
// events, in the midst of which two stand that show a failure: they are in sight, and
// so is what made it fail.
func TestBrowserFindsTheFailureInALongRun(t *testing.T) {
	r, f := failure(t, long, map[string]int64{"jobs": 600, "bug": 1})
	_, r.Explanation = explained(t, long, f)
	p := open(t, "long-failure", r, "")
	if n := p.number(`+document.body.dataset.count`); n < 10_000 {
		t.Errorf("there are %v rows", n)
	}
	marked, folds := p.marked(), p.all(".fold")
	if len(marked) != 2 || len(folds) < 2 || len(p.rows()) > 60 {
		t.Errorf("marked are %q among %d rows, with folds %q", marked, len(p.rows()), folds)
	}
	p.has("two jobs have the number ", "number.Load() + 1", "(main/producer", "The run passes with ")
	p.shot("long-failure")
	if p.press("f"); len(p.all(".fold")) != 0 || len(p.marked()) == 0 {
		t.Error("without focus the folds stay, or the failure is out of sight")
	}
	p.shot("long-failure-all")
	if p.press("fj"); len(p.all(".fold")) != len(folds) {
		t.Error("the focus does not come back")
	}
	if p.click(".fold"); len(p.all(".fold")) >= len(folds)+1 || !strings.Contains(p.text(`document.querySelector("#count").textContent`), "others folded") {
		t.Error("a click does not open the fold")
	}
	if p.press("gn"); p.selected() != strconv.FormatUint(r.Result.Failure.Seqs[0], 10) {
		t.Errorf("key n goes to event %s, want %d", p.selected(), r.Result.Failure.Seqs[0])
	}
}

// TestBrowserPrints puts pages on paper.
func TestBrowserPrints(t *testing.T) {
	if n := open(t, "short", failing(t), "").paper("failure"); n < 1 || n > 3 {
		t.Errorf("two callbacks take %d sheets", n)
	}
	p := open(t, "broker", broker(t), "")
	if n := p.paper("broker"); n < 4 {
		t.Errorf("a run of %v rows takes %d sheets", p.number(`+document.body.dataset.count`), n)
	}
	if p.press("g"); len(p.rows()) > 100 {
		t.Errorf("after printing %d rows are left in the page", len(p.rows()))
	}
}
