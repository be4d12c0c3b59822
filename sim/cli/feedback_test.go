package cli

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/internal/toy"
)

// Feedback says what it has seen, has no digest, and names no run by its seed.
func TestFeedback(t *testing.T) {
	s := newShell(t)
	o := s.do("run", "toy/clean", "-strategy", "feedback", "-seed", "1", "-runs", "200", "-p", "threads=2")
	s.want(o, ExitOK, "strategy feedback  no digest: runs depend on the ones before", " reads-from classes, 0 in one run only: 0 new a run")
	o = s.do("run", "toy/clean", "-strategy", "feedback", "-seed", "1", "-runs", "200", "-json", "-workers", "1")
	if sum := s.last(o); sum["digest"] != "" || sum["runs"] != 200. {
		t.Errorf("%v", sum)
	}
	f, _ := ofType(s.objects(o), "scenario")[0]["feedback"].(map[string]any)
	if f == nil || f["blind"] != 100. || f["classes"].(float64) < 3 || f["full"] != false {
		t.Errorf("%v", f)
	}

	for _, keep := range []string{"", "-keep-going"} {
		args := []string{"run", "toy/lost-update", "-strategy", "feedback", "-seed", "1"}
		if keep != "" {
			args = append(args, keep)
		}
		o = s.do(args...)
		s.want(o, ExitFailed, "TOY-1", "replay   simrun replay simrun-out/")
		if text := o.stdout + o.stderr; strings.Contains(text, "update:") || strings.Contains(text, "replay toy/") || strings.Contains(text, "      seed     ") {
			t.Errorf("a seed is offered:\n%s", text)
		}
	}
	file := ""
	for line := range strings.Lines(o.stdout) {
		if f := strings.Fields(line); len(f) == 4 && f[0] == "replay" {
			file = f[3]
		}
	}
	s.want(s.do("replay", file), ExitFailed, "the same failure, exactly as recorded")

	for _, args := range [][]string{
		{"verify", "toy/clean"}, {"replay", "toy/clean:7"}, {"view", "toy/clean:7"},
	} {
		o = s.do(append(args, "-strategy", "feedback")...)
		s.want(o, ExitUsage, "feedback: its runs depend on the ones before, a seed does not name one")
	}
}

func TestFeedbackWithoutFile(t *testing.T) {
	s := newShell(t)
	release := make(chan struct{})
	s.cfg.Scenarios = []*sim.Scenario{toy.Stuck(release), toy.BrokenCheck()}
	s.cfg.Watchdog = 50 * time.Millisecond
	o := s.do("run", "toy/stuck", "-strategy", "feedback", "-seed", "3", "-workers", "1")
	close(release)
	s.want(o, ExitNoProgress, "replay   (none: a step that does not come back leaves no file")
	o = s.do("run", "toy/broken-check", "-strategy", "feedback", "-seed", "3")
	s.want(o, ExitPanic, "simrun run toy/broken-check -seed 3 -workers 1 -strategy feedback")
	o = s.do("run", "toy/broken-check", "-strategy", "dfs:1", "-seed", "3")
	s.want(o, ExitPanic, "simrun run toy/broken-check -seed 3 -strategy dfs:1")

	s.cfg.Scenarios = toy.All()
	if err := os.WriteFile("taken", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	o = s.do("run", "toy/lost-update", "-strategy", "feedback", "-seed", "1", "-out", "taken")
	s.want(o, ExitFailed, "no artefacts, or not all", "replay   (none: no file was written")
}

// The verdict says which strategies made the runs, if it was more than one.
func TestArms(t *testing.T) {
	s := newShell(t)
	o := s.do("run", "toy/clean", "-seed", "1", "-runs", "1000")
	s.want(o, ExitOK, "\n      arms surw 3")
	if strings.Count(o.stdout, "%") != 8 {
		t.Errorf("%s", o.stdout)
	}
	if o = s.do("run", "toy/clean", "-seed", "1", "-runs", "10", "-strategy", "pos"); strings.Contains(o.stdout, "arms") {
		t.Errorf("%s", o.stdout)
	}
	arms, _ := ofType(s.objects(s.do("run", "toy/clean", "-seed", "1", "-runs", "1000", "-json")), "arms")[0]["runs"].(map[string]any)
	sum := 0.
	for _, n := range arms {
		sum += n.(float64)
	}
	if sum != 1000 || len(arms) != 8 {
		t.Errorf("%v", arms)
	}
}
