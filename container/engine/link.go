package engine

import (
	"iter"
	"slices"
	"strconv"

	"github.com/collider-amqp/collider/container/wire"
)

// Link is one end of a link (§2.6), sender or receiver. It belongs to its connection and shares its rule of
// concurrency: one caller at a time.
type Link struct {
	// Context is the caller's, for an object of its own. The engine never touches it.
	Context any

	session             *Session
	name                string
	role                wire.Role
	local, remote       State
	localErr, remoteErr *wire.Error
	options             AttachOptions
	remoteAttach        *wire.Attach
	handle              uint32 // outgoing, from Attach until both ends are detached
	remoteHandle        uint32 // incoming, while remote is Active

	hasHandle    bool // handle is in the session's table
	attaching    bool // an attach is among the session's operations
	attached     bool // an attach has been sent, and no detach since
	everSent     bool // an attach has been sent
	reclosing    bool // attached again only to be closed (§2.6.6); the peer has not closed yet
	awaitsDetach bool // detached, and the peer has not answered yet
	owesDetach   bool // the peer has detached an attachment that this end has not
	quiet        bool // the peer's next closing detach repeats one that was reported

	send       sendCredit
	recv       receiveCredit
	queue      deliveryList // outgoing deliveries, not completely framed
	queued     int          // their number
	place      sendPlace    // where the link waits to send
	current    *delivery    // the incoming delivery under way, or the outgoing one that is not complete
	live       liveList
	tags       uint64                // the last number used for a delivery-tag
	available  wire.Optional[uint32] // of a sender: what SetAvailable said; of a receiver: what the sender said
	ownTags    int                   // live deliveries whose tag the caller has named
	giveBack   bool                  // Drained was called; the credit goes back when the queue is empty
	flowWanted bool                  // in the connection's queue of links that owe a flow
	flowProps  wire.Map              // properties of the peer's latest flow
}

// AttachOptions are the local properties of a link, sent in the attach (§2.7.3). The zero value selects all defaults.
type AttachOptions struct {
	// Source and Target are the termini; Coordinator, if set, stands in place of Target (§4.5.1). Default: null; for
	// the local terminus of an answer that is a refusal (§2.6.3).
	Source      *wire.Source
	Target      *wire.Target
	Coordinator *wire.Coordinator
	// SndSettleMode is the settlement mode asked of, or kept by, the sender (§2.8.2). Default: mixed.
	SndSettleMode wire.Optional[wire.SenderSettleMode]
	// RcvSettleMode is the settlement mode asked of, or kept by, the receiver (§2.8.3). Default: first.
	RcvSettleMode wire.ReceiverSettleMode
	// Unsettled is the map of delivery-tags to states for resuming (§2.6.13); the engine only carries it. Default: null.
	Unsettled wire.Map
	// IncompleteUnsettled says that Unsettled is not all (§2.7.3).
	IncompleteUnsettled bool
	// InitialDeliveryCount is a sender's first delivery-count (§2.6.7). Ignored for receivers, and when the link is
	// attached again after Detach: then the count goes on. Default: 0.
	InitialDeliveryCount SerialNumber
	// MaxMessageSize is the largest message in octets that a receiver accepts, or that a sender sends. Default: a
	// receiver takes the Config's, a sender has none. math.MaxUint64: no limit.
	MaxMessageSize uint64
	// OfferedCapabilities, DesiredCapabilities and Properties are sent as they are. Default: not sent.
	OfferedCapabilities, DesiredCapabilities []wire.Symbol
	Properties                               wire.Map

	_ struct{}
}

// Name returns the link's name (§2.6.1).
func (l *Link) Name() string { return l.name }

// Role returns wire.RoleSender or wire.RoleReceiver: the part of this end (§2.8.1).
func (l *Link) Role() wire.Role { return l.role }

// Session returns the link's session.
func (l *Link) Session() *Session { return l.session }

// LocalState returns Uninitialized before Attach, Active after it, then Detached or Closed.
func (l *Link) LocalState() State { return l.local }

// RemoteState returns Uninitialized before the peer's attach, Active after it, then Detached or Closed.
func (l *Link) RemoteState() State { return l.remote }

// LocalError returns the error that the local end was detached with, by the caller or by the engine; nil for none.
func (l *Link) LocalError() *wire.Error { return l.localErr }

