package proxy_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/Azure/go-amqp"
	"github.com/collider-amqp/collider/container/wire"
	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/netsim/proxy"
	"github.com/collider-amqp/collider/scenarios/serve"
)

// insideTransfer acts at byte k of the nth transfer frame (§2.7.5).
func insideTransfer(nth, k int) func() netsim.Predicate {
	return func() netsim.Predicate {
		var buf []byte
		left := nth
		return func(p []byte) int {
			before := len(buf)
			buf = append(buf, p...)
			for at := 0; ; {
				var h wire.ProtocolHeader
				n, err := h.Decode(buf[at:])
				transfer := false
				if err != nil {
					var f wire.RawFrame
					if n, err = f.Decode(buf[at:]); err != nil {
						return -1
					}
					transfer = n > 0 && strings.Contains(wire.FrameText(buf[at:at+n]), "transfer")
				}
				if n == 0 {
					buf = buf[at:]
					return -1
				}
				if transfer {
					if left--; left == 0 {
						return at + k - before
					}
				}
				at += n
			}
		}
	}
}

// broker serves the scenarios' broker until the test ends.
func broker(t *testing.T) (addr string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := serve.Run(ctx, serve.Options{Kind: "broker", Listen: "127.0.0.1:0", Threads: 2}, w)
		w.CloseWithError(fmt.Errorf("serve ended: %w", err))
		done <- err
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	line := make([]byte, 200)
	n, err := r.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(strings.TrimPrefix(string(line[:n]), "listening on "))
}

// dialAMQP opens a session of a go-amqp connection.
func dialAMQP(ctx context.Context, t *testing.T, addr string) (*amqp.Conn, *amqp.Session) {
	t.Helper()
	conn, err := amqp.Dial(ctx, "amqp://"+addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	s, err := conn.NewSession(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	return conn, s
}

// A client whose connection is reset in the middle of its second transfer sees the
// error, connects again, and sends again; the broker has each message once.
func TestResetInsideTransfer(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	var l log
	p, err := proxy.Start(proxy.Options{
		Listen: "127.0.0.1:0", Upstream: broker(t), Acceptor: "broker", Seed: 1,
		There: netsim.Path{Split: netsim.SplitRandom}, Back: netsim.Path{Split: netsim.SplitRandom},
		Faults:     []netsim.Fault{netsim.MustParseFault("reset client->broker#1 @when inside-transfer")},
		Predicates: map[string]func() netsim.Predicate{"inside-transfer": insideTransfer(2, 33)},
		Acted:      l.acted, Observer: &l,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()

	send := func(s *amqp.Session, value int64) error {
		to, err := s.NewSender(ctx, "q", nil)
		if err != nil {
			return err
		}
		return to.Send(ctx, &amqp.Message{Value: value}, nil)
	}
	_, s := dialAMQP(ctx, t, p.Addr().String())
	if err := send(s, 1); err != nil {
		t.Fatal(err)
	}
	var lost *amqp.ConnError
	if err := send(s, 2); !errors.As(err, &lost) {
		t.Fatalf("the second send ended with %v", err)
	}
	_, s = dialAMQP(ctx, t, p.Addr().String())
	if err := send(s, 2); err != nil {
		t.Fatal(err)
	}
	from, err := s.NewReceiver(ctx, "q", nil)
	if err != nil {
		t.Fatal(err)
	}
	for want := int64(1); want <= 2; want++ {
		m, err := from.Receive(ctx, nil)
		if err != nil || m.Value != want {
			t.Fatalf("message %v, %v, want %d", m, err, want)
		}
		if err := from.AcceptMessage(ctx, m); err != nil {
			t.Fatal(err)
		}
	}
	if m := from.Prefetched(); m != nil {
		t.Errorf("a message more: %v", m.Value)
	}

	// The bytes that the broker got of the first connection end inside a transfer.
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.actions) != 1 || l.actions[0].Conn != 1 {
		t.Fatalf("actions %+v", l.actions)
	}
	var got []byte
	for _, e := range l.events {
		if e.Conn == 1 && !e.Back && e.What == netsim.Delivered {
			got = append(got, e.Bytes...)
		}
	}
	if uint64(len(got)) != l.actions[0].Offset {
		t.Errorf("%d bytes were delivered before the fault at %d", len(got), l.actions[0].Offset)
	}
	if place := insideTransfer(1, 0)()(got); place < 0 {
		t.Error("the first transfer is not among the bytes delivered")
	}
	if place := insideTransfer(2, 33)()(got); place >= 0 {
		t.Error("the second transfer is whole among the bytes delivered")
	}
}
