package simtest

import (
	"os"
	"strings"

	"github.com/collider-amqp/collider/sim/history"
	"github.com/collider-amqp/collider/sim/runner"
)

// load reads the failure file that a variable of the environment names. It returns
// nil, and has told why, if the test has nothing to do with it.
func (x *explorer) load(variable, path string) *runner.File {
	x.t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		x.t.Fatalf("simtest: %s: %v (a relative path starts at the directory of the test's package)", variable, err)
		return nil
	}
	file, err := runner.Decode(b)
	if err != nil {
		x.t.Fatalf("simtest: %s: %s: %v", variable, path, err)
		return nil
	}
	if file.Scenario != x.s.Name || file.Origin.Test != "" && file.Origin.Test != x.from.Test {
		x.t.Skipf("simtest: %s is of %s %s", variable, file.Scenario, file.Origin.Test)
		return nil
	}
	return file
}

// replay repeats the run of the file that SIM_REPLAY names.
func (x *explorer) replay() {
	x.t.Helper()
	file := x.load("SIM_REPLAY", x.e.replay)
	if file == nil {
		return
	}
	o, err := runner.Replay(x.s, file, x.e.Watchdog)
	if err != nil {
		x.broken(err)
		return
	}
	if o.Failure == nil {
		x.t.Logf("simtest: replay of %s: %s", x.e.replay, o.Verdict(file))
		return
	}
	var trace strings.Builder
	if h := o.Result.History; h != nil {
		if err := history.WriteText(&trace, h); err != nil {
			x.t.Logf("simtest: %v", err)
		}
	}
	hint := runner.Hint{Label: "replay", Line: runner.TestLine(x.e.replay, x.from)}
	x.t.Errorf("simtest: replay of %s: %s\n%s\n%s", x.e.replay, o.Verdict(file), o.Failure.Text(hint), trace.String())
}
