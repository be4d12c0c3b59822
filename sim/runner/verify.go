package runner

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// Verify runs each seed twice: first like Run, on all workers, in Worlds used
// before; then in reverse order, with GOMAXPROCS of 1, one of eight alone in a new
// World and the others in a World that has seen other runs than the first time.
// Failures of the report are the runs whose two executions differ, with the first
// difference; that a run fails alike twice is none, but is counted (Report.Alike).
// A stuck run is a failure and ends the batch. GOMAXPROCS is that of the process
// and is set back at the end.
//
// The digest is that of Run: compare it with a build with the race detector to
// verify that, too.
func Verify(ctx context.Context, o Options) (*Report, error) {
	o.KeepGoing = true
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if s, _ := newSearch(o.Strategy); s != nil {
		return nil, &OptionError{Option: "Strategy", Reason: o.Strategy + ": a search repeats its decisions in each run, there is nothing more to verify"}
	}
	if err := refuseFeedback(o.Strategy); err != nil {
		return nil, err
	}
	begin := time.Now()
	b := newBatch(ctx, o, begin)
	first := make([][]Digest, len(o.Scenarios))
	b.onRun = func(scenario int, j uint64, d Digest) { first[scenario] = append(first[scenario], d) }
	b.unconfirmed = true
	report, err := b.run(begin)
	if err != nil {
		return nil, err
	}
	if n := len(report.Failures); n > 0 && report.Failures[n-1].Result.Failure.Kind == sim.Stuck {
		report.Failures, report.Failed = report.Failures[n-1:], 1
		return report, nil // nothing more can be run
	}
	report.Failures, report.Failed = nil, 0
	b.procs = runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(b.procs)
	player := NewPlayer(o.Watchdog)
	defer player.Close()
	for i := len(first) - 1; i >= 0; i-- {
		report.Scenarios[i].Failed = 0
		for j := len(first[i]) - 1; j >= 0 && ctx.Err() == nil; j-- {
			if j%freshEvery == 0 {
				player.Close()
			}
			if err := b.verifyRun(report, player, i, uint64(j), first[i][j]); err != nil {
				return nil, err
			}
		}
	}
	report.Elapsed = time.Since(begin)
	report.Interrupted = ctx.Err() != nil
	return report, nil
}

// freshEvery is the number of runs of which one is executed in a new World.
const freshEvery = 8

// verifyRun executes one run again and compares.
func (b *batch) verifyRun(report *Report, player *Player, scenario int, j uint64, want Digest) error {
	p := &b.plans[scenario]
	r, err := player.Play(p.scenario, b.config(p, b.opt.seed(j)))
	if err != nil {
		return err
	}
	got := runDigest(p.name, &r)
	if got == want {
		if r.Failure != nil {
			report.Alike++
			report.Scenarios[scenario].Alike++
		}
		return nil
	}
	report.Failed++
	report.Scenarios[scenario].Failed++
	if n := len(report.Failures); n > 0 && report.Failures[n-1].Scenario == p.scenario {
		// The lowest seed stands for its scenario; seeds come in falling order.
		report.Failures[n-1].Count++
		return b.locate(&report.Failures[n-1], p, j, want, got)
	}
	f := Failure{Scenario: p.scenario, Count: 1, Estimates: p.estimates}
	if err := b.locate(&f, p, j, want, got); err != nil {
		return err
	}
	report.Failures = append(report.Failures, f)
	return nil
}

// locate looks for the difference between a run after its predecessors in the same
// World, on all processors, and the same run alone on one.
func (b *batch) locate(f *Failure, p *plan, j uint64, first, second Digest) error {
	alone, err := b.alone(p, j, nil)
	if err != nil {
		return err
	}
	f.Result = alone
	d, err := b.part(p, j)
	if err != nil {
		return err
	}
	if d == nil {
		d = &Divergence{What: "digest", First: first.String(), Second: second.String(), Notes: []string{fmt.Sprintf(
			"%d further executions were alike: it takes what ran before in the process, or chance", 2*maxPairs)}}
	}
	nondeterminism(f, d)
	return nil
}

// part looks for the place where run j parts.
func (b *batch) part(p *plan, j uint64) (*Divergence, error) {
	return part(
		func(tap sim.Tap) (sim.Result, error) { return b.after(p, j, tap) },
		func(tap sim.Tap) (sim.Result, error) { return b.alone(p, j, tap) })
}

// alone executes run j of a scenario in a World of its own, and keeps its history.
func (b *batch) alone(p *plan, j uint64, tap sim.Tap) (sim.Result, error) {
	cfg := b.config(p, b.opt.seed(j))
	cfg.Keep, cfg.Tap = true, tap
	return Once(p.scenario, cfg, b.opt.Watchdog)
}

// after executes run j in a World in which some earlier ones have run, with as many
// processors as the program has.
func (b *batch) after(p *plan, j uint64, tap sim.Tap) (r sim.Result, err error) {
	if b.procs > 0 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(b.procs))
	}
	player := NewPlayer(b.opt.Watchdog)
	defer player.Close()
	for i := j - min(j, 8); i <= j && err == nil; i++ {
		cfg := b.config(p, b.opt.seed(i))
		if i == j {
			cfg.Keep, cfg.Tap = true, tap
		}
		r, err = player.Play(p.scenario, cfg)
	}
	return r, err
}
