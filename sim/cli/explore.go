package cli

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/runner"
)

// exploreFlags are the flags of explore.
type exploreFlags struct {
	*runFlags
	preemptions, bound int // bound is that of faults
	delays             bool
	from               string
	whole              bool
}

// microTag marks the scenarios that are small enough to be explored.
const microTag = "micro"

// explore visits all schedules within bounds.
func (c *Config) explore(ctx context.Context, env *Env, args []string) int {
	f := newExploreFlags(NewFlags(env, "explore", "[NAME|GLOB …]",
		"Visits all schedules of scenarios with at most P preemptions and F faults, from the scenario's mark on, with its "+
			"default parameters, and says «complete», or what is left. No name means those with the tag micro.",
		"explore micro/work-queue -preemptions 2 -faults 1", "explore -for 60s 'micro/*'",
		"explore micro/wake -resume simrun-out/micro-wake.explore.json"))
	chosen, code, ok := f.begin(c, args)
	if !ok {
		return code
	}
	r := newReporter(c, env, f.runFlags)
	e := &exploration{reporter: r, flags: f}
	if f.json {
		f.printStart(chosen)
	}
	for i, s := range chosen {
		code, done := e.scenario(ctx, s)
		if code != ExitOK {
			return code
		}
		if done {
			return e.finish(i + 1)
		}
	}
	return e.finish(len(chosen))
}

func newExploreFlags(f *Flags) *exploreFlags {
	x := &exploreFlags{runFlags: &runFlags{Flags: f, strategy: "dfs", faults: "all", progress: oneOf{"auto", []string{"auto", "plain", "off"}}}}
	f.IntVar(&x.preemptions, "preemptions", 2, "at most `P` preemptions: switches from a thread that could go on, and early moves of the clock")
	f.IntVar(&x.bound, "faults", 1, "at most `F` faults of the scenario's menu")
	f.BoolVar(&x.delays, "delays", false, "bound the delays of threads in round-robin order instead of preemptions")
	f.Uint64Var(&x.seed, "seed", 0, "seed `N` of what the search does not decide")
	f.DurationVar(&x.budget, "for", 0, "stop after a time `DUR`, for each scenario (0 means when it is complete)")
	f.IntVar(&x.workers, "workers", 0, "`N` workers (0 means one for each core)")
	f.StringVar(&x.from, "resume", "", "go on from the state in `FILE`, with the same bounds")
	f.BoolVar(&x.whole, "whole", false, "exit with 1 if the budget ends before the exploration is complete")
	f.BoolVar(&x.keepGoing, "keep-going", false, "go on with the next scenario after a failure")
	f.StringVar(&x.out, "out", "simrun-out", "directory `DIR` for the state and for what failures leave")
	f.BoolVar(&x.json, "json", false, "print one object a line")
	f.Var(&x.progress, "progress", "`MODE` of the progress line: auto, plain, off")
	f.Var(&x.params, "p", "fix a scenario parameter, `KEY=NUMBER`; may be repeated")
	return x
}

// begin parses the arguments and chooses the scenarios. ok is false if the command
// ends with code.
func (x *exploreFlags) begin(c *Config, args []string) (chosen []*sim.Scenario, code int, ok bool) {
	patterns, code, ok := x.ParseArgs(args)
	if !ok {
		return nil, code, false
	}
	chosen, err := c.micro(patterns)
	switch {
	case err != nil:
	case x.preemptions < 0 || x.bound < 0:
		err = errors.New("-preemptions and -faults: want a number from 0")
	case x.budget < 0:
		err = fmt.Errorf("-for %v: want a time above zero", x.budget)
	case x.workers < 0:
		err = fmt.Errorf("-workers %d: want a number from 1, or 0 for one for each core", x.workers)
	case x.out == "":
		err = errors.New("-out: want a directory")
	case x.from != "" && len(chosen) != 1:
		err = fmt.Errorf("-resume: want one scenario, got %d", len(chosen))
	}
	if err != nil {
		x.env.Errorf("explore: %v", err)
		return nil, ExitUsage, false
	}
	x.strategy = "dfs:" + strconv.Itoa(x.preemptions)
	if x.delays {
		x.strategy = "delay:" + strconv.Itoa(x.preemptions)
	}
	return chosen, ExitOK, true
}

