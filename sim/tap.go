package sim

// Tap watches a run without taking part in it, for a picture of the run. A run
// with a Tap is the run without it, with the same digest, only slower: it is
// meant for the repetition of a run that is known.
//
// The methods are called by the goroutine of whichever thread runs, never by two
// at once. They must not block, record, use primitives of the World, or keep
// what they are given. A Tap may have further methods that packages look for
// which stand on this one, as Observe of netsim.Observer.
type Tap interface {
	// Begin is called before the first step.
	Begin(w *World)
	// Chose is told of each choice among several threads: run are those that
	// could make the next step, next the one that makes it.
	Chose(run []*Thread, next *Thread)
	// Recorded is told of each event of the history before it gets its place
	// there: its number, and where in the program it was recorded, innermost
	// first. The slice is the Tap's own.
	Recorded(seq uint64, at []Frame)
}

// Stepper is a Tap that is told of each step, too.
type Stepper interface {
	Tap
	// Arrived is told, before the World chooses who goes next, of the thread that
	// made the last step: it stands before its next operation, at that place in the
	// program, innermost first, or has ended. The slice is the Stepper's own.
	Arrived(t *Thread, at []Frame)
}

// Tap returns the Tap of the run, nil if it has none.
func (w *World) Tap() Tap { return w.tap }

// Object returns the object of the thread's next operation, as "mutex inbox", and
// "" if there is none.
func (t *Thread) Object() string {
	if t.object == nil || t.op.Object == 0 {
		return ""
	}
	return t.object.String()
}

// watchChoices puts the Tap between the World and the strategy that decides.
func (w *World) watchChoices() {
	if w.tap != nil {
		w.strategy = tapped{w.strategy, w.tap}
	}
}

// watchSteps lets the kernel intervene at each step, if the Tap is a Stepper.
func (w *World) watchSteps() {
	if _, ok := w.tap.(Stepper); ok {
		w.limits.watched = true
	}
}

// tapArrival tells a Stepper of the calling thread, which may have ended.
func (w *World) tapArrival(t *Thread) {
	s, ok := w.tap.(Stepper)
	switch {
	case !ok || t == nil || w.over:
	case t.state == threadDone:
		s.Arrived(t, nil)
	default:
		s.Arrived(t, w.operationFrames(t))
	}
}

// tapped is a strategy whose choices are watched.
type tapped struct {
	Strategy
	tap Tap
}

// Pick implements Strategy.
func (t tapped) Pick(run []*Thread, last *Thread) *Thread {
	next := t.Strategy.Pick(run, last)
	if next != nil && len(run) > 1 {
		t.tap.Chose(run, next)
	}
	return next
}

// tapEvent tells the Tap of an event that is about to be recorded.
//
//go:norace
func (w *World) tapEvent() {
	if w.outside() {
		w.cross(w.tapEvent)
		return
	}
	at := w.operationFrames(w.cur)
	for len(at) > 0 && isRecording(at[0].Func) {
		at = at[1:]
	}
	w.tap.Recorded(uint64(w.recorder.Len())+1, at)
}
