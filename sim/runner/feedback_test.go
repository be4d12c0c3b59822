package runner

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/internal/toy"
)

// spinning does not get on if one order of two threads comes about.
func spinning() *sim.Scenario {
	return &sim.Scenario{Name: "spinning", Steps: 2000, Run: func(w *sim.World) {
		a, b := w.NewInt64("a", 0), w.NewInt64("b", 0)
		w.Go("setter", func() {
			a.Store(1)
			b.Store(1)
		})
		if a.Load() == 1 && b.Load() == 0 {
			for {
				w.Yield()
			}
		}
	}}
}

// One worker repeats itself; each failure is confirmed by its decisions, and its
// file repeats it exactly.
func TestFeedbackOfOneWorker(t *testing.T) {
	o := Options{Scenarios: append(toy.All(), spinning()), Seed: 3, Runs: 400, KeepGoing: true, Strategy: "feedback", Workers: 1}
	r := mustRun(t, o)
	again := mustRun(t, o)
	if x, y := summarise(r), summarise(again); x != y {
		t.Errorf("%+v\nand %+v", x, y)
	}
	if !r.Undigested || r.Digest != 0 || r.Runs != 6*400 || len(r.Failures) < 5 {
		t.Errorf("%d runs, digest %v, %d ways to fail", r.Runs, r.Digest, len(r.Failures))
	}
	for i := range r.Failures {
		f := &r.Failures[i]
		if f.Divergence != nil || f.Result.Strategy != "feedback" {
			t.Errorf("%s, strategy %s: %v", f.Scenario.Name, f.Result.Strategy, f.Divergence)
		}
		replayed, err := Replay(f.Scenario, f.File(Origin{}), 0)
		if err != nil || !replayed.Same || !replayed.Exact {
			t.Errorf("%s: %+v, %v", f.Scenario.Name, replayed, err)
		}
	}
	for _, s := range r.Scenarios {
		if s.Feedback == nil || s.Feedback.Runs() != 400 || s.Feedback.Classes < 3 || s.Feedback.Full {
			t.Errorf("%s: %+v", s.Name, s.Feedback)
		}
	}
}

// Each worker learns by itself; what they have seen is counted once.
func TestFeedbackOfManyWorkers(t *testing.T) {
	o := Options{Scenarios: []*sim.Scenario{toy.Clean(), toy.LostUpdate()}, Runs: 3000, KeepGoing: true, Strategy: "feedback", Workers: 1}
	alone := mustRun(t, o)
	o.Workers = 4
	classes := 0
	o.Progress = func(p Progress) { classes = p.Classes }
	r := mustRun(t, o)
	for i, s := range r.Scenarios {
		if f := s.Feedback; f.Runs() != 3000 || f.Classes != alone.Scenarios[i].Feedback.Classes {
			t.Errorf("%s: %+v, and by one worker %+v", s.Name, f, alone.Scenarios[i].Feedback)
		}
	}
	if most := r.Scenarios[0].Feedback.Classes + r.Scenarios[1].Feedback.Classes; classes > most {
		t.Errorf("progress tells of %d classes, there are %d", classes, most)
	}
	if len(r.Failures) == 0 || r.Failures[0].Divergence != nil {
		t.Errorf("%+v", r.Failures)
	}
}

func TestCoverageCountsOnce(t *testing.T) {
	c := newCoverage()
	for _, class := range []uint64{1, 2, 1, 3, 1, 3} {
		c.see(class)
	}
	if r := c.report(); r.Classes != 3 || r.Once != 1 || r.Full {
		t.Errorf("%+v", r)
	}
	for i := range uint64(maxCoverage + 10) {
		c.see(i)
	}
	if r := c.report(); r.Classes != maxCoverage || !r.Full {
		t.Errorf("%+v", r)
	}
}

// What names runs by their seeds refuses the strategy.
func TestFeedbackRefused(t *testing.T) {
	s := toy.Clean()
	_, verify := Verify(context.Background(), Options{Scenarios: []*sim.Scenario{s}, Strategy: "feedback", Runs: 2})
	_, repeat := Repeat(s, Spec{Strategy: "feedback"}, 0)
	_, _, twice := RepeatTwice(s, Spec{Strategy: "feedback"}, 0)
	for _, err := range []error{verify, repeat, twice} {
		var oe *OptionError
		if !errors.As(err, &oe) || oe.Option != "Strategy" || !strings.Contains(err.Error(), "a seed does not name one") {
			t.Errorf("error %v", err)
		}
	}
}

// The arms of a batch are those of its runs, however many workers there are.
func TestArms(t *testing.T) {
	o := Options{Scenarios: []*sim.Scenario{toy.Clean()}, Runs: 1000, Workers: 1}
	r := mustRun(t, o)
	sum, text := uint64(0), ""
	for i, a := range r.Arms {
		sum += a.Runs
		text += a.Name + " "
		if i > 0 && a.Runs > r.Arms[i-1].Runs {
			t.Errorf("%v are not in order", r.Arms)
		}
	}
	if sum != 1000 || len(r.Arms) != 8 || r.Arms[0].Name != "surw" || strings.Contains(text, ":") {
		t.Errorf("%v", r.Arms)
	}
	o.Workers = 3
	more := mustRun(t, o)
	for i, a := range more.Arms {
		if a != r.Arms[i] {
			t.Errorf("%v with three workers, %v with one", more.Arms, r.Arms)
		}
	}
	o.Strategy = "pct:2"
	if r = mustRun(t, o); len(r.Arms) != 1 || r.Arms[0] != (Arm{"pct", 1000}) {
		t.Errorf("%v", r.Arms)
	}
	o.Strategy, o.Scenarios = "", []*sim.Scenario{toy.LostUpdate()}
	if r = mustRun(t, o); r.Runs == 1000 || len(r.Arms) == 0 {
		t.Fatalf("%+v", r)
	}
	sum = 0
	for _, a := range r.Arms {
		sum += a.Runs
	}
	if sum != r.Runs {
		t.Errorf("%d runs up to the failure, the arms have %d", r.Runs, sum)
	}
}
