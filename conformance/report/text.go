package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

const (
	// outcomeWidth fits the outcomes and the shorter variants.
	outcomeWidth = 15
	// wireMax bounds the lines of a conversation in the text.
	wireMax = 24
)

// Text writes the report for people: a tree of clauses and cases, the evidence for what is not OK, and the counts.
func (r *Report) Text(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%s: %v\n", r.Target, r.Profile)
	for _, section := range r.Sections {
		if len(section.Entries) == 0 {
			continue
		}
		fmt.Fprintf(b, "\n%s  %s\n", section.Number, section.Title)
		for i := range section.Entries {
			section.Entries[i].text(b)
		}
	}
	fmt.Fprintf(b, "\n%s\n", r.counts())
	for _, e := range r.failed() {
		fmt.Fprintf(b, "  %-*s  %s\n", outcomeWidth, e.Outcome, e.ID)
	}
	if r.Repeat != "" {
		fmt.Fprintf(b, "repeat: %s\n", r.Repeat)
	}
	return b.Flush()
}

func (e *Entry) text(w io.Writer) {
	outcome := e.Outcome
	if e.Variant != "" {
		outcome += " " + e.Variant
	}
	fmt.Fprintf(w, "  %-*s  %-32s %s\n", outcomeWidth, outcome, e.ID, e.Title)
	if e.Reason != "" {
		line(w, "", e.Reason)
	}
	if e.Class != Failed && e.Class != Broken {
		return
	}
	line(w, "rule", fmt.Sprintf("%s (%s, %s)", e.Requirement, e.Level, e.Rule))
	if e.Closing != "" {
		line(w, "closing", e.Closing)
	}
	for i, s := range e.Wire {
		if i == wireMax {
			line(w, "", fmt.Sprintf("… %d more lines", len(e.Wire)-wireMax))
			break
		}
		line(w, strings.Repeat("wire", 1-min(i, 1)), s)
	}
	if e.Log != "" {
		line(w, "log", e.Log)
	}
}

func line(w io.Writer, label, s string) {
	fmt.Fprintf(w, "  %*s  %-8s%s\n", outcomeWidth, "", label, s)
}

// counts returns the outcomes on one line.
func (r *Report) counts() string {
	s := r.Summary()
	var parts []string
	for _, o := range r.Outcomes {
		if n := s.Outcomes[o]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, o))
		}
	}
	return fmt.Sprintf("%d cases in %.1f s: %s", s.Cases, s.Seconds, strings.Join(parts, ", "))
}
