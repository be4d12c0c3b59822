package bench

import (
	"slices"

	"github.com/collider-amqp/collider/sim"
)

// libraryPrograms are bugs of libraries and tools, each cut down to the threads and
// variables that take part. The study's driver of RADBench/bug5 never interrupts the
// thread that waits, so that nobody could find the bug; ours does.
func libraryPrograms() []Program {
	return []Program{
		program("Inspect/ctrace-test", "a tracing library is ended while a thread writes to it", 0, cTrace),
		program("Inspect/qsort_mt", "a worker is marked as at work before its lock is taken and its part is set", 0, sortInParts).study("19/20"),
		program("RADBench/bug4", "a monitor made when it is first needed is made twice", 23, localTime),
		program("RADBench/bug5", "an interrupt comes between the test and the wait", 0, interruptedWait).study("0/20"),
		program("RADBench/bug6", "a reader that has the lock waits for a writer that waits for it", 4, readTwice),
		program("pbzip2-0.9.4", "a queue is freed although not all who use it have been joined", 0, pbzip2),
	}
}

// cTrace is a table of traced threads behind a lock for readers and one for writers;
// main traces while another thread ends the library.
func cTrace(w *sim.World, fixed bool) {
	m, table := w.NewMutex("readers"), w.NewSemaphore("table", 1)
	enabled, readers := w.NewInt64("enabled", 1), w.NewInt64("readers", 0)
	entry, freed := w.NewInt64("entry", 1), w.NewInt64("freed", 0)
	read := func(f func()) {
		m.Lock()
		if readers.Load() == 0 {
			table.Acquire(1)
		}
		inc(readers, 1)
		m.Unlock()
		f()
		m.Lock()
		inc(readers, -1)
		if readers.Load() == 0 {
			table.Release(1)
		}
		m.Unlock()
	}
	trace := func() {
		if enabled.Load() == 0 {
			return
		}
		read(func() {
			if entry.Load() != 0 {
				assert(w, freed.Load() == 0, "an entry used after free")
			}
		})
	}
	end := func() {
		enabled.Store(0)
		if fixed {
			table.Acquire(1)
			defer table.Release(1)
			entry.Store(0)
		}
		freed.Store(1)
	}
	w.Point("load", "spawn")
	first := w.Go("thread", end)
	w.Point("load", "spawn")
	second := w.Go("thread", func() {})
	trace()
	trace()
	first.Join()
	second.Join()
}

// localTime has two threads use a library that makes its monitor when it is first
// called; the second has more to do before.
func localTime(w *sim.World, fixed bool) {
	const prepare, fields, calls = 10, 3, 3
	start := w.NewMutex("start")
	monitor := w.NewInt64("monitor", 0)
	made := w.NewInt64("made", 0)
	owner := array(w, "owner", 3)
	buffer := array(w, "tm", fields)
	monitors := []*sim.Mutex{nil, w.NewMutex("monitor"), w.NewMutex("monitor")}
	prepared := w.NewInt64("format", 0)
	once := func() {
		if fixed {
			start.Lock()
			defer start.Unlock()
		}
		if monitor.Load() == 0 {
			monitor.Store(made.Add(1))
		}
	}
	local := func(me int64) {
		once()
		n := monitor.Load()
		monitors[n].Lock()
		owner[n].Store(me)
		for _, f := range buffer {
			f.Store(me)
		}
		n = monitor.Load()
		assert(w, owner[n].Load() == me, "another thread owns the monitor")
		owner[n].Store(0)
		monitors[n].Unlock()
	}
	thread := func(me int64, before int) func() {
		return func() {
			for range before {
				inc(prepared, 1)
			}
			for range calls {
				local(me)
			}
		}
	}
	spawn(w, thread(1, 0), thread(2, prepare))
}

// interruptedWait has a thread that waits for a condition or an interrupt, as NSPR
// does: what it waits for is noted, so that who interrupts it can wake it.
func interruptedWait(w *sim.World, fixed bool) {
	m := w.NewMutex("m")
	c := w.NewCond(m)
	interrupted, waiting := w.NewInt64("interrupted", 0), w.NewInt64("waiting", 0)
	spawn(w,
		func() {
			m.Lock()
			defer m.Unlock()
			if fixed {
				for interrupted.Load() == 0 {
					c.Wait()
				}
				return
			}
			if interrupted.Load() == 1 {
				return
			}
			waiting.Store(1)
			c.Wait()
			waiting.Store(0)
		},
		func() {
			if fixed {
				m.Lock()
				defer m.Unlock()
			}
			interrupted.Store(1)
			if fixed || waiting.Load() == 1 {
				c.Broadcast()
			}
		})
}

