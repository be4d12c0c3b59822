package container

import (
	"strconv"

	"github.com/collider-amqp/collider/container/engine"
	"github.com/collider-amqp/collider/container/wire"
)

// link is what senders and receivers share (§2.6).
type link struct {
	eng     *engine.Link
	session *Session
	conn    *Connection
	handler Handler          // the link's own, or nil
	ended   engine.EventType // the event whose Close or Detach callback has been called
}

// begins notes that the peer has attached.
func (l *link) begins() { l.ended = engine.NoEvent }

// ends notes an event that ends the link, and reports whether it is news: the
// first one, or a close after a detach.
func (l *link) ends(t engine.EventType) bool {
	news := l.ended == engine.NoEvent || l.ended == engine.LinkRemoteDetach && t != l.ended
	if news {
		l.ended = t
	}
	return news
}

// inCharge returns the handler of the link's events, or nil (HAND-1).
func (l *link) inCharge() Handler {
	if l.handler != nil {
		return l.handler
	}
	return l.session.inCharge()
}

// Name returns the link's name (§2.6.1).
func (l *link) Name() string { return l.eng.Name() }

// Session returns the link's session.
func (l *link) Session() *Session { return l.session }

// Connection returns the link's connection.
func (l *link) Connection() *Connection { return l.conn }

// WorkQueue returns the connection's work queue. It may be called from any
// thread.
func (l *link) WorkQueue() *WorkQueue { return l.conn.WorkQueue() }

// Uninitialized reports whether the local end has not been attached yet.
func (l *link) Uninitialized() bool { return l.eng.LocalState() == engine.Uninitialized }

// Active reports whether the local end is attached.
func (l *link) Active() bool { return l.eng.LocalState() == engine.Active }

// Closed reports whether both ends are closed.
func (l *link) Closed() bool {
	return l.eng.LocalState() == engine.Closed && l.eng.RemoteState() == engine.Closed
}

// Error returns the condition that the peer detached or closed the link with, or
// the one that it was closed with here because the peer broke a rule; nil for
// none.
func (l *link) Error() error {
	return errorOf(l.eng.RemoteError(), l.eng.LocalError(), l.ended == engine.LinkFault)
}

// Close closes the local end, with an error condition if err is not nil
// (§2.6.6). Closing again does nothing.
func (l *link) Close(err *Error) {
	l.conn.check("Link.Close")
	if l.Uninitialized() {
		l.eng.Refuse(err)
		return
	}
	l.eng.Detach(true, err)
}

// Detach detaches the local end without closing the link (§2.6.4).
func (l *link) Detach() {
	l.conn.check("Link.Detach")
	l.eng.Detach(false, nil)
}

// Credit returns, on a sender, how many messages may be sent at once, negative
// if more are queued than the receiver has asked for; on a receiver, how many
// are asked for and not yet come.
func (l *link) Credit() int { return l.eng.Credit() }

// Draining reports whether a drain is under way (§2.6.7).
func (l *link) Draining() bool { return l.eng.Draining() }

// RemoteSource returns the source that the peer's attach names, nil for none
// (§3.5.3). It must not be changed.
func (l *link) RemoteSource() *wire.Source {
	if a := l.eng.RemoteAttach(); a != nil {
		return a.Source
	}
	return nil
}

// RemoteTarget returns the target that the peer's attach names, nil for none
// (§3.5.4). It must not be changed.
func (l *link) RemoteTarget() *wire.Target {
	if a := l.eng.RemoteAttach(); a != nil {
		return a.Target
	}
	return nil
}

// RemoteProperties returns the properties of the peer's attach. They must not be
// changed.
func (l *link) RemoteProperties() Map {
	if a := l.eng.RemoteAttach(); a != nil {
		return a.Properties
	}
	return nil
}

// linkName returns name, or makes one that is distinct among the container's
// links, as §2.6.1 asks of the links between two containers.
func (c *Connection) linkName(name string) string {
	if name != "" || c.container == nil {
		return name
	}
	return c.container.id + "/" + strconv.FormatUint(c.container.nextLink(), 10)
}

// nextLink counts links.
func (c *Container) nextLink() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.linkCount++
	return c.linkCount
}

// terminusAddress returns the address that goes into the attach.
func (o TerminusOptions) terminusAddress() wire.Optional[string] {
	if o.Address == "" || o.Dynamic || o.Anonymous {
		return wire.Optional[string]{}
	}
	return wire.Some(o.Address)
}

// expiry returns the expiry policy, session-end by default (§3.5.3).
func (o TerminusOptions) expiry() wire.TerminusExpiryPolicy {
	if o.ExpiryPolicy == "" {
		return wire.TerminusExpiryPolicySessionEnd
	}
	return o.ExpiryPolicy
}

func (o TerminusOptions) source() *wire.Source {
	s := &wire.Source{
		Address:               o.terminusAddress(),
		Durable:               o.Durability,
		ExpiryPolicy:          o.expiry(),
		Timeout:               o.Timeout,
		Dynamic:               o.Dynamic,
		DynamicNodeProperties: o.DynamicProperties,
		Filter:                o.Filter,
		Capabilities:          o.Capabilities,
	}
	if o.DistributionMode != "" {
		s.DistributionMode = wire.Some(o.DistributionMode)
	}
	return s
}

func (o TerminusOptions) target() *wire.Target {
	return &wire.Target{
		Address:               o.terminusAddress(),
		Durable:               o.Durability,
		ExpiryPolicy:          o.expiry(),
		Timeout:               o.Timeout,
		Dynamic:               o.Dynamic,
		DynamicNodeProperties: o.DynamicProperties,
		Capabilities:          o.Capabilities,
	}
}

// unset reports whether no field of o was set.
func (o TerminusOptions) unset() bool {
	return o.Address == "" && !o.Dynamic && !o.Anonymous && o.Durability == 0 && o.ExpiryPolicy == "" &&
		o.Timeout == 0 && o.Capabilities == nil && o.DynamicProperties == nil && o.DistributionMode == "" && o.Filter == nil
}

// settleMode returns the snd-settle-mode of a delivery mode (§2.8.2). A link
// that the peer attached first keeps the mode that it asked for.
func (m DeliveryMode) settleMode(remote *wire.Attach) wire.SenderSettleMode {
	switch {
	case remote != nil:
		return remote.SndSettleMode
	case m == AtMostOnce:
		return wire.SenderSettleModeSettled
	case m == AtLeastOnce:
		return wire.SenderSettleModeUnsettled
	}
	return wire.SenderSettleModeMixed
}

// attachOptions fills what both roles have in common. The termini of a link that
// the peer attached first are the peer's, unless opts name others.
func (l *link) attachOptions(mode DeliveryMode, source, target TerminusOptions, properties Map) engine.AttachOptions {
	remote := l.eng.RemoteAttach()
	o := engine.AttachOptions{
		SndSettleMode: wire.Some(mode.settleMode(remote)),
		Properties:    properties,
	}
	if remote != nil && source.unset() {
		o.Source = remote.Source
	} else {
		o.Source = source.source()
	}
	if remote != nil && target.unset() {
		o.Target = remote.Target
	} else {
		o.Target = target.target()
	}
	if remote != nil {
		o.RcvSettleMode = remote.RcvSettleMode
	}
	return o
}
