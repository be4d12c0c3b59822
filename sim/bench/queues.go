package bench

import "github.com/collider-amqp/collider/sim"

// queuePrograms are structures with few or no locks.
func queuePrograms() []Program {
	safeStack := program("SafeStack", "a lock-free stack lets two threads own one slot", 0, safeStack).study("19/20")
	safeStack.Hard = true
	return []Program{
		program("Chess/WorkStealQueue", "a push believes in room that a steal has not yet given back", 6, workSteal),
		program("Chess/StateWorkStealQueue", "the same, while each thread notes where it is", 7, workStealState),
		safeStack,
	}
}

// dequeue is the double-ended queue of the THE protocol of Cilk: the owner pushes
// and pops at the tail, others steal from the head.
type dequeue struct {
	w          *sim.World
	m          *sim.Mutex
	head, tail *sim.Int64
	mask       *sim.Int64
	slots      []*sim.Int64
	slack      int64 // 1 plants the bug
}

// note is told of each place in an operation.
type note func(place int64)

// unnoted notes nothing.
func unnoted(int64) {}

func (q *dequeue) push(x int64, at note) {
	at(0)
	t := q.tail.Load()
	if mask := q.mask.Load(); t < q.head.Load()+mask+q.slack {
		at(1)
		q.slots[t&mask].Store(x)
		q.tail.Store(t + 1)
		return
	}
	at(2)
	q.m.Lock()
	defer q.m.Unlock()
	at(3)
	h := q.head.Load()
	n, mask := q.tail.Load()-h, q.mask.Load()
	if n >= mask {
		at(4)
		grown := array(q.w, "slot", int(2*(mask+1)))
		for i := range n {
			grown[i].Store(q.slots[(h+i)&mask].Load())
		}
		q.slots = grown
		q.head.Store(0)
		q.tail.Store(n)
		mask = 2*mask + 1
		q.mask.Store(mask)
	}
	at(5)
	t = q.tail.Load()
	q.slots[t&mask].Store(x)
	q.tail.Store(t + 1)
}

func (q *dequeue) pop(at note) (int64, bool) {
	at(6)
	t := q.tail.Load() - 1
	q.tail.Store(t)
	at(7)
	if q.head.Load() <= t {
		return q.slots[t&q.mask.Load()].Load(), true
	}
	at(8)
	q.m.Lock()
	defer q.m.Unlock()
	at(9)
	if q.head.Load() <= t {
		return q.slots[t&q.mask.Load()].Load(), true
	}
	q.tail.Store(t + 1)
	return 0, false
}

func (q *dequeue) steal(at note) (int64, bool) {
	at(10)
	q.m.Lock()
	defer q.m.Unlock()
	at(11)
	h := q.head.Load()
	q.head.Store(h + 1)
	at(12)
	if h < q.tail.Load() {
		return q.slots[h&q.mask.Load()].Load(), true
	}
	q.head.Store(h)
	return 0, false
}

// newDequeue returns an empty queue with room for two.
func newDequeue(w *sim.World, fixed bool) *dequeue {
	const size = 2
	q := &dequeue{
		w: w, m: w.NewMutex("queue"), head: w.NewInt64("head", 0), tail: w.NewInt64("tail", 0),
		mask: w.NewInt64("mask", size-1), slots: array(w, "slot", size), slack: 1,
	}
	if fixed {
		q.slack = 0
	}
	return q
}

func workSteal(w *sim.World, fixed bool) {
	const items, steals = 4, 2
	q := newDequeue(w, fixed)
	done := array(w, "item", items+1)
	do := func(x int64, ok bool) bool {
		if ok {
			inc(done[x], 1)
		}
		return ok
	}
	spawn(w,
		func() {
			for i := int64(1); i <= items; i += 2 {
				q.push(i, unnoted)
				q.push(i+1, unnoted)
				do(q.pop(unnoted))
			}
			for do(q.pop(unnoted)) {
			}
		},
		func() {
			for range steals {
				do(q.steal(unnoted))
			}
		})
	for _, n := range done[1:] {
		assert(w, n.Load() == 1, "an item was not done exactly once")
	}
}

// activations are the stacks on which threads note where they are in the program, so
// that a checker can compare states: variables of all, each used by one.
type activations struct {
	w     *sim.World
	depth []*sim.Int64
	place [][]*sim.Int64 // by thread and depth
}

func newActivations(w *sim.World, threads, depth int) *activations {
	a := &activations{w: w, depth: array(w, "depth", threads)}
	for range threads {
		a.place = append(a.place, array(w, "place", depth))
	}
	return a
}

// of calls f in an activation of its own of the thread.
func (a *activations) of(thread int, f func()) {
	a.depth[thread].Add(1)
	a.place[thread][a.depth[thread].Load()-1].Store(0)
	f()
	a.depth[thread].Add(-1)
}

// at notes a place in the activation of the thread.
func (a *activations) at(thread int, place int64) {
	a.place[thread][a.depth[thread].Load()-1].Store(place)
}

// workStealState has main for owner, which pushes all items and takes as many, and
// two thieves.
func workStealState(w *sim.World, fixed bool) {
	const items, thieves, steals = 4, 2, 2
	q := newDequeue(w, fixed)
	a := newActivations(w, 1+thieves, 2)
	done := array(w, "item", items+1)
	do := func(thread int, op func(at note) (int64, bool)) {
		a.of(thread, func() {
			if x, ok := op(func(place int64) { a.at(thread, place) }); ok {
				inc(done[x], 1)
			}
		})
	}
	threads := make([]*sim.Thread, thieves)
	for i := range threads {
		w.Point("load", "spawn")
		threads[i] = w.Go("thief", func() {
			a.of(1+i, func() {
				for range steals {
					do(1+i, q.steal)
				}
			})
		})
	}
	a.of(0, func() {
		for i := range int64(items) {
			do(0, func(at note) (int64, bool) { q.push(i+1, at); return 0, false })
		}
		for range items {
			do(0, q.pop)
		}
	})
	for _, t := range threads {
		t.Join()
	}
	for _, n := range done[1:] {
		assert(w, n.Load() == 1, "an item was not done exactly once")
	}
}

// safeStack is a stack of three slots for three threads that pop, use and push
// twice; the repair is a lock.
func safeStack(w *sim.World, fixed bool) {
	const slots = 3
	m := w.NewMutex("m")
	head, count := w.NewInt64("head", 0), w.NewInt64("count", slots)
	next, owner := array(w, "next", slots), array(w, "owner", slots)
	for i := range int64(slots) {
		next[i].Store((i+2)%(slots+1) - 1) // 1, 2, none
	}
	section := func(f func()) {
		if fixed {
			m.Lock()
			defer m.Unlock()
		}
		f()
	}
	pop := func() (got int64) {
		got = -1
		section(func() {
			for count.Load() > 1 {
				h := head.Load()
				n := next[h].Swap(-1)
				if n < 0 {
					continue
				}
				if head.CompareAndSwap(h, n) {
					count.Add(-1)
					got = h
					return
				}
				next[h].Swap(n)
			}
		})
		return got
	}
	push := func(i int64) {
		section(func() {
			for {
				h := head.Load()
				next[i].Store(h)
				if head.CompareAndSwap(h, i) {
					break
				}
			}
			count.Add(1)
		})
	}
	spawn(w, times(3, func() {
		me := int64(w.CurrentThread().ID())
		for range 2 {
			i := pop()
			for ; i < 0; i = pop() {
				w.Yield()
			}
			owner[i].Store(me)
			assert(w, owner[i].Load() == me, "two threads own a slot")
			push(i)
		}
	})...)
}
