package sim_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
)

// crossed deadlocks if both threads have their first mutex.
func crossed(w *sim.World) {
	a, b := w.NewMutex("a"), w.NewMutex("b")
	w.Go("ab", func() { a.Lock(); b.Lock() })
	w.Go("ba", func() { b.Lock(); a.Lock() }).Join()
}

func TestTraceTellsStepsAndWhatWasPending(t *testing.T) {
	schedule := choice.Schedule{{Thread: "main", Steps: 1}, {Thread: "main/ab", Steps: 2}, {Thread: "main/ba", Steps: 2}}
	s := &sim.Scenario{Name: "crossed", Run: crossed}
	trace := &sim.Trace{Locate: true}
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	for range 2 { // it is filled anew
		plain := sim.Execute(w, s, sim.RunConfig{Strategy: sim.Replay(schedule)})
		r := sim.Execute(w, s, sim.RunConfig{Strategy: sim.ReplayTraced(schedule, trace)})
		if r.Digest != plain.Digest || r.Failure == nil || r.Failure.Kind != sim.Deadlock {
			t.Fatalf("digest %x, untraced %x, %v", r.Digest, plain.Digest, r.Failure)
		}
		var got []string
		for _, g := range trace.Steps {
			got = append(got, g.Thread+" "+g.Op.Kind.String()+" "+g.Object)
		}
		want := "main start , main/ab start , main/ab lock mutex a, main/ba start , main/ba lock mutex b"
		if strings.Join(got, ", ") != want || trace.Total != r.Steps || r.Steps != 5 {
			t.Errorf("%d steps: %q, want %q", trace.Total, got, want)
		}
		if g := trace.Steps[4]; g.Nth != 2 || !strings.Contains(g.At.File, "trace_test.go") || g.At.Line != 16 {
			t.Errorf("%+v", g)
		}
		got = nil
		for _, g := range trace.Pending {
			got = append(got, g.Thread+" "+g.Op.Kind.String()+" "+g.Object+" "+g.At.String())
		}
		if len(got) != 3 || !strings.HasPrefix(got[0], "main join") || got[1] != "main/ab lock mutex b sim/trace_test.go:15" ||
			got[2] != "main/ba lock mutex a sim/trace_test.go:16" {
			t.Errorf("pending %q", got)
		}
	}
}

// The operation of a thread that fails has been done: it is not pending.
func TestTraceOfAFailingThread(t *testing.T) {
	s := &sim.Scenario{Name: "fail", Run: func(w *sim.World) {
		w.Go("other", func() { w.Yield() })
		w.Yield()
		w.Fail("X-1", "so it is")
	}}
	trace := &sim.Trace{}
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	r := sim.Execute(w, s, sim.RunConfig{Strategy: sim.ReplayTraced(nil, trace)})
	if r.Failure == nil || r.Failure.Rule != "X-1" {
		t.Fatal(r.Failure)
	}
	for _, g := range trace.Pending {
		if g.Thread == "main" {
			t.Errorf("pending: %+v", g)
		}
		if g.At != (sim.Frame{}) {
			t.Errorf("a source line that nobody asked for: %+v", g)
		}
	}
	if n := len(trace.Steps); uint64(n) != r.Steps {
		t.Errorf("%d steps of %d", n, r.Steps)
	}
}

// What was done by default is told, and a replay in which those steps are left free
// is the same run.
func TestFreeSegments(t *testing.T) {
	schedule := choice.Schedule{{Thread: "main", Steps: 1}, {Thread: "main/ba", Steps: 2}, {Thread: "main/ab", Steps: 2}}
	s := &sim.Scenario{Name: "crossed", Run: crossed}
	trace := &sim.Trace{}
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	r := sim.Execute(w, s, sim.RunConfig{Strategy: sim.ReplayTraced(schedule, trace)})
	var got []bool
	for _, g := range trace.Steps {
		got = append(got, g.Default)
	}
	if want := []bool{true, false, true, false, true}; !slices.Equal(got, want) {
		t.Errorf("by default %v, want %v", got, want)
	}
	free, err := choice.ParseSchedule("* 1 | main/ba 1 | * 1 | main/ab 1 | * 1")
	if err != nil {
		t.Fatal(err)
	}
	again := sim.Execute(w, s, sim.RunConfig{Strategy: sim.Replay(free)})
	if again.Digest != r.Digest || !again.Drift.Zero() {
		t.Errorf("digest %x, want %x, drift %+v", again.Digest, r.Digest, again.Drift)
	}
}
