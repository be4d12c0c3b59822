package simtest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/runner"
	"github.com/collider-amqp/collider/sim/view"
)

// T is what this package uses of a *testing.T.
type T interface {
	Helper()
	Name() string
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
}

// Options of a test. The environment goes before them.
type Options struct {
	// Seed is the first seed. Zero means 1.
	Seed uint64
	// Runs is the number of runs. Zero means 300, and 30 with -short.
	Runs uint64
	// Strategy is a name that sim.ParseStrategy knows. Empty means "auto".
	Strategy string
	// Params fixes parameters by name.
	Params map[string]int64
	// Corpus holds further stored failures: those of the scenario are replayed
	// after the test's own. Nil means none.
	Corpus fs.FS
	// Frames finds the frames in what goes over a simulated network, for SIM_VIEW.
	// Nil shows bytes. For AMQP it is stage.DecodeFrame.
	Frames view.Decoder
	// Watchdog is the wall-clock time after which a step that does not come
	// back is reported. Zero means 10 s, or less but no less than 1 s if the test's
	// deadline is nearer, negative never.
	Watchdog time.Duration

	_ struct{}
}

const (
	defaultRuns = 300
	shortRuns   = 30
)

// Check explores a program: body is the body of the main thread of each World.
func Check(t T, body func(w *sim.World)) {
	t.Helper()
	explore(t, &sim.Scenario{Name: t.Name(), Doc: "a test", Run: body}, Options{}, origin(t))
}

// Run explores a scenario.
func Run(t T, s *sim.Scenario) {
	t.Helper()
	explore(t, s, Options{}, origin(t))
}

// RunWith explores a scenario with options.
func RunWith(t T, s *sim.Scenario, o Options) {
	t.Helper()
	explore(t, s, o, origin(t))
}

// origin names the running test; it is called by the functions that a test calls.
func origin(t T) runner.Origin {
	o := runner.Origin{Test: t.Name()}
	if pkg, ok := testedPackage(); ok {
		o.Package = pkg
		return o
	}
	var pcs [1]uintptr
	if runtime.Callers(3, pcs[:]) == 0 {
		return o
	}
	f, _ := runtime.CallersFrames(pcs[:]).Next()
	o.Package = packageOf(f.Function)
	return o
}

// testedPackage is the package whose tests this program is, as go test has built it:
// that of the test even if a helper elsewhere calls for it.
func testedPackage() (string, bool) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", false
	}
	pkg, ok := strings.CutSuffix(info.Path, ".test")
	return pkg, ok && pkg != ""
}

// packageOf returns the import path of the package that go test tests in which
// the function is: "a/b.c" of "a/b%2ec_test.TestX.func1".
func packageOf(function string) string {
	dir := strings.LastIndexByte(function, '/') + 1
	pkg, _, _ := strings.Cut(function[dir:], ".")
	pkg = strings.TrimSuffix(pkg, "_test")
	return function[:dir] + strings.ReplaceAll(pkg, "%2e", ".")
}

// explore replays what is stored and runs the seeds.
func explore(t T, s *sim.Scenario, o Options, from runner.Origin) {
	t.Helper()
	e, err := environment(o)
	if err != nil {
		t.Fatalf("simtest: %v", err)
		return
	}
	e.Watchdog = watchdog(t, e.Watchdog)
	x := &explorer{t: t, s: s, e: e, from: from}
	if !x.single() && x.corpus() {
		x.run()
	}
}

// single does what the environment wants done with one run, and reports whether that
// is anything.
func (x *explorer) single() bool {
	x.t.Helper()
	switch e := &x.e; {
	case e.view != "":
		x.view()
	case e.replay != "":
		x.replay()
	case e.shrink != "":
		x.shrink()
	case e.explain != "":
		x.explain()
	default:
		return false
	}
	return true
}

// env is a test's options after the environment.
type env struct {
	Options
	replay, shrink, explain, view, out string
}

