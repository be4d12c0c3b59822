package sim

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"
)

// Kind is the sort of a Failure.
type Kind uint8

// The kinds of failures.
const (
	// Broken: a property does not hold (World.Fail, Scenario.Check).
	Broken Kind = iota + 1
	// Panicked: a thread panicked or called runtime.Goexit.
	Panicked
	// Owned: an object was used where its owner forbids it. The panic value, or
	// the error given to FailError, has a RuleID.
	Owned
	// Deadlock: no thread can run, and no timer will change that.
	Deadlock
	// Livelock: the budget of steps or of virtual time is used up, the last part
	// of it under a fair schedule.
	Livelock
	// Leak: threads were left when main had returned.
	Leak
	// Stuck: a step did not come back in time.
	Stuck
	// Nondeterminism: a run did not repeat itself. The kernel never finds this by
	// itself; who executes a run twice does.
	Nondeterminism
	// Liveness: the Goal of World.Converge was not met within its budgets.
	Liveness
	// Raced: in a race build, the race detector has reported something while the run
	// was made; see Execute.
	Raced
)

var kindNames = [...]string{
	Broken: "property", Panicked: "panic", Owned: "ownership", Deadlock: "deadlock",
	Livelock: "livelock", Leak: "leak", Stuck: "stuck", Nondeterminism: "nondeterminism",
	Liveness: "liveness", Raced: "race",
}