// rwLock is a lock for readers and writers that prefers writers.
type rwLock struct {
	m                *sim.Mutex
	read, write      *sim.Cond
	count            *sim.Int64 // readers, or −1 for a writer
	readers, writers *sim.Int64 // that wait
}

func newRWLock(w *sim.World) *rwLock {
	m := w.NewMutex("rwlock")
	return &rwLock{
		m: m, read: w.NewCond(m), write: w.NewCond(m), count: w.NewInt64("count", 0),
		readers: w.NewInt64("waiting_readers", 0), writers: w.NewInt64("waiting_writers", 0),
	}
}

// rlock takes the lock for a reader, who may have it already.
func (l *rwLock) rlock(again bool) {
	l.m.Lock()
	defer l.m.Unlock()
	for l.count.Load() < 0 || !again && l.writers.Load() > 0 {
		inc(l.readers, 1)
		l.read.Wait()
		inc(l.readers, -1)
	}
	inc(l.count, 1)
}

func (l *rwLock) lock() {
	l.m.Lock()
	defer l.m.Unlock()
	for l.count.Load() != 0 {
		inc(l.writers, 1)
		l.write.Wait()
		inc(l.writers, -1)
	}
	l.count.Store(-1)
}

func (l *rwLock) unlock() {
	l.m.Lock()
	defer l.m.Unlock()
	if n := l.count.Load(); n < 0 {
		l.count.Store(0)
	} else {
		l.count.Store(n - 1)
	}
	switch {
	case l.count.Load() > 0:
	case l.writers.Load() > 0:
		l.write.Signal()
	case l.readers.Load() > 0:
		l.read.Broadcast()
	}
}

// readTwice has a reader that takes the lock twice; the repair lets one that has it
// pass before writers that wait.
func readTwice(w *sim.World, fixed bool) {
	l := newRWLock(w)
	spawn(w,
		func() {
			l.rlock(false)
			l.rlock(fixed)
			l.unlock()
			l.unlock()
		},
		func() {
			l.lock()
			l.unlock()
		})
}

// pbzip2 has main produce blocks for two consumers, and a writer that waits for what
// they make of them.
func pbzip2(w *sim.World, fixed bool) {
	const blocks = 3
	m := w.NewMutex("queue")
	notEmpty := w.NewCond(m)
	queued, taken, done := w.NewInt64("queued", 0), w.NewInt64("taken", 0), w.NewInt64("done", 0)
	freed := w.NewInt64("freed", 0)
	output := array(w, "output", blocks)
	take := func() (block int64, ok bool) {
		assert(w, freed.Load() == 0, "the queue is used after free")
		m.Lock()
		defer m.Unlock()
		for queued.Load() == taken.Load() {
			if done.Load() == 1 {
				return 0, false
			}
			notEmpty.Wait()
		}
		block = taken.Load()
		taken.Store(block + 1)
		return block, true
	}
	consume := func() {
		for {
			block, ok := take()
			if !ok {
				return
			}
			output[block].Store(1)
		}
	}
	var consumers []*sim.Thread
	for range 2 {
		consumers = append(consumers, w.Go("consumer", consume))
	}
	writer := w.Go("writer", func() {
		for _, o := range output {
			for o.Load() == 0 {
				w.Yield()
			}
		}
	})
	for range blocks {
		m.Lock()
		inc(queued, 1)
		notEmpty.Signal()
		m.Unlock()
	}
	m.Lock()
	done.Store(1)
	notEmpty.Broadcast()
	m.Unlock()
	writer.Join()
	if fixed {
		for _, t := range consumers {
			t.Join()
		}
	}
	freed.Store(1)
}

// sorter sorts by quicksort in a pool of threads: whoever has split its part gives the
// left half to a worker that is idle, if there is one.
type sorter struct {
	w     *sim.World
	fixed bool
	a     []*sim.Int64
	m     *sim.Mutex // of the pool
	idle  *sim.Int64
	pool  []*sortWorker
}

