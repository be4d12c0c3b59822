// Package pcapng writes what happened on a simulated network as a packet capture
// that Wireshark and tshark read.
//
// # Usage
//
//	c := pcapng.NewCapture("scenario broker, seed 7")
//	net := netsim.New(w, netsim.Options{Observer: c})
//	…
//	_, err := c.WriteTo(file)
//
// A Capture is a netsim.Observer. It makes TCP segments of the streams of bytes,
// as they would be seen at the receiving host: a handshake for each dial, one
// segment for each piece delivered, FIN and RST. Bytes that a fault has swallowed
// are not there. Hosts get addresses from 10.0.0.1 on in order of appearance,
// which the file's name resolution block maps to their names. Time begins at
// sim.Epoch. Equal runs give equal bytes: the file tells nothing of the machine.
//
// On port 5672 Wireshark takes a connection for AMQP by itself; for another port
// N it is told by "tshark -d tcp.port==N,amqp".
//
// The format is that of draft-ietf-opsawg-pcapng (version 1.0): one section, one
// interface with LINKTYPE_RAW and nanoseconds, enhanced packet blocks.
//
// # Limitations
//
// Acknowledgements ride on segments with data, FIN or RST; windows do not close.
// The capture is kept in memory until it is written; Flush writes what there is of one
// that does not end.
package pcapng
