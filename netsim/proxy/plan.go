package proxy

import (
	"net"
	"slices"
	"time"

	"github.com/collider-amqp/collider/netsim"
)

// planned is a fault of the plan.
type planned struct {
	netsim.Fault
	due   time.Duration           // when it begins, then when it ends; never if at no time
	look  func() netsim.Predicate // of a trigger by predicate
	open  bool                    // a lasting fault acts, on new connections too
	over  bool                    // healed
	acted bool
}

// armed is a fault that waits for a place in a stream.
type armed struct {
	f *planned
	netsim.Spot
}

// activation is a fault that lasts and is in force.
type activation struct {
	f   *planned
	s   *stream // nil for a partition
	way int     // of a partition that a stream triggered, else -1
	due time.Duration
}

// Inject adds a fault to the plan. A place in the bytes of a connection counts from
// the connection's beginning; a place or time that has passed means now. Errors are
// those of Start, or net.ErrClosed.
func (p *Proxy) Inject(f netsim.Fault) error {
	x, err := p.o.planned(f)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return net.ErrClosed
	}
	p.inject(x)
	return nil
}

// planned returns a fault that can be injected.
func (o *Options) planned(f netsim.Fault) (*planned, error) {
	look, err := o.resolve(&f)
	return &planned{Fault: f, due: never, look: look}, err
}

func (p *Proxy) inject(x *planned) {
	p.plan = append(p.plan, x)
	switch x.At.On {
	case netsim.OnStart:
		p.beginFault(x)
	case netsim.OnTime:
		x.due = x.At.Time
		if x.At.Time <= p.now() {
			p.beginFault(x)
		}
	default:
		for _, c := range slices.Clone(p.conns) {
			if s := x.stream(c); s != nil {
				s.arm(x)
				s.signal()
			}
		}
	}
	signal(p.kick)
}

// Heal ends all faults: those in force stop, those to come do not act.
func (p *Proxy) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		c.ab.armed, c.ba.armed = nil, nil
	}
	for _, f := range p.plan {
		f.over, f.due = true, never
		p.endFault(f)
	}
}

// stream returns the stream of c that f is about, nil if there is none.
func (f *planned) stream(c *conn) *stream {
	switch {
	case !c.stands || c.over || f.over || !f.Concerns(c.p.o.Dialer, c.p.o.Acceptor, c.nth):
		return nil
	case f.Back:
		return &c.ba
	}
	return &c.ab
}

// tick lets faults begin and end whose time has come, and returns the next time.
func (p *Proxy) tick(now time.Duration) time.Duration {
	next := never
	for _, f := range p.plan {
		if f.due <= now {
			f.due = never
			if f.open {
				p.endFault(f)
			} else {
				p.beginFault(f)
			}
		}
		next = min(next, f.due)
	}
	for _, a := range slices.Clone(p.active) {
		if a.due <= now {
			p.stop(a)
		} else {
			next = min(next, a.due)
		}
	}
	return next
}

// beginFault lets a fault act whose time has come.
func (p *Proxy) beginFault(f *planned) {
	f.due = never
	if !f.Kind.Once() {
		f.open = true
		if f.For > 0 {
			f.due = p.now() + f.For
		}
	}
	switch {
	case f.Kind.Dials():
	case f.Kind == netsim.Partition:
		p.start(f, nil)
	default:
		for _, c := range slices.Clone(p.conns) {
			if s := f.stream(c); s != nil {
				p.start(f, s)
				s.signal()
			}
		}
	}
}

// endFault stops a fault everywhere.
func (p *Proxy) endFault(f *planned) {
	f.open = false
	for _, a := range slices.Clone(p.active) {
		if a.f == f {
			p.stop(a)
		}
	}
	p.retry()
}

// retry lets connections be made that a fault has held back.
func (p *Proxy) retry() {
	for _, c := range p.conns {
		signal(c.kick)
	}
}

// begin lets the plan act on a connection that stands now.
func (p *Proxy) begin(c *conn) {
	for _, f := range p.plan {
		s := f.stream(c)
		switch {
		case s == nil, f.Kind.Dials():
		case f.At.On == netsim.OnByte, f.At.On == netsim.OnPredicate:
			s.arm(f)
		case f.open && f.Kind != netsim.Partition:
			p.start(f, s)
		}
	}
}

