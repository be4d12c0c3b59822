package bench

import "github.com/collider-amqp/collider/sim"

// bufferPrograms are buffers, queues and stacks under locks.
func bufferPrograms() []Program {
	return []Program{
		program("CS/circular_buffer", "a round that is skipped makes the indices of writer and reader differ", 3, circularBuffer),
		program("CS/queue", "a round that is skipped makes the indices of writer and reader differ", 2, queue),
		program("CS/stack", "two pops after one push", 5, stack),
		program("Inspect/boundedBuffer", "the lock is released between the test and the taking", 9, boundedBuffer),
		clean("Inspect/bbuf", "the same buffer without that", func(w *sim.World) { boundedBuffer(w, true) }),
		program("Coyote/boundedBuffer", "producers and consumers share a condition variable and wake one waiter of any kind", 0, cargill),
	}
}

func circularBuffer(w *sim.World, fixed bool) {
	const rounds, size = 7, 10
	m := w.NewMutex("m")
	send, receive := w.NewInt64("send", 1), w.NewInt64("receive", 0)
	first, next := w.NewInt64("first", 0), w.NewInt64("next", 0)
	buffer := array(w, "buffer", size)
	spawn(w,
		func() {
			sent := int64(0)
			for i := range int64(rounds) {
				m.Lock()
				if send.Load() == 1 {
					if fixed {
						i, sent = sent, sent+1
					}
					n := next.Load()
					buffer[n].Store(i)
					next.Store((n + 1) % size)
					send.Store(0)
					receive.Store(1)
				}
				m.Unlock()
			}
		},
		func() {
			received := int64(0)
			for i := range int64(rounds) {
				m.Lock()
				if receive.Load() == 1 {
					if fixed {
						i, received = received, received+1
					}
					n := first.Load()
					assert(w, buffer[n].Load() == i, "another element than expected")
					first.Store((n + 1) % size)
					receive.Store(0)
					send.Store(1)
				}
				m.Unlock()
			}
		})
}

func queue(w *sim.World, fixed bool) {
	const size = 20
	m := w.NewMutex("m")
	enqueue, dequeue := w.NewInt64("enqueue", 1), w.NewInt64("dequeue", 0)
	head, tail := w.NewInt64("head", 0), w.NewInt64("tail", 0)
	elements, stored := array(w, "elements", size+1), array(w, "stored", size+1)
	put := func(i int64) {
		t := tail.Load()
		elements[t].Store(100 + i)
		tail.Store(t + 1)
		stored[i].Store(100 + i)
	}
	spawn(w,
		func() {
			done := int64(1)
			m.Lock()
			put(0)
			m.Unlock()
			for i := range int64(size - 1) {
				m.Lock()
				if enqueue.Load() == 1 {
					if fixed {
						i, done = done-1, done+1
					}
					put(i + 1)
					enqueue.Store(0)
					dequeue.Store(1)
				}
				m.Unlock()
			}
		},
		func() {
			done := int64(0)
			for i := range int64(size) {
				m.Lock()
				if dequeue.Load() == 1 {
					if fixed {
						i, done = done, done+1
					}
					h := head.Load()
					assert(w, elements[h].Load() == stored[i].Load(), "another element than stored")
					head.Store(h + 1)
					dequeue.Store(0)
					enqueue.Store(1)
				}
				m.Unlock()
			}
		})
}

func stack(w *sim.World, fixed bool) {
	const size = 10
	m := w.NewMutex("m")
	top, flag := w.NewInt64("top", 0), w.NewInt64("flag", 0)
	elements := array(w, "elements", size)
	spawn(w,
		func() {
			for i := range int64(size) {
				m.Lock()
				n := top.Load()
				assert(w, n != size, "overflow")
				elements[n].Store(i)
				top.Store(n + 1)
				flag.Store(1)
				m.Unlock()
			}
		},
		func() {
			for range size {
				m.Lock()
				if flag.Load() == 1 {
					n := top.Load()
					if fixed && n == 1 {
						flag.Store(0)
					}
					assert(w, n != 0, "underflow")
					top.Store(n - 1)
					elements[n-1].Load()
				}
				m.Unlock()
			}
		})
}

func boundedBuffer(w *sim.World, fixed bool) {
	const slots, items = 4, 4 // one slot stays free
	m := w.NewMutex("m")
	notFull, notEmpty := w.NewCond(m), w.NewCond(m)
	head, rear := w.NewInt64("head", 0), w.NewInt64("rear", 0)
	full, empty := w.NewInt64("waiting_full", 0), w.NewInt64("waiting_empty", 0)
	buffer := array(w, "buffer", slots)
	put := func() {
		for i := range int64(items) {
			m.Lock()
			for (rear.Load()+1)%slots == head.Load() {
				inc(full, 1)
				notFull.Wait()
				inc(full, -1)
			}
			r := rear.Load()
			buffer[r].Store(i)
			rear.Store((r + 1) % slots)
			if empty.Load() > 0 {
				notEmpty.Signal()
			}
			m.Unlock()
		}
	}
	get := func() {
		for range items {
			m.Lock()
			for rear.Load() == head.Load() {
				inc(empty, 1)
				notEmpty.Wait()
				inc(empty, -1)
			}
			if !fixed {
				m.Unlock()
				m.Lock()
			}
			h := head.Load()
			assert(w, h != rear.Load(), "nothing to take")
			buffer[h].Load()
			head.Store((h + 1) % slots)
			if full.Load() > 0 {
				notFull.Signal()
			}
			m.Unlock()
		}
	}
	spawn(w, put, put, get, get)
}

func cargill(w *sim.World, fixed bool) {
	const items = 4
	m := w.NewMutex("m")
	c := w.NewCond(m)
	wake := c.Signal
	if fixed {
		wake = c.Broadcast
	}
	n := w.NewInt64("n", 0)
	transfer := func(stop, by int64, times int) func() {
		return func() {
			for range times {
				m.Lock()
				for n.Load() == stop {
					c.Wait()
				}
				inc(n, by)
				wake()
				m.Unlock()
			}
		}
	}
	put, get := transfer(1, 1, items), transfer(0, -1, items)
	spawn(w, put, put, get, get)
}

// array returns n variables that are 0.
func array(w *sim.World, name string, n int) []*sim.Int64 {
	out := make([]*sim.Int64, n)
	for i := range out {
		out[i] = w.NewInt64(name, 0)
	}
	return out
}
