package engine_test

import (
	"fmt"
	"time"

	"github.com/collider-amqp/collider/container/engine"
	"github.com/collider-amqp/collider/container/wire"
)

// Two engines talk over a transport that is two function calls. The server accepts whatever is asked of it and grants
// credit; the client sends one message and closes.
func Example() {
	client := engine.NewConnection(engine.Config{ContainerID: "client"})
	server := engine.NewConnection(engine.Config{ContainerID: "server", Side: engine.Server})
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

	client.Open()
	session := client.NewSession()
	session.Begin(engine.BeginOptions{})
	sender := session.NewSender("greetings")
	sender.Attach(engine.AttachOptions{Target: &wire.Target{Address: wire.Some("hall")}})

	for !client.Finished() || !server.Finished() {
		out := client.Output()
		server.Receive(now, out)
		client.Wrote(len(out))
		for ev, ok := server.NextEvent(); ok; ev, ok = server.NextEvent() {
			serve(server, ev)
		}
		out = server.Output()
		client.Receive(now, out)
		server.Wrote(len(out))
		for ev, ok := client.NextEvent(); ok; ev, ok = client.NextEvent() {
			switch ev.Type {
			case engine.LinkFlow:
				sender.Send(nil, []byte("hello"), false)
			case engine.DeliveryUpdated:
				fmt.Println("client:", ev.Delivery.RemoteState().Descriptor())
				ev.Delivery.Settle()
				client.Close(nil)
			}
		}
	}
	// Output:
	// server: greetings to hall
	// server: hello
	// client: accepted
}

func serve(server *engine.Connection, ev engine.Event) {
	switch ev.Type {
	case engine.ConnectionRemoteOpen:
		server.Open()
	case engine.SessionRemoteBegin:
		ev.Session.Begin(engine.BeginOptions{})
	case engine.LinkRemoteAttach:
		target := ev.Link.RemoteAttach().Target
		fmt.Println("server:", ev.Link.Name(), "to", target.Address.V)
		ev.Link.Attach(engine.AttachOptions{Target: target})
		ev.Link.AddCredit(1)
	case engine.DeliveryReceived:
		fmt.Printf("server: %s\n", ev.Delivery.Payload())
		ev.Delivery.Update(&wire.Accepted{})
		ev.Delivery.Settle()
	case engine.ConnectionRemoteClose:
		server.Close(nil)
	}
}
