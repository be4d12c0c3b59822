package sim

import (
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim/history"
)

func TestLocateFindsTheLinesOfEvents(t *testing.T) {
	s := &Scenario{
		Name: "locate",
		Run: func(w *World) {
			w.Note("first", "")
			w.Go("other", func() { w.Note("second", "") }).Join()
		},
		Check: func(h *history.History) []Violation {
			return []Violation{{Rule: "R", Message: "m", Seqs: []uint64{2}}}
		},
	}
	w := NewWorld(Options{})
	defer w.Close()
	r := Execute(w, s, RunConfig{Seed: 1})
	if r.Failure == nil || r.Failure.Locations != nil {
		t.Fatalf("the first run gave %v", r.Failure)
	}
	again := Execute(w, s, RunConfig{Seed: 1, Locate: r.Failure.Seqs})
	if again.Digest != r.Digest {
		t.Error("looking changed the run")
	}
	l := again.Failure.Locations
	if len(l) != 1 || !strings.HasSuffix(l[0].File, "locate_test.go") || l[0].Line != 15 {
		t.Errorf("the event was located at %v", l)
	}
}
