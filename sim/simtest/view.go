package simtest

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/runner"
	"github.com/collider-amqp/collider/sim/shrink"
	"github.com/collider-amqp/collider/sim/view"
)

// view repeats the run of the file that SIM_VIEW names, and draws it. A run that
// fails fails the test, as a replay does.
func (x *explorer) view() {
	x.t.Helper()
	file := x.load("SIM_VIEW", x.e.view)
	if file == nil {
		return
	}
	o, err := runner.Replay(x.s, file, x.e.Watchdog)
	if err != nil {
		x.broken(err)
		return
	}
	page, err := x.draw(file, o)
	if err != nil {
		x.broken(err)
		return
	}
	if o.Failure == nil {
		x.t.Logf("simtest: the run passes; it is drawn in %s", page)
		return
	}
	x.t.Errorf("the run is drawn in %s\n%s", page, o.Failure.Text(runner.Hint{Label: "page", Line: page}))
}

// draw writes the page of a replayed run and returns its path. A run that cannot be
// repeated under a tap is drawn as far as its history goes.
func (x *explorer) draw(file *runner.File, o *runner.Outcome) (string, error) {
	run := &view.Run{
		Scenario: x.s.Name, Doc: x.s.Doc, Result: &o.Result,
		Replay: runner.TestLine(x.e.view, x.from),
	}
	repeats := true
	if f := o.Failure; f != nil {
		run.Property, run.Result = f.Property, &f.Result
		kind := f.Result.Failure.Kind
		repeats = kind != sim.Stuck && kind != sim.Nondeterminism
	}
	if repeats {
		tap := &view.Tap{Decode: x.e.Frames}
		watched, err := runner.Watch(x.s, run.Result, tap, x.e.Watchdog)
		if err != nil {
			return "", err
		}
		run.Result, run.Tap = &watched, tap
		x.why(file, run)
	}
	path := strings.TrimSuffix(x.e.view, runner.FileSuffix) + view.Extension("html")
	if out := x.out(); out != "" {
		if err := os.MkdirAll(out, 0o755); err != nil {
			return "", err
		}
		path = filepath.Join(out, filepath.Base(path))
	}
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	var b bytes.Buffer
	if err := view.WriteHTML(&b, run); err != nil {
		return "", err
	}
	return path, os.WriteFile(path, b.Bytes(), 0o644)
}

// why has the page of a failing run say what makes it fail.
func (x *explorer) why(file *runner.File, run *view.Run) {
	if run.Result.Failure == nil {
		return
	}
	o, ok := shrink.Brief(file, run.Result.Steps, x.e.Watchdog)
	if !ok {
		run.Hint = "The run is long: what makes it fail was not looked for. SIM_EXPLAIN does."
		return
	}
	ctx, cancel := untilDeadline(x.t)
	defer cancel()
	e, err := shrink.Explain(ctx, x.s, file, o)
	if err != nil {
		run.Hint = "What makes it fail could not be found out: " + err.Error()
		return
	}
	if e.Shrunk.Divergent != nil {
		run.Hint = "What makes it fail could not be found out: a run did not repeat itself."
		return
	}
	run.Explanation = e
}
