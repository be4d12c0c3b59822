package simtest

import (
	"os"
	"strings"

	"github.com/collider-amqp/collider/sim/runner"
	"github.com/collider-amqp/collider/sim/shrink"
)

// shrink makes the run of the file that SIM_SHRINK names smaller. The test fails
// only if that cannot be done.
func (x *explorer) shrink() {
	x.t.Helper()
	file := x.load("SIM_SHRINK", x.e.shrink)
	if file == nil {
		return
	}
	ctx, cancel := untilDeadline(x.t)
	defer cancel()
	r, err := shrink.Run(ctx, x.s, file, shrink.Options{Watchdog: x.e.Watchdog})
	if err != nil {
		x.broken(err)
		return
	}
	if r.Divergent != nil {
		x.t.Errorf("\n%s", r.Divergent.Text())
		return
	}
	base := strings.TrimSuffix(strings.TrimSuffix(x.e.shrink, runner.FileSuffix), ".min")
	path := base + ".min" + runner.FileSuffix
	text, err := r.File.Encode()
	if err == nil {
		err = os.WriteFile(path, text, 0o644)
	}
	if err != nil {
		x.broken(err)
		return
	}
	for _, other := range r.Found {
		x.t.Logf("simtest: another failure was met on the way: %v", other.Result.Failure)
	}
	minimal := "1-minimal"
	if !r.Minimal {
		minimal = "cut short"
	}
	b, a := &r.Before, &r.After
	x.t.Logf("simtest: decisions %d → %d, switches %d → %d, steps %d → %d, %d replays, %v, %s\n%s",
		b.Decisions, a.Decisions, b.Switches, a.Switches, b.Steps, a.Steps, r.Replays, r.Elapsed, minimal,
		r.Failure.Text(x.hint("replay", path), x.hint("explain", path)))
}

// explain shows the minimal interleaving of the file that SIM_EXPLAIN names. The
// test fails only if that cannot be done.
func (x *explorer) explain() {
	x.t.Helper()
	file := x.load("SIM_EXPLAIN", x.e.explain)
	if file == nil {
		return
	}
	ctx, cancel := untilDeadline(x.t)
	defer cancel()
	e, err := shrink.Explain(ctx, x.s, file, shrink.Options{Watchdog: x.e.Watchdog})
	switch {
	case err != nil:
		x.broken(err)
	case e.Shrunk.Divergent != nil:
		x.t.Errorf("\n%s", e.Shrunk.Divergent.Text())
	default:
		x.t.Logf("\n%s", e.Text())
	}
}
