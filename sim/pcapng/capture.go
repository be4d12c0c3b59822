package pcapng

import (
	"fmt"
	"io"
	"slices"

	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/sim"
)

// Capture collects the packets of a run. It is a netsim.Observer, to be used like
// one: by one thread of a World at a time.
type Capture struct {
	comment string
	hosts   []string
	packets []byte // blocks
	conns   map[uint32]*conn
	sent    uint16 // packets, for their identification
	begun   bool   // by Flush: the head is written
	named   int    // hosts whose names are written
}

// conn is a connection as TCP sees it.
type conn struct {
	there, back way
}

// way is a direction of a connection.
type way struct {
	next uint32 // sequence number of what comes next
	over bool   // FIN or RST was sent
}

// maxPayload bounds the data of a segment, so that the packet's length fits into
// its header.
const maxPayload = 1 << 15

// firstSeq is the sequence number of each SYN.
const firstSeq = 1000

// NewCapture returns an empty capture. The comment, cut at 65 535 octets, is that
// of the file's section: name the run in it.
func NewCapture(comment string) *Capture {
	return &Capture{comment: comment, conns: map[uint32]*conn{}}
}

// SetComment replaces the comment.
func (c *Capture) SetComment(comment string) { c.comment = comment }

// Observe implements netsim.Observer.
func (c *Capture) Observe(e netsim.Event) {
	x := c.conns[e.Conn]
	switch {
	case e.What == netsim.Dialed:
		x = &conn{way{next: firstSeq}, way{next: firstSeq}}
		c.conns[e.Conn] = x
		c.emit(x, &e, false, flagSYN, nil)
	case x == nil: // its beginning was not seen
	case e.What == netsim.Refused:
		c.emit(x, &e, true, flagRST|flagACK, nil)
	case e.What == netsim.Connected:
		c.emit(x, &e, true, flagSYN|flagACK, nil)
		c.emit(x, &e, false, flagACK, nil)
	case e.What == netsim.Delivered:
		for part := range slices.Chunk(e.Bytes, maxPayload) {
			c.emit(x, &e, e.Back, flagPSH|flagACK, part)
		}
	case e.What == netsim.Ended:
		c.emit(x, &e, e.Back, flagFIN|flagACK, nil)
	case e.What == netsim.WasReset:
		c.emit(x, &e, e.Back, flagRST|flagACK, nil)
	}
}

// emit adds a segment of a connection. Nothing follows the end of a direction.
func (c *Capture) emit(x *conn, e *netsim.Event, back bool, flags byte, payload []byte) {
	from, to, out, in := e.Dialer, e.Acceptor, &x.there, &x.back
	if back {
		from, to, out, in = to, from, in, out
	}
	if out.over && flags&flagRST == 0 {
		return
	}
	c.sent++
	s := segment{
		from: address(c.host(from.Host)), to: address(c.host(to.Host)),
		fromPort: uint16(from.Port), toPort: uint16(to.Port),
		seq: out.next, flags: flags, id: c.sent, payload: payload,
	}
	if flags&flagACK != 0 {
		s.ack = in.next
	}
	out.next += uint32(len(payload))
	if flags&(flagSYN|flagFIN) != 0 {
		out.next++ // each takes a sequence number (RFC 9293 §3.4)
	}
	out.over = out.over || flags&(flagFIN|flagRST) != 0
	at := uint64(sim.Epoch.UnixNano()) + uint64(e.Time)
	c.packets = appendPacket(c.packets, at, s.append(nil))
}

// host returns the number of a host.
func (c *Capture) host(name string) int {
	i := slices.Index(c.hosts, name)
	if i < 0 {
		i = len(c.hosts)
		c.hosts = append(c.hosts, name)
	}
	return i
}

// Buffered returns the number of octets of packets that the next Flush would write.
func (c *Capture) Buffered() int { return len(c.packets) }

// Flush writes what was observed since the last Flush, and forgets it: a capture that
// goes on for long is written piece by piece. After each Flush the file is whole. The
// comment is that of the first one. A capture is either flushed or written by WriteTo.
func (c *Capture) Flush(w io.Writer) error {
	var b []byte
	if !c.begun {
		b = appendHead(b, c.comment)
	}
	if c.named < len(c.hosts) || !c.begun {
		b = appendNames(b, c.named, c.hosts[c.named:])
	}
	if _, err := w.Write(append(b, c.packets...)); err != nil {
		return fmt.Errorf("pcapng: %w", err)
	}
	c.begun, c.named, c.packets = true, len(c.hosts), c.packets[:0]
	for id, x := range c.conns {
		if x.there.over && x.back.over {
			delete(c.conns, id)
		}
	}
	return nil
}

// WriteTo writes the capture as a file. It implements io.WriterTo.
func (c *Capture) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(append(appendNames(appendHead(nil, c.comment), 0, c.hosts), c.packets...))
	if err != nil {
		return int64(n), fmt.Errorf("pcapng: %w", err)
	}
	return int64(n), nil
}
