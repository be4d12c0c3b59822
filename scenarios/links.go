package scenarios

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/record"
	"github.com/collider-amqp/collider/scenarios/stage"
	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
	"github.com/collider-amqp/collider/sim/history"
)

// Links: sessions and links that begin, carry messages, drain and end in every way
// that an application has, from both sides, several at once on one connection.
//
//	        lane ══ link, link, link… ══▶┌────────┐
//	client  lane ◀═ link, link, link… ══ │ server │
//	        └── one connection ─────────▶└────────┘
var Links = &sim.Scenario{
	Name: "links",
	Doc:  "sessions and links that begin, carry messages, drain and end in every way",
	Properties: rules(
		"LINK-1", "each link, and each drain, comes to its end",
		"LINK-2", "what a sender had credit for before its end is received, in order",
		"LINK-3", "each message has the outcome that its receiver gave it",
		"LINK-4", "a connection that both sides close ends without an error",
		"CREDIT-1", "no message without credit",
		"ENG-4", "a sender has no more credit than the receiver's window",
		"DELIVERY-2", "nothing is received twice",
		"ORD-7", "an error callback is followed by its close callback at once",
		"ORD-12", "sessions and links open before anything else",
		"ORD-15", "after a drain no message comes without new credit",
		"ORD-16", "each outcome is followed by its settlement",
		"ORD-17", "a message sent settled has no outcome callbacks",
		"ORD-18", "a drain comes to its end by a callback",
		"SER-1", "callbacks of one connection never overlap",
	),
	Params: []sim.Param{
		{Name: "lanes", Doc: "links at once", Default: 2, Min: 1, Max: 3},
		{Name: "rounds", Doc: "links of each lane, one after another", Default: 3, Min: 1, Max: 4},
		{Name: "messages", Doc: "most messages of a link", Default: 4, Min: 1, Max: 6},
		{Name: "size", Doc: "most octets of a message", Default: 40, Min: 10, Max: 1500, Draw: sim.Switch},
		{Name: "huge", Doc: "every third message is of 100 000 octets (1), if the streams are wide and whole", Default: 0, Min: 0, Max: 1, Draw: sim.Switch},
		{Name: "frame", Doc: "frames are of any size (0) or of 512 octets at most (1)", Default: 0, Min: 0, Max: 1, Draw: sim.Switch},
		{Name: "tight", Doc: "a stream holds 64 KiB (0), or 64 octets times this", Default: 0, Min: 0, Max: 4, Draw: sim.Switch},
		workersParam, latencyParam, splitParam,
	},
	Run:   links,
	Check: stage.Judge,
	Steps: steps,
}

// linkEnd is how a link ends.
type linkEnd uint8

const (
	endClose      linkEnd = iota
	endError              // close with an error
	endDetach             // detach, and close when that is answered
	endReattach           // detach, attach again, and close then
	endSession            // the link's session ends, with the link
	endSessionErr         // with an error
	endByServer           // the server closes, with an error or without

	linkEnds
)

// linkLife is one link: what is to happen to it, and how far that is. It lives on its
// connection at the client.
type linkLife struct {
	lane    *lane
	in      bool // messages come to the client
	settled bool // sent settled
	own     bool // on a session of its own
	end     linkEnd
	hasty   bool // ends without waiting for outcomes
	drains  bool // drains now and then
	count   int  // messages
	first   uint64

	sender   *container.Sender
	receiver *container.Receiver
	sent     int
	got      int
	credit   int // granted and not used, as the client counts
	promised int // granted during a drain
	draining bool
	outcomes map[*container.Tracker]uint64
	ending   bool
	back     bool // attached again
	over     bool
}

// lane is links one after another.
type lane struct {
	w    *linkWorld
	draw *choice.Stream
	left int
	conn *container.Connection
	life *linkLife
}

// linkWorld is what both sides of one run share. Messages are numbered by their
// senders, who alone know how many there are; the server learns from the address
// what it is to send.
type linkWorld struct {
	*house
	client, server *record.Container
	mu             *sim.Mutex
	next           uint64            // number of the next message, guarded by mu
	last           map[uint64]uint64 // last message received of a link, by its first one; guarded by mu
	live           int               // lanes that are not done; belongs to the connection
}

