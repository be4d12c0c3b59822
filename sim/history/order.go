package history

// Order is the happens-before order of a history as far as its events show it:
//
//   - the events of one thread follow each other;
//   - a job begins after the call that added it, a scheduled function after the
//     call that scheduled it, on_connection_wake after the wakes before it;
//   - the callbacks and jobs of one connection, and the calls of one listener,
//     follow each other in the order in which they began (SER-1 to SER-4).
//
// Locks, channels and messages of the observed program are not events: two events
// that Order leaves open may be ordered all the same.
type Order struct {
	threads int
	clocks  []uint32 // for each event, how many events of each thread come before or are it
	at      []uint32 // for each event, its number in its thread, from 1
	thread  []int32
	edges   []Edge
}

// Edge says that the event From comes directly before To for another reason than
// that one thread does both. Both are sequence numbers.
type Edge struct {
	From, To uint64
	// Serial says that the two belong to one serial domain; else From is the call
	// that To serves, or a wake that To, a later wake, is served with.
	Serial bool
}

// NewOrder computes the order in time proportional to events × threads.
func NewOrder(h *History) *Order {
	n := len(h.Threads)
	o := &Order{
		threads: n, clocks: make([]uint32, len(h.Events)*n),
		at: make([]uint32, len(h.Events)), thread: make([]int32, len(h.Events)),
	}
	b := orderBuilder{Order: o, last: make([]int, n), cause: map[causeKey]int{}, domain: map[causeKey]int{}}
	for t := range b.last {
		b.last[t] = -1
	}
	for i := range h.Events {
		b.add(h, i)
	}
	return o
}

// Before reports whether event a, by its sequence number, happened before b.
func (o *Order) Before(a, b uint64) bool {
	if a == 0 || b == 0 || a > uint64(len(o.at)) || b > uint64(len(o.at)) || a == b {
		return false
	}
	return o.clock(int(b - 1))[o.thread[a-1]] >= o.at[a-1]
}

// Edges returns the edges of the order in order of To, those between successive
// events of one thread left out. Before is what they and the threads give. The
// slice belongs to the Order.
func (o *Order) Edges() []Edge { return o.edges }

// Concurrent reports whether neither of two different events happened before the
// other.
func (o *Order) Concurrent(a, b uint64) bool {
	return a != b && !o.Before(a, b) && !o.Before(b, a)
}

func (o *Order) clock(i int) []uint32 { return o.clocks[i*o.threads : (i+1)*o.threads] }

// causeKey names what an event waits for: a job of a queue, a timer, a
// connection's wakes, or a serial domain.
type causeKey struct {
	what  string
	owner uint32
	item  uint64
}

type orderBuilder struct {
	*Order
	last   []int            // last event of each thread
	cause  map[causeKey]int // event that causes
	domain map[causeKey]int // last event of a serial domain
}

func (b *orderBuilder) add(h *History, i int) {
	e := &h.Events[i]
	c := b.clock(i)
	if p := b.last[e.Thread]; p >= 0 {
		copy(c, b.clock(p))
		b.at[i] = b.at[p]
	}
	b.at[i]++
	b.thread[i] = e.Thread
	c[e.Thread] = b.at[i]
	b.last[e.Thread] = i
	switch e.Kind {
	case Call:
		if k, ok := causedBy(e.Name, e); ok {
			b.after(i, b.cause, k) // wakes add up
			b.cause[k] = i
		}
	case Begin:
		if k, ok := waitsFor(e); ok {
			b.after(i, b.cause, k)
		}
		if k, ok := serial(e); ok {
			b.after(i, b.domain, k)
		}
	case End:
		if k, ok := serial(h.Origin(e)); ok {
			b.domain[k] = i
		}
	}
}

// after makes event i come after the event stored under the key.
func (b *orderBuilder) after(i int, m map[causeKey]int, k causeKey) {
	p, ok := m[k]
	if !ok {
		return
	}
	_, serial := b.domain[k]
	b.edges = append(b.edges, Edge{From: uint64(p) + 1, To: uint64(i) + 1, Serial: serial})
	c := b.clock(i)
	for t, v := range b.clock(p) {
		c[t] = max(c[t], v)
	}
}

// causedBy returns the key under which a call waits to be served.
func causedBy(op string, e *Event) (causeKey, bool) {
	switch op {
	case OpAdd, OpQueueSchedule:
		return causeKey{Work, e.Queue, e.Item}, true
	case OpSchedule:
		return causeKey{Scheduled, e.Container, e.Item}, true
	case OpWake:
		return causeKey{OnConnectionWake, e.Conn, 0}, true
	}
	return causeKey{}, false
}

// waitsFor returns the key of the call that an interval serves.
func waitsFor(e *Event) (causeKey, bool) {
	switch e.Name {
	case Work:
		return causeKey{Work, e.Queue, e.Item}, true
	case Scheduled:
		return causeKey{Scheduled, e.Container, e.Item}, true
	case OnConnectionWake:
		return causeKey{OnConnectionWake, e.Conn, 0}, true
	}
	return causeKey{}, false
}

// serial returns the serial domain of an interval.
func serial(e *Event) (causeKey, bool) {
	switch {
	case e.Listener != 0:
		return causeKey{"listener", e.Listener, 0}, true
	case e.Conn != 0:
		return causeKey{"connection", e.Conn, 0}, true
	case e.Name == Work:
		return causeKey{"queue", e.Queue, 0}, true
	}
	return causeKey{}, false
}
