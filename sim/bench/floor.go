package bench

import "fmt"

// The floor below which a strategy must not fall: times the published number of
// schedules, on geometric average, and for a single program, by the lower end of its
// 95 % interval.
const (
	floorMean   = 1.2
	floorSingle = 3
)

// Breaches says, a sentence each, where the samples of a strategy fall short: a
// program that published SURW finds in each trial is not found in each, the geometric
// average of schedules is above 1.2 times the published one, a program is sure to
// need more than 3 times its published number, or one without a known bug fails. No
// program with a published number is a breach, too.
func Breaches(strategy string, ps []Program, ss []Sample) []string {
	var out []string
	add := func(format string, args ...any) {
		out = append(out, strategy+": "+fmt.Sprintf(format, args...))
	}
	for i := range ps {
		p, s := &ps[i], &ss[i]
		switch {
		case p.Clean && len(s.First) > 0:
			add("%s has no known bug, and fails: seed %d, %s", p.Name, s.Failed.Seed, s.Failed.Failure.Message)
		case p.Published == 0:
		case !s.All():
			add("%s is found in %d of %d trials only", p.Name, len(s.First), s.Trials)
		case s.Mean()-s.Margin() > floorSingle*p.Published:
			add("%s takes %.1f schedules, %.1f at the least, where %s are published", p.Name, s.Mean(), s.Mean()-s.Margin(), number(p.Published))
		}
	}
	switch r := Compare(ps, ss); {
	case r.Programs == 0:
		add("no program with a published number is found in each trial")
	case r.Mean > floorMean:
		add("it takes %.2f times the published number of schedules, more than %v", r.Mean, floorMean)
	}
	return out
}
