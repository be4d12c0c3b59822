package sim

import (
	"fmt"
	"math/bits"
	"time"

	"github.com/collider-amqp/collider/sim/choice"
	"github.com/collider-amqp/collider/sim/history"
)

// The digest of a run folds every step (thread, operation, object), every move of
// the clock, every event of the history and every number observed. Threads and
// objects enter by their number in the run: nothing of it depends on addresses.
const (
	digestSeed = 0x6a09e667f3bcc909
	digestMul  = 0x9e3779b97f4a7c15
)

func fold(d, v uint64) uint64 {
	return (bits.RotateLeft64(d, 23) ^ v) * digestMul
}

func mixStep(d uint64, t *Thread) uint64 {
	return fold(d, uint64(t.id)<<40^uint64(t.op.Kind)<<32^uint64(t.op.Object))
}

func (w *World) mixTime(d time.Duration) {
	w.digest = fold(w.digest, uint64(d)|1<<63)
}

// Observe folds numbers into the digest, so that runs that differ in them are
// told apart.
//
//go:norace
func (w *World) Observe(v ...uint64) {
	if w.over {
		return
	}
	for _, x := range v {
		w.digest = fold(w.digest, x)
	}
}

// Digest returns the digest of the run so far. It is no choice point.
//
//go:norace
func (w *World) Digest() uint64 { return w.digest }

// Recorder returns the recorder of the run's history. It is no choice point. What
// is recorded after the verdict, by threads being unwound, is dropped.
func (w *World) Recorder() *history.Recorder { return w.recorder }

// Note records a remark under a name, a constant word such as "credit". Without
// args, format is the text as it is.
func (w *World) Note(name, format string, args ...any) {
	if len(args) > 0 {
		format = fmt.Sprintf(format, args...)
	}
	w.recorder.Note(history.Event{Name: name, Text: format})
}

// source gives a recorder the World's view of time and threads.
type source struct{ w *World }

//go:norace
func (s source) Stamp() (at time.Duration, step uint64, thread int32) {
	w := s.w
	if w.cur != nil {
		thread = w.cur.id
	}
	return w.clock.now, w.steps, thread
}

//go:norace
func (s source) ThreadName(i int32) string {
	if int(i) >= len(s.w.threads) {
		return ""
	}
	return s.w.threads[i].Name()
}

//go:norace
func (s source) Mix(h uint64) {
	s.w.locator.event(s.w)
	s.w.Observe(h)
}

// nameEntity is the entity of a stream that belongs to a name.
func nameEntity(name string) uint64 { return choice.Hash(name) }
