package sim

// Chan is a channel of the World, with the semantics of Go's channels: threads
// that wait are served in order of arrival, an operation that has begun to wait
// is seen by others, and one that is merely about to begin is not. That a thread
// begins to wait is a step of its own.
//
// A nil *Chan may stand in a case of Select, which is then never ready; its
// methods must not be called otherwise.
type Chan[T any] struct {
	object object
	ring   []T
	first  int
	count  int
	closed bool
	sendq  parkQueue[T]
	recvq  parkQueue[T]
	free   *parked[T]
	edges  slotEdges
}

// parked is a thread that waits on a channel.
type parked[T any] struct {
	t          *Thread
	next, prev *parked[T]
	v          T
	ok         bool // received a value; or sent, not woken by Close
	edge       edge // begins at t
	index      int  // of the case of Select; -1 if none
}

// received is what a receive returns.
type received[T any] struct {
	v       T
	ok, got bool
}

type parkQueue[T any] struct{ head, tail *parked[T] }

func (q *parkQueue[T]) push(p *parked[T]) {
	p.next, p.prev = nil, q.tail
	if q.tail != nil {
		q.tail.next = p
	} else {
		q.head = p
	}
	q.tail = p
}

func (q *parkQueue[T]) remove(p *parked[T]) {
	if p.prev != nil {
		p.prev.next = p.next
	} else {
		q.head = p.next
	}
	if p.next != nil {
		p.next.prev = p.prev
	} else {
		q.tail = p.prev
	}
	p.next, p.prev = nil, nil
}

// first returns the thread that has waited longest, nil if none waits. Threads that
// have crashed wait no more.
func (q *parkQueue[T]) first() *parked[T] {
	for q.head != nil && q.head.t.state == threadCrashed {
		q.remove(q.head)
	}
	return q.head
}

// NewChan returns a channel with a buffer of the given size, at least 0.
//
//go:norace
func NewChan[T any](w *World, name string, size int) *Chan[T] {
	c := &Chan[T]{}
	c.object.init(w, chanObject, name)
	if size > 0 {
		c.ring = make([]T, size)
		c.edges = c.edges.make(size)
	} else if size < 0 {
		panic(&Misuse{What: "makechan: size out of range", Object: c.object.String()})
	}
	return c
}

// Send sends v, and waits until it can. It panics if c is or becomes closed.
//
//go:norace
func (c *Chan[T]) Send(v T) {
	if w := c.object.w; w.outside() {
		e := newEdge()
		w.cross(func() { w.hold(e); c.Send(v) })
		w.meet()
		return
	}
	t := c.object.point(OpSend, true)
	if c.trySend(v) {
		return
	}
	p := c.park(&c.sendq, t, v, -1)
	c.object.w.block(t)
	ok := p.ok
	c.release(p)
	if !ok {
		c.panicClosed()
	}
}

// TrySend sends v if it need not wait, as a select with a default case does, and
// says whether it did.
//
//go:norace
func (c *Chan[T]) TrySend(v T) bool {
	if w := c.object.w; w.outside() {
		e := newEdge()
		ok := ask(w, func() bool { w.hold(e); return c.TrySend(v) })
		w.meet()
		return ok
	}
	c.object.point(OpTrySend, true)
	return c.trySend(v)
}

// Recv receives a value, and waits until there is one. After the last value of a
// closed channel it returns the zero value and false.
//
//go:norace
func (c *Chan[T]) Recv() (v T, ok bool) {
	if w := c.object.w; w.outside() {
		e := newEdge()
		r := ask(w, func() received[T] { w.hold(e); v, ok := c.Recv(); return received[T]{v, ok, true} })
		w.meet()
		return r.v, r.ok
	}
	t := c.object.point(OpRecv, true)
	if v, ok, got := c.tryRecv(); got {
		return v, ok
	}
	p := c.park(&c.recvq, t, v, -1)
	c.object.w.block(t)
	v, ok = p.v, p.ok
	c.release(p)
	return v, ok
}

// TryRecv receives a value if it need not wait; got says whether it did, and ok is
// that of Recv.
//
//go:norace
func (c *Chan[T]) TryRecv() (v T, ok, got bool) {
	if w := c.object.w; w.outside() {
		e := newEdge()
		r := ask(w, func() received[T] { w.hold(e); v, ok, got := c.TryRecv(); return received[T]{v, ok, got} })
		w.meet()
		return r.v, r.ok, r.got
	}
	c.object.point(OpTryRecv, true)
	return c.tryRecv()
}

