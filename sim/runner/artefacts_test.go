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

// What only a passing test says needs -v, and what it writes must not come from the
// cache. Names are whatever a subtest is called.
func TestTestLineFor(t *testing.T) {
	o := Origin{Package: "example.org/p", Test: "TestX/it's_$1"}
	const run = ` go test -run '^TestX$/^it'\''s_\$1$' example.org/p`
	for variable, flags := range map[string]string{"SIM_REPLAY": "", "SIM_EXPLAIN": " -v", "SIM_SHRINK": " -count=1 -v", "SIM_VIEW": " -count=1 -v"} {
		if got, want := TestLineFor(variable, "/x.sim.json", o), variable+"=/x.sim.json"+run+flags; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// The key tells scenarios apart, and ways to fail, but not numbers.
func TestKeyIsOfOneScenario(t *testing.T) {
	key := func(scenario, message string) string {
		return NewFailure(&sim.Scenario{Name: scenario}, sim.Result{Failure: &sim.Failure{Kind: sim.Broken, Message: message}}).Key
	}
	if key("a1", "item 7") != key("a1", "item 12") {
		t.Error("a number makes another way to fail")
	}
	if key("a1", "item 7") == key("a2", "item 7") || key("a1", "item 7") == key("a1", "lost 7") {
		t.Error("two ways to fail have one key")
	}
}

// Where many runs have one seed, each way to fail has a file of its own.
func TestFileNames(t *testing.T) {
	f := NewFailure(&sim.Scenario{Name: "a/b"}, sim.Result{Seed: 7, Failure: &sim.Failure{Kind: sim.Broken}})
	for strategy, want := range map[string]string{"pos": "a-b-7", "dfs:2": "a-b-7-" + f.Key, sim.TapeName: "a-b-" + f.Key} {
		f.Result.Strategy = strategy
		if got := f.fileName(); got != want {
			t.Errorf("%s: %s, want %s", strategy, got, want)
		}
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
