package proxy_test

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/netsim/proxy"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// limit bounds each wait of a test; none of them is for a time to pass.
const limit = 20 * time.Second

// rig is a proxy with a listener behind it.
type rig struct {
	t *testing.T
	*proxy.Proxy
	upstream net.Listener
	log      log
}

// log keeps what the proxy tells.
type log struct {
	mu      sync.Mutex
	actions []proxy.Action
	events  []netsim.Event
	came    chan struct{} // closed and replaced by each entry
}

func (l *log) add(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
	if l.came != nil {
		close(l.came)
	}
	l.came = make(chan struct{})
}

// Observe implements netsim.Observer.
func (l *log) Observe(e netsim.Event) {
	e.Bytes = append([]byte(nil), e.Bytes...)
	l.add(func() { l.events = append(l.events, e) })
}

func (l *log) acted(a proxy.Action) { l.add(func() { l.actions = append(l.actions, a) }) }

// await waits until ok, which looks at the log.
func (l *log) await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	timeout := time.After(limit)
	for {
		l.mu.Lock()
		done := ok()
		if l.came == nil {
			l.came = make(chan struct{})
		}
		came := l.came
		l.mu.Unlock()
		if done {
			return
		}
		select {
		case <-came:
		case <-timeout:
			t.Fatalf("no %s", what)
		}
	}
}

// awaitActions waits until so many faults have acted.
func (r *rig) awaitActions(n int) {
	r.t.Helper()
	r.log.await(r.t, "action of a fault", func() bool { return len(r.log.actions) >= n })
}

// awaitNone waits until no connection is left.
func (r *rig) awaitNone() {
	r.t.Helper()
	for end := time.Now().Add(limit); r.Stats().Open > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("connections are left: %+v", r.Stats())
		}
	}
}

// start starts a proxy before a listener. Both end with the test.
func start(t *testing.T, o proxy.Options, faults ...string) *rig {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, upstream: l}
	o.Listen, o.Upstream = "127.0.0.1:0", l.Addr().String()
	o.Observer, o.Acted = &r.log, r.log.acted
	for _, f := range faults {
		o.Faults = append(o.Faults, netsim.MustParseFault(f))
	}
	if r.Proxy, err = proxy.Start(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		l.Close()
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// dial connects to the proxy.
func (r *rig) dial() *net.TCPConn {
	r.t.Helper()
	c, err := r.tryDial()
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

// tryDial connects to a proxy that may reset the connection before the system has
// told of it.
func (r *rig) tryDial() (*net.TCPConn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	c, err := new(net.Dialer).DialContext(ctx, "tcp", r.Addr().String())
	if err != nil {
		return nil, err
	}
	return r.own(c), nil
}

// wantDialReset connects and wants no more than a reset.
func (r *rig) wantDialReset(what string) {
	r.t.Helper()
	c, err := r.tryDial()
	if err == nil {
		_, err = readAll(c)
	}
	wantReset(r.t, what, err)
}

// accept takes the proxy's next connection.
func (r *rig) accept() *net.TCPConn {
	r.t.Helper()
	r.upstream.(*net.TCPListener).SetDeadline(time.Now().Add(limit))
	c, err := r.upstream.Accept()
	if err != nil {
		r.t.Fatal(err)
	}
	return r.own(c)
}

func (r *rig) own(c net.Conn) *net.TCPConn {
	c.SetDeadline(time.Now().Add(limit))
	r.t.Cleanup(func() { c.Close() })
	return c.(*net.TCPConn)
}

// pair returns both ends of a connection through the proxy.
func (r *rig) pair() (client, server *net.TCPConn) {
	r.t.Helper()
	client = r.dial()
	return client, r.accept()
}

// pattern is a text of n bytes in which each place can be told from others near it.
func pattern(n int) []byte {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

// send writes in the background; errors are those of a fault.
func send(c *net.TCPConn, b []byte, end bool) (done chan error) {
	done = make(chan error, 1)
	go func() {
		_, err := c.Write(b)
		if end && err == nil {
			err = c.CloseWrite()
		}
		done <- err
	}()
	return done
}

func readAll(c net.Conn) ([]byte, error) { return io.ReadAll(c) }
