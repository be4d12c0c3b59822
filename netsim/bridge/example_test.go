package bridge_test

import (
	"context"
	"fmt"
	"time"

	"github.com/Azure/go-amqp"

	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/netsim/bridge"
	"github.com/collider-amqp/collider/sim"
)

// go-amqp opens a connection to a host that accepts and then says nothing. Its own
// timer gives up, on the World's clock.
func Example() {
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	r := sim.Execute(w, &sim.Scenario{Name: "example", Host: bridge.Host, Run: func(w *sim.World) {
		network := netsim.New(w, netsim.Options{})
		b := bridge.New(w, bridge.Options{})
		defer b.Close()
		l, err := network.Host("broker").Listen("tcp", ":5672")
		if err != nil {
			w.Fail("EXAMPLE", "%v", err)
		}
		defer l.Close()
		b.Go("app", func(g *bridge.Gate) {
			nc, err := g.Dial(network.Host("client"), "broker:5672")
			if err != nil {
				panic(err)
			}
			g.Do(func() {
				ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
				defer cancel()
				_, err = amqp.NewConn(ctx, nc, &amqp.ConnOptions{ContainerID: "client", HostName: "broker"})
			})
			g.Sim(func() { fmt.Println("gave up:", err != nil, "at", w.Elapsed()) })
		}).Join()
	}}, sim.RunConfig{Seed: 1})
	fmt.Println("failure:", r.Failure != nil)
	// Output:
	// gave up: true at 20s
	// failure: false
}
