package proxy_test

import (
	"io"
	"net"
	"testing"

	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/netsim/proxy"
)

// BenchmarkStream sends pieces of 32 KiB one way, over a socket alone and through a
// proxy; BenchmarkPing sends 100 bytes there and back.
func BenchmarkStream(b *testing.B) {
	both(b, func(b *testing.B, client, server net.Conn) {
		piece := make([]byte, 32<<10)
		b.SetBytes(int64(len(piece)))
		done := make(chan error, 1)
		go func() {
			_, err := io.CopyN(io.Discard, server, int64(b.N*len(piece)))
			done <- err
		}()
		for range b.N {
			if _, err := client.Write(piece); err != nil {
				b.Fatal(err)
			}
		}
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkPing(b *testing.B) {
	both(b, func(b *testing.B, client, server net.Conn) {
		done := make(chan error, 1)
		go func() {
			_, err := io.CopyN(server, server, int64(b.N*100))
			done <- err
		}()
		piece := make([]byte, 100)
		for range b.N {
			client.Write(piece)
			if _, err := io.ReadFull(client, piece); err != nil {
				b.Fatal(err)
			}
		}
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	})
}

// both runs a benchmark over a socket and through a proxy.
func both(b *testing.B, run func(b *testing.B, client, server net.Conn)) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	p, err := proxy.Start(proxy.Options{Listen: "127.0.0.1:0", Upstream: l.Addr().String()})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	q, err := proxy.Start(proxy.Options{
		Listen: "127.0.0.1:0", Upstream: l.Addr().String(),
		Faults: []netsim.Fault{netsim.MustParseFault("stall client->server @byte 9000000000000")},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer q.Close()
	for _, x := range []struct{ name, addr string }{
		{"socket", l.Addr().String()}, {"proxy", p.Addr().String()}, {"proxy with a fault to come", q.Addr().String()},
	} {
		b.Run(x.name, func(b *testing.B) {
			client, err := net.Dial("tcp", x.addr)
			if err != nil {
				b.Fatal(err)
			}
			defer client.Close()
			server, err := l.Accept()
			if err != nil {
				b.Fatal(err)
			}
			defer server.Close()
			b.ResetTimer()
			run(b, client, server)
		})
	}
}
