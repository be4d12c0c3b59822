package sim

import (
	"slices"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim/history"
)

// spy is a Tap that writes down what it is told.
type spy struct {
	w       *World
	begun   int
	choices int
	wrong   []string
	objects []string
	lines   []Frame
	seqs    []uint64
}

func (s *spy) Begin(w *World) { s.w = w; s.begun++ }

func (s *spy) Chose(run []*Thread, next *Thread) {
	s.choices++
	if len(run) < 2 || !slices.Contains(run, next) {
		s.wrong = append(s.wrong, "a choice of one, or of none of them")
	}
	for _, t := range run {
		s.objects = append(s.objects, t.Op().Kind.String()+" "+t.Object())
	}
}

func (s *spy) Recorded(seq uint64, at []Frame) {
	s.seqs = append(s.seqs, seq)
	if len(at) > 0 {
		s.lines = append(s.lines, at[0])
	}
}

// steps is a spy that is told of each step.
type steps struct {
	spy
	arrivals []string
	ended    int
}

func (s *steps) Arrived(t *Thread, at []Frame) {
	if t.Done() {
		s.ended++
		return
	}
	line := t.Name() + " " + t.Op().Kind.String()
	if len(at) > 0 {
		line += " in " + at[0].Func[strings.LastIndexByte(at[0].Func, '.')+1:]
	}
	s.arrivals = append(s.arrivals, line)
}

func TestStepperIsToldOfEachStep(t *testing.T) {
	w := NewWorld(Options{})
	defer w.Close()
	for seed := range uint64(50) {
		want := Execute(w, watched(), RunConfig{Seed: seed})
		s := &steps{}
		got := Execute(w, watched(), RunConfig{Seed: seed, Tap: s})
		if got.Digest != want.Digest {
			t.Fatalf("seed %d: the tapped run is another one", seed)
		}
		// Each thread arrives once for each of its steps but the first, and ends; the
		// end of the last one is the run's.
		if n := uint64(len(s.arrivals)); n+uint64(got.Threads) != got.Steps || s.ended != got.Threads-1 {
			t.Fatalf("seed %d: %d arrivals and %d ends of %d threads in %d steps", seed, n, s.ended, got.Threads, got.Steps)
		}
	}
	s := &steps{}
	Execute(w, watched(), RunConfig{Seed: 4, Tap: s})
	if !slices.Contains(s.arrivals, "main/worker unlock in func1.1") && !slices.Contains(s.arrivals, "main/worker unlock in 1") {
		t.Errorf("the place of the unlock is missing: %q", s.arrivals)
	}
}

func watched() *Scenario {
	return &Scenario{
		Name: "watched",
		Run: func(w *World) {
			mu := w.NewMutex("inbox")
			g := w.NewWaitGroup("all")
			for range 3 {
				g.Go("worker", func() {
					mu.Lock()
					w.Note("inside", "")
					mu.Unlock()
				})
			}
			g.Wait()
		},
		Steps: 60,
	}
}

func TestTapChangesNothing(t *testing.T) {
	plain, tapped := NewWorld(Options{}), NewWorld(Options{})
	defer plain.Close()
	defer tapped.Close()
	for seed := range uint64(100) {
		want := Execute(plain, watched(), RunConfig{Seed: seed, Keep: true})
		s := &spy{}
		got := Execute(tapped, watched(), RunConfig{Seed: seed, Keep: true, Tap: s})
		if got.Digest != want.Digest || got.Schedule.String() != want.Schedule.String() {
			t.Fatalf("seed %d: the tapped run is another one", seed)
		}
		if s.begun != 1 || s.w != tapped || uint64(s.choices) != want.Choices || len(s.wrong) > 0 {
			t.Fatalf("seed %d: begun %d times, %d choices of %d, %v", seed, s.begun, s.choices, want.Choices, s.wrong)
		}
	}
	Execute(tapped, watched(), RunConfig{Seed: 1})
	if tapped.Tap() != nil {
		t.Error("the tap of a run was kept for the next")
	}
}

func TestTapSeesEventsWithTheirLines(t *testing.T) {
	w := NewWorld(Options{})
	defer w.Close()
	s := &spy{}
	r := Execute(w, watched(), RunConfig{Seed: 4, Keep: true, Tap: s, Strategy: Random()})
	if r.Failure != nil || !slices.Equal(s.seqs, []uint64{1, 2, 3}) || len(s.lines) != 3 {
		t.Fatalf("%v: told of events %v at %v", r.Failure, s.seqs, s.lines)
	}
	if l := s.lines[0]; !strings.HasSuffix(l.File, "tap_test.go") || !strings.Contains(l.Func, "watched") {
		t.Errorf("the first event was recorded at %v in %s", l, l.Func)
	}
	if !slices.Contains(s.objects, "lock mutex inbox") {
		t.Errorf("no thread was about to lock the mutex: %q", s.objects)
	}
}

// TestTapSeesFairChoices makes a run that is never fast enough, so that its
// schedule becomes fair half-way.
func TestTapSeesFairChoices(t *testing.T) {
	spin := func(w *World) {
		for range 2 {
			w.Go("spinner", func() {
				for {
					w.Yield()
				}
			})
		}
		w.Recorder().Note(history.Event{Name: "spinning"})
		for {
			w.Yield()
		}
	}
	w := NewWorld(Options{})
	defer w.Close()
	s := &spy{}
	r := Execute(w, &Scenario{Name: "spin", Run: spin, Steps: 400}, RunConfig{Seed: 1, Tap: s, Starvation: 0})
	if r.Failure == nil || r.Failure.Kind != Livelock {
		t.Fatalf("the run ended with %v", r.Failure)
	}
	if s.choices < int(r.Choices)*9/10 {
		t.Errorf("told of %d choices of %d", s.choices, r.Choices)
	}
}
