package container

import (
	"errors"
	"net"
	"syscall"
	"time"

	"github.com/collider-amqp/collider/container/engine"
)

// acceptor is the strand of a listener.
type acceptor struct {
	strand
	c        *Container
	listener *Listener
	handler  ListenHandler
	secure   bool // the address is amqps
	place    int  // index in Container.accepts

	inbox acceptInbox // guarded by strand.mu, as are ln, addr and bindErr
	room  condition   // on strand.mu: the accepting thread waits here

	ln      net.Listener
	addr    net.Addr
	bindErr error

	// What follows belongs to the turn.
	accepted fifo[net.Conn]
	opened   bool
	closing  closeStep
	err      error // why it closes
}

// acceptInbox is what has come in for a listener since its last turn.
type acceptInbox struct {
	bound    bool // Listen has tried to bind
	stop     bool
	accepted fifo[net.Conn]
	ended    bool // the accepting thread has ended
	err      error
}

// closeStep counts the callbacks of a closing listener, so that one that panics
// is not called again and does not keep the others from being called.
type closeStep uint8

const (
	listening closeStep = iota
	reportError
	reportClose
	listenerGone
)

// acceptBacklog bounds the accepted sockets that wait for OnAccept.
const acceptBacklog = 16

func newAcceptor(c *Container, h ListenHandler) *acceptor {
	a := &acceptor{c: c, handler: h}
	a.listener = &Listener{a}
	a.strand = strand{mu: c.env.NewMutex("listener"), body: a}
	a.room = c.env.NewCond(a.mu)
	return a
}

// adoptAcceptor makes a listener part of the container's activity.
func (c *Container) adoptAcceptor(a *acceptor) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.run.stopping {
		return ErrStopping
	}
	a.place = len(c.accepts)
	c.accepts = append(c.accepts, a)
	c.activate()
	return nil
}

// abandonAcceptor is adoptAcceptor's reverse.
func (c *Container) abandonAcceptor(a *acceptor) {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := len(c.accepts) - 1
	c.accepts[a.place] = c.accepts[last]
	c.accepts[a.place].place = a.place
	c.accepts[last] = nil
	c.accepts = c.accepts[:last]
	c.deactivate(1)
}

// postedUnlock ends a critical section that put something into the inbox.
func (a *acceptor) postedUnlock() {
	queue := a.state.note()
	a.mu.Unlock()
	if queue {
		a.c.enqueue(&a.strand)
	}
}

func (a *acceptor) stop() {
	a.mu.Lock()
	a.inbox.stop = true
	a.room.Broadcast()
	a.postedUnlock()
}

// turn implements turner.
func (a *acceptor) turn() {
	a.mu.Lock()
	a.state.begin()
	a.inbox.accepted.moveTo(&a.accepted, acceptBacklog)
	bound, stop, err := a.inbox.bound, a.inbox.stop, a.inbox.err
	if a.inbox.ended && err != nil && a.err == nil {
		a.err = err
	}
	a.room.Signal()
	a.mu.Unlock()

	whole := !bound || a.c.protect(func() { a.step(stop) })

	if a.closing == listenerGone {
		a.retire()
		return
	}
	a.mu.Lock()
	if !whole {
		a.state.note() // a panic left something over
	}
	again := a.state.end()
	a.mu.Unlock()
	if again {
		a.c.enqueue(&a.strand)
	}
}

// retire ends the last turn of a closed listener.
func (a *acceptor) retire() {
	a.mu.Lock()
	a.state.retire()
	a.mu.Unlock()
	a.c.abandonAcceptor(a)
}

// step is the user-visible part of a turn.
func (a *acceptor) step(stop bool) {
	switch {
	case a.closing != listening:
	case a.bindErr != nil:
		a.err, a.closing = a.bindErr, reportError
	case !a.opened:
		a.opened = true
		a.c.ioBegin("accept", a.acceptLoop)
		a.handler.OnOpen(a.listener)
	}
	if a.closing == listening && (stop || a.err != nil) {
		a.beginClose()
	}
	for a.accepted.len() > 0 {
		a.acceptOne(a.accepted.pop())
	}
	a.finish()
}

// beginClose closes the socket and what waits for OnAccept.
func (a *acceptor) beginClose() {
	a.closing = reportError
	if a.err == nil {
		a.err = a.c.stopError()
	}
	a.ln.Close()
	a.mu.Lock()
	a.inbox.stop = true
	a.room.Broadcast()
	a.mu.Unlock()
}

// acceptOne makes a connection of an accepted socket. While the listener closes
// the socket is refused instead.
func (a *acceptor) acceptOne(nc net.Conn) {
	if a.closing != listening || a.stopped() {
		nc.Close()
		return
	}
	accepted := false
	defer func() {
		if !accepted {
			nc.Close() // OnAccept panicked
		}
	}()
	opts := a.handler.OnAccept(a.listener)
	accepted = a.c.accept(nc, opts, a.secure)
}

// finish calls what is left of the closing callbacks.
func (a *acceptor) finish() {
	if a.closing == reportError {
		a.closing = reportClose
		if a.err != nil {
			a.handler.OnError(a.listener, a.err)
		}
	}
	if a.closing == reportClose {
		a.closing = listenerGone
		a.handler.OnClose(a.listener)
	}
}

// acceptLoop is the body of the accepting I/O thread.
func (a *acceptor) acceptLoop() {
	var delay time.Duration
	for {
		nc, err := a.ln.Accept()
		if err != nil && exhausted(err) && !a.stopped() {
			delay = min(max(2*delay, 5*time.Millisecond), time.Second)
			a.pause(delay) // LIS-10: accepting resumes when a descriptor is freed
			continue
		}
		delay = 0
		a.mu.Lock()
		if err != nil {
			a.inbox.ended = true
			if !a.inbox.stop {
				a.inbox.err = err // a socket that somebody else has closed included
			}
			a.postedUnlock()
			return
		}
		for a.inbox.accepted.len() >= acceptBacklog && !a.inbox.stop {
			a.room.Wait()
		}
		if a.inbox.stop {
			a.mu.Unlock()
			nc.Close()
			continue
		}
		a.inbox.accepted.push(nc)
		a.postedUnlock()
	}
}

// exhausted reports whether an Accept failed for want of descriptors or memory,
// or because the peer gave up first: the listener itself is sound.
func exhausted(err error) bool {
	for _, e := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func (a *acceptor) stopped() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.inbox.stop
}

// pause blocks the accepting thread for d, or until Stop.
func (a *acceptor) pause(d time.Duration) {
	over := false
	t := a.c.env.AfterFunc(d, func() {
		a.mu.Lock()
		over = true
		a.room.Broadcast()
		a.mu.Unlock()
	})
	a.mu.Lock()
	for !over && !a.inbox.stop {
		a.room.Wait()
	}
	a.mu.Unlock()
	t.Stop()
}

// accept makes a connection of an accepted socket. It reports false, and leaves
// the socket to the caller, after Stop. secure is whether the listener's address
// is amqps.
func (c *Container) accept(nc net.Conn, opts ConnectionOptions, secure bool) bool {
	opts = opts.over(c.ServerConnectionOptions())
	conn := newConnection(c, opts, engine.Server)
	conn.layer = opts.serverTLS(secure)
	return c.adopt(newHost(c, conn, nc)) == nil
}
