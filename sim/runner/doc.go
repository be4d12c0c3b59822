// Package runner runs scenarios over seeds.
//
// Run executes each scenario with the seeds First, First+1, … on several
// workers, each with a World of its own, and reports failures once each, with
// the lowest seed that shows them. What it reports, and the digest, depend on
// scenarios, seeds, parameters, strategy and behaviour only: not on the number
// of workers, the machine or the order in which runs end. A batch is split
// between machines by shards, whose digests and counts add up to those of the
// whole.
//
// A failure is stored in a File, a small JSON text that holds the decisions of
// the run, and Replay repeats it. Verify runs each seed twice in different
// surroundings and compares.
//
// # Usage
//
//	report, err := runner.Run(ctx, runner.Options{Scenarios: all, Seed: 1, Runs: 1000})
//	for _, f := range report.Failures {
//		data, err := f.File(runner.Origin{Registry: "simrun"}).Encode()
//		…
//	}
//
// # Limitations
//
// A step of a run that does not come back (a real mutex, a real channel, a busy
// loop) cannot be ended: it is reported, and its goroutine and World are lost.
// Such a failure ends the batch, and is not re-run.
package runner
