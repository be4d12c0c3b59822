package shim

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim/check"
	"github.com/collider-amqp/collider/sim/history"
)

// startFake starts the fake library with a bug, "" for none.
func startFake(t *testing.T, bug string) *Client {
	t.Helper()
	o := options("bug:" + bug)
	if bug == bugDeaf {
		o.Deadline = 3 * time.Second
	}
	c, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return c
}

func TestProgramsPassGoodLibrary(t *testing.T) {
	c := startFake(t, "")
	for _, p := range Programs() {
		for seed := range uint64(8) {
			h, err := RunProgram(t.Context(), c, p.Name, seed)
			if err != nil {
				t.Fatalf("%s:%d: %v", p.Name, seed, err)
			}
			wantCount(t, &h, p)
			for _, v := range Judge(&h, c.Hello().Promises) {
				t.Errorf("%s:%d: %s: %s", p.Name, seed, v.Rule, v.Message)
			}
		}
	}
}

// wantCount checks that a program did something worth judging.
func wantCount(t *testing.T, h *history.History, p Program) {
	t.Helper()
	ck := check.New(check.Options{})
	ck.Check(h)
	s := ck.Stats()
	if h.Dropped != 0 || s.Callbacks < 10 || p.Name == "work-queue-order" && s.Jobs < 5 || p.Name == "wake-coalescing" && s.Wakes < 20 {
		t.Errorf("%s: %d events dropped, %+v", p.Name, h.Dropped, s)
	}
}

// TestProgramsFindBugs plants bugs in the library and demands that a program
// and the judgement name the rule, within some seeds.
func TestProgramsFindBugs(t *testing.T) {
	for _, x := range []struct {
		bug, program string
		rules        []string // each of them is a right answer
	}{
		{bugLose, "work-queue-order", []string{"WQ-3"}},
		{bugTwice, "work-queue-order", []string{"WQ-3"}},
		{bugSwap, "work-queue-order", []string{"WQ-2"}},
		{bugOverlap, "work-queue-order", []string{"SER-2"}},
		{bugLie, "work-queue-order", []string{"WQ-3"}},
		{bugLate, "work-queue-order", []string{"WQ-4"}},
		{bugClose, "work-queue-order", []string{"WQ-6", "WQ-3"}},
		{bugCanary, "work-queue-order", []string{"SER-1"}},
		{bugDeaf, "wake-coalescing", []string{"WAKE-1"}},
		{bugLateWake, "wake-coalescing", []string{"WAKE-5"}},
	} {
		t.Run(x.bug, func(t *testing.T) {
			c := startFake(t, x.bug)
			var found []string
			for seed := range uint64(20) {
				h, err := RunProgram(t.Context(), c, x.program, seed)
				var hang *HangError
				if err != nil && !errors.As(err, &hang) {
					t.Fatalf("seed %d: %v", seed, err)
				}
				for _, v := range Judge(&h, c.Hello().Promises) {
					if slices.Contains(x.rules, v.Rule) {
						return
					}
					found = append(found, v.Rule)
				}
			}
			t.Errorf("not found; found %v", found)
		})
	}
}

// TestOnlyPromisesAreJudged checks that what a library does not promise is not
// held against it.
func TestOnlyPromisesAreJudged(t *testing.T) {
	c := startFake(t, bugSwap)
	p := c.Hello().Promises
	for seed := range uint64(5) {
		h, err := RunProgram(t.Context(), c, "work-queue-order", seed)
		if err != nil {
			t.Fatal(err)
		}
		p.WorkQueueFIFO = false
		if v := Judge(&h, p); len(v) > 0 {
			t.Fatalf("%+v without the promise of order", v[0])
		}
		if v := Judge(&h, Promises{}); len(v) > 0 {
			t.Fatalf("%+v without any promise", v[0])
		}
	}
}

// TestPromisesCoverRules fails when sim/check learns a rule and nobody decided
// what it means for a shim.
func TestPromisesCoverRules(t *testing.T) {
	not := []string{ // they need notes of a scenario, which no shim writes
		"DELIVERY-1", "DELIVERY-2", "DELIVERY-3", "CREDIT-1", "ORD-15", "CRASH-1",
	}
	known := map[string]bool{}
	for _, r := range check.Rules() {
		known[r.ID] = true
		if promised[r.ID] == nil && !slices.Contains(not, r.ID) {
			t.Errorf("rule %s (%s) belongs to no promise", r.ID, r.Doc)
		}
	}
	for id := range promised {
		if !known[id] {
			t.Errorf("sim/check has no rule %s", id)
		}
	}
	for _, p := range Programs() {
		for _, id := range p.Rules {
			if !known[id] && id != "WAKE-2" {
				t.Errorf("%s aims at %s, which is not judged", p.Name, id)
			}
		}
	}
}

func TestRunProgramRefuses(t *testing.T) {
	c, err := begin(t, "HELLO")
	if err != nil {
		t.Fatal(err)
	}
	_, err = RunProgram(t.Context(), c, "work-queue-order", 1)
	if e := wantError[*RefusedError](t, err, "program work-queue-order needs it"); e != nil && e.Kind != Unsupported {
		t.Errorf("kind %q", e.Kind)
	}
	if _, err = RunProgram(t.Context(), c, "nonsense", 1); err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("error %v", err)
	}
}
