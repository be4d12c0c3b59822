package cli

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/collider-amqp/collider/sim/canary"
	"github.com/collider-amqp/collider/sim/runner"
)

// selftestFlags are the flags of selftest.
type selftestFlags struct {
	*runFlags
	source   string
	patterns string
	trials   positive
	replays  positive
	each     time.Duration
	shrink   time.Duration
	floor    float64
	keep     string
}

func newSelftestFlags(f *Flags) *selftestFlags {
	s := &selftestFlags{
		runFlags: &runFlags{Flags: f, runs: 10_000, strategy: "auto", faults: "all", progress: oneOf{"auto", []string{"auto", "plain", "off"}}},
		trials:   1, replays: 3, each: 2 * time.Minute, floor: 100,
	}
	f.StringVar(&s.source, "source", "", "directory `DIR` within the program's source (default: the working directory)")
	f.StringVar(&s.patterns, "canary", "", "only the canaries of a `LIST` of names and globs, a,b*; arguments are the same")
	f.Uint64Var(&s.seed, "seed", 0, "first seed `N` (drawn and printed if it is not given)")
	f.Var(&s.runs, "runs", "look at up to `N` seeds in each trial")
	f.Var(&s.trials, "trials", "look `N` times, at seeds of their own; the runs printed are the median")
	f.Var(&s.replays, "replays", "replay each failure `N` times")
	f.DurationVar(&s.each, "for", s.each, "look for each canary's failure for a time `DUR` at most")
	f.DurationVar(&s.shrink, "shrink", 0, "make each failure smaller, for a time `DUR` at most")
	f.Float64Var(&s.floor, "floor", s.floor, "least share of canaries found, in `PERCENT`, for exit code 0")
	f.IntVar(&s.workers, "workers", 0, "`N` canaries at a time (0 means one for each core, at most 2)")
	f.StringVar(&s.keep, "out", "", "leave the failure files, shrunk if they are, in a directory `DIR`")
	f.BoolVar(&s.json, "json", false, "print one object a line")
	f.Var(&s.progress, "progress", "`MODE` of the progress line: auto, plain, off")
	return s
}

// selftest looks for the planted bugs.
func (c *Config) selftest(ctx context.Context, env *Env, args []string) int {
	f := newSelftestFlags(NewFlags(env, "selftest", "[CANARY|GLOB …]",
		"Finds the planted bugs: builds the program with each canary's patch, looks for a failing run of its scenario, "+
			"and replays it. Needs the program's source and Go. The score is the share of canaries found.",
		"selftest", "selftest -seed 1 -floor 95", "selftest 'lost-*' -trials 5 -shrink 20s -out found",
		"selftest -source ../collider -json"))
	canaries, root, code, ok := f.begin(ctx, c, args)
	if !ok {
		return code
	}
	t := &selftestReport{c: c, env: env, f: f, total: len(canaries), begun: time.Now()}
	t.progress = newProgress(env, f.progress.value)
	t.start(canaries)
	results, err := c.Selftest.Run(ctx, canaries, canary.Options{
		Root: root, Seed: f.seed, Runs: uint64(f.runs), Trials: int(f.trials), For: f.each, Replays: int(f.replays),
		Shrink: f.shrink, Parallel: f.workers, Environ: childEnviron(), OnResult: t.result,
	})
	t.progress.clear()
	if err != nil {
		env.Errorf("selftest: %v", err)
		return ExitUsage
	}
	return t.finish(ctx, results)
}

