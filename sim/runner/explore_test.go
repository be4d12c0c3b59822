package runner

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/internal/toy"
)

// two is a program of two threads with three steps each; it fails if stop holds for
// the order of its steps. What notes the order is atomic for the race detector alone.
func two(stop func(order string) bool) *sim.Scenario {
	return &sim.Scenario{Name: "two", Params: []sim.Param{{Name: "steps", Default: 3, Min: 1, Max: 4}}, Run: func(w *sim.World) {
		w.Mark()
		g := w.NewWaitGroup("both")
		x := w.NewInt64("x", 0)
		var order atomic.Value
		order.Store("")
		for _, name := range []string{"a", "b"} {
			g.Go(name, func() {
				for range w.Param("steps") {
					x.Add(1)
					order.Store(order.Load().(string) + name)
				}
			})
		}
		g.Wait()
		if o := order.Load().(string); stop != nil && stop(o) {
			w.Fail("O-1", "the order is %s", o)
		}
	}}
}

func explore(t *testing.T, o ExploreOptions) *ExploreReport {
	t.Helper()
	r, err := Explore(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// An exploration is the same one on any number of workers.
func TestExploreOnWorkers(t *testing.T) {
	for _, delays := range []bool{false, true} {
		want := explore(t, ExploreOptions{Scenario: two(nil), Preemptions: 3, Delays: delays, Workers: 1})
		if !want.Search.Complete || want.Search.Runs < 20 || want.Search.From == 0 || want.Left != 0 || want.State != nil {
			t.Errorf("%+v", want)
		}
		for range 5 {
			got := explore(t, ExploreOptions{Scenario: two(nil), Preemptions: 3, Delays: delays, Workers: 4})
			if got.Search != want.Search || got.Digest != want.Digest || got.Steps != want.Steps {
				t.Errorf("on 4 workers %+v, want %+v", got, want)
			}
		}
	}
}

// The failure reported is the first one in the order of the search.
func TestExploreFindsTheFirstFailure(t *testing.T) {
	late := func(order string) bool { return strings.HasPrefix(order, "ba") || order == "aabbab" }
	want := explore(t, ExploreOptions{Scenario: two(late), Preemptions: 3, Workers: 1})
	if want.Failure == nil || want.Failure.Result.Failure.Kind != sim.Broken || want.Search.Complete {
		t.Fatalf("%+v", want)
	}
	for range 10 {
		got := explore(t, ExploreOptions{Scenario: two(late), Preemptions: 3, Workers: 3})
		if got.Failure == nil || got.Failure.Result.Digest != want.Failure.Result.Digest {
			t.Errorf("got %v, want %v", got.Failure, want.Failure.Result.Failure)
		}
	}
	o, err := Replay(two(late), want.Failure.File(Origin{Registry: "x"}), 0)
	if err != nil || !o.Exact || !o.Same {
		t.Errorf("the replay: %+v, %v", o, err)
	}
}

// countdown ends a context when it has been asked so often.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// An exploration that is stopped and goes on, again and again, is the whole one.
func TestExploreGoesOn(t *testing.T) {
	want := explore(t, ExploreOptions{Scenario: two(nil), Preemptions: 3, Workers: 1})
	o := ExploreOptions{Scenario: two(nil), Preemptions: 3, Workers: 1}
	left := 1.0
	for stops := 0; ; stops++ {
		r, err := Explore(&countdown{context.Background(), 7}, o)
		if err != nil {
			t.Fatal(err)
		}
		if r.State == nil {
			if r.Search != want.Search || r.Digest != want.Digest || r.Steps != want.Steps || stops < 3 {
				t.Errorf("after %d stops %+v, want %+v", stops, r, want)
			}
			return
		}
		if r.Left >= left || r.Left <= 0 {
			t.Errorf("%v of the tree is left, was %v", r.Left, left)
		}
		left = r.Left
		text, err := json.Marshal(r.State)
		if err != nil {
			t.Fatal(err)
		}
		if o.From, err = ParseExploreState(text); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(o.From, r.State) {
			t.Fatalf("read %+v, wrote %+v", o.From, r.State)
		}
	}
}

func TestExploreRefusesStates(t *testing.T) {
	r, err := Explore(&countdown{context.Background(), 3}, ExploreOptions{Scenario: two(nil), Preemptions: 2, Workers: 1})
	if err != nil || r.State == nil {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, c := range []struct {
		change func(st *ExploreState)
		want   string
	}{
		{func(st *ExploreState) { st.Scenario = "other" }, "scenario other"},
		{func(st *ExploreState) { st.Faults = 2 }, "other bounds"},
		{func(st *ExploreState) { st.First = "0" }, "has changed"},
		{func(st *ExploreState) { st.Parts[0].Made = "x" }, "bad decision"},
	} {
		st := *r.State
		st.Parts = append([]sim.SearchState(nil), st.Parts...)
		c.change(&st)
		_, err := Explore(context.Background(), ExploreOptions{Scenario: two(nil), Preemptions: 2, From: &st})
		var se *ExploreStateError
		if !errors.As(err, &se) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	for text, want := range map[string]string{"{": "not the state", `{"format":9}`: "version 9", `{"format":1}`: "nothing left"} {
		if _, err := ParseExploreState([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}

func TestExploreErrors(t *testing.T) {
	for _, c := range []struct {
		o    ExploreOptions
		want string
	}{
		{ExploreOptions{}, "nothing to explore"},
		{ExploreOptions{Scenario: two(nil), Preemptions: -1}, "below zero"},
		{ExploreOptions{Scenario: two(nil), For: -1}, "no time"},
		{ExploreOptions{Scenario: two(nil), Workers: -1}, "-1 workers"},
		{ExploreOptions{Scenario: two(nil), Params: map[string]int64{"nosuch": 1}}, "nosuch"},
	} {
		var oe *OptionError
		if _, err := Explore(context.Background(), c.o); !errors.As(err, &oe) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	var pe *PanicError
	if _, err := Explore(context.Background(), ExploreOptions{Scenario: toy.BrokenCheck(), Workers: 2}); !errors.As(err, &pe) {
		t.Errorf("a broken checker gives %v", err)
	}
}

// fault is a planned thing.
type fault string

func (f fault) MarshalText() ([]byte, error)  { return []byte(f), nil }
func (f *fault) UnmarshalText(b []byte) error { *f = fault(b); return nil }

// Schedules that a fault keeps from the mark are counted apart: what is said to be
// complete does not hold for them.
func TestExploreCountsWhatNeverCameToTheMark(t *testing.T) {
	s := two(nil)
	body := s.Run
	s.Run = func(w *sim.World) {
		for _, f := range sim.Plan(w, sim.Faults, "net", nil, func() []fault { return []fault{"refuse", "cut"} }) {
			if f == "refuse" {
				return
			}
		}
		body(w)
	}
	r := explore(t, ExploreOptions{Scenario: s, Preemptions: 1, Faults: 1, Workers: 2})
	if !r.Search.Complete || r.Search.Unmarked != 1 || r.Search.Menu != 2 || r.Search.Cut != 0 || r.Search.Sampled != 0 {
		t.Errorf("%+v", r.Search)
	}
}

// A run that depends on an earlier one is nondeterminism, not a panic of the harness.
func TestExploreFindsNondeterminism(t *testing.T) {
	var runs atomic.Int64
	s := &sim.Scenario{Name: "drifts", Run: func(w *sim.World) {
		g := w.NewWaitGroup("all")
		for range 2 + runs.Add(1)%2 {
			g.Go("thread", func() { w.Yield() })
		}
		g.Wait()
	}}
	r := explore(t, ExploreOptions{Scenario: s, Preemptions: 1, Workers: 1})
	if r.Failure == nil || r.Failure.Result.Failure.Kind != sim.Nondeterminism || ExitCode([]Failure{*r.Failure}) != 4 {
		t.Errorf("%+v", r.Failure)
	}
}

// A budget also ends the search for a failure that comes before the one found.
func TestExploreEndsAfterAFailure(t *testing.T) {
	s := two(func(order string) bool { return strings.HasPrefix(order, "b") })
	s.Params[0].Max, s.Params[0].Default = 1000, 1000
	r := explore(t, ExploreOptions{Scenario: s, Preemptions: 8, Delays: true, For: 200 * time.Millisecond, Workers: 4})
	switch {
	case r.Failure == nil && r.State == nil:
		t.Errorf("neither failed nor to be gone on with: %+v", r)
	case r.Failure != nil && r.First:
		t.Errorf("the failure is said to be the first: %+v", r.Search)
	}
}
