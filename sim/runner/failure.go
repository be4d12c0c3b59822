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
	// Key is equal for runs that fail in the same way: same scenario, kind, rule and
	// message up to numbers; for a panic, in the same function; for a deadlock or a
	// leak, with threads waiting for the same.
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
	f.Key = failureKey(s.Name, r.Failure)
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
// alike: by kind, rule, message, the function that panicked, and where threads wait
// if none can go on. It holds across builds: lines, addresses, numbers and the
// wording of properties are not in it.
func failureKey(scenario string, f *sim.Failure) string {
	parts := []string{f.Kind.String(), f.Message}
	switch f.Kind {
	case sim.Panicked:
		if len(f.Locations) > 0 {
			parts = append(parts, f.Locations[0].Func)
		}
	case sim.Deadlock, sim.Leak, sim.Livelock:
		parts[1] = strings.ReplaceAll(f.Message, "1 thread ", "1 threads ")
		parts = append(parts, waits(f.Threads)...)
	}
	// The numbers of the scenario's name and of the rule tell them from others.
	return fmt.Sprintf("%08x", uint32(choice.Hash(scenario+"\x00"+f.Rule+"\x00"+normalise(strings.Join(parts, "\x00")))>>16))
}

// waits returns what the threads wait for, sorted, each once: how many threads wait
// for the like, and for which of several objects, is a matter of the run's size. It
// returns nil if a thread can go on, since then who waits is a matter of the moment.
func waits(threads []sim.ThreadState) []string {
	var all []string
	for i := range threads {
		if !threads[i].Blocked {
			return nil
		}
		// The first of several of one name has no number: "main/peer", "main/peer#2".
		all = append(all, strings.ReplaceAll(normalise(threads[i].Op+" "+threads[i].Object), "##", ""))
	}
	slices.Sort(all)
	return slices.Compact(all)
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
