package sim

import "github.com/collider-amqp/collider/sim/choice"

// Trace is what a traced replay did, step by step. It is filled anew by each run
// and belongs to the caller.
type Trace struct {
	// Locate asks for the source lines of the steps, which costs more than the run.
	Locate bool
	// Steps are the steps in order. Steps of a fair schedule at the end of a run
	// that makes no progress are left out.
	Steps []TraceStep
	// Pending are the operations that threads waited for, or were about to do, when
	// the run ended, in order of the threads' making.
	Pending []TraceStep
	// Total is the number of steps of the run, those left out included.
	Total uint64

	places []Frame // of the threads' next operations, by id
}

// TraceStep is an operation of a thread.
type TraceStep struct {
	// Thread is the thread's name, Nth the number of the step among the thread's
	// own, from 1: the two identify a step across runs.
	Thread string
	Nth    uint64
	// Op is the operation, Object its object as "mutex inbox", empty if none.
	Op     Op
	Object string
	// At is the source line, if asked for and known.
	At Frame
	// Default says that a replay would have made the step without being told to.
	Default bool

	_ struct{}
}

// ReplayTraced is Replay that also tells what was done.
func ReplayTraced(s choice.Schedule, t *Trace) Strategy {
	r := Replay(s).(*replay)
	r.trace = t
	return r
}

// begin makes the trace ready for a run.
func (tr *Trace) begin() {
	tr.Steps, tr.Pending, tr.Total = tr.Steps[:0], tr.Pending[:0], 0
	clear(tr.places)
}

// arrived is called on the goroutine of t, which stands before an operation.
func (tr *Trace) arrived(t *Thread) {
	if !tr.Locate || t == nil || t.state >= threadDone {
		return
	}
	for int(t.id) >= len(tr.places) {
		tr.places = append(tr.places, Frame{})
	}
	tr.places[t.id] = Frame{}
	if fs := t.w.operationFrames(t); len(fs) > 0 {
		tr.places[t.id] = fs[0]
	}
}

// step records that t does its operation, as by default or not.
func (tr *Trace) step(t *Thread, byDefault bool) {
	t.traced++
	g := traceStep(t, t.traced)
	g.Default = byDefault
	if int(t.id) < len(tr.places) {
		g.At = tr.places[t.id]
	}
	tr.Steps = append(tr.Steps, g)
}

// finish records what the threads that were unwound had before them. The one that
// failed had done its operation.
func (tr *Trace) finish(w *World) {
	tr.Total = w.steps
	failed := ""
	if f := w.verdict.failure; f != nil {
		failed = f.Thread
	}
	for _, t := range w.threads {
		if t.unwound.count == 0 || t.machine != nil && t.machine.crashed || t.Name() == failed {
			continue
		}
		g := traceStep(t, t.traced+1)
		if fs := userFrames(t.unwound.pcs); tr.Locate && len(fs) > 0 {
			g.At = fs[0]
		}
		tr.Pending = append(tr.Pending, g)
	}
}

func traceStep(t *Thread, nth uint64) TraceStep {
	g := TraceStep{Thread: t.Name(), Nth: nth, Op: t.op}
	if t.object != nil && t.op.Object != 0 {
		g.Object = t.object.String()
	}
	return g
}
