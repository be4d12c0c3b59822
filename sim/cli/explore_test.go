package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim/runner"
)

// An exploration ends in a statement: that it is complete, what is left, or what failed.
func TestExploreCompletes(t *testing.T) {
	s := newShell(t)
	o := s.do("explore", "toy/clean", "-preemptions", "1")
	s.want(o, ExitOK, "toy/clean: complete: all ", " schedules with at most 1 preemption and no faults (it offers none), from the start", "digest ")
	o = s.do("explore", "toy/clean", "-delays", "-preemptions", "2", "-faults", "0", "-json", "-p", "threads=3")
	s.want(o, ExitOK)
	found := ofType(s.objects(o), "explored")
	if len(found) != 1 || found[0]["complete"] != true || found[0]["delays"] != true || found[0]["preemptions"] != 2. || found[0]["runs"].(float64) < 10 {
		t.Errorf("%v", found)
	}
	if sum := s.last(o); sum["scenarios"] != 1. || sum["runs"] != found[0]["runs"] || sum["failures"] != 0. || sum["digest"] != found[0]["digest"] {
		t.Errorf("%v", sum)
	}
	if _, err := os.Stat("simrun-out"); err == nil {
		t.Error("a state of a complete exploration")
	}
}

func TestExploreStopsAndGoesOn(t *testing.T) {
	s := newShell(t)
	whole := s.do("explore", "toy/clean", "-preemptions", "3", "-p", "threads=3", "-workers", "1")
	o := s.do("explore", "toy/clean", "-preemptions", "3", "-p", "threads=3", "-for", "1ns", "-whole")
	s.want(o, ExitFailed, "not complete: ", " % of the tree is left", "-resume simrun-out/toy-clean.explore.json")
	resume := ""
	for line := range strings.Lines(o.stdout) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "resume   simrun "); ok {
			resume = rest
		}
	}
	if resume != "explore toy/clean -preemptions=3 -p threads=3 -resume simrun-out/toy-clean.explore.json" {
		t.Fatalf("resume line %q", resume)
	}
	got := s.do(strings.Fields(resume)...)
	s.want(got, ExitOK, "complete: all ")
	if digest(got.stdout) != digest(whole.stdout) {
		t.Errorf("stopped and gone on: %s\nwhole: %s", got.stdout, whole.stdout)
	}
	s.want(s.do("explore", "toy/clean", "-preemptions", "2", "-p", "threads=3", "-resume", "simrun-out/toy-clean.explore.json"), ExitUsage, "cannot go on: the state is that of other bounds")
	s.want(s.do("explore", "toy/clean", "-resume", "nosuch.json"), ExitUsage, "nosuch.json")
}

func TestExploreFails(t *testing.T) {
	s := newShell(t)
	o := s.do("explore", "toy/lost-update", "-preemptions", "1")
	s.want(o, ExitFailed, "toy/lost-update: failed after ", "TOY-1", "replay   simrun replay simrun-out/toy-lost-update-0-",
		"seed     simrun explore toy/lost-update -preemptions=1\n")
	files, err := filepath.Glob("simrun-out/toy-lost-update-0-*" + runner.FileSuffix)
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	s.want(s.do("replay", files[0]), ExitFailed, "TOY-1", "exactly as recorded")
	s.want(s.do("explore", "toy/deadlock", "-preemptions", "1"), ExitNoProgress, "deadlock")
}

func TestExploreUsage(t *testing.T) {
	s := newShell(t)
	for args, want := range map[string]string{
		"explore nosuch": "no scenario is called", "explore toy/clean -preemptions -1": "from 0", "explore toy/clean -for -1s": "above zero",
		"explore toy/clean -workers -1": "want a number", "explore toy/clean -p nosuch=1": "nosuch", "explore 'toy/*' -resume x": "want one scenario",
		"explore toy/clean -shard 1/2": "unknown flag",
	} {
		s.want(s.do(strings.Fields(strings.ReplaceAll(args, "'", ""))...), ExitUsage, want)
	}
	s.want(s.do("explore", "-preemptions", "0"), ExitOK, "toy/clean: complete") // those with the tag
	s.cfg.Scenarios = s.cfg.Scenarios[1:2]
	s.cfg.Scenarios[0].Tags = nil
	s.want(s.do("explore"), ExitUsage, "no scenario has the tag micro")
}

func TestPercent(t *testing.T) {
	for share, want := range map[float64]string{0: "0.0 %", 0.0001: "less than 0.1 %", 0.5: "50.0 %"} {
		if got := percent(share); got != want {
			t.Errorf("%v gives %q, want %q", share, got, want)
		}
	}
	if got := fmt.Sprint(plural(1, "fault"), plural(0, "fault")); got != "1 fault0 faults" {
		t.Error(got)
	}
}
