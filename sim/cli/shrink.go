package cli

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/runner"
	"github.com/collider-amqp/collider/sim/shrink"
)

// shrinkFlags are the flags of the commands that work on a failure file by many
// replays.
type shrinkFlags struct {
	*runFlags
	limit positive
	time  time.Duration
}

const shrinkTime = 20 * time.Second

func newShrinkFlags(f *Flags) *shrinkFlags {
	s := &shrinkFlags{limit: 50_000, runFlags: &runFlags{
		Flags: f, strategy: "auto", faults: "all", progress: oneOf{"auto", []string{"auto", "plain", "off"}},
	}}
	f.Var(&s.limit, "replays", "replay at most `N` runs")
	f.DurationVar(&s.time, "for", shrinkTime, "search for a time `DUR` at most")
	f.BoolVar(&s.json, "json", false, "print one object a line")
	f.Var(&s.progress, "progress", "`MODE` of the progress line: auto, plain, off")
	return s
}

// begin parses the arguments, of which one names a file. ok is false if the command
// ends with code.
func (s *shrinkFlags) begin(c *Config, env *Env, args []string) (r *reporter, path string, code int, ok bool) {
	rest, code, ok := s.ParseArgs(args)
	switch {
	case !ok:
		return nil, "", code, false
	case len(rest) != 1:
		env.Errorf("%s: want one FILE, got %d arguments", s.command, len(rest))
		return nil, "", ExitUsage, false
	case s.time <= 0:
		env.Errorf("%s: -for %v: want a time above zero", s.command, s.time)
		return nil, "", ExitUsage, false
	}
	r = newReporter(c, env, s.runFlags)
	r.quiet = true
	return r, rest[0], 0, true
}

// options are those of the search.
func (s *shrinkFlags) options(r *reporter) shrink.Options {
	begun := time.Now()
	return shrink.Options{
		Replays: int(min(s.limit, 1<<31-1)), Time: s.time, Watchdog: r.c.Watchdog,
		Progress: func(size shrink.Size, replays int) {
			r.progress.line(time.Since(begun), fmt.Sprintf("  %d decisions  %d switches  %d steps  %d replays",
				size.Decisions, size.Switches, size.Steps, replays))
		},
	}
}

// shrink makes the run of a failure file smaller.
func (c *Config) shrink(ctx context.Context, env *Env, args []string) int {
	f := newShrinkFlags(NewFlags(env, "shrink", "FILE",
		"Looks for a smaller run that fails in the same way and writes it beside the file, as NAME.min.sim.json. "+
			"An interrupt ends the search and keeps the best.",
		"shrink simrun-out/link-credit-7.sim.json", "shrink simrun-out/link-credit-7.sim.json -for 2m"))
	r, path, code, ok := f.begin(c, env, args)
	if !ok {
		return code
	}
	result, code := r.shrinkFile(ctx, path, f)
	if result == nil {
		return code
	}
	out := minName(path)
	if !r.writeFile(out, result.File) {
		return ExitUsage
	}
	for i, other := range result.Found {
		name := strings.TrimSuffix(path, runner.FileSuffix) + fmt.Sprintf(".other-%d", i+1) + runner.FileSuffix
		if !r.writeFile(name, result.FoundFile(other)) {
			return ExitUsage
		}
		r.sayf("another failure was met on the way, %s: %s\n  %s replay %s", what(other), other.Result.Failure.Message, c.Program, runner.ShellWord(name))
	}
	r.shrunk(path, out, result)
	return r.divergent(result.Divergent)
}

// shrinkFile loads a file and shrinks its run. The result is nil if the command
// ends with the code.
func (r *reporter) shrinkFile(ctx context.Context, path string, f *shrinkFlags) (*shrink.Result, int) {
	file, s, code := r.open(path)
	if file == nil {
		return nil, code
	}
	result, err := shrink.Run(ctx, s, file, f.options(r))
	r.progress.clear()
	if err != nil {
		return nil, r.broken(fmt.Errorf("%s: %w", path, err))
	}
	return result, ExitOK
}

// open reads a failure file and finds its scenario; the file is nil, and told why,
// if that fails.
func (r *reporter) open(path string) (*runner.File, *sim.Scenario, int) {
	file, code := r.load(path)
	if file == nil {
		return nil, nil, code
	}
	s, err := file.Find(r.c.Scenarios)
	if err != nil {
		return nil, nil, r.unknown(path, file, err)
	}
	return file, s, ExitOK
}

// unknown refuses a file of a scenario that this program does not have: it may be from
// a program that does.
func (r *reporter) unknown(path string, file *runner.File, err error) int {
	if from := file.Origin.Registry; from != "" && from != r.c.Program {
		r.env.Errorf("%s: %s: %v; it is from %s, which can do it:\n  %s %s %s",
			r.f.command, path, err, from, runner.ShellWord(from), r.f.command, runner.ShellWord(path))
		return ExitUsage
	}
	r.env.Errorf("%s: %s: %v%s; '%s list' lists the scenarios", r.f.command, path, err, didYouMean(file.Scenario, r.c.scenarioNames()), r.c.Program)
	return ExitUsage
}

