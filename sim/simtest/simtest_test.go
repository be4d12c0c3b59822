package simtest

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/internal/toy"
	"github.com/collider-amqp/collider/sim/runner"
	"pgregory.net/rapid"
)

// fakeT records what a test would have done.
type fakeT struct {
	name           string
	logs, errors   []string
	fatal, skipped string
	deadline       time.Time
}

func (t *fakeT) Helper()                     {}
func (t *fakeT) Name() string                { return t.name }
func (t *fakeT) Logf(f string, a ...any)     { t.logs = append(t.logs, fmt.Sprintf(f, a...)) }
func (t *fakeT) Errorf(f string, a ...any)   { t.errors = append(t.errors, fmt.Sprintf(f, a...)) }
func (t *fakeT) Fatalf(f string, a ...any)   { t.fatal = fmt.Sprintf(f, a...) }
func (t *fakeT) Skipf(f string, a ...any)    { t.skipped = fmt.Sprintf(f, a...) }
func (t *fakeT) Deadline() (time.Time, bool) { return t.deadline, !t.deadline.IsZero() }

// all is everything that was said.
func (t *fakeT) all() string {
	return strings.Join(t.logs, "\n") + strings.Join(t.errors, "\n") + t.fatal + t.skipped
}

func (t *fakeT) failed() bool { return len(t.errors) > 0 || t.fatal != "" }

// fresh returns a fake in a directory and an environment of its own.
func fresh(t *testing.T) *fakeT {
	t.Chdir(t.TempDir())
	for _, v := range []string{"SIM_SEED", "SIM_RUNS", "SIM_STRATEGY", "SIM_REPLAY", "SIM_OUT", "SIM_SHRINK", "SIM_EXPLAIN", "SIM_VIEW"} {
		t.Setenv(v, "")
	}
	return &fakeT{name: "TestToy/sub"}
}

func contains(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, w := range wants {
		if !strings.Contains(text, w) {
			t.Errorf("no %q in\n%s", w, text)
		}
	}
}

// The package is used on a real *testing.T, too.
func TestCheckPasses(t *testing.T) {
	fresh(t)
	Check(t, func(w *sim.World) {
		mu := w.NewMutex("n")
		n := 0
		g := w.NewWaitGroup("all")
		for range 2 {
			g.Go("add", func() { mu.Lock(); n++; mu.Unlock() })
		}
		g.Wait()
		if n != 2 {
			w.Fail("COUNT-1", "n is %d", n)
		}
	})
	Run(t, toy.Clean())
}

func TestPassIsTold(t *testing.T) {
	f := fresh(t)
	Run(f, toy.Clean())
	if f.failed() {
		t.Error(f.all())
	}
	contains(t, f.all(), fmt.Sprintf("%d runs from seed 1", map[bool]int{true: shortRuns, false: defaultRuns}[testing.Short()]), "digest")
	if _, err := os.Stat("testdata"); err == nil {
		t.Error("files without a failure")
	}
}

func TestFailureSaysWhatWhereAndHowToRepeat(t *testing.T) {
	f := fresh(t)
	Check(f, func(w *sim.World) {
		n := w.NewInt64("n", 0)
		g := w.NewWaitGroup("all")
		for range 2 {
			g.Go("add", func() { n.Store(n.Load() + 1) })
		}
		g.Wait()
		if v := n.Load(); v != 2 {
			w.Fail("COUNT-1", "n is %d", v)
		}
	})
	if len(f.errors) != 1 {
		t.Fatal(f.all())
	}
	files, err := filepath.Glob("testdata/sim/TestToy-sub/*")
	if err != nil || len(files) != 1 || !strings.HasSuffix(files[0], runner.FileSuffix) {
		t.Fatalf("files %v, %v", files, err)
	}
	abs, err := filepath.Abs(files[0])
	if err != nil {
		t.Fatal(err)
	}
	contains(t, f.all(), "FAIL  TestToy/sub  COUNT-1", "n is 1", "at simtest/simtest_test.go:",
		"SIM_REPLAY="+abs+" go test -run '^TestToy$/^sub$' github.com/collider-amqp/collider/sim/simtest")
}

