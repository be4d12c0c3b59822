package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
	"github.com/collider-amqp/collider/sim/runner"
)

// replay repeats one run, of a file or of a seed.
func (c *Config) replay(_ context.Context, env *Env, args []string) int {
	f := newRunFlags(NewFlags(env, "replay", "FILE|NAME:SEED",
		"Repeats one run exactly. NAME:SEED takes the flags of run that do not choose among runs. "+
			"Artefacts are left only if -out is given.",
		"replay simrun-out/broker-7.sim.json -v", "replay broker:7 -strategy pct:3 -out again"), 1, notOfReplay)
	f.BoolVar(&f.verbose, "v", false, "print the history")
	rest, code, ok := f.parse(args)
	if !ok {
		return code
	}
	if len(rest) != 1 {
		env.Errorf("replay: want one FILE or NAME:SEED, got %d arguments", len(rest))
		return ExitUsage
	}
	r := newReporter(c, env, f)
	r.quiet = !f.given("out")
	if name, seed, ok := splitSeed(rest[0]); ok {
		if s := c.scenario(name); s != nil {
			f.seed = seed
			return r.replaySeed(s, seed)
		}
		if _, err := os.Stat(rest[0]); errors.Is(err, fs.ErrNotExist) {
			env.Errorf("replay: no scenario is called %q%s; '%s list' lists them", name, didYouMean(name, c.scenarioNames()), c.Program)
			return ExitUsage
		}
	}
	return r.replayFile(rest[0])
}

func splitSeed(arg string) (name string, seed uint64, ok bool) {
	i := strings.LastIndexByte(arg, ':')
	if i <= 0 {
		return "", 0, false
	}
	seed, err := strconv.ParseUint(arg[i+1:], 10, 64)
	return arg[:i], seed, err == nil
}

// replaySeed repeats the run of a scenario with a seed.
func (r *reporter) replaySeed(s *sim.Scenario, seed uint64) int {
	spec := runner.Spec{Seed: seed, Strategy: r.f.strategy, Params: r.f.params, Defaults: r.f.defaults, Faults: r.f.faults}
	result, f, err := runner.RepeatTwice(s, spec, r.c.Watchdog)
	if err != nil {
		return r.broken(err)
	}
	return r.outcome(s, &result, f, "")
}

// replayFile repeats the run of a failure file.
func (r *reporter) replayFile(path string) int {
	for _, name := range []string{"p", "defaults", "strategy", "faults"} {
		if r.f.given(name) {
			r.env.Errorf("replay: -%s does not go with a file, which says it itself", name)
			return ExitUsage
		}
	}
	file, s, code := r.open(path)
	if file == nil {
		return code
	}
	o, err := runner.Replay(s, file, r.c.Watchdog)
	if err != nil {
		return r.broken(fmt.Errorf("%s: %w", path, err))
	}
	if o.Failure == nil || o.Same {
		r.source = path
	} else {
		r.astray = true
	}
	return r.outcome(s, &o.Result, o.Failure, o.Verdict(file))
}

// load reads a failure file; it returns nil and the exit code if this program
// cannot repeat its run.
func (r *reporter) load(path string) (*runner.File, int) {
	command := r.f.command
	b, err := os.ReadFile(path)
	if name, _, ok := splitSeed(path); ok && errors.Is(err, fs.ErrNotExist) && r.c.scenario(name) != nil {
		r.env.Errorf("%s: no file %q; if that run fails, this makes one of it:\n  %s replay %s -out simrun-out", command, path, r.c.Program, runner.ShellWord(path))
		return nil, ExitUsage
	}
	if errors.Is(err, fs.ErrNotExist) {
		also := ""
		if command == "replay" {
			also = ", and it is not NAME:SEED either"
		}
		r.env.Errorf("%s: no file %q%s", command, path, also)
		return nil, ExitUsage
	}
	if err != nil {
		r.env.Errorf("%s: %v", command, err)
		return nil, ExitUsage
	}
	file, err := runner.Decode(b)
	if err != nil {
		r.env.Errorf("%s: %s: %v", command, path, err)
		return nil, ExitUsage
	}
	if file.Origin.Test != "" {
		line := runner.TestLineFor("SIM_"+strings.ToUpper(command), path, file.Origin)
		r.env.Errorf("%s: %s is from a test, which can do it:\n  %s", command, path, line)
		return nil, ExitUsage
	}
	return file, ExitOK
}

// outcome prints the outcome of one run and returns the exit code.
func (r *reporter) outcome(s *sim.Scenario, result *sim.Result, f *runner.Failure, verdict string) int {
	if r.f.verbose && result.History != nil {
		out := r.env.Stdout
		if r.f.json {
			out = r.env.Stderr
		}
		if err := history.WriteText(out, result.History); err != nil {
			r.env.Errorf("replay: %v", err)
			return ExitUsage
		}
	}
	report := &runner.Report{
		Runs: 1, Steps: result.Steps, Digest: runner.DigestOf(s, result),
		Scenarios: []runner.ScenarioReport{{Name: s.Name, Runs: 1, Steps: result.Steps}},
	}
	if result.Moot != "" {
		report.Moot, report.Scenarios[0].Moot = 1, 1
		r.sayf("replay: its goal was out of reach: %s", result.Moot)
	}
	if f != nil {
		report.Failures, report.Failed, report.Scenarios[0].Failed = []runner.Failure{*f}, 1, 1
	}
	if verdict != "" {
		r.sayf("replay: %s", verdict)
	}
	r.f.seed, r.drawn = result.Seed, result.Strategy
	return r.finish(report, []*sim.Scenario{s})
}
