package runner

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim"
)

func TestLeave(t *testing.T) {
	f := failing(t)[0]
	dir := filepath.Join(t.TempDir(), "a", "b")
	a, err := f.Leave(dir, Origin{Registry: "x"})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{a.File, a.History, a.Trace} {
		if st, err := os.Stat(p); err != nil || st.Size() == 0 || filepath.Dir(p) != dir {
			t.Errorf("%q: %v", p, err)
		}
	}
	f.Corpus = "c.sim.json"
	b, err := f.LeaveFile(dir, Origin{})
	if err != nil || b.File == a.File || b.History != "" || !strings.Contains(b.File, "-corpus-") {
		t.Errorf("%+v, %v", b, err)
	}
	stuck := Failure{Scenario: f.Scenario, Result: sim.Result{Failure: &sim.Failure{Kind: sim.Stuck}}}
	if a, err := stuck.Leave(dir, Origin{}); err != nil || a != (Artefacts{}) {
		t.Errorf("%+v, %v", a, err)
	}
	if a, err := f.Leave(b.File, Origin{}); err == nil || a != (Artefacts{}) {
		t.Errorf("a file as directory: %+v, %v", a, err)
	}
}

func TestTestLine(t *testing.T) {
	got := TestLine("/tmp/a b/x.sim.json", Origin{Package: "example.org/p", Test: "TestX/sub_(1)"})
	want := `SIM_REPLAY='/tmp/a b/x.sim.json' go test -run '^TestX$/^sub_\(1\)$' example.org/p`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestShellWord(t *testing.T) {
	for in, want := range map[string]string{"a/b.c:1": "a/b.c:1", "": "''", "a b": "'a b'", "it's": `'it'\''s'`, "*": "'*'"} {
		if got := ShellWord(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func TestText(t *testing.T) {
	for _, f := range failing(t) {
		text := f.Text(Hint{"replay", "do this"})
		for _, want := range []string{"FAIL  " + f.Scenario.Name, f.Property, "seed ", "\n      replay   do this\n"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}
	}
}