// String returns "property", "panic", "ownership", "deadlock", "livelock", "leak",
// "stuck", "nondeterminism", "liveness" or "race".
func (k Kind) String() string {
	if k >= Broken && int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// ExitCode returns the exit code of a command whose run failed so: 1 for what is
// broken, 3 for lack of progress, 4 for nondeterminism.
func (k Kind) ExitCode() int {
	switch k {
	case Deadlock, Livelock, Leak, Stuck, Liveness:
		return 3
	case Nondeterminism:
		return 4
	}
	return 1
}

// RuleError is an error that names the rule that was broken. A thread that panics
// with one, or with an error that wraps one, fails with kind Owned and that rule;
// so does FailError. Package container reports misuse in this way.
type RuleError interface {
	error
	RuleID() string
}

// Violation is a broken property, found in a history.
type Violation struct {
	// Rule is the property's id, as "SER-1".
	Rule string
	// Message says what happened.
	Message string
	// Seqs are the numbers of the events that show it.
	Seqs []uint64
}

// Failure is why a run did not pass. It belongs to the caller.
type Failure struct {
	// Kind is the sort of the failure.
	Kind Kind
	// Rule is the property broken; empty for what every program must keep.
	Rule string
	// Message says what happened, in one sentence and without source lines.
	Message string
	// Thread is the name of the thread that failed, empty if it was none.
	Thread string
	// Value is the value of a panic.
	Value any
	// Stack is the stack of a thread that panicked or is stuck, in the runtime's
	// format, without the kernel's frames.
	Stack string
	// Locations are the source lines where the thread stood, innermost first,
	// without the kernel's and the runtime's.
	Locations []Frame
	// Threads are the threads that had not ended, with what they wait for: the
	// wait-for graph of a deadlock. Set for lack of progress.
	Threads []ThreadState
	// Seqs are the events that show a Violation.
	Seqs []uint64
	// More are further violations that Check found.
	More []Violation
	// Step and Time say when.
	Step uint64
	Time time.Duration

	_ struct{}
}

// ThreadState is where a thread stood when the run ended.
type ThreadState struct {
	// Thread is the thread's name.
	Thread string
	// Op is what it was about to do, or was in the middle of: "lock".
	Op string
	// Object is what it does that to, as "mutex inbox"; empty if nothing.
	Object string
	// Holder is the name of the thread that holds the object, if known.
	Holder string
	// Blocked says whether the thread could not go on.
	Blocked bool
	// Locations are the source lines where it stood, innermost first.
	Locations []Frame
}

// String returns the state in one line without line feed.
func (s *ThreadState) String() string {
	var b strings.Builder
	b.WriteString(s.Thread)
	if s.Blocked {
		b.WriteString(": blocked in ")
	} else {
		b.WriteString(": about to ")
	}
	b.WriteString(s.Op)
	if s.Object != "" {
		b.WriteString(" of " + s.Object)
	}
	if s.Holder != "" {
		b.WriteString(", held by " + s.Holder)
	}
	if len(s.Locations) > 0 {
		b.WriteString(" at " + s.Locations[0].String())
	}
	return b.String()
}

// Error implements error: kind, rule and message, thread and place, and a line for
// each thread of Threads.
func (f *Failure) Error() string {
	var b strings.Builder
	b.WriteString(f.Kind.String())
	if f.Rule != "" {
		b.WriteString(" " + f.Rule)
	}
	b.WriteString(": " + f.Message)
	if f.Thread != "" {
		b.WriteString(" [" + f.Thread + "]")
	}
	if len(f.Locations) > 0 {
		b.WriteString(" at " + f.Locations[0].String())
	}
	for i := range f.Threads {
		if i == maxListed {
			fmt.Fprintf(&b, "\n\tand %d more", len(f.Threads)-i)
			break
		}
		b.WriteString("\n\t" + f.Threads[i].String())
	}
	return b.String()
}

// maxListed bounds the threads that Error lists.
const maxListed = 30

// Misuse is the panic value of an operation that the original would panic or die
// on, such as unlock of an unlocked mutex.
type Misuse struct {
	// What is the message of the original.
	What string
	// Object is the object, as "mutex inbox"; empty if it is none.
	Object string
}

// Error implements error.
func (m *Misuse) Error() string {
	if m.Object == "" {
		return "sim: " + m.What
	}
	return "sim: " + m.What + " (" + m.Object + ")"
}

// Fault is the panic value of Execute when a strategy panics or picks a thread
// that cannot run: it says nothing about the scenario.
type Fault struct {
	// Strategy is the strategy's name.
	Strategy string
	// Value is the value of the panic.
	Value any
	// Stack is where it panicked.
	Stack string
}

// Error implements error.
func (f *Fault) Error() string {
	return fmt.Sprintf("sim: strategy %s: %v", f.Strategy, f.Value)
}

// fault ends the run because the strategy panicked with v.
func (w *World) fault(v any) {
	w.asking = false
	w.verdict.fault = &Fault{Strategy: w.strategy.Name(), Value: v, Stack: string(debug.Stack())}
	w.end(nil)
}

// verdict is how a run ended.
type verdict struct {
	fault   *Fault
	failure *Failure
	states  []*Thread // of failure.Threads
	mark    uint64
	events  int // length of the history
	moot    string
}

// Fail ends the run at once: the property called rule does not hold. It does not
// return; it may be called by any thread.
//
//go:norace
func (w *World) Fail(rule, format string, args ...any) {
	w.fail(&Failure{Kind: Broken, Rule: rule, Message: fmt.Sprintf(format, args...)})
}

// FailError ends the run at once with err, which must not be nil: as Owned if err
// is or wraps a RuleError, else as Broken. It does not return.
//
//go:norace
func (w *World) FailError(err error) {
	f := &Failure{Kind: Broken, Message: err.Error(), Value: err}
	var rule RuleError
	if errors.As(err, &rule) {
		f.Kind, f.Rule = Owned, rule.RuleID()
	}
	w.fail(f)
}

//
//go:norace
func (w *World) fail(f *Failure) {
	if w.outside() {
		t := w.thread()
		if !w.over {
			f.Locations = callers(1)
			f.Thread = t.Name()
			w.cross(func() { w.end(f) })
		}
		w.unwind(t)
	}
	t := w.thread()
	if !w.over {
		f.Thread = t.Name()
		f.Locations = callers(1)
		w.end(f)
	}
	w.unwind(t)
}

// end ends the run. A nil failure means that it passed. What threads do from here
// on counts no more.
func (w *World) end(f *Failure) {
	if w.over {
		return
	}
	w.over, w.trap = true, 0
	w.verdict.failure = f
	w.verdict.events = w.recorder.Len()
	if f != nil {
		f.Step, f.Time = w.steps, w.clock.now
		w.blame(f)
	}
}

// foreignUse is what package iter says when a goroutine that is no thread makes a
// step: it yields in place of the thread whose coroutine it took.
const foreignUse = "iter.Pull: "

//go:norace
func panicFailure(w *World, t *Thread, v any) *Failure {
	if s, ok := v.(string); ok && strings.HasPrefix(s, foreignUse) {
		v = &Misuse{What: "a goroutine that is no thread of the World has used it: start threads with World.Go or the Env's Go"}
	}
	f := &Failure{Kind: Panicked, Message: hideAddresses(fmt.Sprint(v)), Thread: t.Name(), Value: v}
	if err, ok := v.(error); ok {
		var rule RuleError
		if errors.As(err, &rule) {
			f.Kind, f.Rule = Owned, rule.RuleID()
		}
	}
	f.Locations = callers(1)
	f.Stack = stack()
	return f
}

//
//go:norace
func goexitFailure(w *World, t *Thread) *Failure {
	return &Failure{
		Kind:      Panicked,
		Message:   "runtime.Goexit called: is it FailNow of a testing.T in a simulated thread?",
		Thread:    t.Name(),
		Locations: callers(1),
		Stack:     stack(),
	}
}

// blockedFailure is the verdict when nothing can run any more.
func (w *World) blockedFailure(advances int) *Failure {
	if w.limits.drainAt != 0 {
		return w.leakFailure()
	}
	f := &Failure{Kind: Deadlock, Message: w.count("blocked for ever")}
	if c := w.cycle(); c != "" {
		f.Message += ", " + c
	}
	if advances > 0 && len(w.clock.timers) > 0 {
		f.Message += "; timers are pending, but wake nobody"
	}
	w.listThreads(f)
	return f
}

func (w *World) leakFailure() *Failure {
	f := &Failure{Kind: Leak, Message: w.count("left when main had returned")}
	w.listThreads(f)
	return f
}

func (w *World) budgetFailure() *Failure {
	f := &Failure{Kind: Livelock, Message: fmt.Sprintf(
		"the budget of %d steps is used up, the last half of it under a fair schedule", w.limits.steps)}
	w.listThreads(f)
	return f
}

func (w *World) timeFailure() *Failure {
	f := &Failure{Kind: Livelock, Message: fmt.Sprintf("the budget of %v of virtual time is used up", w.limits.time)}
	w.listThreads(f)
	return f
}

func (w *World) count(what string) string {
	if w.live == 1 {
		return "1 thread " + what
	}
	return fmt.Sprintf("%d threads %s", w.live, what)
}

// listThreads puts the threads that have not ended into f. Their source lines are
// found when they are unwound.
func (w *World) listThreads(f *Failure) {
	for _, t := range w.threads {
		if t.state >= threadDone {
			continue
		}
		s := ThreadState{Thread: t.Name(), Op: t.op.Kind.String(), Blocked: t.at < 0}
		if o := t.object; o != nil {
			s.Object = o.String()
			if o.holder != nil && s.Blocked {
				s.Holder = o.holder.Name()
			}
		}
		f.Threads = append(f.Threads, s)
		w.verdict.states = append(w.verdict.states, t)
	}
}
