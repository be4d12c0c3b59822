package container

import "github.com/collider-amqp/collider/container/wire"

// Handler receives the events of a container and its connections, as Proton's
// messaging_handler does. Embed BaseHandler to have the defaults, and override
// what is of interest.
//
// Calls for one connection never overlap, whichever handler object gets them
// (SER-1); calls for different connections run in parallel, also on one Handler
// (SER-9). The objects passed may be used until the callback returns, and again
// in later callbacks and work functions of the same connection, nowhere else
// (OWN-1 to OWN-3); Connection.Wake and the WorkQueue are the exceptions.
//
// An event of a link goes to the handler given when the link was opened, else to
// that of its session, its connection, the container; one of a session or
// connection likewise from its own level on (HAND-1). If none is there, the
// event is ignored, without any default action.
type Handler interface {
	// OnContainerStart is called once for each container, before anything else,
	// by the first Run, on its thread (RUN-4).
	OnContainerStart(c *Container)
	// OnContainerStop is called once for each container, when the last thread
	// leaves Run (RUN-5).
	OnContainerStop(c *Container)

	// OnTransportOpen says that the peer's Open has come; OnConnectionOpen
	// follows at once. If it never came, OnTransportOpen is called just before
	// the final OnTransportError or OnTransportClose, so that each connection
	// has both (ORD-2, ORD-3).
	OnTransportOpen(c *Connection)
	// OnTransportError says that the byte stream failed, or could not be made;
	// Connection.TransportError tells why. The default calls OnError.
	OnTransportError(c *Connection)
	// OnTransportClose is the last call for the connection, and comes exactly
	// once (ORD-5, OWN-7).
	OnTransportClose(c *Connection)

	// OnConnectionOpen says that the peer has opened. The default opens the
	// local end if it is not, and closes it if that fails (ORD-9), as those of
	// the other Open callbacks do.
	OnConnectionOpen(c *Connection)
	// OnConnectionError says that the peer has closed with an error;
	// OnConnectionClose follows at once (ORD-7). The default calls OnError.
	OnConnectionError(c *Connection)
	// OnConnectionClose says that the peer has closed. The local end is closed
	// when it returns (ORD-8).
	OnConnectionClose(c *Connection)
	// OnConnectionWake answers Connection.Wake. Several wakes may share one
	// call, and a call without a wake is allowed (WAKE-2, WAKE-3).
	OnConnectionWake(c *Connection)

	// OnSessionOpen says that the peer has begun the session. The default
	// begins the local end if it is not.
	OnSessionOpen(s *Session)
	// OnSessionError says that the peer has ended the session with an error;
	// OnSessionClose follows at once. The default calls OnError.
	OnSessionError(s *Session)
	// OnSessionClose says that the peer has ended the session. The local end is
	// ended when it returns.
	OnSessionClose(s *Session)

	// OnSenderOpen says that the peer has attached the other end of the sender.
	// The default attaches the local end if it is not, with the container's
	// sender options.
	OnSenderOpen(s *Sender)
	// OnSenderError says that the peer has detached or closed the link with an
	// error; OnSenderDetach or OnSenderClose follows at once. The default calls
	// OnError.
	OnSenderError(s *Sender)
	// OnSenderDetach says that the peer has detached without closing. The local
	// end is detached when it returns.
	OnSenderDetach(s *Sender)
	// OnSenderClose says that the peer has closed the link. The local end is
	// closed when it returns.
	OnSenderClose(s *Sender)

	// OnReceiverOpen, OnReceiverError, OnReceiverDetach and OnReceiverClose are
	// their counterparts for receivers.
	OnReceiverOpen(r *Receiver)
	OnReceiverError(r *Receiver)
	OnReceiverDetach(r *Receiver)
	OnReceiverClose(r *Receiver)

	// OnSendable says that the sender has credit. It may come again without a
	// change, and also for a drain with no credit (ORD-14).
	OnSendable(s *Sender)
	// OnMessage delivers a message. M is reused for the connection's next
	// message: Clone it to keep it (OWN-10). If the call leaves the delivery
	// without a state, it is accepted and settled, unless the receiver was
	// opened with ManualAccept (ORD-15).
	OnMessage(d *Delivery, m *Message)
	// OnTrackerAccept, OnTrackerReject and OnTrackerRelease report the outcome
	// of a message sent; Modified counts as released. OnTrackerSettle follows
	// at once (ORD-16).
	OnTrackerAccept(t *Tracker)
	OnTrackerReject(t *Tracker)
	OnTrackerRelease(t *Tracker)
	// OnTrackerSettle says that the receiver has settled.
	OnTrackerSettle(t *Tracker)
	// OnDeliverySettle says that the sender of a received message has settled
	// it before this side did.
	OnDeliverySettle(d *Delivery)
	// OnSenderDrainStart says that the receiver asks for its credit to be used
	// or returned (ORD-18). OnSendable follows.
	OnSenderDrainStart(s *Sender)
	// OnReceiverDrainFinish says that a drain asked for by Receiver.Drain has
	// ended: no credit is left.
	OnReceiverDrainFinish(r *Receiver)

	// OnError is where the defaults of the Error callbacks end. Its own default
	// stops the container with err (ORD-19).
	OnError(c *Connection, err error)
}

// BaseHandler gives every callback of Handler its default. It is meant to be
// embedded.
type BaseHandler struct{}

var _ Handler = BaseHandler{}

// OnContainerStart does nothing.
func (BaseHandler) OnContainerStart(*Container) {}

// OnContainerStop does nothing.
func (BaseHandler) OnContainerStop(*Container) {}

