package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name      string       `xml:"name,attr"`
	ClassName string       `xml:"classname,attr"`
	Time      string       `xml:"time,attr"`
	Failure   *junitDetail `xml:"failure"`
	Error     *junitDetail `xml:"error"`
	Skipped   *junitDetail `xml:"skipped"`
	Output    string       `xml:"system-out,omitempty"`
}

type junitDetail struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// JUnit writes the report as JUnit XML: a suite for each clause; FAILED is a failure, CRASH and HANG are errors, what
// is undecided is skipped with its reason, everything else has passed.
func (r *Report) JUnit(w io.Writer) error {
	all := junitSuites{Name: "AMQP 1.0 conformance of " + r.Target, Time: seconds(r.Seconds)}
	for _, section := range r.Sections {
		if len(section.Entries) == 0 {
			continue
		}
		suite := newSuite(section)
		all.Tests += suite.Tests
		all.Failures += suite.Failures
		all.Errors += suite.Errors
		all.Skipped += suite.Skipped
		all.Suites = append(all.Suites, suite)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func newSuite(section Section) junitSuite {
	suite := junitSuite{Name: section.Number + " " + section.Title, Tests: len(section.Entries)}
	total := 0.0
	for i := range section.Entries {
		e := &section.Entries[i]
		k := junitCase{Name: e.ID, ClassName: "conformance." + e.Clause, Time: seconds(e.Seconds)}
		detail := &junitDetail{Message: clean(e.Reason), Type: e.Outcome, Text: e.evidence()}
		switch e.Class {
		case Failed:
			k.Failure = detail
			suite.Failures++
		case Broken:
			k.Error = detail
			suite.Errors++
		case Undecided:
			k.Skipped = &junitDetail{Message: clean(e.Outcome + ": " + e.Reason)}
			suite.Skipped++
		default:
			if e.Reason != "" {
				k.Output = clean(e.Outcome + " " + e.Variant + ": " + e.Reason)
			}
		}
		total += e.Seconds
		suite.Cases = append(suite.Cases, k)
	}
	suite.Time = seconds(total)
	return suite
}

// evidence returns rule, closing and conversation.
func (e *Entry) evidence() string {
	lines := append([]string{e.Requirement, "closing: " + e.Closing}, e.Wire...)
	return clean(strings.Join(lines, "\n"))
}

func seconds(s float64) string { return fmt.Sprintf("%.3f", s) }

// clean replaces what XML 1.0 cannot hold.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || r >= ' ' && r != 0xfffe && r != 0xffff {
			return r
		}
		return '\ufffd'
	}, s)
}
