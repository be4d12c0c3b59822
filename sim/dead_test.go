package sim

import (
	"strings"
	"testing"
)

// TestTheDeadAreNotPicked makes a thread runnable that has ended.
func TestTheDeadAreNotPicked(t *testing.T) {
	w := NewWorld(Options{HideRaces: true}) // the body writes the kernel's own memory
	defer w.Close()
	s := &Scenario{Name: "dead", Steps: 1000, Run: func(w *World) {
		m := w.NewMachine("m", Clock{})
		dead := m.Go("dead", func() {})
		m.Crash()
		w.Yield()
		dead.at = int32(len(w.run)) // what no operation does
		w.run = append(w.run, dead)
		for range 100 {
			w.Yield()
		}
	}}
	r := Execute(w, s, RunConfig{Seed: 1})
	if r.Failure == nil || !strings.Contains(r.Failure.Message, "main/dead") {
		t.Errorf("the failure is %v", r.Failure)
	}
}
