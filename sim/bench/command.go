package bench

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/cli"
)

// Command is simrun's command "bench".
func Command() cli.Command {
	return cli.Command{
		Name: "bench", Args: "[WORD …]",
		Doc:   "measure the strategies on programs with known bugs, and the kernel's speed",
		Run:   run,
		Flags: []string{"beside", "controls", "floor", "for", "hard", "json", "limit", "rounds", "seed", "strategy", "trials"},
	}
}

// command is one execution.
type command struct {
	ctx        context.Context
	env        *cli.Env
	strategies []string
	options    Options
	hard       int // limit for the hard programs, 0 as for others
	controls   int // runs
	floor      bool
	json       bool
	budget     time.Duration
	rivals     bool
	rounds     int
	words      []string
}

func run(ctx context.Context, env *cli.Env, args []string) int {
	c := command{ctx: ctx, env: env}
	f := cli.NewFlags(env, "bench", "[WORD …]",
		"Measures how many schedules each strategy needs to find the known bugs of small programs, and how fast it makes steps; words choose the programs and shapes whose names contain one.",
		"bench", "bench -trials 100 -strategy surw,auto -floor -for 0", "bench -trials 1 -for 1s blocked/",
		"bench -hard 1000000 -strategy pos,feedback SafeStack", "bench -controls 1000000", "bench -beside -for 500ms lock/ buffer")
	list := "surw,auto,pos,urw,pct:3,random,feedback"
	f.StringVar(&list, "strategy", list, "strategies `LIST`, separated by commas: "+sim.StrategyNames)
	f.IntVar(&c.options.Trials, "trials", studyTrials, "`N` searches for each bug (at most 20 for one that nobody is expected to find)")
	f.IntVar(&c.options.Limit, "limit", 10_000, "a search gives up after `N` schedules")
	f.Uint64Var(&c.options.Seed, "seed", 0, "seed `N` of the trials")
	f.IntVar(&c.hard, "hard", 0, "a search for a bug that needs more than 10 000 schedules gives up after `N` (0 means -limit)")
	f.BoolVar(&c.floor, "floor", false, "fail unless each strategy finds all that published SURW finds, in 1.2 times as many schedules on geometric average, and none by far worse")
	f.IntVar(&c.controls, "controls", 0, "run the repaired programs instead, `N` times in all, and fail if one fails")
	f.DurationVar(&c.budget, "for", 200*time.Millisecond, "processor time `DUR` for the speed of each shape (0 means none)")
	f.BoolVar(&c.rivals, "beside", false, "measure the speed beside Shuttle and Loom, which cargo builds (strategies random,pct:2 unless given)")
	f.IntVar(&c.rounds, "rounds", 5, "`N` measurements of each, in turn, with -beside")
	f.BoolVar(&c.json, "json", false, "print one object a line")
	words, code, ok := f.ParseArgs(args)
	if !ok {
		return code
	}
	given := false
	f.Visit(func(f *flag.Flag) { given = given || f.Name == "strategy" })
	if c.rivals && !given {
		list = "random,pct:2"
	}
	c.words, c.strategies = words, strings.Split(list, ",")
	if err := c.check(); err != nil {
		env.Errorf("bench: %s", strings.TrimPrefix(err.Error(), "sim: "))
		return cli.ExitUsage
	}
	if c.rivals {
		return c.beside()
	}
	return c.measure()
}

// check says what is wrong with the flags.
func (c *command) check() error {
	for _, s := range c.strategies {
		if _, err := sim.ParseStrategy(s); err != nil {
			return err
		}
	}
	switch {
	case c.options.Trials < 1:
		return fmt.Errorf("-trials %d: want a number from 1", c.options.Trials)
	case c.hard < 0:
		return fmt.Errorf("-hard %d: want a number from 1, or 0 for -limit", c.hard)
	case c.controls < 0:
		return fmt.Errorf("-controls %d: want a number from 1", c.controls)
	case c.options.Limit < 1:
		return fmt.Errorf("-limit %d: want a number from 1", c.options.Limit)
	case c.rounds < 1:
		return fmt.Errorf("-rounds %d: want a number from 1", c.rounds)
	case c.rivals && c.budget == 0:
		return fmt.Errorf("-for 0 with -beside: want a time")
	case c.budget < 0:
		return fmt.Errorf("-for %v: want a time, or 0 for none", c.budget)
	case len(c.programs()) == 0 && len(c.shapes()) == 0:
		return fmt.Errorf("nothing selected: no program or shape has one of the words in its name")
	}
	return nil
}

