package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/runner"
)

// run runs scenarios over seeds, after the corpus.
func (c *Config) run(ctx context.Context, env *Env, args []string) int {
	f := newRunFlags(NewFlags(env, "run", "[NAME|GLOB …]",
		"Runs scenarios over seeds, after the stored failures of the corpus; no name means all.",
		"run", "run -for 90s 'multithreaded-*'", "run broker -seed 7 -runs 1 -strategy pct:3",
		"run -seed 1 -runs 100000 -shard 0/4 -keep-going -json", "run wake-coalescing -strategy dfs:2"), 1000, nil)
	f.Var(&f.corpus, "corpus", "replay the stored failures first: `MODE` on or off")
	patterns, code, ok := f.parse(args)
	if !ok {
		return code
	}
	chosen, err := c.choose(patterns)
	if err != nil {
		env.Errorf("run: %v", err)
		return ExitUsage
	}
	r := newReporter(c, env, f)
	r.start("run", chosen)
	if code := r.corpus(chosen); code != ExitOK {
		return code
	}
	report := &runner.Report{}
	if len(r.failures) == 0 || f.keepGoing {
		o := f.options(chosen, c.Watchdog)
		o.Progress, o.OnFailure, o.Activity = r.progress.show, r.foreshadow, &env.activity
		report, err = runner.Run(ctx, o)
		r.progress.clear()
		if err != nil {
			return r.broken(err)
		}
	}
	r.searched(report)
	code = r.finish(report, chosen)
	if line := r.rest(report, patterns); line != "" {
		r.sayf("%s", line)
	}
	return code
}

// rest says which seeds of a batch that was interrupted are done, and how to go on; it
// is empty if there is nothing to go on with.
func (r *reporter) rest(report *runner.Report, patterns []string) string {
	f := r.f
	shards := uint64(max(1, f.shard.n))
	done := report.Done * shards
	if !report.Interrupted || f.search() || report.Done == 0 {
		return ""
	}
	line := []string{r.c.Program, "run"}
	for _, p := range patterns {
		line = append(line, runner.ShellWord(p))
	}
	line = append(line, "-seed", strconv.FormatUint(f.seed+done, 10))
	if f.budget == 0 || f.given("runs") {
		if done >= uint64(f.runs) {
			return ""
		}
		line = append(line, "-runs", strconv.FormatUint(uint64(f.runs)-done, 10))
	}
	if left := (f.budget - report.Elapsed).Round(time.Second); left > 0 {
		line = append(line, "-for", left.String())
	}
	for _, name := range []string{"shard", "workers", "keep-going", "out", "json", "junit"} {
		if f.typed[name] {
			line = append(line, "-"+name+"="+runner.ShellWord(f.Lookup(name).Value.String()))
		}
	}
	part := ""
	if shards > 1 {
		part = " of shard " + f.shard.String()
	}
	return fmt.Sprintf("the seeds from %d to %d%s are done; to go on:\n  %s%s",
		f.seed, f.seed+done-1, part, strings.Join(line, " "), f.runLine())
}

// verify runs each seed twice.
func (c *Config) verify(ctx context.Context, env *Env, args []string) int {
	f := newRunFlags(NewFlags(env, "verify", "[NAME|GLOB …]",
		"Runs each seed twice, among others and alone, and compares the digests; no name means all. "+
			"A run that fails alike both times is no difference; how many did is said.",
		"verify", "verify broker -runs 1000", "verify -seed 1 -json"), 100, notOfVerify)
	patterns, code, ok := f.parse(args)
	if !ok {
		return code
	}
	chosen, err := c.choose(patterns)
	if err != nil {
		env.Errorf("verify: %v", err)
		return ExitUsage
	}
	r := newReporter(c, env, f)
	r.start("verify", chosen)
	o := f.options(chosen, c.Watchdog)
	o.Progress, o.Activity = r.progress.show, &env.activity
	report, err := runner.Verify(ctx, o)
	r.progress.clear()
	if err != nil {
		return r.broken(err)
	}
	return r.finish(report, chosen)
}

// corpus replays the stored failures of the chosen scenarios. Its code is not
// ExitOK if the command ends here.
func (r *reporter) corpus(chosen []*sim.Scenario) int {
	if r.f.corpus.value == "off" {
		return ExitOK
	}
	cases, err := runner.LoadCorpus(r.c.Corpus)
	if err == nil {
		err = runner.CheckCorpus(r.c.Scenarios, cases)
	}
	if err != nil {
		return r.broken(err)
	}
	report, err := runner.ReplayCorpus(chosen, cases, r.c.Watchdog)
	if err != nil {
		return r.broken(err)
	}
	r.replayed = report.Replayed
	for _, name := range report.Drifted {
		r.sayf("corpus: %s passes, but its decisions can no longer be followed; record it anew or remove it", name)
	}
	for i := range report.Failures {
		r.fail(&report.Failures[i])
	}
	return ExitOK
}

// broken reports an error that is no failure and returns the exit code.
func (r *reporter) broken(err error) int {
	var pe *runner.PanicError
	if errors.As(err, &pe) {
		r.env.Errorf("panic in the harness in %s, seed %d: %v\n\n%s\n  %s",
			pe.Scenario, pe.Seed, pe.Value, pe.Stack, r.panicLine(pe))
		if r.f.junit != "" {
			r.writeJUnit(nil, fmt.Sprintf("%v\n%s", err, pe.Stack))
		}
		return ExitPanic
	}
	var oe *runner.OptionError
	if errors.As(err, &oe) {
		r.env.Errorf("%s: %s", r.f.command, oe.Reason)
		return ExitUsage
	}
	r.env.Errorf("%s: %v", r.f.command, err)
	return ExitUsage
}

// panicLine is the pasteable line that leads to a panic of the harness again: the
// run, or what led to it if a seed does not name it.
func (r *reporter) panicLine(pe *runner.PanicError) string {
	name := runner.ShellWord(pe.Scenario)
	switch {
	case r.f.again != "":
		return r.f.again
	case r.f.feedback():
		return fmt.Sprintf("%s run %s -seed %d -workers 1%s", r.c.Program, name, r.f.seed, r.f.runLine())
	case r.f.search():
		return fmt.Sprintf("%s run %s -seed %d%s", r.c.Program, name, r.f.seed, r.f.runLine())
	}
	return fmt.Sprintf("%s replay %s:%d%s", r.c.Program, name, pe.Seed, r.f.runLine())
}
