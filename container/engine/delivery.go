package engine

import "github.com/collider-amqp/collider/container/wire"

// Delivery is a handle on one delivery of a link (§2.6.12), incoming or outgoing. It is a small value: copy it,
// compare it with ==, use it as a map key. The zero Delivery is no delivery.
//
// A handle is good until its delivery is done with on this side: until Settle, or Abort, or, for an outgoing delivery
// sent settled, until Complete. Every incoming delivery must be settled by the caller in the end, an aborted or
// remotely settled one too; that costs no frame. Then the handle is stale, for the engine recycles deliveries: Valid
// returns false, getters return zero values, and calls return a *CallError. Unsettled deliveries survive the end of
// their link, session, connection and transport, until the caller drops the connection.
type Delivery struct {
	d   *delivery
	gen uint32
}

// DeliveryOptions are the properties of an outgoing delivery, sent in its transfers (§2.7.5). The zero value selects
// all defaults.
type DeliveryOptions struct {
	// Tag identifies the delivery among the unsettled ones of the link (§2.6.12), at most 32 octets; it is copied.
	// A tag that an unsettled delivery of the link has is refused; the check looks at all of them. Default (nil): the
	// link counts, in as few octets as the number needs. Empty but not nil is a legal tag.
	Tag []byte
	// MessageFormat is the format of the payload (§2.8.11). Default: 0, the format of AMQP's part 3.
	MessageFormat uint32
	// Settled sends the delivery settled. Links in snd-settle-mode settled require it, in mode unsettled forbid it.
	Settled bool
	// State is sent with each transfer, for instance a transactional state (§4.4.1). Default: none.
	State wire.DeliveryState
	// RcvSettleMode overrides the link's rcv-settle-mode (§2.7.5). Default: the link's.
	RcvSettleMode wire.Optional[wire.ReceiverSettleMode]
	// Resume marks the transfers as the resumption of a delivery of an earlier attachment (§2.6.13).
	Resume bool
	// Batchable tells the receiver that its dispositions need not be prompt (§2.7.5).
	Batchable bool

	_ struct{}
}

// maxTag is the longest delivery-tag (§2.8.7).
const maxTag = 32

// delivery is what a Delivery stands for. It is recycled when none of live, queued, tracked, updating and current
// holds it any more.
type delivery struct {
	gen     uint32 // goes up when handles become stale
	link    *Link
	options DeliveryOptions // of an outgoing delivery; Tag is in tag
	tag     [maxTag]byte
	tagLen  uint8
	id      SerialNumber // once started
	format  uint32       // message-format

	local, remote wire.DeliveryState
	context       any

	buf     []byte // payload that is kept: not yet framed, or not yet consumed
	own     []byte // the memory of buf, unless that is the caller's
	size    uint64 // payload so far, the part no longer kept included
	counted bool   // the payload counts as unread in the receive window

	live     bool // handles are good
	queued   bool // in the link's queue of outgoing deliveries
	tracked  bool // in one of the session's tables
	updating bool // in the session's list of updates
	current  bool // the incoming delivery whose transfers are under way

	started       bool // has an id
	complete      bool
	aborted       bool
	resumed       bool
	settled       bool // settled locally; the peer is told with the next update, or the transfers
	settleLater   bool // settled locally, but the peer must settle first, or the transfers be sent
	ownTag        bool // the caller has named the tag
	remoteSettled bool
	rcvMode       wire.ReceiverSettleMode // of an incoming delivery

	prev, next *delivery // in the link's list of live deliveries
	nextQueued *delivery
	nextUpdate *delivery
}

func (d *delivery) handle() Delivery { return Delivery{d, d.gen} }

func (d *delivery) outgoing() bool { return d.link.role == wire.RoleSender }

// get returns the delivery, or nil if the handle is stale.
func (d Delivery) get() *delivery {
	if d.d == nil || d.d.gen != d.gen {
		return nil
	}
	return d.d
}

// Valid reports whether the handle is good.
func (d Delivery) Valid() bool { return d.get() != nil }

// read returns the result of f, or the zero value for a stale handle.
func read[T any](d Delivery, f func(*delivery) T) (v T) {
	if p := d.get(); p != nil {
		return f(p)
	}
	return v
}

// Link returns the delivery's link.
func (d Delivery) Link() *Link { return read(d, func(p *delivery) *Link { return p.link }) }

// Tag returns the delivery-tag (§2.6.12). It aliases the engine's memory and must not be changed or kept beyond Settle.
func (d Delivery) Tag() []byte { return read(d, func(p *delivery) []byte { return p.tag[:p.tagLen] }) }

// ID returns the delivery-id (§2.6.12), and whether it has one: an outgoing delivery has none before its first transfer.
func (d Delivery) ID() (SerialNumber, bool) {
	if p := d.get(); p != nil && p.started {
		return p.id, true
	}
	return 0, false
}

// MessageFormat returns the format of the payload (§2.8.11).
func (d Delivery) MessageFormat() uint32 {
	return read(d, func(p *delivery) uint32 { return p.format })
}