func (c *command) programs() []Program {
	var out []Program
	for _, p := range Programs() {
		if matches(p.Name, c.words) {
			out = append(out, p)
		}
	}
	return out
}

func (c *command) shapes() []Shape {
	var out []Shape
	for _, s := range Shapes() {
		if matches(s.Name, c.words) && c.budget > 0 {
			out = append(out, s)
		}
	}
	return out
}

func (c *command) measure() int {
	if c.controls > 0 {
		return c.control(c.programs())
	}
	var breaches []string
	if ps := c.programs(); len(ps) > 0 {
		breaches = c.searches(ps)
	}
	if ss := c.shapes(); len(ss) > 0 && c.ctx.Err() == nil {
		if err := c.speeds(ss); err != nil {
			c.env.Errorf("%v", err)
			return cli.ExitFailed
		}
	}
	if c.ctx.Err() != nil {
		return cli.ExitInterrupted
	}
	for _, b := range breaches {
		c.env.Errorf("bench: %s", b)
	}
	if len(breaches) > 0 {
		return cli.ExitFailed
	}
	return cli.ExitOK
}

// searches prints a line for each program and one for each strategy. It returns what
// is not as -floor demands.
func (c *command) searches(ps []Program) (breaches []string) {
	width := 0
	for i := range ps {
		width = max(width, len(ps[i].Name))
	}
	c.textf("schedules to the first failure: mean ± 95 %% (found/trials if not all), limit %d, %d trials\n\n", c.options.Limit, c.options.Trials)
	c.textf("%-*s %9s", width, "program", "published")
	for _, s := range c.strategies {
		c.textf(" %20s", s)
	}
	c.textf("\n")
	samples := make([][]Sample, len(c.strategies))
	for i := range ps {
		c.textf("%-*s %9s", width, ps[i].Name, published(&ps[i]))
		for j, strategy := range c.strategies {
			s, err := Measure(c.ctx, &ps[i], c.trials(&ps[i], strategy))
			if err != nil {
				panic(err) // the names have been checked
			}
			samples[j] = append(samples[j], s)
			c.textf(" %20s", cell(&s))
			c.object(sampleObject{
				"program", ps[i].Name, strategy, ps[i].Published, len(s.First), s.Trials, finite(s.Mean()), s.Margin(), s.Runs, s.Steps, s.Elapsed.Seconds(),
			})
		}
		c.textf("\n")
		if c.ctx.Err() != nil {
			return nil
		}
	}
	c.textf("\n")
	for j, strategy := range c.strategies {
		c.total(strategy, ps, samples[j])
		if c.floor {
			breaches = append(breaches, Breaches(strategy, ps, samples[j])...)
		}
	}
	return breaches
}

// studyTrials is the number of trials in the study.
const studyTrials = 20

// trials returns the options for a program: each trial of one that nobody is expected
// to find is as long as can be, and the study made no more of them.
func (c *command) trials(p *Program, strategy string) Options {
	o := c.options
	o.Strategy = strategy
	if p.Hard || p.Clean {
		o.Trials = min(o.Trials, studyTrials)
	}
	if p.Hard && c.hard > 0 {
		o.Limit = c.hard
	}
	return o
}

// total prints what a strategy needs of all programs together.
func (c *command) total(strategy string, ps []Program, ss []Sample) {
	r := Compare(ps, ss)
	var runs, steps uint64
	found, of, seconds := 0, 0, 0.0
	for i := range ss {
		runs, steps, seconds = runs+ss[i].Runs, steps+ss[i].Steps, seconds+ss[i].Elapsed.Seconds()
		if !ps[i].counts() {
			continue
		}
		if of++; ss[i].All() {
			found++
		}
	}
	c.textf("%-8s found %d of %d in all trials; %.2f × published (%.2f to %.2f) over %d programs, %d missed; %.3g schedules/s, %.3g steps/s\n",
		strategy, found, of, r.Mean, r.Low, r.High, r.Programs, r.Missed, float64(runs)/seconds, float64(steps)/seconds)
	c.object(totalObject{"strategy", strategy, found, of, r.Programs, r.Missed, r.Mean, r.Low, r.High, float64(runs) / seconds, float64(steps) / seconds})
}

