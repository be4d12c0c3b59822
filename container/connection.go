package container

import (
	"crypto/tls"
	"errors"
	"iter"
	"math/rand/v2"

	"github.com/collider-amqp/collider/container/engine"
	"github.com/collider-amqp/collider/container/wire"
)

// Connection is one AMQP connection (§2.4). Its methods, and those of its
// sessions, links, deliveries and trackers, may be called only inside its own
// callbacks and work functions (OWN-1, OWN-2); Wake, WorkQueue and Container
// may be called from any thread (OWN-4). A call that is certainly out of place
// panics with a *MisuseError.
type Connection struct {
	eng       *engine.Connection
	container *Container // nil on a Driver's connection
	host      *host      // nil on a Driver's connection
	handler   Handler    // of the connection, or the container's; may be nil
	current   Handler    // of the callback in progress
	address   address    // of Connect
	server    bool       // accepted
	session   *Session   // the default session, once asked for
	message   Message    // reused for every OnMessage
	scratch   []byte     // reused for encoding
	identity  *identity  // for the SASL layer; nil for an anonymous one
	layer     *tlsLayer  // how the TLS layer begins, nil for none
	tls       *tls.ConnectionState
	entropy   rand.Source // of a Driver; nil before it is needed
	sendables []*Sender   // opened with credit: OnSendable is due

	inside bool // a turn is in progress
	thread any  // the thread of that turn, where threads have identities

	opened          bool  // OnTransportOpen has been called
	transportClosed bool  // the engine has reported the end
	transportErr    error // why, if not in good order
	aborted         bool  // the end is Container.Stop's
	abortErr        error // Stop's error
}

// Connect makes a connection to addr, [scheme://][user[:password]@]host[:port]
// with the scheme amqp or amqps, and opens it. The port defaults to 5672 (amqp) or
// 5671 (amqps, which implies a TLS layer, §5.2.1). It returns at once; what comes of it is told to the handler. The
// connection itself reaches the user through callbacks alone, since it may
// already be in use by another thread (OWN-5). Dialling begins inside Run.
// Connect fails with ErrStopping after Stop, with an *AddressError, and with an
// *engine.CallError if opts has no encoding or exceeds 512 octets in the Open
// frame (§2.4.1).
func (c *Container) Connect(addr string, opts ConnectionOptions) error {
	return c.connect(addr, opts, func(*Connection, address) error { return nil })
}

// connect makes a client connection; prepare is called before any other thread
// can see it.
func (c *Container) connect(addr string, opts ConnectionOptions, prepare func(*Connection, address) error) error {
	a, err := parseAddress(addr)
	if err != nil {
		return err
	}
	if a.host == "" {
		a.host = "localhost"
	}
	opts = opts.over(c.ClientConnectionOptions())
	if a.secure() && opts.TLSUse == TLSDisabled {
		return refuse(addr, "scheme amqps, but the options disable TLS")
	}
	if opts.User == "" && a.hasUser {
		opts.User, opts.Password = a.user, a.password
	}
	fill(&opts.VirtualHost, a.host)
	conn := newConnection(c, opts, engine.Client)
	conn.address = a
	conn.layer = opts.clientTLS(a)
	h := newHost(c, conn, nil)
	if err := conn.eng.Open(); err != nil {
		return err
	}
	conn.enter()
	err = prepare(conn, a)
	conn.leave()
	if err != nil {
		return err
	}
	return c.adopt(h)
}

// OpenSender makes a connection to addr, whose path names a node, with a sender
// to that node on the default session. The sender reaches the user through
// callbacks. It fails as Connect does, and if so has no encoding.
func (c *Container) OpenSender(addr string, so SenderOptions, co ConnectionOptions) error {
	return c.connect(addr, co, func(conn *Connection, a address) error {
		_, err := conn.DefaultSession().openSender(a.path, so)
		return err
	})
}

