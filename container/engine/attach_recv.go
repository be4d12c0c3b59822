package engine

import "github.com/collider-amqp/collider/container/wire"

// onAttach handles the peer's attach (§2.6.3): the answer to a local one, the return of a link that was detached, or
// the request for a new link. Links are found by name and direction (§2.6.1); the peer's handle is its own (§2.6.2).
func (s *Session) onAttach(a *wire.Attach) {
	c := s.conn
	switch {
	case uint64(a.Handle) >= uint64(c.cfg.MaxLinks):
		c.fail("2.7.2", wire.ConditionConnectionFramingError, "attach of handle %d exceeds handle-max %d", a.Handle, c.cfg.MaxLinks-1)
		return
	case at(s.remoteHandles, int(a.Handle)) != nil:
		s.fail("2.6.2", wire.ConditionSessionHandleInUse, "attach of handle %d, which is in use", a.Handle)
		return
	}
	l := s.byName(!a.Role, a.Name)
	if l != nil && !l.awaitsAttach() {
		// §2.6.1: the name belongs to one link at a time; the newcomer takes it over.
		l.fail("2.6.1", wire.ConditionLinkStolen, "another attach of the link's name")
		l = nil
	}
	if l == nil {
		if len(s.links) >= 2*c.cfg.MaxLinks {
			s.fail("2.6.3", wire.ConditionResourceLimitExceeded, "%d links wait for their end", len(s.links))
			return
		}
		l = &Link{session: s, name: a.Name, role: !a.Role}
		l.list()
	}
	l.onAttach(a)
}

// awaitsAttach reports whether an attach of the peer with the link's name concerns this link: it answers one that was
// sent or is about to be, or brings back a link that the peer had detached.
func (l *Link) awaitsAttach() bool {
	switch l.remote {
	case Uninitialized:
		return true
	case Detached:
		return l.local != Closed || l.reclosing
	case Closed:
		return l.reclosing
	}
	return false
}

func (l *Link) onAttach(a *wire.Attach) {
	s := l.session
	attach := *a
	l.remoteAttach = &attach
	l.remoteHandle = a.Handle
	put(&s.remoteHandles, int(a.Handle), l)
	l.remote = Active
	l.remoteErr = nil
	if l.role == wire.RoleReceiver {
		l.recv.onAttach(SerialNumber(a.InitialDeliveryCount.V))
	}
	if !l.reclosing {
		s.conn.push(Event{Type: LinkRemoteAttach, Session: s, Link: l})
	}
	s.conn.makeReady(l)
}

// onDetach handles the peer's detach (§2.6.4, §2.6.6).
func (s *Session) onDetach(f *wire.Detach) {
	l := at(s.remoteHandles, int(f.Handle))
	if l == nil {
		s.failHandle("detach", f.Handle)
		return
	}
	s.remoteHandles[f.Handle] = nil
	l.remoteErr = f.Error
	l.remote = Detached
	if f.Closed {
		l.remote = Closed
	}
	l.dropCurrent()
	if d := l.queue.head; l.local != Active || f.Closed {
		l.dropQueue()
	} else if d != nil && d.started {
		l.unqueue() // its beginning is lost; only a resumption could go on (§2.6.13)
		s.conn.pool.recycle(d)
	}
	l.owesDetach = !l.awaitsDetach
	l.awaitsDetach = false
	l.send.credit, l.send.drain, l.giveBack = 0, false, false
	l.recv = receiveCredit{count: l.recv.count, limit: l.recv.count}
	l.reportDetach(f.Closed)
	l.release()
}

// reportDetach raises the event of a detach, unless the peer has only repeated one (§2.6.6).
func (l *Link) reportDetach(closed bool) {
	quiet := l.quiet && closed
	if closed {
		l.reclosing, l.quiet = false, false
	}
	switch {
	case quiet:
	case closed:
		l.session.conn.push(Event{Type: LinkRemoteClose, Session: l.session, Link: l})
	default:
		l.session.conn.push(Event{Type: LinkRemoteDetach, Session: l.session, Link: l})
	}
}