// minName is the name of the smaller file: beside path, with ".min". A file that
// has it already is replaced.
func minName(path string) string {
	base := strings.TrimSuffix(path, runner.FileSuffix)
	return strings.TrimSuffix(base, ".min") + ".min" + runner.FileSuffix
}

// writeFile writes a failure file; it tells why if that fails.
func (r *reporter) writeFile(path string, f *runner.File) bool {
	text, err := f.Encode()
	if err == nil {
		err = os.WriteFile(path, text, 0o644)
	}
	if err != nil {
		r.env.Errorf("%s: %v", r.f.command, err)
	}
	return err == nil
}

// divergent reports that a run did not repeat itself, if it did not.
func (r *reporter) divergent(f *runner.Failure) int {
	if f == nil {
		return ExitOK
	}
	if r.f.json {
		printJSON(r.env.Stdout, r.failureObject(f, &runner.Artefacts{}))
	} else {
		fmt.Fprintf(r.env.Stdout, "\n%s", f.Text())
	}
	return ExitNondeterminism
}

// what names a failure in a word.
func what(f *runner.Failure) string {
	if rule := f.Result.Failure.Rule; rule != "" {
		return rule
	}
	return f.Result.Failure.Kind.String()
}

// shrunkObject is the result of shrink in its JSON output.
type shrunkObject struct {
	Type     string     `json:"type"`
	Scenario string     `json:"scenario"`
	From     string     `json:"from"`
	File     string     `json:"file"`
	Rule     string     `json:"rule"`
	Message  string     `json:"message"`
	Before   shrunkSize `json:"before"`
	After    shrunkSize `json:"after"`
	Minimal  bool       `json:"minimal"`
	Replays  int        `json:"replays"`
	Seconds  float64    `json:"seconds"`
	Others   int        `json:"others"`
	Replay   string     `json:"replay"`
}

type shrunkSize struct {
	Decisions int              `json:"decisions"`
	Segments  int              `json:"segments"`
	Switches  uint64           `json:"switches"`
	Preempts  uint64           `json:"preempts"`
	Steps     uint64           `json:"steps"`
	Threads   int              `json:"threads"`
	Faults    int              `json:"faults"`
	Work      int              `json:"work"`
	Params    map[string]int64 `json:"params"`
}

func sizeObject(s shrink.Size) shrunkSize {
	o := shrunkSize{s.Decisions, s.Segments, s.Switches, s.Preempts, s.Steps, s.Threads, s.Faults, s.Work, map[string]int64{}}
	for _, p := range s.Params {
		o.Params[p.Name] = p.Value
	}
	return o
}

// shrunk prints what has become of a file.
func (r *reporter) shrunk(path, out string, result *shrink.Result) {
	word, b, a := runner.ShellWord(out), &result.Before, &result.After
	replay := r.c.Program + " replay " + word
	if r.f.json {
		printJSON(r.env.Stdout, shrunkObject{
			"shrunk", result.File.Scenario, path, out, result.File.Failure.Rule, result.File.Failure.Message,
			sizeObject(*b), sizeObject(*a), result.Minimal, result.Replays, result.Elapsed.Seconds(), len(result.Found), replay,
		})
		return
	}
	w := r.env.Stdout
	fmt.Fprintf(w, "%s  %s: %s\n", result.File.Scenario, what(result.Failure), result.File.Failure.Message)
	fmt.Fprintf(w, "      decisions %d → %d  switches %d → %d  preempted %d → %d  steps %d → %d  threads %d → %d\n",
		b.Decisions, a.Decisions, b.Switches, a.Switches, b.Preempts, a.Preempts, b.Steps, a.Steps, b.Threads, a.Threads)
	if b.Faults+b.Work > 0 {
		fmt.Fprintf(w, "      faults %d → %d  work %d → %d\n", b.Faults, a.Faults, b.Work, a.Work)
	}
	var params []string
	for i, p := range a.Params {
		text := fmt.Sprintf("%s %d", p.Name, p.Value)
		if i < len(b.Params) && b.Params[i].Value != p.Value {
			text = fmt.Sprintf("%s %d → %d", p.Name, b.Params[i].Value, p.Value)
		}
		params = append(params, text)
	}
	if len(params) > 0 {
		fmt.Fprintf(w, "      %s\n", strings.Join(params, "  "))
	}
	minimal := "1-minimal"
	if !result.Minimal {
		minimal = "cut short: not known to be minimal"
	}
	fmt.Fprintf(w, "      %d replays  %.2fs  %s\n\n", result.Replays, result.Elapsed.Seconds(), minimal)
	fmt.Fprintf(w, "      %-8s %s\n", "replay", replay)
	fmt.Fprintf(w, "      %-8s %s explain %s\n", "explain", r.c.Program, word)
}
