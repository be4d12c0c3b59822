package runner

import (
	"errors"
	"fmt"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
)

// Outcome is what a replayed file did.
type Outcome struct {
	// Result of the replay, with History and the name of the strategy that made the
	// decisions.
	Result sim.Result
	// Failure is nil if the run passed.
	Failure *Failure
	// Same says that it failed as the file says: File.Alike.
	Same bool
	// Exact says that the run is the file's: same digest. The Drift of a file that
	// has been shrunk is not zero even then: it holds only the decisions that
	// matter.
	Exact bool
}

// Replay follows the decisions of a file, twice if it fails: a failure that does
// not repeat itself is one of the harness. The error is a *FileError if the
// scenario no longer takes the file's parameters, or a *PanicError.
func Replay(s *sim.Scenario, f *File, watchdog time.Duration) (*Outcome, error) {
	config := func() sim.RunConfig {
		cfg := f.Config()
		cfg.Keep = true
		return cfg
	}
	cfg := config()
	if err := f.Fits(s); err != nil {
		return nil, err
	}
	r, err := Once(s, cfg, watchdog)
	if err != nil {
		return nil, err
	}
	r.Strategy = f.Strategy
	o := &Outcome{Result: r, Exact: fmt.Sprintf("%016x", r.Digest) == f.Digest}
	if r.Failure == nil {
		return o, nil
	}
	if err, ok := r.Failure.Value.(error); ok {
		var plan *sim.PlanError
		if errors.As(err, &plan) {
			return nil, &FileError{Reason: fmt.Sprintf("%s: %q", plan.Kind, plan.Item), Err: plan.Err}
		}
	}
	nf := newFailure(s, r)
	o.Failure = &nf
	o.Same = f.Alike(r.Failure)
	if r.Failure.Kind == sim.Stuck {
		return o, nil
	}
	cfg = config()
	cfg.Locate = r.Failure.Seqs
	again, err := Once(s, cfg, watchdog)
	if err != nil {
		return nil, err
	}
	if same(&r, &again) {
		locate(o.Failure, &again)
		return o, nil
	}
	o.Same = false
	d, err := partOnce(s, config(), watchdog)
	o.Failure.differs(&again, d)
	return o, err
}

// Config returns the configuration of the run that follows the file's decisions.
func (f *File) Config() sim.RunConfig {
	return sim.RunConfig{
		Seed: f.Seed, Params: f.Params, Plans: sim.Plans{sim.Faults: f.Faults, sim.Work: f.Work},
		Strategy: sim.Replay(choice.Schedule(f.Segments)),
	}
}

// Fits returns a *FileError if the scenario does not take the file's parameters.
func (f *File) Fits(s *sim.Scenario) error {
	if err := s.Validate(&sim.RunConfig{Params: f.Params}); err != nil {
		return &FileError{Reason: "the scenario has changed", Err: err}
	}
	return nil
}

// Alike reports whether a run failed as the file says: with the same Key, or, if the
// file has none, by kind, rule and message, but for the numbers in it. It does not,
// if failure is nil.
func (f *File) Alike(failure *sim.Failure) bool {
	want := &f.Failure
	if failure == nil || failure.Kind.String() != want.Kind || failure.Rule != want.Rule {
		return false
	}
	if want.Key != "" {
		return failureKey(f.Scenario, failure) == want.Key
	}
	return normalise(failure.Message) == normalise(want.Message)
}

// Verdict says in a sentence how the replay of a file went, beside its failure, and
// how far the program and the record have parted.
func (o *Outcome) Verdict(file *File) string {
	d := o.Result.Drift
	drift := ""
	if !d.Zero() {
		drift = fmt.Sprintf("; %d of %d segments (%d steps) could not be followed, %d steps came after the record's end",
			d.Segments, len(file.Segments), d.Steps, d.Extra)
	}
	if d.Items > 0 {
		drift += fmt.Sprintf("; %d planned faults or pieces of work were not asked for", d.Items)
	}
	switch {
	case o.Same && o.Exact:
		return "the same failure, exactly as recorded"
	case o.Same:
		return "the same failure, by another way: the program has changed since " + made(file) + drift
	case o.Failure != nil:
		where := ""
		if normalise(o.Result.Failure.Message) == normalise(file.Failure.Message) {
			where = ", elsewhere,"
		}
		return fmt.Sprintf("another failure%s than the recorded %s %q%s", where, file.Failure.Kind, file.Failure.Message, drift)
	case d.Segments == 0 && d.Items == 0:
		return fmt.Sprintf("passed, with all decisions followed; recorded was %s %q", file.Failure.Kind, file.Failure.Message)
	}
	return fmt.Sprintf("passed, which proves little: the program has changed since %s%s", made(file), drift)
}

func made(file *File) string {
	if file.Collider.Commit == "" {
		return "it was recorded"
	}
	return "commit " + file.Collider.Commit
}
