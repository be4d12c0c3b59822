package engine

// fifo is a queue in a ring that grows by doubling and keeps its memory. The zero fifo is empty.
type fifo[T any] struct {
	ring []T // its length is a power of two, or zero
	head int
	n    int
}

func (q *fifo[T]) len() int { return q.n }

// at returns the element i places behind the head.
func (q *fifo[T]) at(i int) *T { return &q.ring[(q.head+i)&(len(q.ring)-1)] }

func (q *fifo[T]) push(v T) {
	if q.n == len(q.ring) {
		q.grow()
	}
	q.n++
	*q.at(q.n - 1) = v
}

// pop removes the head; the zero value and false if there is none.
func (q *fifo[T]) pop() (v T, ok bool) {
	if q.n == 0 {
		return v, false
	}
	var zero T
	p := q.at(0)
	v, *p = *p, zero // let go of what it refers to
	q.head = (q.head + 1) & (len(q.ring) - 1)
	q.n--
	return v, true
}

func (q *fifo[T]) grow() {
	ring := make([]T, max(16, 2*len(q.ring)))
	for i := range q.n {
		ring[i] = *q.at(i)
	}
	q.ring, q.head = ring, 0
}
