package proxy

import (
	"net"
	"strconv"
	"syscall"
	"time"

	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/sim/choice"
)

// dialTimeout bounds the connection to the upstream address.
const dialTimeout = 10 * time.Second

// conn is a connection through the proxy: two sockets, two streams.
type conn struct {
	p      *Proxy
	nth    int // from 1
	dialer netsim.Addr
	name   string // "client->server#2"
	a, b   end    // a dialled
	ab, ba stream
	stands bool          // both sockets are there
	over   bool          // nothing can happen to it any more
	done   chan struct{} // closed when it is over
	kick   chan struct{} // what holds its making may be gone

	swallowed *planned // the black hole it is in
}

// end is one of the sockets.
type end struct {
	nc     *net.TCPConn
	raw    syscall.RawConn
	dead   bool // reset by either side, and closed
	broken bool // a write has found its peer gone; what it has sent can still be read
}

func newConn(p *Proxy, nc *net.TCPConn, nth int) *conn {
	c := &conn{
		p: p, nth: nth, dialer: netsim.Addr{Host: p.o.Dialer},
		name: p.o.Dialer + "->" + p.o.Acceptor + "#" + strconv.Itoa(nth),
		done: make(chan struct{}), kick: make(chan struct{}, 1),
	}
	if remote, ok := nc.RemoteAddr().(*net.TCPAddr); ok {
		c.dialer.Port = remote.Port
	}
	c.a.attach(nc)
	entity := choice.Hash(c.name)
	c.ab.init(c, &c.a, &c.b, false, &p.o.There, entity)
	c.ba.init(c, &c.b, &c.a, true, &p.o.Back, ^entity)
	return c
}

func (e *end) attach(nc *net.TCPConn) {
	raw, err := nc.SyscallConn()
	if err != nil {
		panic("proxy: a socket without a descriptor: " + err.Error())
	}
	e.nc, e.raw = nc, raw
}

// reset resets the socket, which must not be dead.
func (c *conn) reset(e *end) {
	e.dead = true
	if e.nc != nil {
		e.nc.SetLinger(0)
		c.shut(e)
	}
}

// shut closes the socket. It has a goroutine of its own because Close waits for
// those who use the socket, and they may wait for the mutex.
func (c *conn) shut(e *end) {
	c.p.all.Go(func() { e.nc.Close() })
}

// open makes the connection stand, unless a fault or the upstream is against it.
func (c *conn) open() {
	defer c.p.all.Done()
	if !c.mayDial() {
		return
	}
	d := net.Dialer{Timeout: dialTimeout}
	nc, err := d.DialContext(c.p.ctx, "tcp", c.p.o.Upstream)
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	switch {
	case c.over:
		if err == nil {
			nc.Close()
		}
	case err != nil:
		c.p.stats.Unreachable++
		if c.p.o.Unreachable != nil {
			c.p.o.Unreachable(c.nth, err)
		}
		c.refuse()
	default:
		c.stand(nc.(*net.TCPConn))
	}
}

// mayDial waits as long as faults hold the connection back, and reports whether it
// may be made then.
func (c *conn) mayDial() bool {
	p := c.p
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		hole := p.dialFault(netsim.BlackHole, c)
		if hole != nil && hole != c.swallowed {
			p.note(hole, &c.ab)
		}
		c.swallowed = hole
		if hole == nil && p.blocked[0]+p.blocked[1] == 0 || c.over {
			break
		}
		c.pause(never)
	}
	if c.over {
		return false
	}
	if f := p.dialFault(netsim.Refuse, c); f != nil {
		p.note(f, &c.ab)
		p.stats.Refused++
		c.refuse()
		return false
	}
	if f := p.dialFault(netsim.SlowAccept, c); f != nil {
		p.note(f, &c.ab)
		for at := p.now() + f.By; p.now() < at && !c.over; {
			c.pause(p.until(at))
		}
	}
	return !c.over
}

// pause lets go of the mutex until it is worth while to look again.
func (c *conn) pause(d time.Duration) {
	c.p.mu.Unlock()
	timer := time.NewTimer(d)
	select {
	case <-timer.C:
	case <-c.kick:
	case <-c.done:
	}
	timer.Stop()
	c.p.mu.Lock()
}

// refuse ends a connection that does not come to stand.
func (c *conn) refuse() {
	c.p.observe(&c.ab, netsim.Refused, 0, nil)
	c.reset(&c.a)
	c.finish()
}

// stand begins the connection.
func (c *conn) stand(nc *net.TCPConn) {
	c.b.attach(nc)
	c.stands = true
	c.p.observe(&c.ab, netsim.Connected, 0, nil)
	c.p.observe(&c.ab, netsim.Accepted, 0, nil)
	c.p.begin(c)
	c.p.all.Add(4)
	for _, s := range []*stream{&c.ab, &c.ba} {
		go s.receive()
		go s.deliver()
	}
}

// other returns the stream of the other direction.
func (c *conn) other(s *stream) *stream {
	if s == &c.ab {
		return &c.ba
	}
	return &c.ab
}

// into returns the stream whose bytes go to e.
func (c *conn) into(e *end) *stream {
	if e == &c.b {
		return &c.ab
	}
	return &c.ba
}

// kill resets one end. What is under way to it and from it is lost.
func (c *conn) kill(e *end) {
	if e.dead {
		return
	}
	c.reset(e)
	in := c.into(e)
	in.wipe()
	c.other(in).wipe()
}

// lost tells that the program at e has reset the connection: a reset goes to the
// other end, behind the bytes before it.
func (c *conn) lost(e *end) {
	if e.dead {
		return
	}
	c.reset(e)
	out := c.other(c.into(e))
	out.abort()
	c.into(e).signal()
	c.settle()
}

// cutOff resets both ends at once.
func (c *conn) cutOff() {
	for _, s := range []*stream{&c.ab, &c.ba} {
		if c.stands && !s.to.dead {
			c.p.observe(s, netsim.WasReset, s.passed, nil)
		}
	}
	c.kill(&c.a)
	c.kill(&c.b)
	c.finish()
}

// finished reports whether nothing can come from e or go to it any more.
func (c *conn) finished(e *end) bool {
	in := c.into(e)
	return e.dead || in.end.done && c.other(in).end.sent
}

// settle ends the connection if both its ends are finished.
func (c *conn) settle() {
	if c.finished(&c.a) && c.finished(&c.b) {
		c.finish()
	}
}

// finish lets go of everything that the connection has.
func (c *conn) finish() {
	if c.over {
		return
	}
	c.over = true
	close(c.done)
	for _, e := range []*end{&c.a, &c.b} {
		if !e.dead && e.nc != nil {
			c.shut(e)
		}
	}
	c.p.forget(c)
	<-c.p.slots
}
