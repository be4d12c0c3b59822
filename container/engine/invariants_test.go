package engine

import (
	"fmt"

	"github.com/collider-amqp/collider/container/wire"
)

// checkInvariants checks that the books of an engine agree with each other.
func checkInvariants(c *Connection) error {
	for i := range c.sendQueues.ready.len() {
		if l := *c.sendQueues.ready.at(i); l.place != placeReady {
			return fmt.Errorf("link %q is in the ready queue but thinks it is not", l.name)
		}
	}
	for _, d := range c.pool.free {
		if d.live || d.queued || d.tracked || d.updating || d.current || d.link != nil || d.buf != nil {
			return fmt.Errorf("a recycled delivery is held: %+v", d)
		}
	}
	for _, s := range c.sessions {
		if err := s.checkInvariants(); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) checkInvariants() error {
	var kept, unread, out int64
	held := map[*delivery]bool{}
	for _, l := range s.links {
		n := 0
		for d := l.queue.head; d != nil; d = d.nextQueued {
			if !d.queued || d.link != l {
				return fmt.Errorf("link %q: a queued delivery does not know it", l.name)
			}
			n++
			out += int64(len(d.buf))
		}
		if n != l.queued {
			return fmt.Errorf("link %q: %d deliveries are queued, the count says %d", l.name, n, l.queued)
		}
		if l.role == wire.RoleReceiver && l.current != nil {
			held[l.current] = true
		}
		for d := l.live.head; d != nil; d = d.next {
			if !d.live || d.link != l {
				return fmt.Errorf("link %q: a live delivery does not know it", l.name)
			}
			if l.role == wire.RoleReceiver {
				held[d] = true
			}
		}
	}
	for _, t := range []*deliveryTable{&s.sent, &s.received} {
		if err := t.checkInvariants(); err != nil {
			return err
		}
	}
	for i := range s.received.n {
		if d := s.received.entry(i).d; d != nil {
			held[d] = true
		}
	}
	for d := s.updates.head; d != nil; d = d.nextUpdate {
		if !d.updating {
			return fmt.Errorf("delivery %d is to be told of but does not know it", d.id)
		}
		if d.link.role == wire.RoleReceiver {
			held[d] = true
		}
	}
	for d := range held {
		kept += int64(len(d.buf))
		if d.counted {
			unread += int64(len(d.buf))
		}
	}
	// Deliveries of links that are gone may still be the caller's.
	if kept > s.receive.kept || unread > s.receive.unread || len(held) > s.receive.pending || out != s.outBytes {
		return fmt.Errorf("%d octets kept, %d unread, %d pending, %d out; the counts say %+v, %d", kept, unread, len(held), out, s.receive, s.outBytes)
	}
	if s.ended && s.local != Closed {
		return fmt.Errorf("the end was sent but the session is %v", s.local)
	}
	return nil
}

func (t *deliveryTable) checkInvariants() error {
	live := 0
	for i := range t.n {
		e := t.entry(i)
		if i > 0 && !t.entry(i-1).id.Less(e.id) {
			return fmt.Errorf("ids %d and %d are out of order", t.entry(i-1).id, e.id)
		}
		if e.d == nil {
			continue
		}
		live++
		if e.d.id != e.id || !e.d.tracked {
			return fmt.Errorf("delivery %d is in the table as %d", e.d.id, e.id)
		}
	}
	if live != t.live {
		return fmt.Errorf("%d deliveries are in the table, the count says %d", live, t.live)
	}
	return nil
}
