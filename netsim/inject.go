package netsim

import (
	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
)

// planned is a fault of the plan.
type planned struct {
	Fault
	n     *Network
	event sim.Event        // its time, then the end of its time
	look  func() Predicate // of OnPredicate
	open  bool             // a lasting fault acts, on new connections too
	host  *Host            // that this Crash has brought down
	over  bool             // healed
}

// armed is a fault that waits for a place in a stream.
type armed struct {
	f *planned
	Spot
}

// activation is a fault that lasts and is in force.
type activation struct {
	f     *planned
	s     *stream // nil for a partition and for dials
	way   *way    // of a partition that a stream triggered
	event sim.Event
}

// Inject adds a fault to the plan. It panics if the fault is not valid. A place in
// the bytes of a connection counts from the connection's beginning; a place or
// time that has passed means now.
//
//go:norace
func (n *Network) Inject(f Fault) {
	if n.w.Outside() {
		n.toObserver()
		n.w.Inside(func() { n.Inject(f) })
		return
	}
	look, err := n.resolve(&f)
	if err != nil {
		panic(err)
	}
	p := &planned{Fault: f, n: n, look: look}
	p.event.Init(n.w, p.tick)
	n.plan = append(n.plan, p)
	switch f.At.On {
	case OnStart:
		p.begin()
	case OnTime:
		if f.At.Time <= n.w.Elapsed() {
			p.begin()
			return
		}
		p.event.Set(f.At.Time)
	default:
		for _, c := range n.pairs {
			if s := p.stream(c); s != nil {
				s.arm(p)
				s.resume()
			}
		}
	}
}

// resolve validates f and returns the function that makes its predicate, if it has
// one.
func (n *Network) resolve(f *Fault) (look func() Predicate, err error) {
	name := f.At.Predicate
	if look = n.predicates[name]; look == nil && n.predicate != nil && f.At.On == OnPredicate {
		if look, err = n.predicate(name); err != nil {
			return nil, &FaultError{Fault: f.String(), Reason: err.Error()}
		}
	}
	if look == nil {
		return nil, f.Validate()
	}
	return look, f.Validate(name)
}

// Heal ends all faults: those in force stop, those to come do not act, and hosts that
// a fault has brought down restart.
//
//go:norace
func (n *Network) Heal() {
	if n.w.Outside() {
		n.toObserver()
		n.toBoots()
		n.w.Inside(n.Heal)
		return
	}
	n.noteHeal(nil)
	for _, p := range n.plan {
		p.over = true
		p.event.Stop()
	}
	for _, c := range n.pairs {
		c.ab.armed, c.ba.armed = c.ab.armed[:0], c.ba.armed[:0]
	}
	for _, p := range n.plan {
		p.end()
	}
	n.resume()
}

// stream returns the stream of c that p is about, nil if there is none.
func (p *planned) stream(c *pair) *stream {
	switch {
	case !c.stands || c.over || p.over || c.inCore() || !p.concerns(c.dialer, c.acceptor, c.nth):
		return nil
	case p.Back:
		return &c.ba
	}
	return &c.ab
}

// tick is the event's function: the fault begins or has lasted its time.
func (p *planned) tick() {
	if p.open {
		p.end()
	} else {
		p.begin()
	}
}

// begin lets a fault act whose time has come.
func (p *planned) begin() {
	n := p.n
	if p.Kind == Crash {
		n.crash(p, nil)
		return
	}
	if !p.Kind.once() {
		p.open = true
		if p.For > 0 {
			p.event.Set(n.w.Elapsed() + p.For)
		}
	}
	switch {
	case p.Kind.dials():
	case p.Kind == Partition:
		n.start(p, nil)
	default:
		for _, c := range n.pairs {
			if s := p.stream(c); s != nil {
				n.start(p, s)
				s.resume()
			}
		}
	}
}

// end stops a fault everywhere.
func (p *planned) end() {
	p.open = false
	for i := 0; i < len(p.n.active); {
		if a := p.n.active[i]; a.f == p {
			a.stop()
		} else {
			i++
		}
	}
	if h := p.host; h != nil {
		p.host = nil
		h.restart()
	}
	if p.Kind.dials() {
		p.n.retry(nil)
	}
}

// begin lets the plan act on a connection that stands now.
func (n *Network) begin(c *pair) {
	c.stands = true
	for _, p := range n.plan {
		s := p.stream(c)
		switch {
		case s == nil, p.Kind.dials():
		case p.At.On == OnByte, p.At.On == OnPredicate:
			s.arm(p)
		case p.open && p.Kind != Partition:
			n.start(p, s)
		}
	}
	c.ab.resume()
	c.ba.resume()
}

// arm lets p wait for its place in s.
func (s *stream) arm(p *planned) {
	var look Predicate
	if p.At.On == OnPredicate {
		look = p.look()
	}
	s.armed = append(s.armed, armed{p, NewSpot(p.At, look, s.passed)})
}

