package container

import (
	"context"
	"net"
	"time"
)

// host ties a Connection to its container: the strand, the inbox that I/O
// threads and users post to, and the socket. A Driver's connection has none.
type host struct {
	strand
	c     *Container
	conn  *Connection
	queue WorkQueue
	place int // index in Container.hosts

	inbox  inbox     // guarded by strand.mu
	ioCond condition // on strand.mu: the reader waits here for its buffer

	reading bool // the reader thread's buffer waits for a turn; guarded by strand.mu
	closed  bool // the socket is closed; guarded by strand.mu

	// What follows belongs to the turn.
	turnIn     inbox        // what the turn took out
	batch      fifo[func()] // jobs taken out and not yet run
	now        time.Time    // the time of the turn
	started    bool         // the first turn has been
	holding    bool         // the reader thread's buffer has been fed and not given back
	cancelDial context.CancelFunc
	nc         net.Conn  // nil before the dial and after the close
	try        tryWriter // nc's optional method
	writing    bool      // a writer thread has writeBuf
	unwritten  bool      // the rest of the output is for another turn
	writeErr   error     // why output is thrown away from now on
	writeBuf   []byte
	halfClosed bool
	deadline   deadline
	final      finalStep
}

// inbox is what has come in for a strand since its last turn.
type inbox struct {
	jobs     fifo[func()]
	finished bool // no job is accepted any more
	deaf     bool // no wake is accepted any more

	wake   bool
	tick   bool // the deadline timer has gone off
	stop   bool // Container.Stop
	wrote  bool // the writer thread has ended
	dialed bool // the thread of the dial and the TLS layer has ended

	nc       net.Conn // of the dial
	dialErr  error
	writeErr error
	data     []byte // bytes read, nil if none
	readErr  error  // why the reader thread has ended
}

// add implements workHome.
func (h *host) add(_ *WorkQueue, job func()) bool {
	h.mu.Lock()
	if h.inbox.finished {
		h.mu.Unlock()
		return false
	}
	h.inbox.jobs.push(job)
	h.postedUnlock()
	return true
}

// owner implements workHome.
func (h *host) owner() *Container { return h.c }

// wake posts a wake, unless the connection is beyond them (WAKE-5).
func (h *host) wake() {
	h.mu.Lock()
	if h.inbox.deaf {
		h.mu.Unlock()
		return
	}
	h.inbox.wake = true
	h.postedUnlock()
}

func (h *host) postStop() {
	h.mu.Lock()
	h.inbox.stop = true
	h.postedUnlock()
}

// postedUnlock ends a critical section that put something into the inbox.
func (h *host) postedUnlock() {
	queue := h.state.note()
	h.mu.Unlock()
	if queue {
		h.c.enqueue(&h.strand)
	}
}

// newHost makes the connection of a client, with a nil socket, or of an accepted
// one.
func newHost(c *Container, conn *Connection, nc net.Conn) *host {
	h := &host{c: c, conn: conn, nc: nc}
	h.strand = strand{mu: c.env.NewMutex("connection"), body: h}
	h.ioCond = c.env.NewCond(h.mu)
	h.queue.home = h
	conn.host = h
	return h
}

// adopt makes a connection part of the container's activity and queues its
// first turn.
func (c *Container) adopt(h *host) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.run.stopping {
		return ErrStopping
	}
	h.place = len(c.hosts)
	c.hosts = append(c.hosts, h)
	c.activate()
	h.state = strandQueued
	c.enqueueLocked(&h.strand)
	return nil
}

// abandon is adopt's reverse.
func (c *Container) abandon(h *host) {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := len(c.hosts) - 1
	c.hosts[h.place] = c.hosts[last]
	c.hosts[h.place].place = h.place
	c.hosts[last] = nil
	c.hosts = c.hosts[:last]
	h.queue.closed = true
	c.deactivate(1 + c.domain.timers.dropQueue(&h.queue))
}

// turn implements turner: it takes the inbox out and works it off.
func (h *host) turn() {
	h.mu.Lock()
	h.state.begin()
	h.take()
	h.mu.Unlock()

	h.now = h.c.env.Now()
	h.conn.enter()
	whole := h.c.protect(h.step)
	h.conn.leave()

	if h.final == finalGone {
		h.retire()
		return
	}
	h.mu.Lock()
	if !whole || h.unwritten {
		h.state.note() // a panic left something over, or there was much to write
	}
	again := h.state.end()
	h.mu.Unlock()
	if again {
		h.c.enqueue(&h.strand)
	}
}

// retire ends the last turn. A stream that the dial thread has made too late is
// closed: here, or by dialEnded.
func (h *host) retire() {
	h.mu.Lock()
	h.state.retire()
	late := [...]net.Conn{h.turnIn.nc, h.inbox.nc}
	h.mu.Unlock()
	for _, nc := range late {
		if nc != nil {
			h.closeStream(nc)
		}
	}
	h.c.abandon(h)
}

// take moves the inbox to the turn. The strand's mutex is held.
func (h *host) take() {
	in, t := &h.inbox, &h.turnIn
	in.jobs.moveTo(&h.batch, jobBatch-h.batch.len())
	if in.jobs.len() > 0 {
		h.state.note() // the rest is for another turn
	}
	t.wake, t.tick, t.stop = t.wake || in.wake, t.tick || in.tick, t.stop || in.stop
	in.wake, in.tick, in.stop = false, false, false
	if in.dialed {
		t.dialed, t.nc, t.dialErr = true, in.nc, in.dialErr
		in.dialed, in.nc, in.dialErr = false, nil, nil
	}
	if in.wrote {
		t.wrote, t.writeErr = true, in.writeErr
		in.wrote, in.writeErr = false, nil
	}
	if in.data != nil {
		t.data, in.data = in.data, nil
	}
	if in.readErr != nil {
		t.readErr, in.readErr = in.readErr, nil
	}
}

