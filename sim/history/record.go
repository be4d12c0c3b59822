package history

import "runtime"

// The functions of this file run on the observed program's threads. They touch
// the recorder's memory outside the race detector's sight (norace) and
// synchronise outside it too (raceOff), so they use no built-in map and no copy,
// whose runtime functions report accesses by themselves.

//go:norace
func (r *Recorder) record(k Kind, of uint64, e Event) uint64 {
	if r == nil {
		return 0
	}
	e.Kind, e.Of = k, of
	if r.src != nil {
		return r.recordWorld(&e)
	}
	return r.recordShared(&e)
}

//go:norace
func (r *Recorder) recordWorld(e *Event) uint64 {
	e.Time, e.Step, e.Thread = r.src.Stamp()
	for int(e.Thread) >= len(r.threads) {
		r.threads = append(r.threads, r.src.ThreadName(int32(len(r.threads))))
	}
	h := e.Hash()
	r.digest = mix(r.digest, h)
	r.src.Mix(h)
	if uint64(len(r.events)) >= r.limit {
		r.dropped++
		return 0
	}
	e.Seq = uint64(len(r.events)) + 1
	r.events = append(r.events, *e)
	return e.Seq
}

//go:norace
func (r *Recorder) recordShared(e *Event) uint64 {
	self := uint64(0)
	if e.Of == 0 {
		self = r.self()
	}
	raceOff()
	defer raceOn()
	e.Thread = r.threadOf(e.Of, self)
	seq := r.seq.Add(1)
	if seq > r.limit {
		return 0
	}
	e.Time, e.Seq = r.now().Sub(r.start), seq
	c := r.chunk((seq - 1) / chunkLen)
	i := (seq - 1) % chunkLen
	c.events[i] = *e
	c.ready[i].Store(true)
	return seq
}

// chunk returns chunk i, made on first use.
//
//go:norace
func (r *Recorder) chunk(i uint64) *chunk {
	if c := r.chunks[i].Load(); c != nil {
		return c
	}
	r.chunks[i].CompareAndSwap(nil, new(chunk))
	return r.chunks[i].Load()
}

// threadOf is the thread of the event numbered of, which is the caller's own: an
// End comes from the thread of its Begin, a Return from that of its Call. Else,
// or if that event was dropped, it is the thread called self.
//
//go:norace
func (r *Recorder) threadOf(of, self uint64) int32 {
	if of == 0 || of > r.limit {
		return r.thread(self)
	}
	c := r.chunks[(of-1)/chunkLen].Load()
	if c == nil || !c.ready[(of-1)%chunkLen].Load() {
		panic("history: End or Return of an event that was not recorded")
	}
	return c.events[(of-1)%chunkLen].Thread
}

//go:norace
func (r *Recorder) thread(self uint64) int32 {
	r.mu.Lock()
	id, fresh := r.ids.id(idKey{space: threadSpace, num: self})
	if fresh {
		r.threads = append(r.threads, "")
	}
	r.mu.Unlock()
	return int32(id - 1)
}

// NameThread gives the calling goroutine a name in the history; the default is
// "thread-N". In a World threads are named when they are made and the call does
// nothing.
//
//go:norace
func (r *Recorder) NameThread(name string) {
	if r == nil || r.src != nil {
		return
	}
	self := r.self()
	raceOff()
	defer raceOn()
	i := r.thread(self)
	r.mu.Lock()
	r.threads[i] = name
	r.mu.Unlock()
}

//go:norace
func (r *Recorder) snapshot() *History {
	raceOff()
	defer raceOn()
	seq := r.seq.Load()
	n := min(seq, r.limit)
	h := &History{Events: make([]Event, 0, n), Dropped: seq - n}
	for i := uint64(0); i < n; i++ {
		c := r.chunks[i/chunkLen].Load()
		if c == nil || !c.ready[i%chunkLen].Load() {
			break
		}
		h.Events = append(h.Events, c.events[i%chunkLen])
	}
	r.mu.Lock()
	for i := range r.threads {
		h.Threads = append(h.Threads, threadName(r.threads[i], i))
	}
	r.mu.Unlock()
	return h
}

//go:norace
func threadName(name string, i int) string {
	if name != "" {
		return name
	}
	return "thread-" + itoa(i+1)
}

//go:norace
func itoa(n int) string {
	var b [20]byte
	i := len(b)
	for {
		i--
		b[i] = byte('0' + n%10)
		if n /= 10; n == 0 {
			return string(b[i:])
		}
	}
}

// goroutine returns the number of the calling goroutine, as its stack trace
// states it: the only way the language offers, and one of microseconds. It
// serves to tell threads apart, for nothing else.
func goroutine() uint64 {
	var b [32]byte
	n := runtime.Stack(b[:], false)
	var id uint64
	for _, c := range b[len("goroutine "):n] {
		if c < '0' || c > '9' {
			break
		}
		id = id*10 + uint64(c-'0')
	}
	return id
}
