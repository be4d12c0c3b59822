package netsim

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
)

func TestListenErrors(t *testing.T) {
	stories(t, func(w *sim.World) {
		n := New(w, Options{})
		h := n.Host("broker")
		x := &scene{Network: n, w: w}
		l, err := h.Listen("tcp", "broker:5672")
		x.must(err, "listen")
		x.want(l.Addr().String() == "broker:5672", "address %v", l.Addr())
		_, err = h.Listen("tcp4", ":5672")
		x.wantError(err, "listen", syscall.EADDRINUSE, "second listener")
		_, err = h.Listen("tcp", "client:5672")
		x.wantError(err, "listen", syscall.EADDRNOTAVAIL, "another host's address")
		for _, bad := range []string{"broker", "broker:amqp", "broker:70000", "broker:-1"} {
			_, err = h.Listen("tcp", bad)
			var oe *net.OpError
			x.want(errors.As(err, &oe) && oe.Op == "listen", "%s: %v", bad, err)
		}
		_, err = h.Listen("udp", ":1")
		var unknown net.UnknownNetworkError
		x.want(errors.As(err, &unknown), "udp: %v", err)
		x.must(l.Close(), "close")
		x.wantError(l.Close(), "close", net.ErrClosed, "second close")
		_, err = l.Accept()
		x.wantError(err, "accept", net.ErrClosed, "accept")
		_, err = h.Listen("tcp", "0.0.0.0:5672")
		x.must(err, "the port is free again")
	})
}

func TestPortZeroPicksFreePorts(t *testing.T) {
	stories(t, func(w *sim.World) {
		h := New(w, Options{}).Host("broker")
		seen := map[int]bool{firstPort + 3: true}
		if _, err := h.Listen("tcp", Addr{"broker", firstPort + 3}.String()); err != nil {
			w.Fail("test", "%v", err)
		}
		for range 10 {
			l, err := h.Listen("tcp", ":0")
			if err != nil || seen[l.Addr().(Addr).Port] || l.Addr().(Addr).Port == 0 {
				w.Fail("test", "%v, %v", l, err)
			}
			seen[l.Addr().(Addr).Port] = true
		}
	})
}

func TestListenersAreSeparate(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := listening(w, Options{})
		other, err := x.Host("broker").Listen("tcp", ":5671")
		x.must(err, "listen")
		d, err := x.Host("client").Dial(context.Background(), "tcp", "broker:5671")
		x.must(err, "dial")
		a, err := other.Accept()
		x.must(err, "accept")
		x.send(d.(*Conn), "to the second")
		x.receive(a.(*Conn), "to the second")
	})
}

func TestConnectionStandsBeforeAccept(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := listening(w, Options{})
		d, err := x.Host("client").Dial(context.Background(), "tcp", "broker:5672")
		x.must(err, "dial")
		x.send(d.(*Conn), "early")
		x.must(d.Close(), "close")
		a, err := x.listen.Accept()
		x.must(err, "accept")
		x.receive(a.(*Conn), "early")
	})
}

func TestCloseUnblocksAccept(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := listening(w, Options{})
		a := w.Go("accept", func() {
			_, err := x.listen.Accept()
			x.wantError(err, "accept", net.ErrClosed, "accept")
		})
		w.Sleep(time.Second)
		x.must(x.listen.Close(), "close")
		a.Join()
	})
}

func TestListenerCloseResetsTheBacklog(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := listening(w, Options{})
		d, err := x.Host("client").Dial(context.Background(), "tcp", "broker:5672")
		x.must(err, "dial")
		x.must(x.listen.Close(), "close")
		x.wantError(x.readError(d.(*Conn)), "read", syscall.ECONNRESET, "read")
	})
}

func TestListenerCloseResetsWhatIsUnderWay(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := listening(w, Options{Path: Path{Latency: time.Second}})
		d, err := x.Host("client").Dial(context.Background(), "tcp", "broker:5672")
		x.must(err, "dial")
		w.Sleep(500 * time.Millisecond)
		x.must(x.listen.Close(), "close")
		x.wantError(x.readError(d.(*Conn)), "read", syscall.ECONNRESET, "read")
		x.at(4*time.Second, "the ACK's way and the reset's")
	})
}

func TestFullBacklogHoldsDialsBack(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := listening(w, Options{})
		for range backlogMax {
			_, err := x.Host("client").Dial(context.Background(), "tcp", "broker:5672")
			x.must(err, "dial into the backlog")
		}
		d := w.Go("late", func() {
			_, err := x.Host("client").Dial(context.Background(), "tcp", "broker:5672")
			x.must(err, "dial")
		})
		w.Sleep(time.Second)
		x.want(!d.Done(), "dialled into a full backlog")
		_, err := x.listen.Accept()
		x.must(err, "accept")
		d.Join()
	})
}

func TestBadHostNameIsRefused(t *testing.T) {
	for _, bad := range []string{"", "a b", "a#1", "*", "-a", "a-", "a->b"} {
		r := story(t, 1, func(w *sim.World) { New(w, Options{}).Host(bad) })
		if r.Failure == nil || !strings.Contains(r.Failure.Error(), "bad host name") {
			t.Errorf("%q: %v", bad, r.Failure)
		}
	}
}

// TestLeftOpen counts only what a program was handed and has not closed.
func TestLeftOpen(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := listening(w, Options{})
		x.want(len(x.LeftOpen()) == 0, "nothing is open yet: %v", x.LeftOpen())
		waiting, err := x.Host("client").Dial(context.Background(), "tcp", "broker:5672")
		x.must(err, "dial")
		x.want(slices.Equal(x.LeftOpen(), []string{"client->broker#1"}), "one end waits for Accept: %v", x.LeftOpen())
		x.must(x.listen.Close(), "close of the listener")
		x.want(len(x.LeftOpen()) == 0, "the reset end is over: %v", x.LeftOpen())
		waiting.Close()
	})
	stories(t, func(w *sim.World) {
		x := connected(w, Options{})
		x.want(slices.Equal(x.LeftOpen(), []string{"client->broker#1", "client<-broker#1"}), "both ends are open: %v", x.LeftOpen())
		x.must(x.c.Close(), "close")
		x.want(slices.Equal(x.LeftOpen(), []string{"client<-broker#1"}), "the accepted end is open: %v", x.LeftOpen())
		x.must(x.s.Close(), "close")
		x.want(len(x.LeftOpen()) == 0, "both are closed: %v", x.LeftOpen())
	})
}
