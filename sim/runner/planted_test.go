package runner

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/internal/toy"
)

// TestPlantedNondeterminismIsLocated: verify finds each of the usual reasons why a
// run does not repeat itself, and names the line where it shows and the line before.
func TestPlantedNondeterminismIsLocated(t *testing.T) {
	for _, s := range toy.Planted() {
		t.Run(filepath.Base(s.Name), func(t *testing.T) {
			r, err := Verify(context.Background(), Options{Scenarios: []*sim.Scenario{s}, Runs: 20, Seed: 4})
			if err != nil || len(r.Failures) != 1 || ExitCode(r.Failures) != 4 {
				t.Fatalf("%+v, %v", r, err)
			}
			wantLocated(t, s, &r.Failures[0])
		})
	}
}

// TestPlantedNondeterminismOfFailingRuns: a run that fails is executed again before
// it is reported, and what it turns out to be is located as well.
func TestPlantedNondeterminismOfFailingRuns(t *testing.T) {
	for _, s := range toy.Planted() {
		t.Run(filepath.Base(s.Name), func(t *testing.T) {
			failing := *s
			failing.Run = func(w *sim.World) { s.Run(w); w.Fail("TOY-2", "always") }
			r := mustRun(t, Options{Scenarios: []*sim.Scenario{&failing}, Runs: 20, Seed: 4})
			if len(r.Failures) != 1 || ExitCode(r.Failures) != 4 {
				t.Fatalf("%+v", r)
			}
			wantLocated(t, s, &r.Failures[0])
			_, f, err := RepeatTwice(&failing, Spec{Seed: 4}, 0)
			if err != nil || f == nil || f.Divergence == nil {
				t.Fatalf("%+v, %v", f, err)
			}
			wantLocated(t, s, f)
		})
	}
}

func wantLocated(t *testing.T, s *sim.Scenario, f *Failure) {
	t.Helper()
	name := strings.TrimPrefix(s.Name, "toy/planted-")
	shows, before := toyLine(t, "shows: "+name), toyLine(t, "before: "+name)
	d := f.Divergence
	if d.Thread != "main/bad" || len(d.Places) == 0 || d.Before.Line == 0 {
		t.Fatalf("located in thread %q, places %v:\n%s", d.Thread, d.Places, f.Text())
	}
	// Either side may be the one that shows it; the place before is common.
	found := false
	for _, p := range d.Places {
		found = found || p.Line == shows
	}
	if !found || d.Before.Line != before && d.Before.Line != shows {
		t.Errorf("located at %v after line %d, want line %d after line %d:\n%s", d.Places, d.Before.Line, shows, before, f.Text())
	}
	if text := f.Text(); !strings.Contains(text, "planted.go:"+strconv.Itoa(shows)) || !strings.Contains(text, "bad did the same up to") {
		t.Errorf("the text does not name line %d:\n%s", shows, text)
	}
}

// toyLine returns the number of the line of the toys that ends in the comment.
func toyLine(t *testing.T, comment string) int {
	t.Helper()
	f, err := os.Open("../internal/toy/planted.go")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		if strings.HasSuffix(lines.Text(), "// "+comment) {
			return n
		}
	}
	t.Fatalf("no line ends in %q", comment)
	return 0
}
