package history

import "time"

// History is the record of one run.
type History struct {
	// Events in order of Seq, which starts at 1 and has no gaps.
	Events []Event
	// Threads are the names that Event.Thread points to.
	Threads []string
	// Dropped is the number of events lost to the recorder's limit; they are
	// the last ones. A history that dropped events proves nothing.
	Dropped uint64
	// Partial says that the run was ended in the middle and is not to blame for it:
	// what had to happen later must not be demanded. It is no part of the encodings.
	Partial bool
}

// At returns the event with the sequence number seq, and nil if there is none.
func (h *History) At(seq uint64) *Event {
	if seq == 0 || seq > uint64(len(h.Events)) {
		return nil
	}
	return &h.Events[seq-1]
}

// Thread returns the name of thread i, and "" if there is none.
func (h *History) Thread(i int32) string {
	if i < 0 || int(i) >= len(h.Threads) {
		return ""
	}
	return h.Threads[i]
}

// Origin returns the event that carries e's fields: its Begin for an End, its
// Call for a Return, else e itself. A broken Of gives e.
func (h *History) Origin(e *Event) *Event {
	if e.Kind != End && e.Kind != Return {
		return e
	}
	if o := h.At(e.Of); o != nil && o.Seq < e.Seq {
		return o
	}
	return e
}

// Duration returns the time of the last event.
func (h *History) Duration() time.Duration {
	if len(h.Events) == 0 {
		return 0
	}
	return h.Events[len(h.Events)-1].Time
}

// Clone returns a copy that stays valid when the recorder is reset.
func (h *History) Clone() *History {
	return &History{
		Events:  append([]Event(nil), h.Events...),
		Threads: append([]string(nil), h.Threads...),
		Dropped: h.Dropped,
		Partial: h.Partial,
	}
}

// Digest folds the hashes of all events; it equals Recorder.Digest of the World's
// recorder that made h if nothing was dropped.
func (h *History) Digest() uint64 {
	d := uint64(digestSeed)
	for i := range h.Events {
		d = mix(d, h.Events[i].Hash())
	}
	return d
}
