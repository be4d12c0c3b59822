package check

import (
	"fmt"
	"sync"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
)

// Violation is a broken rule: its id, a sentence, and the sequence numbers of
// the events that show it.
type Violation = sim.Violation

// Func judges a history. It is nil or empty for a good one.
type Func = func(h *history.History) []Violation

// Options of a Checker.
type Options struct {
	// Strict also demands what the contract leaves open and the container of
	// this module documents: one serial container domain (SER-5), start and
	// stop callbacks once for each container and the stop last (RUN-4, RUN-5),
	// a wake before a local close still served (WAKE-1).
	Strict bool
	// Partial says that any history may end anywhere, as one does that says so itself:
	// what had to happen later is not demanded.
	Partial bool
	// Skip are ids of rules that are not judged. An unknown id panics.
	Skip []string

	_ struct{}
}

// Stats are what the checkers counted, for reports; none of it is a verdict.
type Stats struct {
	// Callbacks, Jobs and Scheduled are the numbers of intervals begun.
	Callbacks, Jobs, Scheduled int
	// Wakes are the calls of wake, WakeCallbacks the on_connection_wake that
	// began, and Coalesced the wakes served together with another (WAKE-2).
	Wakes, WakeCallbacks, Coalesced int
	// Parallel is the greatest number of threads inside intervals at once.
	Parallel int
}

// maxPerRule bounds the violations reported for one rule in one history.
const maxPerRule = 4

// Checker judges histories one after another with the same memory. It must be
// used by one goroutine at a time.
type Checker struct {
	opt   Options
	skip  [rules]bool
	h     *history.History
	out   []Violation
	count [rules]uint8
	stats Stats
	last  uint64 // seq of the last event

	// By event.
	cls    []class
	end    []uint64 // seq of the End or Return of a Begin or Call, 0 if none
	parent []uint64 // the interval open on the thread at a Begin or Call
	outer  []uint64 // the interval open in the domain at a Begin
	cont   []uint32 // the container

	threads    []thread
	conns      []conn
	listeners  []listener
	containers []container
	sessions   []endpoint
	links      []endpoint
	queues     []queue
	jobs       []job
	jobAt      table
	timers     []timer
	timerAt    table
	dues       [][]due // by container
	messages   []message
	messageAt  table
	settledAt  table
	trackerAt  table
	finished   uint64
	active     int
}

// New returns a Checker.
func New(o Options) *Checker {
	c := &Checker{opt: o}
	for _, id := range o.Skip {
		r := ruleOf(id)
		if r == rules {
			panic(fmt.Sprintf("check: no rule %q to skip", id))
		}
		c.skip[r] = true
	}
	return c
}

func ruleOf(id string) rule {
	for r := range ruleTable {
		if ruleTable[r].ID == id {
			return rule(r)
		}
	}
	return rules
}

// Standard returns the checkers of this package as one function, which any
// number of goroutines may call.
func Standard(o Options) Func {
	New(o) // panics early on a wrong option
	pool := sync.Pool{New: func() any { return New(o) }}
	return func(h *history.History) []Violation {
		c := pool.Get().(*Checker)
		out := c.Check(h)
		c.h = nil
		pool.Put(c)
		return out
	}
}

// All returns a function that judges with each of fs in turn.
func All(fs ...Func) Func {
	return func(h *history.History) []Violation {
		var out []Violation
		for _, f := range fs {
			out = append(out, f(h)...)
		}
		return out
	}
}

// Stats returns what was counted in the last history.
func (c *Checker) Stats() Stats { return c.stats }

// Check judges h: it returns the violations in the order in which the history
// shows them, at most 4 for each rule, and nil for a good history. The result
// does not share memory with the Checker.
func (c *Checker) Check(h *history.History) []Violation {
	c.h, c.out, c.stats = h, nil, Stats{}
	c.count = [rules]uint8{}
	if h.Dropped > 0 {
		c.fail(rHistory, nil, "%d events were dropped at the recorder's limit of %d: nothing is proved", h.Dropped, len(h.Events))
	}
	if !c.reset() {
		return c.out
	}
	for i := range h.Events {
		c.event(i, &h.Events[i])
	}
	if !c.opt.Partial && !h.Partial && h.Dropped == 0 {
		c.finish()
	}
	return c.out
}

// event judges the event with the index i.
func (c *Checker) event(i int, e *history.Event) {
	switch e.Kind {
	case history.Begin:
		c.cls[i] = classOf(e.Name)
		c.parent[i] = c.threads[e.Thread].open
		c.cont[i] = c.containerOf(e)
		c.begin(e, c.cls[i])
	case history.Call:
		c.cls[i] = classOf(e.Name)
		c.parent[i] = c.threads[e.Thread].open
		c.cont[i] = c.containerOf(e)
		c.call(e, c.cls[i])
	case history.End, history.Return:
		o := c.origin(e)
		if o == nil {
			c.fail(rHistory, []uint64{e.Seq}, "%s %s of event %d, which is none that it could close", e.Kind, e.Name, e.Of)
			return
		}
		c.end[e.Of-1] = e.Seq
		if e.Kind == history.End {
			c.ended(o, e)
		} else {
			c.returned(o, e, c.cls[e.Of-1])
		}
	case history.Note:
		c.note(e)
	}
}

// origin returns the Begin or Call that e closes, nil if there is none open.
func (c *Checker) origin(e *history.Event) *history.Event {
	o := c.h.At(e.Of)
	if o == nil || o.Seq >= e.Seq || c.end[e.Of-1] != 0 {
		return nil
	}
	if e.Kind == history.End && o.Kind == history.Begin || e.Kind == history.Return && o.Kind == history.Call {
		return o
	}
	return nil
}

// fail reports a broken rule. A zero in seqs is an event that there was not.
func (c *Checker) fail(r rule, seqs []uint64, format string, args ...any) {
	if c.skip[r] || c.count[r] == maxPerRule {
		return
	}
	c.count[r]++
	v := Violation{Rule: ruleTable[r].ID, Message: fmt.Sprintf(format, args...)}
	for _, s := range seqs {
		if s != 0 {
			v.Seqs = append(v.Seqs, s)
		}
	}
	c.out = append(c.out, v)
}

// name returns the name of event seq with its connection, for messages.
func (c *Checker) name(seq uint64) string {
	e := c.h.At(seq)
	if e == nil {
		return "nothing"
	}
	o := c.h.Origin(e)
	switch {
	case o.Name == history.Work:
		return fmt.Sprintf("job %d of queue %d", o.Item, o.Queue)
	case o.Listener != 0:
		return fmt.Sprintf("%s of listener %d", o.Name, o.Listener)
	case o.Conn != 0:
		return fmt.Sprintf("%s of connection %d", o.Name, o.Conn)
	case o.Name == history.Scheduled:
		return fmt.Sprintf("scheduled function %d", o.Item)
	}
	return o.Name
}
