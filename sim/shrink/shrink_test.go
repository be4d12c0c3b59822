package shrink

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
	"github.com/collider-amqp/collider/sim/internal/toy"
	"github.com/collider-amqp/collider/sim/runner"
	"pgregory.net/rapid"
)

// barReplays is the bar of a small program.
const barReplays = 500

// programs are small programs with the size, known by hand, of their smallest
// failing run: threads of noise do not hide it. The first decision takes a
// thread to where it is interrupted, another one leaves it there.
var programs = []struct {
	name      string
	noise     int64
	bug       func(*sim.World, *sim.WaitGroup)
	decisions int
	preempts  uint64
}{
	{"abba", 10, abba, 2, 1},
	{"lost", 10, lost, 2, 2},
	{"order", 10, order, 1, 0},
	{"twice", 2, twice, 3, 2},
}

func TestSmallProgramsBecomeMinimal(t *testing.T) {
	for _, c := range programs {
		s := noisy(c.name, c.noise, c.bug)
		for n := 1; n <= 5; n++ {
			for _, strategy := range []string{"random", "auto"} {
				f := failing(t, s, strategy, n)
				r := shrunk(t, s, f, Options{})
				if r.After.Decisions > c.decisions || r.After.Preempts > c.preempts || !r.Minimal {
					t.Errorf("%s: %+v, minimal %v: %v", c.name, r.After, r.Minimal, choice.Schedule(r.File.Segments))
				}
				if r.Replays > barReplays {
					t.Errorf("%s: %d replays in %v", c.name, r.Replays, r.Elapsed)
				}
			}
		}
	}
}

// Without any one of its decisions, or a step of one, a minimal run does not fail.
func TestResultsAreMinimal(t *testing.T) {
	for _, c := range programs {
		s := noisy(c.name, 3, c.bug)
		r := shrunk(t, s, failing(t, s, "random", 1), Options{})
		for i := range r.File.Segments {
			if r.File.Segments[i].Thread == choice.Free {
				continue
			}
			for _, steps := range []uint64{0, r.File.Segments[i].Steps - 1} {
				f := *r.File
				f.Segments = append(runner.Segments(nil), f.Segments...)
				f.Segments[i].Steps = steps
				o, err := runner.Replay(s, &f, 0)
				if err != nil {
					t.Fatal(err)
				}
				if o.Same {
					t.Errorf("%s: %v fails with %d steps in segment %d, too", c.name, choice.Schedule(r.File.Segments), steps, i+1)
				}
			}
		}
	}
}

func TestToys(t *testing.T) {
	for _, s := range toy.All()[1:] {
		f := failing(t, s, "random", 2)
		r := shrunk(t, s, f, Options{})
		if r.After.Decisions > 3 || r.After.Preempts > 2 || !r.Minimal || r.Replays > barReplays {
			t.Errorf("%s: %+v → %+v, %d replays, minimal %v", s.Name, r.Before, r.After, r.Replays, r.Minimal)
		}
		if r.Divergent != nil {
			t.Errorf("%s: %v", s.Name, r.Divergent)
		}
		again := shrunk(t, s, f, Options{})
		if !reflect.DeepEqual(again.File, r.File) {
			t.Errorf("%s: shrunk twice: %+v, %+v", s.Name, r.File, again.File)
		}
		if least := shrunk(t, s, r.File, Options{}); !reflect.DeepEqual(least.File, r.File) || !least.Minimal {
			t.Errorf("%s: a minimal file has changed from %+v to %+v", s.Name, r.File, least.File)
		}
		if text, err := r.File.Encode(); err != nil || len(text) > 4096 {
			t.Errorf("%s: %d bytes, %v", s.Name, len(text), err)
		}
	}
}