// step is the part of a turn that runs user code. Each part takes its input out
// of turnIn before it acts, so that a panic loses nothing of the rest.
func (h *host) step() {
	if h.final != finalNone {
		h.finish()
		return
	}
	h.feed()
	h.runBatch()
	h.deliverWake()
	h.conn.dispatch()
	h.settle()
}

// feed gives the engine what has come in, and makes the callbacks of each input
// before the next one, as the engine demands.
func (h *host) feed() {
	h.takeDial()
	t := &h.turnIn
	if t.tick {
		t.tick = false
		h.stopDeadline() // another one may have been set since
	}
	if data := t.data; data != nil {
		t.data, h.holding = nil, true
		h.conn.eng.Receive(h.now, data)
		h.conn.dispatch()
	}
	// Only now, since what was received may have kept a deadline. And in every
	// turn, since it is from this time that new deadlines count.
	h.conn.eng.Advance(h.now)
	h.conn.dispatch()
	if t.wrote {
		err := t.writeErr
		t.wrote, t.writeErr, h.writing = false, nil, false
		h.conn.eng.Wrote(len(h.writeBuf))
		h.writeFailed(err)
	}
	if err := t.readErr; err != nil {
		t.readErr = nil
		h.readEnded(err)
	}
	h.conn.dispatch()
}

// takeDial acts on the dial: it is begun in the first turn, inside Run, so that
// Connect alone starts nothing.
func (h *host) takeDial() {
	t := &h.turnIn
	switch {
	case t.dialed:
		t.dialed = false
		h.cancelDial = nil
		nc, err := t.nc, t.dialErr
		t.nc, t.dialErr = nil, nil
		switch {
		case err != nil:
			h.conn.eng.TransportClosed(h.now, err)
		case h.conn.eng.Finished():
			h.closeStream(nc) // the opening has timed out, or the handler closed it, meanwhile
		default:
			h.join(nc)
		}
	case h.started || t.stop:
	case h.nc != nil:
		h.started = true
		h.startLayer()
	default:
		h.started = true
		h.startDial()
	}
}

// runBatch runs the jobs that the turn has taken out.
func (h *host) runBatch() {
	for h.batch.len() > 0 {
		h.batch.pop()()
	}
}

// deliverWake calls OnConnectionWake if a wake has come in.
func (h *host) deliverWake() {
	if h.turnIn.wake {
		h.turnIn.wake = false
		h.conn.wakeHandler()
	}
}

// settle ends a turn of a live connection: it writes, sets the deadline, gives
// the reader its buffer back, and notices the end.
func (h *host) settle() {
	if h.turnIn.stop {
		h.serveStop()
	}
	h.flush()
	h.endStream()
	h.conn.dispatch()
	if h.conn.transportClosed {
		h.closeSocket()
		h.stopDeadline()
		h.final = finalWork
		h.finish()
		return
	}
	if h.holding {
		h.releaseReader()
	}
	h.armDeadline()
}

// serveStop aborts the connection, as Container.Stop asks (RUN-17), unless it
// has ended by itself.
func (h *host) serveStop() {
	h.turnIn.stop = false
	if h.conn.eng.Finished() {
		return
	}
	h.conn.aborted = true
	h.conn.abortErr = h.c.stopError()
	h.closeSocket()
	h.conn.eng.TransportClosed(h.now, nil)
}

// finalStep counts what a connection goes through once its transport is gone, so
// that a panic in one step neither repeats it nor keeps the others from being
// made (RUN-25).
type finalStep uint8

const (
	finalNone  finalStep = iota // the connection lives
	finalWork                   // jobs accepted so far run, no more are accepted (WQ-5, WQ-6)
	finalWake                   // a wake that came in so far is served, no more are heard (WAKE-5)
	finalOpen                   // OnTransportOpen, if it is missing (ORD-3)
	finalError                  // OnTransportError, if the end was not clean
	finalClose                  // OnTransportClose
	finalGone                   // the strand can retire
)

// finish makes the final steps that are left.
func (h *host) finish() {
	for h.final != finalGone {
		h.finalStep()
	}
}

func (h *host) finalStep() {
	switch h.final {
	case finalWork:
		h.closeQueue()
		h.runBatch()
		h.final = finalWake
	case finalWake:
		h.goDeaf()
		h.final = finalOpen
		h.deliverWake()
	case finalOpen:
		h.final = finalError
		h.conn.openTransport()
	case finalError:
		h.final = finalClose
		h.conn.failTransport()
	case finalClose:
		h.final = finalGone
		h.conn.closeTransport()
	}
}

// closeQueue ends the work queue and takes out, in the same critical section,
// what it has accepted: a job is either in that batch or refused (WQ-6).
func (h *host) closeQueue() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.inbox.finished = true
	h.inbox.jobs.moveTo(&h.batch, h.inbox.jobs.len())
}

// goDeaf ends the hearing of wakes, and takes out a last one.
func (h *host) goDeaf() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.inbox.deaf = true
	h.turnIn.wake = h.turnIn.wake || h.inbox.wake
}
