package runner

import (
	"fmt"
	"slices"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// trail is a Tap that writes down a run step by step, so that two executions of one
// run can be compared where their digests only say that they differ.
type trail struct {
	w     *sim.World
	marks []waymark
	r     sim.Result
}

// waymark is one thing that happened: a thread has come before its next operation, or
// an event is recorded.
type waymark struct {
	digest uint64 // of the run, before it
	now    time.Duration
	thread string
	op     sim.Op
	object string
	until  time.Duration // of a sleep
	seq    uint64        // of the event, 0 for an operation
	ended  bool          // the thread has
	at     sim.Frame
}

// maxMarks bounds a trail; what comes later is compared by its digests.
const maxMarks = 1 << 18

var _ sim.Stepper = (*trail)(nil)

// Begin implements sim.Tap.
func (t *trail) Begin(w *sim.World) { t.w, t.marks = w, t.marks[:0] }

// Chose implements sim.Tap.
func (*trail) Chose([]*sim.Thread, *sim.Thread) {}

// Recorded implements sim.Tap.
func (t *trail) Recorded(seq uint64, at []sim.Frame) {
	t.add(waymark{seq: seq, at: innermost(at)}, t.w.CurrentThread())
}

// Arrived implements sim.Stepper.
func (t *trail) Arrived(th *sim.Thread, at []sim.Frame) {
	t.add(waymark{op: th.Op(), object: th.Object(), until: th.SleepsUntil(), ended: th.Done(), at: innermost(at)}, th)
}

func (t *trail) add(m waymark, th *sim.Thread) {
	if len(t.marks) == maxMarks {
		return
	}
	m.digest, m.now = t.w.Digest(), t.w.Elapsed()
	if th != nil {
		m.thread = th.Name()
	}
	t.marks = append(t.marks, m)
}

func innermost(at []sim.Frame) sim.Frame {
	if len(at) == 0 {
		return sim.Frame{}
	}
	return at[0]
}

// partTrails locates the first difference of two executions, nil if there is none:
// of those that digests see, else of any, such as in the text of an event.
func partTrails(a, b *trail) *Divergence {
	if same(&a.r, &b.r) {
		return nil
	}
	n := min(len(a.marks), len(b.marks))
	for _, texts := range []bool{false, true} {
		for i := range n {
			if !a.equal(b, i, texts) {
				return partAt(a, b, i)
			}
		}
		if len(a.marks) != len(b.marks) {
			return partAt(a, b, n)
		}
	}
	if n == maxMarks {
		return nil
	}
	return partAt(a, b, n) // in what follows the last mark
}

// equal reports whether mark i is the same in both trails, with the texts of events
// or without.
func (t *trail) equal(u *trail, i int, texts bool) bool {
	x, y := t.marks[i], u.marks[i]
	if x != y {
		return false
	}
	if x.seq == 0 {
		return true
	}
	e, f := t.r.History.At(x.seq), u.r.History.At(y.seq)
	if e == nil || f == nil {
		return e == f
	}
	return e.Hash() == f.Hash() && (!texts || *e == *f)
}

// partAt describes the difference at mark i. What differs is what the thread has
// learned since the last thing that it did alike.
func partAt(a, b *trail, i int) *Divergence {
	d := &Divergence{What: "step", At: 1, Last: "the beginning", First: a.text(i), Second: b.text(i)}
	if i > 0 {
		d.Last = a.text(i - 1)
	}
	x, y := a.mark(i), b.mark(i)
	switch {
	case x.seq != 0:
		d.What, d.At = "event", int(x.seq)
	case y.seq != 0:
		d.What, d.At = "event", int(y.seq)
	default:
		d.At += a.operations(i)
	}
	if x.now != y.now {
		d.note("the virtual time", x.now.String(), y.now.String())
	}
	if x.digest != y.digest && i > 0 {
		d.note("the digest of what came before, by a number observed or drawn,", fmt.Sprintf("%016x", x.digest), fmt.Sprintf("%016x", y.digest))
	}
	d.Thread = x.thread
	if x.thread != y.thread {
		d.Thread = a.mark(i - 1).thread // it chose, or changed who can be chosen
	}
	d.Before = a.lastOf(d.Thread, i)
	for _, f := range []sim.Frame{x.at, y.at, d.Before} {
		if f.File != "" && !slices.Contains(d.Places, f) {
			d.Places = append(d.Places, f)
		}
	}
	return d
}

// mark returns mark i, and an empty one beyond the ends.
func (t *trail) mark(i int) waymark {
	if i < 0 || i >= len(t.marks) {
		return waymark{now: t.r.Time, digest: t.r.Digest}
	}
	return t.marks[i]
}

// operations is the number of the first n marks that are no events.
func (t *trail) operations(n int) int {
	k := 0
	for i := range t.marks[:min(n, len(t.marks))] {
		if t.marks[i].seq == 0 {
			k++
		}
	}
	return k
}

// lastOf returns where the thread last was before mark i.
func (t *trail) lastOf(thread string, i int) sim.Frame {
	for i = min(i, len(t.marks)) - 1; i >= 0; i-- {
		if m := &t.marks[i]; m.thread == thread && m.at.File != "" {
			return m.at
		}
	}
	return sim.Frame{}
}

// text returns mark i as a line.
func (t *trail) text(i int) string {
	if i >= len(t.marks) {
		return "nothing: " + verdict(&t.r)
	}
	m := &t.marks[i]
	var s string
	switch {
	case m.seq != 0:
		s = line(t.r.History, int(m.seq))
	case m.ended:
		return m.thread + " has ended"
	default:
		s = m.thread + " comes to " + m.op.Kind.String()
		if m.object != "" {
			s += " of " + m.object
		}
		if m.until != 0 {
			s += " until " + m.until.String()
		}
	}
	if m.at.File != "" {
		s += " at " + m.at.String()
	}
	return s
}

// execution executes one run, watched by tap; it keeps the history.
type execution func(tap sim.Tap) (sim.Result, error)

// maxPairs is how often a run is executed twice to see it part.
const maxPairs = 5

// part executes a run in two ways until they differ, and says where. It returns nil
// if they never do.
func part(first, second execution) (*Divergence, error) {
	for range maxPairs {
		var a, b trail
		var err error
		if a.r, err = first(&a); err != nil {
			return nil, err
		}
		if b.r, err = second(&b); err != nil {
			return nil, err
		}
		if d := partTrails(&a, &b); d != nil {
			return d, nil
		}
	}
	return nil, nil
}
