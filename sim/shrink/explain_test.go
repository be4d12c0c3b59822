package shrink

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/internal/toy"
	"github.com/collider-amqp/collider/sim/runner"
)

func explained(t *testing.T, s *sim.Scenario) *Explanation {
	t.Helper()
	e, err := Explain(context.Background(), s, failing(t, s, "random", 1), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !e.Complete || !e.Shrunk.Minimal || e.Replays < e.Shrunk.Replays {
		t.Errorf("%+v", e)
	}
	return e
}

// has says whether a pair of operations, each "thread op", is among those that
// decide.
func (e *Explanation) has(first, second string) bool {
	for _, p := range e.Pairs {
		a, b := e.Steps[p.First], e.Steps[p.Second]
		if a.Thread+" "+describe(&a) == first && b.Thread+" "+describe(&b) == second {
			return true
		}
	}
	return false
}

// The pairs that decide are known by hand.
func TestPairsThatDecide(t *testing.T) {
	for _, c := range []struct {
		name  string
		bug   func(*sim.World, *sim.WaitGroup)
		pairs [][2]string // one of them
	}{
		{"order", order, [][2]string{{"main/use load atomic made", "main/make store atomic made"}}},
		{"abba", abba, [][2]string{
			{"main/ab lock mutex a", "main/ba lock mutex a"}, {"main/ba lock mutex b", "main/ab lock mutex b"},
		}},
		{"lost", lost, [][2]string{
			{"main/x load atomic counter", "main/y store atomic counter"}, {"main/y load atomic counter", "main/x store atomic counter"},
		}},
	} {
		e := explained(t, noisy(c.name, 3, c.bug))
		found := false
		for _, p := range c.pairs {
			found = found || e.has(p[0], p[1])
		}
		text := e.Text()
		if !found {
			t.Errorf("%s: none of %v among %d pairs:\n%s", c.name, c.pairs, len(e.Pairs), text)
		}
		for _, p := range e.Pairs {
			if strings.Contains(e.Steps[p.First].Thread, "noise") && strings.Contains(e.Steps[p.Second].Thread, "noise") {
				t.Errorf("%s: the order of two threads of noise decides:\n%s", c.name, text)
			}
		}
		if e.Nearest == nil || e.Nearest.At == 0 {
			t.Errorf("%s: no nearest passing run", c.name)
		}
		for _, want := range []string{"noisy/" + c.name, "shrink/programs_test.go:", "─▶", "comes the other way round", "the nearest passing run"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}
	}
}

func TestExplainToys(t *testing.T) {
	for _, s := range toy.All()[1:] {
		e := explained(t, s)
		text := e.Text()
		t.Logf("%s", text)
		if !strings.Contains(text, e.Shrunk.File.Failure.Message) || !strings.Contains(text, "toy/toy.go:") {
			t.Errorf("%s", text)
		}
		for _, line := range strings.Split(text, "\n") {
			if n := len([]rune(line)); n > 160 {
				t.Errorf("%d columns: %s", n, line)
			}
		}
	}
}

func TestExplainSaysThatARunDoesNotRepeatItself(t *testing.T) {
	sound := toy.LostUpdate()
	f := failing(t, sound, "random", 1)
	run, n := sound.Run, uint64(0)
	sound.Run = func(w *sim.World) {
		n++
		w.Observe(n)
		run(w)
	}
	e, err := Explain(context.Background(), sound, f, Options{})
	if err != nil || e.Shrunk.Divergent == nil || len(e.Steps) != 0 {
		t.Errorf("%+v, %v", e, err)
	}
	if text := e.Text(); !strings.Contains(text, "TOY-1") {
		t.Error(text)
	}
}

// TestExplainAsItIs explains a given run, and finds the pair that explaining the
// smallest one finds.
func TestExplainAsItIs(t *testing.T) {
	s := noisy("lost", 3, lost)
	f := failing(t, s, "random", 1)
	e, err := Explain(context.Background(), s, f, Options{AsItIs: true})
	if err != nil {
		t.Fatal(err)
	}
	if !e.AsItIs || e.Shrunk.Minimal || e.Shrunk.Failure.File(f.Origin).Digest != f.Digest {
		t.Errorf("the run explained is another one: %+v", e.Shrunk)
	}
	if !e.has("main/x load atomic counter", "main/y store atomic counter") && !e.has("main/y load atomic counter", "main/x store atomic counter") {
		t.Errorf("the pair that decides is not there:\n%s", e.Text())
	}
}

func TestBriefIsWithinBounds(t *testing.T) {
	s := noisy("lost", 3, lost)
	f := failing(t, s, "random", 1)
	small := shrunk(t, s, f, Options{}).File
	for _, c := range []struct {
		f     *runner.File
		steps uint64
		ok    bool
		asIs  bool
	}{{f, 100, true, false}, {small, 100, true, true}, {small, briefSteps, true, true}, {f, briefSteps + 1, false, false}} {
		o, ok := Brief(c.f, c.steps, time.Second)
		if ok != c.ok || o.AsItIs != c.asIs || ok && (uint64(o.Replays)*c.steps > briefWork || o.Replays < 100 || o.Watchdog != time.Second) {
			t.Errorf("%d steps: %+v, %v", c.steps, o, ok)
		}
	}
}