// nextFault returns limit, or the place before it where a fault acts or a predicate
// holds the bytes. The predicates see all that has arrived.
func (s *stream) nextFault(limit uint64) uint64 {
	next := limit
	for i := range s.armed {
		a := &s.armed[i]
		if seen, more := a.Wants(); more && seen < s.arrived {
			x, y := s.buf.span(s.ready+int(seen-s.passed), int(s.arrived-seen))
			a.Show(x)
			a.Show(y)
		}
		next = min(next, a.Place(s.passed))
		if from, held := a.Held(s.passed, next); held && s.canHold() {
			next = from
		}
	}
	return next
}

// canHold reports whether bytes can be kept from delivery until more have arrived:
// not if the sender waits for room, and not if no more will come.
func (s *stream) canHold() bool {
	return !s.orphaned && s.room() >= s.lowWater() && !(s.end.sent && s.arrived == s.sent)
}

// strike lets the faults act whose place has been reached. It reports whether
// there were any.
func (s *stream) strike() bool {
	any := false
	for i := 0; i < len(s.armed); {
		a := s.armed[i]
		if !a.Reached(s.passed) {
			i++
			continue
		}
		s.armed = append(s.armed[:i], s.armed[i+1:]...)
		s.n.start(a.f, s)
		any = true
	}
	return any
}

// start lets a fault act on a stream; a partition without one acts on all its
// ways. The stream is to be delivered to afterwards.
func (n *Network) start(p *planned, s *stream) {
	if p.Kind == Crash {
		n.crash(p, s)
		return
	}
	n.note(&p.Fault, s)
	a := &activation{f: p, s: s}
	switch p.Kind {
	case Reset:
		s.p.kill(s.p.keepsUnread(s.way))
		return
	case Truncate:
		s.p.kill(true)
		return
	case HalfClose:
		if !s.end.done {
			s.cut, s.end.done = true, true
			n.observe(s, Ended)
		}
		return
	case DropEnd:
		s.hidden++
	case Stall:
		s.stalled++
	case Delay:
		s.extra += p.By
	case Partition:
		if s != nil {
			a.s, a.way = nil, s.way
		}
		for _, y := range n.ways {
			if a.blocks(y) {
				y.blocked++
			}
		}
	}
	n.active = append(n.active, a)
	if p.For > 0 && p.At.On >= OnByte && p.At.On != OnTime {
		a.event.Init(n.w, a.stop)
		a.event.Set(n.w.Elapsed() + p.For)
	}
}

// crash lets a Crash act, because of what passed in a stream unless that is nil.
func (n *Network) crash(p *planned, s *stream) {
	if p.over {
		return // it happens once
	}
	p.over = true
	h := n.Host(p.Host)
	if h.down {
		return
	}
	n.note(&p.Fault, s)
	h.crash()
	p.host = h
	if p.For > 0 {
		p.open = true
		p.event.Set(n.w.Elapsed() + p.For)
	}
}

// blocks reports whether the partition a lies across y.
func (a *activation) blocks(y *way) bool {
	return a.f.Kind == Partition && !a.f.n.healed(y) && (a.way == y || a.way == nil && a.f.crosses(y.from, y.to))
}

// stop ends a and lets go what it held back.
func (a *activation) stop() {
	n := a.f.n
	for i, x := range n.active {
		if x == a {
			n.active = append(n.active[:i], n.active[i+1:]...)
			break
		}
	}
	if !a.event.IsZero() {
		a.event.Stop()
	}
	switch a.f.Kind {
	case DropEnd:
		a.s.hidden--
	case Stall:
		a.s.stalled--
	case Delay:
		a.s.extra -= a.f.By
	case Partition:
		a.unblock()
		return
	}
	a.s.resume()
}

func (a *activation) unblock() {
	n := a.f.n
	for _, y := range n.ways {
		if !a.blocks(y) {
			continue
		}
		if y.blocked--; y.blocked == 0 {
			y.resume()
			n.retry(y)
		}
	}
}

// resume delivers what can be delivered now.
func (s *stream) resume() { s.deliver() }

// refuses reports whether a fault refuses a dial.
func (n *Network) refuses(d *handshake) bool { return n.dialFault(Refuse, d) != nil }

// swallows reports whether a fault leaves a dial without an answer.
func (n *Network) swallows(d *handshake) bool { return n.dialFault(BlackHole, d) != nil }

// dialFault returns the fault of the kind that acts on a dial, nil if none does.
func (n *Network) dialFault(k Kind, d *handshake) *planned {
	for _, p := range n.plan {
		if p.open && p.Kind == k && !d.p.inCore() && p.concerns(d.from.name, d.to.name, d.p.nth) {
			n.note(&p.Fault, &d.p.ab)
			return p
		}
	}
	return nil
}

// note records in the history that a fault acts.
func (n *Network) note(f *Fault, s *stream) {
	text := f.String()
	var at int64
	if s != nil {
		text += " on " + s.p.name
		at = int64(s.passed)
	}
	n.w.Recorder().Fault(history.Event{Name: f.Kind.String(), Text: text, Count: at})
}
