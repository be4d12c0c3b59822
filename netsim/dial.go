package netsim

import (
	"context"
	"net"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// handshake is a connection being made: the SYN crosses the path, the SYN-ACK
// comes back, the ACK crosses and puts the connection into the backlog. On paths
// without latency all of it happens inside Dial. What a fault or a full backlog
// holds back is tried again when that changes.
type handshake struct {
	obj      sim.Object
	event    sim.Event
	n        *Network
	p        *pair
	from, to *Host
	there    *way // from → to
	back     *way
	port     int
	l        *Listener
	stage    stage
	err      error // of the dial
	ctx      error // why it was given up
}

// stage is what has to arrive next.
type stage uint8

const (
	stageSYN stage = iota
	stageAnswer
	stageRefusal
	stageACK
	stageQueue // the backlog, later by a slow-accept fault
	stageOver
)

const classDial = 1

// Dial connects to a listener: "broker:5672"; the network is "tcp". It returns
// when the connection stands, though maybe not accepted yet, or when ctx ends.
// ctx is context.Background or a context of the World. Errors are a *net.OpError
// around ECONNREFUSED, ENETDOWN (this host is down), a *net.DNSError for an unknown
// host, the context's end, or the reason why the address cannot be read.
//
//go:norace
func (h *Host) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if err := checkNetwork(network); err != nil {
		return nil, dialError(network, nil, err)
	}
	name, port, err := parseAddr(address)
	if err != nil {
		return nil, dialError(network, nil, err)
	}
	to := h
	if !self(name) {
		h.n.w.Inside(func() { to = h.n.host(name) })
	}
	if to == nil {
		return nil, dialError(network, nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true})
	}
	addr := Addr{to.name, port}
	if err := ctx.Err(); err != nil {
		return nil, dialError(network, addr, contextError(err))
	}
	var d *handshake
	answered := false
	h.n.toObserver()
	h.n.w.Inside(func() { d = h.call(to, port); answered = d != nil && d.answered() })
	if d == nil {
		return nil, dialError(network, addr, errDialDown)
	}
	if !answered {
		if err := d.wait(ctx); err != nil {
			return nil, dialError(network, addr, err)
		}
	}
	return d.result(network, addr)
}

// call starts the handshake. It returns nil if the host is down.
func (h *Host) call(to *Host, port int) *handshake {
	n := h.n
	if l := to.listener(port); l != nil {
		l.obj.Point(sim.OpSend, true)
	} else {
		to.obj.Point(sim.OpLoad, false)
	}
	if h.down {
		return nil
	}
	d := n.memory.dials.take()
	event := d.event
	*d = handshake{n: n, from: h, to: to, port: port, event: event}
	d.there, d.back = n.way(h.name, to.name), n.way(to.name, h.name)
	d.p = n.newPair(h, to)
	d.p.open(n, h, to, Addr{h.name, h.freePort()}, Addr{to.name, port}, d.there, d.back)
	if d.event.IsZero() {
		d.event.Init(n.w, d.arrive)
	}
	n.dials = append(n.dials, d)
	n.observe(&d.p.ab, Dialed)
	d.after(stageSYN, d.there)
	return d
}

// answered reports whether Dial can return.
func (d *handshake) answered() bool { return d.stage >= stageACK || d.ctx != nil }

// wait waits for the answer or the context's end.
//
//go:norace
func (d *handshake) wait(ctx context.Context) (err error) {
	w := d.n.w
	stop, err := w.Env().OnDone(ctx, func() { d.forsake(ctx.Err()) })
	if err != nil {
		w.Inside(d.giveUp)
		return err
	}
	w.Inside(func() {
		d.obj.Init(w, d.p.name)
		d.obj.Await(sim.OpRecv, classDial, d.answered())
	})
	stop()
	d.n.toObserver()
	w.Inside(func() {
		if d.stage < stageACK {
			d.giveUp()
			err = contextError(d.ctx)
		}
	})
	return err
}

// forsake ends the waiting for d.
//
//go:norace
func (d *handshake) forsake(err error) {
	d.n.w.Inside(func() {
		d.ctx = err
		d.obj.Switch(classDial, true)
	})
}

