package peer_test

import (
	"context"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/collider-amqp/collider/conformance/internal/memnet"
	"github.com/collider-amqp/collider/conformance/internal/reference"
	"github.com/collider-amqp/collider/conformance/peer"
	"github.com/collider-amqp/collider/container/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const timeout = time.Second

// scripted returns a peer and the partner's end of its connection, for a test that plays the partner.
func scripted(t *testing.T) (*peer.Conn, *memnet.Conn, *peer.Log) {
	here, there := memnet.Pipe()
	t.Cleanup(func() { here.Close(); there.Close() })
	log := peer.NewLog()
	return peer.New(here, peer.Options{Log: log, Timeout: timeout}), there, log
}

// served returns a peer connected to a correct server.
func served(t *testing.T, cfg reference.Config) *peer.Conn {
	t.Helper()
	l := memnet.Listen()
	s := reference.New(cfg)
	done := make(chan struct{})
	go func() { defer close(done); s.Serve(l) }()
	t.Cleanup(func() { s.Close(); <-done })
	nc, err := l.Dial(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return peer.New(nc, peer.Options{Timeout: timeout})
}

// opened passes header and open.
func opened(t *testing.T, c *peer.Conn, overrides peer.Fields) {
	t.Helper()
	if h, err := c.Header(wire.HeaderAMQP); err != nil || h != wire.HeaderAMQP {
		t.Fatalf("header: %v, %v", h, err)
	}
	if _, err := c.Open(overrides); err != nil {
		t.Fatal(err)
	}
}

func frame(name string, fields peer.Fields) []byte {
	return peer.FrameOf(0, peer.Composite(name, fields))
}

func write(t *testing.T, nc net.Conn, octets ...[]byte) {
	t.Helper()
	for _, b := range octets {
		if _, err := nc.Write(b); err != nil {
			t.Fatal(err)
		}
	}
}
