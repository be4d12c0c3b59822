package bench

import (
	"github.com/collider-amqp/collider/sim/cli"
)

// control runs the repaired programs, as often as was asked for in all together, and
// reports each that fails.
func (c *command) control(ps []Program) int {
	if len(ps) == 0 {
		c.env.Errorf("bench: -controls: no program has one of the words in its name")
		return cli.ExitUsage
	}
	parts := len(ps) * len(c.strategies)
	each := (c.controls + parts - 1) / parts
	width := 0
	for i := range ps {
		width = max(width, len(ps[i].Name))
	}
	c.textf("runs of the repaired programs that failed, %d with each of %d strategies\n\n", each, len(c.strategies))
	var runs uint64
	alarms := 0
	for i := range ps {
		p := ps[i]
		p.Buggy = p.Fixed
		c.textf("%-*s", width, p.Name)
		mine, found := uint64(0), 0
		for _, strategy := range c.strategies {
			s, err := Measure(c.ctx, &p, Options{Strategy: strategy, Trials: 1, Limit: each, Seed: c.options.Seed})
			if err != nil {
				panic(err) // the names have been checked
			}
			mine, found = mine+s.Runs, found+len(s.First)
			if s.Failed != nil {
				c.env.Errorf("bench: %s, repaired, fails with %s, seed %d: %v", p.Name, strategy, s.Failed.Seed, s.Failed.Failure)
			}
		}
		runs, alarms = runs+mine, alarms+found
		c.textf(" %12d runs %4d failed\n", mine, found)
		c.object(controlObject{"control", p.Name, mine, found})
		if c.ctx.Err() != nil {
			return cli.ExitInterrupted
		}
	}
	c.textf("\n%d runs of %d programs, %d false alarms\n", runs, len(ps), alarms)
	c.object(controlsObject{"controls", runs, len(ps), alarms})
	if alarms > 0 {
		return cli.ExitFailed
	}
	return cli.ExitOK
}

type controlObject struct {
	Type    string `json:"type"`
	Program string `json:"program"`
	Runs    uint64 `json:"runs"`
	Failed  int    `json:"failed"`
}

type controlsObject struct {
	Type     string `json:"type"`
	Runs     uint64 `json:"runs"`
	Programs int    `json:"programs"`
	Alarms   int    `json:"alarms"`
}
