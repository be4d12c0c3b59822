// Package proxy lets the faults of package netsim happen between programs that run
// on real sockets: other processes, other languages, unchanged. A Proxy listens on
// an address, continues each connection to another one, and applies a plan of
// netsim.Fault values to the bytes that pass.
//
// # Usage
//
//	p, err := proxy.Start(proxy.Options{
//		Listen: "127.0.0.1:0", Upstream: "127.0.0.1:5672",
//		Seed:   7,
//		There:  netsim.Path{Latency: time.Millisecond, Split: netsim.SplitRandom},
//		Faults: []netsim.Fault{netsim.MustParseFault("reset client->server#1 @byte 133")},
//	})
//	defer p.Close()
//	… // the program under test connects to p.Addr()
//	p.Inject(netsim.MustParseFault("partition server->client"))
//	p.Heal()
//
// «simrun proxy» is the same as a command.
//
// # What faults do to sockets
//
// The proxy stands for the path between two hosts, Options.Dialer and
// Options.Acceptor. #N in a fault is the Nth connection accepted; times count from
// Start. As on a simulated network a fault acts where bytes are delivered: bytes are
// delivered when the receiver's socket has taken them from the proxy, and exactly
// as many have been as the fault or its predicate says.
//
// Reset resets both sockets (SO_LINGER 0). Truncate waits before until the receiver's
// system has acknowledged what was delivered. HalfClose sends the end of the stream
// (FIN); what comes after it resets its sender. DropEnd keeps the end back. Stall,
// Partition and Delay hold bytes, end and reset in the proxy; a reset that meets a
// partition is lost. A connection that is dialled during a partition, or into a
// BlackHole, is continued when that ends; SlowAccept continues it late. Refuse resets
// it.
//
// A reset that one program makes reaches the other after the bytes before it, or at
// once if the other one takes no more. A sender is slowed down by a slow receiver:
// the proxy holds at most a Path's SendBuffer in each direction of a connection, and
// Options.Conns bounds the connections.
//
// Observer gets the events of a simulated network: pcapng.Capture and the frame
// traces of package view take them.
//
// # What repeats
//
// Not the run: the system's scheduler, buffers and clock are what they are. What does
// is the plan, the place of each fault that acts at a byte or where a predicate
// says, and what the streams of choices of each connection and direction draw from
// the seed: the lengths of pieces and the jitter, in their order.
//
// # Limitations
//
// A system accepts a connection before a program is asked: a refused or swallowed
// dial succeeds, and a refused connection fails with ECONNRESET at the next
// operation, or in the dial if the reset is quicker than the program. The handshake
// takes no time of the path. Pieces that SplitRandom or SplitBytes make can be joined
// again by the receiver's system. Reset leaves it to the systems which delivered bytes
// can still be read; after Truncate all can on Linux, elsewhere they may be lost, and
// the acknowledgement is not waited for but 100 ms. A connection whose reset was lost
// in a partition is half-open: it is reset when its program sends or closes and the
// partition has ended. Except on Unix systems a reset is not seen while the buffer before it is
// full. TCP only; urgent data is not carried.
package proxy