// Context returns what SetContext set, or nil.
func (d Delivery) Context() any { return read(d, func(p *delivery) any { return p.context }) }

// SetContext hangs an object of the caller's on the delivery. It does nothing on a stale handle.
func (d Delivery) SetContext(v any) {
	if p := d.get(); p != nil {
		p.context = v
	}
}

// Completed reports whether the whole message has been received, or given to the engine for sending.
func (d Delivery) Completed() bool { return read(d, func(p *delivery) bool { return p.complete }) }

// Aborted reports whether an incoming delivery was aborted by its sender (§2.6.14).
func (d Delivery) Aborted() bool { return read(d, func(p *delivery) bool { return p.aborted }) }

// Resumed reports whether the sender marked an incoming delivery as resumed (§2.6.13).
func (d Delivery) Resumed() bool { return read(d, func(p *delivery) bool { return p.resumed }) }

// LocalState returns the state that Update set last, or the one of DeliveryOptions; nil for none.
func (d Delivery) LocalState() wire.DeliveryState {
	return read(d, func(p *delivery) wire.DeliveryState { return p.local })
}

// RemoteState returns the state that the peer reported last; nil for none. A terminal state (§3.4) stays.
func (d Delivery) RemoteState() wire.DeliveryState {
	return read(d, func(p *delivery) wire.DeliveryState { return p.remote })
}

// RemoteSettled reports whether the peer has settled the delivery.
func (d Delivery) RemoteSettled() bool {
	return read(d, func(p *delivery) bool { return p.remoteSettled })
}

// --- lists ---

// deliveryList is a FIFO through nextQueued or nextUpdate.
type deliveryList struct {
	head, tail *delivery
}

func (l *deliveryList) pushQueued(d *delivery) {
	if l.tail == nil {
		l.head = d
	} else {
		l.tail.nextQueued = d
	}
	l.tail = d
	d.queued = true
}

func (l *deliveryList) popQueued() {
	d := l.head
	l.head = d.nextQueued
	if l.head == nil {
		l.tail = nil
	}
	d.nextQueued, d.queued = nil, false
}

// dropLast takes out d, which is the last one: only the last delivery of a queue can be incomplete.
func (l *deliveryList) dropLast(d *delivery) {
	if l.tail != d {
		panic("engine: an incomplete delivery is not the last one")
	}
	if l.head == d {
		l.popQueued()
		return
	}
	p := l.head
	for p.nextQueued != d {
		p = p.nextQueued
	}
	p.nextQueued, l.tail = nil, p
	d.queued = false
}

func (l *deliveryList) pushUpdate(d *delivery) {
	if l.tail == nil {
		l.head = d
	} else {
		l.tail.nextUpdate = d
	}
	l.tail = d
	d.updating = true
}

func (l *deliveryList) popUpdate() {
	d := l.head
	l.head = d.nextUpdate
	if l.head == nil {
		l.tail = nil
	}
	d.nextUpdate, d.updating = nil, false
}

// liveList is the live deliveries of a link, in the order of their beginning.
type liveList struct {
	head, tail *delivery
}

func (l *liveList) push(d *delivery) {
	d.live = true
	d.prev = l.tail
	if l.tail == nil {
		l.head = d
	} else {
		l.tail.next = d
	}
	l.tail = d
}

// remove takes a delivery out and makes its handles stale.
func (l *liveList) remove(d *delivery) {
	if d.prev == nil {
		l.head = d.next
	} else {
		d.prev.next = d.next
	}
	if d.next == nil {
		l.tail = d.prev
	} else {
		d.next.prev = d.prev
	}
	d.prev, d.next = nil, nil
	if d.ownTag {
		d.link.ownTags--
	}
	d.live = false
	d.gen++
}

// --- pool ---

// deliveryPool keeps deliveries, with the memory of their payloads, for use again.
type deliveryPool struct {
	free  []*delivery
	bytes int // capacity of their payloads
}

const (
	maxPooled      = 4096
	maxPooledBytes = 4 << 20
)

func (p *deliveryPool) get(l *Link) *delivery {
	n := len(p.free)
	if n == 0 {
		return &delivery{link: l}
	}
	d := p.free[n-1]
	p.free[n-1] = nil
	p.free = p.free[:n-1]
	p.bytes -= cap(d.own)
	d.link = l
	return d
}

// recycle takes back a delivery if nothing holds it any more.
func (p *deliveryPool) recycle(d *delivery) {
	if d.live || d.queued || d.tracked || d.updating || d.current {
		return
	}
	if d.link.role == wire.RoleReceiver {
		d.dropPayload()
		d.link.session.receive.pending--
	}
	own := d.own[:0]
	if p.bytes+cap(own) > maxPooledBytes {
		own = nil
	}
	*d = delivery{gen: d.gen, own: own}
	if len(p.free) < maxPooled {
		p.free = append(p.free, d)
		p.bytes += cap(own)
	}
}
