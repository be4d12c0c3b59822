package container

import (
	"github.com/collider-amqp/collider/container/engine"
	"github.com/collider-amqp/collider/container/wire"
)

// Sender is the sending end of a link. It shares its connection's threading
// rules (OWN-1).
type Sender struct {
	link
	settled      bool // deliveries are sent settled
	manualSettle bool
	drain        drainState
}

// drainState says how far a sender is with a drain that its receiver has asked
// for (§2.6.7). One that asks again need not say in between that it has stopped
// to ask.
type drainState uint8

const (
	drainNone      drainState = iota
	drainAnnounced            // OnSenderDrainStart has been called
	drainAnswered             // and the credit is gone
)

// starts takes a flow of the receiver and reports whether a drain begins.
func (d *drainState) starts(draining bool, credit int) bool {
	began := draining && (*d == drainNone || *d == drainAnswered && credit > 0)
	switch {
	case !draining:
		*d = drainNone
	case began:
		*d = drainAnnounced
		d.uses(credit)
	}
	return began
}

// uses notes the credit left after deliveries or a return.
func (d *drainState) uses(credit int) {
	if *d == drainAnnounced && credit <= 0 {
		*d = drainAnswered
	}
}

func newSender(s *Session, eng *engine.Link) *Sender {
	l := &Sender{link: link{eng: eng, session: s, conn: s.conn}}
	eng.Context = l
	return l
}

// senderOf returns the API object of an engine's sending link, making one for a
// link that the peer has attached.
func senderOf(eng *engine.Link) *Sender {
	if l, ok := eng.Context.(*Sender); ok {
		return l
	}
	return newSender(sessionOf(eng.Session()), eng)
}

// Open attaches the local end, with the container's sender options below opts.
// The handler is taken if the link is uninitialized (HAND-4). Open fails with an
// *engine.CallError if the local end is attached or closed.
func (s *Sender) Open(opts SenderOptions) error {
	s.conn.check("Sender.Open")
	if s.conn.container != nil {
		opts = opts.over(s.conn.container.SenderOptions())
	}
	first := s.Uninitialized()
	o := s.attachOptions(opts.DeliveryMode, opts.Source, opts.Target, opts.Properties)
	if err := s.eng.Attach(o); err != nil {
		return err
	}
	if first {
		s.handler = opts.Handler
	}
	s.manualSettle = opts.ManualSettle
	s.settled = o.SndSettleMode.V == wire.SenderSettleModeSettled
	if s.eng.RemoteState() == engine.Active && s.eng.Credit() > 0 {
		s.conn.sendables = append(s.conn.sendables, s) // ORD-14
	}
	return nil
}

// Send queues a message and returns its tracker, which has no outcome callbacks
// if deliveries are sent settled (ORD-17). A message may be sent without credit:
// it waits, in memory without bound, until the receiver asks for it; mind
// Credit. M is not kept. Send fails with an *engine.CallError if the link is not
// open, and with a *wire.EncodeError if m has no encoding.
func (s *Sender) Send(m *Message) (*Tracker, error) { return s.SendTagged(m, nil) }

// SendTagged is Send with a delivery tag of at most 32 octets, distinct among
// the link's unsettled deliveries (§2.6.12). A nil tag is made by counting.
func (s *Sender) SendTagged(m *Message, tag []byte) (*Tracker, error) {
	s.conn.check("Sender.Send")
	payload, err := m.Append(s.conn.scratch[:0])
	if err != nil {
		return nil, err
	}
	s.conn.scratch = payload[:0]
	d, err := s.eng.Send(tag, payload, s.settled)
	if err != nil {
		return nil, err
	}
	s.drain.uses(s.eng.Credit())
	t := &Tracker{transfer: transfer{d, s.conn}, sender: s}
	if d.Valid() {
		d.SetContext(t)
	}
	return t, nil
}

// ReturnCredit gives unused credit back, if the receiver drains the link, and
// returns how much (ORD-18).
func (s *Sender) ReturnCredit() int {
	s.conn.check("Sender.ReturnCredit")
	n := s.eng.Drained()
	s.drain.uses(0)
	return n
}

// Target returns the address that messages go to: the peer's, which may have
// been made dynamically, once the peer has attached; else that of the options.
func (s *Sender) Target() string {
	if t := s.RemoteTarget(); t != nil {
		return t.Address.V
	}
	return ""
}

// Source returns the address that a receiving peer asks messages from.
func (s *Sender) Source() string {
	if src := s.RemoteSource(); src != nil {
		return src.Address.V
	}
	return ""
}
