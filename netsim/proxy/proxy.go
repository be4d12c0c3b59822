package proxy

import (
	"context"
	"errors"
	"math"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/collider-amqp/collider/netsim"
)

// Proxy stands between two programs and lets faults happen on the connections
// between them. All methods may be called from any goroutine, but none from an
// Observer or another function of Options.
//
// One mutex guards the state of all connections, so that a fault acts at one
// instant on all that it concerns and the Observer sees one order. Bytes are
// handed to a socket, without waiting, under the same mutex: what a receiver has
// seen has been observed before.
type Proxy struct {
	o        Options
	acceptor netsim.Addr
	began    time.Time
	listener *net.TCPListener
	ctx      context.Context // ends with Close
	cancel   context.CancelFunc
	slots    chan struct{} // one is taken for each connection
	kick     chan struct{} // the clock has to look again
	all      sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	conns   []*conn // that have not ended, in order of dialling
	plan    []*planned
	active  []*activation
	blocked [2]int // partitions in force, there and back
	stats   Stats
}

// never is a time that does not come.
const never = time.Duration(math.MaxInt64)

// Start listens and returns a proxy at work. It fails with an *OptionError, a
// *netsim.FaultError for a fault that is not valid, names an unknown predicate or
// concerns other hosts, or the error of net.Listen.
func Start(o Options) (*Proxy, error) {
	o, acceptor, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	plan := make([]*planned, len(o.Faults))
	for i := range o.Faults {
		if plan[i], err = o.planned(o.Faults[i]); err != nil {
			return nil, err
		}
	}
	l, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return nil, err
	}
	p := &Proxy{
		o: o, acceptor: acceptor, began: time.Now(), listener: l.(*net.TCPListener),
		slots: make(chan struct{}, o.Conns), kick: make(chan struct{}, 1),
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.mu.Lock()
	for _, f := range plan {
		p.inject(f)
	}
	p.mu.Unlock()
	p.all.Add(2)
	go p.accept()
	go p.clock()
	return p, nil
}

// Addr returns the address that is listened on.
func (p *Proxy) Addr() net.Addr { return p.listener.Addr() }

// Stats returns the counts so far.
func (p *Proxy) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stats
	s.Open = len(p.conns)
	return s
}

// Unused returns the faults of the plan that have not acted, in its order: those
// still to come, and those that had no opportunity.
func (p *Proxy) Unused() []netsim.Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []netsim.Fault
	for _, f := range p.plan {
		if !f.acted {
			out = append(out, f.Fault)
		}
	}
	return out
}

// Close stops listening, resets the connections that have not ended, and returns
// when no goroutine of the proxy is left. A second Close does nothing.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.closed = true
	for _, c := range slices.Clone(p.conns) {
		c.cutOff()
	}
	p.mu.Unlock()
	p.cancel()
	err := p.listener.Close()
	p.all.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// now is the time since Start.
func (p *Proxy) now() time.Duration { return time.Since(p.began) }

// accept takes connections until the proxy is closed.
func (p *Proxy) accept() {
	defer p.all.Done()
	for {
		select {
		case p.slots <- struct{}{}:
		case <-p.ctx.Done():
			return
		}
		nc, err := p.listener.AcceptTCP()
		if err == nil {
			p.admit(nc)
			continue
		}
		<-p.slots
		select { // the process may be out of descriptors for a while
		case <-p.ctx.Done():
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// admit numbers a connection and continues it.
func (p *Proxy) admit(nc *net.TCPConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Conns++
	c := newConn(p, nc, p.stats.Conns)
	p.conns = append(p.conns, c)
	if p.closed {
		c.cutOff()
		return
	}
	p.observe(&c.ab, netsim.Dialed, 0, nil)
	p.all.Add(1)
	go c.open()
}

// clock lets faults begin and end at their times.
func (p *Proxy) clock() {
	defer p.all.Done()
	timer := time.NewTimer(never)
	defer timer.Stop()
	for {
		p.mu.Lock()
		at := p.tick(p.now())
		p.mu.Unlock()
		timer.Reset(p.until(at))
		select {
		case <-timer.C:
		case <-p.kick:
		case <-p.ctx.Done():
			return
		}
	}
}

// until returns how long it is to a time since Start.
func (p *Proxy) until(at time.Duration) time.Duration {
	if at == never {
		return never
	}
	return at - p.now()
}

// signal wakes who waits on a channel with room for one signal.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// observe tells the Observer.
func (p *Proxy) observe(s *stream, what netsim.What, offset uint64, b []byte) {
	if p.o.Observer == nil {
		return
	}
	p.o.Observer.Observe(netsim.Event{
		Time: p.now(), What: what, Conn: uint32(s.c.nth), Back: s.back,
		Dialer: s.c.dialer, Acceptor: p.acceptor, Offset: offset, Bytes: b,
	})
}
