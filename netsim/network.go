package netsim

import (
	"time"

	"github.com/collider-amqp/collider/sim"
)

// Options of a Network. The zero value is a network without delays or faults.
type Options struct {
	// Path is that of each pair of hosts for which SetPath is not called.
	Path Path
	// Faults is the plan. A fault that is not valid is a panic of New; Validate
	// finds it before.
	Faults []Fault
	// Predicates are the conditions that faults may name: for each name a
	// function that makes a new Predicate for one stream.
	Predicates map[string]func() Predicate
	// Predicate makes the conditions that Predicates has not, so that their names can
	// have arguments: it returns the function for a name, or an error that says what
	// is wrong with it.
	Predicate func(name string) (func() Predicate, error)
	// SilentBoot leaves dials to a host that has restarted without an answer until
	// something listens there, as a machine does whose network comes up last. Without
	// it they are refused.
	SilentBoot bool
	// Observer is told what happens. Nil means nobody.
	Observer Observer

	_ struct{}
}

// Network is a simulated network. It belongs to one run of a World, is made by a
// thread of it, and may be used by all of them.
type Network struct {
	w          *sim.World
	memory     *memory
	path       Path
	predicates map[string]func() Predicate
	predicate  func(name string) (func() Predicate, error)
	silentBoot bool
	frozen     bool // there is a core: see HealCore
	observer   Observer

	hosts []*Host // in order of naming
	ways  []*way
	pairs []*pair // all of this run, by id-1
	dials []*handshake
	count []count // of dials

	plan   []*planned
	active []*activation
}

// count is the number of dials from one host to another.
type count struct {
	from, to string
	n        int
}

// New returns the network of the current run. It is called once per run, usually
// by main; a second network of the same run shares nothing with the first but
// the virtual time.
//
//go:norace
func New(w *sim.World, o Options) (n *Network) {
	if w.Outside() {
		e := newEdge()
		w.Inside(func() { reach(e); n = New(w, o) })
		return n
	}
	if tap, ok := w.Tap().(Observer); ok {
		o.Observer = tapping(o.Observer, tap)
	}
	m := memoryOf(w)
	n = m.networks.take()
	*n = Network{
		w: w, memory: m, path: o.Path.withDefaults(), predicates: o.Predicates, observer: o.Observer,
		predicate: o.Predicate, silentBoot: o.SilentBoot,
		hosts: n.hosts[:0], ways: n.ways[:0], pairs: n.pairs[:0], dials: n.dials[:0], count: n.count[:0],
	}
	if n.observer != nil {
		n.observer = observed{n, o.Observer}
	}
	for i := range o.Faults {
		n.Inject(o.Faults[i])
	}
	return n
}

// World returns the network's World.
func (n *Network) World() *sim.World { return n.w }

// Host returns the host of that name, which begins to exist with the first call.
// It panics if the name is not made of letters, digits, '.', '_' and inner '-'.
//
//go:norace
func (n *Network) Host(name string) (h *Host) {
	if n.w.Outside() {
		name = string(privately([]byte(name)))
		n.w.Inside(func() { h = n.Host(name) })
		return h
	}
	if h := n.host(name); h != nil {
		return h
	}
	if !validName(name) {
		panic("netsim: bad host name " + name)
	}
	h = n.memory.hosts.take()
	*h = Host{n: n, name: name, port: firstPort, listeners: h.listeners[:0]}
	h.machine = n.w.NewMachine(name, sim.Clock{})
	h.obj.Init(n.w, name)
	n.hosts = append(n.hosts, h)
	return h
}

func (n *Network) host(name string) *Host {
	for _, h := range n.hosts {
		if h.name == name {
			return h
		}
	}
	return nil
}

// SetPath sets the way of bytes from one host to another; the way back is set
// apart. It acts at once, also on connections that exist: on bytes written from
// now on.
//
//go:norace
func (n *Network) SetPath(from, to string, p Path) {
	if n.w.Outside() {
		n.w.Inside(func() { n.SetPath(from, to, p) })
		return
	}
	n.way(from, to).Path = p.withDefaults()
}

// SetPaths sets the way in both directions.
func (n *Network) SetPaths(a, b string, p Path) {
	n.SetPath(a, b, p)
	n.SetPath(b, a, p)
}

func (n *Network) way(from, to string) *way {
	for _, y := range n.ways {
		if y.from == from && y.to == to {
			return y
		}
	}
	y := n.memory.ways.take()
	*y = way{Path: n.path, from: from, to: to, streams: y.streams[:0]}
	n.ways = append(n.ways, y)
	for _, a := range n.active {
		if a.blocks(y) {
			y.blocked++
		}
	}
	return y
}

// newPair returns a pair of the next number.
func (n *Network) newPair(dialer, acceptor *Host) *pair {
	p := n.memory.pairs.take()
	n.pairs = append(n.pairs, p)
	p.n, p.id = n, uint32(len(n.pairs))
	p.christen(dialer.name, acceptor.name, n.countDial(dialer.name, acceptor.name))
	return p
}

func (n *Network) countDial(from, to string) int {
	for i := range n.count {
		c := &n.count[i]
		if c.from == from && c.to == to {
			c.n++
			return c.n
		}
	}
	n.count = append(n.count, count{from, to, 1})
	return 1
}

// expired reports whether a deadline has passed.
func (n *Network) expired(by time.Duration) bool { return by != 0 && by <= n.w.Elapsed() }

// observe tells the observer of something without bytes.
func (n *Network) observe(s *stream, what What) {
	if n.observer != nil {
		n.observer.Observe(n.event(s, what, s.passed, nil))
	}
}

// observeBytes tells the observer of bytes in up to two pieces.
func (n *Network) observeBytes(s *stream, what What, offset uint64, a, b []byte) {
	if n.observer == nil {
		return
	}
	n.observer.Observe(n.event(s, what, offset, a))
	if len(b) > 0 {
		n.observer.Observe(n.event(s, what, offset+uint64(len(a)), b))
	}
}

func (n *Network) event(s *stream, what What, offset uint64, b []byte) Event {
	p := s.p
	return Event{
		Time: n.w.Elapsed(), What: what, Conn: p.id, Back: s.back, Offset: offset, Bytes: b,
		Dialer: p.a.local.(Addr), Acceptor: p.b.local.(Addr),
	}
}

// observed calls an Observer after what the threads that use the network have
// done, because it is their program's.
type observed struct {
	n *Network
	o Observer
}

func (x observed) Observe(e Event) {
	x.n.observing()
	x.o.Observe(e)
}
