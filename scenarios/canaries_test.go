package scenarios

import (
	"os"
	"slices"
	"testing"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/canary"
	"github.com/collider-amqp/collider/sim/check"
)

const canaries = "testdata/canaries"

// TestEveryCanaryIsUsable fails when the sources have moved on and a canary has
// not, and when a canary expects what nothing could report.
func TestEveryCanaryIsUsable(t *testing.T) {
	all, err := canary.Load(os.DirFS(canaries))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 80 {
		t.Errorf("there are %d canaries, fewer than 80", len(all))
	}
	for _, c := range all {
		if _, err := c.Overlay("..", t.TempDir()); err != nil {
			t.Error(err)
		}
		i := slices.IndexFunc(All(), func(s *sim.Scenario) bool { return s.Name == c.Scenario })
		if i < 0 {
			t.Errorf("canary %s: there is no scenario %q", c.Name, c.Scenario)
			continue
		}
		for _, rule := range c.Rules {
			if !reportable(All()[i], rule) {
				t.Errorf("canary %s: nothing in scenario %s reports %q", c.Name, c.Scenario, rule)
			}
		}
	}
}

// reportable reports whether a run of s can fail with the rule, or in the way, of
// that name.
func reportable(s *sim.Scenario, name string) bool {
	for _, p := range s.Properties {
		if p.Rule == name {
			return true
		}
	}
	if check.Doc(name) != "" || name == "OWN-1" || name == "OWN-2" {
		return true // the container itself reports OWN
	}
	for k := sim.Broken; k <= sim.Stuck; k++ {
		if k.String() == name {
			return true
		}
	}
	return false
}
