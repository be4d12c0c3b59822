package record

import (
	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/sim/history"
)

// ConnectionOptions returns opts with its handler observed.
func (c *Container) ConnectionOptions(opts container.ConnectionOptions) container.ConnectionOptions {
	opts.Handler = c.Handler(opts.Handler)
	return opts
}

// SessionOptions returns opts with its handler observed.
func (c *Container) SessionOptions(opts container.SessionOptions) container.SessionOptions {
	opts.Handler = c.Handler(opts.Handler)
	return opts
}

// SenderOptions returns opts with its handler observed.
func (c *Container) SenderOptions(opts container.SenderOptions) container.SenderOptions {
	opts.Handler = c.Handler(opts.Handler)
	return opts
}

// ReceiverOptions returns opts with its handler observed.
func (c *Container) ReceiverOptions(opts container.ReceiverOptions) container.ReceiverOptions {
	opts.Handler = c.Handler(opts.Handler)
	return opts
}

// Handler returns the observed form of h: h itself if it is nil, observed
// already, or if there is no recorder.
func (c *Container) Handler(h container.Handler) container.Handler {
	if _, observed := h.(*handler); h == nil || observed || c.rec == nil {
		return h
	}
	return &handler{h, c}
}

// handler records the interval of each callback.
type handler struct {
	next container.Handler
	c    *Container
}

func (h *handler) begin(e history.Event) uint64 { return h.c.rec.Begin(e) }

func (h *handler) end(begin uint64, e history.Event) { h.c.rec.End(begin, e) }

func (h *handler) conn(name string, c *container.Connection) history.Event {
	return history.Event{Name: name, Container: h.c.id, Conn: h.c.rec.ID(history.Conns, c)}
}

func (h *handler) session(name string, s *container.Session) history.Event {
	e := h.conn(name, s.Connection())
	e.Session = h.c.rec.ID(history.Sessions, s)
	return e
}

func (h *handler) sender(name string, s *container.Sender) history.Event {
	e := h.session(name, s.Session())
	e.Link = h.c.rec.ID(history.Links, s)
	return e
}

func (h *handler) receiver(name string, r *container.Receiver) history.Event {
	e := h.session(name, r.Session())
	e.Link = h.c.rec.ID(history.Links, r)
	return e
}

func (h *handler) tracker(name string, t *container.Tracker) history.Event {
	e := h.sender(name, t.Sender())
	e.Item = uint64(h.c.rec.ID(history.Items, t))
	return e
}

func (h *handler) container(name string) history.Event {
	return history.Event{Name: name, Container: h.c.id}
}

// OnContainerStart implements container.Handler.
func (h *handler) OnContainerStart(c *container.Container) {
	e := h.container(history.OnContainerStart)
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnContainerStart(c)
}

// OnContainerStop implements container.Handler.
func (h *handler) OnContainerStop(c *container.Container) {
	e := h.container(history.OnContainerStop)
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnContainerStop(c)
}

// OnTransportOpen implements container.Handler.
func (h *handler) OnTransportOpen(c *container.Connection) {
	e := h.conn(history.OnTransportOpen, c)
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnTransportOpen(c)
}

// OnTransportError implements container.Handler.
func (h *handler) OnTransportError(c *container.Connection) {
	e := h.conn(history.OnTransportError, c)
	e.Text = text(c.TransportError())
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnTransportError(c)
}

// OnTransportClose implements container.Handler.
func (h *handler) OnTransportClose(c *container.Connection) {
	e := h.conn(history.OnTransportClose, c)
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnTransportClose(c)
}

// OnConnectionOpen implements container.Handler.
func (h *handler) OnConnectionOpen(c *container.Connection) {
	e := h.conn(history.OnConnectionOpen, c)
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnConnectionOpen(c)
}

// OnConnectionError implements container.Handler.
func (h *handler) OnConnectionError(c *container.Connection) {
	e := h.conn(history.OnConnectionError, c)
	e.Text = text(c.Error())
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnConnectionError(c)
}

// OnConnectionClose implements container.Handler.
func (h *handler) OnConnectionClose(c *container.Connection) {
	e := h.conn(history.OnConnectionClose, c)
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnConnectionClose(c)
}

// OnConnectionWake implements container.Handler.
func (h *handler) OnConnectionWake(c *container.Connection) {
	e := h.conn(history.OnConnectionWake, c)
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnConnectionWake(c)
}

// OnSessionOpen implements container.Handler.
func (h *handler) OnSessionOpen(s *container.Session) {
	e := h.session(history.OnSessionOpen, s)
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnSessionOpen(s)
}

