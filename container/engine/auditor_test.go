package engine

import (
	"fmt"

	"github.com/collider-amqp/collider/container/wire"
)

// auditor watches the octets that one engine sends and those it is given, and judges what is sent by rules of its own,
// written down in plain integers: credit, windows, ids, order. It knows one session and trusts nothing of the engine.
type auditor struct {
	name     string
	maxFrame int // what the peer takes
	sent     []byte
	got      []byte
	faults   []string

	open, closed bool
	begun, ended bool
	handles      map[uint32]*audited // links of the audited engine, by its own handles
	byName       map[string]*audited
	peerHandles  map[uint32]*audited

	transfers    int64 // transfer frames sent
	windowEnd    int64 // how many may be sent in all, as far as the peer has told
	nextDelivery int64
	peerSent     int64 // transfer frames received
	promised     int64 // how many the peer may send in all
}

// audited is one link end.
type audited struct {
	name      string
	sender    bool
	attached  bool
	count     int64 // deliveries begun by the sender, or counts given back
	limit     int64 // how far count may go
	within    bool  // a delivery is under way
	deliverID int64
}

func newAuditor(name string, maxFrame int) *auditor {
	return &auditor{name: name, maxFrame: maxFrame, handles: map[uint32]*audited{}, byName: map[string]*audited{}, peerHandles: map[uint32]*audited{}}
}

func (a *auditor) fault(format string, args ...any) {
	a.faults = append(a.faults, a.name+": "+fmt.Sprintf(format, args...))
}

// onSent judges octets that the engine has put out.
func (a *auditor) onSent(b []byte) {
	a.sent = frames(append(a.sent, b...), func(f *wire.Frame, size int) {
		if size > a.maxFrame {
			a.fault("%v of %d octets exceeds max-frame-size %d", f.Code, size, a.maxFrame)
		}
		if a.closed {
			a.fault("%v behind close", f.Code)
		}
		if !a.open && f.Code != wire.CodeOpen {
			a.fault("%v before open", f.Code)
		}
		a.judge(f)
	})
}

// onGiven takes note of octets that the engine has been given.
func (a *auditor) onGiven(b []byte) {
	a.got = frames(append(a.got, b...), func(f *wire.Frame, _ int) { a.note(f) })
}

// frames calls f for each complete frame, skipping a protocol header, and returns the rest.
func frames(b []byte, f func(*wire.Frame, int)) []byte {
	if len(b) >= 8 && string(b[:4]) == "AMQP" {
		b = b[8:]
	}
	for {
		var fr wire.Frame
		n, err := fr.Decode(b, wire.Limits{})
		if err != nil {
			panic(err)
		}
		if n == 0 {
			return b
		}
		f(&fr, n)
		b = b[n:]
	}
}

// judge checks a frame that the engine sends.
func (a *auditor) judge(f *wire.Frame) {
	if (a.ended || !a.begun) && f.Code > wire.CodeBegin && f.Code < wire.CodeEnd {
		a.fault("%v outside of a session", f.Code)
	}
	switch f.Code {
	case wire.CodeOpen:
		a.open = true
	case wire.CodeClose:
		a.closed = true
	case wire.CodeBegin:
		a.begun = true
		a.promised = int64(f.Begin.IncomingWindow)
	case wire.CodeEnd:
		a.ended = true
	case wire.CodeAttach:
		l := &audited{name: f.Attach.Name, sender: f.Attach.Role == wire.RoleSender, attached: true}
		if old := a.byName[l.name]; old != nil && old.attached {
			a.fault("a second attach of %q", l.name)
		}
		if a.handles[f.Attach.Handle] != nil {
			a.fault("handle %d attached twice", f.Attach.Handle)
		}
		if old := a.byName[l.name]; old != nil {
			l.limit = old.limit
		}
		a.handles[f.Attach.Handle], a.byName[l.name] = l, l
		for h, p := range a.peerHandles {
			if p.name == l.name {
				a.peerHandles[h] = l
			}
		}
	case wire.CodeDetach:
		if l := a.link(f, f.Detach.Handle); l != nil {
			l.attached = false
			delete(a.handles, f.Detach.Handle)
		}
	case wire.CodeFlow:
		a.judgeFlow(f)
	case wire.CodeTransfer:
		a.judgeTransfer(f)
	}
}