// speeds prints a line for each shape.
func (c *command) speeds(shapes []Shape) error {
	c.textf("\nsteps/s in millions and schedules/s in thousands, of processor time\n\n%-17s", "shape")
	for _, s := range c.strategies {
		c.textf(" %16s", s)
	}
	c.textf("\n")
	for i := range shapes {
		c.textf("%-17s", shapes[i].Name)
		for _, strategy := range c.strategies {
			r, err := Speed(c.ctx, &shapes[i], strategy, c.budget)
			if err != nil {
				return err
			}
			if r.Runs == 0 {
				return nil // interrupted
			}
			c.textf(" %7.2f %8.2f", r.StepsPerSecond()/1e6, r.RunsPerSecond()/1e3)
			c.object(rateObject{"shape", shapes[i].Name, strategy, r.Runs, r.Steps, r.Elapsed.Seconds(), r.CPU.Seconds(), r.StepsPerSecond(), r.RunsPerSecond()})
		}
		c.textf("\n")
	}
	return nil
}

func (c *command) textf(format string, args ...any) {
	if !c.json {
		fmt.Fprintf(c.env.Stdout, format, args...)
	}
}

func (c *command) object(v any) {
	if !c.json {
		return
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain numbers and words
	}
	fmt.Fprintf(c.env.Stdout, "%s\n", b)
}

type sampleObject struct {
	Type      string  `json:"type"`
	Program   string  `json:"program"`
	Strategy  string  `json:"strategy"`
	Published float64 `json:"published"`
	Found     int     `json:"found"`
	Trials    int     `json:"trials"`
	Mean      float64 `json:"mean"`
	Margin    float64 `json:"margin"`
	Runs      uint64  `json:"runs"`
	Steps     uint64  `json:"steps"`
	Seconds   float64 `json:"seconds"`
}

type totalObject struct {
	Type     string  `json:"type"`
	Strategy string  `json:"strategy"`
	Found    int     `json:"found"`
	Of       int     `json:"of"`
	Compared int     `json:"compared"`
	Missed   int     `json:"missed"`
	Ratio    float64 `json:"ratio"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	Runs     float64 `json:"runs_per_second"`
	Steps    float64 `json:"steps_per_second"`
}

type rateObject struct {
	Type     string  `json:"type"`
	Shape    string  `json:"shape"`
	Strategy string  `json:"strategy"`
	Runs     uint64  `json:"runs"`
	Steps    uint64  `json:"steps"`
	Seconds  float64 `json:"seconds"`
	CPU      float64 `json:"cpu_seconds"`
	PerStep  float64 `json:"steps_per_second"`
	PerRun   float64 `json:"runs_per_second"`
}

// cell is a sample in a table.
func cell(s *Sample) string {
	if len(s.First) == 0 {
		return fmt.Sprintf("0/%d", s.Trials)
	}
	text := number(s.Mean()) + " ±" + strings.TrimSuffix(fmt.Sprintf("%.1f", s.Margin()), ".0")
	if !s.All() {
		text += fmt.Sprintf(" (%d/%d)", len(s.First), s.Trials)
	}
	return text
}

// published is the study's number, or how many of its trials found the bug.
func published(p *Program) string {
	if p.Study != "" {
		return p.Study
	}
	return number(p.Published)
}

// number prints three figures at the least, and a dash for 0.
func number(x float64) string {
	switch {
	case x == 0:
		return "–"
	case x < 100:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", x), ".0")
	}
	return fmt.Sprintf("%.0f", x)
}

// finite replaces what JSON cannot express.
func finite(x float64) float64 {
	if math.IsNaN(x) {
		return 0
	}
	return x
}
