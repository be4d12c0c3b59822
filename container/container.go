package container

import (
	"fmt"
	"math/rand/v2"
)

// Options configures a Container. The zero value is a production container on
// TCP.
type Options struct {
	// Env supplies threads, locks, clock and entropy. Nil means Production().
	Env Env

	// Transport makes byte streams. Nil means TCP{}.
	Transport Transport

	// ClientConnection holds the defaults for Connect, below the options given
	// there (HAND-2).
	ClientConnection ConnectionOptions

	// ServerConnection holds the defaults for accepted connections, below what
	// ListenHandler.OnAccept returns (LIS-4).
	ServerConnection ConnectionOptions

	// Sender and Receiver hold the defaults for links, below the options given
	// when a link is opened. Their Name, Source and Target are not used.
	Sender   SenderOptions
	Receiver ReceiverOptions

	_ struct{}
}

// Container is Proton's container: it owns connections and listeners and lends
// the threads inside Run to their callbacks. All its methods may be called from
// any thread, also from callbacks (TS-1).
type Container struct {
	id        string
	handler   Handler
	env       Env
	transport Transport
	self      func() any // Env.Self; nil where threads have no identity

	mu        locker    // guards all that follows
	workCond  condition // workers wait here for a strand or for the end
	runCond   condition // others wait here for a change of phase or the end of I/O threads
	defaults  defaults
	ready     readyList
	idle      int // workers that wait on workCond
	run       runState
	active    int // reasons to go on running; see activity.go
	domain    domain
	hosts     []*host      // connections not yet finally closed
	accepts   []*acceptor  // listeners not yet closed
	linkCount uint64       // numbers links for their names
	workers   map[any]bool // threads inside Run by identity, against nested Run
}

// defaults are the container-wide option defaults.
type defaults struct {
	client, server ConnectionOptions
	sender         SenderOptions
	receiver       ReceiverOptions
}

// New returns a container. The id is its AMQP container-id (§2.7.1); an empty
// one is replaced by a random UUID. The handler receives container events and
// those of connections that have no handler of their own; nil means no such
// handler. It is called concurrently for different connections (SER-9). New
// starts nothing.
func New(id string, h Handler, opts Options) *Container {
	c := &Container{id: id, handler: h, env: opts.Env, transport: opts.Transport}
	if c.env == nil {
		c.env = Production()
	}
	if c.transport == nil {
		c.transport = TCP{}
	}
	if _, production := c.env.(productionEnv); !production {
		c.self = c.env.Self
	}
	if c.id == "" {
		c.id = randomUUID(c.env.Entropy("container-id"))
	}
	c.defaults = defaults{opts.ClientConnection, opts.ServerConnection, opts.Sender, opts.Receiver}
	c.mu = c.env.NewMutex("container")
	c.workCond = c.env.NewCond(c.mu)
	c.runCond = c.env.NewCond(c.mu)
	c.run.autoStop = true
	c.workers = make(map[any]bool)
	c.domain.init(c)
	return c
}

// Env returns the container's Env: Production(), or the one of its Options. What
// handlers share between connections is guarded by its mutexes, so that the same
// code runs, and can be explored, in a simulator.
func (c *Container) Env() Env { return c.env }

// ID returns the container-id.
func (c *Container) ID() string { return c.id }

// randomUUID formats a version 4 UUID (RFC 9562 §5.4).
func randomUUID(src rand.Source) string {
	hi, lo := src.Uint64(), src.Uint64()
	hi = hi&^0xf000 | 0x4000
	lo = lo&^(0xc<<60) | 0x8<<60
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", hi>>32, hi>>16&0xffff, hi&0xffff, lo>>48, lo&(1<<48-1))
}

// SetClientConnectionOptions replaces the defaults for connections that Connect
// makes from now on.
func (c *Container) SetClientConnectionOptions(o ConnectionOptions) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.defaults.client = o
}

// ClientConnectionOptions returns the defaults for Connect.
func (c *Container) ClientConnectionOptions() ConnectionOptions {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.defaults.client
}

// SetServerConnectionOptions replaces the defaults for connections accepted
// from now on.
func (c *Container) SetServerConnectionOptions(o ConnectionOptions) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.defaults.server = o
}

// ServerConnectionOptions returns the defaults for accepted connections.
func (c *Container) ServerConnectionOptions() ConnectionOptions {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.defaults.server
}

// SetSenderOptions replaces the defaults for senders opened from now on.
func (c *Container) SetSenderOptions(o SenderOptions) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.defaults.sender = o
}

// SenderOptions returns the defaults for senders.
func (c *Container) SenderOptions() SenderOptions {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.defaults.sender
}

// SetReceiverOptions replaces the defaults for receivers opened from now on.
func (c *Container) SetReceiverOptions(o ReceiverOptions) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.defaults.receiver = o
}

// ReceiverOptions returns the defaults for receivers.
func (c *Container) ReceiverOptions() ReceiverOptions {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.defaults.receiver
}
