package proxy_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/netsim/proxy"
)

// A server answers with ten bytes; the proxy before it cuts the answer after four.
func Example() {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	go func() {
		c, err := server.Accept()
		if err == nil {
			io.ReadFull(c, make([]byte, 1))
			io.WriteString(c, "0123456789")
			c.Close()
		}
	}()

	p, err := proxy.Start(proxy.Options{
		Listen:   "127.0.0.1:0",
		Upstream: server.Addr().String(),
		Faults:   []netsim.Fault{netsim.MustParseFault("truncate client<-server#1 @byte 4")},
		Acted:    func(a proxy.Action) { fmt.Println("connection", a.Conn, "byte", a.Offset, "-", a.Fault.Kind) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close()

	c, err := net.Dial("tcp", p.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	io.WriteString(c, "?")
	b, err := io.ReadAll(c)
	fmt.Printf("%s, reset: %v\n", b, errors.Is(err, syscall.ECONNRESET))
	// Output:
	// connection 1 byte 4 - truncate
	// 0123, reset: true
}
