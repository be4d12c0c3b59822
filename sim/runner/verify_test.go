package runner

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
	"github.com/collider-amqp/collider/sim/history"
	"github.com/collider-amqp/collider/sim/internal/toy"
)

func TestVerify(t *testing.T) {
	procs := runtime.GOMAXPROCS(0)
	o := Options{Scenarios: toy.All(), Runs: 100, Seed: 4}
	r, err := Verify(context.Background(), o)
	if err != nil || len(r.Failures) != 0 || r.Failed != 0 || r.Runs != 500 {
		t.Fatalf("%+v, %v", r, err)
	}
	o.KeepGoing = true
	if d := mustRun(t, o).Digest; d != r.Digest {
		t.Errorf("digest %v of verify, %v of run", r.Digest, d)
	}
	if runtime.GOMAXPROCS(0) != procs {
		t.Error("GOMAXPROCS was not set back")
	}
}

func TestVerifyFindsNondeterminism(t *testing.T) {
	for _, failing := range []bool{false, true} {
		r, err := Verify(context.Background(), Options{
			Scenarios: []*sim.Scenario{toy.Clean(), toy.Nondeterministic(failing)}, Runs: 20, Seed: 4,
		})
		if err != nil || len(r.Failures) != 1 || r.Failed != 20 || r.Failures[0].Count != 20 {
			t.Fatalf("%+v, %v", r, err)
		}
		f := r.Failures[0]
		if f.Result.Seed != 4 || f.Divergence == nil || f.Divergence.What != "event" || ExitCode(r.Failures) != 4 {
			t.Errorf("%+v", f)
		}
	}
}

func TestVerifyReportsAStuckRun(t *testing.T) {
	release := make(chan struct{})
	r, err := Verify(context.Background(), Options{
		Scenarios: []*sim.Scenario{toy.LostUpdate(), toy.Stuck(release)}, Runs: 20, Watchdog: 50 * time.Millisecond,
	})
	close(release)
	if err != nil || len(r.Failures) != 1 || r.Failures[0].Result.Failure.Kind != sim.Stuck || ExitCode(r.Failures) != 3 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestDivergence(t *testing.T) {
	h := func(names ...string) *history.History {
		h := &history.History{Threads: []string{"main"}}
		for i, n := range names {
			h.Events = append(h.Events, history.Event{Seq: uint64(i + 1), Kind: history.Note, Name: n})
		}
		return h
	}
	sched := func(text string) choice.Schedule {
		s, err := choice.ParseSchedule(text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, c := range []struct {
		a, b sim.Result
		want string
	}{
		{sim.Result{History: h("x", "y")}, sim.Result{History: h("x", "z")}, "part at event 2\n"},
		{sim.Result{History: h("x")}, sim.Result{History: h("x", "z")}, "1st   nothing"},
		{sim.Result{Schedule: sched("a 1 | b 2")}, sim.Result{Schedule: sched("a 1 | c 2")}, "part at decision 2\n  both  a 1\n  1st   b 2\n  2nd   c 2"},
		{sim.Result{}, sim.Result{Failure: &sim.Failure{Kind: sim.Leak, Message: "left"}}, "differ in their failure\n  1st   passed\n  2nd   leak: left"},
		{sim.Result{Digest: 1, Steps: 5}, sim.Result{Digest: 2, Steps: 5}, "0000000000000001 after 5 steps"},
	} {
		if got := diverge(&c.a, &c.b).String(); !strings.Contains(got, c.want) {
			t.Errorf("got\n%s\nwant a part\n%s", got, c.want)
		}
	}
}

func TestSame(t *testing.T) {
	base := func() sim.Result {
		return sim.Result{Digest: 1, Steps: 2, Failure: &sim.Failure{Kind: sim.Broken, Rule: "A", Message: "m"}}
	}
	a := base()
	if b := base(); !same(&a, &b) {
		t.Error("equal results differ")
	}
	for i, edit := range []func(*sim.Result){
		func(r *sim.Result) { r.Digest++ }, func(r *sim.Result) { r.Steps++ }, func(r *sim.Result) { r.Failure = nil },
		func(r *sim.Result) { r.Failure.Kind = sim.Leak }, func(r *sim.Result) { r.Failure.Rule = "B" }, func(r *sim.Result) { r.Failure.Message = "n" },
	} {
		b := base()
		edit(&b)
		if same(&a, &b) || same(&b, &a) {
			t.Errorf("edit %d is not seen", i)
		}
	}
}

func TestBuildOf(t *testing.T) {
	if b := ThisBuild(); b.Version == "" {
		t.Error("no version")
	}
}

// TestRacedIsNoDifference: the race detector says a thing once, so a run that failed
// by it passes when it is repeated.
func TestRacedIsNoDifference(t *testing.T) {
	raced := sim.Result{Digest: 1, Steps: 2, Failure: &sim.Failure{Kind: sim.Raced, Message: "m"}}
	passed := sim.Result{Digest: 1, Steps: 2}
	broken := sim.Result{Digest: 1, Steps: 2, Failure: &sim.Failure{Kind: sim.Broken, Rule: "A"}}
	if !same(&raced, &passed) || !same(&passed, &raced) || same(&raced, &broken) || same(&broken, &raced) {
		t.Error("a race is a difference, or hides one")
	}
	if runDigest(7, &raced) != runDigest(7, &passed) || runDigest(7, &raced) == runDigest(7, &broken) {
		t.Error("a race is part of the digest, or hides what is")
	}
}
