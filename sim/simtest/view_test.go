package simtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim/internal/toy"
)

func TestView(t *testing.T) {
	f := fresh(t)
	Run(f, toy.Overlap())
	contains(t, f.all(), "SIM_VIEW=")
	files, err := filepath.Glob("testdata/sim/TestToy-sub/*.sim.json")
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v, %v\n%s", files, err, f.all())
	}
	t.Setenv("SIM_VIEW", files[0])
	for _, c := range []struct{ out, page string }{
		{"", strings.TrimSuffix(files[0], ".sim.json") + ".html"},
		{"drawn", "drawn/" + strings.TrimSuffix(filepath.Base(files[0]), ".sim.json") + ".html"},
	} {
		t.Setenv("SIM_OUT", c.out)
		again := &fakeT{name: f.name}
		Run(again, toy.Overlap())
		contains(t, again.all(), "the run is drawn in /", c.page, "SER-1")
		if len(again.errors) != 1 {
			t.Error(again.all())
		}
		page, err := os.ReadFile(c.page)
		if err != nil {
			t.Fatal(err)
		}
		contains(t, string(page), "SER-1", ">failed<", "SIM_REPLAY=", "TestToy", "No order of two operations on one object decides it")
	}

	fixed := toy.Clean()
	fixed.Name = toy.Overlap().Name
	again := &fakeT{name: f.name}
	Run(again, fixed)
	contains(t, again.all(), "passes; it is drawn in")
	if again.failed() {
		t.Error(again.all())
	}

	other := &fakeT{name: "TestOther"}
	Run(other, toy.Overlap())
	contains(t, other.skipped, "SIM_VIEW is of")
	t.Setenv("SIM_VIEW", "nosuch.sim.json")
	lost := &fakeT{name: f.name}
	Run(lost, toy.Overlap())
	contains(t, lost.fatal, "SIM_VIEW: open nosuch.sim.json")
}
