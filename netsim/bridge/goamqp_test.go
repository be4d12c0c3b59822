package bridge

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/Azure/go-amqp"

	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/sim"
)

// workload is a shape of the go-amqp program below.
type workload struct {
	conns, senders, receivers, messages int
	path                                netsim.Path
	idle                                time.Duration
	faults                              []string
}

// scenario runs the workload: each connection has an application goroutine that
// opens it, and one for each of its links, all on one session. Goroutines count
// what they have achieved; errors end them.
func (l workload) scenario() *sim.Scenario {
	return &sim.Scenario{Name: "goamqp", Host: Host, Run: func(w *sim.World) {
		n := netsim.New(w, netsim.Options{Path: l.path})
		for _, f := range l.faults {
			n.Inject(netsim.MustParseFault(f))
		}
		b := New(w, Options{Piece: amqpFrame})
		defer b.Close()
		listen, err := n.Host("broker").Listen("tcp", ":5672")
		if err != nil {
			w.Fail("test", "listen: %v", err)
		}
		w.Go("broker", func() { servePeer(w, listen) })
		g := w.NewWaitGroup("apps")
		for i := range l.conns {
			a := &app{l: l, b: b, n: n, w: w, i: i, done: g}
			g.Add(1)
			b.Go("app", a.run)
		}
		g.Wait()
		listen.Close()
	}}
}

// app is one connection of the program.
type app struct {
	l    workload
	b    *Bridge
	n    *netsim.Network
	w    *sim.World
	i    int
	done *sim.WaitGroup
}

func (a *app) run(g *Gate) {
	defer g.Sim(func() { a.done.Done() })
	nc, err := g.Dial(a.n.Host(fmt.Sprintf("client%d", a.i)), "broker:5672")
	if err != nil {
		g.Sim(func() { a.w.Note("dial", err.Error()) })
		return
	}
	ctx := context.Background()
	var conn *amqp.Conn
	g.Do(func() {
		conn, err = amqp.NewConn(ctx, nc, &amqp.ConnOptions{
			ContainerID: fmt.Sprintf("client%d", a.i), HostName: "broker", IdleTimeout: a.l.idle,
		})
	})
	if err != nil {
		nc.Close()
		a.note(g, "open", err)
		return
	}
	defer a.close(g, conn)
	var s *amqp.Session
	g.Do(func() { s, err = conn.NewSession(ctx, nil) })
	a.note(g, "begin", err)
	if err != nil {
		return
	}
	var links []chan struct{}
	for k := range a.l.senders + a.l.receivers {
		done := make(chan struct{})
		links = append(links, done)
		g.Sim(func() {
			a.b.Go("link", func(g *Gate) {
				defer close(done)
				if k < a.l.senders {
					a.sender(g, s, k)
				} else {
					a.receiver(g, s, k)
				}
			})
		})
	}
	for _, done := range links {
		<-done
	}
}

func (a *app) close(g *Gate, conn *amqp.Conn) {
	var err error
	g.Do(func() { err = conn.Close() })
	a.note(g, "close", err)
}

func (a *app) sender(g *Gate, s *amqp.Session, k int) {
	var l *amqp.Sender
	var err error
	ctx := context.Background()
	g.Do(func() { l, err = s.NewSender(ctx, "q", &amqp.SenderOptions{Name: fmt.Sprint("link", k)}) })
	a.note(g, "attach", err)
	for i := 0; i < a.l.messages && err == nil; i++ {
		g.Do(func() { err = l.Send(ctx, amqp.NewMessage(fmt.Appendf(nil, "%d from %d", i, k)), nil) })
		a.note(g, "sent", err)
	}
	if err == nil {
		g.Do(func() { err = l.Close(ctx) })
		a.note(g, "detach", err)
	}
}

// receiver gives credit by hand: in go-amqp a flow that is due by itself races with
// Close in a select statement.
func (a *app) receiver(g *Gate, s *amqp.Session, k int) {
	var l *amqp.Receiver
	var err error
	ctx := context.Background()
	g.Do(func() {
		l, err = s.NewReceiver(ctx, "q", &amqp.ReceiverOptions{Name: fmt.Sprint("link", k), Credit: -1})
	})
	a.note(g, "attach", err)
	if err == nil {
		g.Do(func() { err = l.IssueCredit(uint32(a.l.messages)) })
	}
	for i := 0; i < a.l.messages && err == nil; i++ {
		var m *amqp.Message
		g.Do(func() { m, err = l.Receive(ctx, nil) })
		a.note(g, "received", err)
		if err == nil {
			g.Do(func() { err = l.AcceptMessage(ctx, m) })
		}
	}
	if err == nil {
		g.Do(func() { err = l.Close(ctx) })
		a.note(g, "detach", err)
	}
}