func TestReplay(t *testing.T) {
	f := fresh(t)
	t.Setenv("SIM_OUT", "out")
	RunWith(f, toy.LostUpdate(), Options{Runs: 1000})
	files, err := filepath.Glob("out/*")
	if err != nil || len(files) != 3 {
		t.Fatalf("files %v, %v\n%s", files, err, f.all())
	}
	file := ""
	for _, p := range files {
		if strings.HasSuffix(p, runner.FileSuffix) {
			file = p
		}
	}
	t.Setenv("SIM_REPLAY", file)
	again := &fakeT{name: f.name}
	Run(again, toy.LostUpdate())
	contains(t, again.all(), ": the same failure, exactly as recorded", "sender.send", "SIM_REPLAY=")
	if len(again.errors) != 1 {
		t.Error(again.all())
	}

	fixed := toy.Clean()
	fixed.Name = "toy/lost-update"
	again = &fakeT{name: f.name}
	Run(again, fixed)
	if again.failed() {
		t.Error(again.all())
	}
	contains(t, again.all(), "passed, which proves little")

	other := &fakeT{name: "TestOther"}
	Run(other, toy.LostUpdate())
	if other.skipped == "" || other.failed() {
		t.Errorf("another test is not skipped: %s", other.all())
	}
	other = &fakeT{name: f.name}
	Run(other, toy.Clean())
	if other.skipped == "" {
		t.Errorf("another scenario is not skipped: %s", other.all())
	}
}

// artefactT is a test under go test -artifacts.
type artefactT struct {
	*fakeT
	dir string
}

func (t *artefactT) ArtifactDir() string { return t.dir }

// What a failure leaves is kept where go test -artifacts keeps files, unless SIM_OUT
// says otherwise.
func TestArtifactDir(t *testing.T) {
	f := &artefactT{fresh(t), "kept"}
	Run(f, toy.Deadlock())
	if _, err := os.Stat("kept"); err == nil {
		t.Error("a directory that will be removed has the failure's file")
	}
	on := flag.Lookup("test.artifacts")
	before := on.Value.String()
	if err := on.Value.Set("true"); err != nil {
		t.Fatal(err)
	}
	defer on.Value.Set(before)
	for _, out := range []string{"", "out"} {
		t.Setenv("SIM_OUT", out)
		f := &artefactT{&fakeT{name: "TestToy/sub"}, "kept"}
		Run(f, toy.Deadlock())
		files, err := filepath.Glob(filepath.Join(cmp.Or(out, "kept"), "*"))
		if err != nil || len(files) != 3 {
			t.Errorf("SIM_OUT=%s: files %v, %v\n%s", out, files, err, f.all())
		}
	}
}

