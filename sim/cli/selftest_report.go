package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/collider-amqp/collider/sim/canary"
)

// selftestReport prints what selftest finds.
type selftestReport struct {
	c        *Config
	env      *Env
	f        *selftestFlags
	progress *progress
	begun    time.Time
	total    int
	done     int
	width    [2]int // of the columns of names and scenarios
}

// start says what is about to run.
func (t *selftestReport) start(canaries []*canary.Canary) {
	t.width = [2]int{len("canary"), len("scenario")}
	for _, k := range canaries {
		t.width = [2]int{max(t.width[0], len(k.Name)), max(t.width[1], len(k.Scenario))}
	}
	if t.f.json {
		return
	}
	drawn := ""
	if !t.f.given("seed") {
		drawn = " (drawn)"
	}
	fmt.Fprintf(t.env.Stderr, "%s: selftest %d canaries, %d at a time, up to %s runs in each of %d trials, seed %d%s\n",
		t.c.Program, t.total, t.f.atOnce(), grouped(uint64(t.f.runs)), t.f.trials, t.f.seed, drawn)
	fmt.Fprintf(t.env.Stdout, "%-*s  %-*s  %-12s %-12s %7s %7s\n", t.width[0], "canary", t.width[1], "scenario", "verdict", "rule", "runs", "seconds")
}

// result prints one canary's line.
func (t *selftestReport) result(r *canary.Result) {
	t.done++
	if err := t.f.keepFile(r); err != nil {
		t.env.Errorf("selftest: %v", err)
	}
	if t.f.json {
		printJSON(t.env.Stdout, canaryObjectOf(r))
	} else {
		t.progress.clear()
		t.row(r)
	}
	t.progress.line(time.Since(t.begun), fmt.Sprintf("  %d of %d canaries", t.done, t.total))
}

func (t *selftestReport) row(r *canary.Result) {
	runs, rule := "-", "-"
	if n := r.Median(); n > 0 {
		runs = grouped(n)
	}
	if rs := rulesOf(r); len(rs) > 0 {
		rule = strings.Join(rs, " ")
	}
	search := time.Duration(0)
	for i := range r.Trials {
		search += r.Trials[i].Elapsed
	}
	line := fmt.Sprintf("%-*s  %-*s  %-12s %-12s %7s %7.1f", t.width[0], r.Canary.Name, t.width[1], r.Canary.Scenario, r.Outcome, rule, runs, search.Seconds())
	if s := shrunkOf(r); s != nil {
		line += fmt.Sprintf("  decisions %d → %d", s.Before, s.After)
	}
	switch {
	case r.Stale():
		line += "  its patch says that it is missed: take that line out"
	case r.Canary.Missed != "":
		line += "  known: " + r.Canary.Missed
	case r.Outcome == canary.WrongRule:
		line += "  wanted " + strings.Join(r.Canary.Rules, " ")
	case r.Outcome == canary.Unusable:
		line += "  " + unusable(r)
	}
	fmt.Fprintln(t.env.Stdout, line)
}

// finish prints the verdict and returns the exit code.
func (t *selftestReport) finish(ctx context.Context, results []*canary.Result) int {
	code := selftestCode(results, t.f.floor)
	if ctx.Err() != nil {
		code = ExitInterrupted
	}
	score := canary.ScoreOf(results)
	elapsed := time.Since(t.begun)
	if t.f.json {
		printJSON(t.env.Stdout, canarySummary{
			"summary", len(results), score.Total, score.Found, score.Percent(), t.f.floor, t.f.seed, uint64(t.f.runs), int(t.f.trials), elapsed.Seconds(),
		})
		return code
	}
	word := "ok  "
	switch code {
	case ExitOK:
	case ExitInterrupted:
		word = "interrupted "
	default:
		word = "FAIL"
	}
	fmt.Fprintf(t.env.Stdout, "%s  found %d of %d canaries: %.1f %%, floor %g %%  %s\n", word, score.Found, score.Total, score.Percent(), t.f.floor, seconds(elapsed))
	for _, area := range areas(results) {
		s := canary.ScoreOf(inArea(results, area))
		fmt.Fprintf(t.env.Stdout, "      %-20s %d of %d\n", area, s.Found, s.Total)
	}
	if n := len(results) - score.Total; n > 0 {
		t.env.Errorf("interrupted before %d canaries", n)
	}
	return code
}

