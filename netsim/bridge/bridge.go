package bridge

import (
	"sort"
	"sync"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// Options of a Bridge. The zero value is ready for use.
type Options struct {
	// Piece returns the length of the stack's unit that p begins with, which may
	// be longer than p; p is not empty. At most the rest of one unit is given to
	// a connection in one step. Nil, or a length below 1, gives all that has
	// arrived.
	Piece func(p []byte) int

	_ struct{}
}

// Bridge ties a foreign stack to the World of the current run. Its methods are
// called by threads of the World, but for Record.
type Bridge struct {
	w       *sim.World
	hub     *hub
	options Options
	pulse   sim.Event
	gates   []*Gate
	conns   []*Conn
	listens []*listener
	calls   calls
	closed  bool

	mu      sync.Mutex
	records []record
}

// record is something to be done at the end of the step.
type record struct {
	key string
	f   func()
}

// New returns the bridge of the current run. It panics if the World does not live
// in a bubble (see Host) or has a bridge already.
func New(w *sim.World, o Options) *Bridge {
	host := w.Host()
	if host == nil {
		panic("bridge: the World does not live in a bubble: set Scenario.Host")
	}
	h, ok := host.Owner.(*hub)
	if !ok || h.bridge != nil {
		panic("bridge: not the first bridge in a bubble of bridge.Host")
	}
	b := &Bridge{w: w, hub: h, options: o}
	b.calls.b = b
	h.bridge = b
	b.pulse.Init(w, b.beat)
	b.beat()
	return b
}

// pulse is how far the clock may move at once while the World has no timer: it
// stops earlier if the stack does anything. The kernel gives up a run whose clock
// moves in vain a thousand times in a row.
const pulse = time.Second

// beat keeps the clock going for the stack's own timers.
func (b *Bridge) beat() {
	if !b.closed {
		b.pulse.Set(b.w.Elapsed() + pulse)
	}
}

// Record calls f at the end of the current step, with the others of that step in
// the order of their keys. Goroutines of the stack use it for what they would
// note down: those of one step run in no particular order. f must neither block
// nor be a choice point; World.Note, World.Observe and the Recorder's methods are
// none. Keys of one step should differ.
func (b *Bridge) Record(key string, f func()) {
	b.mu.Lock()
	b.records = append(b.records, record{key, f})
	b.mu.Unlock()
	b.hub.poke()
}

// harvest takes over what the stack has done; it is at rest.
func (b *Bridge) harvest() {
	b.mu.Lock()
	records := b.records
	b.records = nil
	b.mu.Unlock()
	sort.SliceStable(records, func(i, j int) bool { return records[i].key < records[j].key })
	for _, r := range records {
		r.f()
	}
	for _, g := range b.gates {
		g.harvest()
	}
	for _, c := range b.conns {
		c.harvest()
	}
	for _, l := range b.listens {
		l.harvest()
	}
	b.calls.harvest()
}

// touch says that this step has touched the stack.
func (b *Bridge) touch() { b.hub.touched = true }

// Close ends what is left: connections are reset, listeners closed, goroutines
// that wait at a gate end there, and so do those that come to one later. The
// bridge's threads end soon after. A second Close does nothing.
func (b *Bridge) Close() {
	if b.closed {
		return
	}
	b.closed = true
	b.pulse.Stop()
	b.hub.release()
	b.touch()
	for _, l := range b.listens {
		l.inner.Close()
	}
	for _, c := range b.conns {
		c.fail()
		c.inner.SetLinger(0)
		c.inner.Close()
	}
	b.calls.close()
}

// abandon closes the stack's side of everything; the World is gone.
func (b *Bridge) abandon() {
	for _, c := range b.conns {
		c.fail()
	}
	for _, l := range b.listens {
		l.fail()
	}
}
