package netsim

import (
	"net"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
)

// Host is a computer on the network. Its methods may be called from any thread of
// the World. It satisfies the container's Transport.
//
// Its software are the threads started by Go, or by the Env, and their children: they
// stop when the host crashes, and their time is that of the host's clock. Threads of
// the World may use the host's sockets, too.
type Host struct {
	obj       sim.Object
	n         *Network
	name      string
	port      int // next one to give
	listeners []*Listener

	machine *sim.Machine // of the present or, if it is down, the last incarnation
	clock   sim.Clock
	down    bool
	silent  bool // it has restarted and nothing listens yet: dials get no answer
	core    bool // it must work: see Network.HealCore
	boots   []boot
}

// boot is a function of OnRestart.
type boot struct {
	by *sim.Thread
	f  func()
}

// The ports given to those who ask for none in particular.
const (
	firstPort = 49152
	lastPort  = 65535
)

// Name returns the host's name.
func (h *Host) Name() string { return h.name }

// Network returns the network that the host is on.
func (h *Host) Network() *Network { return h.n }

// Machine returns what the host's software runs on. It is another one after each
// restart; that of a host which is down has crashed.
//
//go:norace
func (h *Host) Machine() (m *sim.Machine) {
	h.n.w.Inside(func() { m = h.machine })
	return m
}

// Env returns the Env of the host's software, for a program to be started now.
func (h *Host) Env() sim.Env { return h.Machine().Env() }

// Go starts a thread of the host's software. On a host that is down it never runs.
func (h *Host) Go(name string, f func()) *sim.Thread { return h.Machine().Go(name, f) }

// SetClock gives the host a clock. It is called before the host's software starts:
// what runs already keeps its clock until the next restart.
//
//go:norace
func (h *Host) SetClock(c sim.Clock) {
	if w := h.n.w; w.Outside() {
		w.Inside(func() { h.SetClock(c) })
		return
	}
	h.clock = c
	if !h.down {
		h.machine = h.n.w.NewMachine(h.name, c)
	}
}

// Up reports whether the host runs. It is no choice point.
//
//go:norace
func (h *Host) Up() (up bool) {
	h.n.w.Inside(func() { up = !h.down })
	return up
}

// OnRestart lets f be called after each restart, in a new thread of the host's
// software that is a child, named "boot", of the calling thread.
//
//go:norace
func (h *Host) OnRestart(f func()) {
	h.toBoots()
	h.n.w.Inside(func() {
		h.boots = append(h.boots, boot{h.n.w.CurrentThread(), func() { h.booting(); f() }})
	})
}

// Crash stops the host at once, as a loss of power does: its software never runs
// again (see sim.Machine.Crash), its listeners and connections are gone without a
// word, and what arrives is lost until Restart. Bytes that it has sent and that are
// on the way still arrive. What was in its memory is lost: bytes that wait for their
// turn on the line, and those that would have to be sent again because a stall, a
// partition or a full buffer keeps them from the receiver. A host that is down stays
// as it is.
//
// Objects of the software that has crashed, such as its containers and connections,
// should not be used any more: a lock that it held is never released.
//
//go:norace
func (h *Host) Crash() {
	if w := h.n.w; w.Outside() {
		h.n.toObserver()
		w.Inside(h.Crash)
		return
	}
	h.obj.Point(sim.OpClose, true)
	if !h.crash() {
		return
	}
	h.n.w.Recorder().Fault(history.Event{Name: Crash.String(), Text: Crash.String() + " " + h.name})
	h.obj.Point(sim.OpClose, true) // at which the machine stops
}

// Restart brings a host back that has crashed: it can listen and dial again, and the
// functions of OnRestart start its software. What then arrives for a connection of
// before is answered with a reset, and a dial, also one that has waited, with a
// refusal until something listens, or with nothing (Options.SilentBoot). A host that
// is up stays as it is.
//
//go:norace
func (h *Host) Restart() {
	if w := h.n.w; w.Outside() {
		h.n.toObserver()
		h.toBoots()
		w.Inside(h.Restart)
		return
	}
	h.obj.Point(sim.OpStart, true)
	h.restart()
}

// crash reports whether the host was up.
func (h *Host) crash() bool {
	if h.down {
		return false
	}
	h.down = true
	h.machine.Crash()
	for _, l := range h.listeners {
		l.closed, l.backlog = true, l.backlog[:0]
		l.update()
	}
	h.listeners = h.listeners[:0]
	for _, d := range append([]*handshake(nil), h.n.dials...) {
		d.vanish(h)
	}
	for _, p := range h.n.pairs {
		if p.over {
			continue
		}
		if p.a.host == h {
			p.a.vanish()
		}
		if p.b.host == h && p.met {
			p.b.vanish()
		}
	}
	return true
}

