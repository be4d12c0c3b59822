package sim_test

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"testing"

	"github.com/collider-amqp/collider/sim"
)

// number is a planned thing with a text form.
type number int

func (n number) MarshalText() ([]byte, error) { return []byte("no. " + strconv.Itoa(int(n))), nil }

func (n *number) UnmarshalText(b []byte) error {
	_, err := fmt.Sscanf(string(b), "no. %d", (*int)(n))
	return err
}

// planned returns what a run with cfg was given, and its result.
func planned(t *testing.T, cfg sim.RunConfig, drawn []number, menu func() []number) ([]number, sim.Result) {
	t.Helper()
	var got []number
	cfg.Keep = true
	w := sim.NewWorld(sim.Options{HideRaces: true})
	defer w.Close()
	r := sim.Execute(w, &sim.Scenario{Name: "planned", Run: func(w *sim.World) {
		got = sim.Plan(w, sim.Faults, "net", drawn, menu)
		w.Yield()
	}}, cfg)
	return got, r
}

func TestPlanIsWhatWasDrawn(t *testing.T) {
	got, r := planned(t, sim.RunConfig{}, []number{3, 1}, nil)
	if !reflect.DeepEqual(got, []number{3, 1}) {
		t.Errorf("got %v", got)
	}
	if want := (sim.Plans{{"net: no. 3", "net: no. 1"}, {}}); !reflect.DeepEqual(r.Plans, want) {
		t.Errorf("the result has %q, want %q", r.Plans, want)
	}
}

func TestPlanIsReplaced(t *testing.T) {
	for _, c := range []struct {
		given []string
		want  []number
		drift int
	}{
		{nil, []number{3, 1}, 0},
		{[]string{}, []number{}, 0},
		{[]string{"net: no. 7"}, []number{7}, 0},
		{[]string{"other: no. 7", "net: no. 1", "network: no. 2"}, []number{1}, 2},
	} {
		got, r := planned(t, sim.RunConfig{Plans: sim.Plans{c.given}, Strategy: sim.Replay(nil)}, []number{3, 1}, nil)
		if !reflect.DeepEqual(got, c.want) || r.Drift.Items != c.drift {
			t.Errorf("%q gives %v with drift %d, want %v, %d", c.given, got, r.Drift.Items, c.want, c.drift)
		}
	}
}

func TestPlanErrors(t *testing.T) {
	_, r := planned(t, sim.RunConfig{Plans: sim.Plans{{"net: seven"}}}, nil, nil)
	var pe *sim.PlanError
	if r.Failure == nil || !errors.As(r.Failure.Value.(error), &pe) || pe.Item != "net: seven" || pe.Kind != sim.Faults {
		t.Errorf("the failure is %v", r.Failure)
	}
	wantMisuse(t, "two plans of work for the purpose jobs", func(w *sim.World) {
		sim.Plan(w, sim.Work, "jobs", []number{1}, nil)
		sim.Plan(w, sim.Work, "jobs", []number{1}, nil)
	})
}

// TestSearchPlansFaults visits each subset of the menu within the bound once, with
// each schedule.
func TestSearchPlansFaults(t *testing.T) {
	menu := func() []number { return []number{10, 20, 30} }
	for bound, want := range []int{1, 4, 7, 8, 8} {
		seen := map[string]int{}
		search := sim.SearchPreemptions(0).WithFaults(bound)
		w := sim.NewWorld(sim.Options{HideRaces: true})
		s := &sim.Scenario{Name: "planned", Run: func(w *sim.World) {
			got := sim.Plan(w, sim.Faults, "net", []number{99}, menu)
			w.Mark()
			g := w.NewWaitGroup("two")
			order := ""
			for _, name := range []string{"a", "b"} {
				g.Go(name, func() { order += name })
			}
			g.Wait()
			seen[fmt.Sprint(got, order)]++
		}}
		for more := true; more; more = search.Next() {
			sim.Execute(w, s, sim.RunConfig{Strategy: search})
		}
		w.Close()
		if len(seen) != 2*want {
			t.Errorf("bound %d: %d of %d combinations: %v", bound, len(seen), 2*want, seen)
		}
		for key, n := range seen {
			if n != 1 {
				t.Errorf("bound %d: %s was visited %d times", bound, key, n)
			}
		}
		if r := search.Report(); !r.Complete || r.Menu != 3 {
			t.Errorf("bound %d: %+v", bound, r)
		}
	}
}
