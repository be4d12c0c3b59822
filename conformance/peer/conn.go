package peer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/collider-amqp/collider/container/wire"
)

// Options of a Conn. The zero value selects all defaults.
type Options struct {
	// Log takes what is sent and received. Default: a log of its own.
	Log *Log
	// Timeout is the longest wait for an answer and for a write to be taken. Default: 2 s.
	Timeout time.Duration
	// MaxFrame is the largest frame, in octets, that is kept. Default: 16 MiB.
	MaxFrame uint32
	// Noise tells the frames that Next passes over. Default: [Noise].
	Noise func(*Frame) bool

	_ struct{}
}

const (
	defaultTimeout  = 2 * time.Second
	defaultMaxFrame = 16 << 20
	// receiveMax bounds what is kept of one connection, in octets; eventCost is what an event takes besides its own.
	receiveMax = 32 << 20
	eventCost  = 512
)

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = NewLog()
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.MaxFrame == 0 {
		o.MaxFrame = defaultMaxFrame
	}
	if o.Noise == nil {
		o.Noise = Noise
	}
	return o
}

// Noise reports whether a correct partner may send the frame at any time of an open connection: empty frames, flows,
// dispositions.
func Noise(f *Frame) bool {
	return f.Empty() || f.Name == "flow" || f.Name == "disposition"
}

// Conn is one connection to the implementation under test.
type Conn struct {
	nc   net.Conn
	opts Options
	id   int

	in       []byte  // received, not yet interpreted
	received int     // octets so far, and eventCost for each event
	end      Event   // the last event; Kind is KindTimeout before it
	silent   bool    // the last wait ended without anything
	broken   bool    // the incoming stream cannot be interpreted any more
	resetErr error   // a write was refused because the partner had reset the connection
	trace    []Event // everything that came, KindTimeout left out

	out     outgoing
	thrown  map[link]bool // the throw-away links of fences
	remote  Remote
	started bool // a protocol header was received
}

// Remote is what the partner said of itself.
type Remote struct {
	// Open is the partner's open, nil before it came.
	Open *Frame
	// Close is the partner's close, nil before it came.
	Close *Frame
	// ContainerID, MaxFrameSize, ChannelMax and IdleTimeOut are those of Open, with the specification's defaults
	// for fields that are absent (§2.7.1).
	ContainerID  string
	MaxFrameSize uint32
	ChannelMax   uint16
	IdleTimeOut  time.Duration
}

// New returns a peer on nc, which it owns from now on.
func New(nc net.Conn, opts Options) *Conn {
	opts = opts.withDefaults()
	c := &Conn{nc: nc, opts: opts, id: opts.Log.newConn()}
	c.out.channels, c.thrown = map[uint16]bool{}, map[link]bool{}
	c.remote.MaxFrameSize = wire.MinMaxFrameSize
	return c
}

// Remote returns what the partner said of itself so far. Before its open, MaxFrameSize is 512 and ChannelMax 0 (§2.4.1).
func (c *Conn) Remote() Remote { return c.remote }

// MaxFrameSize returns the largest frame that the peer has allowed its partner so far: 512 before its open (§2.4.1), and
// never less (§2.7.1).
func (c *Conn) MaxFrameSize() uint32 { return max(c.out.maxFrame, wire.MinMaxFrameSize) }

// Trace returns everything that came so far, noise included. It must not be changed.
func (c *Conn) Trace() []Event { return c.trace }

// Timeout returns the longest wait for an answer.
func (c *Conn) Timeout() time.Duration { return c.opts.Timeout }

// SetTimeout changes the longest wait for an answer.
func (c *Conn) SetTimeout(d time.Duration) { c.opts.Timeout = d }

// Note adds a remark to the log.
func (c *Conn) Note(format string, args ...any) {
	c.opts.Log.add(c.id, Note, "", fmt.Sprintf(format, args...))
}

// Abort closes the connection at once, without any closing handshake.
func (c *Conn) Abort() { c.nc.Close() }

// Next returns the next event that is not noise, waiting for it up to the timeout.
func (c *Conn) Next() Event { return c.next(c.deadline()) }

// Until collects events that are not noise until stop returns true for one or nothing more can come in time, and
// returns what came before that last event.
func (c *Conn) Until(stop func(Event) bool) (before []Event, last Event) {
	return c.until(c.deadline(), stop)
}

func (c *Conn) until(deadline time.Time, stop func(Event) bool) (before []Event, last Event) {
	for {
		ev := c.next(deadline)
		if ev.Kind == KindTimeout || ev.End() || stop(ev) {
			return before, ev
		}
		before = append(before, ev)
	}
}

func (c *Conn) deadline() time.Time { return time.Now().Add(c.opts.Timeout) }

func (c *Conn) next(deadline time.Time) Event {
	for {
		ev := c.read(deadline)
		if ev.Kind != KindFrame || !c.noise(ev.Frame) {
			return ev
		}
	}
}

