// Package view draws a run: as one HTML page that needs nothing else, as a trace
// for Perfetto or chrome://tracing, as a packet capture, or as NDJSON.
//
// # Usage
//
//	tap := &view.Tap{Decode: decodeFrame}
//	result := sim.Execute(w, scenario, sim.RunConfig{Seed: 7, Keep: true, Tap: tap})
//	err := view.WriteHTML(file, &view.Run{Scenario: scenario.Name, Result: &result, Tap: tap})
//
// A history alone can be drawn, too: the fields of Run but History may be zero.
//
// The page shows one row for each event, in the order in which they happened, and
// a column for each thread, or for each connection. Bars are callbacks, jobs and
// calls from beginning to end; arrows lead to them from what they had to come
// after (history.Order). Frames stand in a column of their own for each network
// connection. The events that show a failure are numbered, with rule, property and
// message at the top. For the selected event it tells the source lines, the
// threads that could have run in its place, and the events that are neither before
// nor after it. A run without events has a row for each step at which the scheduler
// chose among several threads.
//
// Equal runs give equal files.
//
// # Limitations
//
// Frames, source lines and threads not chosen are known of runs under a Tap only.
// The text of a source line is read when the page is written, from where the
// compiler found the file: it is missing elsewhere, and wrong if the file has
// changed since the program was built or was replaced by go build -overlay.
// Connections of two networks in one run are not told apart. The trace for
// Perfetto counts events on its time axis, because virtual time often stands
// still; the time is an argument of each event.
package view
