package scenarios

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/record"
	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/scenarios/node"
	"github.com/collider-amqp/collider/scenarios/stage"
	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
)

// CrashRecovery: the host of a broker in memory crashes and restarts while clients
// that connect anew go on. What an incarnation of the broker accepted is lost with it,
// so DELIVERY-1 is demanded of messages that were sent after the last crash; a message
// without an outcome is sent again, so that each comes at least once.
var CrashRecovery = &sim.Scenario{
	Name: "crash-recovery",
	Doc:  "a broker's host crashes and restarts; clients connect anew and send again what has no outcome",
	Properties: rules(
		"LIVE-1", "once nothing hinders it any more, every message gets through that the broker has not lost",
		"CRASH-1", "nothing of a container runs after it has crashed",
		"DELIVERY-1", "what the broker accepted after its last crash is received",
		"DELIVERY-3", "nothing is received that was not sent",
		"ORD-1", "connection callbacks in order",
		"ORD-5", "on_transport_close comes exactly once, also for a peer that has gone without a word",
		"OWN-6", "no callback after the final one",
		"SCHED-1", "a scheduled function runs once and not before its delay has passed, by its host's clock",
		"RUN-6", "auto-stop comes with the end of the last activity",
		"RUN-22", "each connection that was made gets exactly one on_transport_close",
	),
	Params: []sim.Param{
		{Name: "senders", Doc: "connections that send", Default: 1, Min: 1, Max: 2},
		{Name: "receivers", Doc: "connections that receive", Default: 1, Min: 1, Max: 2},
		{Name: "messages", Doc: "messages of each sender", Default: 4, Min: 1, Max: 6},
		{Name: "window", Doc: "credit window of the receivers", Default: 2, Min: 1, Max: 4},
		paceParam, workersParam, latencyParam, splitParam,
		{Name: "fault.crash", Doc: "crashes of the broker's host, each with a restart", Default: 1, Min: 0, Max: 3},
		skewParam, resetParam, cutParam, refuseParam, stallParam, slowParam,
	},
	Run:   crashRecovery,
	Check: stage.Judge,
	Steps: steps,
}

// server is one host's broker over its incarnations.
type server struct {
	x      *house
	host   string
	links  []uint32      // of its clients, in notes; 0: all
	forgot atomic.Uint64 // World.Seq of the last crash, set by the clock
	life   *sim.Atomic[*brokerLife]
}

// brokerLife is a broker from a start of its host to the next crash.
type brokerLife struct {
	machine  *sim.Machine
	listener *record.Listener
	serving  *sim.Thread
}

// boot starts the broker now and after each restart.
func (x *house) boot(host string, links ...uint32) *server {
	s := &server{x: x, host: host, links: links, life: sim.NewAtomic(x.w, host, (*brokerLife)(nil))}
	x.Boot(host, s.serve)
	return s
}

func (s *server) serve() {
	machine := s.x.Net.Host(s.host).Machine()
	machine.OnCrash(func() {
		s.forgot.Store(s.x.w.Seq())
		for _, l := range s.links {
			s.x.w.Recorder().Note(history.Event{Name: history.NoteForgot, Link: l})
		}
	})
	c := s.x.Container(s.host, quiet{})
	b := node.NewBroker(c)
	listener := s.x.Listen(c, quietListener{opts: func() container.ConnectionOptions {
		o := impatient
		mine := b.ConnectionOptions()
		o.Handler, o.OfferedCapabilities = mine.Handler, mine.OfferedCapabilities
		return o
	}})
	s.life.Store(&brokerLife{machine, listener, s.x.run(c)})
}

// stop ends the present incarnation, which has no more clients.
func (s *server) stop() {
	in := s.life.Load()
	for in == nil || in.machine.Crashed() { // it is about to come up
		s.x.w.Sleep(time.Millisecond)
		in = s.life.Load()
	}
	in.listener.Stop()
	s.x.JoinRun(in.serving, "the listener and the last connection have closed")
}

func crashRecovery(w *sim.World) {
	x := newHouse(w)
	x.skew("broker", "client")
	x.plan(allFaults, netsim.Menu{
		Dialers: []string{"client"}, Acceptors: []string{"broker"}, Hosts: []string{"broker"},
		Conns: 4, Bytes: 1000, Time: 10 * time.Millisecond, Predicates: places,
		Lasting: 20 * time.Millisecond, Delay: 5 * time.Millisecond,
	})
	broker := x.boot("broker", 0)
	client := x.Container("client", quiet{})
	changed := sim.NewChan[bool](w, "changed", 1)
	w.Mark()

	senders, messages := int(w.Param("senders")), int(w.Param("messages"))
	all := newTally(w, 0, 1, senders*messages, changed)
	for i := range senders {
		h := newSteadySender(w, client, "broker", "q", all)
		h.todo = h.todo[i*messages : (i+1)*messages]
		h.connect()
	}
	var receivers []*steadyReceiver
	for range w.Param("receivers") {
		r := newSteadyReceiver(w, client, "broker", "q", all, int(w.Param("window")))
		r.connect()
		receivers = append(receivers, r)
	}
	running := x.run(client)
	w.Sleep(time.Duration(w.Rand("phase").IntN(20)) * time.Millisecond)

	x.Net.Heal()
	met := w.Converge(sim.Goal{
		Rule: "LIVE-1", What: fmt.Sprintf("each of %d messages is accepted, and received unless the broker has lost it", senders*messages),
		Steps: 150_000, Time: 5 * time.Second,
	})
	for !all.through(broker.forgot.Load()) {
		changed.Recv()
	}
	met()
	for _, r := range receivers {
		r.finish()
	}
	x.JoinRun(running, "the last connection has closed")
	broker.stop()
	x.Finish()
}
