package scenarios

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/Azure/go-amqp"

	"github.com/collider-amqp/collider/netsim/bridge"
	"github.com/collider-amqp/collider/scenarios/node"
	"github.com/collider-amqp/collider/scenarios/stage"
	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
)

// GoAMQPClient is the real go-amqp, unchanged, against the broker: its goroutines
// run behind gates in a synctest bubble, our container in the World.
//
//	go-amqp ══ gates ══▶┌────────┐
//	go-amqp ◀═ gates ═══│ broker │
//	                    └────────┘
var GoAMQPClient = &sim.Scenario{
	Name: "go-amqp-client",
	Doc:  "go-amqp sends to and receives from the broker, in lock-step in a bubble",
	Tags: []string{"bridged"},
	Properties: rules(
		"DELIVERY-1", "what the broker accepted is received",
		"DELIVERY-2", "nothing is received twice",
		"WQ-2", "messages of one sender arrive in order",
		"SER-1", "callbacks of one connection never overlap",
		"RUN-6", "Run returns when the last connection has closed",
	),
	Params: []sim.Param{
		{Name: "senders", Doc: "connections that send", Default: 1, Min: 1, Max: 2},
		{Name: "messages", Doc: "messages of each", Default: 4, Min: 1, Max: 6},
		{Name: "credit", Doc: "credit that the receiver issues at a time", Default: 2, Min: 1, Max: 4},
		workersParam, latencyParam, splitParam,
	},
	Host:  bridge.Host,
	Run:   goAMQPClient,
	Check: stage.Judge,
	Steps: steps,
}

// frameSize tells the bridge where a unit of AMQP ends (§2.3.1): after the 8
// octets of a protocol header, or after the size that a frame begins with.
func frameSize(p []byte) int {
	switch {
	case len(p) < 4:
		return 8
	case string(p[:4]) == "AMQP":
		return 8
	}
	return int(binary.BigEndian.Uint32(p))
}

// foreign is the go-amqp side of a run.
type foreign struct {
	*house
	b *bridge.Bridge
}

func goAMQPClient(w *sim.World) {
	x := newHouse(w)
	server := x.Container("broker", quiet{})
	listener := x.Listen(server, quietListener{opts: node.NewBroker(server).ConnectionOptions})
	serving := x.run(server)

	f := &foreign{x, bridge.New(w, bridge.Options{Piece: frameSize})}
	defer f.b.Close()
	senders, messages := int(w.Param("senders")), int(w.Param("messages"))
	w.Mark()
	var apps []*sim.Thread
	for i := range senders {
		apps = append(apps, f.b.Go(fmt.Sprintf("sender-%d", i), func(g *bridge.Gate) { f.sender(g, i, messages) }))
	}
	apps = append(apps, f.b.Go("receiver", func(g *bridge.Gate) { f.receiver(g, senders, messages) }))
	met := w.Expect("DELIVERY-1", "go-amqp's calls return")
	for _, t := range apps {
		t.Join()
	}
	met()
	listener.Stop()
	x.JoinRun(serving, "the listener and the last connection have closed")
	x.Finish()
}

// connect opens a connection and a session; close closes the connection.
func (f *foreign) connect(g *bridge.Gate, name string) (s *amqp.Session, close func()) {
	nc, err := g.Dial(f.Net.Host(name), "broker:5672")
	f.must(g, err)
	var conn *amqp.Conn
	g.Do(func() {
		conn, err = amqp.NewConn(context.Background(), nc, &amqp.ConnOptions{ContainerID: name, HostName: "broker", IdleTimeout: -1})
	})
	f.must(g, err)
	g.Do(func() { s, err = conn.NewSession(context.Background(), nil) })
	f.must(g, err)
	return s, func() {
		g.Do(func() { err = conn.Close() })
		f.must(g, err)
	}
}

// must fails the run if err is set: nothing in this world gives go-amqp a reason
// to fail.
func (f *foreign) must(g *bridge.Gate, err error) {
	if err != nil {
		g.Sim(func() { f.w.Fail("DELIVERY-1", "go-amqp failed: %v", err) })
	}
}

func (f *foreign) note(g *bridge.Gate, name string, item uint64) {
	g.Sim(func() { f.w.Recorder().Note(history.Event{Name: name, Item: item}) })
}

func (f *foreign) sender(g *bridge.Gate, i, messages int) {
	s, closeConn := f.connect(g, fmt.Sprintf("sender-%d", i))
	var link *amqp.Sender
	var err error
	g.Do(func() {
		link, err = s.NewSender(context.Background(), "q", &amqp.SenderOptions{Name: fmt.Sprintf("sender-%d", i)})
	})
	f.must(g, err)
	for n := range messages {
		item := uint64(i*messages + n + 1)
		f.note(g, history.NoteSent, item)
		g.Do(func() { err = link.Send(context.Background(), &amqp.Message{Value: item}, nil) })
		f.must(g, err)
		f.note(g, history.NoteAccepted, item)
	}
	closeConn()
}

func (f *foreign) receiver(g *bridge.Gate, senders, messages int) {
	s, closeConn := f.connect(g, "receiver")
	var link *amqp.Receiver
	var err error
	// With automatic credit go-amqp races with itself: the flow that follows a
	// message carries the session's next-incoming-id from before or after it.
	g.Do(func() {
		link, err = s.NewReceiver(context.Background(), "q", &amqp.ReceiverOptions{Name: "receiver", Credit: -1})
	})
	f.must(g, err)
	last := make([]uint64, senders)
	credit := int(f.w.Param("credit"))
	for n := range senders * messages {
		if n%credit == 0 {
			g.Do(func() { err = link.IssueCredit(uint32(credit)) })
			f.must(g, err)
		}
		var m *amqp.Message
		g.Do(func() { m, err = link.Receive(context.Background(), nil) })
		f.must(g, err)
		item, _ := m.Value.(uint64)
		f.note(g, history.NoteReceived, item)
		from := int(item-1) / messages
		if item <= last[from] {
			g.Sim(func() { f.w.Fail("WQ-2", "message %d of sender %d came after message %d", item, from, last[from]) })
		}
		last[from] = item
		g.Do(func() { err = link.AcceptMessage(context.Background(), m) })
		f.must(g, err)
	}
	closeConn()
}
