package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/internal/toy"
	"github.com/collider-amqp/collider/sim/runner"
)

// failure runs a scenario that fails and returns the path of its file and the line
// that shrinks it.
func (s *shell) failure(scenario string) (file, shrink string) {
	s.t.Helper()
	fs := ofType(s.objects(s.do("run", scenario, "-seed", "1", "-json")), "failure")
	if len(fs) != 1 {
		s.t.Fatalf("%d failures", len(fs))
	}
	return fs[0]["file"].(string), fs[0]["shrink"].(string)
}

func TestShrink(t *testing.T) {
	s := newShell(t)
	file, line := s.failure("toy/lost-update")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	o := s.do(strings.Fields(line)[1:]...)
	small := strings.TrimSuffix(file, runner.FileSuffix) + ".min" + runner.FileSuffix
	s.want(o, ExitOK, "toy/lost-update  TOY-1: the counter is 1, want 2", "threads 4 → 2", "switches ", " → ", " replays  ", "1-minimal", "replay   simrun replay "+small)
	if after, err := os.ReadFile(file); err != nil || string(after) != string(before) {
		t.Errorf("the file has changed: %s, %v", after, err)
	}
	s.want(s.do("replay", small), ExitFailed, "TOY-1", "the same failure, exactly as recorded", "threads=2")
	first, err := os.ReadFile(small)
	if err != nil {
		t.Fatal(err)
	}
	got := s.last(s.do("shrink", small, "-json"))
	if got["type"] != "shrunk" || got["file"] != small || got["minimal"] != true || got["rule"] != "TOY-1" {
		t.Errorf("%v", got)
	}
	if second, err := os.ReadFile(small); err != nil || string(second) != string(first) {
		t.Errorf("a minimal file has become\n%s, %v", second, err)
	}
	if left, err := filepath.Glob("simrun-out/*.min*"); err != nil || len(left) != 1 {
		t.Errorf("%v, %v", left, err)
	}
}

func TestShrinkInterrupted(t *testing.T) {
	s := newShell(t)
	file, _ := s.failure("toy/deadlock")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var stdout, stderr strings.Builder
	code := s.cfg.Run(ctx, &Env{Stdout: &stdout, Stderr: &stderr}, []string{"shrink", file})
	if code != ExitOK || !strings.Contains(stdout.String(), "cut short") {
		t.Errorf("%d\n%s\n%s", code, stdout.String(), stderr.String())
	}
	s.want(s.do("replay", minName(file)), ExitNoProgress, "exactly as recorded")
}

func TestShrinkRefuses(t *testing.T) {
	s := newShell(t)
	file, _ := s.failure("toy/lost-update")
	s.want(s.do("shrink"), ExitUsage, "shrink: want one FILE, got 0 arguments")
	s.want(s.do("shrink", file, "-for", "0s"), ExitUsage, "-for 0s: want a time above zero")
	s.want(s.do("shrink", file, "-replays", "0"), ExitUsage, "want a number from 1")
	s.want(s.do("shrink", "toy/lost-update:1"), ExitUsage, `shrink: no file "toy/lost-update:1"`)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"gone":     {"toy/lost-update", "toy/lost-updat"},
		"other":    {"TOY-1", "TOY-9"},
		"test":     {`"registry": "simrun"`, `"package": "example.org/p", "test": "TestX"`},
		"strange":  {`"threads": `, `"threads": 9`},
		"passes":   {`"segments": [`, `"segments": ["main 1"], "work": [], "faults": [], "x": [`},
		"unparsed": {"{", "["},
	} {
		if err := os.WriteFile(name+runner.FileSuffix, []byte(strings.Replace(string(text), change[0], change[1], 1)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s.want(s.do("shrink", "gone.sim.json"), ExitUsage, `no scenario "toy/lost-updat" here`, `did you mean "toy/lost-update"?`)
	s.want(s.do("shrink", "other.sim.json"), ExitUsage, "does not come back", "it fails with property TOY-1")
	s.want(s.do("shrink", "test.sim.json"), ExitUsage, "SIM_SHRINK=", "go test -run '^TestX$' example.org/p")
	s.want(s.do("replay", "test.sim.json"), ExitUsage, "SIM_REPLAY=")
	s.want(s.do("shrink", "strange.sim.json"), ExitUsage, "is not in [1, 4]")
	s.want(s.do("shrink", "passes.sim.json"), ExitUsage, "unknown field")
	s.want(s.do("shrink", "unparsed.sim.json"), ExitUsage, "not a failure file")
	if left, err := filepath.Glob("*.min*"); err != nil || len(left) != 0 {
		t.Errorf("%v, %v", left, err)
	}
}

func TestShrinkOfANondeterministicScenario(t *testing.T) {
	s := newShell(t)
	file, _ := s.failure("toy/lost-update")
	flaky := toy.LostUpdate()
	sound, n := flaky.Run, 0
	flaky.Run = func(w *sim.World) {
		n++
		w.Observe(uint64(n))
		sound(w)
	}
	s.cfg.Scenarios = append(s.cfg.Scenarios[:0:0], flaky)
	s.want(s.do("shrink", file), ExitNondeterminism, "nondeterminism", "a run did not repeat itself", "cut short")
}

// A file of another program's scenarios names that program.
func TestFileOfAnotherRegistry(t *testing.T) {
	s := newShell(t)
	s.cfg.Program = "hunt"
	s.want(s.do("run", "toy/deadlock", "-seed", "1", "-out", "."), ExitNoProgress)
	names, err := filepath.Glob("*" + runner.FileSuffix)
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	s.cfg.Program, s.cfg.Scenarios = "simrun", []*sim.Scenario{toy.Clean()}
	for _, command := range []string{"replay", "shrink", "explain", "view"} {
		s.want(s.do(command, names[0]), ExitUsage, `no scenario "toy/deadlock" here`, "it is from hunt", "hunt "+command+" "+names[0])
	}
}
