// Package check judges histories: pure functions from what happened to the
// rules that were broken.
//
// The rules are those of the container contract that a trace decides:
// serialization (SER), parallelism (PAR, ST), ownership (OWN), work queues (WQ),
// wake (WAKE), run and stop (RUN), listeners (LIS), handlers (HAND), order of
// callbacks (ORD), scheduled functions (SCHED), and of two kinds that a scenario
// supplies by its notes: conservation of messages (DELIVERY) and credit
// (CREDIT). Of a container that has crashed it demands only that nothing of it runs
// any more (CRASH). Rules lists them. The package knows neither bytes nor container, so
// it judges a simulated run, a production run and a foreign implementation
// alike.
//
// A verdict is sound: a violation is reported only if no conforming container
// could have made the history. Where the contract accepts several behaviours,
// all are accepted unless Options.Strict asks for the documented choices of the
// container of this module. A rule whose events are not in the history is not
// judged.
//
// # Usage
//
//	scenario.Check = check.Standard(check.Options{Strict: true})
//
// or, with its own rules beside them,
//
//	scenario.Check = check.All(check.Standard(check.Options{}), mine)
//
// A Checker is the same with its memory in the caller's hand; it makes one pass
// over the events and allocates nothing for a good history after the first few.
//
// # What a verdict is worth
//
// SER-3 and WAKE-8 (memory effects) need the race detector. Liveness is judged
// at the end of the history alone: what must happen sooner or later must have
// happened when a history that calls itself complete ends. Message numbers
// (Event.Item) must be unique within a history for DELIVERY.
package check
