package netsim

import (
	"time"

	"github.com/collider-amqp/collider/sim/choice"
)

// Menu says which faults Plan may draw. A list that is empty, or a limit that is
// zero or less, leaves out what needs it: without Kinds, Dialers and Acceptors
// nothing is drawn.
type Menu struct {
	// Kinds to choose from, each as likely as another.
	Kinds []Kind
	// Dialers and Acceptors are the hosts to choose from.
	Dialers, Acceptors []string
	// Hosts are those that Crash chooses from.
	Hosts []string
	// Conns is the largest number of a connection between two hosts. Half of the
	// faults concern one connection, the others all. Zero means all.
	Conns int
	// Bytes is the largest place of a byte. Each order of magnitude is as
	// likely as another.
	Bytes uint64
	// Time is the latest time of the run at which a fault begins.
	Time time.Duration
	// Predicates are names that may trigger a fault.
	Predicates []string
	// Lasting is the longest time that a fault lasts. Zero means that faults
	// which last do so for ever.
	Lasting time.Duration
	// Delay is the longest delay of kinds that delay.
	Delay time.Duration

	_ struct{}
}

// Plan draws n valid faults. Each has entropy of its own, so that the first n do
// not depend on how many follow. A fault that the menu has no trigger or delay for
// is left out.
func (m *Menu) Plan(seed uint64, n int) []Fault {
	if len(m.Kinds) == 0 || len(m.Dialers) == 0 || len(m.Acceptors) == 0 {
		return nil
	}
	var plan []Fault
	for i := range n {
		s := choice.New(seed, "netsim.fault", uint64(i))
		if f := m.draw(&s); f.Validate(m.Predicates...) == nil {
			plan = append(plan, f)
		}
	}
	return plan
}

// draw draws one fault, which need not be valid.
func (m *Menu) draw(s *choice.Stream) Fault {
	f := Fault{
		Kind: m.Kinds[s.IntN(len(m.Kinds))],
		From: m.Dialers[s.IntN(len(m.Dialers))],
		To:   m.Acceptors[s.IntN(len(m.Acceptors))],
		Back: s.Bool(0.5),
	}
	nth, one := 1+s.IntN(max(m.Conns, 1)), s.Bool(0.5)
	if one && m.Conns > 0 {
		f.Conn = nth
	}
	f.At = m.trigger(s, f.Kind)
	last, delay := upTo(s, m.Lasting), upTo(s, m.Delay)
	if !f.Kind.once() {
		f.For = last
	}
	switch {
	case f.Kind == Delay, f.Kind == SlowAccept:
		f.By = delay
	case f.Kind == Partition && f.At.On == OnTime:
		f.Conn = 0
	}
	switch {
	case f.Kind.dials():
		f.Back = false
	case f.Kind == Crash && len(m.Hosts) > 0:
		f.Host = m.Hosts[s.IntN(len(m.Hosts))]
		if f.At.On == OnTime {
			f.From, f.To, f.Conn, f.Back = "", "", 0, false
		}
	}
	return f
}

// trigger draws one of the triggers that the kind allows.
func (m *Menu) trigger(s *choice.Stream, k Kind) Trigger {
	byBytes := !k.dials()
	weights := [...]int{
		OnStart:     0,
		OnByte:      weight(byBytes && m.Bytes > 0),
		OnTime:      weight(m.Time > 0),
		OnPredicate: weight(byBytes && len(m.Predicates) > 0),
	}
	at := upTo(s, m.Time)
	place := uint64(s.Scale(1, max(1, int64(min(m.Bytes, 1<<40)))))
	name := s.Uint64()
	weights[OnStart] = 1 - min(1, weights[OnByte]+weights[OnTime]+weights[OnPredicate])
	t := Trigger{On: On(s.Weighted(weights[:]...))}
	switch t.On {
	case OnByte:
		t.Byte = place
	case OnTime:
		t.Time = at
	case OnPredicate:
		t.Predicate = m.Predicates[name%uint64(len(m.Predicates))]
	}
	return t
}

func weight(on bool) int {
	if on {
		return 1
	}
	return 0
}

// upTo draws a duration from (0, most] of some microseconds at least, 0 if most is
// not positive.
func upTo(s *choice.Stream, most time.Duration) time.Duration {
	d := time.Duration(s.Scale(1, max(1, int64(most/time.Microsecond)))) * time.Microsecond
	if most <= 0 {
		return 0
	}
	return d
}
