// Package netsim is a simulated network: named hosts, the paths between them,
// and byte streams with the behaviour of TCP, faults included. It lives in a
// sim.World: every delay is virtual and every choice comes from the World's
// seed, so a run repeats byte for byte.
//
// The package knows bytes and hosts. It knows nothing of frames or AMQP; a
// scenario that wants a fault "after the first attach" supplies a Predicate.
//
// # Usage
//
//	net := netsim.New(w, netsim.Options{
//		Path: netsim.Path{Latency: time.Millisecond, Split: netsim.SplitRandom},
//		Faults: []netsim.Fault{netsim.MustParseFault("reset client->broker#1 @byte 133")},
//	})
//	l, err := net.Host("broker").Listen("tcp", ":5672")
//	c, err := net.Host("client").Dial(ctx, "tcp", "broker:5672")
//
// A *Host has the methods Dial and Listen of a container's Transport.
//
// # What is simulated
//
// A connection is two streams of bytes, one in each direction, which share
// nothing but the connection's end. Bytes written go to the stream's send
// buffer, cross the path in the time that latency, jitter and bandwidth ask
// for, and wait in the receive buffer until they are read. A full receive
// buffer stops the flow, a full send buffer blocks Write. A path without
// latency, jitter and bandwidth hands bytes over inside Write.
//
// The end of a stream travels as the bytes do. Close sends it, or a reset when
// bytes were left unread or bytes come in later; CloseWrite sends it and leaves
// the other direction open. After a reset the next Read or Write fails with
// ECONNRESET (EPIPE if the peer's end of stream was seen before), later Reads
// with io.EOF and later Writes with EPIPE, as on Linux. Errors are those of
// package net: *net.OpError around net.ErrClosed, os.ErrDeadlineExceeded or a
// system call's error.
//
// One choice point stands before each operation on a stream, with the stream as
// its object.
//
// # Faults
//
// A Fault is a value with a text form, "stall client<-broker#2 @byte 40 for
// 2s". Faults act where bytes are delivered, so they hit what is in flight. The
// plan is fixed before the run; each stream draws from entropy of its own, so
// taking a fault out of the plan leaves the rest of the randomness as it was.
// Every fault that acts is recorded in the history. What the design calls for, and
// where it is:
//
//	latency, jitter, bandwidth, bounded buffers  Path
//	splitting and coalescing of writes           Path.Split: what a Read returns has
//	                                             no more to do with the Writes than
//	                                             the order of bytes
//	reset, cut, half-close, lost end             Reset, Truncate, HalfClose, DropEnd
//	stall, delay, one-way partition              Stall, Delay, Partition
//	refused, black-holed, slow connects          Refuse, BlackHole, SlowAccept
//	crash and restart of a host                  Crash, Host.Crash, Host.Restart
//	clocks that differ from host to host         Host.SetClock
//
// A fault acts at once, at a time, at a number of bytes delivered, or where a
// Predicate says. HealCore ends the faults of a part of the network and freezes the
// rest, for a run whose second phase demands progress (sim.World.Converge).
//
// # Hosts that crash
//
// The software of a host that is to crash is started by Host.Go with Host.Env, so
// that it stops with the host. Peers meet silence until the host restarts, then
// resets and refusals, as with TCP:
//
//	broker := net.Host("broker")
//	broker.OnRestart(serve) // in a thread of the broker's
//	broker.Go("serve", serve)
//	net.Inject(netsim.MustParseFault("crash broker @time 5ms for 20ms"))
//
// # Data races
//
// In race builds a connection orders what its users do as far as a socket does, and
// no further: operations on one end are ordered as they were made, as by the lock of
// a file descriptor; a Read comes after the earlier Writes to its stream (package
// syscall lets it come after every Write of the process); Dial and Accept, and Close
// and the end of stream that it leads to, are not ordered. Write reads its argument
// and Read writes it, so a buffer used twice at once is reported. The software that a
// restart boots comes after the calls of OnRestart and of what has restarted the host,
// not after what ran there before the crash: what a test keeps across crashes is
// shared as between any two threads. A network with an
// Observer of its own orders all that use it. A new operation crosses to the kernel
// as those here do: see sim.World.Outside.
//
// # Limitations
//
// Bandwidth is that of one stream: streams on a path do not compete. There is
// no congestion control, no retransmission timer and no give-up time: what a
// partition or stall holds back is delivered when it ends, and a reset sent
// into a partition is lost. Bytes are never corrupted or reordered. Host names
// resolve at once and to themselves.
package netsim
