package cli

import (
	"fmt"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/runner"
)

// searched says of each scenario how far its search is, on stderr, and as objects.
func (r *reporter) searched(report *runner.Report) {
	for i := range report.Scenarios {
		s := &report.Scenarios[i]
		if s.Search == nil {
			continue
		}
		r.sayf("%s", searchText(s.Name, r.f.strategy, s.Search))
		if r.f.json {
			printJSON(r.env.Stdout, struct {
				Type     string `json:"type"`
				Scenario string `json:"scenario"`
				Strategy string `json:"strategy"`
				Complete bool   `json:"complete"`
				Runs     uint64 `json:"runs"`
				Cut      uint64 `json:"cut"`
				From     uint64 `json:"from"`
				Deepest  int    `json:"deepest"`
			}{"search", s.Name, r.f.strategy, s.Search.Complete, s.Search.Runs, s.Search.Cut, s.Search.From, s.Search.Deepest})
		}
	}
}

// searchText is one sentence about a search.
func searchText(name, strategy string, s *sim.SearchReport) string {
	from := "from the start"
	if s.From > 0 {
		from = fmt.Sprintf("from the mark at step %d", s.From)
	}
	text := fmt.Sprintf("%s: %s not complete: %s schedules %s", name, strategy, grouped(s.Runs), from)
	if s.Complete {
		text = fmt.Sprintf("%s: %s complete: all %s schedules %s", name, strategy, grouped(s.Runs), from)
	}
	text += fmt.Sprintf(", at most %d decisions in one", s.Deepest)
	if s.Cut > 0 {
		text += fmt.Sprintf("; %s of them were cut off by their budget of steps", grouped(s.Cut))
	}
	return text
}
