package sim

import (
	"errors"
	"slices"
	"strconv"
)

// Search is the strategy that visits all schedules within a bound, each once, in a
// fixed order: depth-first over the decisions of a run, from World.Mark on, or from
// the start in a scenario without mark. A run with it follows one schedule; Next
// goes to the following one. All runs of a search must have the same scenario,
// parameters and seed, and the World must belong to nothing else meanwhile.
//
// The schedule of the first run keeps the current thread while it can go on and
// does not yield, and goes to the next in order of spawning otherwise; the clock
// moves when nothing can run. What departs from that costs 1 of the bound:
//
//   - with a bound on preemptions (Musuvathi, Qadeer, PLDI 2007) a change from a
//     thread that could go on, to whichever thread; other changes are free;
//   - with a bound on delays (Emmi, Qadeer, Rakamarić, POPL 2011) each thread in
//     that order that is passed over, at any step;
//   - a move of the clock while a thread can run.
//
// Which ready case a Select takes is free. Faults have a bound of their own: where a
// scenario offers a menu of them (Plan), before the mark or after it, the search
// visits all schedules of each subset of the menu within that bound, that without
// faults first; none, unless WithFaults says more. A fault that keeps the run from the
// mark gives one schedule, counted apart.
type Search struct {
	bound  int
	faults int
	delays bool

	made    []decision
	base    int  // decisions before it are another search's to change
	at      int  // decisions followed in this run
	spent   int  // of the bound, in this run
	planned int  // faults, in this run
	active  bool // the mark has been passed
	first   bool // the first run, which finds out whether there is a mark
	marked  bool // there is one
	fair    bool // the schedule of this run has become fair: it is asked no more
	sampled bool // the last run came to World.Converge
	missed  bool // the last run did not come to the mark

	report SearchReport
}

// SearchReport is how far a search is.
type SearchReport struct {
	// Runs is the number of schedules that Next has gone on from.
	Runs uint64 `json:"runs"`
	// Complete says that these are all within the bound.
	Complete bool `json:"complete"`
	// Cut is the number of them that used up their steps, so that the kernel made
	// the rest of the schedule fair: what comes after is not searched.
	Cut uint64 `json:"cut"`
	// Sampled is the number of them that came to World.Converge: what comes after is
	// one fair schedule of many.
	Sampled uint64 `json:"sampled"`
	// Unmarked is the number of them that a fault kept from the mark, in a scenario
	// that has one: of what comes before the mark each is one schedule of many.
	Unmarked uint64 `json:"unmarked"`
	// From is the step of World.Mark, 0 if the search begins at the start.
	From uint64 `json:"from"`
	// Deepest is the largest number of decisions with an alternative in a run.
	Deepest int `json:"deepest"`
	// Menu is the largest number of faults from which the search could choose.
	Menu int `json:"menu"`
}

// decision is a point at which the search can do more than one thing.
type decision struct {
	taken, of int32
	end       int32 // alternatives from here on belong to another search
	spent     int32 // before it
	kind      decisionKind
}

// more says whether the search goes on to the next alternative.
func (d *decision) more(bound int) bool {
	return d.taken+1 < d.end && int(d.spent)+d.kind.cost(d.taken+1) <= bound
}

type decisionKind uint8

const (
	freeDecision  decisionKind = iota // each alternative costs nothing
	unitDecision                      // each alternative but the first costs 1
	delayDecision                     // alternative i costs i
	faultDecision                     // alternative i plans the i-th fault of those left
)

func (k decisionKind) cost(i int32) int {
	switch {
	case k == delayDecision:
		return int(i)
	case k == unitDecision && i > 0:
		return 1
	}
	return 0
}

// SearchPreemptions returns the search of all schedules with at most n preemptions.
func SearchPreemptions(n int) *Search { return &Search{bound: max(n, 0), first: true} }

// SearchDelays returns the search of all schedules with at most n delays.
func SearchDelays(n int) *Search { return &Search{bound: max(n, 0), delays: true, first: true} }

// WithFaults lets the search plan up to n faults, and returns it.
func (s *Search) WithFaults(n int) *Search {
	s.faults = max(n, 0)
	return s
}

