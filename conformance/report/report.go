package report

import (
	"encoding/json"
	"io"
	"slices"
)

// Class says what an outcome means to someone who waits for a verdict.
type Class uint8

// The classes.
const (
	// Passed: nothing is wrong.
	Passed Class = iota
	// Undecided: nothing is known.
	Undecided
	// Failed: the target is wrong.
	Failed
	// Broken: the target is gone or hangs.
	Broken
)

// Entry is the result of one case.
type Entry struct {
	// Type is "case".
	Type string `json:"type"`
	// ID is the case's id.
	ID string `json:"id"`
	// Rule, Clause, Level and Role are those of the rule; Requirement is the rule in words.
	Rule        string `json:"rule"`
	Clause      string `json:"clause"`
	Level       string `json:"level"`
	Role        string `json:"role"`
	Requirement string `json:"requirement"`
	// Title says what the case does and expects.
	Title string `json:"title"`
	// Outcome is the verdict, such as "NON-STRICT".
	Outcome string `json:"outcome"`
	// Class is what the outcome means.
	Class Class `json:"-"`
	// Variant names the behaviour that was observed where the text leaves it open.
	Variant string `json:"variant,omitempty"`
	// Reason is a sentence on what was expected and what came.
	Reason string `json:"reason,omitempty"`
	// Closing tells how the case's connection ended: a verdict of its own.
	Closing string `json:"closing,omitempty"`
	// Wire is the conversation, a line for each header or frame; only for what is not OK.
	Wire []string `json:"wire,omitempty"`
	// Seconds is how long the case took.
	Seconds float64 `json:"seconds"`
	// Log names the file of the wire log in the report's directory, if there is one.
	Log string `json:"log,omitempty"`

	_ struct{}
}

// Section is a clause with its entries.
type Section struct {
	Number  string
	Title   string
	Entries []Entry

	_ struct{}
}

// Summary counts the outcomes.
type Summary struct {
	// Type is "summary".
	Type string `json:"type"`
	// Schema is the version of the JSON members.
	Schema int `json:"schema"`
	// Target and Profile say what was judged.
	Target  string `json:"target"`
	Profile any    `json:"profile"`
	// Cases counts all cases, Failures those of class Failed and Broken, Undecided those about which nothing is known
	// (Undecided, skipped ones included).
	Cases     int `json:"cases"`
	Failures  int `json:"failures"`
	Undecided int `json:"undecided"`
	// Outcomes counts by outcome.
	Outcomes map[string]int `json:"outcomes"`
	// Seconds is how long the run took.
	Seconds float64 `json:"seconds"`

	_ struct{}
}

// Schema is the version of the JSON members.
const Schema = 1

// Report is a whole run.
type Report struct {
	// Target and Profile say what was judged; Profile is encoded as JSON and printed as text.
	Target  string
	Profile any
	// Sections are the clauses in order.
	Sections []Section
	// Outcomes lists the names of all outcomes in the order to count them in.
	Outcomes []string
	// Repeat is the command line that repeats the failed cases, empty for none.
	Repeat string
	// Seconds is how long the run took.
	Seconds float64

	_ struct{}
}

// Summary counts the report's outcomes.
func (r *Report) Summary() Summary {
	s := Summary{
		Type: "summary", Schema: Schema, Target: r.Target, Profile: r.Profile,
		Outcomes: map[string]int{}, Seconds: r.Seconds,
	}
	for _, section := range r.Sections {
		for i := range section.Entries {
			e := &section.Entries[i]
			s.Cases++
			s.Outcomes[e.Outcome]++
			switch e.Class {
			case Failed, Broken:
				s.Failures++
			case Undecided:
				s.Undecided++
			}
		}
	}
	return s
}

// failed returns the entries that say that the target is wrong.
func (r *Report) failed() []Entry {
	var failed []Entry
	for _, section := range r.Sections {
		for _, e := range section.Entries {
			if slices.Contains([]Class{Failed, Broken}, e.Class) {
				failed = append(failed, e)
			}
		}
	}
	return failed
}

// JSON writes v, an Entry or a Summary, as one line.
func JSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// Lines writes all entries and the summary, one JSON object a line.
func (r *Report) Lines(w io.Writer) error {
	for _, section := range r.Sections {
		for _, e := range section.Entries {
			if err := JSON(w, e); err != nil {
				return err
			}
		}
	}
	return JSON(w, r.Summary())
}
