package netsim

import (
	"strconv"

	"github.com/collider-amqp/collider/sim/choice"
)

// pair is a connection: two ends, two streams.
type pair struct {
	a, b   Conn // a dialled
	ab, ba stream
	n      *Network
	id     uint32 // from 1, in order of dialling in the network
	met    bool   // the acceptor's host knows of it
	stands bool   // the handshake is over
	over   bool   // nothing can happen to it any more
	taken  bool   // Accept has returned it

	dialer, acceptor string // hosts
	nth              int    // from 1, among the dials from one to the other
	name             string // "client->broker#2"
	nameBack         string // "client<-broker#2"
	entity           uint64 // of its entropy

	unread choice.Stream // draws what becomes of unread bytes at resets
}

// open makes p ready for a new connection.
func (p *pair) open(n *Network, a, b *Host, dialer, acceptor Addr, there, back *way) {
	p.n, p.met, p.stands, p.over, p.taken = n, false, false, false, false
	p.a.open(p, a, &p.ba, &p.ab, dialer, acceptor)
	p.b.open(p, b, &p.ab, &p.ba, acceptor, dialer)
	p.ab.open(p, &p.a, &p.b, there, false)
	p.ba.open(p, &p.b, &p.a, back, true)
	p.unread = choice.New(n.w.Seed(), "netsim.reset", p.entity)
}

// other returns the stream of the other direction.
func (p *pair) other(s *stream) *stream {
	if s == &p.ab {
		return &p.ba
	}
	return &p.ab
}

// keepsUnread decides what a reset does to unread bytes.
func (p *pair) keepsUnread(y *way) bool {
	switch y.Reset {
	case ResetKeeps:
		return true
	case ResetDiscards:
		return false
	}
	return p.unread.Bool(0.5)
}

// kill resets both ends at once, as a fault does. Keep leaves unread bytes
// readable.
func (p *pair) kill(keep bool) {
	p.n.observe(&p.ab, WasReset)
	p.n.observe(&p.ba, WasReset)
	p.a.kill(keep)
	p.b.kill(keep)
	p.settle()
}

// settle takes the connection off its ways when it is over.
func (p *pair) settle() {
	if p.over || !p.a.done() || !p.b.done() {
		return
	}
	p.over = true
	p.ab.way.drop(&p.ab)
	p.ba.way.drop(&p.ba)
}

// christen names p, the nth connection that a host dials to another. A pair that
// had the name in an earlier run keeps the string.
func (p *pair) christen(from, to string, nth int) {
	if p.dialer == from && p.acceptor == to && p.nth == nth {
		return
	}
	p.dialer, p.acceptor, p.nth = from, to, nth
	p.name = from + "->" + to + "#" + strconv.Itoa(nth)
	p.nameBack = from + "<-" + to + "#" + strconv.Itoa(nth)
	p.entity = choice.Hash(p.name)
}
