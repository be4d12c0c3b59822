package shrink

import (
	"context"
	"fmt"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
	"github.com/collider-amqp/collider/sim/runner"
)

// Options bound a search. The zero value is ready for use.
type Options struct {
	// Replays bounds the runs executed. Zero means 50 000.
	Replays int
	// Time bounds the wall-clock time. Zero means 20 s.
	Time time.Duration
	// Watchdog is the wall-clock time after which a step that does not come back is
	// reported. Zero means 10 s, negative never.
	Watchdog time.Duration
	// AsItIs has Explain explain the given run, and not look for a smaller one.
	AsItIs bool
	// Progress, if set, is called after each candidate that was taken.
	Progress func(size Size, replays int)

	_ struct{}
}

// Size of a failing run.
type Size struct {
	// Params are the parameters, in the scenario's order.
	Params []sim.ParamValue
	// Decisions is the number of segments in the file that are not free, Segments
	// that of all, Planned the sum of their steps.
	Decisions, Segments int
	Decided             uint64
	// Steps, Switches and Preempts are those of the run: sim.Result.
	Steps, Switches, Preempts uint64
	// Threads is the number of threads made.
	Threads int
	// Faults and Work are the numbers of planned faults and pieces of work.
	Faults, Work int
}

// Result is what a search came to.
type Result struct {
	// File is the smallest run that fails in the same way.
	File *runner.File
	// Failure is that run's.
	Failure *runner.Failure
	// Before and After are the sizes of the given run and of File.
	Before, After Size
	// Minimal says that File is 1-minimal; else the search was cut short.
	Minimal bool
	// Replays is the number of runs executed, Elapsed the time taken.
	Replays int
	Elapsed time.Duration
	// Found are runs that failed in other ways, one for each, in the order in which
	// they were met.
	Found []*runner.Failure
	// Divergent is set if two executions of one candidate differed: it is of kind
	// sim.Nondeterminism, and the search ended there.
	Divergent *runner.Failure
}

// FoundFile returns the failure file of one of Found.
func (r *Result) FoundFile(f *runner.Failure) *runner.File {
	file := f.File(r.File.Origin)
	file.Strategy = r.File.Strategy
	return file
}

// NotReproducedError says that the run of a file does not fail as the file says.
type NotReproducedError struct {
	// Want is the recorded failure, Got that of the replay, nil if it passed.
	Want runner.FileFailure
	Got  *sim.Failure
}

// Error implements error.
func (e *NotReproducedError) Error() string {
	got := "it passes"
	if e.Got != nil {
		got = fmt.Sprintf("it fails with %s %s: %s", e.Got.Kind, e.Got.Rule, e.Got.Message)
		if len(e.Got.Locations) > 0 {
			got += " at " + e.Got.Locations[0].String()
		}
	}
	return fmt.Sprintf("the recorded failure, %s %s: %s, does not come back: %s", e.Want.Kind, e.Want.Rule, e.Want.Message, got)
}

// Run makes the run of a file smaller. It returns the best that it has when ctx
// ends or the budget is used up. The error is a *NotReproducedError if the run
// does not fail as the file says, a *runner.FileError if the scenario no longer
// takes the file's parameters, or a *runner.PanicError. A run that differs from its
// repetition is no error: see Result.Divergent.
func Run(ctx context.Context, s *sim.Scenario, f *runner.File, o Options) (*Result, error) {
	x, err := newSearch(ctx, s, f, o)
	if err != nil {
		return nil, err
	}
	defer x.player.Close()
	if err := x.first(); err != nil {
		return nil, err
	}
	before := x.size()
	x.shrink()
	if x.err != nil {
		return nil, x.err
	}
	return x.result(before), nil
}

// result describes what the search came to.
func (x *search) result(before Size) *Result {
	r := &Result{
		Failure: runner.NewFailure(x.s, x.run), Before: before, After: x.size(), Minimal: x.minimal,
		Replays: x.replays, Elapsed: time.Since(x.begun), Found: x.found, Divergent: x.divergent,
	}
	r.Failure.Result.Strategy = x.file.Strategy
	r.File = r.Failure.File(x.file.Origin)
	r.File.Segments = runner.Segments(x.best.schedule)
	return r
}

// size is that of the best candidate.
func (x *search) size() Size {
	return Size{
		Params: x.run.Params, Decisions: decisions(x.best.schedule), Segments: len(x.best.schedule), Decided: decided(x.best.schedule),
		Steps: x.run.Steps, Switches: x.run.Switches, Preempts: x.run.Preempts, Threads: x.run.Threads,
		Faults: len(x.run.Plans[sim.Faults]), Work: len(x.run.Plans[sim.Work]),
	}
}

// less is the order in which fewer decisions count before fewer segments, and those
// before fewer decided steps.
func less(a, b choice.Schedule) bool {
	if x, y := decisions(a), decisions(b); x != y {
		return x < y
	}
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return decided(a) < decided(b)
}

// decided is the number of steps that are not free.
func decided(s choice.Schedule) uint64 {
	n := uint64(0)
	for _, g := range s {
		if g.Thread != choice.Free {
			n += g.Steps
		}
	}
	return n
}

// decisions is the number of segments that decide anything.
func decisions(s choice.Schedule) int {
	n := 0
	for _, g := range s {
		if g.Thread != choice.Free {
			n++
		}
	}
	return n
}
