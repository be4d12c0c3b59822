package bench

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/collider-amqp/collider/sim/cli"
)

// pairing is a shape on which a strategy of ours meets a tool with one of its own.
type pairing struct {
	shape    *Shape
	ours     string // strategy
	tool     string
	strategy string
}

// pairings are those of the strategies that Shuttle has, too, and of the search by
// Loom, which has nothing else.
func pairings(shapes []Shape, strategies []string) []pairing {
	var out []pairing
	for i := range shapes {
		for _, s := range strategies {
			if shuttleHas(s) {
				out = append(out, pairing{&shapes[i], s, "shuttle", s})
			}
		}
		if shapes[i].Loom {
			out = append(out, pairing{&shapes[i], "dfs:99", "loom", "exhaustive"})
		}
	}
	return out
}

func shuttleHas(strategy string) bool {
	base, _, drawn := strings.Cut(strategy, ":")
	return strategy == "random" || strategy == "urw" || base == "pct" && drawn
}

// compared is what came of the rounds of a pairing.
type compared struct {
	ours, theirs []Rate
}

// round measures both once, one after the other, each on one core.
func (c *compared) round(ctx context.Context, r *rival, p pairing, budget time.Duration) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	ours, err := Speed(ctx, p.shape, p.ours, budget)
	if err != nil {
		return err
	}
	theirs, err := r.speed(ctx, p.tool, p.strategy, p.shape.Name, budget)
	if err != nil {
		return err
	}
	c.ours, c.theirs = append(c.ours, ours), append(c.theirs, theirs)
	return nil
}

// side is the median of one side's rounds.
type side struct {
	StepsPerRun, StepsPerSecond, RunsPerSecond float64
}

func sideOf(rates []Rate) side {
	return side{
		median(rates, func(r Rate) float64 { return float64(r.Steps) / float64(r.Runs) }),
		median(rates, Rate.StepsPerSecond),
		median(rates, Rate.RunsPerSecond),
	}
}

// ratio returns the median, over the rounds, of ours over theirs: 0 if they have
// none.
func (c *compared) ratio(of func(Rate) float64) float64 {
	i := 0
	return median(c.ours, func(r Rate) float64 {
		theirs := of(c.theirs[i])
		i++
		if theirs == 0 {
			return 0
		}
		return of(r) / theirs
	})
}

// median returns that of a number of each rate.
func median(rates []Rate, of func(Rate) float64) float64 {
	var xs []float64
	for _, r := range rates {
		xs = append(xs, of(r))
	}
	if len(xs) == 0 {
		return 0
	}
	slices.Sort(xs)
	return (xs[(len(xs)-1)/2] + xs[len(xs)/2]) / 2
}

const besideText = `ours beside Shuttle and Loom: each alone on one core, in turn; medians of %d rounds of %v of processor time
%s; load %s; %s; %s

A step is, with us, an operation on a shared object, the first of each thread, and the
resumption of one that was blocked inside an operation; with Shuttle, a decision of
its scheduler. The programs are the same: schedules compare without any convention.
Loom searches, and leaves out what is equivalent; beside it stands our search, which
does not.

`

// beside measures ours beside theirs.
func (c *command) beside() int {
	ps := pairings(c.shapes(), c.strategies)
	if len(ps) == 0 {
		c.env.Errorf("bench -beside: nothing selected: Shuttle has random, pct:D and urw, Loom two threads")
		return cli.ExitUsage
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	r, err := buildRival(c.ctx, filepath.Join(cache, "collider-beside"))
	if err != nil {
		c.env.Errorf("bench -beside: %v", err)
		return cli.ExitUsage
	}
	c.textf(besideText, c.rounds, c.budget, processor(), load(), r.versions, runtime.Version())
	c.textf("%-17s %-7s %25s   %-20s %25s   %s\n", "", "", "ours", "", "theirs", "ours / theirs")
	c.textf("%-17s %-7s %7s %8s %8s   %-20s %7s %8s %8s   %6s %7s\n", "shape", "",
		"steps", "M step/s", "k sched/s", "", "steps", "M step/s", "k sched/s", "step/s", "sched/s")
	var logs []float64
	for _, p := range ps {
		ratio, err := c.pair(r, p)
		if c.ctx.Err() != nil {
			return cli.ExitInterrupted
		}
		if err != nil {
			c.env.Errorf("bench -beside: %v", err)
			return cli.ExitFailed
		}
		if p.tool == "shuttle" {
			logs = append(logs, math.Log(ratio))
		}
	}
	if n := len(logs); n > 0 {
		sum := 0.0
		for _, l := range logs {
			sum += l
		}
		c.textf("\nschedules/s: %.2f × Shuttle, geometric mean of %d\n", math.Exp(sum/float64(n)), n)
	}
	return cli.ExitOK
}

// pair prints a line for a pairing, and returns the ratio of the schedules in a
// second.
func (c *command) pair(r *rival, p pairing) (float64, error) {
	var m compared
	for range c.rounds {
		if err := m.round(c.ctx, r, p, c.budget); err != nil {
			return 0, err
		}
	}
	ours, theirs := sideOf(m.ours), sideOf(m.theirs)
	steps, runs := m.ratio(Rate.StepsPerSecond), m.ratio(Rate.RunsPerSecond)
	dash := func(format string, x float64) string {
		if x == 0 {
			return "–"
		}
		return fmt.Sprintf(format, x)
	}
	c.textf("%-17s %-7s %7.0f %8.2f %8.2f   %-20s %7s %8s %8.2f   %6s %7.2f\n", p.shape.Name, p.ours,
		ours.StepsPerRun, ours.StepsPerSecond/1e6, ours.RunsPerSecond/1e3,
		p.tool+" "+p.strategy, dash("%.0f", theirs.StepsPerRun), dash("%.2f", theirs.StepsPerSecond/1e6), theirs.RunsPerSecond/1e3,
		dash("%.2f", steps), runs)
	c.object(besideObject{
		"beside", p.shape.Name, p.ours, p.tool, p.strategy, len(m.ours),
		ours.StepsPerRun, ours.StepsPerSecond, ours.RunsPerSecond,
		theirs.StepsPerRun, theirs.StepsPerSecond, theirs.RunsPerSecond, steps, runs,
	})
	return runs, nil
}

type besideObject struct {
	Type           string  `json:"type"`
	Shape          string  `json:"shape"`
	Strategy       string  `json:"strategy"`
	Tool           string  `json:"tool"`
	ToolStrategy   string  `json:"tool_strategy"`
	Rounds         int     `json:"rounds"`
	Steps          float64 `json:"steps"`
	StepsPerSecond float64 `json:"steps_per_second"`
	RunsPerSecond  float64 `json:"runs_per_second"`
	ToolSteps      float64 `json:"tool_steps"`
	ToolPerSecond  float64 `json:"tool_steps_per_second"`
	ToolRuns       float64 `json:"tool_runs_per_second"`
	StepRatio      float64 `json:"steps_ratio"`
	RunRatio       float64 `json:"runs_ratio"`
}
