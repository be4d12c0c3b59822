package sim

import (
	"strings"
	"testing"
)

func TestExpectNamesTheRuleOfADeadlock(t *testing.T) {
	s := &Scenario{Name: "expect", Run: func(w *World) {
		w.Expect("MET-1", "this happens")()
		met := w.Expect("RULE-1", "the channel is written to")
		NewChan[int](w, "c", 0).Recv()
		met()
	}}
	w := NewWorld(Options{})
	defer w.Close()
	r := Execute(w, s, RunConfig{Seed: 1})
	if r.Failure == nil || r.Failure.Kind != Deadlock || r.Failure.Rule != "RULE-1" {
		t.Fatalf("the failure is %v", r.Failure)
	}
	if !strings.Contains(r.Failure.Message, "the channel is written to") {
		t.Errorf("the message does not say what was expected: %s", r.Failure.Message)
	}
	s.Run = func(w *World) { NewChan[int](w, "c", 0).Recv() }
	if r := Execute(w, s, RunConfig{Seed: 1}); r.Failure == nil || r.Failure.Rule != "" {
		t.Errorf("an expectation passed on to the next run: %v", r.Failure)
	}
	s.Run = func(w *World) {
		w.Expect("RULE-1", "the run fails for another reason")
		w.Fail("RULE-2", "it does")
	}
	if r := Execute(w, s, RunConfig{Seed: 1}); r.Failure == nil || r.Failure.Rule != "RULE-2" {
		t.Errorf("a broken rule was replaced: %v", r.Failure)
	}
}
