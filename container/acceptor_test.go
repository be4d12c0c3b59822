package container

import (
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// listenTracer writes down the callbacks of one listener.
type listenTracer struct {
	calls  []string
	closed chan struct{}
	on     map[string]func(*Listener)
	err    error
}

func newListenTracer() *listenTracer {
	return &listenTracer{closed: make(chan struct{}), on: make(map[string]func(*Listener))}
}

func (h *listenTracer) note(name string, l *Listener) {
	h.calls = append(h.calls, name)
	if f := h.on[name]; f != nil {
		f(l)
	}
}

func (h *listenTracer) OnOpen(l *Listener) { h.note("open", l) }

func (h *listenTracer) OnAccept(l *Listener) ConnectionOptions {
	h.note("accept", l)
	return ConnectionOptions{Handler: quietHandler{}}
}

func (h *listenTracer) OnError(l *Listener, err error) {
	h.err = err
	h.note("error", l)
}

func (h *listenTracer) OnClose(l *Listener) {
	defer close(h.closed)
	h.note("close", l)
}

func (h *listenTracer) want(t *testing.T, calls string) {
	t.Helper()
	wantSignal(t, h.closed, "on_close")
	if got := strings.Join(h.calls, " "); got != calls {
		t.Errorf("callbacks were %q, want %q", got, calls)
	}
}

func TestLIS1FailureToBind(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	c := New("c", nil, Options{})
	h := newListenTracer()
	l, err := c.Listen(taken.Addr().String(), h)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Port(); err != ErrListenerClosed {
		t.Errorf("Port of a listener that is not bound gave %v", err)
	}
	runContainer(t, c, 2).wantReturn("nothing is left")
	h.want(t, "error close")
	if !errors.Is(h.err, syscall.EADDRINUSE) {
		t.Errorf("the error was %v", h.err)
	}
}

func TestLIS2PortBeforeRun(t *testing.T) {
	c := New("c", nil, Options{})
	h := newListenTracer()
	l, err := c.Listen("127.0.0.1:0", h)
	if err != nil {
		t.Fatal(err)
	}
	if port, err := l.Port(); err != nil || port == 0 {
		t.Errorf("Port before Run gave %d, %v", port, err)
	}
	if l.Container() != c {
		t.Error("a listener of another container")
	}
	l.Stop()
	l.Stop()
	if _, err := l.Port(); err != ErrListenerClosed {
		t.Errorf("Port after Stop gave %v", err)
	}
	runContainer(t, c, 1).wantReturn("nothing is left")
	h.want(t, "open close") // LIS-7
}

func TestLIS8StopInsideOnAccept(t *testing.T) {
	h := newListenTracer()
	h.on["accept"] = (*Listener).Stop
	c := New("c", nil, Options{})
	l, err := c.Listen("127.0.0.1:0", h)
	if err != nil {
		t.Fatal(err)
	}
	addr, _ := l.Addr()
	client := newTracer()
	client.on["connection_open"] = func(c *Connection) { c.Close(nil) }
	c.Connect(addr.String(), ConnectionOptions{Handler: client})
	if err := runContainer(t, c, 2).wantReturn("nothing is left"); err != nil {
		t.Error(err)
	}
	h.want(t, "open accept close")
	client.want(t, "client", "transport_open connection_open connection_close transport_close")
}

func TestRUN19StopOfListeners(t *testing.T) {
	for _, cause := range []error{nil, errors.New("cause")} {
		h := newListenTracer()
		c := New("c", nil, Options{})
		opened := make(chan struct{})
		h.on["open"] = func(*Listener) { close(opened) }
		c.Listen("127.0.0.1:0", h)
		r := runContainer(t, c, 1)
		wantSignal(t, opened, "on_open")
		c.Stop(cause)
		r.wantReturn("Stop was called")
		if cause == nil {
			h.want(t, "open close")
		} else if h.want(t, "open error close"); h.err != cause {
			t.Errorf("the error was %v", h.err)
		}
	}
}

// TestRUN23StopInsideOnAccept: the socket being accepted is refused.
func TestRUN23StopInsideOnAccept(t *testing.T) {
	h := newListenTracer()
	h.on["accept"] = func(l *Listener) { l.Container().Stop(nil) }
	c := New("c", nil, Options{})
	l, err := c.Listen("127.0.0.1:0", h)
	if err != nil {
		t.Fatal(err)
	}
	r := runContainer(t, c, 2)
	addr, _ := l.Addr()
	talk(t, addr.String(), amqpHeader)
	r.wantReturn("Stop was called")
	h.want(t, "open accept close")
}

// TestLIS9PanicInEachListenCallback: whichever callback panics, the others of
// the closing are made, once each, and Run returns the panic.
func TestLIS9PanicInEachListenCallback(t *testing.T) {
	for _, in := range []string{"open", "accept", "error", "close"} {
		for _, stopFirst := range []bool{false, true} {
			h := newListenTracer()
			h.on[in] = func(*Listener) { panic(in) }
			c := New("c", nil, Options{})
			l, err := c.Listen("127.0.0.1:0", h)
			if err != nil {
				t.Fatal(err)
			}
			addr, _ := l.Addr()
			if stopFirst {
				if in == "accept" {
					continue // nothing is accepted after Stop
				}
				c.Stop(map[bool]error{true: errors.New("cause")}[in == "error"])
			}
			r := runContainer(t, c, 1)
			if in == "accept" {
				talk(t, addr.String(), amqpHeader)
			} else if !stopFirst && in != "open" {
				c.Stop(map[bool]error{true: errors.New("cause")}[in == "error"])
			}
			err = r.wantReturn("panic in " + in)
			if pe, ok := err.(*PanicError); in != "error" && (!ok || pe.Value != in) {
				t.Errorf("panic in %s: Run returned %v", in, err)
			}
			wantSignal(t, h.closed, "on_close after a panic in "+in)
			calls := strings.Join(h.calls, " ")
			if !strings.HasSuffix(calls, "close") || strings.Count(calls, "close") != 1 || strings.Count(calls, "error") > 1 {
				t.Errorf("panic in %s: callbacks were %q", in, calls)
			}
		}
	}
}

// failingListener fails in Accept as told, then blocks until it is closed.
type failingListener struct {
	net.Listener
	errs []error
	left atomic.Int32
}

func (l *failingListener) Accept() (net.Conn, error) {
	if n := int(l.left.Add(-1)); n >= 0 {
		return nil, l.errs[len(l.errs)-1-n]
	}
	return l.Listener.Accept()
}

type failingTransport struct {
	TCP
	errs []error
}

func (f failingTransport) Listen(network, address string) (net.Listener, error) {
	l, err := f.TCP.Listen(network, address)
	fl := &failingListener{Listener: l, errs: f.errs}
	fl.left.Store(int32(len(f.errs)))
	return fl, err
}

func TestLIS10AcceptingResumesAfterExhaustion(t *testing.T) {
	h := newListenTracer()
	c := New("c", nil, Options{Transport: failingTransport{errs: []error{syscall.EMFILE, syscall.ENFILE}}})
	l, err := c.Listen("127.0.0.1:0", h)
	if err != nil {
		t.Fatal(err)
	}
	r := runContainer(t, c, 2)
	addr, _ := l.Addr()
	client := newTracer()
	client.on["connection_open"] = func(c *Connection) { c.Close(nil) }
	c.Connect(addr.String(), ConnectionOptions{Handler: client})
	client.want(t, "client", "transport_open connection_open connection_close transport_close")
	l.Stop()
	r.wantReturn("nothing is left")
	h.want(t, "open accept close")
}

func TestLIS10StopDuringExhaustion(t *testing.T) {
	errs := make([]error, 1000)
	for i := range errs {
		errs[i] = syscall.EMFILE
	}
	h := newListenTracer()
	c := New("c", nil, Options{Transport: failingTransport{errs: errs}})
	l, _ := c.Listen("127.0.0.1:0", h)
	r := runContainer(t, c, 1)
	time.Sleep(10 * time.Millisecond)
	l.Stop()
	r.wantReturn("nothing is left")
	h.want(t, "open close")
}

// TestLIS1FailureToAccept covers errors of Accept that end the listener, that of
// a socket which somebody else has closed among them.
func TestLIS1FailureToAccept(t *testing.T) {
	for _, cause := range []error{errors.New("broken"), net.ErrClosed} {
		h := newListenTracer()
		c := New("c", nil, Options{Transport: failingTransport{errs: []error{cause}}})
		c.Listen("127.0.0.1:0", h)
		runContainer(t, c, 1).wantReturn("the listener has ended")
		if h.want(t, "open error close"); h.err != cause {
			t.Errorf("the error was %v, want %v", h.err, cause)
		}
	}
}
