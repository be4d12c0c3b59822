package canary

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// found is a trial that failed as it should after n runs; none one that did not.
func found(n uint64) Trial { return Trial{Failed: true, Right: true, Repeats: true, Runs: n} }

var none = Trial{Runs: 100}

func TestOutcomeIsThatOfTheWorstTrial(t *testing.T) {
	wrong, shaky := found(1), found(1)
	wrong.Right, shaky.Repeats = false, false
	for _, c := range []struct {
		trials []Trial
		wanted int
		want   Outcome
		median uint64
	}{
		{[]Trial{found(7)}, 1, Found, 7},
		{[]Trial{found(9), found(3), found(5)}, 3, Found, 5},
		{[]Trial{found(9), found(3)}, 2, Found, 3},
		{[]Trial{found(9), none, found(3)}, 3, Missed, 9},
		{[]Trial{none, none, found(3)}, 3, Missed, 0},
		{[]Trial{none}, 1, Missed, 0},
		{[]Trial{found(3)}, 2, Missed, 3},
		{nil, 1, Missed, 0},
		{[]Trial{none, wrong}, 2, WrongRule, 1},
		{[]Trial{wrong, shaky}, 2, Unrepeatable, 1},
	} {
		r := &Result{Canary: &Canary{}, Trials: c.trials}
		r.judge(c.wanted)
		if r.Outcome != c.want || r.Median() != c.median {
			t.Errorf("%+v: %v with a median of %d, want %v with %d", c.trials, r.Outcome, r.Median(), c.want, c.median)
		}
	}
}

func TestScore(t *testing.T) {
	rs := []*Result{{Outcome: Found}, {Outcome: Missed}, {Outcome: Found}, {Outcome: WrongRule}, {Outcome: Unfinished}}
	if s := ScoreOf(rs); s != (Score{2, 4}) || s.Percent() != 50 {
		t.Errorf("%+v", s)
	}
	if p := ScoreOf(nil).Percent(); p != 0 {
		t.Errorf("nothing scores %v", p)
	}
	known := &Result{Canary: &Canary{Missed: "too rare"}, Outcome: Found}
	if !known.Stale() {
		t.Error("a canary that is found after all is not stale")
	}
	if known.Outcome = Missed; known.Stale() {
		t.Error("a canary that is missed as it says is stale")
	}
	for o := Found; o <= Unfinished; o++ {
		if o.String() == "" {
			t.Errorf("outcome %d has no name", o)
		}
	}
}

func TestRoot(t *testing.T) {
	s := &Suite{Module: "github.com/collider-amqp/collider", Package: "./cmd/simrun", Patches: "x"}
	root, err := s.Root(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "sim", "canary")); err != nil || !filepath.IsAbs(root) {
		t.Errorf("the root is %s: %v", root, err)
	}
	other := &Suite{Module: "example.org/other"}
	var e *SourceError
	if _, err := other.Root(t.Context(), ""); !errors.As(err, &e) {
		t.Errorf("another module's root: %v", err)
	}
	if _, err := s.Root(t.Context(), t.TempDir()); !errors.As(err, &e) {
		t.Errorf("the root of no module: %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := s.Root(t.Context(), ""); !errors.As(err, &e) || e.Unwrap() == nil {
		t.Errorf("the root without Go: %v", err)
	}
}

// A canary whose patch is no good is a result, and nothing is left unfinished by it.
func TestUnusableCanaries(t *testing.T) {
	moved := loadOne(t, header+"\n"+diff)
	s := &Suite{Module: "m", Package: ".", Patches: "p"}
	var seen []*Result
	results, err := s.Run(t.Context(), []*Canary{moved, moved, moved}, Options{Root: t.TempDir(), OnResult: func(r *Result) { seen = append(seen, r) }})
	if err != nil || len(results) != 3 || len(seen) != 3 {
		t.Fatalf("%v, %v, %v", results, seen, err)
	}
	for _, r := range results {
		var e *Error
		if r.Outcome != Unusable || !errors.As(r.Err, &e) {
			t.Errorf("%v: %v", r.Outcome, r.Err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	results, err = s.Run(ctx, []*Canary{moved}, Options{Root: t.TempDir()})
	if err != nil || results[0].Outcome != Unfinished {
		t.Errorf("after an interrupt: %v, %v", results[0].Outcome, err)
	}
}
