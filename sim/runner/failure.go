package runner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/check"
	"github.com/collider-amqp/collider/sim/choice"
)

// Failure is a way to fail that a batch has found, with the run that shows it.
type Failure struct {
	// Scenario that failed.
	Scenario *sim.Scenario
	// Result of the run with the lowest seed that failed so, with Failure,
	// Schedule and History set, unless the run was stuck.
	Result sim.Result
	// Property is what does not hold, in one sentence.
	Property string
	// Key is equal for runs that fail in the same way: same scenario, property, rule
	// and message up to numbers.
	Key string
	// Count is the number of runs that failed so.
	Count uint64
	// Corpus is the name of the stored file that was replayed, if it was one.
	Corpus string
	// Divergence is set if the run did not repeat itself when it was re-run;
	// Result is then of kind Nondeterminism.
	Divergence *Divergence
	// Estimates that the run had; part of its identity.
	Estimates sim.Estimates
}

// NewFailure returns what a run that failed has shown.
func NewFailure(s *sim.Scenario, r sim.Result) *Failure {
	f := newFailure(s, r)
	return &f
}

// Differ returns nil if two executions of one run, the first of which failed, are
// equal. Else it returns the failure of the harness that this is, of kind
// Nondeterminism.
func Differ(s *sim.Scenario, first, second *sim.Result) *Failure {
	if same(first, second) {
		return nil
	}
	f := newFailure(s, *first)
	f.differs(second, nil)
	return &f
}

// newFailure makes the failure of a run.
func newFailure(s *sim.Scenario, r sim.Result) Failure {
	f := Failure{Scenario: s, Result: r, Count: 1}
	f.Property = property(s, r.Failure)
	f.Key = failureKey(s, f.Property, r.Failure)
	return f
}

// kindProperty states what happened, for a failure without a rule.
var kindProperty = map[sim.Kind]string{
	sim.Broken:         "the scenario's own rule is broken",
	sim.Panicked:       "a thread panicked",
	sim.Owned:          "an object was used where it must not be",
	sim.Deadlock:       "no thread can go on",
	sim.Livelock:       "the program does not get on",
	sim.Leak:           "threads are left when main has returned",
	sim.Stuck:          "a step does not come back",
	sim.Nondeterminism: "a run did not repeat itself",
	sim.Liveness:       "the program does not converge, although nothing hinders it any more",
	sim.Raced:          "threads use the same memory in no order",
}

// property states what does not hold.
func property(s *sim.Scenario, f *sim.Failure) string {
	if f.Rule != "" {
		for _, p := range s.Properties {
			if p.Rule == f.Rule && p.Doc != "" {
				return p.Doc
			}
		}
		if doc := check.Doc(f.Rule); doc != "" {
			return doc
		}
	}
	return kindProperty[f.Kind]
}

// failureKey returns a short text that is equal for failures of one scenario that are
// alike.
func failureKey(s *sim.Scenario, property string, f *sim.Failure) string {
	parts := []string{property, f.Kind.String(), f.Rule, f.Message}
	if f.Kind == sim.Panicked && len(f.Locations) > 0 {
		parts = append(parts, f.Locations[0].Func)
	}
	var waits []string
	for i := range f.Threads {
		waits = append(waits, f.Threads[i].Op+" "+f.Threads[i].Object)
	}
	slices.Sort(waits)
	parts = append(parts, slices.Compact(waits)...)
	// The scenario's name stands outside: its numbers tell it from others.
	return fmt.Sprintf("%08x", uint32(choice.Hash(s.Name+"\x00"+normalise(strings.Join(parts, "\x00")))>>16))
}

// normalise replaces each number by '#', so that messages about different items
// are equal.
func normalise(s string) string {
	var b strings.Builder
	in := false
	for _, r := range s {
		if r >= '0' && r <= '9' {
			if !in {
				b.WriteByte('#')
			}
			in = true
			continue
		}
		in = false
		b.WriteRune(r)
	}
	return b.String()
}

// ExitCode returns the exit code of a command that found the failures: 4 if one
// is nondeterminism, else 1 if one is a broken property, else 3, and 0 for none.
func ExitCode(fs []Failure) int {
	code := 0
	for i := range fs {
		switch c := fs[i].Result.Failure.Kind.ExitCode(); {
		case c == 4 || code == 4:
			code = 4
		case c == 1 || code == 1:
			code = 1
		default:
			code = c
		}
	}
	return code
}