// RemoteError returns the error that the peer detached with; nil for none.
func (l *Link) RemoteError() *wire.Error { return l.remoteErr }

// RemoteAttach returns the peer's latest attach, or nil before it. It must not be changed.
func (l *Link) RemoteAttach() *wire.Attach { return l.remoteAttach }

// Refused reports whether the peer's attach carries no terminus of its own: the peer has refused the link and will
// detach it (§2.6.3).
func (l *Link) Refused() bool {
	a := l.remoteAttach
	switch {
	case a == nil:
		return false
	case a.Role == wire.RoleSender:
		return a.Source == nil
	}
	return a.Target == nil && a.Coordinator == nil
}

// SndSettleMode returns the settlement mode of the sender: the sender's attach decides (§2.8.2). Before the peer's
// attach a receiver returns what it asked for.
func (l *Link) SndSettleMode() wire.SenderSettleMode {
	if l.role == wire.RoleReceiver && l.remoteAttach != nil {
		return l.remoteAttach.SndSettleMode
	}
	return l.options.SndSettleMode.Or(wire.SenderSettleModeMixed)
}

// RcvSettleMode returns the settlement mode of the receiver: the receiver's attach decides (§2.8.3). Before the peer's
// attach a sender returns what it asked for.
func (l *Link) RcvSettleMode() wire.ReceiverSettleMode {
	if l.role == wire.RoleSender && l.remoteAttach != nil {
		return l.remoteAttach.RcvSettleMode
	}
	return l.options.RcvSettleMode
}

// newLink makes a link end that has not been attached.
func (s *Session) newLink(name string, role wire.Role) *Link {
	if name == "" {
		s.conn.linkNames++
		name = roleName(role) + "-" + strconv.FormatUint(s.conn.linkNames, 10)
	}
	return &Link{session: s, name: name, role: role}
}

func roleName(role wire.Role) string {
	if role == wire.RoleSender {
		return "sender"
	}
	return "receiver"
}

// roleIndex is the place of a role in Session.names.
func roleIndex(role wire.Role) int {
	if role == wire.RoleReceiver {
		return 1
	}
	return 0
}

// byName returns the session's link with this local role and name, or nil.
func (s *Session) byName(role wire.Role, name string) *Link { return s.names[roleIndex(role)][name] }

// list enters the link in the session, in place of a former link with its role and name.
func (l *Link) list() {
	s := l.session
	names := &s.names[roleIndex(l.role)]
	if *names == nil {
		*names = make(map[string]*Link)
	}
	if (*names)[l.name] == l {
		return
	}
	(*names)[l.name] = l
	s.links = append(s.links, l)
}

// Attach opens the local end: sends the attach, or answers the peer's (§2.6.3). After Detach without closing it
// attaches the link again (§2.6.4). It fails with a *CallError if the local end is active or closed, if the session is
// not open locally, if a link with the same name and role is attached in the session, if no handle is free, or if o
// holds a value that has no encoding. The attach may have to wait for the peer's open and begin.
func (l *Link) Attach(o AttachOptions) error {
	s := l.session
	switch other := s.byName(l.role, l.name); {
	case l.local == Active || l.local == Closed:
		return &CallError{"Link.Attach", "the link is " + l.local.String()}
	case s.local != Active || s.conn.local == Closed || s.conn.over:
		return &CallError{"Link.Attach", "the session is not open"}
	case l.awaitsDetach:
		return &CallError{"Link.Attach", "the peer has not answered the detach yet"}
	case other != nil && other != l:
		return &CallError{"Link.Attach", "the session has a " + roleName(l.role) + " named " + strconv.Quote(l.name)}
	}
	if err := l.attach(o); err != nil {
		return err
	}
	l.local = Active
	return nil
}