// areas returns the areas of the results, in their order.
func areas(results []*canary.Result) []string {
	var out []string
	for _, r := range results {
		if a := r.Canary.Area(); len(out) == 0 || out[len(out)-1] != a {
			out = append(out, a)
		}
	}
	return out
}

func inArea(results []*canary.Result, area string) []*canary.Result {
	var out []*canary.Result
	for _, r := range results {
		if r.Canary.Area() == area {
			out = append(out, r)
		}
	}
	return out
}

// rulesOf returns the rules that the trials broke, each once.
func rulesOf(r *canary.Result) []string {
	var out []string
	seen := map[string]bool{}
	for i := range r.Trials {
		if rule := r.Trials[i].Rule; rule != "" && !seen[rule] {
			seen[rule] = true
			out = append(out, rule)
		}
	}
	return out
}

// shrunkOf returns the smaller failure, nil if there is none.
func shrunkOf(r *canary.Result) *canary.Shrunk {
	if len(r.Trials) == 0 {
		return nil
	}
	return r.Trials[0].Shrunk
}

// canaryObject is a result in the JSON output.
type canaryObject struct {
	Type     string        `json:"type"`
	Canary   string        `json:"canary"`
	Area     string        `json:"area"`
	Scenario string        `json:"scenario"`
	Expected []string      `json:"expected"`
	Bug      string        `json:"bug"`
	Missed   string        `json:"missed,omitempty"`
	Verdict  string        `json:"verdict"`
	Error    string        `json:"error,omitempty"`
	Runs     uint64        `json:"runs"` // the median; 0 if it was not found
	Trials   []trialObject `json:"trials"`
	Build    float64       `json:"build_seconds"`
	Seconds  float64       `json:"seconds"`
	Shrunk   *canaryShrunk `json:"shrunk,omitempty"` // only with -shrink
}

// canaryShrunk is the first failure made smaller, in decisions.
type canaryShrunk struct {
	Before  int  `json:"before"`
	After   int  `json:"after"`
	Minimal bool `json:"minimal"`
}

type trialObject struct {
	Seed    uint64  `json:"seed"`
	Runs    uint64  `json:"runs"`
	Failed  bool    `json:"failed"`
	Rule    string  `json:"rule"`
	Message string  `json:"message"`
	Repeats bool    `json:"repeats"`
	Seconds float64 `json:"seconds"`
}

// canarySummary is the last object.
type canarySummary struct {
	Type     string  `json:"type"`
	Canaries int     `json:"canaries"`
	Finished int     `json:"finished"`
	Found    int     `json:"found"`
	Percent  float64 `json:"percent"`
	Floor    float64 `json:"floor"`
	Seed     uint64  `json:"seed"`
	Runs     uint64  `json:"runs"`
	Trials   int     `json:"trials"`
	Seconds  float64 `json:"seconds"`
}

func canaryObjectOf(r *canary.Result) canaryObject {
	k := r.Canary
	o := canaryObject{
		Type: "canary", Canary: k.Name, Area: k.Area(), Scenario: k.Scenario, Expected: k.Rules, Bug: k.Bug, Missed: k.Missed,
		Verdict: r.Outcome.String(), Runs: r.Median(), Trials: []trialObject{}, Build: r.Build.Seconds(), Seconds: r.Elapsed.Seconds(),
	}
	if r.Err != nil {
		o.Error = unusable(r)
	}
	for i := range r.Trials {
		t := &r.Trials[i]
		o.Trials = append(o.Trials, trialObject{t.Seed, t.Runs, t.Failed, t.Rule, t.Message, t.Repeats, t.Elapsed.Seconds()})
	}
	if s := shrunkOf(r); s != nil {
		o.Shrunk = &canaryShrunk{s.Before, s.After, s.Minimal}
	}
	return o
}