// Parameters that the failure does not need go to their minimum, and faults off.
func TestParametersShrink(t *testing.T) {
	s := toy.LostUpdate()
	f := failing(t, s, "random", 1)
	for n := 2; f.Params["threads"] != 4; n++ {
		f = failing(t, s, "random", n)
	}
	if r := shrunk(t, s, f, Options{}); r.File.Params["threads"] != 2 {
		t.Errorf("%d threads, want 2", r.File.Params["threads"])
	}
	s = toy.Faulty()
	f = failing(t, s, "random", 1)
	for n := 2; f.Params["fault.nap"] == 0; n++ {
		f = failing(t, s, "random", n)
	}
	r := shrunk(t, s, f, Options{})
	if want := map[string]int64{"fault.lie": 1, "fault.nap": 0}; !reflect.DeepEqual(r.File.Params, want) || r.After.Segments != 0 {
		t.Errorf("%v, %+v", r.File.Params, r.After)
	}
}

// threshold fails if its parameter is at least 37.
func TestParametersShrinkByHalves(t *testing.T) {
	s := &sim.Scenario{
		Name: "threshold", Params: []sim.Param{{Name: "n", Min: 1, Max: 1 << 40, Default: 1, Draw: sim.Scale}},
		Run: func(w *sim.World) {
			if w.Param("n") >= 37 {
				w.Fail("T-1", "%d is too many", w.Param("n"))
			}
		},
	}
	r := shrunk(t, s, failing(t, s, "random", 3), Options{})
	if r.File.Params["n"] != 37 || r.Replays > 2000 {
		t.Errorf("n = %d after %d replays", r.File.Params["n"], r.Replays)
	}
}

// TestSlippage has two bugs in one program: the one recorded must stay, the other is
// a finding, although fewer decisions reach it.
func TestSlippage(t *testing.T) {
	s := noisy("both", 2, func(w *sim.World, g *sim.WaitGroup) {
		twice(w, g)
		made := w.NewInt64("made", 0)
		g.Go("use", func() {
			if made.Load() == 0 {
				w.Fail("N-2", "used before it was made")
			}
		})
		g.Go("make", func() { made.Store(1) })
	})
	f := failing(t, s, "random", 1)
	for n := 2; f.Failure.Rule != "N-3"; n++ {
		f = failing(t, s, "random", n)
	}
	r := shrunk(t, s, f, Options{})
	if r.File.Failure.Rule != "N-3" || r.Failure.Result.Failure.Rule != "N-3" || !r.Minimal {
		t.Errorf("slipped to %v", r.Failure.Result.Failure)
	}
	if len(r.Found) != 1 || r.Found[0].Result.Failure.Rule != "N-2" {
		t.Fatalf("found on the way: %v", r.Found)
	}
	o, err := runner.Replay(s, r.FoundFile(r.Found[0]), 0)
	if err != nil || o.Failure == nil || !o.Same || o.Result.Failure.Rule != "N-2" {
		t.Errorf("the finding's file gives %+v, %v", o, err)
	}
}