// Name implements Strategy.
func (s *Search) Name() string {
	name := "dfs:" + strconv.Itoa(s.bound)
	if s.delays {
		name = "delay:" + strconv.Itoa(s.bound)
	}
	if s.faults > 0 {
		name += ":" + strconv.Itoa(s.faults)
	}
	return name
}

// Report says how far the search is.
func (s *Search) Report() SearchReport { return s.report }

// Begin implements Strategy. A run may be repeated before Next.
func (s *Search) Begin(r *RunInfo) {
	s.at, s.spent, s.planned, s.fair = 0, 0, 0, false
	s.active = !s.marked
}

// Spawn implements Strategy.
func (s *Search) Spawn(t, parent *Thread) {}

// Mark implements Marker. All that comes before it in the first run was the first
// alternative, and stays so, but for faults.
func (s *Search) Mark() {
	if s.first && !s.marked {
		s.marked = true
		s.made = slices.DeleteFunc(s.made, func(d decision) bool { return d.kind != faultDecision })
		s.at, s.spent = len(s.made), 0
	}
	s.active = true
}

// Plan implements Planner.
func (s *Search) Plan(kind PlanKind, n int) (chosen []int, decides bool) {
	if kind != Faults {
		return nil, false
	}
	s.report.Menu = max(s.report.Menu, n)
	for from := 0; from < n && s.planned < s.faults; s.planned++ {
		i := s.decide(n-from+1, faultDecision)
		if i == 0 {
			break
		}
		from += i
		chosen = append(chosen, from-1)
	}
	return chosen, true
}

// Replaced implements Replacer.
func (s *Search) Replaced() { s.fair = true }

// End implements Ender.
func (s *Search) End(r *Result) {
	if s.first && s.marked {
		s.report.From = r.Mark
	}
	s.first = false
	s.sampled, s.missed = r.Converged, s.marked && r.Mark == 0
	if s.at < len(s.made) {
		panic(ErrUnrepeatable)
	}
	s.report.Deepest = max(s.report.Deepest, s.at)
}

// Next goes to the next schedule, and returns false if there is none.
func (s *Search) Next() bool {
	if s.report.Complete {
		return false
	}
	s.report.Runs++
	switch {
	case s.sampled:
		s.report.Sampled++
	case s.fair:
		s.report.Cut++
	}
	if s.missed {
		s.report.Unmarked++
	}
	for n := len(s.made); n > s.base; n-- {
		if d := &s.made[n-1]; d.more(s.bound) {
			d.taken++
			s.made = s.made[:n]
			return true
		}
	}
	s.report.Complete = true
	return false
}

// decide returns which of n things is done.
func (s *Search) decide(n int, k decisionKind) int {
	if k != faultDecision && (!s.active || k != freeDecision && s.spent == s.bound) {
		return 0
	}
	if s.at == len(s.made) {
		s.made = append(s.made, decision{of: int32(n), end: int32(n), spent: int32(s.spent), kind: k})
	}
	d := s.made[s.at]
	if d.of != int32(n) || d.kind != k {
		panic(ErrUnrepeatable)
	}
	s.at++
	s.spent += k.cost(d.taken)
	return int(d.taken)
}

// ErrUnrepeatable is the panic value of a search, wrapped in a *Fault if it comes up
// in the midst of a run, when a run differs from an earlier one with the same
// decisions.
var ErrUnrepeatable = errors.New("the run differs from one with the same decisions: it depends on something outside it")

// Pick implements Strategy.
func (s *Search) Pick(run []*Thread, last *Thread) *Thread {
	stays := last != nil && last.at >= 0 && last.op.Kind != OpYield
	kind := freeDecision
	switch {
	case s.delays:
		kind = delayDecision
	case stays:
		kind = unitDecision
	}
	var t *Thread
	switch {
	case stays:
		t = last
	case last == nil:
		t = lowest(run)
	default:
		t = after(run, last.id)
	}
	for range s.decide(len(run), kind) {
		t = after(run, t.id)
	}
	return t
}

// Choose implements Chooser.
func (s *Search) Choose(t *Thread, n int) int { return s.decide(n, freeDecision) }

// MoveClock implements Clocker.
func (s *Search) MoveClock(run []*Thread) bool { return s.decide(2, unitDecision) == 1 }
