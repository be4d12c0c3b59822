package container

import (
	"time"

	"github.com/collider-amqp/collider/container/engine"
)

// Driver is Proton's connection_driver: one connection with the same Handler and
// the same dispatch code as in a container, but no threads, no I/O and no clock.
// The caller moves the bytes and tells the time (DRV-1, DRV-2):
//
//  1. Connect or Accept, once.
//  2. Receive what the peer has sent, Disconnected when the stream is gone.
//  3. Dispatch, which runs the callbacks, after each Receive and Tick.
//  4. Write what Output returns, and say with Wrote how much of it went. Go on
//     with Receive while output waits: a peer that writes before it reads would
//     otherwise wait for ever.
//  5. Tick first of all, whenever something happens, and at the latest at the
//     time that Tick returned. Deadlines count from the time told last.
//  6. When Dispatch returns false, close the stream. No callback follows.
//
// A Driver is used by one thread at a time; different Drivers are independent.
// Its connection has no container: the WorkQueue refuses, Wake does nothing
// (DRV-7), and there is no reconnect. A TLS layer is the owner's: TLS and TLSUse
// of its options are ignored, see Secured.
type Driver struct {
	conn  *Connection
	id    string
	opts  ConnectionOptions
	now   time.Time
	final finalStep
}

// NewDriver returns a Driver for the container-id and the options, whose Handler
// receives the events.
func NewDriver(id string, opts ConnectionOptions) *Driver {
	return &Driver{id: id, opts: opts}
}

// Connect makes the Driver a client: it opens the connection (DRV-4).
func (d *Driver) Connect() error {
	d.start(engine.Client)
	return d.conn.eng.Open()
}

// Accept makes the Driver a server; the handler opens the connection (DRV-4).
func (d *Driver) Accept() { d.start(engine.Server) }

func (d *Driver) start(side engine.Side) {
	if d.conn != nil {
		panic(&MisuseError{"DRV-4", "Driver.Connect", "called after Connect or Accept"})
	}
	d.conn = &Connection{handler: d.opts.Handler, server: side == engine.Server}
	d.conn.eng = engine.NewConnection(d.opts.config(side, d.id))
	d.conn.eng.Context = d.conn
	d.conn.identity = d.opts.identity()
	d.conn.secured(nil)
}

// Connection returns the connection, nil before Connect or Accept. It may be
// used wherever the Driver may.
func (d *Driver) Connection() *Connection { return d.conn }

// Receive takes octets that came from the peer. They are not kept.
func (d *Driver) Receive(now time.Time, b []byte) {
	d.now = now
	d.conn.eng.Receive(now, b)
}

// ReceiveEOF says that the peer has ended its half of the stream.
func (d *Driver) ReceiveEOF(now time.Time) {
	d.now = now
	d.conn.eng.ReceiveEOF(now)
}

// Disconnected says that the stream is gone in both directions, because of err
// if it is not nil. The next Dispatch makes the final callbacks (DRV-6).
func (d *Driver) Disconnected(now time.Time, err error) {
	d.now = now
	d.conn.eng.TransportClosed(now, err)
}

// Output returns the octets to write, valid until the next call.
func (d *Driver) Output() []byte { return d.conn.eng.Output() }

// Wrote says that the first n octets of Output have been written.
func (d *Driver) Wrote(n int) { d.conn.eng.Wrote(n) }

// Tick tells the time, and returns when it must be called at the latest; the
// zero Time if there is no need (DRV-8).
func (d *Driver) Tick(now time.Time) time.Time {
	d.now = now
	d.conn.eng.Advance(now)
	return d.conn.eng.Deadline()
}

// Dispatch makes the callbacks that are due and reports whether the connection
// goes on: after false the caller closes the stream, and no callback comes any
// more (DRV-2). A panic of a callback reaches the caller (DRV-5); Dispatch may
// be called again after it.
func (d *Driver) Dispatch() bool {
	c := d.conn
	c.enter()
	defer c.leave()
	if d.final == finalNone {
		c.dispatch()
		if !c.transportClosed && c.eng.WriteDone() && c.eng.ReadDone() {
			c.eng.TransportClosed(d.now, nil)
			c.dispatch()
		}
		if !c.transportClosed {
			return true
		}
		d.final = finalOpen
	}
	for d.final != finalGone {
		step := d.final
		d.final++
		switch step {
		case finalOpen:
			c.openTransport()
		case finalError:
			c.failTransport()
		case finalClose:
			c.closeTransport()
		}
	}
	return false
}

// Do runs f with the connection's objects usable, as a work function would. It
// is how a Driver's owner uses the connection from outside callbacks.
func (d *Driver) Do(f func()) {
	d.conn.enter()
	defer d.conn.leave()
	f()
}
