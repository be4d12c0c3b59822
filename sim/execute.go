package sim

import (
	"time"

	"github.com/collider-amqp/collider/sim/choice"
	"github.com/collider-amqp/collider/sim/history"
)

// RunConfig says which run of a scenario to execute. The Result is a pure function
// of build, scenario and RunConfig.
type RunConfig struct {
	// Seed of all entropy.
	Seed uint64
	// Params fixes parameters by name; the others are drawn.
	Params map[string]int64
	// Plans are the plans of faults and work that the run is to have, instead of those
	// that the scenario draws; see Plan. An item whose purpose the scenario does not
	// ask for counts as Drift.
	Plans Plans
	// Defaults gives the parameters that are not fixed their defaults, instead of
	// drawing them.
	Defaults bool
	// Strategy decides. Nil means Auto. A value must not serve two Worlds at once.
	// Replay gives the strategy that follows a recorded schedule.
	Strategy Strategy
	// Estimates of the run's size from profile runs.
	Estimates Estimates
	// Steps is the budget. Zero means the scenario's.
	Steps uint64
	// EarlyClock is the probability by which the clock moves at a step although a
	// thread can run. Zero draws it for each run, 0 in half of them; negative
	// means never. A Clocker decides by itself.
	EarlyClock float64
	// Starvation is the number of steps that a runnable thread may wait, about,
	// before it is made to go. Zero means any, until the schedule becomes fair.
	Starvation uint64
	// Keep returns Schedule and History of a run that passed, too.
	Keep bool
	// Locate are the Seqs of events whose source lines are put into the Locations
	// of a Failure that Check finds. They change nothing else.
	Locate []uint64
	// Tap watches the run. Nil means nobody does. It changes nothing else.
	Tap Tap

	_ struct{}
}

// Result is what came of a run. It shares no memory with the World, but for
// Params, which are valid until the World's next run.
type Result struct {
	// Seed is that of the RunConfig.
	Seed uint64
	// Strategy is the name of the one that decided, as "pct:3" or "replay".
	Strategy string
	// Params are the scenario's parameters, in its order.
	Params []ParamValue
	// Failure is nil if the run passed.
	Failure *Failure
	// Moot says why a Goal that was missed is not held against the run: it was not
	// Reachable. Scenario.Check judges such a run as any other, with a history that is
	// Partial, and may fail it.
	Moot string
	// Digest identifies the run's behaviour: equal runs have equal digests.
	Digest uint64
	// Steps is the number of operations done.
	Steps uint64
	// Choices is the number of steps with more than one thread to choose from.
	Choices uint64
	// Switches is the number of changes of thread.
	Switches uint64
	// Preempts is the number of changes of thread while the last could go on.
	Preempts uint64
	// Threads is the number of threads made.
	Threads int
	// Time is the virtual time at the end.
	Time time.Duration
	// Mark is the step of the first World.Mark, 0 if there was none.
	Mark uint64
	// Schedule is what the scheduler decided. Set if the run failed, or with Keep.
	Schedule choice.Schedule
	// Plans are what the run had of faults and work. Set if the run failed, or with
	// Keep.
	Plans Plans
	// Converged says that the run came to its second phase: World.Converge.
	Converged bool
	// Drift says how a Replay went.
	Drift Drift
	// History is what was recorded. Set if the run failed, or with Keep.
	History *history.History

	_ struct{}
}

// Execute runs the scenario once and judges it.
//
// In a race build a run that passes otherwise fails as Raced if the race detector has
// reported anything meanwhile; its report is on stderr. The detector says the same
// thing once in a process only, so the run passes when it is repeated there, and it
// does not say of which World it speaks: if several run at once, each may be meant.
// Digests do not depend on it.
//
// Execute panics if the scenario or its
// parameters are not valid (see Scenario.Validate) or if the World runs already,
// and with a *Fault if the strategy is at fault.
func Execute(w *World, s *Scenario, cfg RunConfig) Result {
	if err := s.Validate(&cfg); err != nil {
		panic(err)
	}
	if w.running {
		panic("sim: Execute in a World that runs")
	}
	if s.Host != nil && !w.hosted {
		return executeHosted(w, s, cfg)
	}
	w.running = true
	defer func() { w.running = false }()

	reports := raceReports()
	w.begin(s, &cfg)
	next := w.pick(nil)
	w.watch.begin()
	w.cur = next
	w.pool.root.transfer(w.coroFor(next))
	w.unwindAll()
	w.joinPrograms()
	w.justify()
	w.watch.end()
	if w.verdict.fault != nil {
		panic(w.verdict.fault)
	}
	return w.judge(s, &cfg, reports)
}

