package history

import (
	"sync"
	"sync/atomic"
	"time"
)

// Options of a Recorder.
type Options struct {
	// Limit bounds the number of events kept. Zero means 1<<20 in production
	// (about 128 MiB when full) and 1<<16 in a World; negative is treated as
	// zero.
	Limit int
	// Now is the clock of a production recorder. Nil means time.Now. A World's
	// recorder takes its time from the World.
	Now func() time.Time
	// Self tells the threads of a production run apart: equal numbers mean the
	// same thread. Nil means the goroutine's number, read from its stack
	// trace, which costs some microseconds for each event but an End or Return.
	Self func() uint64

	_ struct{}
}

// Source is what a World tells its recorder. The methods are called by the
// running thread and must not be points of choice. Under the race detector they
// must add no happens-before edge.
type Source interface {
	// Stamp returns the virtual time since the run began, the scheduler's step
	// and the number of the running thread, from 0.
	Stamp() (at time.Duration, step uint64, thread int32)
	// ThreadName returns the name of thread number i.
	ThreadName(i int32) string
	// Mix folds h, a hash of one event, into the run's digest.
	Mix(h uint64)
}

// Recorder collects the events of one run. A nil Recorder records nothing and
// returns zero, so that code under observation needs no test for one.
//
// A Recorder of NewRecorder may be used by any number of goroutines at once: the
// sequence number is drawn with one atomic addition and is the event's place in
// the buffer. A Recorder of NewWorldRecorder may be used by one thread at a
// time, which is how a World runs them.
type Recorder struct {
	src    Source
	limit  uint64
	digest uint64

	// World.
	events  []Event
	threads []string
	dropped uint64

	// Production.
	seq    atomic.Uint64
	chunks []atomic.Pointer[chunk]
	mu     sync.Mutex // ids and threads
	ids    idTable
	now    func() time.Time
	self   func() uint64
	start  time.Time
}

const (
	defaultLimit      = 1 << 20
	defaultWorldLimit = 1 << 16
	chunkLen          = 512
)

// chunk is a part of the production buffer. A slot is complete when its ready
// flag is set.
type chunk struct {
	events [chunkLen]Event
	ready  [chunkLen]atomic.Bool
}

// NewRecorder returns a recorder for goroutines of a production run. The run
// begins now.
func NewRecorder(o Options) *Recorder {
	r := &Recorder{limit: defaultLimit, digest: digestSeed, now: o.Now, self: o.Self}
	if o.Limit > 0 {
		r.limit = uint64(o.Limit)
	}
	if r.now == nil {
		r.now = time.Now
	}
	if r.self == nil {
		r.self = goroutine
	}
	r.start = r.now()
	r.chunks = make([]atomic.Pointer[chunk], (r.limit+chunkLen-1)/chunkLen)
	return r
}

// NewWorldRecorder returns a recorder for the threads of a World. Reset makes it
// ready for the next run.
func NewWorldRecorder(src Source, o Options) *Recorder {
	r := &Recorder{src: src, limit: defaultWorldLimit, digest: digestSeed}
	if o.Limit > 0 {
		r.limit = uint64(o.Limit)
	}
	return r
}

// Reset makes a World's recorder ready for the next run; it keeps the memory.
// Histories returned before are no longer valid.
func (r *Recorder) Reset() {
	if r.src == nil {
		panic("history: Reset of a production recorder")
	}
	clear(r.events) // drop the texts
	r.events, r.threads = r.events[:0], r.threads[:0]
	r.dropped, r.digest = 0, digestSeed
	r.ids.reset()
}

// Begin records the start of a callback, work item or scheduled function and
// returns its sequence number, 0 if it was dropped. Kind, Seq, Of, Time, Step
// and Thread of e are filled in; so it is for all methods below.
func (r *Recorder) Begin(e Event) uint64 { return r.record(Begin, 0, e) }

// End records the end of the interval that begin started. It should repeat the
// fields of the Begin.
func (r *Recorder) End(begin uint64, e Event) uint64 { return r.record(End, begin, e) }

// Call records the invocation of an operation and returns its sequence number.
func (r *Recorder) Call(e Event) uint64 { return r.record(Call, 0, e) }

// Return records the return of call. It should repeat the fields of the Call,
// with the result in OK and Text.
func (r *Recorder) Return(call uint64, e Event) uint64 { return r.record(Return, call, e) }

// Note records a remark of a scenario.
func (r *Recorder) Note(e Event) uint64 { return r.record(Note, 0, e) }

// Frame records a frame that passed the wire.
func (r *Recorder) Frame(e Event) uint64 { return r.record(Frame, 0, e) }

// Fault records an injected fault.
func (r *Recorder) Fault(e Event) uint64 { return r.record(Fault, 0, e) }

// ID returns the number of obj in the space: 1 for the first object asked for,
// and so on. obj must be comparable, as a pointer is; it is kept alive by the
// recorder.
//
//go:norace
func (r *Recorder) ID(s Space, obj any) uint32 {
	if r == nil {
		return 0
	}
	if s < Containers || s >= spaces {
		panic("history: ID of an unknown space")
	}
	if r.src != nil {
		id, _ := r.ids.id(idKey{space: s, obj: obj})
		return id
	}
	raceOff()
	r.mu.Lock()
	id, _ := r.ids.id(idKey{space: s, obj: obj})
	r.mu.Unlock()
	raceOn()
	return id
}

// NextID returns the next number of the space, given to no object. Jobs, timers
// and messages take their Item from NextID(Items).
//
//go:norace
func (r *Recorder) NextID(s Space) uint32 {
	if r == nil {
		return 0
	}
	if s < Containers || s >= spaces {
		panic("history: NextID of an unknown space")
	}
	if r.src != nil {
		return r.ids.next(s)
	}
	raceOff()
	r.mu.Lock()
	id := r.ids.next(s)
	r.mu.Unlock()
	raceOn()
	return id
}

// Len returns the number of events recorded so far, dropped ones not counted.
func (r *Recorder) Len() int {
	if r == nil {
		return 0
	}
	if r.src != nil {
		return len(r.events)
	}
	return int(min(r.seq.Load(), r.limit))
}

// Digest returns the running digest of a World's events.
func (r *Recorder) Digest() uint64 { return r.digest }

// History returns what was recorded. In a World it shares the recorder's memory
// and is valid until Reset; in production it is a copy that ends before the
// first event still being written.
func (r *Recorder) History() *History {
	if r == nil {
		return &History{}
	}
	if r.src != nil {
		return &History{Events: r.events, Threads: r.threads, Dropped: r.dropped}
	}
	return r.snapshot()
}

// HistoryInto is History without the allocation.
func (r *Recorder) HistoryInto(h *History) {
	if r.src != nil {
		*h = History{Events: r.events, Threads: r.threads, Dropped: r.dropped}
		return
	}
	*h = *r.snapshot()
}
