package cli

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/runner"
)

// reporter prints what a command finds.
type reporter struct {
	c        *Config
	env      *Env
	f        *runFlags
	progress *progress
	source   string // failure file that is replayed
	quiet    bool   // no artefacts
	astray   bool   // a file's replay failed in another way: no seed repeats that
	drawn    string // strategy of the run that is repeated; empty for the flag's
	failures []runner.Failure
	texts    []string // of failures
	replayed int      // cases of the corpus
}

func newReporter(c *Config, env *Env, f *runFlags) *reporter {
	return &reporter{c: c, env: env, f: f, progress: newProgress(env, f.progress.value)}
}

// sayf prints a line of human output on stderr.
func (r *reporter) sayf(format string, args ...any) {
	fmt.Fprintf(r.env.Stderr, "%s: %s\n", r.c.Program, fmt.Sprintf(format, args...))
}

// start says what is about to run.
func (r *reporter) start(command string, chosen []*sim.Scenario) {
	f := r.f
	if f.json {
		var names []string
		for _, s := range chosen {
			names = append(names, s.Name)
		}
		printJSON(r.env.Stdout, struct {
			Type      string   `json:"type"`
			Command   string   `json:"command"`
			Scenarios []string `json:"scenarios"`
			Seed      uint64   `json:"seed"`
			Runs      uint64   `json:"runs"`
			For       float64  `json:"for"`
			Strategy  string   `json:"strategy"`
			Faults    string   `json:"faults"`
			Shard     string   `json:"shard"`
		}{"start", command, names, f.seed, uint64(f.runs), f.budget.Seconds(), f.strategy, f.faults, f.shard.String()})
	}
	if f.progress.value == "off" && f.given("seed") {
		return
	}
	what := fmt.Sprintf("%d scenarios", len(chosen))
	if len(chosen) == 1 {
		what = chosen[0].Name
	}
	how := fmt.Sprintf("%d runs each", f.runs)
	switch {
	case f.budget > 0 && f.given("runs"):
		how += ", for " + f.budget.String() + " at most"
	case f.budget > 0:
		how = "for " + f.budget.String()
	case f.search() && !f.given("runs"):
		how = "all schedules"
	}
	drawn := ""
	if !f.given("seed") {
		drawn = " (drawn)"
	}
	part := ""
	if f.shard.n > 0 {
		part = ", shard " + f.shard.String()
	}
	r.sayf("%s %s, %s%s, seed %d%s, strategy %s", command, what, how, part, f.seed, drawn, f.strategy)
}

// fail reports a failure and leaves its artefacts.
func (r *reporter) fail(f *runner.Failure) {
	var a runner.Artefacts
	if !r.quiet {
		var err error
		if a, err = f.Leave(r.f.out, runner.Origin{Registry: r.c.Program}); err != nil {
			r.sayf("no artefacts, or not all: %v", err)
		}
	}
	if r.source != "" {
		a.File = r.source
	}
	text := f.Text(r.hints(f, &a)...) + "\n"
	r.failures = append(r.failures, *f)
	r.texts = append(r.texts, text)
	if r.f.json {
		printJSON(r.env.Stdout, r.failureObject(f, &a))
		return
	}
	fmt.Fprint(r.env.Stdout, text)
}

// foreshadow tells of a failure as soon as it is found, in one line on stderr, so
// that a long batch that is killed has said what it found.
func (r *reporter) foreshadow(f *runner.Failure) {
	if !r.f.keepGoing {
		return // the report follows at once
	}
	r.progress.clear()
	what := f.Result.Failure.Rule
	if what == "" {
		what = f.Result.Failure.Kind.String()
	}
	r.sayf("%s: %s (%s)", what, f.Property, cmp.Or(r.seedLine(f), "its file comes with the report"))
}

// hints are the lines that repeat a failure and name its artefacts.
func (r *reporter) hints(f *runner.Failure, a *runner.Artefacts) []runner.Hint {
	var hs []runner.Hint
	replay := r.replayLine(f, a)
	if replay != "" {
		hs = append(hs, runner.Hint{Label: "replay", Line: replay})
	} else {
		hs = append(hs, runner.Hint{Label: "replay", Line: r.noReplay(f)})
	}
	if line := r.shrinkLine(f, a); line != "" {
		hs = append(hs, runner.Hint{Label: "shrink", Line: line})
	}
	if line := r.seedLine(f); line != "" && a.File != "" && f.Corpus == "" && r.source == "" && !r.astray {
		hs = append(hs, runner.Hint{Label: "seed", Line: line})
	}
	if replay != "" && f.Result.Failure.Kind != sim.Stuck && f.Result.Failure.Kind != sim.Nondeterminism {
		hs = append(hs, runner.Hint{Label: "view", Line: strings.Replace(replay, " replay ", " view ", 1)})
	}
	if a.Trace != "" {
		hs = append(hs, runner.Hint{Label: "trace", Line: a.Trace}, runner.Hint{Label: "history", Line: a.History})
	}
	return hs
}

