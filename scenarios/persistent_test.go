package scenarios

import (
	"testing"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
)

// Two receivers that are given copies of one message at the same time mark it once,
// and no other.
func TestTallyMarksOnce(t *testing.T) {
	s := &sim.Scenario{Name: "tally", Run: func(w *sim.World) {
		y := newTally(w, 1, 1, 3, sim.NewChan[bool](w, "changed", 1))
		first := w.NewInt64("first", 0)
		g := w.NewWaitGroup("receivers")
		for range 3 {
			g.Go("receiver", func() {
				if y.mark(y.received, 1, "") {
					first.Add(1)
				}
			})
		}
		g.Go("other", func() { y.mark(y.received, 0, "") })
		g.Wait()
		if first.Load() != 1 || y.received.Load() != 0b11 {
			w.Fail("TALLY", "%d times the first, the bits are %b", first.Load(), y.received.Load())
		}
	}}
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	for seed := range uint64(200) {
		if r := sim.Execute(w, s, sim.RunConfig{Seed: seed}); r.Failure != nil {
			t.Fatalf("seed %d: %v", seed, r.Failure)
		}
	}
}

// TestCrashLeavesMarkAndNote crashes a client at each step of its mark: what is marked
// has been noted, and nothing else.
func TestCrashLeavesMarkAndNote(t *testing.T) {
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	marked := 0
	s := &sim.Scenario{Name: "mark", Run: func(w *sim.World) {
		y := newTally(w, 1, 1, 2, sim.NewChan[bool](w, "changed", 1))
		m := w.NewMachine("client", sim.Clock{})
		m.Go("client", func() { y.mark(y.received, 1, history.NoteReceived) })
		w.Yield()
		m.Crash()
		noted := 0
		for _, e := range w.Recorder().History().Events {
			if e.Name == history.NoteReceived {
				noted++
			}
		}
		if bits := y.received.Load(); int(bits>>1) != noted {
			w.Fail("TALLY", "bits %b with %d notes", bits, noted)
		}
		marked += noted
	}}
	for seed := range uint64(200) {
		if r := sim.Execute(w, s, sim.RunConfig{Seed: seed}); r.Failure != nil {
			t.Fatalf("seed %d: %v", seed, r.Failure)
		}
	}
	if marked == 0 || marked == 200 {
		t.Errorf("%d of 200 crashes came after the mark", marked)
	}
}
