package container

// fifo is a queue that reuses its memory. The zero value is empty.
type fifo[T any] struct {
	items []T
	head  int // items before head have been taken
}

func (q *fifo[T]) len() int { return len(q.items) - q.head }

func (q *fifo[T]) push(v T) {
	if len(q.items) == cap(q.items) && q.head > len(q.items)/2 {
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	q.items = append(q.items, v)
}

func (q *fifo[T]) pop() T {
	var zero T
	v := q.items[q.head]
	q.items[q.head] = zero // what was taken must not be kept alive
	q.head++
	if q.head == len(q.items) {
		q.items, q.head = q.items[:0], 0
	}
	return v
}

// moveTo appends up to limit items to dst, in order.
func (q *fifo[T]) moveTo(dst *fifo[T], limit int) {
	for n := min(limit, q.len()); n > 0; n-- {
		dst.push(q.pop())
	}
}

// filter keeps only the items that keep accepts, in order, and returns how many
// it dropped.
func (q *fifo[T]) filter(keep func(T) bool) int {
	kept := 0
	live := q.items[q.head:]
	for _, v := range live {
		if keep(v) {
			live[kept] = v
			kept++
		}
	}
	dropped := len(live) - kept
	clear(live[kept:])
	q.items = q.items[:q.head+kept]
	return dropped
}
