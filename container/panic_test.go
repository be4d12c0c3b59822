package container

import (
	"errors"
	"strings"
	"testing"
)

// TestRUN25PanicInEachCallback has every callback and a job of a connection panic
// in turn: Run returns the panic, and each connection gets its final callbacks,
// none of them twice.
func TestRUN25PanicInEachCallback(t *testing.T) {
	for _, in := range []string{
		"transport_open", "connection_open", "wake", "session_open", "sender_open", "sendable",
		"accept", "settle", "sender_error", "sender_close", "session_close", "connection_close",
		"transport_error", "transport_close", "error", "job",
	} {
		for threads := 1; threads <= 2; threads++ {
			t.Run(in, func(t *testing.T) {
				h, err := panicIn(t, in, threads)
				var pe *PanicError
				if panicked := errors.As(err, &pe) && pe.Value == in; !panicked && err != errFirst {
					t.Errorf("Run returned %v", err)
				}
				calls := strings.Join(h.calls, " ")
				if !strings.HasSuffix(calls, "transport_close") || strings.Count(calls, "transport_close") != 1 ||
					strings.Count(calls, "transport_open") != 1 || strings.Count(calls, "transport_error") > 1 {
					t.Errorf("callbacks were %s", calls)
				}
			})
		}
	}
}

// errFirst is the error of a Stop that comes before the panic: then it is what
// Run returns, as the first error (RUN-13).
var errFirst = errors.New("first")

// panicIn drives a client through every callback; in is the one that panics. The
// client's script and what Run returned come back.
func panicIn(t *testing.T, in string, threads int) (*script, error) {
	t.Helper()
	server := newScript("server")
	server.on["message"] = func(x any) {
		r := x.(received).Receiver()
		r.WorkQueue().Add(func() { r.Close(&Error{Condition: "amqp:not-allowed"}) })
	}
	server.on["receiver_close"] = func(x any) { x.(*Receiver).Session().Close(nil) }
	server.on["session_close"] = func(x any) { x.(*Session).Connection().Close(nil) }
	server.on["connection_error"] = func(any) {}
	p := newPair(t, threads, func() Handler { return server })
	h := newScript("client")
	fail := func(any) { panic(in) }
	h.on["connection_open"] = func(x any) {
		c := x.(*Connection)
		c.Wake()
		if in == "job" {
			c.WorkQueue().Add(func() { fail(nil) })
		}
		if in == "transport_error" || in == "error" {
			c.WorkQueue().Add(func() { p.c.Stop(errFirst) })
		}
		c.OpenSender("q", SenderOptions{})
	}
	sent := false
	h.on["sendable"] = func(x any) {
		if !sent {
			sent = true
			x.(*Sender).Send(NewMessage("m"))
		}
	}
	h.on[in] = fail
	p.c.Connect(p.url(), ConnectionOptions{Handler: h})
	return h, p.r.wantReturn("a panic is a Stop")
}

// TestWQ9JobsBehindAPanicRun: WQ-3 holds for the rest of the batch, and for a
// batch that ends the connection.
func TestWQ9JobsBehindAPanicRun(t *testing.T) {
	const n = 2*jobBatch + 10
	ran := 0
	client := newTracer()
	client.on["connection_open"] = func(c *Connection) {
		for i := range n {
			c.WorkQueue().Add(func() {
				ran++
				if i%100 == 0 {
					panic(i)
				}
			})
		}
	}
	p := newPair(t, 1, func() Handler { return quietHandler{} })
	p.c.Connect(p.url(), ConnectionOptions{Handler: client})
	var pe *PanicError
	if err := p.r.wantReturn("a panic is a Stop"); !errors.As(err, &pe) || pe.Value != 0 {
		t.Errorf("Run returned %v", err)
	}
	if ran != n {
		t.Errorf("%d of %d jobs ran", ran, n)
	}
}

func TestORD19DefaultErrorStopsTheContainer(t *testing.T) {
	c := New("c", BaseHandler{}, Options{Transport: newMemory()})
	c.Connect("nobody:1", ConnectionOptions{})
	if err := runContainer(t, c, 1).wantReturn("the default of OnError stops"); err == nil || !strings.Contains(err.Error(), "dial") {
		t.Errorf("Run returned %v", err)
	}
}

func TestErrorTexts(t *testing.T) {
	if got := (&PanicError{Value: "v"}).Error(); !strings.Contains(got, "v") {
		t.Errorf("a PanicError reads %q", got)
	}
	if (&PanicError{Value: "v"}).Unwrap() != nil {
		t.Error("a PanicError unwraps to what is no error")
	}
	if got := (&MisuseError{"OWN-1", "Op", "detail"}).Error(); got != "container: Op: detail (OWN-1)" {
		t.Errorf("a MisuseError reads %q", got)
	}
}
