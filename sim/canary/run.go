package canary

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"
)

// Options of Run. Zero values select the defaults.
type Options struct {
	// Root is the root of the suite's module: see Suite.Root. It must be absolute.
	Root string
	// Seed is the first seed of the first trial; the trials take the seeds one
	// after another.
	Seed uint64
	// Runs is the number of seeds of each trial. Zero means 10 000.
	Runs uint64
	// Trials is the number of searches for each canary. Zero means 1.
	Trials int
	// For bounds the wall-clock time of all searches for one canary. Zero means
	// 2 min, negative that there is no bound.
	For time.Duration
	// Replays of each failure's file. Zero means 3, negative none.
	Replays int
	// Shrink is the time for which each canary's first failure is made smaller.
	// Zero or less means that it is not.
	Shrink time.Duration
	// Parallel is the number of canaries at work at one time. Zero means one for
	// each core, but not more than 2: a build takes memory.
	Parallel int
	// Environ is the environment of the processes, as os.Environ gives it. Nil
	// means this process's own.
	Environ []string
	// OnResult, if set, is called with each result, in the order of the canaries,
	// by the goroutine that called Run.
	OnResult func(*Result)

	_ struct{}
}

func (o Options) withDefaults() Options {
	o.Runs = cmp.Or(o.Runs, 10_000)
	o.Trials = max(o.Trials, 1)
	o.For = cmp.Or(o.For, 2*time.Minute)
	o.Replays = max(cmp.Or(o.Replays, 3), 0)
	o.Parallel = max(cmp.Or(o.Parallel, min(2, runtime.GOMAXPROCS(0))), 1)
	return o
}

// Outcome says what came of a canary.
type Outcome uint8

// The outcomes.
const (
	// Found: each trial failed with an expected rule, and again in each replay.
	Found Outcome = iota + 1
	// Missed: a trial did not fail.
	Missed
	// WrongRule: a trial failed with another rule than those expected.
	WrongRule
	// Unrepeatable: a replay did not fail as its file says.
	Unrepeatable
	// Unusable: the canary could not be built or run; Result.Err says why.
	Unusable
	// Unfinished: the context has ended before.
	Unfinished
)

var outcomeNames = [...]string{
	Found: "found", Missed: "missed", WrongRule: "wrong rule",
	Unrepeatable: "unrepeatable", Unusable: "unusable", Unfinished: "unfinished",
}

// String returns the outcome in words.
func (o Outcome) String() string {
	if o >= Found && int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return fmt.Sprintf("outcome(%d)", uint8(o))
}

// Result is what came of a canary.
type Result struct {
	Canary  *Canary
	Outcome Outcome
	// Err is why it is Unusable.
	Err error
	// Trials are those done, in order.
	Trials []Trial
	// Build and Elapsed are the wall-clock times of the build, and of all.
	Build, Elapsed time.Duration
}

// Stale says that the canary is found, though its patch says that it is not.
func (r *Result) Stale() bool { return r.Outcome == Found && r.Canary.Missed != "" }

// Median returns the median of the runs that the trials took, the lower one of
// two; a trial that did not fail counts as more than any that did. It is 0 if
// that is the median, or if there is no trial.
func (r *Result) Median() uint64 {
	var runs []uint64
	for i := range r.Trials {
		n := uint64(1<<64 - 1)
		if r.Trials[i].Failed {
			n = r.Trials[i].Runs
		}
		runs = append(runs, n)
	}
	if len(runs) == 0 {
		return 0
	}
	slices.Sort(runs)
	if m := runs[(len(runs)-1)/2]; m != 1<<64-1 {
		return m
	}
	return 0
}

// Score is the share of canaries found.
type Score struct{ Found, Total int }

// Percent returns the score from 0 to 100; 0 if there is none.
func (s Score) Percent() float64 { return 100 * float64(s.Found) / float64(max(s.Total, 1)) }

