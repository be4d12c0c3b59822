package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/pcapng"
)

// Decoder takes the frame at the start of b. It returns how many octets it takes
// and one line about it, or 0 if b holds only its beginning.
type Decoder func(b []byte) (n int, text string)

// Tap collects what a history does not hold. It is a sim.Tap and a
// netsim.Observer; one value serves one run.
type Tap struct {
	// Decode finds the frames in the streams of bytes. Nil shows pieces of bytes
	// as they were written.
	Decode Decoder

	w       *sim.World
	wires   wires
	capture *pcapng.Capture
	events  []eventInfo // by Seq-1
	choices []choice    // in order of their steps
	stacks  interner
	silent  []silentStep // up to the first event
}

// silentStep is a step that the scheduler chose in a run without events.
type silentStep struct {
	moment
	what string
}

// choice is what else could have been done at a step.
type choice struct {
	step   uint64
	chosen string
	others []string
}

// eventInfo is what the Tap knows of an event.
type eventInfo struct {
	stack  int // index into stacks, -1 if none
	choice int // index into choices, -1 if there was none
}

// interner numbers stacks of equal lines.
type interner struct {
	index map[string]int
	all   [][]sim.Frame
}

// maxStack and maxOthers bound what is kept of an event.
const (
	maxStack  = 5
	maxOthers = 16
)

var (
	_ sim.Tap         = (*Tap)(nil)
	_ netsim.Observer = (*Tap)(nil)
)

// Begin implements sim.Tap.
func (t *Tap) Begin(w *sim.World) {
	decode := t.Decode
	*t = Tap{
		Decode: decode, w: w, capture: pcapng.NewCapture(""),
		wires: wires{decode: decode}, stacks: interner{index: map[string]int{}},
	}
}

// Chose implements sim.Tap.
func (t *Tap) Chose(run []*sim.Thread, next *sim.Thread) {
	if len(t.choices) >= maxRows {
		return
	}
	c := choice{step: t.w.Step() + 1, chosen: about(next)}
	for _, x := range run {
		if x != next && len(c.others) < maxOthers {
			c.others = append(c.others, about(x))
		}
	}
	t.choices = append(t.choices, c)
	if len(t.events) == 0 {
		t.chooseSilently(next)
	}
}

// chooseSilently keeps a choice for the case that the run records no events.
func (t *Tap) chooseSilently(next *sim.Thread) {
	now := moment{at: t.w.Elapsed(), step: t.w.Step() + 1, thread: next.Name()}
	t.silent = append(t.silent, silentStep{now, strings.TrimSpace(next.Op().Kind.String() + " " + next.Object())})
}

// about says what a thread is about to do: "client/run: lock mutex inbox".
func about(t *sim.Thread) string {
	return strings.TrimSpace(fmt.Sprintf("%s: %s %s", t.Name(), t.Op().Kind, t.Object()))
}

// Recorded implements sim.Tap.
func (t *Tap) Recorded(seq uint64, at []sim.Frame) {
	if seq != uint64(len(t.events))+1 {
		return // the history is full
	}
	if seq == 1 {
		t.silent = nil
	}
	e := eventInfo{stack: t.stacks.add(at[:min(len(at), maxStack)]), choice: -1}
	if n := len(t.choices); n > 0 && t.choices[n-1].step == t.w.Step() {
		e.choice = n - 1
	}
	t.events = append(t.events, e)
}

// choiceAt returns the index of the choice of a step, -1 if there was none.
func (t *Tap) choiceAt(step uint64) int {
	if t == nil {
		return -1
	}
	i, ok := slices.BinarySearchFunc(t.choices, step, func(c choice, step uint64) int { return cmp.Compare(c.step, step) })
	if !ok {
		return -1
	}
	return i
}

func (x *interner) add(at []sim.Frame) int {
	if len(at) == 0 {
		return -1
	}
	var key strings.Builder
	for _, f := range at {
		fmt.Fprintf(&key, "%s %s:%d\n", f.Func, f.File, f.Line)
	}
	i, ok := x.index[key.String()]
	if !ok {
		i = len(x.all)
		x.index[key.String()] = i
		x.all = append(x.all, append([]sim.Frame(nil), at...))
	}
	return i
}

// Observe implements netsim.Observer.
func (t *Tap) Observe(e netsim.Event) {
	t.capture.Observe(e)
	now := moment{after: t.w.Recorder().Len(), at: e.Time, step: t.w.Step()}
	if c := t.w.CurrentThread(); c != nil && (e.What == netsim.Sent || e.What == netsim.Dialed) {
		now.thread = c.Name()
	}
	t.wires.observe(e, now)
}

// info returns what is known of event i, from 0.
func (t *Tap) info(i int) eventInfo {
	if t == nil || i >= len(t.events) {
		return eventInfo{stack: -1, choice: -1}
	}
	return t.events[i]
}

// moment is a place in the run between two events of its history.
type moment struct {
	after  int // number of events before
	at     time.Duration
	step   uint64
	thread string // empty if it is none's doing
}
