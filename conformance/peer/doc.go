// Package peer is a scripted AMQP 1.0 peer for judging other implementations: it
// says anything over a net.Conn, correct or not, and reports everything that
// comes back.
//
// # Purpose
//
// A conformance case needs a partner that breaks exactly one rule and sees every
// octet of the reaction. The package has its own small model of the protocol
// (header, SASL, open, begin, attach, end, close), read from the table of types
// in container/wire/spec; it shares the raw layer of container/wire and nothing
// else with the implementation in this module, so that the judge does not
// inherit the defendant's errors.
//
// # Usage
//
//	c := peer.New(nc, peer.Options{Log: log})
//	_, err := c.Header(wire.HeaderAMQP)
//	_, err = c.Open(peer.Fields{"max-frame-size": uint32(512)})
//	c.SendFrame(wire.RawFrame{DOFF: wire.Some(uint8(1)), Body: body})
//	for ev := c.Next(); ev.Kind == peer.KindFrame; ev = c.Next() { … }
//	closing := c.Finish()
//
// Steps such as Open send a performative and wait for its answer; their fields
// override the defaults, and nil takes a field away. Whatever a step cannot
// say, [Conn.Send] and [Conn.SendFrame] can.
//
// Waiting is bounded by Options.Timeout. Instead of waiting for silence, a
// script sends something whose answer is ordered behind the reaction it asks
// about ([Conn.Fence]) and looks at what came first.
//
// [Conn.Next] passes over what a correct partner may send at any time: empty
// frames, flows, dispositions. [Conn.NextAny] does not.
//
// # Concurrency
//
// A Conn belongs to one goroutine and starts none. A Log may be shared by
// several goroutines.
//
// # Limitations
//
// The peer sends no empty frames by itself: a script that stays silent longer
// than the partner's idle-time-out says so. Frames of more than Options.MaxFrame
// octets are reported as malformed and not kept. There is no TLS: hand New a
// connection that has it.
package peer
