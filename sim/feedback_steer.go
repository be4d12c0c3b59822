package sim

// aim is a class that a run is to show: the next of its reader's operations is to
// come after one of the writer, with no other write to the object between the two.
type aim struct {
	class    int32
	object   uint64 // key
	reader   uint64 // operation
	writer   uint64 // operation, 0 for the making of the object
	together bool   // the writer waits for the reader, too
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
func (s *steering) unheld(run []*Thread, a *accesses) []*Thread {
	s.free = s.free[:0]
	for _, t := range run {
		if !s.holds(t, run, a) {
			s.free = append(s.free, t)
		}
	}
	if len(s.free) == 0 {
		return run
	}
	return s.free
}

func (s *steering) holds(t *Thread, run []*Thread, a *accesses) bool {
	if t.object == nil {
		return false
	}
	for i := range s.aims {
		m := &s.aims[i]
		if !m.reached && m.object == t.object.key && a.follows(t) && m.holds(t, run, a) {
			return true
		}
	}
	return false
}

// holds says whether t, whose next operation is on the object, must wait.
func (m *aim) holds(t *Thread, run []*Thread, a *accesses) bool {
	from := a.source(t)
	operation := a.threads[t.id].of(t)
	there := from.operation == m.writer
	switch {
	case operation == m.reader:
		return !there || m.writer != 0 && from.thread == t.id
	case !t.op.Write:
		return false
	case there:
		return true
	}
	return m.together && operation == m.writer && !m.ready(t, run, a)
}

// ready says whether another thread stands before the reader's operation.
func (m *aim) ready(t *Thread, run []*Thread, a *accesses) bool {
	for _, u := range run {
		if u != t && u.object == t.object && a.threads[u.id].of(u) == m.reader {
			return true
		}
	}
	return false
}

// done takes in that t does its next operation, of the given number.
func (s *steering) done(t *Thread, operation uint64, from lastWrite) {
	for i := range s.aims {
		m := &s.aims[i]
		if operation == m.reader && from.operation == m.writer && (m.writer == 0 || from.thread != t.id) {
			m.reached = true
		}
	}
}
