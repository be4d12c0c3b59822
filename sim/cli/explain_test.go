package cli

import (
	"path/filepath"
	"testing"

	"github.com/collider-amqp/collider/sim/runner"
)

func TestExplain(t *testing.T) {
	s := newShell(t)
	file, _ := s.failure("toy/lost-update")
	s.want(s.do("explain", file), ExitOK, "toy/lost-update  TOY-1: no increment is lost", "the counter is 1, want 2",
		"load atomic counter", "─▶", "toy/toy.go:", "comes the other way round", "before step ")
	if left, err := filepath.Glob("simrun-out/*" + runner.FileSuffix); err != nil || len(left) != 1 {
		t.Errorf("%v, %v", left, err)
	}
	o := s.last(s.do("explain", file, "-json"))
	if o["type"] != "explained" || o["rule"] != "TOY-1" || o["minimal"] != true || o["complete"] != true || len(o["pairs"].([]any)) == 0 {
		t.Errorf("%v", o)
	}
	step := o["steps"].([]any)[1].(map[string]any)
	if step["thread"] != "main" || step["op"] != "add" || step["object"] != "wait group all" || step["state"] != "made" || step["where"] == "" {
		t.Errorf("%v", step)
	}
}

func TestExplainRefuses(t *testing.T) {
	s := newShell(t)
	s.want(s.do("explain"), ExitUsage, "explain: want one FILE, got 0 arguments")
	s.want(s.do("explain", "nosuch.sim.json"), ExitUsage, `explain: no file "nosuch.sim.json"`)
}
