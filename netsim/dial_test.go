package netsim

import (
	"context"
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
)

func (x *scene) dialError(ctx context.Context, address string) error {
	_, err := x.Host("client").Dial(ctx, "tcp", address)
	x.want(err != nil, "dialled %s", address)
	return err
}

func TestDialIsRefusedAfterARoundTrip(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := listening(w, Options{Path: Path{Latency: time.Second}})
		x.wantError(x.dialError(context.Background(), "broker:1"), "dial", syscall.ECONNREFUSED, "dial")
		x.at(2*time.Second, "there and back")
	})
}

func TestDialErrors(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := listening(w, Options{})
		x.wantError(x.dialError(context.Background(), "broker:1"), "dial", syscall.ECONNREFUSED, "nobody listens")
		x.wantError(x.dialError(context.Background(), "localhost:5672"), "dial", syscall.ECONNREFUSED, "nobody listens here")
		var dns *net.DNSError
		err := x.dialError(context.Background(), "nowhere:5672")
		x.want(errors.As(err, &dns) && dns.IsNotFound, "unknown host: %v", err)
		for _, bad := range []string{"broker", "broker:x", "broker:99999"} {
			err := x.dialError(context.Background(), bad)
			var oe *net.OpError
			x.want(errors.As(err, &oe) && oe.Op == "dial", "%s: %v", bad, err)
		}
		_, err = x.Host("client").Dial(context.Background(), "unix", "broker:5672")
		var unknown net.UnknownNetworkError
		x.want(errors.As(err, &unknown), "unix: %v", err)
	})
}

func TestDialToItself(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := listening(w, Options{})
		c, err := x.Host("broker").Dial(context.Background(), "tcp", "localhost:5672")
		x.must(err, "dial")
		s, err := x.listen.Accept()
		x.must(err, "accept")
		x.send(c.(*Conn), "ping")
		x.receive(s.(*Conn), "ping")
		x.must(c.Close(), "close")
		x.must(s.Close(), "close")
	})
}

func TestDialEndsWithItsContext(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := listening(w, Options{Path: Path{Latency: time.Minute}})
		ctx, cancel := w.WithCancel(context.Background())
		w.AfterFunc(time.Second, cancel)
		x.wantError(x.dialError(ctx, "broker:5672"), "dial", context.Canceled, "cancelled dial")
		x.at(time.Second, "dial ends at once")
		x.wantError(x.dialError(ctx, "broker:5672"), "dial", context.Canceled, "dial with an ended context")

		timeout, stop := w.WithTimeout(context.Background(), time.Second)
		defer stop()
		err := x.dialError(timeout, "broker:5672")
		x.wantError(err, "dial", context.DeadlineExceeded, "dial with a deadline")
		var ne net.Error
		x.want(errors.As(err, &ne) && ne.Timeout(), "%v is no timeout", err)
		x.at(2*time.Second, "dial ends at the deadline")

		accepted := false
		w.Go("accept", func() {
			if _, err := x.listen.Accept(); err == nil {
				accepted = true
			}
		})
		w.Sleep(time.Hour)
		x.want(!accepted, "a connection that was given up was accepted")
		x.must(x.listen.Close(), "close")
	})
}

func TestDialRefusesAForeignContext(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := listening(w, Options{Path: Path{Latency: time.Second}})
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		var foreign *sim.ForeignContextError
		err := x.dialError(ctx, "broker:5672")
		x.want(errors.As(err, &foreign), "%v", err)
	})
}

func TestDialsAreNumberedPerPairOfHosts(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := listening(w, Options{})
		for _, c := range []struct{ from, want string }{
			{"a", "a->broker#1"}, {"b", "b->broker#1"}, {"a", "a->broker#2"},
		} {
			d, err := x.Host(c.from).Dial(context.Background(), "tcp", "broker:5672")
			x.must(err, "dial")
			x.want(d.(*Conn).p.name == c.want, "named %s, want %s", d.(*Conn).p.name, c.want)
		}
	})
}
