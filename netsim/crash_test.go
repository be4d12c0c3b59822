package netsim

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/history"
)

// TestCrashIsSilent lets a peer meet silence while a host is down, and a reset when
// it has restarted and something of the old connection arrives.
func TestCrashIsSilent(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, faulty())
		x.SetPaths("client", "broker", Path{Latency: time.Second, SendBuffer: 20, Reset: ResetKeeps})
		x.Host("broker").Crash()
		x.want(!x.Host("broker").Up(), "it is up")
		x.send(x.c, "lost")
		x.must(x.c.SetReadDeadline(w.Now().Add(time.Minute)), "deadline")
		var b [8]byte
		_, err := x.c.Read(b[:])
		x.want(errors.Is(err, errDeadline), "read: %v", err)
		x.at(time.Minute, "nothing comes")
		x.must(x.c.SetReadDeadline(time.Time{}), "deadline")
		x.Host("broker").Restart()
		x.wantError(x.readError(x.c), "read", syscall.ECONNRESET, "after the restart")
		x.at(time.Minute+time.Second, "the reset")
	})
}

// TestHalfOpenAfterRestart keeps a connection quiet, as TCP does, until the peer
// sends, and also if all that it sends is its end.
func TestHalfOpenAfterRestart(t *testing.T) {
	for _, what := range []string{"data", "end"} {
		stories(t, func(w *sim.World) {
			x := connected(w, faulty())
			x.Host("broker").Crash()
			x.Host("broker").Restart()
			x.must(x.c.SetReadDeadline(w.Now().Add(time.Hour)), "deadline")
			var b [8]byte
			_, err := x.c.Read(b[:])
			x.want(errors.Is(err, errDeadline), "read: %v", err)
			x.must(x.c.SetReadDeadline(time.Time{}), "deadline")
			if what == "data" {
				x.send(x.c, "anybody?")
			} else {
				x.must(x.c.CloseWrite(), "close")
			}
			x.wantError(x.readError(x.c), "read", syscall.ECONNRESET, what)
		})
	}
}

// TestBytesOfACrashedHost tells what was on the way from what was still in its
// memory: behind a slow line, a full buffer, a stall.
func TestBytesOfACrashedHost(t *testing.T) {
	fast := Path{Latency: time.Second, Reset: ResetKeeps}
	for _, c := range []struct {
		what   string
		path   Path
		faults []string
		want   string
		closes bool // the end of the stream arrives, too
	}{
		{what: "in flight", path: fast, want: "0123456789"},
		{what: "with the end", path: fast, want: "0123456789", closes: true},
		{what: "slow line", path: Path{Latency: time.Second, Bandwidth: 1 << 12}, want: strings.Repeat("x", 4096)},
		{what: "full buffer", path: Path{Latency: time.Second, ReceiveBuffer: 4}, want: "0123"},
		{what: "stall", path: fast, faults: []string{"stall client<-broker @byte 6"}, want: "012345"},
		{what: "partition", path: fast, faults: []string{"partition broker->client @time 2500ms for 2s"}, want: ""},
	} {
		stories(t, func(w *sim.World) {
			x := connected(w, faulty(c.faults...))
			x.SetPath("broker", "client", c.path)
			text := "0123456789"
			if c.path.Bandwidth > 0 {
				text = strings.Repeat("x", 3*4096)
			}
			w.Sleep(2 * time.Second)
			x.send(x.s, text)
			if c.closes {
				x.must(x.s.Close(), "close")
			}
			if c.path.Bandwidth > 0 {
				w.Sleep(1500 * time.Millisecond) // one piece of three has left
			}
			x.Host("broker").Crash()
			w.Sleep(10 * time.Second)
			x.must(x.c.SetReadDeadline(w.Now().Add(time.Minute)), "deadline")
			b, err := io.ReadAll(x.c)
			x.want(string(b) == c.want, "%s: read %d bytes %.20q, want %d", c.what, len(b), b, len(c.want))
			x.want(c.closes == (err == nil) && (c.closes || errors.Is(err, errDeadline)), "%s: %v", c.what, err)
		})
	}
}

