package container_test

import (
	"context"
	"fmt"

	"github.com/collider-amqp/collider/container"
)

// greeter sends one message and closes the connection when it has arrived.
type greeter struct {
	container.BaseHandler
	sent bool
}

func (g *greeter) OnSendable(s *container.Sender) {
	if !g.sent {
		g.sent = true
		s.Send(container.NewMessage("hello"))
	}
}

func (*greeter) OnTrackerSettle(t *container.Tracker) { t.Connection().Close(nil) }

// printer prints what it receives. It stops its listener then, so that the
// container has nothing left to do.
type printer struct {
	container.BaseHandler
	listener *container.Listener
}

func (p *printer) OnMessage(d *container.Delivery, m *container.Message) {
	fmt.Println(d.Receiver().Target(), m.Body())
	p.listener.Stop()
}

// A client and a server in one container, which stops when both are done.
func Example() {
	p := &printer{}
	c := container.New("example", &greeter{}, container.Options{})
	var err error
	if p.listener, err = c.Listen("127.0.0.1:0", container.ListenWith(container.ConnectionOptions{Handler: p})); err != nil {
		panic(err)
	}
	port, err := p.listener.Port()
	if err != nil {
		panic(err)
	}
	url := fmt.Sprintf("127.0.0.1:%d/greetings", port)
	if err := c.OpenSender(url, container.SenderOptions{}, container.ConnectionOptions{}); err != nil {
		panic(err)
	}
	fmt.Println(c.Run(context.Background(), 2))
	// Output:
	// greetings hello
	// <nil>
}
