// Package history holds what happened in one run: a totally ordered list of
// fixed-size events about callbacks, work, calls of the API, notes, frames and
// faults, and the Recorder that collects them.
//
// The same schema describes a simulated run, a production run and a foreign
// implementation behind a shim, so that the checkers of package check judge all
// three alike. The package knows nothing of AMQP's encoding, of the container
// or of the simulator: connections, sessions, links, queues are numbers.
//
// # Usage
//
// A recorder of a production run is shared by all goroutines:
//
//	rec := history.NewRecorder(history.Options{})
//	e := history.Event{Name: history.OnMessage, Conn: rec.ID(history.Conns, conn)}
//	begin := rec.Begin(e)
//	handler.OnMessage(…)
//	rec.End(begin, e)
//	h := rec.History()
//
// In a simulated run the World owns the recorder, made by NewWorldRecorder: it
// takes time, step and thread from the World, mixes each event into the World's
// digest, and reuses its memory from run to run.
//
// Which fields an event carries is told by its name; see the constants. A
// program that records follows four rules:
//
//   - A Begin is recorded as the first thing inside the callback or work
//     function and its End as the last; a Call before the operation and its
//     Return after it. Sequence numbers are then a valid real-time order.
//   - The End of a Begin and the Return of a Call carry its number in Of and
//     should repeat its fields; checkers read them from the Begin or the Call.
//   - An interval may be left open by the end of the run.
//   - Identifiers start at 1 and are given in order of first appearance
//     (Recorder.ID), so that two equal runs have equal histories.
//
// # The race detector
//
// Recording adds no happens-before edge between goroutines: a data race of the
// observed program stays visible under -race. It is no point of choice in a
// simulated run either.
//
// # Limitations
//
// The number of events is bounded by Options.Limit. Events past it are counted
// in History.Dropped and lost; a checker refuses to call such a history good.
package history