// micro chooses scenarios; no pattern means those with the tag.
func (c *Config) micro(patterns []string) ([]*sim.Scenario, error) {
	if len(patterns) > 0 {
		return c.choose(patterns)
	}
	var out []*sim.Scenario
	for _, s := range c.Scenarios {
		if slices.Contains(s.Tags, microTag) {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("nothing selected: no scenario has the tag %s; name one", microTag)
	}
	return out, nil
}

func (x *exploreFlags) printStart(chosen []*sim.Scenario) {
	var names []string
	for _, s := range chosen {
		names = append(names, s.Name)
	}
	printJSON(x.env.Stdout, struct {
		Type        string   `json:"type"`
		Command     string   `json:"command"`
		Scenarios   []string `json:"scenarios"`
		Seed        uint64   `json:"seed"`
		For         float64  `json:"for"`
		Preemptions int      `json:"preemptions"`
		Delays      bool     `json:"delays"`
		Faults      int      `json:"faults"`
	}{"start", "explore", names, x.seed, x.budget.Seconds(), x.preemptions, x.delays, x.bound})
}

// exploration is one execution of explore.
type exploration struct {
	*reporter
	flags *exploreFlags
	total runner.Report
	left  int // scenarios that are not complete

	interrupted bool
}

// options are those of one scenario.
func (e *exploration) options(s *sim.Scenario) (runner.ExploreOptions, error) {
	x := e.flags
	o := runner.ExploreOptions{
		Scenario: s, Params: x.params, Seed: x.seed, Preemptions: x.preemptions, Delays: x.delays, Faults: x.bound,
		For: x.budget, Workers: x.workers, Watchdog: e.c.Watchdog,
		Progress: func(p runner.Progress, left float64) {
			e.progress.line(p.Elapsed, fmt.Sprintf("  %s: %s schedules  %s/s  %s left", s.Name, grouped(p.Runs),
				short(float64(p.Runs)/p.Elapsed.Seconds()), percent(left)))
		},
	}
	if x.from == "" {
		return o, nil
	}
	text, err := os.ReadFile(x.from)
	if err != nil {
		return o, err
	}
	o.From, err = runner.ParseExploreState(text)
	return o, err
}

// scenario explores one scenario. The command ends here with the code, if that is not
// ExitOK, or with the verdict, if done.
func (e *exploration) scenario(ctx context.Context, s *sim.Scenario) (code int, done bool) {
	o, err := e.options(s)
	if err != nil {
		e.env.Errorf("explore: %v", err)
		return ExitUsage, false
	}
	report, err := runner.Explore(ctx, o)
	e.progress.clear()
	if err != nil {
		return e.broken(err), false
	}
	e.total.Runs += report.Search.Runs
	e.total.Steps += report.Steps
	e.total.Digest = e.total.Digest.Add(report.Digest)
	e.total.Elapsed += report.Elapsed
	path := ""
	if report.State != nil {
		e.left++
		if path, err = e.store(s, report.State); err != nil {
			e.env.Errorf("explore: %v", err)
			return ExitUsage, false
		}
	}
	e.told(s, report, path)
	if report.Failure != nil {
		e.f.again = e.againLine(s)
		e.quiet = report.Failure.Result.Failure.Kind == sim.Nondeterminism && report.Failure.Result.Schedule == nil
		e.fail(report.Failure)
		e.quiet = false
	}
	e.interrupted = report.Interrupted && report.State != nil
	return ExitOK, e.interrupted || report.Failure != nil && !e.flags.keepGoing
}

// store writes the state of an exploration that is not complete.
func (e *exploration) store(s *sim.Scenario, st *runner.ExploreState) (string, error) {
	text, err := json.MarshalIndent(st, "", "  ")
	if err != nil {
		return "", err
	}
	path := filepath.Join(e.flags.out, runner.FileName(s.Name)+".explore.json")
	if err = os.MkdirAll(e.flags.out, 0o755); err == nil {
		err = os.WriteFile(path, append(text, '\n'), 0o644)
	}
	return path, err
}

// told says how far an exploration is.
func (e *exploration) told(s *sim.Scenario, r *runner.ExploreReport, state string) {
	if e.flags.json {
		printJSON(e.env.Stdout, exploredObject{
			"explored", s.Name, r.Search.Complete, r.Search.Runs, r.Steps, e.flags.preemptions, e.flags.delays, e.flags.bound,
			r.Search.Menu, r.Search.From, r.Search.Deepest, r.Search.Cut, r.Search.Sampled, r.Search.Unmarked, r.Left, state, r.Elapsed.Seconds(), r.Digest.String(),
		})
		return
	}
	w := e.env.Stdout
	fmt.Fprintf(w, "%s: %s %s schedules with at most %s and %s, %s\n", s.Name, verdict(r), grouped(r.Search.Runs),
		e.flags.boundText(), faultText(e.flags.bound, r.Search.Menu), fromText(r.Search.From))
	fmt.Fprintf(w, "      at most %d decisions in one  %s steps  %s", r.Search.Deepest, grouped(r.Steps), seconds(r.Elapsed))
	if r.Failure == nil { // else it depends on how far other workers were
		fmt.Fprintf(w, "  digest %v", r.Digest)
	}
	fmt.Fprintln(w)
	if r.Search.Unmarked > 0 {
		fmt.Fprintf(w, "      %s of them never came to the mark, for a fault before it: one schedule each\n", grouped(r.Search.Unmarked))
	}
	if r.Search.Sampled > 0 {
		fmt.Fprintf(w, "      %s of them came to their second phase, which is one fair schedule of many\n", grouped(r.Search.Sampled))
	}
	if r.Failure != nil && !r.First {
		fmt.Fprintf(w, "      the failure is not known to be the first in the order of the search\n")
	}
	if r.Search.Cut > 0 {
		fmt.Fprintf(w, "      %s of them were cut off by their budget of steps: what comes after is not searched\n", grouped(r.Search.Cut))
	}
	if state != "" {
		fmt.Fprintf(w, "      about %s of the tree is left; go on with\n      resume   %s\n", percent(r.Left), e.resumeLine(s, state))
	}
}

// resumeLine is the pasteable line that goes on.
func (e *exploration) resumeLine(s *sim.Scenario, state string) string {
	return e.againLine(s) + " -resume " + runner.ShellWord(state)
}

// againLine is the pasteable line that explores a scenario again.
func (e *exploration) againLine(s *sim.Scenario) string {
	line := e.c.Program + " explore " + runner.ShellWord(s.Name)
	e.flags.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "preemptions", "faults", "delays", "seed":
			line += " -" + f.Name + "=" + runner.ShellWord(f.Value.String())
		}
	})
	for _, k := range slices.Sorted(maps.Keys(e.flags.params)) {
		line += " -p " + runner.ShellWord(fmt.Sprintf("%s=%d", k, e.flags.params[k]))
	}
	return line
}

