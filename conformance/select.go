package conformance

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Selection chooses cases. The zero value chooses all.
type Selection struct {
	// Names are clauses or beginnings of case ids, such as "2.4", "2.3.1-frame-1" or "2.4.1-open". A case is chosen if
	// one of them fits up to a boundary: "2.3.1-frame-1" does not choose "2.3.1-frame-10@srv". Empty: all.
	Names []string
	// Pattern is matched against the ids. Nil: all.
	Pattern *regexp.Regexp
	// Levels are the levels to choose. Empty: all.
	Levels []Level

	_ struct{}
}

// SelectionError reports that a selection, or one name of it, chooses no case.
type SelectionError struct {
	// Name is the name that fits no case, or empty if the selection as a whole chooses none.
	Name string
}

// Error says what to do.
func (e *SelectionError) Error() string {
	if e.Name != "" {
		return fmt.Sprintf("no case belongs to %q: name a clause, such as 2.4.1, or the beginning of an id", e.Name)
	}
	return "no case is selected: names, pattern and levels exclude each other"
}

// Choose returns the chosen ones of the cases, in their order. The error is a *SelectionError.
func (s Selection) Choose(cases []Case) ([]Case, error) {
	for _, name := range s.Names {
		if !slices.ContainsFunc(cases, func(k Case) bool { return fits(k.ID, name) }) {
			return nil, &SelectionError{Name: name}
		}
	}
	var chosen []Case
	for _, k := range cases {
		if s.chooses(&k) {
			chosen = append(chosen, k)
		}
	}
	if len(chosen) == 0 {
		return nil, &SelectionError{}
	}
	return chosen, nil
}

func (s *Selection) chooses(k *Case) bool {
	switch {
	case len(s.Names) > 0 && !slices.ContainsFunc(s.Names, func(name string) bool { return fits(k.ID, name) }):
		return false
	case s.Pattern != nil && !s.Pattern.MatchString(k.ID):
		return false
	}
	return len(s.Levels) == 0 || slices.Contains(s.Levels, k.Rule.Level)
}

// fits reports whether the id begins with name and goes on with another part.
func fits(id, name string) bool {
	rest, ok := strings.CutPrefix(id, strings.TrimSuffix(name, "."))
	return ok && name != "" && (rest == "" || strings.ContainsAny(rest[:1], ".-@:"))
}

// ParseLevel returns the level with that name, such as "MUST".
func ParseLevel(name string) (Level, error) {
	all := []Level{Must, Should, May, Derived, Robust}
	if l := Level(strings.ToUpper(name)); slices.Contains(all, l) {
		return l, nil
	}
	return "", fmt.Errorf("unknown level %q: want MUST, SHOULD, MAY, DER or ROB", name)
}
