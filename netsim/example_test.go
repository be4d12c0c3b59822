package netsim_test

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/sim"
)

// A server says ten bytes on a slow path; a fault cuts the connection after four.
func Example() {
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	r := sim.Execute(w, &sim.Scenario{Name: "example", Run: func(w *sim.World) {
		network := netsim.New(w, netsim.Options{
			Path:   netsim.Path{Latency: 10 * time.Millisecond},
			Faults: []netsim.Fault{netsim.MustParseFault("truncate client<-server#1 @byte 4")},
		})
		l, err := network.Host("server").Listen("tcp", ":5672")
		if err != nil {
			w.Fail("EXAMPLE", "%v", err)
		}
		w.Go("server", func() {
			c, _ := l.Accept()
			io.WriteString(c, "0123456789")
			c.Close()
		})
		c, err := network.Host("client").Dial(context.Background(), "tcp", "server:5672")
		if err != nil {
			w.Fail("EXAMPLE", "%v", err)
		}
		b, err := io.ReadAll(c)
		fmt.Printf("%s, then %v, after %v\n", b, err, w.Elapsed())
	}}, sim.RunConfig{Seed: 1, EarlyClock: -1})
	fmt.Println("failure:", r.Failure != nil)
	// Output:
	// 0123, then read tcp client:49152->server:5672: read: connection reset by peer, after 40ms
	// failure: false
}

func ExampleParseFault() {
	f, err := netsim.ParseFault("stall client1<-broker#2 @byte 133 for 2s")
	fmt.Println(f.Kind, f.From, f.To, f.Conn, f.Back, f.At.Byte, f.For, err)
	fmt.Println(f)
	_, err = netsim.ParseFault("stall client1=broker")
	fmt.Println(err)
	// Output:
	// stall client1 broker 2 true 133 2s <nil>
	// stall client1<-broker#2 @byte 133 for 2s
	// netsim: fault "stall client1=broker": no arrow in "client1=broker"
}
