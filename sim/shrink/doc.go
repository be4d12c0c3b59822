// Package shrink makes a failed run smaller while it fails in the same way, and says
// what makes it fail.
//
// The run is a failure file: parameters, planned faults and work, and the schedule's
// segments, named by thread. Run moves the parameters towards their minimum first,
// which also turns faults off, takes out of the plans what the failure does not
// need, then removes, merges and shortens segments by delta debugging, and
// leaves steps free (choice.Free) in which nothing has to be decided; a failure that
// needs nothing but one thread to be late is told by holding that one back
// (choice.Without). What is left is
// 1-minimal: without any one of its decisions the run does not fail, or
// fails in another way. Explain flips the order of pairs of operations in the
// minimal run and reports those that decide whether it fails.
//
// # Usage
//
//	r, err := shrink.Run(ctx, scenario, file, shrink.Options{})
//	text, err := r.File.Encode()
//	…
//	e, err := shrink.Explain(ctx, scenario, r.File, shrink.Options{})
//	fmt.Print(e.Text())
//
// # The same failure
//
// Two runs fail in the same way if kind, rule and message are equal, the message
// up to its numbers, and a panic if it is also in the same function, a deadlock or a
// leak if threads also wait for the same (runner.File.Alike). A candidate that fails
// in another way is not taken; the first run of each such way is reported beside the
// result, since it may be a bug of its own.
//
// No candidate is taken on one run: it is run twice, and if the two differ the
// search ends and reports that the scenario depends on more than its World.
//
// # Limitations
//
// The file keeps the decisions that matter, not those that the replay takes by
// itself when none is left: it goes on with the current thread, else with the one
// made first. A shrunk file therefore depends on that policy of sim.Replay.
//
// Explain sees operations on the World's objects only: a race on plain memory has no
// pair, and shows by its nearest passing run.
//
// A run that is stuck has no decisions, and is not shrunk. Parameters that are
// never drawn are left as they are. 1-minimal is not minimal: removing two
// decisions at once might keep the failure, and is not tried for all pairs.
package shrink
