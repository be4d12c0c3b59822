package bench

import "github.com/collider-amqp/collider/sim"

// queuePrograms are structures with few or no locks.
func queuePrograms() []Program {
	safeStack := program("SafeStack", "a lock-free stack lets two threads own one slot", 0, safeStack)
	safeStack.Hard = true
	return []Program{
		program("Chess/WorkStealQueue", "a push believes in room that a steal has not yet given back", 6, workSteal),
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

func (q *dequeue) push(x int64) {
	t := q.tail.Load()
	if mask := q.mask.Load(); t < q.head.Load()+mask+q.slack {
		q.slots[t&mask].Store(x)
		q.tail.Store(t + 1)
		return
	}
	q.m.Lock()
	defer q.m.Unlock()
	h := q.head.Load()
	n, mask := q.tail.Load()-h, q.mask.Load()
	if n >= mask {
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
	t = q.tail.Load()
	q.slots[t&mask].Store(x)
	q.tail.Store(t + 1)
}

func (q *dequeue) pop() (int64, bool) {
	t := q.tail.Load() - 1
	q.tail.Store(t)
	if q.head.Load() <= t {
		return q.slots[t&q.mask.Load()].Load(), true
	}
	q.m.Lock()
	defer q.m.Unlock()
	if q.head.Load() <= t {
		return q.slots[t&q.mask.Load()].Load(), true
	}
	q.tail.Store(t + 1)
	return 0, false
}

func (q *dequeue) steal() (int64, bool) {
	q.m.Lock()
	defer q.m.Unlock()
	h := q.head.Load()
	q.head.Store(h + 1)
	if h < q.tail.Load() {
		return q.slots[h&q.mask.Load()].Load(), true
	}
	q.head.Store(h)
	return 0, false
}

func workSteal(w *sim.World, fixed bool) {
	const size, items, steals = 2, 4, 2
	q := &dequeue{
		w: w, m: w.NewMutex("queue"), head: w.NewInt64("head", 0), tail: w.NewInt64("tail", 0),
		mask: w.NewInt64("mask", size-1), slots: array(w, "slot", size), slack: 1,
	}
	if fixed {
		q.slack = 0
	}
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
				q.push(i)
				q.push(i + 1)
				do(q.pop())
			}
			for do(q.pop()) {
			}
		},
		func() {
			for range steals {
				do(q.steal())
			}
		})
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
