package cli

import (
	"fmt"
	"strings"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/runner"
)

// armsText says which strategies made which part of the runs: "arms surw 35% pos 20%".
func armsText(report *runner.Report) string {
	var b strings.Builder
	b.WriteString("arms")
	for _, a := range report.Arms {
		share := 100 * float64(a.Runs) / float64(max(report.Runs, 1))
		if share < 1 {
			fmt.Fprintf(&b, " %s <1%%", a.Name)
		} else {
			fmt.Fprintf(&b, " %s %.0f%%", a.Name, share)
		}
	}
	return b.String()
}

// armsObject is the same for JSON: how many runs each strategy decided.
type armsObject struct {
	Type string            `json:"type"`
	Runs map[string]uint64 `json:"runs"`
}

func newArmsObject(report *runner.Report) armsObject {
	o := armsObject{"arms", map[string]uint64{}}
	for _, a := range report.Arms {
		o.Runs[a.Name] = a.Runs
	}
	return o
}

// digestText is the part of the verdict about the digest.
func digestText(report *runner.Report) string {
	if report.Undigested {
		return "no digest: runs depend on the ones before"
	}
	return "digest " + report.Digest.String()
}

// feedbackText says how far the runs of a scenario have seen what there is.
func feedbackText(f *sim.FeedbackReport) string {
	most := ""
	if f.Full {
		most = " and more"
	}
	return fmt.Sprintf("  %s reads-from classes%s, %s in one run only: %.2g new a run", grouped(uint64(f.Classes)), most, grouped(uint64(f.Once)), f.Unseen())
}

// feedbackObject is the same for JSON.
type feedbackObject struct {
	Classes int     `json:"classes"`
	Once    int     `json:"once"`
	Unseen  float64 `json:"unseen"`
	Full    bool    `json:"full"`
	Blind   uint64  `json:"blind"`
	Steered uint64  `json:"steered"`
	Mutated uint64  `json:"mutated"`
}

func newFeedbackObject(f *sim.FeedbackReport) *feedbackObject {
	if f == nil {
		return nil
	}
	return &feedbackObject{f.Classes, f.Once, f.Unseen(), f.Full, f.Blind, f.Steered, f.Mutated}
}