// begin prepares a run, to the point before its first step.
func (w *World) begin(s *Scenario, cfg *RunConfig) {
	w.reset(s, cfg)
	w.setParams(s, cfg)
	w.limits.set(s, cfg)
	w.clock.begin(cfg.Seed, cfg.EarlyClock)
	strategy := cfg.Strategy
	if strategy == nil {
		if w.pool.auto == nil {
			w.pool.auto = Auto()
		}
		strategy = w.pool.auto
	}
	w.use(strategy, &RunInfo{
		Seed:      cfg.Seed,
		Stream:    choice.New(cfg.Seed, "schedule", 0),
		Estimates: cfg.Estimates,
		Steps:     w.limits.budget,
	})
	if r := w.hooks.replay; r != nil {
		w.limits.budget = max(w.limits.budget, r.total)
		w.limits.scanAt = 0
	}
	w.plans.begin(cfg.Plans, w.hooks.strategy)
	w.watchSteps()
	w.locatePlaces(w.tap != nil || w.hooks.replay != nil && w.hooks.replay.locates())
	w.trap = w.limits.next()
	w.watchChoices()
	if w.tap != nil {
		w.tap.Begin(w)
	}
	w.spawn(nil, "main", func() { s.Run(w) })
}

// judge checks the history and makes the result of a run that has ended. reports is
// the number of the race detector's reports before it.
func (w *World) judge(s *Scenario, cfg *RunConfig, reports int) Result {
	h := w.recorder.History()
	h.Events = h.Events[:w.verdict.events]
	h.Partial = w.verdict.moot != ""
	if w.verdict.failure == nil && s.Check != nil {
		w.verdict.failure = checkFailure(w, s.Check(h))
	}
	r := Result{
		Seed:     cfg.Seed,
		Strategy: w.hooks.strategy.Name(),
		Params:   w.params,
		Failure:  w.verdict.failure,
		Digest:   w.digest,
		Moot:     w.verdict.moot,

		Converged: w.limits.goal != nil,
		Steps:     w.steps,
		Choices:   w.choices,
		Switches:  w.switches,
		Preempts:  w.preempts,
		Threads:   len(w.threads),
		Time:      w.clock.now,
		Mark:      w.verdict.mark,
	}
	if p := w.hooks.replay; p != nil {
		r.Drift = p.finish(w.steps)
		r.Drift.Items = w.plans.unasked()
		if p.trace != nil {
			p.trace.finish(w)
		}
	}
	raced := w.raced(reports)
	if r.Failure != nil || raced != nil || cfg.Keep {
		r.Schedule = w.schedule()
		r.Plans = w.plans.collect()
		r.History = h.Clone()
		r.Params = append([]ParamValue(nil), w.params...)
	}
	if w.hooks.end != nil {
		w.hooks.end.End(&r)
	}
	if r.Failure == nil {
		r.Failure = raced
	}
	return r
}

// raced is the failure of a run during which the race detector has spoken, nil if it
// was silent. before is the number of its reports before the run.
func (w *World) raced(before int) *Failure {
	if raceReports() == before {
		return nil
	}
	return &Failure{
		Kind: Raced, Step: w.steps, Time: w.clock.now,
		Message: "the race detector's report came on stderr while this run was made; " +
			"if other runs were made at the same time, it may be about one of them",
	}
}

// checkFailure makes a failure of the violations, nil of none.
func checkFailure(w *World, v []Violation) *Failure {
	if len(v) == 0 {
		return nil
	}
	return &Failure{
		Kind:    Broken,
		Rule:    v[0].Rule,
		Message: v[0].Message,
		Seqs:    v[0].Seqs,
		More:    v[1:],
		Step:    w.steps,
		Time:    w.clock.now,

		Locations: w.locator.found,
	}
}
