package container

import "testing"

func TestStrandState(t *testing.T) {
	var s strandState
	if !s.note() || s != strandQueued {
		t.Fatal("the first note of an idle strand queues it")
	}
	if s.note() {
		t.Error("a queued strand is not queued again")
	}
	s.begin()
	if s.note() || s != strandAgain {
		t.Error("a note during a turn is kept for the end of the turn")
	}
	if s.note() {
		t.Error("and so is a second one")
	}
	if !s.end() || s != strandQueued {
		t.Error("the end of a turn with a note inside queues the strand again")
	}
	s.begin()
	if s.end() || s != strandIdle {
		t.Error("the end of a quiet turn leaves the strand idle")
	}
	s.note()
	s.begin()
	s.retire()
	if s.note() {
		t.Error("a retired strand is never queued again")
	}
}

func TestStrandStatePanicsOutOfOrder(t *testing.T) {
	for name, f := range map[string]func(*strandState){
		"begin of an idle strand":  (*strandState).begin,
		"end of an idle strand":    func(s *strandState) { s.end() },
		"retire of an idle strand": (*strandState).retire,
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s did not panic", name)
				}
			}()
			var s strandState
			f(&s)
		}()
	}
}

func TestReadyListIsFIFO(t *testing.T) {
	var l readyList
	strands := make([]strand, 4)
	if l.pop() != nil {
		t.Fatal("an empty list gave a strand")
	}
	l.push(&strands[0])
	l.push(&strands[1])
	for i := 2; i < 4; i++ {
		l.push(&strands[i])
		if got := l.pop(); got != &strands[i-2] {
			t.Fatalf("pop %d gave another strand than was pushed first", i-2)
		}
	}
	if l.pop() != &strands[2] || l.pop() != &strands[3] || l.pop() != nil || l.tail != nil {
		t.Fatal("the rest did not come out in order")
	}
}