// environment applies the environment to options.
func environment(o Options) (env, error) {
	e := env{
		Options: o, replay: os.Getenv("SIM_REPLAY"), shrink: os.Getenv("SIM_SHRINK"), explain: os.Getenv("SIM_EXPLAIN"),
		view: os.Getenv("SIM_VIEW"), out: os.Getenv("SIM_OUT"),
	}
	if e.Seed == 0 {
		e.Seed = 1
	}
	if e.Runs == 0 {
		e.Runs = defaultRuns
		if testing.Short() {
			e.Runs = shortRuns
		}
	}
	if err := number("SIM_SEED", 0, &e.Seed); err != nil {
		return e, err
	}
	if err := number("SIM_RUNS", 1, &e.Runs); err != nil {
		return e, err
	}
	if v := os.Getenv("SIM_STRATEGY"); v != "" {
		e.Strategy = v
	}
	return e, nil
}

// number reads a variable of the environment into p, if it is set.
func number(name string, least uint64, p *uint64) error {
	v := os.Getenv(name)
	if v == "" {
		return nil
	}
	n, err := strconv.ParseUint(v, 10, 64)
	if err != nil || n < least {
		return fmt.Errorf("%s=%s: want a number from %d", name, v, least)
	}
	*p = n
	return nil
}

// explorer is one test at work.
type explorer struct {
	t    T
	s    *sim.Scenario
	e    env
	from runner.Origin

	fuzzes bool // the run is one of a fuzzer: no seed names it
}

// stored is the directory of the test's stored failures.
func (x *explorer) stored() string {
	return filepath.Join("testdata", "sim", runner.FileName(x.from.Test))
}

// out is the directory for all that a failure leaves, "" for testdata and the failure
// file alone: SIM_OUT, else what go test -artifacts keeps. A fuzzer fails many times
// on its way to the smallest input, so it gets the former only.
func (x *explorer) out() string {
	if x.e.out != "" || x.fuzzes || !testFlag("test.artifacts") {
		return x.e.out
	}
	if t, ok := x.t.(interface{ ArtifactDir() string }); ok {
		return t.ArtifactDir()
	}
	return ""
}

// testFlag reports whether a flag of the test binary is on.
func testFlag(name string) bool {
	f := flag.Lookup(name)
	if f == nil {
		return false
	}
	on, err := strconv.ParseBool(f.Value.String())
	return err == nil && on
}

// corpus replays the stored failures; it reports false if the test ends here.
func (x *explorer) corpus() bool {
	x.t.Helper()
	cases, err := runner.LoadCorpus(os.DirFS(x.stored()))
	if err != nil {
		x.t.Fatalf("simtest: %s: %v", x.stored(), err)
		return false
	}
	for _, c := range cases {
		if c.File.Scenario != x.s.Name {
			x.t.Fatalf("simtest: the stored failure %s is of scenario %q, this test runs %q: write the new name into the file, or remove it",
				c.Name, c.File.Scenario, x.s.Name)
			return false
		}
	}
	more, err := runner.LoadCorpus(x.e.Corpus)
	if err != nil {
		x.t.Fatalf("simtest: %v", err)
		return false
	}
	report, err := runner.ReplayCorpus([]*sim.Scenario{x.s}, append(cases, more...), x.e.Watchdog)
	if err != nil {
		x.broken(err)
		return false
	}
	for _, name := range report.Drifted {
		x.t.Logf("simtest: the stored failure %s passes, but its decisions can no longer be followed: remove it, or look for the failure anew (SIM_RUNS=10000)", name)
	}
	told := map[string]string{}
	for i := range report.Failures {
		f := &report.Failures[i]
		if first, ok := told[f.Key]; ok {
			x.t.Logf("simtest: the stored failure %s has come back, too, as %s", f.Corpus, first)
			continue
		}
		told[f.Key] = f.Corpus
		x.report(f)
	}
	return len(report.Failures) == 0
}

// run runs the seeds.
func (x *explorer) run() {
	x.t.Helper()
	ctx, cancel := untilDeadline(x.t)
	defer cancel()
	report, err := runner.Run(ctx, runner.Options{
		Scenarios: []*sim.Scenario{x.s}, Seed: x.e.Seed, Runs: x.e.Runs, Strategy: x.e.Strategy,
		Params: x.e.Params, Watchdog: x.e.Watchdog,
	})
	if err != nil {
		x.broken(err)
		return
	}
	for i := range report.Failures {
		x.report(&report.Failures[i])
	}
	switch {
	case len(report.Failures) > 0:
	case report.Runs == 0:
		x.t.Fatalf("simtest: no run: the test's deadline is too near")
	case report.Interrupted:
		x.t.Logf("simtest: %d of %d runs, then the test's deadline was near", report.Runs, x.e.Runs)
	case report.Undigested:
		f := report.Scenarios[0].Feedback
		x.t.Logf("simtest: %d runs from seed %d, %d steps, %d reads-from classes, %d in one run only", report.Runs, x.e.Seed, report.Steps, f.Classes, f.Once)
	default:
		x.t.Logf("simtest: %d runs from seed %d, %d steps, digest %v", report.Runs, x.e.Seed, report.Steps, report.Digest)
	}
}