func (a *auditor) link(f *wire.Frame, handle uint32) *audited {
	l := a.handles[handle]
	if l == nil {
		a.fault("%v on handle %d, which is not attached", f.Code, handle)
	}
	return l
}

func (a *auditor) judgeFlow(f *wire.Frame) {
	fl := &f.Flow
	if fl.NextIncomingID.Set && int64(fl.NextIncomingID.V) != a.peerSent {
		a.fault("next-incoming-id %d after %d transfers", fl.NextIncomingID.V, a.peerSent)
	}
	if int64(fl.NextOutgoingID) != a.transfers {
		a.fault("next-outgoing-id %d after %d transfers", fl.NextOutgoingID, a.transfers)
	}
	if end := a.peerSent + int64(fl.IncomingWindow); end < a.promised {
		a.fault("the window is taken back from %d to %d", a.promised, end)
	} else {
		a.promised = end
	}
	if fl.Echo {
		a.fault("an echo is asked for")
	}
	if !fl.Handle.Set {
		if fl.DeliveryCount.Set || fl.LinkCredit.Set || fl.Available.Set || fl.Drain || fl.Properties != nil {
			a.fault("link fields in a flow without handle")
		}
		return
	}
	l := a.link(f, fl.Handle.V)
	if l == nil || !l.sender {
		return
	}
	if int64(fl.DeliveryCount.V) < l.count || int64(fl.DeliveryCount.V) > l.limit && fl.DeliveryCount.V != uint32(l.count) {
		a.fault("link %q: delivery-count %d after %d of %d", l.name, fl.DeliveryCount.V, l.count, l.limit)
	}
	l.count = int64(fl.DeliveryCount.V)
	if want := max(l.limit-l.count, 0); int64(fl.LinkCredit.V) != want {
		a.fault("link %q: link-credit %d, want %d", l.name, fl.LinkCredit.V, want)
	}
}

func (a *auditor) judgeTransfer(f *wire.Frame) {
	t := &f.Transfer
	l := a.link(f, t.Handle)
	if l == nil {
		return
	}
	if a.transfers++; a.transfers > a.windowEnd {
		a.fault("transfer %d, the window ends at %d", a.transfers, a.windowEnd)
	}
	if !l.within {
		if !t.DeliveryID.Set || t.DeliveryTag == nil || !t.MessageFormat.Set {
			a.fault("a first transfer without id, tag or format")
		}
		if int64(t.DeliveryID.V) != a.nextDelivery {
			a.fault("delivery-id %d, want %d", t.DeliveryID.V, a.nextDelivery)
		}
		a.nextDelivery++
		if l.count++; l.count > l.limit {
			a.fault("link %q: delivery %d, credit ends at %d", l.name, l.count, l.limit)
		}
		l.deliverID = int64(t.DeliveryID.V)
	} else if t.DeliveryID.Set && int64(t.DeliveryID.V) != l.deliverID {
		a.fault("delivery %d within delivery %d", t.DeliveryID.V, l.deliverID)
	}
	if t.More && t.Aborted {
		a.fault("more with aborted")
	}
	l.within = t.More
}

// note takes in what the peer tells.
func (a *auditor) note(f *wire.Frame) {
	switch f.Code {
	case wire.CodeBegin:
		a.windowEnd = int64(f.Begin.IncomingWindow)
	case wire.CodeAttach:
		l := a.byName[f.Attach.Name]
		if l == nil {
			l = &audited{name: f.Attach.Name, sender: f.Attach.Role == wire.RoleReceiver}
			a.byName[f.Attach.Name] = l
		}
		a.peerHandles[f.Attach.Handle] = l
	case wire.CodeDetach:
		delete(a.peerHandles, f.Detach.Handle)
	case wire.CodeTransfer:
		a.peerSent++
	case wire.CodeFlow:
		a.windowEnd = int64(f.Flow.NextIncomingID.V) + int64(f.Flow.IncomingWindow)
		if l := a.peerHandles[f.Flow.Handle.V]; f.Flow.Handle.Set && l != nil && l.sender {
			l.limit = int64(f.Flow.DeliveryCount.V) + int64(f.Flow.LinkCredit.V)
		}
	}
}