// TestCrashAtByte cuts a write in the middle: the receiver sees so many bytes of the
// writer that crashes, and the writer stops inside its Write.
func TestCrashAtByte(t *testing.T) {
	stories(t, func(w *sim.World) {
		o := faulty("crash broker on client<-broker @byte 5 for 3s")
		x := &scene{Network: New(w, o), w: w}
		boots := 0
		server := func() {
			l, err := x.Host("broker").Listen("tcp", ":5672")
			x.must(err, "listen")
			c, err := l.Accept()
			x.must(err, "accept")
			c.Write([]byte("hello, world"))
			if boots == 0 {
				w.Fail("test", "it went on after its crash")
			}
		}
		x.Host("broker").OnRestart(func() {
			boots++
			server()
		})
		first := x.Host("broker").Go("server", server)
		var c net2
		for c.err = io.EOF; c.err != nil; {
			c.Conn, c.err = dial(x.Host("client"))
			if c.err != nil {
				w.Sleep(time.Millisecond)
			}
		}
		x.receive(c.Conn, "hello")
		first.Join()
		x.must(c.SetReadDeadline(w.Now().Add(time.Second)), "deadline")
		var b [8]byte
		n, err := c.Read(b[:])
		x.want(n == 0 && errors.Is(err, errDeadline), "read %q, %v", b[:n], err)
		w.Sleep(10 * time.Second)
		again, err := dial(x.Host("client"))
		x.must(err, "dial after the restart")
		x.receive(again, "hello, world")
	})
}

// net2 is a connection and what dialling it gave.
type net2 struct {
	*Conn
	err error
}

func dial(h *Host) (*Conn, error) {
	c, err := h.Dial(context.Background(), "tcp", "broker:5672")
	if err != nil {
		return nil, err
	}
	return c.(*Conn), nil
}

// TestDialToACrashedHost gets no answer while it is down; then a refusal until
// something listens, or none.
func TestDialToACrashedHost(t *testing.T) {
	for _, silent := range []bool{false, true} {
		stories(t, func(w *sim.World) {
			o := faulty()
			o.SilentBoot = silent
			x := listening(w, o)
			x.Host("broker").Crash()
			x.Host("broker").OnRestart(func() {
				w.Sleep(time.Second)
				l, err := x.Host("broker").Listen("tcp", ":5672")
				x.must(err, "listen")
				_, err = l.Accept()
				x.must(err, "accept")
			})
			_, err := x.Host("broker").Dial(context.Background(), "tcp", "localhost:1")
			x.wantErrno(err, syscall.ENETDOWN)
			_, err = x.Host("broker").Listen("tcp", ":1")
			x.wantErrno(err, syscall.ENETDOWN)
			w.Go("restart", func() {
				w.Sleep(5 * time.Second)
				x.Host("broker").Restart()
			})
			_, err = dial(x.Host("client"))
			if silent {
				x.must(err, "dial")
				x.at(6*time.Second, "something listens")
				return
			}
			x.wantErrno(err, syscall.ECONNREFUSED)
			x.at(5*time.Second, "the restart")
			w.Sleep(2 * time.Second)
			_, err = dial(x.Host("client"))
			x.must(err, "dial when something listens")
		})
	}
}

func (x *scene) wantErrno(err error, want syscall.Errno) {
	x.want(errors.Is(err, want), "error %v, want %v", err, want)
}

