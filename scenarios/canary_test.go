//go:build canary

package scenarios

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim/canary"
)

// failure is what simrun run -json says of one.
type failure struct {
	Type     string
	Rule     string
	Message  string
	File     string
	Replay   string
	Location []string
}

// seeds bounds the search for each canary.
const (
	seeds   = "10000"
	replays = 100
)

// classics are the canaries that stand for the others here: simrun selftest looks
// for all of them, with fewer replays.
var classics = []string{"drain-not-atomic", "fifo-break", "late-worker", "lost-wake", "work-outside-strand"}

// TestCanary builds simrun with each classic bug and treats it as a user would:
// run, paste the printed line, read the message.
func TestCanary(t *testing.T) {
	module, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	all, err := canary.Load(os.DirFS(canaries))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, c := range all {
		if !slices.Contains(classics, c.Name) {
			continue
		}
		seen++
		t.Run(c.Name, func(t *testing.T) {
			dir := t.TempDir()
			overlay, err := c.Overlay(module, dir)
			if err != nil {
				t.Fatal(err)
			}
			simrun := filepath.Join(dir, "simrun")
			build := exec.Command("go", "build", "-overlay", overlay, "-o", simrun, "./cmd/simrun")
			build.Dir = module
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("go build: %v\n%s", err, out)
			}
			code, out := do(t, dir, simrun, "run", c.Scenario, "-seed", "1", "-runs", seeds, "-corpus", "off", "-json", "-progress", "off")
			if code != 1 && code != 3 {
				t.Fatalf("not found in %s seeds: exit code %d\n%s", seeds, code, out)
			}
			f := firstFailure(t, out)
			judge(t, c, f)
			for i := range replays {
				again, out := do(t, dir, simrun, "replay", f.File, "-json", "-progress", "off")
				if g := firstFailure(t, out); again != code || g.Rule != f.Rule || g.Message != f.Message {
					t.Fatalf("replay %d: exit code %d, %s: %s; want %d, %s: %s", i+1, again, g.Rule, g.Message, code, f.Rule, f.Message)
				}
			}
			words := strings.Fields(f.Replay)
			if words[0] != "simrun" {
				t.Fatalf("the pasteable line is %q", f.Replay)
			}
			if again, out := do(t, dir, simrun, words[1:]...); again != code || !strings.Contains(out, f.Rule) {
				t.Errorf("the pasteable line %q gave exit code %d\n%s", f.Replay, again, out)
			}
		})
	}
	if seen != len(classics) {
		t.Errorf("%d of the %d classic canaries are there", seen, len(classics))
	}
}

// judge checks that the message names the right rule and source lines.
func judge(t *testing.T, c *canary.Canary, f failure) {
	t.Helper()
	t.Logf("%s: %s", f.Rule, f.Message)
	if !slices.Contains(c.Rules, f.Rule) {
		t.Errorf("the failure carries rule %q, want one of %v", f.Rule, c.Rules)
	}
	if len(f.Location) == 0 || !strings.Contains(f.Location[0], ".go:") {
		t.Errorf("the failure names no source line: %v", f.Location)
	}
}

// do runs a command in dir and returns its exit code and standard output.
func do(t *testing.T, dir, name string, args ...string) (int, string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout = &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String()
}

// firstFailure finds the failure among the lines of -json.
func firstFailure(t *testing.T, out string) failure {
	t.Helper()
	for line := range strings.Lines(out) {
		var f failure
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		if f.Type == "failure" {
			return f
		}
	}
	t.Fatalf("no failure in\n%s", out)
	return failure{}
}
