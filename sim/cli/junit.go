package cli

import (
	"encoding/xml"
	"fmt"
	"os"

	"github.com/collider-amqp/collider/sim/runner"
)

// The elements of a JUnit report.
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name      string         `xml:"name,attr"`
		Classname string         `xml:"classname,attr"`
		Time      string         `xml:"time,attr"`
		Failures  []junitFailure `xml:"failure"`
		Error     *junitFailure  `xml:"error"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit writes the report: a test case for each scenario and one for the
// corpus; broken is a panic of the harness, if there was one. It reports whether
// the file could be written.
func (r *reporter) writeJUnit(report *runner.Report, broken string) bool {
	suite := r.junitSuite(report)
	if broken != "" {
		suite.Cases = append(suite.Cases, junitCase{
			Name: "harness", Classname: r.c.Program, Time: "0",
			Error: &junitFailure{Message: "panic in the harness", Type: "panic", Text: broken},
		})
		suite.Errors = 1
	}
	suite.Tests = len(suite.Cases)
	b, err := xml.MarshalIndent(junitSuites{Suites: []junitSuite{suite}}, "", "  ")
	if err == nil {
		err = os.WriteFile(r.f.junit, append([]byte(xml.Header), append(b, '\n')...), 0o644)
	}
	if err != nil {
		r.env.Errorf("%s: -junit: %v", r.f.command, err)
		return false
	}
	return true
}

func (r *reporter) junitSuite(report *runner.Report) junitSuite {
	suite := junitSuite{Name: r.c.Program + " " + r.f.command, Time: "0"}
	if report == nil {
		return suite
	}
	suite.Time = fmt.Sprintf("%.3f", report.Elapsed.Seconds())
	add := func(name string, of func(*runner.Failure) bool) {
		c := junitCase{Name: name, Classname: r.c.Program, Time: "0"}
		for i := range r.failures {
			if f := &r.failures[i]; of(f) {
				c.Failures = append(c.Failures, r.junitFailure(i))
			}
		}
		if len(c.Failures) > 0 {
			suite.Failures++
		}
		suite.Cases = append(suite.Cases, c)
	}
	if r.replayed > 0 {
		add("corpus", func(f *runner.Failure) bool { return f.Corpus != "" })
	}
	for i := range report.Scenarios {
		name := report.Scenarios[i].Name
		add(name, func(f *runner.Failure) bool { return f.Corpus == "" && f.Scenario.Name == name })
	}
	return suite
}

func (r *reporter) junitFailure(i int) junitFailure {
	f := r.failures[i].Result.Failure
	kind := f.Rule
	if kind == "" {
		kind = f.Kind.String()
	}
	return junitFailure{Message: f.Message, Type: kind, Text: r.texts[i]}
}