func TestReplayOfBadFiles(t *testing.T) {
	f := fresh(t)
	t.Setenv("SIM_REPLAY", "nosuch.sim.json")
	Run(f, toy.Clean())
	contains(t, f.fatal, "nosuch.sim.json", "directory of the test's package")
	if err := os.WriteFile("bad.sim.json", []byte(`{"format": 1`), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SIM_REPLAY", "bad.sim.json")
	Run(f, toy.Clean())
	contains(t, f.fatal, "broken or truncated")
}

func TestStoredFailuresComeFirst(t *testing.T) {
	f := fresh(t)
	Run(f, toy.Deadlock())
	if len(f.errors) != 1 {
		t.Fatal(f.all())
	}
	again := &fakeT{name: f.name}
	Run(again, toy.Deadlock())
	contains(t, again.all(), "a stored failure has come back", "SIM_REPLAY=", "testdata/sim/TestToy-sub/toy-deadlock-")
	if len(again.errors) != 1 {
		t.Error("seeds were run although a stored failure has come back")
	}
	files, err := filepath.Glob("testdata/sim/TestToy-sub/*")
	if err != nil || len(files) != 1 {
		t.Errorf("files %v, %v", files, err)
	}

	fixed := toy.Clean()
	fixed.Name = "toy/deadlock"
	again = &fakeT{name: f.name}
	Run(again, fixed)
	if again.failed() {
		t.Error(again.all())
	}
	contains(t, again.all(), "can no longer be followed")

	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	other := &fakeT{name: "TestOther"}
	RunWith(other, toy.Deadlock(), Options{Corpus: fstest.MapFS{"x/y.sim.json": {Data: b}}})
	contains(t, other.all(), "a stored failure has come back: x/y.sim.json")

	if err := os.WriteFile(files[0], b[:len(b)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	again = &fakeT{name: f.name}
	Run(again, fixed)
	contains(t, again.fatal, "broken or truncated", filepath.Base(files[0]))
}

func TestEnvironment(t *testing.T) {
	f := fresh(t)
	t.Setenv("SIM_SEED", "77")
	t.Setenv("SIM_RUNS", "5")
	t.Setenv("SIM_STRATEGY", "random")
	RunWith(f, toy.Clean(), Options{Seed: 3, Runs: 9})
	contains(t, f.all(), "5 runs from seed 77")
	for name, value := range map[string]string{
		"SIM_SEED": "x", "SIM_RUNS": "0", "SIM_STRATEGY": "nosuch", "SIM_SHRINK": "file", "SIM_EXPLAIN": "file",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			f := &fakeT{name: "TestX"}
			Run(f, toy.Clean())
			if f.fatal == "" {
				t.Error(f.all())
			}
		})
	}
}

func TestDeadline(t *testing.T) {
	f := fresh(t)
	f.deadline = time.Now().Add(300 * time.Millisecond)
	RunWith(f, toy.Clean(), Options{Runs: 1 << 40})
	if f.failed() {
		t.Error(f.all())
	}
	contains(t, f.all(), "then the test's deadline was near")
	f = &fakeT{name: "TestX", deadline: time.Now().Add(-time.Second)}
	Run(f, toy.Clean())
	contains(t, f.fatal, "no run")
}

// A step that hangs is reported before the deadline, at which nothing could be.
func TestWatchdogIsBeforeTheDeadline(t *testing.T) {
	in := func(d time.Duration) *fakeT { return &fakeT{deadline: time.Now().Add(d)} }
	for _, c := range []struct {
		t           T
		given       time.Duration
		least, most time.Duration
	}{
		{&fakeT{}, 0, 10 * time.Second, 10 * time.Second},
		{in(time.Hour), 0, 10 * time.Second, 10 * time.Second},
		{in(10 * time.Second), 0, time.Second, 2500 * time.Millisecond},
		{in(time.Second), 0, time.Second, time.Second},
		{in(time.Second), time.Minute, time.Minute, time.Minute},
		{in(time.Second), -1, -1, -1},
	} {
		if got := watchdog(c.t, c.given); got < c.least || got > c.most {
			t.Errorf("%v: %v, want %v to %v", c.given, got, c.least, c.most)
		}
	}
}

func TestHarnessPanic(t *testing.T) {
	f := fresh(t)
	Run(f, toy.BrokenCheck())
	contains(t, f.fatal, "panic in the harness", "checker out of order", "toy.go")
}

func TestStuckHasASeedLine(t *testing.T) {
	f := fresh(t)
	release := make(chan struct{})
	RunWith(f, toy.Stuck(release), Options{Watchdog: 30 * time.Millisecond, Strategy: "random"})
	close(release)
	contains(t, f.all(), "stuck: a step does not come back", "SIM_SEED=1 SIM_RUNS=1 SIM_STRATEGY=random go test -run '^TestToy$/^sub$' ")
}

// What feedback has found is repeated by its file, never by a seed.
func TestFeedback(t *testing.T) {
	f := fresh(t)
	t.Setenv("SIM_STRATEGY", "feedback")
	Run(f, toy.Clean())
	contains(t, f.all(), " reads-from classes, 0 in one run only")
	if f.failed() || strings.Contains(f.all(), "digest") {
		t.Error(f.all())
	}
	f = fresh(t)
	t.Setenv("SIM_STRATEGY", "feedback")
	Run(f, toy.LostUpdate())
	contains(t, f.all(), "strategy feedback", "SIM_REPLAY=")
	if len(f.errors) != 1 || strings.Contains(f.all(), "SIM_SEED") {
		t.Error(f.all())
	}
	files, err := filepath.Glob("testdata/sim/TestToy-sub/*")
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v, %v", files, err)
	}
	t.Setenv("SIM_REPLAY", files[0])
	f = &fakeT{name: f.name}
	Run(f, toy.LostUpdate())
	contains(t, f.all(), "exactly as recorded")

	f = fresh(t)
	release := make(chan struct{})
	RunWith(f, toy.Stuck(release), Options{Watchdog: 30 * time.Millisecond, Strategy: "feedback"})
	close(release)
	contains(t, f.all(), "stuck: a step does not come back", "a seed does not name a run")
	if strings.Contains(f.all(), "SIM_SEED") {
		t.Error(f.all())
	}
}