func (h *Host) restart() {
	if !h.down {
		return
	}
	n := h.n
	h.down, h.silent = false, n.silentBoot
	h.machine = n.w.NewMachine(h.name, h.clock)
	n.w.Recorder().Fault(history.Event{Name: "restart", Text: "restart " + h.name})
	for _, p := range n.pairs {
		if p.a.host == h && p.a.gone && !p.over {
			p.a.in.resume()
		}
		if p.b.host == h && p.b.gone && !p.over {
			p.b.in.resume()
		}
	}
	n.retry(nil)
	for _, b := range h.boots {
		h.machine.GoFrom(b.by, "boot", b.f)
	}
}

// vanish ends what a host that crashes has to do with a handshake.
func (d *handshake) vanish(h *Host) {
	switch {
	case d.from == h && d.stage < stageACK:
		d.err = errDialDown
		d.giveUp()
		d.obj.Switch(classDial, true)
	case d.to == h && d.stage == stageQueue:
		d.event.Stop()
		d.close()
	}
}

// vanish ends c because its host crashes: nobody is told.
func (c *Conn) vanish() {
	if c.gone {
		return
	}
	c.gone = true
	c.readEvent.Stop()
	c.writeEvent.Stop()
	c.in.buf.skip(c.in.ready)
	c.in.ready = 0
	c.closed = true
	if !c.dead {
		c.dead = true
		c.out.orphan()
	}
	c.in.update()
	c.p.settle()
}

// orphan leaves the stream without a writer: what has not left its host is lost.
func (s *stream) orphan() {
	s.orphaned = true
	switch left := s.flights.depart(s.n.w.Elapsed(), s.arrived); {
	case s.arrived > s.passed:
		s.wipe(true) // it waits, and would have to be sent again
	case left < s.sent:
		s.buf.cut(s.ready + int(left-s.passed))
		s.sent = left
		s.loseEnd()
	}
	s.schedule()
	s.update()
}

// loseEnd loses an end of the stream that has not arrived.
func (s *stream) loseEnd() {
	if !s.end.done {
		s.endLost = true
	}
}

// Listen binds a port of the host: "broker:5672", ":5672", or ":0" for a port of
// the network's choice. The network is "tcp". Errors are a *net.OpError around
// EADDRINUSE, EADDRNOTAVAIL (the address names another host), ENETDOWN (the host is
// down) or the reason why the address cannot be read.
func (h *Host) Listen(network, address string) (net.Listener, error) {
	if err := checkNetwork(network); err != nil {
		return nil, listenError(network, nil, err)
	}
	name, port, err := parseAddr(address)
	if err != nil {
		return nil, listenError(network, nil, err)
	}
	addr := Addr{h.name, port}
	if !self(name) && name != h.name && name != "0.0.0.0" && name != "::" {
		return nil, listenError(network, Addr{name, port}, errNotLocal)
	}
	return h.listen(network, addr)
}

//go:norace
func (h *Host) listen(network string, addr Addr) (l net.Listener, err error) {
	if w := h.n.w; w.Outside() {
		h.n.toObserver()
		w.Inside(func() { l, err = h.listen(network, addr) })
		return l, err
	}
	h.obj.Point(sim.OpStore, true)
	switch {
	case h.down:
		return nil, listenError(network, addr, errListenDown)
	case addr.Port == 0:
		addr.Port = h.freePort()
	case h.listener(addr.Port) != nil:
		return nil, listenError(network, addr, errInUse)
	}
	return h.bind(addr), nil
}

func (h *Host) bind(addr Addr) *Listener {
	l := h.n.memory.listeners.take()
	*l = Listener{h: h, backlog: l.backlog[:0], addr: l.addr}
	if l.addr != net.Addr(addr) {
		l.addr = addr
	}
	l.obj.Init(h.n.w, h.name)
	h.listeners = append(h.listeners, l)
	if h.silent {
		h.silent = false
		h.n.retry(nil)
	}
	return l
}

func (h *Host) listener(port int) *Listener {
	for _, l := range h.listeners {
		if l.addr.(Addr).Port == port {
			return l
		}
	}
	return nil
}

// freePort returns a port that no listener has.
func (h *Host) freePort() int {
	for {
		p := h.port
		if h.port++; h.port > lastPort {
			h.port = firstPort
		}
		if h.listener(p) == nil {
			return p
		}
	}
}
