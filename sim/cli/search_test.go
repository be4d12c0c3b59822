package cli

import (
	"strings"
	"testing"
)

// A search ends in a statement: that it is complete, or what it did.
func TestSearch(t *testing.T) {
	s := newShell(t)
	o := s.do("run", "toy/clean", "-strategy", "dfs:1", "-seed", "1", "-p", "threads=2")
	if o.code != ExitOK || !strings.Contains(o.stderr, "toy/clean: dfs:1 complete: all ") || !strings.Contains(o.stderr, "schedules from the start, at most ") {
		t.Errorf("%+v", o)
	}
	if !strings.Contains(o.stderr, "run toy/clean, all schedules, ") {
		t.Errorf("%+v", o)
	}
	o = s.do("run", "toy/clean", "-strategy", "dfs:9", "-runs", "10", "-seed", "1", "-json")
	var found bool
	for _, r := range ofType(s.objects(o), "search") {
		found = r["complete"] == false && r["runs"] == 10. && r["strategy"] == "dfs:9"
	}
	if o.code != ExitOK || !found || !strings.Contains(o.stderr, "dfs:9 not complete: 10 schedules") {
		t.Errorf("%+v", o)
	}
	o = s.do("run", "toy/lost-update", "-strategy", "dfs:1", "-seed", "1")
	if o.code != ExitFailed || !strings.Contains(o.stdout, "TOY-1") || !strings.Contains(o.stderr, "not complete") {
		t.Errorf("%+v", o)
	}
	file := ""
	for line := range strings.Lines(o.stdout) {
		if f := strings.Fields(line); len(f) == 4 && f[0] == "replay" {
			file = f[3]
		}
	}
	if !strings.Contains(o.stdout, "simrun run toy/lost-update -seed 1 -strategy dfs:1\n") {
		t.Errorf("no line that repeats the search: %+v", o)
	}
	if o = s.do("replay", file); o.code != ExitFailed || !strings.Contains(o.stdout, "TOY-1") {
		t.Errorf("replay of %q: %+v", file, o)
	}
}
