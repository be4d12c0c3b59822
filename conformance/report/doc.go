// Package report writes what a conformance run found: text for people, one JSON
// object a line and JUnit XML for machines, and the wire logs.
//
// # Usage
//
//	r := report.Report{Target: "127.0.0.1:5672", Sections: sections}
//	err := r.Text(os.Stdout)
//	err = r.JUnit(file)
//	err = r.WriteDir("conform-out", logs)
//
// The JSON members of Entry and Summary are relied on from outside: members are
// added, never changed.
//
// # Limitations
//
// The package knows no protocol and no rules: an Entry says everything in words.
package report