// ScoreOf counts results. Those that are unfinished do not count.
func ScoreOf(results []*Result) Score {
	var s Score
	for _, r := range results {
		if r.Outcome == Unfinished {
			continue
		}
		s.Total++
		if r.Outcome == Found {
			s.Found++
		}
	}
	return s
}

// Run builds the canaries' programs and looks for their failures. The results are
// in the order of the canaries. When ctx ends, the processes are interrupted, and
// what had not come to its end is Unfinished. The error is of the file system: a
// canary that cannot be used is a result.
func (s *Suite) Run(ctx context.Context, canaries []*Canary, o Options) ([]*Result, error) {
	o = o.withDefaults()
	temp, err := os.MkdirTemp("", "canary-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	slots := make(chan struct{}, o.Parallel)
	ready := make([]chan *Result, len(canaries))
	for i := range canaries {
		ready[i] = make(chan *Result, 1)
	}
	go func() { // in order, so that results can be told of as they come
		for i, c := range canaries {
			slots <- struct{}{}
			go func() {
				defer func() { <-slots }()
				ready[i] <- s.one(ctx, c, temp, &o)
			}()
		}
	}()
	results := make([]*Result, len(canaries))
	for i := range ready {
		results[i] = <-ready[i]
		if o.OnResult != nil {
			o.OnResult(results[i])
		}
	}
	return results, nil
}

// one deals with one canary, in a directory of its own.
func (s *Suite) one(ctx context.Context, c *Canary, temp string, o *Options) *Result {
	begin := time.Now()
	r := &Result{Canary: c, Outcome: Unfinished}
	defer func() { r.Elapsed = time.Since(begin) }()
	if ctx.Err() != nil {
		return r
	}
	err := s.examine(ctx, r, temp, o)
	switch {
	case ctx.Err() != nil:
		r.Outcome = Unfinished
	case err != nil:
		r.Outcome, r.Err = Unusable, err
	}
	return r
}

func (s *Suite) examine(ctx context.Context, r *Result, temp string, o *Options) error {
	dir, err := os.MkdirTemp(temp, r.Canary.Name+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	begin := time.Now()
	path, err := s.build(ctx, r.Canary, o.Root, dir, o.Environ)
	r.Build = time.Since(begin)
	if err != nil {
		return err
	}
	p := &program{path, dir, o.Environ}
	if err := p.trials(ctx, r, o); err != nil {
		return err
	}
	for i := range r.Trials {
		t := &r.Trials[i]
		if !t.Failed {
			continue
		}
		if t.Repeats, err = p.replay(ctx, t, o.Replays); err != nil {
			return err
		}
		if o.Shrink > 0 && i == 0 && t.Repeats {
			if t.Shrunk, err = p.shrink(ctx, t, o.Shrink); err != nil {
				return err
			}
		}
	}
	r.judge(o.Trials)
	return nil
}

// trials looks for failures, for a bounded time.
func (p *program) trials(ctx context.Context, r *Result, o *Options) error {
	if o.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.For)
		defer cancel()
	}
	for i := range o.Trials {
		seed := o.Seed + uint64(i)*o.Runs
		t, err := p.search(ctx, r.Canary, seed, o.Runs)
		switch {
		case err != nil && ctx.Err() == nil:
			return err
		case err != nil:
			t = &Trial{Seed: seed} // interrupted before it had said anything
		}
		t.Right = t.Failed && slices.Contains(r.Canary.Rules, t.Rule)
		r.Trials = append(r.Trials, *t)
		if ctx.Err() != nil {
			return nil
		}
	}
	return nil
}

// judge sets the outcome after the trials, of which so many were wanted.
func (r *Result) judge(wanted int) {
	r.Outcome = Found
	if len(r.Trials) < wanted {
		r.Outcome = Missed // the time was up
	}
	for i := range r.Trials {
		switch t := &r.Trials[i]; {
		case !t.Failed:
			r.Outcome = max(r.Outcome, Missed)
		case !t.Right:
			r.Outcome = max(r.Outcome, WrongRule)
		case !t.Repeats:
			r.Outcome = max(r.Outcome, Unrepeatable)
		}
	}
}