// NextAny returns the next event, noise or not, waiting for it up to wait.
func (c *Conn) NextAny(wait time.Duration) Event { return c.read(time.Now().Add(wait)) }

// read returns the next event. After the last one it returns that one again.
func (c *Conn) read(deadline time.Time) Event {
	for {
		if ev, ok := c.parse(); ok {
			return c.took(ev)
		}
		if c.end.Kind != KindTimeout {
			return c.end
		}
		c.nc.SetReadDeadline(deadline)
		c.grow()
		n, err := c.nc.Read(c.in[len(c.in):cap(c.in)])
		c.in = c.in[:len(c.in)+n]
		c.received += n
		if n > 0 || err == nil {
			continue
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			c.silent = true
			return Event{Kind: KindTimeout, At: c.opts.Log.since()}
		}
		return c.ended(err)
	}
}

const readSize = 4 << 10

func (c *Conn) grow() {
	if cap(c.in)-len(c.in) < readSize {
		c.in = append(make([]byte, 0, 2*len(c.in)+readSize), c.in...)
	}
}

// ended records the last event. A FIN after a refused write hides the reset that refused it.
func (c *Conn) ended(err error) Event {
	ev := Event{Kind: KindReset, Octets: c.in, Err: err}
	if errors.Is(err, io.EOF) {
		ev.Kind, ev.Err = KindFIN, nil
		if c.resetErr != nil {
			ev.Kind, ev.Err = KindReset, c.resetErr
		}
	}
	if len(c.in) > 0 {
		c.opts.Log.octetsIn(c.id, c.in, "(incomplete)")
	}
	c.in = nil
	c.end = c.took(ev)
	return c.end
}

// parse takes the next header or frame out of what was received.
func (c *Conn) parse() (Event, bool) {
	switch {
	case c.broken:
		c.in = c.in[:0]
		return Event{}, false
	case len(c.in) == 0:
		return Event{}, false
	case c.received > receiveMax:
		return c.breakOff(KindMalformed, fmt.Errorf("more came than is kept of a connection, %d octets", receiveMax)), true
	}
	var h wire.ProtocolHeader
	n, err := h.Decode(c.in)
	switch {
	case err != nil && !c.started:
		return c.breakOff(KindGarbage, nil), true
	case err != nil:
		return c.parseFrame()
	case n == 0:
		return Event{}, false
	}
	c.started = true
	return Event{Kind: KindHeader, Header: h, Octets: c.take(n)}, true
}

func (c *Conn) parseFrame() (Event, bool) {
	if len(c.in) >= 4 {
		if size := binary.BigEndian.Uint32(c.in); size > c.opts.MaxFrame {
			return c.breakOff(KindMalformed, fmt.Errorf("a frame of %d octets was announced", size)), true
		}
	}
	var raw wire.RawFrame
	n, err := raw.Decode(c.in)
	if err != nil {
		return c.breakOff(KindMalformed, err), true
	}
	if n == 0 {
		return Event{}, false
	}
	octets := c.take(n)
	raw.Decode(octets)
	return Event{Kind: KindFrame, Frame: newFrame(octets, raw)}, true
}

// take removes n octets from the input and returns a copy.
func (c *Conn) take(n int) []byte {
	octets := append([]byte(nil), c.in[:n]...)
	c.in = append(c.in[:0], c.in[n:]...)
	return octets
}

func (c *Conn) breakOff(kind Kind, err error) Event {
	c.broken = true
	return Event{Kind: kind, Octets: c.take(len(c.in)), Err: err}
}

// took logs an event and keeps what the model needs of it.
func (c *Conn) took(ev Event) Event {
	ev.At, c.silent = c.opts.Log.since(), false
	c.trace = append(c.trace, ev)
	c.received += eventCost
	switch ev.Kind {
	case KindFrame:
		c.opts.Log.octetsIn(c.id, ev.Frame.Octets, cut(ev.Frame.String()))
		c.remote.took(ev.Frame)
	case KindFIN, KindReset:
		c.opts.Log.add(c.id, In, "", ev.String())
	default:
		c.opts.Log.octetsIn(c.id, ev.Octets, ev.String())
	}
	return ev
}

func (r *Remote) took(f *Frame) {
	switch {
	case f.Name == "open" && r.Open == nil:
		r.Open, r.ContainerID = f, f.Text("container-id")
		size, _ := f.Uint("max-frame-size")
		channel, _ := f.Uint("channel-max")
		idle, _ := f.Uint("idle-time-out")
		r.MaxFrameSize, r.ChannelMax = uint32(size), uint16(channel)
		r.IdleTimeOut = time.Duration(idle) * time.Millisecond
	case f.Name == "close" && r.Close == nil:
		r.Close = f
	}
}