// OnSessionError implements container.Handler.
func (h *handler) OnSessionError(s *container.Session) {
	e := h.session(history.OnSessionError, s)
	e.Text = text(s.Error())
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnSessionError(s)
}

// OnSessionClose implements container.Handler.
func (h *handler) OnSessionClose(s *container.Session) {
	e := h.session(history.OnSessionClose, s)
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnSessionClose(s)
}

// OnSenderOpen implements container.Handler.
func (h *handler) OnSenderOpen(s *container.Sender) {
	e := h.sender(history.OnSenderOpen, s)
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnSenderOpen(s)
}

// OnSenderError implements container.Handler.
func (h *handler) OnSenderError(s *container.Sender) {
	e := h.sender(history.OnSenderError, s)
	e.Text = text(s.Error())
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnSenderError(s)
}

// OnSenderDetach implements container.Handler.
func (h *handler) OnSenderDetach(s *container.Sender) {
	e := h.sender(history.OnSenderDetach, s)
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnSenderDetach(s)
}

// OnSenderClose implements container.Handler.
func (h *handler) OnSenderClose(s *container.Sender) {
	e := h.sender(history.OnSenderClose, s)
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnSenderClose(s)
}

// OnSendable implements container.Handler.
func (h *handler) OnSendable(s *container.Sender) {
	e := h.sender(history.OnSendable, s)
	e.Count = int64(s.Credit())
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnSendable(s)
}

// OnSenderDrainStart implements container.Handler.
func (h *handler) OnSenderDrainStart(s *container.Sender) {
	e := h.sender(history.OnSenderDrainStart, s)
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnSenderDrainStart(s)
}

// OnReceiverOpen implements container.Handler.
func (h *handler) OnReceiverOpen(r *container.Receiver) {
	e := h.receiver(history.OnReceiverOpen, r)
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnReceiverOpen(r)
}

// OnReceiverError implements container.Handler.
func (h *handler) OnReceiverError(r *container.Receiver) {
	e := h.receiver(history.OnReceiverError, r)
	e.Text = text(r.Error())
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnReceiverError(r)
}

// OnReceiverDetach implements container.Handler.
func (h *handler) OnReceiverDetach(r *container.Receiver) {
	e := h.receiver(history.OnReceiverDetach, r)
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnReceiverDetach(r)
}

// OnReceiverClose implements container.Handler.
func (h *handler) OnReceiverClose(r *container.Receiver) {
	e := h.receiver(history.OnReceiverClose, r)
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnReceiverClose(r)
}

// OnReceiverDrainFinish implements container.Handler.
func (h *handler) OnReceiverDrainFinish(r *container.Receiver) {
	e := h.receiver(history.OnReceiverDrainFinish, r)
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnReceiverDrainFinish(r)
}

// OnMessage implements container.Handler.
func (h *handler) OnMessage(d *container.Delivery, m *container.Message) {
	e := h.receiver(history.OnMessage, d.Receiver())
	e.Item = messageNumber(m)
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnMessage(d, m)
}

// OnTrackerAccept implements container.Handler.
func (h *handler) OnTrackerAccept(t *container.Tracker) {
	e := h.tracker(history.OnTrackerAccept, t)
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnTrackerAccept(t)
}

// OnTrackerReject implements container.Handler.
func (h *handler) OnTrackerReject(t *container.Tracker) {
	e := h.tracker(history.OnTrackerReject, t)
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnTrackerReject(t)
}

// OnTrackerRelease implements container.Handler.
func (h *handler) OnTrackerRelease(t *container.Tracker) {
	e := h.tracker(history.OnTrackerRelease, t)
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnTrackerRelease(t)
}

// OnTrackerSettle implements container.Handler.
func (h *handler) OnTrackerSettle(t *container.Tracker) {
	e := h.tracker(history.OnTrackerSettle, t)
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnTrackerSettle(t)
}

// OnDeliverySettle implements container.Handler.
func (h *handler) OnDeliverySettle(d *container.Delivery) {
	e := h.receiver(history.OnDeliverySettle, d.Receiver())
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnDeliverySettle(d)
}

// OnError implements container.Handler.
func (h *handler) OnError(c *container.Connection, err error) {
	e := h.conn(history.OnError, c)
	e.Text = text(err)
	begin := h.begin(e)
	defer h.end(begin, e)
	h.next.OnError(c, err)
}

// messageNumber returns a message-id that is a ulong (§3.2.4), else 0.
func messageNumber(m *container.Message) uint64 {
	if m.Properties == nil {
		return 0
	}
	n, _ := m.Properties.MessageID.(uint64)
	return n
}
