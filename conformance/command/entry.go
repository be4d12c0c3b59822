package command

import (
	"fmt"

	"github.com/collider-amqp/collider/conformance"
	"github.com/collider-amqp/collider/conformance/report"
)

// entry turns a result into what is reported.
func entry(res *conformance.Result) report.Entry {
	k := res.Case
	e := report.Entry{
		Type: "case", ID: k.ID, Rule: k.Rule.ID, Clause: k.Rule.Clause, Level: string(k.Rule.Level), Role: string(k.Role),
		Requirement: k.Rule.Text, Title: k.Title, Outcome: string(res.Verdict.Outcome), Class: class(res.Verdict.Outcome),
		Variant: res.Verdict.Variant, Reason: res.Verdict.Reason, Seconds: res.Took.Seconds(),
	}
	if res.Closing != nil {
		e.Closing = res.Closing.String()
	}
	if res.Log != nil && res.Verdict.Outcome != conformance.OK {
		for _, l := range res.Log.Entries() {
			e.Wire = append(e.Wire, fmt.Sprintf("%9.6f %d %s %s", l.At.Seconds(), l.Conn, l.Dir, l.Text))
		}
	}
	return e
}

func class(o conformance.Outcome) report.Class {
	switch o {
	case conformance.Failed:
		return report.Failed
	case conformance.Crash, conformance.Hang:
		return report.Broken
	case conformance.Inconclusive, conformance.Skipped, conformance.Unimplemented:
		return report.Undecided
	}
	return report.Passed
}

// wireLog returns the log of the case, and that of its first execution if there were two.
func wireLog(res *conformance.Result) string {
	head := fmt.Sprintf("%s  %s\n%s\n", res.Case.ID, res.Verdict, res.Verdict.Reason)
	if res.First == nil {
		return head + "\n" + res.Log.String()
	}
	return head + "\nfirst execution\n" + res.First.String() + "\nsecond execution, alone\n" + res.Log.String()
}
