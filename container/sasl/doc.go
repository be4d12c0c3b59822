// Package sasl holds the SASL mechanisms (RFC 4422) of an AMQP 1.0 connection
// (§5.3), client and server side: ANONYMOUS, PLAIN, EXTERNAL, SCRAM-SHA-256,
// SCRAM-SHA-512 and XOAUTH2; and what a server judges its clients by, an
// [Authenticator].
//
// A program that uses package container sets User, Password or Token on one
// side and Authenticator on the other, and need not call the constructors of
// mechanisms here. They are for authenticators of one's own, and for package
// engine used alone.
//
// # Mechanisms
//
// A mechanism is an [engine.ClientMechanism] or [engine.ServerMechanism]: steps
// from octets to octets. It does no I/O and has no clock, and draws its only
// random numbers, the nonces of SCRAM, from what its caller passes in. The
// engine drives it from within Connection.Receive, one step for each frame, and
// bounds what the peer can make of it: a frame of the layer has at most 512
// octets unless configured otherwise, an exchange at most 16 challenges, and the
// open time-out covers the layer.
//
// SCRAM is the most work of all: its client derives a key by as many iterations
// of a hash as the server says, from [MinIterations] to [MaxIterations]; a
// server that asks for others is refused. At 4096, which most servers ask for,
// that is about a millisecond.
//
// PLAIN and XOAUTH2 disclose a secret to whoever reads the octets; see
// [Discloses]. Package container uses them under TLS alone, unless AllowInsecure
// is set. SCRAM does without TLS, and its client checks that the server knows
// the password, too. Channel binding (the -PLUS mechanisms) is not supported.
package sasl
