// Package view draws a run: as one HTML page that needs nothing else, as a trace
// for Perfetto or chrome://tracing, as a packet capture, or as NDJSON.
//
// # Usage
//
//	tap := &view.Tap{Decode: decodeFrame}
//	result := sim.Execute(w, scenario, sim.RunConfig{Seed: 7, Keep: true, Tap: tap})
//	err := view.WriteHTML(file, &view.Run{Scenario: scenario.Name, Result: &result, Tap: tap})
//
// package shrink makes the Explanation that such a Run may have.
//
// A history alone can be drawn, too: the fields of Run but History may be zero.
//
// The page shows one row for each event, in the order in which they happened, and
// a column for each thread, or for each connection. Bars are callbacks, jobs and
// calls from beginning to end; arrows lead to them from what they had to come
// after (history.Order). Frames stand in a column of their own for each network
// connection. The events that show a failure are numbered, with rule, property and
// message at the top, where it is also said whose the containers and connections
// are. Threads that had not ended stand at the bottom with what they wait for.
// Stretches far from all this are folded. For the selected event the page tells the
// source lines, the threads that could have run in its place, and the events that
// are neither before nor after it. A run without events has a row for each step at
// which the scheduler chose among several threads.
//
// With an Explanation the page says why: the two to four steps whose order decides
// that the run fails, in a sentence, and what the run does in another order. If the
// run drawn is the one explained, these steps stand among its events.
//
// The page holds what it needs: the sources around each line that it names, script
// and style. Its content security policy lets nothing else run or be loaded. Only
// the rows in sight are drawn, so that a run of fifty thousand events can be
// scrolled; on paper stand up to three thousand.
//
// Equal runs give equal files.
//
// # Limitations
//
// Frames, source lines and threads not chosen are known of runs under a Tap only.
// The text of a source line is read when the page is written, from where the
// compiler found the file: it is missing elsewhere, and wrong if the file has
// changed since; the page names files that are newer than the program. Run.Sources
// takes other files, as for a program that was built with an overlay. Connections
// of two networks in one run are not told apart, nor is a connection's number
// matched with its place on the network. The trace for Perfetto counts events on
// its time axis, because virtual time often stands still; the time is an argument
// of each event.
package view
