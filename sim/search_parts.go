package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Split gives away the largest part of what the search has still to visit, to be
// visited by another Search in another World. It returns nil if there is nothing
// to give, as before the first Next. The schedules of the part come after all of
// this search's in the order of an undivided one; its report counts its own.
func (s *Search) Split() *Search {
	if s.first || s.report.Complete {
		return nil
	}
	for i := s.base; i < len(s.made); i++ {
		d := &s.made[i]
		if !d.more(s.bound) {
			continue
		}
		part := &Search{bound: s.bound, faults: s.faults, delays: s.delays, marked: s.marked, base: i}
		part.made = slices.Clone(s.made[:i+1])
		part.made[i].taken++
		d.end = d.taken + 1
		part.report = SearchReport{From: s.report.From, Menu: s.report.Menu}
		return part
	}
	return nil
}

// Path returns the decisions of the present schedule, that of the last run or, after
// Next, of the run to come. Undivided, a search visits schedules in the order of
// ComparePaths.
func (s *Search) Path() []int32 {
	path := make([]int32, len(s.made))
	for i := range s.made {
		path[i] = s.made[i].taken
	}
	return path
}

// ComparePaths says which of two paths of one search comes first: it returns -1, 0
// or 1.
func ComparePaths(a, b []int32) int { return slices.Compare(a, b) }

// SearchState is the place of a search in its tree, for a file.
type SearchState struct {
	// Strategy is the Name of the search, Faults its bound of faults.
	Strategy string `json:"strategy"`
	Faults   int    `json:"faults"`
	// Marked says that the scenario has a mark.
	Marked bool `json:"marked"`
	// Base and Made are the decisions of the schedule that comes next.
	Base int    `json:"base"`
	Made string `json:"made"`
	// Report is how far the search is.
	Report SearchReport `json:"report"`
}

// State returns the place of the search between two runs, after Next.
func (s *Search) State() SearchState {
	st := SearchState{Strategy: s.Name(), Faults: s.faults, Marked: s.marked, Base: s.base, Report: s.report}
	var b strings.Builder
	for i, d := range s.made {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%d/%d/%d/%d/%d", d.taken, d.end, d.of, d.spent, d.kind)
	}
	st.Made = b.String()
	return st
}

// ResumeSearch returns a search that goes on where another one was.
func ResumeSearch(st SearchState) (*Search, error) {
	strategy, err := ParseStrategy(st.Strategy)
	if err != nil {
		return nil, err
	}
	s, ok := strategy.(*Search)
	if !ok {
		return nil, fmt.Errorf("sim: %s is no search", st.Strategy)
	}
	s.WithFaults(st.Faults)
	s.first, s.marked, s.base, s.report = false, st.Marked, st.Base, st.Report
	for _, text := range strings.Fields(st.Made) {
		d, err := parseDecision(text)
		if err != nil {
			return nil, err
		}
		s.made = append(s.made, d)
	}
	if s.base < 0 || s.base > len(s.made) {
		return nil, fmt.Errorf("sim: search: base %d of %d decisions", s.base, len(s.made))
	}
	return s, nil
}

// parseDecision reads a decision of SearchState.Made.
func parseDecision(text string) (decision, error) {
	bad := fmt.Errorf("sim: search: bad decision %q", text)
	parts := strings.Split(text, "/")
	if len(parts) != 5 {
		return decision{}, bad
	}
	var n [5]int32
	for i, p := range parts {
		v, err := strconv.ParseInt(p, 10, 32)
		if err != nil || v < 0 {
			return decision{}, bad
		}
		n[i] = int32(v)
	}
	d := decision{taken: n[0], end: n[1], of: n[2], spent: n[3], kind: decisionKind(n[4])}
	if d.taken >= d.end || d.end > d.of || n[4] > int32(faultDecision) {
		return decision{}, bad
	}
	return d, nil
}

// Left estimates how much of the whole tree the search has still to visit, from 0 to
// 1: as if each decision had the same share of what lies below it. It is measured
// after Next, and never grows.
func (s *Search) Left() float64 {
	if s.report.Complete {
		return 0
	}
	left, share := 0.0, 1.0
	for i := range s.made {
		d := &s.made[i]
		share /= float64(d.of)
		if i >= s.base {
			left += share * float64(d.end-d.taken-1)
		}
	}
	return left + share
}