// giveUp ends a handshake that nobody waits for.
func (d *handshake) giveUp() {
	d.event.Stop()
	d.close()
	d.p.drop()
	d.n.observe(&d.p.ab, Refused)
}

//go:norace
func (d *handshake) result(network string, addr Addr) (c net.Conn, err error) {
	if w := d.n.w; w.Outside() {
		w.Inside(func() { c, err = d.result(network, addr) })
		return c, err
	}
	if d.err != nil {
		d.p.drop()
		return nil, dialError(network, addr, d.err)
	}
	return &d.p.a, nil
}

// after lets the stage's packet cross y.
func (d *handshake) after(s stage, y *way) {
	d.stage = s
	delay := y.Latency
	if y.Jitter > 0 {
		delay += d.p.ab.jitter.Duration(0, y.Jitter)
	}
	d.in(delay)
}

func (d *handshake) in(delay time.Duration) {
	if delay == 0 {
		d.arrive()
		return
	}
	d.event.Set(d.n.w.Elapsed() + delay)
}

// arrive does what the packet under way does at its destination.
func (d *handshake) arrive() {
	switch d.stage {
	case stageSYN:
		d.arriveSYN()
	case stageAnswer, stageRefusal:
		if d.back.blocked > 0 {
			return
		}
		refused := d.stage == stageRefusal
		d.stage = stageACK
		d.obj.Switch(classDial, true)
		if refused {
			d.err = errRefused
			d.n.observe(&d.p.ab, Refused)
			d.close()
			return
		}
		d.n.observe(&d.p.ab, Connected)
		d.n.begin(d.p)
		d.after(stageACK, d.there)
	case stageACK:
		if d.there.blocked > 0 {
			return
		}
		d.stage = stageQueue
		d.in(d.slowness())
	case stageQueue:
		d.enqueue()
	}
}

// slowness is how long a slow-accept fault keeps the connection from the backlog.
func (d *handshake) slowness() time.Duration {
	if p := d.n.dialFault(SlowAccept, d); p != nil {
		return p.By
	}
	return 0
}

// arriveSYN finds out whether anybody listens.
func (d *handshake) arriveSYN() {
	if d.there.blocked > 0 || d.n.swallows(d) {
		return
	}
	l := d.to.listener(d.port)
	switch {
	case d.to.down, l == nil && d.to.silent:
	case l == nil, d.n.refuses(d):
		d.after(stageRefusal, d.back)
	case len(l.backlog)+l.reserved < backlogMax:
		d.l, d.p.met = l, true
		l.reserved++
		d.after(stageAnswer, d.back)
	}
}

// enqueue puts the connection into the backlog.
func (d *handshake) enqueue() {
	l := d.l
	d.close()
	if l.closed {
		d.p.b.discard()
		return
	}
	l.backlog = append(l.backlog, d)
	l.update()
}

// close ends the handshake; its place in the backlog becomes free.
func (d *handshake) close() {
	d.stage = stageOver
	if d.l != nil {
		d.l.reserved--
		d.l = nil
	}
	n := d.n
	for i, x := range n.dials {
		if x == d {
			n.dials = append(n.dials[:i], n.dials[i+1:]...)
			break
		}
	}
}

// held reports whether the packet has arrived but could not be handled.
func (d *handshake) held() bool { return !d.event.Pending() && d.stage != stageOver }

// retry lets the handshakes go on that wait for y, all if y is nil.
func (n *Network) retry(y *way) {
	for again := true; again; {
		again = false
		for _, d := range n.dials {
			if was := d.stage; d.held() && (y == nil || d.there == y || d.back == y) {
				if d.arrive(); d.stage != was {
					again = true
					break // the list has changed
				}
			}
		}
	}
}

// discard resets an end that nobody has accepted.
func (c *Conn) discard() {
	if !c.closed {
		c.linger = true
		c.close()
	}
}

// drop forgets a connection that never stood.
func (p *pair) drop() {
	p.a.closed, p.b.closed, p.over = true, true, true
	p.ab.event.Stop()
	p.ba.event.Stop()
	p.ab.way.drop(&p.ab)
	p.ba.way.drop(&p.ba)
}