// OpenReceiver makes a connection to addr, whose path names a node, with a
// receiver from that node on the default session. The receiver reaches the user
// through callbacks. It fails as Connect does, and if ro has no encoding.
func (c *Container) OpenReceiver(addr string, ro ReceiverOptions, co ConnectionOptions) error {
	return c.connect(addr, co, func(conn *Connection, a address) error {
		_, err := conn.DefaultSession().openReceiver(a.path, ro)
		return err
	})
}

// newConnection makes the API object and its engine.
func newConnection(c *Container, opts ConnectionOptions, side engine.Side) *Connection {
	conn := &Connection{container: c, handler: opts.Handler, server: side == engine.Server}
	if conn.handler == nil {
		conn.handler = c.handler
	}
	conn.eng = engine.NewConnection(opts.config(side, c.id))
	conn.eng.Context = conn
	conn.identity = opts.identity()
	return conn
}

// enter begins a turn: from here the connection's objects may be used.
func (c *Connection) enter() {
	c.inside = true
	if c.container != nil && c.container.self != nil {
		c.thread = c.container.self()
	}
}

// leave ends a turn.
func (c *Connection) leave() { c.inside, c.thread = false, nil }

// check panics if a call is certainly out of place (OWN-1, OWN-2).
func (c *Connection) check(op string) {
	if !c.inside {
		panic(&MisuseError{"OWN-1", op, "called outside the connection's callbacks and work functions; use its WorkQueue"})
	}
	if c.thread != nil && c.container.self() != c.thread {
		panic(&MisuseError{"OWN-2", op, "called on another thread than the one that runs the connection's callbacks; use its WorkQueue"})
	}
}

// Wake asks for a call of OnConnectionWake that begins after this call. Wakes
// may share a call; one during or after the connection's close is dropped
// (WAKE-1, WAKE-2, WAKE-5). Wake may be called from any thread. On a Driver's
// connection it does nothing (WAKE-6).
func (c *Connection) Wake() {
	if c.host != nil {
		c.host.wake()
	}
}

// WorkQueue returns the connection's work queue. It may be called from any
// thread, and the queue outlives the connection: then it refuses (OWN-8). A
// Driver's connection has one that refuses everything (WQ-11).
func (c *Connection) WorkQueue() *WorkQueue {
	if c.host == nil {
		return &WorkQueue{}
	}
	return &c.host.queue
}

// Container returns the container, nil on a Driver's connection. It may be
// called from any thread.
func (c *Connection) Container() *Container { return c.container }

// Open opens the local end with what opts says of the Open frame: ContainerID,
// VirtualHost, capabilities and properties. A Handler is ignored (HAND-3). A
// connection that Connect made is open already. Open fails with an
// *engine.CallError if the local end is not uninitialized, if opts has no
// encoding, and if it holds an option that can no longer take effect.
func (c *Connection) Open(opts ConnectionOptions) error {
	const op = "Connection.Open"
	c.check(op)
	if late := opts.beyondOpen(); late != "" {
		return &engine.CallError{Op: op, Reason: late + " can no longer take effect"}
	}
	cfg := c.eng.Config()
	if opts.ContainerID != "" {
		cfg.ContainerID = opts.ContainerID
	}
	if opts.VirtualHost != "" {
		cfg.Hostname = opts.VirtualHost
	}
	if opts.OfferedCapabilities != nil {
		cfg.OfferedCapabilities = opts.OfferedCapabilities
	}
	if opts.DesiredCapabilities != nil {
		cfg.DesiredCapabilities = opts.DesiredCapabilities
	}
	if opts.Properties != nil {
		cfg.Properties = opts.Properties
	}
	return c.eng.Open()
}

// Close closes the local end, with an error condition if err is not nil
// (§2.4.3). Callbacks go on until the peer has closed too (ORD-11). Closing
// again does nothing.
func (c *Connection) Close(err *Error) {
	c.check("Connection.Close")
	c.eng.Close(err)
}

// Uninitialized reports whether the local end has not been opened yet.
func (c *Connection) Uninitialized() bool { return c.eng.LocalState() == engine.Uninitialized }