type exploredObject struct {
	Type        string  `json:"type"`
	Scenario    string  `json:"scenario"`
	Complete    bool    `json:"complete"`
	Runs        uint64  `json:"runs"`
	Steps       uint64  `json:"steps"`
	Preemptions int     `json:"preemptions"`
	Delays      bool    `json:"delays"`
	Faults      int     `json:"faults"`
	Menu        int     `json:"menu"`
	From        uint64  `json:"from"`
	Deepest     int     `json:"deepest"`
	Cut         uint64  `json:"cut"`
	Sampled     uint64  `json:"sampled"`
	Unmarked    uint64  `json:"unmarked"`
	Left        float64 `json:"left"`
	State       string  `json:"state"`
	Seconds     float64 `json:"seconds"`
	Digest      string  `json:"digest"`
}

// verdict is the word before the number of schedules.
func verdict(r *runner.ExploreReport) string {
	switch {
	case r.Failure != nil:
		return "failed after"
	case r.Search.Complete:
		return "complete: all"
	}
	return "not complete:"
}

func (x *exploreFlags) boundText() string {
	word := "preemption"
	if x.delays {
		word = "delay"
	}
	return plural(x.preemptions, word)
}

// faultText names the bound of faults and the menu.
func faultText(bound, menu int) string {
	switch {
	case menu == 0:
		return "no faults (it offers none)"
	case bound == 0:
		return "no faults"
	}
	return fmt.Sprintf("%s of a menu of %d", plural(bound, "fault"), menu)
}

func fromText(mark uint64) string {
	if mark == 0 {
		return "from the start"
	}
	return fmt.Sprintf("from the mark at step %d", mark)
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

func percent(share float64) string {
	if share > 0 && share < 0.001 {
		return "less than 0.1 %"
	}
	return fmt.Sprintf("%.1f %%", 100*share)
}

// finish prints the verdict and returns the exit code.
func (e *exploration) finish(scenarios int) int {
	failed := uint64(len(e.failures))
	if e.flags.json {
		printJSON(e.env.Stdout, summary{
			"summary", scenarios, e.total.Runs, e.total.Steps, failed, e.distinct(), e.total.Elapsed.Seconds(), e.total.Digest.String(), 0,
		})
	} else if scenarios > 1 {
		fmt.Fprintf(e.env.Stdout, "%d scenarios  %s schedules  %s steps  %s  %d not complete  %d failed\n",
			scenarios, grouped(e.total.Runs), grouped(e.total.Steps), seconds(e.total.Elapsed.Round(time.Millisecond)), e.left, failed)
	}
	if code := runner.ExitCode(e.failures); code != ExitOK {
		return code
	}
	if e.interrupted {
		return ExitInterrupted
	}
	if e.left > 0 && e.flags.whole {
		return ExitFailed
	}
	return ExitOK
}