// TestDialerCrashes in each stage of a handshake: nobody is left waiting for ever,
// and the listener sees at most a connection that says nothing.
func TestDialerCrashes(t *testing.T) {
	for at := range 8 {
		stories(t, func(w *sim.World) {
			x := listening(w, faulty())
			x.SetPaths("client", "broker", Path{Latency: 2 * time.Second, Reset: ResetKeeps})
			x.Host("client").Go("dial", func() {
				c, err := dial(x.Host("client"))
				x.must(err, "dial")
				x.send(c, "hi")
			})
			w.Go("stranger", func() { // a thread of the World that uses the host's sockets
				if _, err := dial(x.Host("client")); err != nil {
					x.wantErrno(err, syscall.ENETDOWN)
				}
			})
			accepted := 0
			accepting := w.Go("accept", func() {
				for {
					c, err := x.listen.Accept()
					if err != nil {
						return
					}
					accepted++
					b, _ := io.ReadAll(c)
					x.want(string(b) == "" || string(b) == "hi", "read %q", b)
				}
			})
			w.Sleep(time.Duration(at) * time.Second)
			x.Host("client").Crash()
			w.Sleep(time.Minute)
			for _, p := range x.pairs {
				if p.b.closed == false && p.stands {
					p.b.SetReadDeadline(w.Now())
				}
			}
			w.Sleep(time.Minute)
			x.listen.Close()
			accepting.Join()
			x.want(at >= 4 || accepted == 0, "%d connections were accepted of a host that crashed at %d s", accepted, at)
		})
	}
}

// TestCrashFaultByTime plans a crash and a restart, and finds both in the history.
func TestCrashFaultByTime(t *testing.T) {
	r := story(t, 1, func(w *sim.World) {
		x := New(w, faulty("crash broker @time 2s for 3s", "crash broker @time 4s for 20s"))
		boots := w.NewInt64("boots", 0)
		x.Host("broker").OnRestart(func() { boots.Add(1) })
		old := x.Host("broker").Machine()
		x.Host("broker").Go("software", func() {
			w.Sleep(2500 * time.Millisecond)
			w.Fail("test", "it runs after the crash")
		})
		w.Sleep(4500 * time.Millisecond)
		if x.Host("broker").Up() || !old.Crashed() {
			w.Fail("test", "it is up")
		}
		w.Sleep(time.Second)
		if !x.Host("broker").Up() || x.Host("broker").Machine() == old || boots.Load() != 1 {
			w.Fail("test", "it has not restarted: %d boots", boots.Load())
		}
	})
	if r.Failure != nil {
		t.Fatal(r.Failure)
	}
	var texts []string
	for _, e := range r.History.Events {
		if e.Kind == history.Fault {
			texts = append(texts, e.Text)
		}
	}
	if want := []string{"crash broker @time 2s for 3s", "restart broker"}; !slices.Equal(texts, want) {
		t.Errorf("the history has %q, want %q", texts, want)
	}
}

// TestCrashActsOnce reaches the place of a crash on a second connection.
func TestCrashActsOnce(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := New(w, faulty("crash broker on *->broker @byte 2 for 1s"))
		y := &scene{Network: x, w: w}
		boots := w.NewInt64("boots", 0)
		serve := func() {
			boots.Add(1)
			l, err := x.Host("broker").Listen("tcp", ":5672")
			y.must(err, "listen")
			for {
				c, err := l.Accept()
				y.must(err, "accept")
				b := make([]byte, 4)
				io.ReadFull(c, b)
			}
		}
		x.Host("broker").OnRestart(serve)
		x.Host("broker").Go("serve", serve)
		for boots.Load() == 0 {
			w.Yield()
		}
		w.Sleep(time.Millisecond)
		a, err := dial(x.Host("client"))
		y.must(err, "dial")
		b, err := dial(x.Host("client"))
		y.must(err, "dial")
		y.send(a, "abcd")
		w.Sleep(time.Minute)
		y.wantErrno(y.readError(a), syscall.ECONNRESET)
		y.send(b, "abcd")
		c, err := dial(x.Host("client"))
		y.must(err, "dial")
		y.send(c, "abcd")
		w.Sleep(time.Minute)
		y.want(boots.Load() == 2 && x.Host("broker").Up(), "%d boots", boots.Load())
		x.Host("broker").Crash()
	})
}