// arm lets f wait for its place in s.
func (s *stream) arm(f *planned) {
	var look netsim.Predicate
	if f.At.On == netsim.OnPredicate {
		look = f.look()
	}
	s.armed = append(s.armed, armed{f, netsim.NewSpot(f.At, look, s.passed)})
}

// nextFault returns limit, or the place before it where a fault acts or a predicate
// holds the bytes. The predicates see the bytes before limit.
func (s *stream) nextFault(limit uint64) uint64 {
	next := limit
	for i := range s.armed {
		a := &s.armed[i]
		for seen, more := a.Wants(); more && seen < limit; seen, more = a.Wants() {
			a.Show(s.span(seen, limit))
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
	more := !s.read && !s.from.dead || s.arrived < s.sent
	return more && int(s.sent-s.passed) <= s.limit-(s.limit+2)/3
}

// strike lets the faults act whose place has been reached. It reports whether
// there were any.
func (s *stream) strike() bool {
	any := false
	for i := 0; i < len(s.armed) && !s.c.over && !s.truncating; {
		a := s.armed[i]
		if !a.Reached(s.passed) {
			i++
			continue
		}
		s.armed = append(s.armed[:i], s.armed[i+1:]...)
		s.c.p.start(a.f, s)
		any = true
	}
	return any
}

// start lets a fault act on a stream; a partition without one acts on all its
// ways.
func (p *Proxy) start(f *planned, s *stream) {
	p.note(f, s)
	a := &activation{f: f, s: s, way: -1, due: never}
	switch f.Kind {
	case netsim.Reset:
		s.c.cutOff()
		return
	case netsim.Truncate:
		s.truncate()
		return
	case netsim.HalfClose:
		if !s.end.done {
			s.cut = true
			s.deliverEnd()
		}
		return
	case netsim.DropEnd:
		s.hidden++
	case netsim.Stall:
		s.stalled++
	case netsim.Delay:
		s.extra += f.By
	case netsim.Partition:
		if s != nil {
			a.s, a.way = nil, way(s.back)
		}
		for y := range p.blocked {
			if p.blocks(a, y) {
				p.blocked[y]++
			}
		}
	}
	p.active = append(p.active, a)
	if f.For > 0 && (f.At.On == netsim.OnByte || f.At.On == netsim.OnPredicate) {
		a.due = p.now() + f.For
		signal(p.kick)
	}
}

// blocks reports whether the partition a lies across a way.
func (p *Proxy) blocks(a *activation, y int) bool {
	from, to := p.o.Dialer, p.o.Acceptor
	if y == way(true) {
		from, to = to, from
	}
	return a.way == y || a.way < 0 && a.f.Crosses(from, to)
}

// stop ends a and lets go what it held back.
func (p *Proxy) stop(a *activation) {
	p.active = slices.DeleteFunc(p.active, func(x *activation) bool { return x == a })
	switch a.f.Kind {
	case netsim.DropEnd:
		a.s.hidden--
	case netsim.Stall:
		a.s.stalled--
	case netsim.Delay:
		a.s.extra -= a.f.By
	case netsim.Partition:
		for y := range p.blocked {
			if p.blocks(a, y) {
				p.blocked[y]--
			}
		}
		for _, c := range p.conns {
			c.ab.signal()
			c.ba.signal()
		}
		p.retry()
		return
	}
	a.s.signal()
}

// forget takes a connection that is over out of everything.
func (p *Proxy) forget(c *conn) {
	p.conns = slices.DeleteFunc(p.conns, func(x *conn) bool { return x == c })
	p.active = slices.DeleteFunc(p.active, func(a *activation) bool { return a.s != nil && a.s.c == c })
}

// dialFault returns the fault of the kind that acts on the making of a connection,
// nil if none does.
func (p *Proxy) dialFault(k netsim.Kind, c *conn) *planned {
	for _, f := range p.plan {
		if f.open && f.Kind == k && f.Concerns(p.o.Dialer, p.o.Acceptor, c.nth) {
			return f
		}
	}
	return nil
}

// note tells that a fault acts.
func (p *Proxy) note(f *planned, s *stream) {
	f.acted = true
	p.stats.Acted++
	if p.o.Acted == nil {
		return
	}
	a := Action{Time: p.now(), Fault: f.Fault, Back: f.Back}
	if s != nil {
		a.Conn, a.Back, a.Offset = s.c.nth, s.back, s.passed
	}
	p.o.Acted(a)
}