func TestNondeterminismIsAReportOfItsOwn(t *testing.T) {
	s := toy.Nondeterministic(true)
	var f *runner.File
	for f == nil {
		r, err := runner.Once(s, sim.RunConfig{Seed: 1}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if r.Failure != nil {
			f = runner.NewFailure(s, r).File(runner.Origin{Registry: "test"})
			if _, err := runner.Once(s, sim.RunConfig{Seed: 1}, 0); err != nil { // the next is even again
				t.Fatal(err)
			}
		}
	}
	r, err := Run(context.Background(), s, f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Divergent == nil || r.Divergent.Result.Failure.Kind != sim.Nondeterminism || r.Divergent.Divergence == nil || r.Minimal {
		t.Errorf("%+v", r)
	}
}

func TestRefusals(t *testing.T) {
	s := toy.LostUpdate()
	f := failing(t, s, "random", 1)
	passes := *f
	passes.Segments = nil
	_, err := Run(context.Background(), s, &passes, Options{})
	var nr *NotReproducedError
	if !errors.As(err, &nr) || nr.Got != nil || !strings.Contains(err.Error(), "it passes") {
		t.Errorf("%v", err)
	}
	other := *f
	other.Failure.Rule = "TOY-7"
	_, err = Run(context.Background(), s, &other, Options{})
	if !errors.As(err, &nr) || nr.Got == nil || !strings.Contains(err.Error(), "TOY-1") {
		t.Errorf("%v", err)
	}
	strange := *f
	strange.Params = map[string]int64{"threads": 99}
	var fe *runner.FileError
	if _, err = Run(context.Background(), s, &strange, Options{}); !errors.As(err, &fe) {
		t.Errorf("%v", err)
	}
	var pe *runner.PanicError
	if _, err = Run(context.Background(), toy.BrokenCheck(), f, Options{}); err == nil {
		t.Error("a file of another scenario is taken")
	}
	f.Params = nil
	if _, err = Run(context.Background(), toy.BrokenCheck(), f, Options{}); !errors.As(err, &pe) {
		t.Errorf("%v", err)
	}
}

// A search that is cut short returns the best that it has.
func TestBudgets(t *testing.T) {
	s := noisy("abba", 10, abba)
	f := failing(t, s, "random", 1)
	full := shrunk(t, s, f, Options{})
	for n := 2; n < full.Replays; n += 7 {
		r := shrunk(t, s, f, Options{Replays: n})
		if r.Minimal || r.Replays > n+3 {
			t.Errorf("%d replays of %d, minimal %v", r.Replays, n, r.Minimal)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	taken := 0
	r, err := Run(ctx, s, f, Options{Progress: func(size Size, replays int) {
		if taken++; taken == 3 {
			cancel()
		}
	}})
	cancel()
	if err != nil || r.Minimal || taken != 3 || r.After.Segments >= r.Before.Segments {
		t.Errorf("%+v, %v after %d", r, err, taken)
	}
	check(t, s, f, r)
	if r := shrunk(t, s, f, Options{Time: time.Nanosecond}); r.Minimal || r.Replays > 3 {
		t.Errorf("%d replays in no time", r.Replays)
	}
}

// Whatever fails, in whatever way, becomes a file that fails in the same way and
// is not larger.
func TestShrunkFilesFailAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(append(toy.All()[1:],
			noisy("abba", 4, abba), noisy("lost", 4, lost), noisy("order", 4, order))).Draw(t, "scenario")
		strategy, err := sim.ParseStrategy(rapid.SampledFrom([]string{"auto", "random", "sticky", "pct"}).Draw(t, "strategy"))
		if err != nil {
			t.Fatal(err)
		}
		r, err := runner.Once(s, sim.RunConfig{Seed: rapid.Uint64().Draw(t, "seed"), Strategy: strategy}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if r.Failure == nil {
			return
		}
		f := runner.NewFailure(s, r).File(runner.Origin{Registry: "test"})
		limit := rapid.SampledFrom([]int{0, 3, 10, 30, 100}).Draw(t, "replays")
		result, err := Run(context.Background(), s, f, Options{Replays: limit})
		if err != nil {
			t.Fatal(err)
		}
		check(t, s, f, result)
	})
}

func TestSegments(t *testing.T) {
	parse := func(text string) choice.Schedule {
		s, err := choice.ParseSchedule(text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, c := range []struct{ plan, did, want string }{
		{"a 3 | b 2", "a 3 | b 2 | a 1", "a 3 | b 2"},
		{"a 3 | b 2", "a 2 | b 5", "a 2 | b 2"},
		{"a 3 | c 9 | a 2 | b 1", "a 5 | b 1", "a 5 | b 1"},
		{"c 9 | a 1", "a 4", "a 1"},
		{"a 2 | b 2", "a 1", "a 1"},
		{"* 3 | b 2", "a 1 | c 1 | a 1 | b 7", "* 3 | b 2"},
		{"* 3 | b 2 | * 4", "a 2 | clock 1 | a 7", ""},
		{"b 2 | * 4", "b 7", "b 2"},
		{"a 1 | clock 1 | a 1", "a 1 | clock 1 | a 7", "a 1 | clock 1 | a 1"},
	} {
		if got := followed(parse(c.plan), parse(c.did)); got.String() != c.want {
			t.Errorf("of %s, a run that did %s followed %v, want %s", c.plan, c.did, got, c.want)
		}
	}
}
