package runner

import (
	"fmt"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// Watch repeats a run that is known, with its decisions, under a tap. The result
// is the watched run's, with the name of the strategy that made the decisions and
// the source lines that the known run has. The error is a *WatchError if the run
// has no decisions or comes out another way, or a *PanicError.
func Watch(s *sim.Scenario, known *sim.Result, tap sim.Tap, watchdog time.Duration) (sim.Result, error) {
	if known.History == nil || known.Schedule == nil {
		return sim.Result{}, &WatchError{Scenario: s.Name, Seed: known.Seed, Reason: "its decisions are not known"}
	}
	params := make(map[string]int64, len(known.Params))
	for _, p := range known.Params {
		params[p.Name] = p.Value
	}
	r, err := Once(s, sim.RunConfig{
		Seed: known.Seed, Params: params, Strategy: sim.Replay(known.Schedule), Keep: true, Tap: tap,
	}, watchdog)
	if err != nil {
		return sim.Result{}, err
	}
	if r.Digest != known.Digest {
		return sim.Result{}, &WatchError{
			Scenario: s.Name, Seed: known.Seed,
			Reason: fmt.Sprintf("watched, it came out another way: digest %016x, not %016x", r.Digest, known.Digest),
		}
	}
	r.Strategy = known.Strategy
	if r.Failure != nil && known.Failure != nil && r.Failure.Locations == nil {
		r.Failure.Locations = known.Failure.Locations
	}
	return r, nil
}

// WatchError says why a run cannot be watched.
type WatchError struct {
	// Scenario and Seed name the run.
	Scenario string
	Seed     uint64
	Reason   string
}

func (e *WatchError) Error() string {
	return fmt.Sprintf("runner: scenario %s, seed %d: %s", e.Scenario, e.Seed, e.Reason)
}
