package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/collider-amqp/collider/sim"
)

// choose returns the scenarios that the patterns name, in order of the registry;
// no pattern means all. A pattern that names nothing, and an empty result, is an
// error.
func (c *Config) choose(patterns []string) ([]*sim.Scenario, error) {
	if len(patterns) == 0 && len(c.Scenarios) > 0 {
		return c.Scenarios, nil
	}
	chosen := make([]bool, len(c.Scenarios))
	for _, p := range patterns {
		found := false
		for i, s := range c.Scenarios {
			if s.Name == p || match(p, s.Name) {
				chosen[i], found = true, true
			}
		}
		if !found {
			return nil, fmt.Errorf("nothing selected: no scenario is called %q%s; '%s list' lists them", p, didYouMean(p, c.scenarioNames()), c.Program)
		}
	}
	var out []*sim.Scenario
	for i, s := range c.Scenarios {
		if chosen[i] {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("nothing selected: this program has no scenarios")
	}
	return out, nil
}

func (c *Config) scenarioNames() []string {
	var out []string
	for _, s := range c.Scenarios {
		out = append(out, s.Name)
	}
	return out
}

// scenario returns the scenario of that name, nil if there is none.
func (c *Config) scenario(name string) *sim.Scenario {
	i := slices.IndexFunc(c.Scenarios, func(s *sim.Scenario) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return c.Scenarios[i]
}

// match reports whether the name matches the pattern, in which '*' stands for any
// text and '?' for any byte.
func match(pattern, name string) bool {
	for pattern != "" {
		switch {
		case pattern[0] == '*':
			rest := strings.TrimLeft(pattern, "*")
			for i := range len(name) + 1 {
				if match(rest, name[i:]) {
					return true
				}
			}
			return false
		case name == "" || pattern[0] != '?' && pattern[0] != name[0]:
			return false
		}
		pattern, name = pattern[1:], name[1:]
	}
	return name == ""
}