type sortWorker struct {
	m       *sim.Mutex
	c       *sim.Cond
	state   *sim.Int64
	low, to *sim.Int64 // its part
}

// The states of a worker.
const (
	workerIdle = iota
	workerBusy
	workerEnds
)

// sortInParts sorts 32 numbers with two workers.
func sortInParts(w *sim.World, fixed bool) {
	const elements, workers = 32, 2
	s := &sorter{w: w, fixed: fixed, a: array(w, "element", elements), m: w.NewMutex("pool"), idle: w.NewInt64("idle", workers)}
	values := make([]int64, elements)
	for i, x := 0, uint32(1); i < elements; i++ {
		x = x*1664525 + 1013904223
		values[i] = int64(x >> 16 % elements)
		s.a[i].Store(values[i])
	}
	threads := make([]*sim.Thread, workers)
	for range workers {
		m := w.NewMutex("worker")
		s.pool = append(s.pool, &sortWorker{
			m: m, c: w.NewCond(m), state: w.NewInt64("state", workerIdle), low: w.NewInt64("low", 0), to: w.NewInt64("to", 0),
		})
	}
	for i, me := range s.pool {
		w.Point("load", "spawn")
		threads[i] = w.Go("worker", func() { s.work(me) })
	}
	s.idle.Add(-1)
	first := s.pool[0]
	first.m.Lock()
	first.give(0, elements)
	first.state.Store(workerBusy)
	first.c.Signal()
	first.m.Unlock()
	for _, t := range threads {
		t.Join()
	}
	slices.Sort(values)
	for i, v := range values {
		assert(w, s.a[i].Load() == v, "not sorted")
	}
}

func (k *sortWorker) give(low, to int) {
	k.low.Store(int64(low))
	k.to.Store(int64(to))
}

// work waits for parts and sorts them, until all are idle.
func (s *sorter) work(me *sortWorker) {
	for {
		me.m.Lock()
		for me.state.Load() == workerIdle {
			me.c.Wait()
		}
		me.m.Unlock()
		if me.state.Load() == workerEnds {
			return
		}
		s.sort(int(me.low.Load()), int(me.to.Load()))
		s.m.Lock()
		me.state.Store(workerIdle)
		if s.idle.Add(1) == int64(len(s.pool)) {
			for _, other := range s.pool {
				if other != me {
					other.m.Lock()
					other.state.Store(workerEnds)
					other.c.Signal()
					other.m.Unlock()
				}
			}
			s.m.Unlock()
			return
		}
		s.m.Unlock()
	}
}

// allocate returns an idle worker, marked as at work and locked, or nil.
func (s *sorter) allocate() *sortWorker {
	s.m.Lock()
	defer s.m.Unlock()
	for _, k := range s.pool {
		if k.state.Load() != workerIdle {
			continue
		}
		s.idle.Add(-1)
		if s.fixed {
			k.m.Lock()
			k.state.Store(workerBusy)
		} else {
			k.state.Store(workerBusy)
			k.m.Lock()
		}
		return k
	}
	return nil
}

// sort sorts a[low:to].
func (s *sorter) sort(low, to int) {
	const fork, few = 4, 7
	for to-low >= few {
		mid := s.split(low, to)
		if left, right := mid-low, to-mid-1; left > fork && right > fork {
			if k := s.allocate(); k != nil {
				k.give(low, mid)
				k.c.Signal()
				k.m.Unlock()
				low = mid + 1
				continue
			}
		}
		s.sort(low, mid)
		low = mid + 1
	}
	for i := low + 1; i < to; i++ {
		for j := i; j > low && s.a[j-1].Load() > s.a[j].Load(); j-- {
			s.swap(j, j-1)
		}
	}
}

// split moves the middle element to where it belongs and returns its place.
func (s *sorter) split(low, to int) int {
	s.swap(low+(to-low)/2, to-1)
	pivot, at := s.a[to-1].Load(), low
	for i := low; i < to-1; i++ {
		if s.a[i].Load() < pivot {
			s.swap(i, at)
			at++
		}
	}
	s.swap(at, to-1)
	return at
}

func (s *sorter) swap(i, j int) {
	if i != j {
		x, y := s.a[i].Load(), s.a[j].Load()
		s.a[i].Store(y)
		s.a[j].Store(x)
	}
}
