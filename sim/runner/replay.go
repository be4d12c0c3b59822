package runner

import (
	"fmt"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
)

// Outcome is what a replayed file did.
type Outcome struct {
	// Result of the replay, with History.
	Result sim.Result
	// Failure is nil if the run passed.
	Failure *Failure
	// Same says that it failed as the file says, by kind, rule and message.
	Same bool
	// Exact says that the run is the file's: same digest, no drift.
	Exact bool
}

// Replay follows the decisions of a file, twice if it fails: a failure that does
// not repeat itself is one of the harness. The error is a *FileError if the
// scenario no longer takes the file's parameters, or a *PanicError.
func Replay(s *sim.Scenario, f *File, watchdog time.Duration) (*Outcome, error) {
	config := func() sim.RunConfig {
		return sim.RunConfig{
			Seed: f.Seed, Params: f.Params, Keep: true,
			Strategy: sim.Replay(choice.Schedule(f.Segments)),
		}
	}
	cfg := config()
	if err := s.Validate(&cfg); err != nil {
		return nil, &FileError{Reason: "the scenario has changed", Err: err}
	}
	r, err := Once(s, cfg, watchdog)
	if err != nil {
		return nil, err
	}
	o := &Outcome{Result: r, Exact: fmt.Sprintf("%016x", r.Digest) == f.Digest && r.Drift.Zero()}
	if r.Failure == nil {
		return o, nil
	}
	nf := newFailure(s, r)
	o.Failure = &nf
	o.Same = r.Failure.Kind.String() == f.Failure.Kind && r.Failure.Rule == f.Failure.Rule &&
		normalise(r.Failure.Message) == normalise(f.Failure.Message)
	if r.Failure.Kind == sim.Stuck {
		return o, nil
	}
	cfg = config()
	cfg.Locate = r.Failure.Seqs
	again, err := Once(s, cfg, watchdog)
	if err != nil {
		return nil, err
	}
	if !same(&r, &again) {
		nondeterminism(o.Failure, &again)
		o.Same = false
	}
	locate(o.Failure, &again)
	return o, nil
}
