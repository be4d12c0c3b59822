package sim

import "github.com/collider-amqp/collider/sim/choice"

// SURW returns the selectively uniform random walk (Zhao, Wolff, Mathur,
// Roychoudhury, ASPLOS 2025). Each run takes one object of Estimates.Profile that
// threads contend for and samples the orders of the operations on it uniformly:
// the thread whose operation on it comes next is drawn in proportion to the
// operations on it that the thread and its descendants have before them, and
// others wait in front of theirs. All else goes by random priorities, drawn anew
// after each step. Without a profile there are only these.
func SURW() Strategy { return &surw{} }

type surw struct {
	stream   choice.Stream
	profile  *Profile
	key      uint64   // of the object, 0 none
	expected []uint64 // operations on it, by thread of the profile
	priority []uint64 // by thread
	left     weights  // by thread
	intended *Thread
}

func (s *surw) Name() string { return "surw" }

func (s *surw) Begin(r *RunInfo) {
	s.stream, s.profile = r.Stream, r.Estimates.Profile
	s.key, s.intended = 0, nil
	s.priority = s.priority[:0]
	s.left.reset()
	if s.profile.Contended() == 0 {
		return
	}
	if n := len(s.profile.steps); n <= cap(s.expected) {
		s.expected = s.expected[:n]
		clear(s.expected)
	} else {
		s.expected = make([]uint64, n)
	}
	o := &s.profile.objects[s.stream.IntN(len(s.profile.objects))]
	s.key = o.key
	for _, x := range o.shares {
		s.expected[x.thread] = x.steps
	}
}

func (s *surw) Spawn(t, parent *Thread) {
	s.priority = append(s.priority, s.stream.Uint64())
	n := uint64(0)
	if s.key != 0 {
		if i := s.profile.thread(t); i >= 0 {
			n = s.expected[i]
		}
	}
	s.left.push(n)
	if n == 0 || parent == nil {
		return
	}
	of := s.left.of[parent.id]
	if s.intended == parent && of > 0 && uint64(s.stream.Int64N(int64(of))) < n {
		s.intended = t
	}
	s.left.set(parent.id, max(of, n)-n)
}

// Exit implements Exiter.
func (s *surw) Exit(t *Thread) {
	s.left.set(t.id, 0)
	if s.intended == t {
		s.intended = nil
	}
}

// Follow implements Follower: each operation on the object counts.
func (s *surw) Follow() bool { return true }

// on says whether t's next operation is on the object of this run.
func (s *surw) on(t *Thread) bool { return s.key != 0 && t.object != nil && t.object.key == s.key }

func (s *surw) Pick(run []*Thread, last *Thread) *Thread {
	if s.intended == nil {
		t := s.highest(run)
		if !s.on(t) {
			return s.take(t)
		}
		if s.left.of[t.id] == 0 {
			s.left.set(t.id, 1) // it has more to do than the profile said
		}
		s.intended = t.w.threads[s.left.find(uint64(s.stream.Int64N(int64(s.left.sum))))]
	}
	if t := s.highestFree(run); t != nil {
		return s.take(t)
	}
	// All that can run stands before the object, and the thread that is to be
	// next there cannot: it waits for one of them.
	t := behind(s.intended)
	if t == nil {
		t = s.among(run)
	}
	s.intended = t
	return s.take(t)
}

// behind returns the thread that can run and must go on so that t gets the lock
// that it waits for; nil if it waits for something else.
func behind(t *Thread) *Thread {
	for range maxBehind {
		if t.object == nil || t.object.holder == nil {
			return nil
		}
		if t = t.object.holder; t.at >= 0 {
			return t
		}
	}
	return nil
}

const maxBehind = 100

// among draws from threads that all stand before the object: from the descendants
// of the intended one, if there are any, because it is they that a thread waits
// for most often, and whose place it has been given by the weight of its own
// operations after them.
func (s *surw) among(run []*Thread) *Thread {
	of := s.intended
	sum := s.sum(run, of)
	if sum == 0 {
		of = nil
		sum = s.sum(run, nil)
	}
	at := uint64(s.stream.Int64N(int64(sum)))
	for _, t := range run {
		if !t.descends(of) {
			continue
		}
		n := max(s.left.of[t.id], 1)
		if at < n {
			return t
		}
		at -= n
	}
	return run[0]
}

// sum is the weight of those in run that descend from the thread.
func (s *surw) sum(run []*Thread, of *Thread) uint64 {
	sum := uint64(0)
	for _, t := range run {
		if t.descends(of) {
			sum += max(s.left.of[t.id], 1)
		}
	}
	return sum
}

// descends says whether of is an ancestor of t, or nil.
func (t *Thread) descends(of *Thread) bool {
	for u := t; u != nil; u = u.parent {
		if u.parent == of {
			return true
		}
	}
	return false
}

// take makes t the thread that goes.
func (s *surw) take(t *Thread) *Thread {
	if s.on(t) {
		s.intended = nil
		if n := s.left.of[t.id]; n > 0 {
			s.left.set(t.id, n-1)
		}
	}
	s.priority[t.id] = s.stream.Uint64()
	return t
}

func (s *surw) highest(run []*Thread) *Thread {
	best := run[0]
	top := s.priority[best.id]
	for _, t := range run[1:] {
		if p := s.priority[t.id]; p > top {
			best, top = t, p
		}
	}
	return best
}

// highestFree leaves out the threads that wait for the intended one, and returns
// nil if all do.
func (s *surw) highestFree(run []*Thread) *Thread {
	var best *Thread
	top := uint64(0)
	for _, t := range run {
		if p := s.priority[t.id]; (best == nil || p > top) && (t == s.intended || !s.on(t)) {
			best, top = t, p
		}
	}
	return best
}

// weights is a list of numbers from which an index can be drawn in proportion, in
// logarithmic time: a Fenwick tree.
type weights struct {
	of   []uint64
	tree []uint64 // tree[i] is the sum of of[i+1-lowbit(i+1)…i]
	sum  uint64
}

func (w *weights) reset() { w.of, w.tree, w.sum = w.of[:0], w.tree[:0], 0 }

// push appends a number.
func (w *weights) push(n uint64) {
	w.of = append(w.of, n)
	i := len(w.of)
	node := n
	for j := 1; j < i&-i; j <<= 1 {
		node += w.tree[i-j-1]
	}
	w.tree = append(w.tree, node)
	w.sum += n
}

// set changes the number at i.
func (w *weights) set(i int32, n uint64) {
	d := n - w.of[i] // modulo 2⁶⁴
	if d == 0 {
		return
	}
	w.of[i] = n
	w.sum += d
	for j := int(i) + 1; j <= len(w.tree); j += j & -j {
		w.tree[j-1] += d
	}
}

// find returns the index at which the running sum passes at, which is below sum.
func (w *weights) find(at uint64) int {
	i, bit := 0, 1
	for bit<<1 <= len(w.tree) {
		bit <<= 1
	}
	for ; bit > 0; bit >>= 1 {
		if j := i + bit; j <= len(w.tree) && w.tree[j-1] <= at {
			at -= w.tree[j-1]
			i = j
		}
	}
	return i
}
