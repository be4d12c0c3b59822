// Package reference is a small AMQP 1.0 server that obeys the rules the conformance suite knows, and breaks them one
// by one on request: the proof of the suite.
//
// # Purpose
//
// A suite that accuses a correct server is worse than none, and a case that no wrong server fails proves nothing. The
// suite's tests run every case against this server, which has to pass, and against each of its bugs, which the case
// it belongs to has to notice.
//
// # Usage
//
//	s := reference.New(reference.Config{})
//	go s.Serve(listener)
//	s.SetBug(reference.AcceptOversize)
//	s.Close()
//
// # Limitations
//
// It is no broker: links attach and detach, and nothing is transferred. It shares the raw layer of container/wire and
// the table of types with the suite, and no code with container/engine. One connection is one goroutine.
package reference
