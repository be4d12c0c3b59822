package sim

import (
	"time"

	"github.com/collider-amqp/collider/sim/choice"
)

// clock is the virtual clock and its timers, a heap ordered by time, then age.
type clock struct {
	now    time.Duration // since Epoch
	timers []*timer
	age    uint64
	stream choice.Stream
	period int64 // mean number of steps between early moves; 0 = none
	wait   int64 // steps to the next
	grows  bool  // the period doubles with each move: see Converge
	host   *Host
}

// timer is an entry of the clock. It is part of what it is for.
type timer struct {
	at    time.Duration
	age   uint64
	place int // in the heap, from 1; 0 = not armed
	t     *Thread
	fire  func()   // if nil, t wakes from its sleep
	m     *Machine // of fire; nil: none
}

// The periods of early moves that are drawn for a run. A timer then fires, on
// average, so many steps before the threads have come to rest.
var earlyPeriods = [...]int64{0, 0, 0, 0, 1000, 100, 20, 5}

func (c *clock) reset(h *Host) {
	for _, t := range c.timers {
		t.place = 0
	}
	clear(c.timers)
	*c = clock{timers: c.timers[:0], host: h}
}

// begin draws how readily the clock moves.
func (c *clock) begin(seed uint64, early float64) {
	c.stream = choice.New(seed, choice.Clock, 0)
	c.period = earlyPeriods[c.stream.IntN(len(earlyPeriods))]
	switch {
	case early < 0:
		c.period = 0
	case early > 0:
		c.period = max(1, int64(1/early))
	}
	c.drawWait()
	if c.host != nil && c.host.Now != nil {
		c.now = c.host.Now()
	}
}

// makeFair lets the clock move in a program that always has something to run.
func (c *clock) makeFair(seed uint64) {
	c.stream = choice.New(seed, choice.Clock, 1)
	c.period = 64
	c.drawWait()
}

// makePatient lets early moves become rare, so that sooner or later the program gets
// done between two of them what it has time-outs for.
func (c *clock) makePatient() {
	c.grows = true
	c.period = max(c.period, 64)
	c.drawWait()
}

// maxPeriod bounds the period of a clock that grows.
const maxPeriod = 1 << 20

// drawWait draws the number of steps to the next early move: uniform, with mean
// period, because integers are alike on all machines.
func (c *clock) drawWait() {
	if c.period > 0 {
		c.wait = 1 + c.stream.Int64N(2*c.period-1)
	}
}

// deadline returns the time of the earliest timer.
func (c *clock) deadline() (time.Duration, bool) {
	if len(c.timers) == 0 {
		return 0, false
	}
	return c.timers[0].at, true
}

// earlyClock moves the clock although a thread can run, if that is the decision.
func (w *World) earlyClock() {
	c := &w.clock
	if h := w.hooks.clock; h != nil {
		for len(c.timers) != 0 && h.MoveClock(w.run) {
			w.recordClock()
			w.advanceEarly(c.timers[0].at)
		}
		return
	}
	if c.period == 0 {
		return
	}
	if c.wait--; c.wait > 0 {
		return
	}
	if c.grows {
		c.period = min(2*c.period, maxPeriod)
	}
	c.drawWait()
	w.recordClock()
	w.advanceEarly(c.timers[0].at)
}

// advanceEarly is advance while a thread can run.
func (w *World) advanceEarly(to time.Duration) {
	was := w.clock.now
	w.advance(to)
	w.limits.goal.excuse(w.clock.now - was)
}

// advance moves the clock and fires the timers that are then due, in the order in
// which they were armed.
func (w *World) advance(to time.Duration) {
	c := &w.clock
	if h := c.host; h != nil && h.Advance != nil {
		h.Advance(to)
		if h.Quiesce != nil { // others have waited for the same instant
			h.Quiesce()
		}
		to = h.Now()
	}
	c.now = max(c.now, to)
	w.mixTime(c.now)
	w.fireDue()
}

// consultHost lets the World's host come to rest after a step, and takes over the
// time, if it has moved.
func (w *World) consultHost() {
	h, c := w.options.Host, &w.clock
	if h.Quiesce != nil {
		h.Quiesce()
	}
	if h.Now == nil {
		return
	}
	if now := h.Now(); now > c.now {
		c.now = now
		w.mixTime(now)
		w.fireDue()
	}
}

func (w *World) fireDue() {
	c := &w.clock
	last := c.age
	for len(c.timers) > 0 && c.timers[0].at <= c.now && c.timers[0].age <= last {
		t := c.timers[0]
		c.remove(t)
		t.ring()
		if len(w.dying) != 0 {
			w.bury()
		}
	}
}

func (t *timer) ring() {
	if t.fire != nil {
		t.fire()
		return
	}
	t.t.w.enable(t.t)
}

// arm sets t to ring in d from now; a timer already armed is set anew.
//
//go:norace
func (c *clock) arm(t *timer, d time.Duration) {
	if t.place != 0 {
		c.remove(t)
	}
	c.age++
	t.at, t.age = c.now+max(d, 0), c.age
	if t.at < c.now {
		t.at = maxTime
	}
	c.timers = append(c.timers, t)
	t.place = len(c.timers)
	c.up(t.place)
}

const maxTime = time.Duration(1<<63 - 1)

// remove disarms t and says whether it was armed.
//
//go:norace
func (c *clock) remove(t *timer) bool {
	i := t.place
	if i == 0 {
		return false
	}
	t.place = 0
	n := len(c.timers)
	last := c.timers[n-1]
	c.timers[n-1] = nil
	c.timers = c.timers[:n-1]
	if i == n {
		return true
	}
	c.timers[i-1] = last
	last.place = i
	c.up(i)
	c.down(last.place)
	return true
}

//go:norace
func (c *clock) less(i, j int) bool {
	a, b := c.timers[i-1], c.timers[j-1]
	return a.at < b.at || a.at == b.at && a.age < b.age
}

//go:norace
func (c *clock) swap(i, j int) {
	h := c.timers
	h[i-1], h[j-1] = h[j-1], h[i-1]
	h[i-1].place, h[j-1].place = i, j
}

//go:norace
func (c *clock) up(i int) {
	for ; i > 1 && c.less(i, i/2); i /= 2 {
		c.swap(i, i/2)
	}
}

//go:norace
func (c *clock) down(i int) {
	for {
		j := 2 * i
		if j > len(c.timers) {
			return
		}
		if j < len(c.timers) && c.less(j+1, j) {
			j++
		}
		if !c.less(j, i) {
			return
		}
		c.swap(i, j)
		i = j
	}
}