// finish prints the failures and the verdict and returns the exit code.
func (r *reporter) finish(report *runner.Report, chosen []*sim.Scenario) int {
	stored := len(r.failures)
	for i := range report.Failures {
		r.fail(&report.Failures[i])
	}
	failed := report.Failed + uint64(stored)
	if r.f.json {
		r.jsonVerdict(report, len(chosen), failed)
	} else {
		r.textVerdict(report, failed)
	}
	if report.Unlisted > 0 {
		r.sayf("%d more ways to fail are not listed", report.Unlisted)
	}
	if r.f.junit != "" {
		if !r.writeJUnit(report, "") {
			return ExitUsage
		}
	}
	code := runner.ExitCode(r.failures)
	if code == ExitOK && report.Interrupted {
		r.sayf("interrupted after %d runs", report.Runs)
		return ExitInterrupted
	}
	return code
}

// distinct is the number of ways to fail.
func (r *reporter) distinct() int {
	keys := map[string]bool{}
	for i := range r.failures {
		keys[r.failures[i].Key] = true
	}
	return len(keys)
}

func (r *reporter) textVerdict(report *runner.Report, failed uint64) {
	word := "ok  "
	if failed > 0 {
		word = "FAIL"
	}
	out := r.env.Stdout
	fmt.Fprintf(out, "%s  %s runs  %s steps  %s  seed %d  strategy %s  %s",
		word, grouped(report.Runs), grouped(report.Steps), seconds(report.Elapsed), r.f.seed, cmp.Or(r.drawn, r.f.strategy), digestText(report))
	if r.replayed > 0 {
		fmt.Fprintf(out, "  corpus %d", r.replayed)
	}
	if failed > 0 {
		fmt.Fprintf(out, "  %s failed in %d ways", grouped(failed), r.distinct())
	}
	fmt.Fprintln(out)
	width := 0
	for i := range report.Scenarios {
		width = max(width, len(report.Scenarios[i].Name))
	}
	for i := range report.Scenarios {
		s := &report.Scenarios[i]
		mean := uint64(0)
		if s.Runs > 0 {
			mean = s.Steps / s.Runs
		}
		fmt.Fprintf(out, "      %-*s %10s runs %7s steps each", width, s.Name, grouped(s.Runs), grouped(mean))
		if s.Failed > 0 {
			fmt.Fprintf(out, "  %s failed", grouped(s.Failed))
		}
		if s.Alike > 0 {
			fmt.Fprintf(out, "  %s failed alike", grouped(s.Alike))
		}
		if s.Moot > 0 {
			fmt.Fprintf(out, "  %s moot", grouped(s.Moot))
		}
		if s.Feedback != nil {
			fmt.Fprintf(out, "  %s", feedbackText(s.Feedback))
		}
		fmt.Fprintln(out)
	}
	if report.Alike > 0 {
		fmt.Fprintf(out, "      %s of the runs failed, alike both times: %s run shows how\n", grouped(report.Alike), r.c.Program)
	}
	if len(report.Arms) > 1 {
		fmt.Fprintf(out, "      %s\n", armsText(report))
	}
	if r.f.faults != "all" {
		fmt.Fprintf(out, "      not explored: faults other than %s\n", r.f.faults)
	}
}

func (r *reporter) jsonVerdict(report *runner.Report, scenarios int, failed uint64) {
	for i := range report.Scenarios {
		s := &report.Scenarios[i]
		printJSON(r.env.Stdout, struct {
			Type     string `json:"type"`
			Scenario string `json:"scenario"`
			Runs     uint64 `json:"runs"`
			Steps    uint64 `json:"steps"`
			Failures uint64 `json:"failures"`
			Alike    uint64 `json:"alike,omitempty"`
			Moot     uint64 `json:"moot"`

			Feedback *feedbackObject `json:"feedback,omitempty"`
		}{"scenario", s.Name, s.Runs, s.Steps, s.Failed, s.Alike, s.Moot, newFeedbackObject(s.Feedback)})
	}
	if len(report.Arms) > 0 {
		printJSON(r.env.Stdout, newArmsObject(report))
	}
	digest := report.Digest.String()
	if report.Undigested {
		digest = ""
	}
	printJSON(r.env.Stdout, summary{
		"summary", scenarios, report.Runs, report.Steps, failed, r.distinct(), report.Elapsed.Seconds(), digest, report.Alike,
	})
}

// summary is the last object of a command's JSON output. Digest is empty if the runs
// have none.
type summary struct {
	Type      string  `json:"type"`
	Scenarios int     `json:"scenarios"`
	Runs      uint64  `json:"runs"`
	Steps     uint64  `json:"steps"`
	Failures  uint64  `json:"failures"`
	Distinct  int     `json:"distinct"`
	Seconds   float64 `json:"seconds"`
	Digest    string  `json:"digest"`
	// Alike is the number of runs of verify that failed, in the same way twice.
	Alike uint64 `json:"alike,omitempty"`
}