func links(w *sim.World) {
	x := newHouse(w)
	if tight := int(w.Param("tight")); tight > 0 {
		path := x.path
		path.SendBuffer, path.ReceiveBuffer = 32*tight, 32*tight
		x.Net.SetPaths("client", "server", path)
	}
	lw := &linkWorld{house: x, mu: w.NewMutex("messages"), next: 1, last: make(map[uint64]uint64)}
	options := func(h container.Handler) container.ConnectionOptions {
		o := container.ConnectionOptions{Handler: h}
		if w.Param("frame") == 1 {
			o.MaxFrameSize = 512
		}
		return o
	}
	lw.server = x.Container("server", quiet{})
	listener := x.Listen(lw.server, quietListener{opts: func() container.ConnectionOptions {
		return options(&linkServer{w: lw, left: make(map[*container.Sender]*supply), moods: w.Rand("server")})
	}})
	serving := x.run(lw.server)
	lw.client = x.Container("client", quiet{})
	w.Mark()
	met := w.Expect("LINK-1", "each link, and each drain, comes to its end")
	if err := lw.client.Connect("server", options(newLinkClient(lw))); err != nil {
		w.FailError(err)
	}
	x.JoinRun(x.run(lw.client), "the last connection has closed")
	met()
	listener.Stop()
	x.JoinRun(serving, "the listener and the last connection have closed")
	x.Finish()
}

// broken fails the run: nothing in this world gives a stream reason to fail.
func (lw *linkWorld) broken(c *container.Connection) {
	lw.w.Fail("LINK-4", "the transport failed: %v", c.TransportError())
}

// number claims n message numbers and returns the first.
func (lw *linkWorld) number(n int) uint64 {
	lw.mu.Lock()
	defer lw.mu.Unlock()
	first := lw.next
	lw.next += uint64(n)
	return first
}

// message makes a message, whose number it holds with that of its link's first.
func (lw *linkWorld) message(item, first uint64) *container.Message {
	size := 1 + item*37%uint64(lw.w.Param("size"))
	if item%3 == 0 && lw.w.Param("huge") == 1 && lw.w.Param("tight")+lw.w.Param("split") == 0 {
		size = hugeMessage
	}
	m := container.NewMessage(make([]byte, size))
	m.SetID(item)
	m.SetCorrelationID(first)
	return m
}

// received notes a message and judges its place.
func (lw *linkWorld) received(m *container.Message) uint64 {
	item, _ := m.ID().(uint64)
	first, _ := m.CorrelationID().(uint64)
	lw.w.Recorder().Note(history.Event{Name: history.NoteReceived, Item: item})
	lw.mu.Lock()
	defer lw.mu.Unlock()
	want := first
	if last := lw.last[first]; last != 0 {
		want = last + 1
	}
	if item != want {
		lw.w.Fail("LINK-2", "message %d came in place of message %d", item, want)
	}
	lw.last[first] = item
	return item
}

// arrived returns how many messages of a link have been received.
func (lw *linkWorld) arrived(first uint64) int {
	lw.mu.Lock()
	defer lw.mu.Unlock()
	if last := lw.last[first]; last != 0 {
		return int(last-first) + 1
	}
	return 0
}

// send sends a message; history.NoteSent comes first.
func (lw *linkWorld) send(c *record.Container, s *container.Sender, item, first uint64) *container.Tracker {
	lw.w.Recorder().Note(history.Event{Name: history.NoteSent, Item: item})
	t, err := c.Send(s, lw.message(item, first))
	if err != nil {
		lw.w.FailError(fmt.Errorf("message %d: %w", item, err))
	}
	return t
}

// onPurpose is the error that links and sessions end with.
var onPurpose = &container.Error{Condition: "scenario:on-purpose", Description: "an end with an error"}

// The outcomes, by the number of the message.
const (
	accepts = iota
	rejects
	releases
	modifies

	outcomes
)

// outcome is what the receiver of a message makes of it.
func outcome(item uint64) int { return int(item/2) % outcomes }

// hugeMessage is the size of a huge message, in octets: two are more than an engine
// keeps ready to be written.
const hugeMessage = 100_000

// supply is what the server still has to send on a link.
type supply struct {
	next, end, first uint64
	closes           bool // when all is sent
}

// address is the node that a client receives from: it says what is sent.
func (s *linkLife) address() string {
	return fmt.Sprintf("%d-%d-%t", s.first, s.count, s.end == endByServer)
}

func parseSupply(address string) *supply {
	part := strings.Split(address, "-")
	if len(part) != 3 {
		return nil
	}
	first, _ := strconv.ParseUint(part[0], 10, 64)
	count, _ := strconv.ParseUint(part[1], 10, 64)
	return &supply{first, first + count, first, part[2] == "true"}
}
