package cli

import (
	"crypto/rand"
	"encoding/binary"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/runner"
)

// runFlags are the flags of run, verify and replay.
type runFlags struct {
	*Flags
	seed      uint64
	runs      positive
	budget    time.Duration
	strategy  string
	workers   int
	shard     shard
	faults    string
	keepGoing bool
	out       string
	json      bool
	junit     string
	progress  oneOf
	params    params
	defaults  bool
	verbose   bool
	corpus    oneOf  // of run
	again     string // pasteable line of a command whose runs no seed names
}

// newRunFlags returns the flags with runs as the default number of them, without those
// that absent names, with a reason.
func newRunFlags(f *Flags, runs uint64, absent map[string]string) *runFlags {
	r := &runFlags{Flags: f, runs: positive(runs), progress: oneOf{"auto", []string{"auto", "plain", "off"}}}
	f.absent = absent
	has := func(name string) bool { return absent[name] == "" }
	if has("seed") {
		f.Uint64Var(&r.seed, "seed", 0, "first seed `N` (drawn and printed if it is not given)")
	}
	if has("runs") {
		f.Var(&r.runs, "runs", "runs `N` of each scenario")
	}
	if has("for") {
		f.DurationVar(&r.budget, "for", 0, "run for a time `DUR`, as 90s, instead of a number of runs; with -runs, until the first of both ends")
	}
	f.StringVar(&r.strategy, "strategy", "auto", "scheduling strategy `NAME`: "+sim.StrategyNames)
	if has("workers") {
		f.IntVar(&r.workers, "workers", 0, "`N` workers (0 means one for each core)")
	}
	if has("shard") {
		f.Var(&r.shard, "shard", "do part `I/N` of the runs, I from 0 to N-1")
	}
	f.StringVar(&r.faults, "faults", "all", "faults that may happen: all, none or a `LIST` a,b")
	if has("keep-going") {
		f.BoolVar(&r.keepGoing, "keep-going", false, "go on after a failure")
	}
	f.StringVar(&r.out, "out", "simrun-out", "directory `DIR` for what failures leave")
	f.BoolVar(&r.json, "json", false, "print one object a line")
	f.StringVar(&r.junit, "junit", "", "write a JUnit report to `FILE`")
	f.Var(&r.progress, "progress", "`MODE` of the progress line: auto, plain, off")
	f.Var(&r.params, "p", "fix a scenario parameter, `KEY=NUMBER`; may be repeated")
	f.BoolVar(&r.defaults, "defaults", false, "give the parameters that are not fixed their defaults")
	r.corpus = onOff("on")
	return r
}

// notOfVerify and notOfReplay are flags of run that would mean nothing elsewhere.
var (
	notOfVerify = map[string]string{
		"for":        "verify executes each run twice, the second time alone; give it a number of -runs",
		"keep-going": "verify executes all runs",
	}
	notOfReplay = map[string]string{
		"seed": oneRun, "runs": oneRun, "for": oneRun, "workers": oneRun, "shard": oneRun, "keep-going": oneRun,
	}
)

const oneRun = "replay repeats one run, and its argument says which"

// onOff is a flag that is on or off.
func onOff(value string) oneOf { return oneOf{value, []string{"on", "off"}} }

// given reports whether a flag stands on the command line or in the environment.
func (r *runFlags) given(name string) bool {
	found := false
	r.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

// search reports whether the strategy is a search.
func (r *runFlags) search() bool {
	s, err := sim.ParseStrategy(r.strategy)
	_, ok := s.(*sim.Search)
	return err == nil && ok
}

// feedback reports whether the strategy learns from run to run, so that no seed names
// a run.
func (r *runFlags) feedback() bool {
	s, err := sim.ParseStrategy(r.strategy)
	_, ok := s.(*sim.Feedback)
	return err == nil && ok
}

// parse parses the arguments and completes the flags.
func (r *runFlags) parse(args []string) (rest []string, code int, ok bool) {
	rest, code, ok = r.ParseArgs(args)
	if !ok {
		return nil, code, false
	}
	refuse := func(format string, args ...any) ([]string, int, bool) {
		r.env.Errorf("%s: %s", r.command, fmt.Sprintf(format, args...))
		return nil, ExitUsage, false
	}
	if _, err := sim.ParseStrategy(r.strategy); err != nil {
		return refuse("%s", strings.TrimPrefix(err.Error(), "sim: "))
	}
	if r.workers < 0 {
		return refuse("-workers %d: want a number from 1, or 0 for one for each core", r.workers)
	}
	if r.budget < 0 {
		return refuse("-for %v: want a time above zero", r.budget)
	}
	if r.out == "" {
		return refuse("-out: want a directory")
	}
	if r.search() && r.typed["workers"] && r.workers > 1 {
		return refuse("-workers %d: a search by run has one worker; explore has more", r.workers)
	}
	if r.Lookup("seed") != nil && !r.given("seed") {
		var b [4]byte
		if _, err := rand.Read(b[:]); err != nil {
			return refuse("no seed could be drawn: %v; give one with -seed", err)
		}
		r.seed = uint64(binary.LittleEndian.Uint32(b[:]))
	}
	return rest, 0, true
}

// options returns the runner's options for the chosen scenarios.
func (r *runFlags) options(chosen []*sim.Scenario, watchdog time.Duration) runner.Options {
	runs := uint64(r.runs)
	if (r.search() || r.budget > 0) && !r.given("runs") {
		runs = 0 // until it is complete, or the time is up
	}
	return runner.Options{
		Scenarios: chosen, Seed: r.seed, Runs: runs, For: r.budget, Strategy: r.strategy,
		Params: r.params, Defaults: r.defaults, Faults: r.faults, Workers: r.workers, Shard: r.shard.i, Shards: max(1, r.shard.n),
		KeepGoing: r.keepGoing, Watchdog: watchdog,
	}
}

// runLine returns the flags of run that a pasteable line for one run needs.
func (r *runFlags) runLine() string {
	var b strings.Builder
	if r.strategy != "auto" {
		b.WriteString(" -strategy " + runner.ShellWord(r.strategy))
	}
	if r.faults != "all" {
		b.WriteString(" -faults " + runner.ShellWord(r.faults))
	}
	if r.defaults {
		b.WriteString(" -defaults")
	}
	var keys []string
	for k := range r.params {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		b.WriteString(" -p " + runner.ShellWord(fmt.Sprintf("%s=%d", k, r.params[k])))
	}
	return b.String()
}