// begin parses the arguments, finds the source and loads the canaries. ok is
// false if the command ends with code.
func (f *selftestFlags) begin(ctx context.Context, c *Config, args []string) (chosen []*canary.Canary, root string, code int, ok bool) {
	refuse := func(format string, args ...any) ([]*canary.Canary, string, int, bool) {
		f.env.Errorf("selftest: %s", fmt.Sprintf(format, args...))
		return nil, "", ExitUsage, false
	}
	patterns, code, ok := f.ParseArgs(args)
	if !ok {
		return nil, "", code, false
	}
	switch {
	case f.each <= 0:
		return refuse("-for %v: want a time above zero", f.each)
	case f.shrink < 0:
		return refuse("-shrink %v: want a time above zero", f.shrink)
	case f.workers < 0:
		return refuse("-workers %d: want a number from 1, or 0 for one for each core, at most 2", f.workers)
	case !(f.floor >= 0 && f.floor <= 100):
		return refuse("-floor %v: want a number from 0 to 100", f.floor)
	}
	if !f.given("seed") {
		var b [4]byte
		if _, err := rand.Read(b[:]); err != nil {
			return refuse("no seed could be drawn: %v; give one with -seed", err)
		}
		f.seed = uint64(binary.LittleEndian.Uint32(b[:]))
	}
	root, err := c.Selftest.Root(ctx, f.source)
	switch {
	case ctx.Err() != nil:
		f.env.Errorf("selftest: interrupted")
		return nil, "", ExitInterrupted, false
	case err != nil:
		return refuse("%v; give a directory of it with -source", err)
	}
	all, err := canary.Load(os.DirFS(filepath.Join(root, filepath.FromSlash(c.Selftest.Patches))))
	if err != nil {
		return refuse("%v", err)
	}
	if f.patterns != "" {
		patterns = append(patterns, strings.Split(f.patterns, ",")...)
	}
	chosen, err = chooseCanaries(all, patterns)
	if err != nil {
		return refuse("%v", err)
	}
	for _, k := range chosen {
		if c.scenario(k.Scenario) == nil {
			return refuse("canary %s: no scenario is called %q%s", k.Name, k.Scenario, didYouMean(k.Scenario, c.scenarioNames()))
		}
	}
	return chosen, root, 0, true
}

// chooseCanaries returns the canaries that the patterns name; no pattern means
// all. A pattern that names nothing is an error.
func chooseCanaries(all []*canary.Canary, patterns []string) ([]*canary.Canary, error) {
	if len(patterns) == 0 {
		return all, nil
	}
	chosen := make([]bool, len(all))
	for _, p := range patterns {
		found := false
		var names []string
		for i, k := range all {
			names = append(names, k.Name)
			if k.Name == p || match(p, k.Name) {
				chosen[i], found = true, true
			}
		}
		if !found {
			return nil, fmt.Errorf("nothing selected: no canary is called %q%s", p, didYouMean(p, names))
		}
	}
	var out []*canary.Canary
	for i, k := range all {
		if chosen[i] {
			out = append(out, k)
		}
	}
	return out, nil
}

// childEnviron is this process's environment without the flags' twins, which are
// meant for selftest and not for the programs that it runs.
func childEnviron() []string {
	var out []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, EnvPrefix) {
			out = append(out, kv)
		}
	}
	return out
}

// keepFile leaves a canary's failure file in the directory of -out.
func (f *selftestFlags) keepFile(r *canary.Result) error {
	if f.keep == "" || len(r.Trials) == 0 || !r.Trials[0].Failed {
		return nil
	}
	text := r.Trials[0].File
	if s := r.Trials[0].Shrunk; s != nil {
		text = s.File
	}
	if err := os.MkdirAll(f.keep, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(f.keep, r.Canary.Name+runner.FileSuffix), text, 0o644)
}

// atOnce is the number of canaries at work at one time, for the report.
func (f *selftestFlags) atOnce() int {
	if f.workers > 0 {
		return f.workers
	}
	return min(2, runtime.GOMAXPROCS(0))
}

// selftestCode is the exit code for the results.
func selftestCode(results []*canary.Result, floor float64) int {
	code := ExitOK
	if canary.ScoreOf(results).Percent() < floor {
		code = ExitFailed
	}
	for _, r := range results {
		switch {
		case r.Outcome == canary.Unusable:
			return ExitUsage
		case r.Outcome == canary.Unrepeatable:
			code = ExitNondeterminism
		case r.Stale() && code == ExitOK:
			code = ExitFailed
		}
	}
	return code
}

// unusable returns why a canary could not be used.
func unusable(r *canary.Result) string {
	var e *canary.Error
	if errors.As(r.Err, &e) {
		return e.Reason
	}
	return r.Err.Error()
}