func TestPackageOf(t *testing.T) {
	for in, want := range map[string]string{
		"example.org/a/b.TestX":            "example.org/a/b",
		"example.org/a/b_test.TestX.func1": "example.org/a/b",
		"example.org/a/b%2ec_test.TestX":   "example.org/a/b.c",
		"example.org/a.b/c.(*suite).TestX": "example.org/a.b/c",
		"main.TestX":                       "main",
	} {
		if got := packageOf(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestRapid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { Rapid(t, toy.Clean()) })
}

// A workload drawn by rapid goes into the World as constant data.
func TestRapidWorkload(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		work := rapid.SliceOfN(rapid.IntRange(1, 9), 0, 6).Draw(t, "work")
		Rapid(t, &sim.Scenario{Name: "sum", Run: func(w *sim.World) {
			c := sim.NewChan[int](w, "c", 1)
			w.Go("send", func() {
				for _, n := range work {
					c.Send(n)
				}
				c.Close()
			})
			want, got := 0, 0
			for _, n := range work {
				want += n
			}
			for {
				n, ok := c.Recv()
				if !ok {
					break
				}
				got += n
			}
			if got != want {
				w.Fail("SUM-1", "got %d, want %d", got, want)
			}
		}})
	})
}

// rapidT is a rapid.TB whose failure ends the goroutine of the property.
type rapidT struct {
	*testing.T
	text strings.Builder
	fail bool
}

func (t *rapidT) Failed() bool                 { return t.fail }
func (t *rapidT) Fail()                        { t.fail = true }
func (t *rapidT) FailNow()                     { t.fail = true; runtime.Goexit() }
func (t *rapidT) Log(args ...any)              { fmt.Fprintln(&t.text, args...) }
func (t *rapidT) Logf(f string, args ...any)   { fmt.Fprintf(&t.text, f+"\n", args...) }
func (t *rapidT) Error(args ...any)            { t.Log(args...); t.Fail() }
func (t *rapidT) Errorf(f string, args ...any) { t.Logf(f, args...); t.Fail() }
func (t *rapidT) Fatal(args ...any)            { t.Log(args...); t.FailNow() }
func (t *rapidT) Fatalf(f string, args ...any) { t.Logf(f, args...); t.FailNow() }

// rapid finds the failure, shrinks the parameters, and can repeat it.
func TestRapidFails(t *testing.T) {
	fresh(t)
	rt := &rapidT{T: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		rapid.Check(rt, func(t *rapid.T) { Rapid(t, toy.LostUpdate()) })
	}()
	<-done
	if !rt.fail {
		t.Fatal("the property holds")
	}
	text := rt.text.String()
	contains(t, text, "TOY-1: no increment is lost", "draw threads:", "draw schedule:")
	if strings.Contains(text, "flaky") {
		t.Error(text)
	}
}
