package cli

import (
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/internal/toy"
)

// TestRareCanary plants a bug that about one run in a thousand meets, whose
// smallest form is known, and demands it through all of the plumbing: it is
// reported, replayed, and shrunk to that form. A harness that reports nothing
// fails here.
func TestRareCanary(t *testing.T) {
	s := newShell(t)
	s.cfg.Scenarios = []*sim.Scenario{toy.Rare()}
	const runs = 20_000
	o := s.do("run", "-seed", "1", "-runs", "20000", "-keep-going", "-json")
	s.want(o, ExitFailed)
	if n := s.last(o)["failures"].(float64); n < runs/5000 || n > runs/500 {
		t.Errorf("%v of %d runs failed, not about one of a thousand", n, runs)
	}
	f := ofType(s.objects(o), "failure")[0]
	file := f["file"].(string)
	s.want(s.do("replay", file), ExitFailed, "TOY-4", "the same failure, exactly as recorded")
	small := s.last(s.do(strings.Fields(f["shrink"].(string) + " -json")[1:]...))
	after, _ := small["after"].(map[string]any)
	if small["minimal"] != true || after == nil {
		t.Fatalf("shrink gave %v", small)
	}
	// The writer and the reader take turns three times, in five decisions; what
	// follows the last one goes by itself. Nobody else is left.
	if after["decisions"] != 5.0 || after["preempts"] != 5.0 || after["threads"] != 3.0 {
		t.Errorf("the smallest run found is %v, want 5 decisions with 5 preemptions of 3 threads", after)
	}
	s.want(s.do("replay", small["file"].(string)), ExitFailed, "TOY-4", "the reader saw 3, 5 and 7", "the same failure, exactly as recorded")
}
