package runner

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/collider-amqp/collider/sim"
)

// ExploreFormat is the version of the state that this package reads and writes.
const ExploreFormat = 1

// ExploreState is where an exploration ended that was not complete. As JSON it is a
// file that another process goes on from.
type ExploreState struct {
	// Format is ExploreFormat.
	Format int `json:"format"`
	// Collider says which build made it.
	Collider Build `json:"collider"`
	// Scenario, Params, Seed and the bounds are those of the ExploreOptions.
	Scenario    string           `json:"scenario"`
	Params      map[string]int64 `json:"params"`
	Seed        uint64           `json:"seed"`
	Preemptions int              `json:"preemptions"`
	Delays      bool             `json:"delays"`
	Faults      int              `json:"faults"`
	// First is the digest of the first schedule: a program for which it is another
	// one has changed.
	First string `json:"first"`
	// Done is what was visited by parts that are finished, Steps and Digest what all
	// schedules came to.
	Done   sim.SearchReport `json:"done"`
	Steps  uint64           `json:"steps"`
	Digest Digest           `json:"digest"`
	// Parts are what is left.
	Parts []sim.SearchState `json:"parts"`
}

// ExploreStateError says why an exploration cannot go on from a state.
type ExploreStateError struct{ Reason string }

// Error implements error.
func (e *ExploreStateError) Error() string { return "cannot go on: " + e.Reason }

// ParseExploreState reads the JSON of a state. The error is an *ExploreStateError.
func ParseExploreState(text []byte) (*ExploreState, error) {
	var st ExploreState
	if err := json.Unmarshal(text, &st); err != nil {
		return nil, &ExploreStateError{"not the state of an exploration: " + err.Error()}
	}
	if st.Format != ExploreFormat {
		return nil, &ExploreStateError{fmt.Sprintf("state of format version %d; this build reads version %d", st.Format, ExploreFormat)}
	}
	if len(st.Parts) == 0 {
		return nil, &ExploreStateError{"it has nothing left to visit"}
	}
	return &st, nil
}

// state describes an exploration that is not complete.
func (x *explorer) state(r *ExploreReport) *ExploreState {
	st := &ExploreState{
		Format: ExploreFormat, Collider: ThisBuild(),
		Scenario: x.o.Scenario.Name, Params: x.o.Params, Seed: x.o.Seed,
		Preemptions: x.o.Preemptions, Delays: x.o.Delays, Faults: x.o.Faults,
		First: x.first, Done: x.report, Steps: r.Steps, Digest: r.Digest,
	}
	for _, s := range x.parts {
		st.Parts = append(st.Parts, s.State())
	}
	return st
}

// restore takes over a state that fits.
func (x *explorer) restore(st *ExploreState) error {
	o := &x.o
	switch {
	case st.Scenario != o.Scenario.Name:
		return &ExploreStateError{fmt.Sprintf("the state is that of scenario %s", st.Scenario)}
	case st.Seed != o.Seed, !maps.Equal(st.Params, o.Params), st.Preemptions != o.Preemptions, st.Delays != o.Delays, st.Faults != o.Faults:
		return &ExploreStateError{"the state is that of other bounds, parameters or seed"}
	case st.Collider != ThisBuild():
		return &ExploreStateError{fmt.Sprintf("the state was made by another build (%s %s): begin anew", st.Collider.Version, st.Collider.Commit)}
	case st.First != x.first:
		return &ExploreStateError{"the program has changed since: its first schedule makes another run; begin anew"}
	}
	for _, part := range st.Parts {
		s, err := sim.ResumeSearch(part)
		if err != nil {
			return &ExploreStateError{err.Error()}
		}
		x.parts = append(x.parts, s)
	}
	x.report, x.steps, x.digest = st.Done, st.Steps, st.Digest
	return nil
}
