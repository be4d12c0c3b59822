package scenarios

import (
	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/sim/choice"
)

// linkWindow is the greatest credit window of the server's receivers.
const linkWindow = 3

// linkServer is the server's end of one connection: it receives whatever comes, and
// sends what an address asks for.
type linkServer struct {
	quiet
	w     *linkWorld
	left  map[*container.Sender]*supply
	moods *choice.Stream
}

// OnTransportError fails the run.
func (h *linkServer) OnTransportError(c *container.Connection) { h.w.broken(c) }

// OnReceiverOpen takes a link, also one that comes again after a detach.
func (h *linkServer) OnReceiverOpen(r *container.Receiver) {
	r.Open(container.ReceiverOptions{CreditWindow: 1 + h.moods.IntN(linkWindow), ManualAccept: true})
}

// OnMessage gives each message its outcome.
func (h *linkServer) OnMessage(d *container.Delivery, m *container.Message) {
	switch outcome(h.w.received(m)) {
	case accepts:
		d.Accept()
	case rejects:
		d.Reject(onPurpose)
	case releases:
		d.Release()
	case modifies:
		d.Modify()
	}
}

// OnSenderOpen takes a link. Now and then it is opened with credit already there.
func (h *linkServer) OnSenderOpen(s *container.Sender) {
	if h.left[s] == nil {
		h.left[s] = parseSupply(s.Source())
	}
	if !s.Uninitialized() || h.moods.Bool(0.5) {
		s.Open(container.SenderOptions{})
		return
	}
	h.w.server.Queue(s.Connection()).Add(func() {
		if s.Uninitialized() && s.Session().Active() {
			s.Open(container.SenderOptions{})
		}
	})
}

// OnSendable sends what there is credit for.
func (h *linkServer) OnSendable(s *container.Sender) { h.serve(s) }

// OnSenderDrainStart sends what there is, and gives the rest of the credit back.
func (h *linkServer) OnSenderDrainStart(s *container.Sender) {
	h.serve(s)
	if s.Active() {
		s.ReturnCredit()
	}
}

func (h *linkServer) serve(s *container.Sender) {
	o := h.left[s]
	for o != nil && s.Active() && s.Credit() > 0 && o.next < o.end {
		h.w.send(h.w.server, s, o.next, o.first)
		o.next++
	}
	if o != nil && o.closes && o.next == o.end && s.Active() {
		if o.first%2 == 0 && s.Session().OutgoingBytes() == 0 {
			s.Close(onPurpose) // what waits would be dropped
		} else {
			s.Close(nil)
		}
	}
}
