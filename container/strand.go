package container

// strandState says where a strand stands between its inbox and the workers.
type strandState uint8

const (
	strandIdle    strandState = iota // nothing to do
	strandQueued                     // on the ready list, or on its way there
	strandRunning                    // a worker is in its turn
	strandAgain                      // running, and something came in meanwhile
	strandGone                       // ended for good; what comes in is dropped
)

// note says that the inbox has got something. It reports whether the caller
// must put the strand on the ready list.
func (s *strandState) note() bool {
	switch *s {
	case strandIdle:
		*s = strandQueued
		return true
	case strandRunning:
		*s = strandAgain
	}
	return false
}

// begin starts a turn of a strand taken from the ready list.
func (s *strandState) begin() {
	if *s != strandQueued {
		panic("container: a turn of a strand that was not queued")
	}
	*s = strandRunning
}

// end ends a turn. It reports whether the strand must go back on the ready list.
func (s *strandState) end() bool {
	again := *s == strandAgain
	switch *s {
	case strandAgain:
		*s = strandQueued
	case strandRunning:
		*s = strandIdle
	default:
		panic("container: the end of a turn that did not begin")
	}
	return again
}

// retire ends the last turn: the strand is never queued again.
func (s *strandState) retire() {
	if *s != strandRunning && *s != strandAgain {
		panic("container: a strand that retires outside its turn")
	}
	*s = strandGone
}

// strand is a serial domain: its turns never overlap, whichever worker runs
// them (SER-1, SER-4). The mutex guards the state and the inbox of the strand's
// owner; what a turn works on belongs to the turn.
type strand struct {
	mu    locker
	state strandState
	body  turner
	next  *strand // link of the ready list, guarded by the container's mutex
}

// turner is the owner of a strand. Turn runs with no lock held and calls the
// state's begin and end under the strand's mutex.
type turner interface{ turn() }

// readyList is a FIFO of queued strands. It is intrusive, so that queueing
// allocates nothing, and guarded by the container's mutex.
type readyList struct {
	head, tail *strand
}

func (l *readyList) push(s *strand) {
	if l.tail == nil {
		l.head = s
	} else {
		l.tail.next = s
	}
	l.tail = s
}

func (l *readyList) pop() *strand {
	s := l.head
	if s == nil {
		return nil
	}
	l.head = s.next
	if l.head == nil {
		l.tail = nil
	}
	s.next = nil
	return s
}
