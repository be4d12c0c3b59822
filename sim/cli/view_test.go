package cli

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
	"github.com/collider-amqp/collider/sim/view"
)

func TestViewOfAFailure(t *testing.T) {
	s := newShell(t)
	o := s.do("run", "toy/overlap", "-seed", "1", "-runs", "300")
	s.want(o, 1, "view     simrun view simrun-out/")
	_, line, _ := strings.Cut(o.stdout, "view     simrun ")
	line, _, _ = strings.Cut(line, "\n")
	o = s.do(strings.Fields(line)...)
	path := strings.TrimSuffix(strings.Fields(line)[1], ".sim.json") + ".html"
	s.want(o, 0, path, "scenario toy/overlap, seed ")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"SER-1", ">failed<", "simrun replay simrun-out/", "could have chosen"} {
		if !strings.Contains(string(page), text) {
			t.Errorf("the page does not say %q", text)
		}
	}
	histories, _ := filepath.Glob("simrun-out/*.history.ndjson")
	s.want(s.do("view", histories[0]), 0, path)
	if same, err := os.ReadFile(path); err != nil || strings.Contains(string(same), ">failed<") {
		t.Errorf("the page of a history knows of a failure: %v", err)
	}
}

// TestViewExplains has the page say what makes the run fail, unless it shall not.
func TestViewExplains(t *testing.T) {
	s := newShell(t)
	file, _ := s.failure("toy/lost-update")
	page := strings.TrimSuffix(file, ".sim.json") + ".html"
	read := func() string {
		b, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	s.want(s.do("view", file), 0, page)
	first := read()
	for _, text := range []string{"It fails in this way because ", "load atomic counter", "toy/toy.go", "The run passes with "} {
		if !strings.Contains(first, text) {
			t.Errorf("the page does not say %q", text)
		}
	}
	if s.do("view", file); read() != first {
		t.Error("a second page of the run is another one")
	}
	if left, err := filepath.Glob("simrun-out/*.sim.json"); err != nil || len(left) != 1 {
		t.Errorf("files are left behind: %v, %v", left, err)
	}
	s.want(s.do("view", file, "-explain=false"), 0, page)
	if text := read(); strings.Contains(text, "It fails in this way because ") || !strings.Contains(text, "was not looked for (-explain=false)") {
		t.Error("the page explains what it shall not")
	}
}

// TestViewReadsOverlaidSources has the page show the lines that the compiler saw.
func TestViewReadsOverlaidSources(t *testing.T) {
	s := newShell(t)
	file, _ := s.failure("toy/overlap")
	_, self, _, _ := runtime.Caller(0)
	source := filepath.Join(filepath.Dir(self), "..", "internal", "toy", "toy.go")
	os.WriteFile("other.go", []byte(strings.Repeat("the compiler saw this line\n", 400)), 0o644)
	os.WriteFile("overlay.json", []byte(`{"Replace": {"`+source+`": "other.go"}}`), 0o644)
	s.want(s.do("view", file, "-overlay", "overlay.json", "-o", "x.html"), 0, "x.html")
	if b, err := os.ReadFile("x.html"); err != nil || !strings.Contains(string(b), "the compiler saw this line") {
		t.Errorf("the page shows other sources: %v", err)
	}
	os.WriteFile("broken.json", []byte("{"), 0o644)
	s.want(s.do("view", file, "-overlay", "broken.json"), 2, "view: -overlay: broken.json: ")
	s.want(s.do("view", file, "-overlay", "nosuch.json"), 2, "view: -overlay: open nosuch.json")
}

func TestViewOfASeed(t *testing.T) {
	s := newShell(t)
	for format, text := range map[string]string{
		"html": "scenario toy/clean, seed 7", "chrome": "traceEvents", "pcapng": "scenario toy/clean, seed 7", "ndjson": `"version":`,
	} {
		name := "toy-clean-7" + view.Extension(format)
		s.want(s.do("view", "toy/clean:7", "-format", format, "-p", "threads=2"), 0, name)
		b, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(b), text) {
			t.Errorf("format %s: %v, %.200q", format, err, b)
		}
	}
	o := s.do("view", "toy/clean:7", "-format", "ndjson", "-o", "-", "-strategy", "random")
	h, err := history.Read(strings.NewReader(o.stdout))
	if err != nil || len(h.Events) == 0 || o.code != 0 {
		t.Errorf("exit code %d, %v", o.code, err)
	}
	s.want(s.do("view", "toy/clean:7", "-o", "mine.html"), 0, "mine.html")
}

func TestViewRefuses(t *testing.T) {
	s := newShell(t)
	os.WriteFile("bad.json", []byte("{}"), 0o644)
	for args, text := range map[string]string{
		"view":                              "want one FILE or NAME:SEED, got 0 arguments",
		"view a b":                          "got 2 arguments",
		"view toy/cleen:7":                  `no scenario is called "toy/cleen"; did you mean`,
		"view nothing.sim.json":             `no file "nothing.sim.json"`,
		"view bad.json":                     "bad.json: ",
		"view bad.json -p threads=1":        "-p does not go with a file",
		"view toy/clean:7 -format gif":      "want html, chrome, pcapng, ndjson",
		"view toy/clean:7 -o no/such/x":     "no such file or directory",
		"view toy/clean:7 -p no=1":          "no",
		"view toy/clean:7 -strategy foobar": "foobar",
	} {
		o := s.do(strings.Fields(args)...)
		s.want(o, 2, text)
		if o.stdout != "" {
			t.Errorf("%s: stdout %q", args, o.stdout)
		}
	}
}

func TestViewOfATestsFile(t *testing.T) {
	s := newShell(t)
	s.do("run", "toy/overlap", "-seed", "1", "-runs", "300")
	files, _ := filepath.Glob("simrun-out/*.sim.json")
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(b), `"registry": "simrun"`, `"package": "example.org/x", "test": "TestX"`, 1)
	if err := os.WriteFile("x.sim.json", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	s.want(s.do("view", "x.sim.json"), 2, "SIM_VIEW=", "go test -run '^TestX$' example.org/x")
}

func TestViewFindsNondeterminism(t *testing.T) {
	s := newShell(t)
	runs := 0
	s.cfg.Scenarios = []*sim.Scenario{{Name: "moody", Run: func(w *sim.World) {
		runs++
		w.Note("run", "%d", runs)
	}}}
	s.want(s.do("view", "moody:1"), 4, "another way")
}
