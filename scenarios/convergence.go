package scenarios

import (
	"fmt"
	"slices"
	"time"

	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/scenarios/stage"
	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
)

// Convergence: clients and two brokers under faults of all kinds, then a core that
// works while everything else stays as broken as it is.
//
//	client-0 ──▶ broker-0 ──▶ client-0        each client sends to a queue of its own
//	client-1 ──▶ broker-1 ──▶ client-1        and receives from it
//	client-2 ──▶ broker-0 ──▶ client-2
var Convergence = &sim.Scenario{
	Name: "convergence",
	Doc:  "clients and two brokers under all faults; a core is healed, the rest freezes, and the core gets through",
	Properties: rules(
		"LIVE-1", "each client of the core whose broker is in the core gets all its messages through",
		"CRASH-1", "nothing of a container runs after it has crashed",
		"DELIVERY-3", "nothing is received that was not sent",
		"SER-1", "callbacks of one connection never overlap",
		"ORD-1", "connection callbacks in order",
		"ORD-5", "on_transport_close comes exactly once, also for a peer that has gone without a word",
		"OWN-6", "no callback after the final one",
		"SCHED-1", "a scheduled function runs once and not before its delay has passed, by its host's clock",
		"WQ-12", "delayed work does not run before its delay has passed, by its host's clock",
		"RUN-6", "auto-stop comes with the end of the last activity",
	),
	Params: []sim.Param{
		{Name: "clients", Doc: "clients, each on a host of its own", Default: 3, Min: 1, Max: 4},
		{Name: "messages", Doc: "messages of each client", Default: 3, Min: 1, Max: 5},
		{Name: "window", Doc: "credit window of the receivers", Default: 2, Min: 1, Max: 4},
		paceParam, workersParam, latencyParam, splitParam,
		resetParam, cutParam, refuseParam, stallParam, slowParam, crashParam, skewParam,
	},
	Run:   convergence,
	Check: stage.Judge,
	Steps: steps,
}

// clientHost is one client over its incarnations. Its tally is its disk.
type clientHost struct {
	x      *house
	host   string
	broker *server
	t      *tally
	life   *sim.Atomic[*clientLife]
}

// clientLife is a client from a start of its host to the next crash.
type clientLife struct {
	machine  *sim.Machine
	receiver *steadyReceiver
	running  *sim.Thread
}

func (p *clientHost) serve() {
	machine := p.x.Net.Host(p.host).Machine()
	c := p.x.Container(p.host, quiet{})
	if s := newSteadySender(p.x.w, c, p.broker.host, p.host, p.t); !s.done {
		s.connect()
	}
	r := newSteadyReceiver(p.x.w, c, p.broker.host, p.host, p.t, int(p.x.w.Param("window")))
	r.connect()
	p.life.Store(&clientLife{machine, r, p.x.run(c)})
}

// through reports whether the client's messages are where they belong.
func (p *clientHost) through() bool { return p.t.through(p.broker.forgot.Load()) }

// stop ends a client that has got all through.
func (p *clientHost) stop() {
	s := p.life.Load()
	for s == nil || s.machine.Crashed() { // it is about to come up
		p.x.w.Sleep(time.Millisecond)
		s = p.life.Load()
	}
	s.receiver.finish()
	p.x.JoinRun(s.running, "the last connection has closed")
}

// convergenceRun is what a run consists of.
type convergenceRun struct {
	*house
	brokers []*server
	clients []*clientHost
}

func convergence(w *sim.World) {
	x := &convergenceRun{house: newHouse(w)}
	var clients []string
	for i := range w.Param("clients") {
		clients = append(clients, fmt.Sprintf("client-%d", i))
	}
	brokers := []string{"broker-0", "broker-1"}
	hosts := append(slices.Clone(brokers), clients...)
	x.skew(hosts...)
	x.plan(allFaults, netsim.Menu{
		Dialers: append(slices.Clone(clients), "*"), Acceptors: append(slices.Clone(brokers), "*"), Hosts: hosts,
		Conns: 3, Bytes: 1000, Time: 10 * time.Millisecond, Predicates: places,
		Lasting: 20 * time.Millisecond, Delay: 5 * time.Millisecond,
	})
	links := make([][]uint32, len(brokers))
	for i := range clients {
		links[i%len(brokers)] = append(links[i%len(brokers)], uint32(i+1))
	}
	for i, b := range brokers {
		x.brokers = append(x.brokers, x.boot(b, links[i]...))
	}
	changed := sim.NewChan[bool](w, "changed", 1)
	w.Mark()
	messages := int(w.Param("messages"))
	for i, c := range clients {
		b := x.brokers[i%len(brokers)]
		p := &clientHost{x: x.house, host: c, broker: b, life: sim.NewAtomic(w, c, (*clientLife)(nil)),
			t: newTally(w, uint32(i+1), uint64(1+i*messages), messages, changed)}
		x.clients = append(x.clients, p)
		x.Boot(c, p.serve)
	}
	w.Sleep(time.Duration(w.Rand("phase").IntN(20)) * time.Millisecond)

	core := x.serving(append(x.Core(1, brokers...), x.Core(1, clients...)...))
	x.converge(core, changed)
	x.windUp(core)
	x.Finish()
}

// serving returns the core, or if none of its clients has its broker in it, and nothing
// could be demanded, the core with another broker. Such a core has one broker, at its
// beginning, and clients of the other one only: that takes its place.
func (x *convergenceRun) serving(core []string) []string {
	if slices.ContainsFunc(x.clients, func(p *clientHost) bool { return x.serves(core, p) }) {
		return core
	}
	i := slices.IndexFunc(x.clients, func(p *clientHost) bool { return slices.Contains(core, p.host) })
	core[0] = x.clients[i].broker.host
	return core
}

// converge heals the core and waits until its clients have got all through.
func (x *convergenceRun) converge(core []string, changed *sim.Chan[bool]) {
	var needed []*clientHost
	for _, p := range x.clients {
		if x.serves(core, p) {
			needed = append(needed, p)
		}
	}
	if len(needed) == 0 {
		panic("convergence: the core serves no client, and nothing is demanded")
	}
	met := x.Converge(core, sim.Goal{
		Rule: "LIVE-1", What: fmt.Sprintf("%d clients of the core %v get their messages through", len(needed), core),
		Steps: 150_000, Time: 5 * time.Second,
	})
	for slices.ContainsFunc(needed, func(p *clientHost) bool { return !p.through() }) {
		changed.Recv()
	}
	met()
}

// serves reports whether the core has all that a client needs.
func (x *convergenceRun) serves(core []string, p *clientHost) bool {
	return slices.Contains(core, p.host) && slices.Contains(core, p.broker.host)
}

// windUp ends the run: what has converged comes to its end by itself, and from what
// is frozen the power is taken.
func (x *convergenceRun) windUp(core []string) {
	for _, p := range x.clients {
		if !x.serves(core, p) {
			x.Net.Host(p.host).Crash()
			p.t.note(history.NoteForgot, 0) // what it has sent will never come back
		}
	}
	for _, p := range x.clients {
		if x.serves(core, p) {
			p.stop()
		}
	}
	for _, b := range x.brokers {
		if slices.Contains(core, b.host) {
			b.stop()
		} else {
			x.Net.Host(b.host).Crash()
		}
	}
}