// untilDeadline returns a context that ends when four fifths of the time to the
// test's deadline are used up.
func untilDeadline(t T) (context.Context, context.CancelFunc) {
	left, ok := untilEnd(t)
	if !ok {
		return context.WithCancel(context.Background())
	}
	return context.WithTimeout(context.Background(), left*4/5)
}

// untilEnd returns the time to the test's deadline, if it has one.
func untilEnd(t T) (time.Duration, bool) {
	if d, ok := t.(interface{ Deadline() (time.Time, bool) }); ok {
		if end, ok := d.Deadline(); ok {
			return time.Until(end), true
		}
	}
	return 0, false
}

// The watchdog of a test: as of the runner, and the least that it is shortened to.
const (
	longWatchdog  = 10 * time.Second
	shortWatchdog = time.Second
)

// watchdog returns the time after which a step is reported: that of the options, or
// less if the deadline is near, since a test that runs into it is killed without a
// word about the run. A profile run may hang before the run that is reported does.
func watchdog(t T, d time.Duration) time.Duration {
	if d == 0 {
		d = longWatchdog
		if left, ok := untilEnd(t); ok {
			d = min(d, max(shortWatchdog, left/4))
		}
	}
	return d
}

// report fails the test with what a run has shown, and leaves its file.
func (x *explorer) report(f *runner.Failure) {
	x.t.Helper()
	var a runner.Artefacts
	var err error
	if out := x.out(); out != "" {
		a, err = f.Leave(out, x.from)
	} else if f.Corpus == "" {
		a, err = f.LeaveFile(x.stored(), x.from)
	} else {
		a.File = filepath.Join(x.stored(), filepath.FromSlash(f.Corpus))
	}
	if err != nil {
		x.t.Logf("simtest: no failure file, or not all of it: %v", err)
	}
	var hints []runner.Hint
	if a.File != "" {
		hints = append(hints, x.hint("replay", a.File))
		if f.Result.Failure.Kind != sim.Nondeterminism {
			hints = append(hints, x.hint("shrink", a.File))
		}
		hints = append(hints, x.hint("view", a.File))
	} else if !x.fuzzes {
		hints = append(hints, runner.Hint{Label: "replay", Line: x.seedLine(f)})
	}
	if a.Trace != "" {
		hints = append(hints, runner.Hint{Label: "trace", Line: a.Trace}, runner.Hint{Label: "history", Line: a.History})
	}
	x.t.Errorf("%s", "\n"+f.Text(hints...))
}

// hint is the line that does something with a failure file.
func (x *explorer) hint(what, file string) runner.Hint {
	return runner.Hint{Label: what, Line: runner.TestLineFor("SIM_"+strings.ToUpper(what), file, x.from)}
}

// seedLine repeats a run that has left no file, unless no seed names it.
func (x *explorer) seedLine(f *runner.Failure) string {
	if f.Result.Strategy == "feedback" {
		return "(none: no file was written, and a seed does not name a run of this strategy)"
	}
	line := fmt.Sprintf("SIM_SEED=%d SIM_RUNS=1 ", f.Result.Seed)
	if x.e.Strategy != "" {
		line += "SIM_STRATEGY=" + x.e.Strategy + " "
	}
	_, test, _ := strings.Cut(runner.TestLine("x", x.from), " ")
	return line + test
}

// broken fails the test with an error that no run of the scenario has made.
func (x *explorer) broken(err error) {
	x.t.Helper()
	var pe *runner.PanicError
	if errors.As(err, &pe) {
		x.t.Fatalf("simtest: panic in the harness, seed %d: %v\n\n%s", pe.Seed, pe.Value, pe.Stack)
		return
	}
	x.t.Fatalf("simtest: %v", err)
}