// attach claims a handle and queues the attach.
func (l *Link) attach(o AttachOptions) error {
	s := l.session
	handle := l.handle
	if !l.hasHandle {
		handle = uint32(lowestFree(s.handles))
	}
	if int(handle) >= s.conn.cfg.MaxLinks || s.remoteBegin != nil && handle > s.remoteBegin.HandleMax {
		return &CallError{"Link.Attach", "no handle is free"}
	}
	old := l.options
	l.options = o
	if size, err := encodedSize(l.attachFrame()); err != nil || s.conn.remoteOpen != nil && size > s.conn.frameLimit() {
		l.options = old
		if err != nil {
			return &CallError{"Link.Attach", err.Error()}
		}
		return &CallError{"Link.Attach", "the attach exceeds the peer's max-frame-size"}
	}
	l.handle, l.hasHandle = handle, true
	put(&s.handles, int(handle), l)
	l.list()
	if !l.everSent {
		l.send.initial, l.send.count = o.InitialDeliveryCount, o.InitialDeliveryCount
	}
	l.attaching = true
	s.pushOp(op{kind: opAttach, link: l})
	return nil
}

func (l *Link) attachFrame() *wire.Attach {
	a := &wire.Attach{
		Name:                l.name,
		Handle:              l.handle,
		Role:                l.role,
		SndSettleMode:       l.options.SndSettleMode.Or(wire.SenderSettleModeMixed),
		RcvSettleMode:       l.options.RcvSettleMode,
		Source:              l.options.Source,
		Target:              l.options.Target,
		Coordinator:         l.options.Coordinator,
		Unsettled:           l.options.Unsettled,
		IncompleteUnsettled: l.options.IncompleteUnsettled,
		OfferedCapabilities: l.options.OfferedCapabilities,
		DesiredCapabilities: l.options.DesiredCapabilities,
		Properties:          l.options.Properties,
	}
	if l.role == wire.RoleSender {
		// §2.7.3: mandatory for a sender, without meaning for a receiver.
		a.InitialDeliveryCount = wire.Some(uint32(l.send.count))
	}
	if m := l.maxMessageSize(); m != 0 {
		a.MaxMessageSize = wire.Some(m)
	}
	return a
}

// maxMessageSize is the largest message of this end; zero is no limit (§2.7.3).
func (l *Link) maxMessageSize() uint64 {
	m := l.options.MaxMessageSize
	if m == 0 && l.role == wire.RoleReceiver {
		m = l.session.conn.cfg.MaxMessageSize
	}
	if m == 1<<64-1 {
		return 0
	}
	return m
}

// Refuse answers the peer's attach without a local terminus, then closes the link with err (§2.6.3). It fails with a
// *CallError where Attach does.
func (l *Link) Refuse(err *wire.Error) error {
	if l.local != Uninitialized || l.remoteAttach == nil {
		return &CallError{"Link.Refuse", "there is no attach to be refused"}
	}
	e := l.Attach(l.refusal())
	if e != nil {
		e = l.Attach(AttachOptions{}) // the peer's terminus may be what leaves no room
	}
	if e == nil {
		return l.Detach(true, err)
	}
	if l.unanswerable() {
		l.session.fail("2.6.3", wire.ConditionFrameSizeTooSmall, "link %q cannot be answered within max-frame-size %d",
			cutText(l.name, maxCondition), l.session.conn.frameLimit())
		return nil
	}
	return e
}

// unanswerable reports whether not even a bare attach of the link fits the peer's max-frame-size: then only the end
// of the session can refuse it.
func (l *Link) unanswerable() bool {
	s := l.session
	if s.local != Active || s.conn.local == Closed || s.conn.over || s.conn.remoteOpen == nil {
		return false
	}
	bare := *l
	bare.options = AttachOptions{}
	size, err := encodedSize(bare.attachFrame())
	return err == nil && size > s.conn.frameLimit()
}

// refusal is the attach of an end without a terminus; the peer's terminus and modes are returned as they came.
func (l *Link) refusal() AttachOptions {
	a := l.remoteAttach
	if a == nil {
		return AttachOptions{}
	}
	o := AttachOptions{SndSettleMode: wire.Some(a.SndSettleMode), RcvSettleMode: a.RcvSettleMode}
	if l.role == wire.RoleSender {
		o.Target, o.Coordinator = a.Target, a.Coordinator
	} else {
		o.Source = a.Source
	}
	return o
}

