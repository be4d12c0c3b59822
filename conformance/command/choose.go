package command

import (
	"regexp"
	"strings"

	"github.com/collider-amqp/collider/conformance"
	"github.com/collider-amqp/collider/sim/cli"
)

// selection are the flags that choose cases.
type selection struct {
	pattern *string
	levels  *string
}

func selectionFlags(f *cli.Flags) selection {
	return selection{
		pattern: f.String("run", "", "only cases whose id matches the `REGEXP`"),
		levels:  f.String("level", "", "only cases of these levels, a `LIST` of MUST,SHOULD,MAY,DER,ROB"),
	}
}

// choose returns the cases that flags and names choose.
func (s selection) choose(names []string) ([]conformance.Case, error) {
	chosen := conformance.Selection{Names: names}
	if *s.pattern != "" {
		re, err := regexp.Compile(*s.pattern)
		if err != nil {
			return nil, err
		}
		chosen.Pattern = re
	}
	if *s.levels != "" {
		for _, name := range strings.Split(*s.levels, ",") {
			level, err := conformance.ParseLevel(strings.TrimSpace(name))
			if err != nil {
				return nil, err
			}
			chosen.Levels = append(chosen.Levels, level)
		}
	}
	return chosen.Choose(conformance.Cases())
}