// Active reports whether the local end is open.
func (c *Connection) Active() bool { return c.eng.LocalState() == engine.Active }

// Closed reports whether both ends are closed.
func (c *Connection) Closed() bool {
	return c.eng.LocalState() == engine.Closed && c.eng.RemoteState() == engine.Closed
}

// Error returns the condition that the peer closed with, or nil.
func (c *Connection) Error() error { return asError(c.eng.RemoteError()) }

// TransportError returns why the byte stream failed or could not be made, or
// nil.
func (c *Connection) TransportError() error { return c.transportErr }

// RemoteContainerID returns the peer's container-id, empty before its Open.
func (c *Connection) RemoteContainerID() string {
	if o := c.eng.RemoteOpen(); o != nil {
		return o.ContainerID
	}
	return ""
}

// RemoteOpen returns the peer's Open frame, nil before it came. It must not be
// changed.
func (c *Connection) RemoteOpen() *wire.Open { return c.eng.RemoteOpen() }

// User returns the authenticated user (§5.3): on a server the one that the
// Authenticator named, on a client the one of its options whose mechanism was
// chosen. It is empty if there is none. SASL tells more.
func (c *Connection) User() string { return c.eng.SASL().User }

// Accepted reports whether a listener accepted the connection.
func (c *Connection) Accepted() bool { return c.server }

// DefaultSession returns the session that OpenSender and OpenReceiver use,
// beginning it if that has not been done.
func (c *Connection) DefaultSession() *Session {
	c.check("Connection.DefaultSession")
	if c.session == nil || c.session.eng.LocalState() == engine.Closed {
		c.session = c.OpenSession(SessionOptions{})
	}
	return c.session
}

// OpenSession begins a new session.
func (c *Connection) OpenSession(opts SessionOptions) *Session {
	c.check("Connection.OpenSession")
	s := newSession(c, c.eng.NewSession())
	s.Open(opts)
	return s
}

// OpenSender opens a sender to the node at address on the default session.
func (c *Connection) OpenSender(address string, opts SenderOptions) *Sender {
	return c.DefaultSession().OpenSender(address, opts)
}

// OpenReceiver opens a receiver from the node at address on the default session.
func (c *Connection) OpenReceiver(address string, opts ReceiverOptions) *Receiver {
	return c.DefaultSession().OpenReceiver(address, opts)
}

// Sessions yields the connection's sessions in the order in which they came to
// be.
func (c *Connection) Sessions() iter.Seq[*Session] {
	return func(yield func(*Session) bool) {
		for s := range c.eng.Sessions() {
			if !yield(sessionOf(s)) {
				return
			}
		}
	}
}

// Senders yields the senders of all sessions (ENG-2).
func (c *Connection) Senders() iter.Seq[*Sender] {
	return func(yield func(*Sender) bool) {
		for s := range c.Sessions() {
			for l := range s.Senders() {
				if !yield(l) {
					return
				}
			}
		}
	}
}

// Receivers yields the receivers of all sessions (ENG-2).
func (c *Connection) Receivers() iter.Seq[*Receiver] {
	return func(yield func(*Receiver) bool) {
		for s := range c.Sessions() {
			for l := range s.Receivers() {
				if !yield(l) {
					return
				}
			}
		}
	}
}

// asError keeps a nil *Error from becoming a non-nil error.
func asError(err *wire.Error) error {
	if err == nil {
		return nil
	}
	return err
}

// errNoError stands in when an error callback finds no error to report.
var errNoError = errors.New("container: unknown error")

// reportError is where the defaults of the Error callbacks lead.
func (c *Connection) reportError(err error) {
	if err == nil {
		err = errNoError
	}
	if c.current != nil {
		c.current.OnError(c, err)
	}
}

// defaultError is the default of OnError.
func (c *Connection) defaultError(err error) {
	if c.container == nil {
		panic(err)
	}
	c.container.Stop(err)
}
