package sim

import (
	"fmt"

	"github.com/collider-amqp/collider/sim/choice"
)

// object is what all shared objects have in common.
type object struct {
	w      *World
	id     uint32
	epoch  uint32 // the run it belongs to
	kind   objectKind
	queue  waitQueue // threads whose next operation may have to wait
	holder *Thread   // for the wait-for graph
	key    uint64
	name   string
	label  any // gives the name if that is empty
}

type objectKind uint8

const (
	threadObject objectKind = iota
	mutexObject
	rwMutexObject
	condObject
	waitGroupObject
	semaphoreObject
	onceObject
	atomicObject
	chanObject
	timerObject
	contextObject
	pointObject
)

var objectKinds = [...]string{
	"thread", "mutex", "rwmutex", "cond", "wait group", "semaphore", "once",
	"atomic", "channel", "timer", "context", "object",
}

//go:norace
func (o *object) init(w *World, k objectKind, name string) {
	w.objects++
	o.w, o.id, o.epoch, o.kind, o.name = w, w.objects, w.epoch, k, name
	if t := w.cur; t != nil {
		if w.over {
			w.unwind(t)
		}
		t.made++
		o.key = choice.Derive(t.hash, "object", uint64(t.made))
	} else {
		o.key = choice.Derive(0, "object", uint64(w.objects))
	}
}

// String returns kind and name for reports.
func (o *object) String() string {
	name := o.name
	switch l := o.label.(type) {
	case nil:
	case *Thread:
		name = l.Name()
	case string:
		name = l
	default:
		name = fmt.Sprintf("%T", l)
	}
	return objectKinds[o.kind] + " " + name
}

// enter returns the calling thread, which is about to do an operation on o.
func (o *object) enter() *Thread {
	w := o.w
	if o.epoch != w.epoch || w.cur == nil {
		panic(&Misuse{What: "use outside the run that made it", Object: o.String()})
	}
	if w.over {
		w.unwind(w.cur)
	}
	return w.cur
}

// point is the choice point before an operation that can always be done.
func (o *object) point(k OpKind, write bool) *Thread {
	t := o.enter()
	t.op, t.object = Op{Kind: k, Write: write, Object: o.id}, o
	o.w.step(t)
	return t
}

// await is the choice point before an operation that can be done only while its
// waiter is on. The object's other operations switch it while it waits, and so does
// the end of threads that crash inside pick; nothing else there does, so a waiter that
// is on is queued only if another thread goes first.
func (o *object) await(k OpKind, n int, on bool) *Thread {
	t := o.enter()
	w := o.w
	t.op, t.object = Op{Kind: k, Write: true, Object: o.id}, o
	wt := &t.wait
	wt.kind, wt.n, wt.on, wt.released = k, n, on, false
	if !on {
		w.disable(t)
		o.queue.push(wt)
	}
	next := w.pick(t)
	switch {
	case next != t:
		if on {
			o.queue.push(wt)
		}
		w.hand(t, next)
	case on:
		return t
	}
	o.queue.remove(wt)
	return t
}

// waiter is a thread's entry in the queue of an object.
type waiter struct {
	t          *Thread
	next, prev *waiter
	n          int
	kind       OpKind
	on         bool // the operation can be done
	released   bool // WaitGroup: the counter has been 0 since it waits
}

// set makes the waiting thread runnable or not. One that has crashed stays in the queue
// of what it waited for, and never is.
//
//go:norace
func (wt *waiter) set(on bool) {
	if wt.on == on || wt.t.state == threadCrashed {
		return
	}
	wt.on = on
	if on {
		wt.t.w.enable(wt.t)
	} else {
		wt.t.w.disable(wt.t)
	}
}

// waitQueue is a list of waiters in order of arrival.
type waitQueue struct{ head, tail *waiter }

func (q *waitQueue) push(wt *waiter) {
	wt.next, wt.prev = nil, q.tail
	if q.tail != nil {
		q.tail.next = wt
	} else {
		q.head = wt
	}
	q.tail = wt
}

func (q *waitQueue) remove(wt *waiter) {
	if wt.prev != nil {
		wt.prev.next = wt.next
	} else {
		q.head = wt.next
	}
	if wt.next != nil {
		wt.next.prev = wt.prev
	} else {
		q.tail = wt.prev
	}
	wt.next, wt.prev = nil, nil
}

// enableAll makes all threads that wait for o runnable, in order of arrival.
//
//go:norace
func (o *object) enableAll() {
	w := o.w
	run, steps := w.run, w.steps
	for wt := o.queue.head; wt != nil; wt = wt.next {
		if wt.on || wt.t.state == threadCrashed {
			continue
		}
		wt.on = true
		t := wt.t
		t.at, t.since = int32(len(run)), steps
		run = append(run, t)
	}
	w.run = run
}

// disableAll makes none of the threads that wait for o runnable. The order of the threads
// that are left is that of disabling one waiter after the other: it is what a
// strategy sees.
//
// A contended lock switches all of its waiters at each unlock and lock, and they
// mostly stand together at the end of the list. Whoever is taken away there by
// putting the last into the gap, one thread that is left over comes to stand where
// that end began.
//
//go:norace
func (o *object) disableAll() {
	w, q := o.w, &o.queue
	n, least, sum := 0, len(w.run), 0
	for wt := q.head; wt != nil; wt = wt.next {
		if wt.on {
			at := int(wt.t.at)
			n, least, sum = n+1, min(least, at), sum+at
		}
	}
	switch rest := len(w.run) - n; {
	case n == 0:
		return
	case rest > 0 && least < rest-1:
		for wt := q.head; wt != nil; wt = wt.next {
			wt.set(false)
		}
		return
	case rest > 0:
		// The indices from rest-1 on are the waiters' and one more.
		other := w.run[(rest-1+len(w.run)-1)*(n+1)/2-sum]
		w.run[rest-1], other.at = other, int32(rest-1)
		fallthrough
	default:
		w.run = w.run[:rest]
	}
	for wt := q.head; wt != nil; wt = wt.next {
		if wt.on {
			wt.on, wt.t.at = false, -1
		}
	}
}

// pointState numbers the objects given to Point.
type pointState struct {
	ids  map[any]*object
	slab []*object
	used int
	last any
	hit  *object
}

func (p *pointState) reset() {
	clear(p.ids)
	for _, o := range p.slab[:p.used] {
		*o = object{}
	}
	p.used, p.last, p.hit = 0, nil, nil
}

func (p *pointState) of(w *World, v any) *object {
	if p.hit != nil && p.last == v {
		return p.hit
	}
	o, ok := p.ids[v]
	if !ok {
		if p.ids == nil {
			p.ids = make(map[any]*object)
		}
		if p.used == len(p.slab) {
			p.slab = append(p.slab, new(object))
		}
		o = p.slab[p.used]
		p.used++
		o.init(w, pointObject, "")
		o.label = v
		p.ids[v] = o
	}
	p.last, p.hit = v, o
	return o
}

// Point is a choice point before an operation on object that the World does not
// carry out itself, such as a sync/atomic one. The words load, store, swap, cas
// and add name atomic operations; load alone only reads, and any other word is
// taken for a write. The object must be comparable; threads that pass equal ones
// operate on the same object. A string is its own name in reports.
//
//go:norace
func (w *World) Point(op string, object any) {
	if w.outside() {
		w.cross(func() { w.Point(op, object) })
		return
	}
	t := w.thread()
	o := w.points.of(w, object)
	t.op, t.object = opOfPoint(op), o
	t.op.Object = o.id
	w.step(t)
}
