package shrink

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/runner"
)

// job is a planned number with a text form.
type job int

func (j job) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "job %d", int(j)), nil }

func (j *job) UnmarshalText(b []byte) error {
	_, err := fmt.Sscanf(string(b), "job %d", (*int)(j))
	return err
}

// planner draws five faults and eight jobs, and fails if the fault 3 and the jobs 2
// and 6 are among them.
func planner() *sim.Scenario {
	return &sim.Scenario{
		Name:   "planner",
		Params: []sim.Param{{Name: "fault.all", Min: 0, Max: 5, Default: 5}, {Name: "jobs", Min: 0, Max: 8, Default: 8}},
		Run: func(w *sim.World) {
			upTo := func(n int64) (js []job) {
				for i := range n {
					js = append(js, job(i))
				}
				return js
			}
			faults := sim.Plan(w, sim.Faults, "all", upTo(w.Param("fault.all")), nil)
			jobs := sim.Plan(w, sim.Work, "worker", upTo(w.Param("jobs")), nil)
			g := w.NewWaitGroup("jobs")
			for _, j := range jobs {
				g.Go("job", func() { w.Note("job", "%d", j) })
			}
			g.Wait()
			if slices.Contains(faults, 3) && slices.Contains(jobs, 2) && slices.Contains(jobs, 6) {
				w.Fail("P-1", "three things have met")
			}
		},
	}
}

func TestPlansShrink(t *testing.T) {
	s := planner()
	f := failing(t, s, "random", 1)
	for n := 2; len(f.Faults) < 5; n++ {
		f = failing(t, s, "random", n)
	}
	r := shrunk(t, s, f, Options{})
	if want := []string{"all: job 3"}; !reflect.DeepEqual(r.File.Faults, want) {
		t.Errorf("faults %q, want %q", r.File.Faults, want)
	}
	if want := []string{"worker: job 2", "worker: job 6"}; !reflect.DeepEqual(r.File.Work, want) {
		t.Errorf("work %q, want %q", r.File.Work, want)
	}
	if r.Before.Faults != 5 || r.After.Faults != 1 || r.After.Work != 2 || !r.Minimal || r.Replays > barReplays {
		t.Errorf("%+v → %+v, minimal %v, %d replays", r.Before, r.After, r.Minimal, r.Replays)
	}
	o, err := runner.Replay(s, r.File, 0)
	if err != nil || !o.Same || !o.Exact {
		t.Errorf("the shrunk file gives %+v, %v", o, err)
	}
	again := shrunk(t, s, r.File, Options{})
	if !reflect.DeepEqual(again.File, r.File) {
		t.Errorf("shrunk again: %+v, was %+v", again.File, r.File)
	}
}

// A plan that cannot be read is the file's fault, not a failure of the program.
func TestUnreadablePlan(t *testing.T) {
	s := planner()
	f := failing(t, s, "random", 1)
	f.Faults = append(f.Faults, "all: nonsense")
	if _, err := runner.Replay(s, f, 0); err == nil || !strings.Contains(err.Error(), `faults: "all: nonsense"`) {
		t.Errorf("the error is %v", err)
	}
}

// The plan of nothing is another candidate than the drawn one, with the same seed
// and schedule.
func TestLastItemGoes(t *testing.T) {
	s := &sim.Scenario{
		Name:   "last-item",
		Params: []sim.Param{{Name: "fault.all", Min: 1, Max: 2, Default: 1}, {Name: "size", Max: 8, Default: 8}},
		Run: func(w *sim.World) {
			drawn := []job{1, 2}[:w.Param("fault.all")]
			sim.Plan(w, sim.Faults, "all", drawn, nil)
			if w.Rand("luck").Uint64()%1000 == 0 { // few other seeds fail
				w.Fail("P-2", "whatever is planned")
			}
		},
	}
	f := failing(t, s, "random", 1)
	f.Params["size"], f.Segments = 8, nil // it fails under any schedule
	r := shrunk(t, s, f, Options{})
	if len(r.File.Faults) != 0 || !r.Minimal {
		t.Errorf("faults %q, minimal %v", r.File.Faults, r.Minimal)
	}
}

// A parameter of a fault that draws no plan is made smaller beside a planned one.
func TestUnplannedFaultShrinks(t *testing.T) {
	s := &sim.Scenario{
		Name:   "skewed",
		Params: []sim.Param{{Name: "fault.all", Min: 3, Max: 3, Default: 3}, {Name: "fault.skew", Max: 50, Default: 50}},
		Run: func(w *sim.World) {
			faults := sim.Plan(w, sim.Faults, "all", []job{1, 2, 3}[:w.Param("fault.all")], nil)
			for _, f := range faults {
				w.Note("fault", "%d", f)
			}
			if slices.Contains(faults, 2) && w.Param("fault.skew") >= 7 {
				w.Fail("P-3", "two things have met")
			}
		},
	}
	f := failing(t, s, "random", 1)
	f.Params["fault.skew"], f.Faults = 50, []string{"all: job 1", "all: job 2"} // the scenario draws three
	r := shrunk(t, s, f, Options{})
	if want := []string{"all: job 2"}; r.File.Params["fault.skew"] != 7 || !reflect.DeepEqual(r.File.Faults, want) {
		t.Errorf("skew %d, faults %q", r.File.Params["fault.skew"], r.File.Faults)
	}
}
