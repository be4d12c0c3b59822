package simtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/internal/toy"
	"github.com/collider-amqp/collider/sim/runner"
)

// failed runs a test that fails and returns the path of its file.
func failed(t *testing.T, s *sim.Scenario) string {
	t.Helper()
	f := fresh(t)
	Run(f, s)
	files, err := filepath.Glob("testdata/sim/TestToy-sub/*" + runner.FileSuffix)
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v, %v", files, err)
	}
	abs, err := filepath.Abs(files[0])
	if err != nil {
		t.Fatal(err)
	}
	contains(t, f.all(), "SIM_SHRINK="+abs+" go test -run '^TestToy$/^sub$'")
	return abs
}

func TestShrink(t *testing.T) {
	file := failed(t, toy.LostUpdate())
	small := strings.TrimSuffix(file, runner.FileSuffix) + ".min" + runner.FileSuffix
	t.Setenv("SIM_SHRINK", file)
	f := &fakeT{name: "TestToy/sub"}
	Run(f, toy.LostUpdate())
	if f.failed() {
		t.Error(f.all())
	}
	contains(t, f.all(), "decisions ", "1-minimal", "TOY-1", "SIM_REPLAY="+small, "SIM_EXPLAIN="+small)
	t.Setenv("SIM_SHRINK", "")
	t.Setenv("SIM_REPLAY", small)
	f = &fakeT{name: "TestToy/sub"}
	Run(f, toy.LostUpdate())
	contains(t, f.all(), ": the same failure", "TOY-1")
	t.Setenv("SIM_REPLAY", "")
	t.Setenv("SIM_EXPLAIN", small)
	f = &fakeT{name: "TestToy/sub"}
	Run(f, toy.LostUpdate())
	if f.failed() {
		t.Error(f.all())
	}
	contains(t, f.all(), "load atomic counter", "comes the other way round")
}

func TestShrinkIsOfOneTest(t *testing.T) {
	file := failed(t, toy.LostUpdate())
	for _, name := range []string{"SIM_SHRINK", "SIM_EXPLAIN"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, file)
			f := &fakeT{name: "TestOther"}
			Run(f, toy.LostUpdate())
			if f.skipped == "" {
				t.Error(f.all())
			}
			sound := toy.Clean()
			sound.Name = "toy/lost-update"
			f = &fakeT{name: "TestToy/sub"}
			Run(f, sound)
			contains(t, f.fatal, "does not come back")
		})
	}
	if _, err := os.Stat(strings.TrimSuffix(file, runner.FileSuffix) + ".min" + runner.FileSuffix); err == nil {
		t.Error("a smaller file of nothing")
	}
}
