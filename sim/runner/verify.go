package runner

import (
	"context"
	"runtime"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// Verify runs each seed twice: first like Run, on all workers, in Worlds used
// before; then alone, each in a new World, in reverse order, with GOMAXPROCS of
// 1. Failures of the report are the runs whose two executions differ, with the
// first difference; that a run fails alike twice is none, but a stuck run is one,
// and ends the batch. GOMAXPROCS is that of
// the process and is set back at the end.
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
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for i := len(first) - 1; i >= 0; i-- {
		report.Scenarios[i].Failed = 0
		for j := len(first[i]) - 1; j >= 0 && ctx.Err() == nil; j-- {
			if err := b.verifyRun(report, i, uint64(j), first[i][j]); err != nil {
				return nil, err
			}
		}
	}
	report.Elapsed = time.Since(begin)
	report.Interrupted = ctx.Err() != nil
	return report, nil
}

// verifyRun executes one run again and compares.
func (b *batch) verifyRun(report *Report, scenario int, j uint64, want Digest) error {
	p := &b.plans[scenario]
	r, err := b.once(p, j, false)
	if err != nil {
		return err
	}
	if runDigest(p.name, &r) == want {
		return nil
	}
	report.Failed++
	report.Scenarios[scenario].Failed++
	if n := len(report.Failures); n > 0 && report.Failures[n-1].Scenario == p.scenario {
		// The lowest seed stands for its scenario; seeds come in falling order.
		report.Failures[n-1].Count++
		return b.locate(&report.Failures[n-1], p, j)
	}
	f := Failure{Scenario: p.scenario, Count: 1, Estimates: p.estimates}
	if err := b.locate(&f, p, j); err != nil {
		return err
	}
	report.Failures = append(report.Failures, f)
	return nil
}

// locate looks for the difference between a run alone and the same run after its
// predecessors in the same World.
func (b *batch) locate(f *Failure, p *plan, j uint64) error {
	alone, err := b.once(p, j, true)
	if err != nil {
		return err
	}
	after, err := b.after(p, j)
	if err != nil {
		return err
	}
	f.Result = alone
	nondeterminism(f, &after)
	return nil
}

// once executes run j of a scenario in a World of its own.
func (b *batch) once(p *plan, j uint64, keep bool) (sim.Result, error) {
	cfg := b.config(p, b.opt.seed(j))
	cfg.Keep = keep
	return Once(p.scenario, cfg, b.opt.Watchdog)
}

// after executes run j in a World in which some earlier ones have run.
func (b *batch) after(p *plan, j uint64) (r sim.Result, err error) {
	w := sim.NewWorld(sim.Options{Watchdog: -1})
	defer closeWorld(w)
	for i := j - min(j, 8); i <= j && err == nil; i++ {
		cfg := b.config(p, b.opt.seed(i))
		cfg.Keep = i == j
		r = execute(w, p.scenario, &cfg, func(e *PanicError) { err = e })
	}
	return r, err
}
