package container

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/collider-amqp/collider/container/wire"
)

// receiverScript is what a peer says that opens everything, attaches the
// receiving end of the link "s" and grants it credit for a million messages.
func receiverScript() []byte {
	return concat(amqpHeader,
		frame(&wire.Open{ContainerID: "peer", MaxFrameSize: 1 << 16, ChannelMax: 10}),
		frame(&wire.Begin{RemoteChannel: wire.Some(uint16(0)), IncomingWindow: 1 << 30, OutgoingWindow: 1 << 30, HandleMax: 10}),
		frame(&wire.Attach{Name: "s", Role: wire.RoleReceiver, Source: &wire.Source{}, Target: &wire.Target{}}),
		frame(&wire.Flow{NextIncomingID: wire.Some(uint32(0)), IncomingWindow: 1 << 30, OutgoingWindow: 1 << 30,
			Handle: wire.Some(uint32(0)), DeliveryCount: wire.Some(uint32(0)), LinkCredit: wire.Some(uint32(1 << 20))}))
}

// pour queues n messages of size octets when it gets credit.
type pour struct {
	quietHandler
	n, size int
	poured  func(c *Connection)
}

func (h *pour) OnSendable(s *Sender) {
	m := NewDataMessage(make([]byte, h.size))
	for ; h.n > 0; h.n-- {
		s.Send(m)
	}
	if h.poured != nil {
		h.poured(s.Connection())
		h.poured = nil
	}
}

// scriptedConn reads a script and swallows all that is written.
type scriptedConn struct {
	net.Conn  // one end of a pipe: reads
	swallowed atomic.Int64
}

func (c *scriptedConn) TryWrite(p []byte) (int, error) {
	c.swallowed.Add(int64(len(p)))
	return len(p), nil
}

// TestPAR5MuchOutputStarvesNobody has a peer that takes all at once: the turn of
// its connection must end before all is written.
func TestPAR5MuchOutputStarvesNobody(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	conn := &scriptedConn{Conn: near}
	c := New("c", nil, Options{Transport: dialTo(func(context.Context) (net.Conn, error) { return conn, nil })})
	const n, size = 1000, 10_000
	h := &pour{n: n, size: size}
	between := int64(-1)
	h.poured = func(*Connection) {
		c.NewWorkQueue().Add(func() { between = conn.swallowed.Load() })
	}
	c.OpenSender("peer/q", SenderOptions{Name: "s"}, ConnectionOptions{Handler: h, SASL: SASLDisabled})
	r := runContainer(t, c, 1)
	far.Write(receiverScript())
	for deadline := time.Now().Add(patience); conn.swallowed.Load() < n*size; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("only %d octets were written", conn.swallowed.Load())
		}
	}
	c.Stop(nil)
	r.wantReturn("Stop was called")
	if between < 0 || between > n*size/2 {
		t.Errorf("another domain had its turn after %d of %d octets", between, n*size)
	}
}

// TestPeerThatDoesNotRead: it holds no worker, costs no more memory than what was
// queued for it, and does not hold up Stop.
func TestPeerThatDoesNotRead(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	m := newMemory()
	deaf := dialTo(func(context.Context) (net.Conn, error) { return near, nil })
	c := New("c", nil, Options{Transport: both{m, deaf}})
	c.AutoStop(false)
	c.Listen("memory:1", ListenWith(ConnectionOptions{Handler: quietHandler{}}))
	h := &pour{n: 1000, size: 10_000}
	poured := make(chan *Connection, 1)
	h.poured = func(c *Connection) { poured <- c }
	c.OpenSender("deaf/q", SenderOptions{Name: "s"}, ConnectionOptions{Handler: h, SASL: SASLDisabled})
	r := runContainer(t, c, 1)
	// The peer hears what it must to let the connection open, and no more.
	far.Read(make([]byte, 1<<16))
	far.Write(receiverScript())
	conn := <-poured

	sound := newTracer()
	sound.on["connection_open"] = func(c *Connection) { c.Close(nil) }
	c.Connect("memory:1", ConnectionOptions{Handler: sound})
	sound.want(t, "another connection", "transport_open connection_open connection_close transport_close")

	// What the peer says is heard although it does not read.
	wrote := make(chan struct{})
	go func() {
		for range 100 {
			far.Write(frame(&wire.Flow{NextIncomingID: wire.Some(uint32(0)), IncomingWindow: 1 << 30, OutgoingWindow: 1 << 30, Echo: true}))
		}
		close(wrote)
	}()
	wantSignal(t, wrote, "the peer is read from")
	held := make(chan int, 1)
	conn.WorkQueue().Add(func() { held <- conn.eng.Pending() + len(conn.host.writeBuf) })
	if n := <-held; n > 512<<10 {
		t.Errorf("%d octets of output are held", n)
	}
	c.Stop(nil)
	r.wantReturn("Stop was called")
}

// both is a Transport that dials "deaf:5672" by one and everything else by the
// other.
type both struct {
	*memory
	deaf dialTo
}

func (b both) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if address == "deaf:5672" {
		return b.deaf(ctx)
	}
	return b.memory.Dial(ctx, network, address)
}
