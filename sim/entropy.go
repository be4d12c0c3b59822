package sim

import "github.com/collider-amqp/collider/sim/choice"

// entropy holds the streams of Rand. They are few: a scan beats a map.
type entropy struct {
	streams []*namedStream
	used    int
	outside uint64 // streams handed out to no thread
}

type namedStream struct {
	choice.Stream
	purpose string
}

func (e *entropy) reset() { e.used, e.outside = 0, 0 }

//go:norace
func (e *entropy) stream(seed uint64, purpose string) *choice.Stream {
	for _, s := range e.streams[:e.used] {
		if s.purpose == purpose {
			return &s.Stream
		}
	}
	if e.used == len(e.streams) {
		e.streams = append(e.streams, new(namedStream))
	}
	s := e.streams[e.used]
	e.used++
	*s = namedStream{choice.New(seed, "rand", choice.Hash(purpose)), purpose}
	return &s.Stream
}

// newStream returns a stream for the calling thread alone. The number of streams
// that the thread has asked for before is part of its seed.
//
//go:norace
func (w *World) newStream(purpose string) *choice.Stream {
	s := choice.New(w.seed, purpose, w.nextEntity())
	return &s
}

//go:norace
func (w *World) nextEntity() uint64 {
	if t := w.cur; t != nil {
		t.streams++
		return choice.Derive(t.hash, "entity", uint64(t.streams))
	}
	w.entropy.outside++
	return w.entropy.outside
}

// choose returns a number in [0, n): which of several ready cases a thread takes.
// It comes from the thread's own stream, unless the strategy wants to decide.
func (w *World) choose(t *Thread, n int) int {
	if n == 1 {
		return 0
	}
	i := -1
	if w.hooks.choose != nil {
		i = w.hooks.choose.Choose(t, n)
	}
	if i >= 0 {
		w.recordCase(i)
	} else {
		if !t.chooses {
			t.chooses = true
			t.choice = choice.New(w.seed, "select", t.hash)
		}
		i = t.choice.IntN(n)
	}
	w.digest = fold(w.digest, uint64(i))
	return i
}