// Detach detaches the local end; closed says for good (§2.6.6). What a sender has credit for is sent first, unless err
// is set; deliveries without credit are dropped from the queue. A closing detach of the peer is always answered by a
// closing one. A link that the peer has attached is attached first, without terminus. Closing a link that is detached
// attaches it again to say so (§2.6.6). Detaching a link that is closed, or detached already, does nothing. It fails
// with a *CallError if the link was never attached on either side.
func (l *Link) Detach(closed bool, err *wire.Error) error {
	s := l.session
	switch {
	case l.local == Closed || l.local == Detached && !closed:
		return nil
	case l.local == Uninitialized && l.remote == Uninitialized:
		return &CallError{"Link.Detach", "the link is not attached"}
	case s.local != Active || s.conn.local == Closed:
		l.endLocally(closed, sanitize(err))
		return nil
	}
	return l.detach(closed || l.remote == Closed, sanitize(err))
}

// endLocally closes a link whose session has ended, which says it all.
func (l *Link) endLocally(closed bool, err *wire.Error) {
	l.localErr = err
	l.local = Detached
	if closed {
		l.local = Closed
	}
}

// detach queues the detach, behind an attach if none is out.
func (l *Link) detach(closed bool, err *wire.Error) error {
	if l.amendDetach(closed, err) {
		return nil
	}
	if !l.attached && !l.attaching {
		o := l.refusal()
		if l.everSent {
			o = l.options
			o.Unsettled, o.IncompleteUnsettled = nil, false // §2.6.13: null when reattaching
		}
		if e := l.attach(o); e != nil {
			return e
		}
		l.reclosing, l.quiet = l.everSent, l.everSent && l.remote == Closed
	}
	l.endLocally(closed, err)
	l.awaitsDetach = !l.owesDetach && (l.remote == Active || l.remote == Uninitialized)
	l.owesDetach = false
	l.session.pushOp(op{kind: opDetach, link: l, closed: closed, err: err})
	return nil
}

// amendDetach makes a close of a detach that is still queued, and reports whether there was one.
func (l *Link) amendDetach(closed bool, err *wire.Error) bool {
	for i := range l.session.ops {
		if o := &l.session.ops[i]; o.kind == opDetach && o.link == l && l.local == Detached {
			o.closed, o.err = closed, err
			l.endLocally(closed, err)
			return true
		}
	}
	return false
}

// fail closes the link because the peer broke a rule; the session and its other links go on (§2.6.5).
func (l *Link) fail(section string, condition wire.Symbol, format string, args ...any) {
	if l.local == Closed || l.session.local == Closed {
		return
	}
	err := newProtocolError(ScopeLink, section, condition, format, args...).wire()
	l.dropQueue()
	if l.local == Detached && l.remote == Active {
		// The detach on its way will do; the peer may close for itself.
		l.endLocally(true, err)
	} else if e := l.detach(true, err); e != nil {
		l.session.fail(section, condition, "%s; %s", err.Description, e.Error())
		return
	}
	l.dropCurrent()
	l.session.conn.push(Event{Type: LinkFault, Session: l.session, Link: l})
}

// Unsettled yields the link's deliveries that are not settled locally, in the order of their beginning, those included
// that were never sent. Settling the one at hand is allowed within the loop.
func (l *Link) Unsettled() iter.Seq[Delivery] {
	return func(yield func(Delivery) bool) {
		for d := l.live.head; d != nil; {
			next := d.next
			if !yield(d.handle()) || next != nil && (!next.live || next.link != l) {
				return
			}
			d = next
		}
	}
}

// release frees what a link that is detached on both sides holds, and forgets one that is closed.
func (l *Link) release() {
	s := l.session
	if l.attached || l.attaching || l.remote == Active || l.everSent && l.remote == Uninitialized {
		return
	}
	if l.hasHandle {
		s.handles[l.handle] = nil
		l.hasHandle = false
	}
	if l.local == Closed && !l.reclosing {
		l.forget()
	}
}

// forget takes the link out of the session. Its deliveries stay with it, but dispositions find them no more.
func (l *Link) forget() {
	s := l.session
	if s.byName(l.role, l.name) == l {
		delete(s.names[roleIndex(l.role)], l.name)
	}
	if i := slices.Index(s.links, l); i >= 0 {
		s.links = slices.Delete(s.links, i, i+1)
	}
	l.dropQueue()
	for d := l.live.head; d != nil; d = d.next {
		s.table(l.role).remove(d)
	}
}