// note records the outcome of a call, by the kind of its error.
func (a *app) note(g *Gate, what string, err error) {
	var ce *amqp.ConnError
	text := "ok"
	switch {
	case errors.As(err, &ce):
		text = "connection error"
	case errors.Is(err, net.ErrClosed):
		text = "closed"
	case err != nil:
		text = "error"
	}
	g.Sim(func() { a.w.Note(what, text) })
}

var shapes = map[string]workload{
	"one sender":    {conns: 1, senders: 1, messages: 5},
	"senders":       {conns: 1, senders: 4, messages: 4},
	"both":          {conns: 2, senders: 2, receivers: 2, messages: 3},
	"latency":       {conns: 3, senders: 2, receivers: 1, messages: 3, path: netsim.Path{Latency: 3 * time.Millisecond, Jitter: 5 * time.Millisecond, Split: netsim.SplitRandom}},
	"bytes":         {conns: 2, senders: 2, receivers: 1, messages: 2, path: netsim.Path{Split: netsim.SplitBytes}},
	"idle time-out": {conns: 3, senders: 1, messages: 2, idle: time.Second, path: netsim.Path{Latency: 700 * time.Millisecond}},
	"faults": {conns: 3, senders: 2, receivers: 2, messages: 3, idle: 10 * time.Second, faults: []string{
		"reset client0->broker#1 @byte 300", "stall client1<-broker#1 @byte 250 for 3s", "half-close client2<-broker#1 @byte 200"}},
}

func TestGoAMQPRepeats(t *testing.T) {
	seeds, repeats := uint64(20), 4
	for name, l := range shapes {
		t.Run(name, func(t *testing.T) {
			s := l.scenario()
			digests := map[uint64]bool{}
			for seed := range seeds {
				var first sim.Result
				for i := range repeats {
					w := sim.NewWorld(sim.Options{})
					r := sim.Execute(w, s, sim.RunConfig{Seed: seed, Keep: true})
					w.Close()
					if r.Failure != nil {
						t.Fatalf("seed %d: %v", seed, r.Failure)
					}
					if i == 0 {
						first = r
						digests[r.Digest] = true
					} else if r.Digest != first.Digest {
						t.Fatalf("seed %d diverges in repeat %d", seed, i)
					}
				}
			}
			if len(digests) < int(seeds)/2 {
				t.Errorf("%d seeds gave %d runs", seeds, len(digests))
			}
		})
	}
}

func TestGoAMQPGetsEverythingThrough(t *testing.T) {
	for seed := range uint64(10) {
		l := shapes["both"]
		w := sim.NewWorld(sim.Options{})
		r := sim.Execute(w, l.scenario(), sim.RunConfig{Seed: seed, Keep: true})
		w.Close()
		if r.Failure != nil {
			t.Fatal(r.Failure)
		}
		count := map[string]int{}
		for _, e := range r.History.Events {
			count[e.Name+" "+e.Text]++
		}
		want := map[string]int{"begin ok": 2, "attach ok": 8, "sent ok": 12, "received ok": 12, "detach ok": 8, "close ok": 2}
		if fmt.Sprint(count) != fmt.Sprint(want) {
			t.Fatalf("seed %d: %v", seed, count)
		}
	}
}

// A replay follows the recorded decisions: gates, pieces and the clock.
func TestGoAMQPReplays(t *testing.T) {
	s := shapes["latency"].scenario()
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	a := sim.Execute(w, s, sim.RunConfig{Seed: 3, Keep: true})
	b := sim.Execute(w, s, sim.RunConfig{Seed: 3, Keep: true, Strategy: sim.Replay(a.Schedule)})
	if a.Digest != b.Digest || !b.Drift.Zero() {
		t.Errorf("digests %x and %x, drift %+v", a.Digest, b.Digest, b.Drift)
	}
}
