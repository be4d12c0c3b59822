package container

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/container/wire"
)

var amqpHeader = []byte("AMQP\x00\x01\x00\x00")

// frame builds an AMQP frame on channel 0.
func frame(performative wire.Performative) []byte {
	return wire.AppendFrame(nil, wire.FrameAMQP, 0, performative, nil)
}

// TestCorruptStreamClosesItsConnectionAlone feeds a listening container with
// broken streams, each on a connection of its own, beside one that is in use.
func TestCorruptStreamClosesItsConnectionAlone(t *testing.T) {
	open := frame(&wire.Open{ContainerID: "hostile", MaxFrameSize: 1 << 16, ChannelMax: 10})
	for _, tc := range []struct {
		name      string
		bytes     []byte
		condition string // of the Close frame; empty: no Close is due
	}{
		{"frame shorter than its header", concat(amqpHeader, open, []byte{0, 0, 0, 7, 2, 0, 0, 0}), "amqp:connection:framing-error"},
		{"frame larger than the limit", concat(amqpHeader, open, []byte{0x7f, 0, 0, 0, 2, 0, 0, 0}), "amqp:connection:framing-error"},
		{"data offset below 2", concat(amqpHeader, open, []byte{0, 0, 0, 8, 1, 0, 0, 0}), "amqp:connection:framing-error"},
		{"performative that is no AMQP", concat(amqpHeader, open, []byte{0, 0, 0, 12, 2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}), "amqp:decode-error"},
		{"flow on a channel without session", concat(amqpHeader, open, frame(&wire.Flow{})), "amqp:"},
		{"stream cut inside a frame", concat(amqpHeader, open, []byte{0, 0, 1, 0, 2, 0}), ""},
		{"no AMQP at all", []byte("GET / HTTP/1.1\r\n\r\n"), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := newTracer()
			accept := []Handler{quietHandler{}, server}
			p := newPair(t, 2, func() Handler { h := accept[0]; accept = accept[1:]; return h })
			sound := newTracer()
			conns := make(chan *Connection, 1)
			sound.on["connection_open"] = func(c *Connection) { conns <- c }
			p.c.Connect(p.url(), ConnectionOptions{Handler: sound})
			conn := <-conns

			got := talk(t, p.url(), tc.bytes)
			wantSignal(t, server.closed, "the broken connection's end")
			if tc.condition != "" && !bytes.Contains(got, []byte(tc.condition)) {
				t.Errorf("the answer holds no %s: %q", tc.condition, got)
			}
			if !strings.Contains(strings.Join(server.calls, " "), "transport_error transport_close") {
				t.Errorf("the handler was told %v", server.calls)
			}

			alive := make(chan struct{})
			if !conn.WorkQueue().Add(func() { close(alive); conn.Close(nil) }) {
				t.Fatal("the other connection has ended too")
			}
			wantSignal(t, alive, "work on the other connection")
			sound.want(t, "the other connection", "transport_open connection_open connection_close transport_close")
			p.l.Stop()
			if err := p.r.wantReturn("nothing is left"); err != nil {
				t.Error(err)
			}
		})
	}
}

// talk writes b to addr, ends its half and returns all that comes back.
func talk(t *testing.T, addr string, b []byte) []byte {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(patience))
	if _, err := nc.Write(b); err != nil {
		t.Fatal(err)
	}
	nc.(*net.TCPConn).CloseWrite()
	var got bytes.Buffer
	if _, err := io.Copy(&got, nc); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Fatal(fmt.Errorf("reading the answer: %w", err))
	}
	return got.Bytes()
}

func concat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
