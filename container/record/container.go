package record

import (
	"context"
	"time"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/sim/history"
)

// Container is a container under observation. Its methods are those of
// container.Container and may be called from any thread.
type Container struct {
	c   *container.Container
	rec *history.Recorder
	env container.Env
	id  uint32
}

// New returns an observed container. The recorder may be nil.
func New(rec *history.Recorder, id string, h container.Handler, opts container.Options) *Container {
	rc := &Container{rec: rec, env: opts.Env}
	opts.ClientConnection = rc.ConnectionOptions(opts.ClientConnection)
	opts.ServerConnection = rc.ConnectionOptions(opts.ServerConnection)
	opts.Sender = rc.SenderOptions(opts.Sender)
	opts.Receiver = rc.ReceiverOptions(opts.Receiver)
	rc.c = container.New(id, rc.Handler(h), opts)
	rc.id = rec.ID(history.Containers, rc.c)
	return rc
}

// Container returns the container itself. What is called there directly is not
// recorded.
func (c *Container) Container() *container.Container { return c.c }

// Recorder returns the recorder, which may be nil.
func (c *Container) Recorder() *history.Recorder { return c.rec }

// Env returns the Env of the Options given to New, which may be nil.
func (c *Container) Env() container.Env { return c.env }

// ID returns the container's number in the history.
func (c *Container) ID() uint32 { return c.id }

// Run is container.Container.Run.
func (c *Container) Run(ctx context.Context, n int) error {
	e := history.Event{Name: history.OpRun, Container: c.id, Count: int64(max(n, 1))}
	call := c.rec.Call(e)
	err := c.c.Run(ctx, n)
	c.rec.Return(call, result(e, err))
	return err
}

// Stop is container.Container.Stop.
func (c *Container) Stop(err error) {
	e := history.Event{Name: history.OpStop, Container: c.id, Text: text(err)}
	call := c.rec.Call(e)
	c.c.Stop(err)
	c.rec.Return(call, e)
}

// AutoStop is container.Container.AutoStop.
func (c *Container) AutoStop(on bool) {
	e := history.Event{Name: history.OpAutoStop, Container: c.id}
	if on {
		e.Count = 1
	}
	call := c.rec.Call(e)
	c.c.AutoStop(on)
	c.rec.Return(call, e)
}

// Connect is container.Container.Connect.
func (c *Container) Connect(addr string, opts container.ConnectionOptions) error {
	return c.connect(addr, func() error { return c.c.Connect(addr, c.ConnectionOptions(opts)) })
}

// OpenSender is container.Container.OpenSender.
func (c *Container) OpenSender(addr string, so container.SenderOptions, co container.ConnectionOptions) error {
	return c.connect(addr, func() error {
		return c.c.OpenSender(addr, c.SenderOptions(so), c.ConnectionOptions(co))
	})
}

// OpenReceiver is container.Container.OpenReceiver.
func (c *Container) OpenReceiver(addr string, ro container.ReceiverOptions, co container.ConnectionOptions) error {
	return c.connect(addr, func() error {
		return c.c.OpenReceiver(addr, c.ReceiverOptions(ro), c.ConnectionOptions(co))
	})
}

func (c *Container) connect(addr string, f func() error) error {
	e := history.Event{Name: history.OpConnect, Container: c.id, Text: addr}
	call := c.rec.Call(e)
	err := f()
	e = result(e, err)
	c.rec.Return(call, e)
	return err
}

// Listen is container.Container.Listen.
func (c *Container) Listen(addr string, h container.ListenHandler) (*Listener, error) {
	key := new(byte) // numbers the listener before it exists
	e := history.Event{Name: history.OpListen, Container: c.id, Text: addr}
	e.Listener = c.rec.ID(history.Listeners, key)
	call := c.rec.Call(e)
	l, err := c.c.Listen(addr, c.listenHandler(h, e.Listener))
	c.rec.Return(call, result(e, err))
	if err != nil {
		return nil, err
	}
	return &Listener{l, c, e.Listener}, nil
}

// Schedule is container.Container.Schedule.
func (c *Container) Schedule(delay time.Duration, f func()) Handle {
	e := history.Event{Name: history.OpSchedule, Container: c.id, Item: uint64(c.rec.NextID(history.Items)), Count: int64(delay)}
	call := c.rec.Call(e)
	h := c.c.Schedule(delay, func() {
		b := history.Event{Name: history.Scheduled, Container: c.id, Item: e.Item}
		begin := c.rec.Begin(b)
		defer c.rec.End(begin, b)
		f()
	})
	c.rec.Return(call, result(e, nil))
	return Handle{h, e.Item}
}

// Handle names a scheduled function of an observed container.
type Handle struct {
	h    container.Handle
	item uint64
}

// Cancel is container.Container.Cancel.
func (c *Container) Cancel(h Handle) {
	e := history.Event{Name: history.OpCancel, Container: c.id, Item: h.item}
	call := c.rec.Call(e)
	c.c.Cancel(h.h)
	c.rec.Return(call, result(e, nil))
}

// Wake is conn.Wake.
func (c *Container) Wake(conn *container.Connection) {
	e := history.Event{Name: history.OpWake, Container: c.id, Conn: c.rec.ID(history.Conns, conn)}
	call := c.rec.Call(e)
	conn.Wake()
	c.rec.Return(call, e)
}

// Close is conn.Close, in the connection's serial domain.
func (c *Container) Close(conn *container.Connection, err *container.Error) {
	e := history.Event{Name: history.OpConnClose, Container: c.id, Conn: c.rec.ID(history.Conns, conn)}
	call := c.rec.Call(e)
	conn.Close(err)
	c.rec.Return(call, e)
}

// Send is s.Send, in the connection's serial domain.
func (c *Container) Send(s *container.Sender, m *container.Message) (*container.Tracker, error) {
	e := c.linkEvent(history.OpSend, s, s.Connection())
	call := c.rec.Call(e)
	t, err := s.Send(m)
	if err == nil && c.rec != nil {
		e.Item = uint64(c.rec.ID(history.Items, t))
	}
	c.rec.Return(call, result(e, err))
	return t, err
}

// linkEvent names an event of a link.
func (c *Container) linkEvent(name string, link any, conn *container.Connection) history.Event {
	return history.Event{
		Name:      name,
		Container: c.id,
		Conn:      c.rec.ID(history.Conns, conn),
		Link:      c.rec.ID(history.Links, link),
	}
}

// Listener is a listener of an observed container.
type Listener struct {
	*container.Listener
	c  *Container
	id uint32
}

// Stop is container.Listener.Stop.
func (l *Listener) Stop() {
	e := history.Event{Name: history.OpListenerStop, Container: l.c.id, Listener: l.id}
	call := l.c.rec.Call(e)
	l.Listener.Stop()
	l.c.rec.Return(call, e)
}

// result completes the event of a Return.
func result(e history.Event, err error) history.Event {
	e.OK, e.Text = err == nil, text(err)
	return e
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
