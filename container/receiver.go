package container

import (
	"github.com/collider-amqp/collider/container/engine"
)

// Receiver is the receiving end of a link. It shares its connection's threading
// rules (OWN-1).
type Receiver struct {
	link
	manualAccept bool
	window       int  // credit to keep the sender at; 0: none
	draining     bool // OnReceiverDrainFinish is due
}

func newReceiver(s *Session, eng *engine.Link) *Receiver {
	l := &Receiver{link: link{eng: eng, session: s, conn: s.conn}}
	eng.Context = l
	return l
}

// receiverOf returns the API object of an engine's receiving link, making one
// for a link that the peer has attached.
func receiverOf(eng *engine.Link) *Receiver {
	if l, ok := eng.Context.(*Receiver); ok {
		return l
	}
	return newReceiver(sessionOf(eng.Session()), eng)
}

// Open attaches the local end, with the container's receiver options below opts,
// and grants the credit window. The handler is taken if the link is
// uninitialized (HAND-4). Open fails with an *engine.CallError if the local end
// is attached or closed.
func (r *Receiver) Open(opts ReceiverOptions) error {
	r.conn.check("Receiver.Open")
	if r.conn.container != nil {
		opts = opts.over(r.conn.container.ReceiverOptions())
	}
	first := r.Uninitialized()
	fill(&opts.CreditWindow, DefaultCreditWindow)
	fill(&opts.DeliveryMode, AtLeastOnce)
	if err := r.eng.Attach(r.attachOptions(opts.DeliveryMode, opts.Source, opts.Target, opts.Properties)); err != nil {
		return err
	}
	if first {
		r.handler = opts.Handler
	}
	r.manualAccept = opts.ManualAccept
	r.window = max(opts.CreditWindow, 0)
	r.draining = r.eng.Draining()
	r.topUp()
	return nil
}

// topUp restores the credit window (ENG-4), but not before the end of a drain has
// been reported (ORD-15).
func (r *Receiver) topUp() {
	if missing := r.window - r.eng.Credit(); missing > 0 && r.Active() && !r.draining {
		r.eng.AddCredit(missing)
	}
}

// AddCredit asks for n more messages. It fails with an *engine.CallError if the
// link is not open.
func (r *Receiver) AddCredit(n int) error {
	r.conn.check("Receiver.AddCredit")
	return r.eng.AddCredit(n)
}

// Drain asks the sender to use or return its credit; OnReceiverDrainFinish tells
// when that is done, also if there is no credit (ORD-18). It fails with an
// *engine.CallError while a drain is under way.
func (r *Receiver) Drain() error {
	r.conn.check("Receiver.Drain")
	if r.draining {
		return &engine.CallError{Op: "Receiver.Drain", Reason: "a drain is under way"}
	}
	err := r.eng.Drain()
	r.draining = err == nil
	return err
}

// Source returns the address that messages come from: the peer's, which may
// have been made dynamically, once the peer has attached.
func (r *Receiver) Source() string {
	if s := r.RemoteSource(); s != nil {
		return s.Address.V
	}
	return ""
}

// Target returns the address that a sending peer sends messages to.
func (r *Receiver) Target() string {
	if t := r.RemoteTarget(); t != nil {
		return t.Address.V
	}
	return ""
}