// failureObject is a failure in a command's JSON output.
type failureObject struct {
	Type     string           `json:"type"`
	Scenario string           `json:"scenario"`
	Seed     uint64           `json:"seed"`
	Strategy string           `json:"strategy"`
	Kind     string           `json:"kind"`
	Property string           `json:"property"`
	Rule     string           `json:"rule"`
	Message  string           `json:"message"`
	Steps    uint64           `json:"steps"`
	Count    uint64           `json:"count"`
	Key      string           `json:"key"`
	Params   map[string]int64 `json:"params"`
	Corpus   string           `json:"corpus,omitempty"`
	File     string           `json:"file"`
	History  string           `json:"history"`
	Trace    string           `json:"trace"`
	Replay   string           `json:"replay"`
	Shrink   string           `json:"shrink"`
	Location []string         `json:"location"`
}

func (r *reporter) failureObject(f *runner.Failure, a *runner.Artefacts) failureObject {
	o := failureObject{
		Type: "failure", Scenario: f.Scenario.Name, Seed: f.Result.Seed, Strategy: f.Result.Strategy,
		Kind: f.Result.Failure.Kind.String(), Property: f.Property, Rule: f.Result.Failure.Rule,
		Message: f.Result.Failure.Message, Steps: f.Result.Steps, Count: f.Count, Key: f.Key,
		Params: map[string]int64{}, Corpus: f.Corpus,
		File: a.File, History: a.History, Trace: a.Trace, Replay: r.replayLine(f, a), Shrink: r.shrinkLine(f, a), Location: []string{},
	}
	for _, p := range f.Result.Params {
		o.Params[p.Name] = p.Value
	}
	for _, l := range locations(f.Result.Failure) {
		o.Location = append(o.Location, l.File+":"+strconv.Itoa(l.Line))
	}
	return o
}

// replayLine is the pasteable line that repeats a failure: from its file, or by
// its seed if the file would not do.
func (r *reporter) replayLine(f *runner.Failure, a *runner.Artefacts) string {
	switch {
	case a.File != "":
		return r.c.Program + " replay " + runner.ShellWord(a.File)
	case r.astray:
		return ""
	}
	return r.seedLine(f)
}

// noReplay says why there is no line that repeats a failure.
func (r *reporter) noReplay(f *runner.Failure) string {
	switch {
	case !r.f.feedback():
		return "(give -out DIR for a file of this failure)"
	case f.Result.Failure.Kind == sim.Stuck:
		return "(none: a step that does not come back leaves no file, and a seed does not name a run of this strategy)"
	}
	return "(none: no file was written, and a seed does not name a run of this strategy)"
}

// shrinkLine is the pasteable line that makes a failure smaller; empty if there is
// no file, or none that could be smaller.
func (r *reporter) shrinkLine(f *runner.Failure, a *runner.Artefacts) string {
	if k := f.Result.Failure.Kind; a.File == "" || k == sim.Nondeterminism || k == sim.Raced {
		return ""
	}
	return r.c.Program + " shrink " + runner.ShellWord(a.File)
}

// seedLine is the pasteable line that repeats a failure by its seed. The runs of a
// search have none of their own: the search is repeated up to the failure. Nor have
// those of the strategy "feedback", which have no such line.
func (r *reporter) seedLine(f *runner.Failure) string {
	switch {
	case r.f.again != "":
		return r.f.again
	case r.f.feedback():
		return ""
	}
	if r.f.search() {
		return fmt.Sprintf("%s run %s -seed %d%s", r.c.Program, runner.ShellWord(f.Scenario.Name), f.Result.Seed, r.f.runLine())
	}
	return fmt.Sprintf("%s replay %s%s", r.c.Program, runner.ShellWord(f.Scenario.Name+":"+strconv.FormatUint(f.Result.Seed, 10)), r.f.runLine())
}

// locations are the source lines of a failure: its own, else one for each thread
// that had not ended.
func locations(f *sim.Failure) []sim.Frame {
	if len(f.Locations) > 0 {
		return f.Locations
	}
	var out []sim.Frame
	for i := range f.Threads {
		if ls := f.Threads[i].Locations; len(ls) > 0 {
			out = append(out, ls[0])
		}
	}
	return out
}

// grouped prints n in groups of three digits.
func grouped(n uint64) string {
	s := strconv.FormatUint(n, 10)
	var parts []string
	for len(s) > 3 {
		parts = append([]string{s[len(s)-3:]}, parts...)
		s = s[:len(s)-3]
	}
	return strings.Join(append([]string{s}, parts...), " ")
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + "s" }
