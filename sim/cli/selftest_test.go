package cli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim/canary"
)

// The program of somebody who has a registry of his own: a counter, a main, and
// bugs planted in the counter.
const (
	hunterCounter = `package main

import "github.com/collider-amqp/collider/sim"

// add adds one.
func add(mu *sim.Mutex, n *sim.Int64) {
	mu.Lock()
	n.Store(n.Load() + 1)
	mu.Unlock()
}
`
	hunterMain = `package main

import (
	"os"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/cli"
)

var counter = &sim.Scenario{
	Name: "counter", Doc: "two threads count",
	Properties: []sim.Property{{Rule: "COUNT-1", Doc: "no increment is lost"}},
	Run: func(w *sim.World) {
		mu, n := w.NewMutex("counter"), w.NewInt64("counter", 0)
		other := w.Go("other", func() { add(mu, n) })
		add(mu, n)
		other.Join()
		if got := n.Load(); got != 2 {
			w.Fail("COUNT-1", "the counter is %d, want 2", got)
		}
	},
}

func main() { os.Exit(cli.Main(cli.Config{Program: "hunt", Scenarios: []*sim.Scenario{counter}})) }
`
	hunk = `
diff --git a/counter.go b/counter.go
--- a/counter.go
+++ b/counter.go
@@ -4,7 +4,6 @@

 // add adds one.
 func add(mu *sim.Mutex, n *sim.Int64) {
-	mu.Lock()
-	n.Store(n.Load() + 1)
-	mu.Unlock()
+	%s
+	_ = mu
 }
`
)

// hunter makes a module with planted bugs, each a replacement of what is locked.
func hunter(t *testing.T, bugs map[string]string) string {
	t.Helper()
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		t.Fatal(err)
	}
	collider := strings.TrimSpace(string(root))
	mod, err := os.ReadFile(filepath.Join(collider, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join(collider, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	_, requires, _ := strings.Cut(string(mod), "\n")
	dir := t.TempDir()
	files := map[string]string{
		"go.mod": fmt.Sprintf("module example.org/hunter\n%s\nrequire github.com/collider-amqp/collider v0.0.0\nreplace github.com/collider-amqp/collider => %s\n", requires, collider),
		"go.sum": string(sum), "counter.go": hunterCounter, "main.go": hunterMain,
	}
	for name, text := range bugs {
		files["bugs/"+name+".patch"] = text
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func bug(name, rule, body string) string {
	return fmt.Sprintf("Canary: %s\nScenario: counter\nRule: %s\nBug: a bug\n", name, rule) + fmt.Sprintf(hunk, body)
}

// selftestShell is a command line with hunter's scenarios as far as selftest knows
// them: their names.
func selftestShell(t *testing.T, dir string) *shell {
	s := newShell(t)
	s.cfg.Program = "hunt"
	counter := *s.cfg.Scenarios[0]
	counter.Name = "counter"
	s.cfg.Scenarios = append(s.cfg.Scenarios, &counter)
	s.cfg.Selftest = &canary.Suite{Module: "example.org/hunter", Package: ".", Patches: "bugs"}
	s.env["SIMRUN_SOURCE"] = dir
	return s
}

// TestSelftestOfAnotherProgram finds, misses and misjudges bugs in a program of
// somebody else's.
func TestSelftestOfAnotherProgram(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds four programs")
	}
	const unlocked = "n.Store(n.Load() + 1)"
	dir := hunter(t, map[string]string{
		"lost":   bug("lost", "COUNT-1", unlocked),
		"named":  bug("named", "COUNT-7", unlocked),
		"harm":   strings.Replace(bug("harm", "COUNT-1", "n.Add(1)"), "Bug:", "Missed: it is no bug\nBug:", 1),
		"broken": bug("broken", "COUNT-1", "no such thing"),
	})
	s := selftestShell(t, dir)
	t.Setenv("SIMRUN_RUNS", "1") // meant for selftest, not for what it runs
	o := s.do("selftest", "-seed", "1", "-runs", "200", "-trials", "2", "-shrink", "10s", "-out", "kept", "lost", "harm", "-floor", "50")
	s.want(o, ExitOK, "hunt: selftest 2 canaries", "up to 200 runs in each of 2 trials, seed 1",
		"lost    counter   found        COUNT-1 ", "decisions ", "missed", "known: it is no bug",
		"ok    found 1 of 2 canaries: 50.0 %, floor 50 %")
	if text, err := os.ReadFile("kept/lost.sim.json"); err != nil || !strings.Contains(string(text), `"rule": "COUNT-1"`) {
		t.Errorf("%s, %v", text, err)
	}
	o = s.do("selftest", "-seed", "1", "-canary", "named,harm", "-runs", "200", "-json")
	s.want(o, ExitFailed)
	all := ofType(s.objects(o), "canary")
	if len(all) != 2 || all[0]["canary"] != "harm" || all[0]["verdict"] != "missed" || all[1]["verdict"] != "wrong rule" {
		t.Errorf("%v", all)
	}
	if sum := s.last(o); sum["type"] != "summary" || sum["found"] != 0.0 || sum["canaries"] != 2.0 || sum["percent"] != 0.0 {
		t.Errorf("%v", sum)
	}
	s.want(s.do("selftest", "-seed", "1", "broken"), ExitUsage, "unusable", "go build", "syntax error")
}

func TestSelftestUsage(t *testing.T) {
	dir := hunter(t, map[string]string{"lost": bug("lost", "COUNT-1", "n.Add(1)"), "far": strings.Replace(bug("far", "R", "n.Add(1)"), "Scenario: counter", "Scenario: countre", 1)})
	s := selftestShell(t, dir)
	s.want(s.do("selftest", "-h"), ExitOK, "usage: hunt selftest", "SIMRUN_NAME for -name", "examples:\n  hunt selftest", "-floor PERCENT")
	s.want(s.do("selftest", "lots"), ExitUsage, `no canary is called "lots"; did you mean "lost"?`)
	s.want(s.do("selftest", "far"), ExitUsage, `canary far: no scenario is called "countre"; did you mean "counter"?`)
	for _, bad := range [][]string{{"-for", "0s"}, {"-shrink", "-1s"}, {"-floor", "101"}, {"-workers", "-1"}, {"-runs", "0"}, {"-trials", "x"}} {
		s.want(s.do(append([]string{"selftest"}, bad...)...), ExitUsage, "selftest")
	}
	s.want(s.do("selftest", "-source", t.TempDir()), ExitUsage, "is not within the source of example.org/hunter", "-source")
	s.env = map[string]string{}
	s.want(s.do("selftest"), ExitUsage, "the working directory is not within the source of example.org/hunter")
	t.Setenv("PATH", t.TempDir())
	s.want(s.do("selftest"), ExitUsage, "the Go tool is needed")
	s.cfg.Selftest = nil
	s.want(s.do("selftest"), ExitUsage, `unknown command "selftest"`)
	if o := s.do(); strings.Contains(o.stderr, "selftest") {
		t.Errorf("a program without canaries has the command:\n%s", o.stderr)
	}
}

func TestSelftestInterrupted(t *testing.T) {
	dir := hunter(t, map[string]string{"lost": bug("lost", "COUNT-1", "n.Add(1)")})
	s := selftestShell(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.ctx = ctx
	s.want(s.do("selftest", "-seed", "1"), ExitInterrupted, "interrupted")
}