// Close closes c and wakes all who wait. It panics if c is closed.
//
//go:norace
func (c *Chan[T]) Close() {
	if w := c.object.w; w.outside() {
		w.cross(c.Close)
		c.object.release()
		return
	}
	c.object.point(OpClose, true)
	c.close()
}

func (c *Chan[T]) close() {
	if c.closed {
		panic(&Misuse{What: "close of closed channel", Object: c.object.String()})
	}
	c.closed = true
	for p := c.recvq.first(); p != nil; p = c.recvq.first() {
		p.t.reached(c.object.edge())
		c.serve(&c.recvq, p, false)
	}
	for p := c.sendq.first(); p != nil; p = c.sendq.first() {
		c.serve(&c.sendq, p, false)
	}
}

// Len returns the number of values in the buffer.
//
//go:norace
func (c *Chan[T]) Len() int {
	if w := c.object.w; w.outside() {
		return ask(w, c.Len)
	}
	c.object.point(OpLen, false)
	return c.count
}

// Cap returns the size of the buffer. It is no choice point.
func (c *Chan[T]) Cap() int { return len(c.ring) }

// Name returns the name given to NewChan.
func (c *Chan[T]) Name() string { return c.object.name }

// trySend sends v if a receiver waits or the buffer has room.
func (c *Chan[T]) trySend(v T) bool {
	if c.closed {
		c.panicClosed()
	}
	w := c.object.w
	ok, back := c.offer(v, w.mine())
	if ok {
		w.reached(back)
	}
	return ok
}

func (c *Chan[T]) panicClosed() {
	panic(&Misuse{What: "send on closed channel", Object: c.object.String()})
}

// offer is trySend with the edge that begins at the sender; back is the one that
// ends there: from the receiver, if there is no buffer, else from who has emptied
// the slot.
func (c *Chan[T]) offer(v T, e edge) (ok bool, back edge) {
	if p := c.recvq.first(); p != nil {
		p.v = v
		p.t.reached(e)
		back = p.edge
		if len(c.ring) > 0 { // as if it had passed through the buffer
			back = c.edges.put(c.first, e)
			c.edges.take(c.first, p.edge)
			c.advance()
		}
		c.serve(&c.recvq, p, true)
		return true, back
	}
	if c.count == len(c.ring) {
		return false, back
	}
	return true, c.put(v, e)
}

// advance makes the next slot the first.
func (c *Chan[T]) advance() {
	if c.first++; c.first == len(c.ring) {
		c.first = 0
	}
}

// put adds v to the buffer; back is the edge from who has emptied the slot.
func (c *Chan[T]) put(v T, e edge) (back edge) {
	i := c.first + c.count
	if i >= len(c.ring) {
		i -= len(c.ring)
	}
	c.ring[i] = v
	c.count++
	return c.edges.put(i, e)
}

// tryRecv receives if there is a value or c is closed.
func (c *Chan[T]) tryRecv() (v T, ok, got bool) {
	w := c.object.w
	if c.count > 0 {
		var zero T
		v = c.ring[c.first]
		c.ring[c.first] = zero
		w.reached(c.edges.take(c.first, w.mine()))
		c.advance()
		c.count--
		if p := c.sendq.first(); p != nil {
			p.t.reached(c.put(p.v, p.edge))
			c.serve(&c.sendq, p, true)
		}
		return v, true, true
	}
	if p := c.sendq.first(); p != nil {
		v = p.v
		w.reached(p.edge)
		p.t.reached(w.mine())
		c.serve(&c.sendq, p, true)
		return v, true, true
	}
	if c.closed {
		w.reached(c.object.edge())
	}
	return v, false, c.closed
}

// drain empties the buffer and says whether there was something in it.
func (c *Chan[T]) drain() bool {
	had := c.count > 0
	clear(c.ring)
	c.first, c.count = 0, 0
	return had
}

// park queues a thread that is about to wait.
func (c *Chan[T]) park(q *parkQueue[T], t *Thread, v T, index int) *parked[T] {
	p := c.free
	if p != nil {
		c.free = p.next
	} else {
		p = new(parked[T])
	}
	*p = parked[T]{t: t, v: v, index: index, edge: t.w.mine()}
	q.push(p)
	return p
}

// release puts p, which is in no queue, aside for the next who waits.
func (c *Chan[T]) release(p *parked[T]) {
	*p = parked[T]{next: c.free}
	c.free = p
}

// serve takes p out of its queue and lets its thread go on.
func (c *Chan[T]) serve(q *parkQueue[T], p *parked[T], ok bool) {
	q.remove(p)
	p.ok = ok
	if p.index >= 0 {
		p.t.selects.serve(p.index)
	}
	t := p.t
	t.object, t.op.Object = &c.object, c.object.id
	t.w.complete(t)
}