// OnTransportOpen does nothing.
func (BaseHandler) OnTransportOpen(*Connection) {}

// OnTransportError calls OnError of the handler in charge.
func (BaseHandler) OnTransportError(c *Connection) { c.reportError(c.TransportError()) }

// OnTransportClose does nothing.
func (BaseHandler) OnTransportClose(*Connection) {}

// OnConnectionOpen opens the local end if it is not.
func (BaseHandler) OnConnectionOpen(c *Connection) {
	if c.Uninitialized() {
		if err := c.Open(ConnectionOptions{}); err != nil {
			c.Close(notOpened(err))
		}
	}
}

// notOpened is what a peer is told when a default cannot open what it asks for.
func notOpened(err error) *Error {
	return &Error{Condition: wire.ConditionInternalError, Description: err.Error()}
}

// OnConnectionError calls OnError of the handler in charge.
func (BaseHandler) OnConnectionError(c *Connection) { c.reportError(c.Error()) }

// OnConnectionClose does nothing.
func (BaseHandler) OnConnectionClose(*Connection) {}

// OnConnectionWake does nothing.
func (BaseHandler) OnConnectionWake(*Connection) {}

// OnSessionOpen begins the local end if it is not.
func (BaseHandler) OnSessionOpen(s *Session) {
	if s.Uninitialized() {
		if err := s.Open(SessionOptions{}); err != nil {
			s.Close(notOpened(err))
		}
	}
}

// OnSessionError calls OnError of the handler in charge.
func (BaseHandler) OnSessionError(s *Session) { s.conn.reportError(s.Error()) }

// OnSessionClose does nothing.
func (BaseHandler) OnSessionClose(*Session) {}

// OnSenderOpen attaches the local end if it is not.
func (BaseHandler) OnSenderOpen(s *Sender) {
	if s.Uninitialized() {
		if err := s.Open(SenderOptions{}); err != nil {
			s.Close(notOpened(err))
		}
	}
}

// OnSenderError calls OnError of the handler in charge.
func (BaseHandler) OnSenderError(s *Sender) { s.conn.reportError(s.Error()) }

// OnSenderDetach does nothing.
func (BaseHandler) OnSenderDetach(*Sender) {}

// OnSenderClose does nothing.
func (BaseHandler) OnSenderClose(*Sender) {}

// OnReceiverOpen attaches the local end if it is not.
func (BaseHandler) OnReceiverOpen(r *Receiver) {
	if r.Uninitialized() {
		if err := r.Open(ReceiverOptions{}); err != nil {
			r.Close(notOpened(err))
		}
	}
}

// OnReceiverError calls OnError of the handler in charge.
func (BaseHandler) OnReceiverError(r *Receiver) { r.conn.reportError(r.Error()) }

// OnReceiverDetach does nothing.
func (BaseHandler) OnReceiverDetach(*Receiver) {}

// OnReceiverClose does nothing.
func (BaseHandler) OnReceiverClose(*Receiver) {}

// OnSendable does nothing.
func (BaseHandler) OnSendable(*Sender) {}

// OnMessage does nothing; the message is accepted all the same.
func (BaseHandler) OnMessage(*Delivery, *Message) {}

// OnTrackerAccept does nothing.
func (BaseHandler) OnTrackerAccept(*Tracker) {}

// OnTrackerReject does nothing.
func (BaseHandler) OnTrackerReject(*Tracker) {}

// OnTrackerRelease does nothing.
func (BaseHandler) OnTrackerRelease(*Tracker) {}

// OnTrackerSettle does nothing.
func (BaseHandler) OnTrackerSettle(*Tracker) {}

// OnDeliverySettle does nothing.
func (BaseHandler) OnDeliverySettle(*Delivery) {}

// OnSenderDrainStart does nothing.
func (BaseHandler) OnSenderDrainStart(*Sender) {}

// OnReceiverDrainFinish does nothing.
func (BaseHandler) OnReceiverDrainFinish(*Receiver) {}

// OnError stops the container with err. On a Driver's connection, which has no
// container, it panics with err, so that the error reaches the caller of
// Dispatch.
func (BaseHandler) OnError(c *Connection, err error) { c.defaultError(err) }

// ListenHandler receives the events of one listener, one at a time (SER-4):
// OnOpen, any number of OnAccept, OnClose; an OnError comes just before OnClose,
// and if the address could not be bound these two are all (LIS-1). Embed
// BaseListenHandler to have the defaults.
type ListenHandler interface {
	// OnOpen says that the listener accepts connections.
	OnOpen(l *Listener)
	// OnAccept returns the options of a connection just accepted, above the
	// container's defaults. It is called before the peer has sent anything of
	// AMQP (LIS-5).
	OnAccept(l *Listener) ConnectionOptions
	// OnError says why the listener closes.
	OnError(l *Listener, err error)
	// OnClose is the last call for the listener, and comes exactly once.
	OnClose(l *Listener)
}

// BaseListenHandler gives every callback of ListenHandler its default. It is
// meant to be embedded.
type BaseListenHandler struct{}

var _ ListenHandler = BaseListenHandler{}

// OnOpen does nothing.
func (BaseListenHandler) OnOpen(*Listener) {}

// OnAccept adds nothing to the container's defaults.
func (BaseListenHandler) OnAccept(*Listener) ConnectionOptions { return ConnectionOptions{} }

// OnError stops the container with err.
func (BaseListenHandler) OnError(l *Listener, err error) { l.acceptor.c.Stop(err) }

// OnClose does nothing.
func (BaseListenHandler) OnClose(*Listener) {}
