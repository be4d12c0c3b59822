package stage

import "github.com/collider-amqp/collider/sim"

// Mailbox hands values from callbacks to threads: a queue without bound that
// Take waits on.
type Mailbox[T any] struct {
	mu     *sim.Mutex
	cond   *sim.Cond
	values []T
	closed bool
}

// NewMailbox returns an empty mailbox. The name is for reports.
func NewMailbox[T any](w *sim.World, name string) *Mailbox[T] {
	m := &Mailbox[T]{mu: w.NewMutex(name)}
	m.cond = w.NewCond(m.mu)
	return m
}

// Put adds a value.
func (m *Mailbox[T]) Put(v T) {
	m.mu.Lock()
	m.values = append(m.values, v)
	m.cond.Broadcast()
	m.mu.Unlock()
}

// Close lets Take return without a value once the mailbox is empty.
func (m *Mailbox[T]) Close() {
	m.mu.Lock()
	m.closed = true
	m.cond.Broadcast()
	m.mu.Unlock()
}

// Take waits for a value; ok is false once the mailbox is closed and empty.
func (m *Mailbox[T]) Take() (v T, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.values) == 0 && !m.closed {
		m.cond.Wait()
	}
	if len(m.values) == 0 {
		return v, false
	}
	v = m.values[0]
	m.values = m.values[1:]
	return v, true
}
