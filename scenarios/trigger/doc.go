// Package trigger makes conditions on AMQP's bytes for the faults of a simulated
// network, so that one can strike after the first attach, inside the third transfer,
// or before close.
//
// # Names
//
// A condition is written after @when, without spaces:
//
//	[before-]WHAT[(KEY=VALUE,…)][#N][+K]
//
// WHAT is a performative (§2.7, §5.3.3: open, begin, attach, flow, transfer,
// disposition, detach, end, close, sasl-mechanisms, sasl-init, sasl-challenge,
// sasl-response, sasl-outcome), "empty" for a frame without a body (§2.4.5), "frame"
// for any frame, or "header" for a protocol header (§2.2). The keys are channel;
// handle, of attach, flow, transfer and detach; and delivery, the delivery-id of a
// transfer or one that a disposition covers. #N asks for the N-th that fits, from 1,
// which is the default. The place is after the frame, before it with "before-", or
// behind its K-th octet with +K.
//
//	reset client->broker#1 @when transfer#3+5
//	stall client<-broker @when attach(handle=0) for 2s
//	crash broker on client->broker @when before-close for 10ms
//	half-close client->broker @when disposition(channel=0,delivery=2)
//
// # Use
//
//	netsim.Options{Predicate: trigger.Parse}
//
// Package stage does that. The octets may come in pieces of any size: those from the
// place on are held back until enough of the frame is there to tell what it is. A
// stream that stops making sense as AMQP triggers nothing any more; frames behind TLS
// are not seen.
package trigger
