package sim

// expectation is something that must come about for the run to go on.
type expectation struct {
	rule, what string
	met        bool
}

// Expect says that the run, from here on, depends on a rule to go on: what is a
// sentence on what has to happen. If the run does not get on, by a deadlock, a
// livelock or a leak, before met is called, the failure names the rule of the
// earliest expectation that was not met, where it would have no rule. Neither is
// a choice point.
//
//	met := w.Expect("RUN-12", "Run returns when its only work has ended")
//	running.Join()
//	met()
//
//go:norace
func (w *World) Expect(rule, what string) (met func()) {
	w.expected = append(w.expected, &expectation{rule: rule, what: what})
	e := w.expected[len(w.expected)-1]
	return e.meet
}

//go:norace
func (e *expectation) meet() { e.met = true }

// blame gives a run that did not get on the rule that it waited for.
func (w *World) blame(f *Failure) {
	if f.Rule != "" || f.Kind != Deadlock && f.Kind != Livelock && f.Kind != Leak {
		return
	}
	for _, e := range w.expected {
		if !e.met {
			f.Rule = e.rule
			f.Message = "expected that " + e.what + ": " + f.Message
			return
		}
	}
}
