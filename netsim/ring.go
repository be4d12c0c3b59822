package netsim

// ring is a queue of bytes that grows by doubling and keeps its memory. What it
// pushes and pops belongs to a thread's program, so it is moved.
type ring struct {
	mem  []byte // len is 0 or a power of two
	head int
	n    int
}

const ringMin = 512

// push appends p.
func (r *ring) push(p []byte) {
	if r.n+len(p) > len(r.mem) {
		r.grow(r.n + len(p))
	}
	tail := (r.head + r.n) & (len(r.mem) - 1)
	k := move(r.mem[tail:], p)
	move(r.mem, p[k:])
	r.n += len(p)
}

func (r *ring) grow(need int) {
	size := max(len(r.mem), ringMin)
	for size < need {
		size *= 2
	}
	mem := make([]byte, size)
	a, b := r.span(0, r.n)
	copy(mem[copy(mem, a):], b)
	r.mem, r.head = mem, 0
}

// span returns the n bytes from position at, in at most two pieces, which are
// valid until the next push.
func (r *ring) span(at, n int) (a, b []byte) {
	if n == 0 {
		return nil, nil
	}
	from := (r.head + at) & (len(r.mem) - 1)
	if from+n <= len(r.mem) {
		return r.mem[from : from+n], nil
	}
	return r.mem[from:], r.mem[:from+n-len(r.mem)]
}

// pop moves len(p) bytes, which must be there, from the head to p.
func (r *ring) pop(p []byte) {
	a, b := r.span(0, len(p))
	move(p[move(p, a):], b)
	r.skip(len(p))
}

// skip drops n bytes, which must be there, from the head.
func (r *ring) skip(n int) {
	if n > r.n {
		panic("netsim: ring has fewer bytes than skipped")
	}
	r.n -= n
	if r.n == 0 {
		r.head = 0
		return
	}
	r.head = (r.head + n) & (len(r.mem) - 1)
}

// cut keeps the first n bytes.
func (r *ring) cut(n int) { r.n = min(r.n, n) }
