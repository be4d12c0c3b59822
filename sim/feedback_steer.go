package sim

// aim is a class that a run is to show: the next of its reader's operations is to
// come after one of the writer, with no other write to the object between the two.
type aim struct {
	class
	together bool // the writer waits for the reader, too
	reached  bool
}

// steering is what a run aims at. Threads whose next operation would spoil an aim
// are held: the reader until its source is there, other writers from then on until
// it has read.
type steering struct {
	aims []aim
	free []*Thread // of those that can run, the ones that are not held
}

// open says whether an aim is left.
func (s *steering) open() bool {
	for i := range s.aims {
		if !s.aims[i].reached {
			return true
		}
	}
	return false
}

// unheld returns the elements of run that spoil no aim, or all if each does.
func (s *steering) unheld(run []*Thread, a *accesses, tb *table) []*Thread {
	s.free = s.free[:0]
	for _, t := range run {
		if !s.holds(t, run, a, tb) {
			s.free = append(s.free, t)
		}
	}
	if len(s.free) == 0 {
		return run
	}
	return s.free
}

func (s *steering) holds(t *Thread, run []*Thread, a *accesses, tb *table) bool {
	if t.object == nil {
		return false
	}
	for i := range s.aims {
		m := &s.aims[i]
		if m.reached || m.subject.key != t.object.key {
			continue
		}
		if o := a.object(t, tb); o != nil && m.holds(t, o, run, a) {
			return true
		}
	}
	return false
}

// holds says whether t, whose next operation is on o, must wait.
func (m *aim) holds(t *Thread, o *followed, run []*Thread, a *accesses) bool {
	operation := a.next(t, o)
	there := o.last.operation == m.writer
	switch {
	case operation == m.reader:
		return !there || m.writer != 0 && o.last.thread == t.id
	case !t.op.Write:
		return false
	case there:
		return true
	}
	return m.together && operation == m.writer && !m.ready(t, o, run, a)
}

// ready says whether another thread stands before the reader's operation.
func (m *aim) ready(t *Thread, o *followed, run []*Thread, a *accesses) bool {
	for _, u := range run {
		if u != t && u.object == t.object && a.next(u, o) == m.reader {
			return true
		}
	}
	return false
}

// done takes in that a thread does an operation that reads from a write.
func (s *steering) done(operation uint64, from lastWrite, own bool) {
	for i := range s.aims {
		m := &s.aims[i]
		if !own && operation == m.reader && from.operation == m.writer {
			m.reached = true
		}
	}
}
