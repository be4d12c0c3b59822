package sim_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim"
)

// crossing is a program of three threads that make three steps each, whose schedule
// is the order of its notes; it notes what a run did in seen.
func crossing(seen map[string]int) *sim.Scenario {
	return &sim.Scenario{Name: "crossing", Run: func(w *sim.World) {
		faults := sim.Plan(w, sim.Faults, "net", nil, func() []number { return []number{1, 2} })
		order := ""
		for _, n := range faults {
			order += string(rune('0' + n))
		}
		w.Mark()
		g := w.NewWaitGroup("all")
		x := w.NewInt64("x", 0)
		for _, name := range []string{"a", "b", "c"} {
			g.Go(name, func() {
				for range 3 {
					x.Add(1)
					order += name
				}
			})
		}
		g.Wait()
		seen[order]++
	}}
}

// visit runs a search to its end, or to n runs, and calls each between two of them.
func visit(s *sim.Search, seen map[string]int, n int, each func()) bool {
	w := sim.NewWorld(sim.Options{HideRaces: true}) // the order of the notes is what is tested
	defer w.Close()
	for ; n > 0; n-- {
		sim.Execute(w, crossing(seen), sim.RunConfig{Strategy: s})
		if !s.Next() {
			return false
		}
		if each != nil {
			each()
		}
	}
	return true
}

// TestSearchInParts divides a search again and again: the parts visit what the whole
// one visits, each schedule once.
func TestSearchInParts(t *testing.T) {
	whole := map[string]int{}
	one := sim.SearchPreemptions(2).WithFaults(1)
	visit(one, whole, 1<<20, nil)
	seen := map[string]int{}
	parts := []*sim.Search{sim.SearchPreemptions(2).WithFaults(1)}
	runs, divided := uint64(0), 0
	for len(parts) > 0 {
		s := parts[len(parts)-1]
		parts = parts[:len(parts)-1]
		n := 0
		visit(s, seen, 1<<20, func() {
			if n++; n%7 == 0 {
				if part := s.Split(); part != nil {
					divided++
					if sim.ComparePaths(s.Path(), part.Path()) >= 0 {
						t.Fatalf("the part %v does not come after %v", part.Path(), s.Path())
					}
					parts = append(parts, part)
				}
			}
		})
		runs += s.Report().Runs
	}
	if runs != one.Report().Runs || len(seen) != len(whole) || divided < 10 {
		t.Errorf("%d runs and %d schedules in %d parts, want %d and %d", runs, len(seen), divided, one.Report().Runs, len(whole))
	}
	for order, n := range seen {
		if whole[order] != n {
			t.Errorf("%s was visited %d times, not %d", order, n, whole[order])
		}
	}
}

// TestSearchGoesOn stores a search after some runs and goes on with what was read.
func TestSearchGoesOn(t *testing.T) {
	whole := map[string]int{}
	one := sim.SearchDelays(2).WithFaults(2)
	visit(one, whole, 1<<20, nil)
	seen := map[string]int{}
	s := sim.SearchDelays(2).WithFaults(2)
	stops := 0
	for visit(s, seen, 50, nil) {
		text, err := json.Marshal(s.State())
		if err != nil {
			t.Fatal(err)
		}
		var st sim.SearchState
		if err := json.Unmarshal(text, &st); err != nil {
			t.Fatal(err)
		}
		if s, err = sim.ResumeSearch(st); err != nil {
			t.Fatal(err)
		}
		stops++
	}
	if got, want := s.Report(), one.Report(); got != want || stops < 2 {
		t.Errorf("after %d stops %+v, want %+v", stops, got, want)
	}
	for _, order := range slices.Sorted(func(yield func(string) bool) {
		for order := range whole {
			if !yield(order) {
				return
			}
		}
	}) {
		if seen[order] != whole[order] {
			t.Errorf("%s was visited %d times, not %d", order, seen[order], whole[order])
		}
	}
}

func TestResumeSearchErrors(t *testing.T) {
	for _, c := range []struct {
		state sim.SearchState
		want  string
	}{
		{sim.SearchState{Strategy: "nosuch"}, "unknown strategy"},
		{sim.SearchState{Strategy: "random"}, "no search"},
		{sim.SearchState{Strategy: "dfs:1", Made: "0/2/2/0"}, `bad decision "0/2/2/0"`},
		{sim.SearchState{Strategy: "dfs:1", Made: "2/2/2/0/0"}, "bad decision"},
		{sim.SearchState{Strategy: "dfs:1", Made: "0/3/2/0/0"}, "bad decision"},
		{sim.SearchState{Strategy: "dfs:1", Made: "0/2/2/0/9"}, "bad decision"},
		{sim.SearchState{Strategy: "dfs:1", Made: "x/2/2/0/0"}, "bad decision"},
		{sim.SearchState{Strategy: "dfs:1", Base: 1}, "base 1 of 0"},
	} {
		if _, err := sim.ResumeSearch(c.state); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q", c.state, err, c.want)
		}
	}
}
