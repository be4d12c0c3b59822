package goamqp_test

import (
	"fmt"
	"time"

	amqp "github.com/Azure/go-amqp"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/goamqp"
	"github.com/collider-amqp/collider/container/wire"
)

// A program that was written for go-amqp hands its messages to a container.
func Example() {
	subject := "orders"
	theirs := amqp.NewMessage([]byte("4 screws"))
	theirs.Header = &amqp.MessageHeader{Durable: true, Priority: 4, TTL: time.Minute}
	theirs.Properties = &amqp.MessageProperties{Subject: &subject, MessageID: uint64(7)}

	m, err := goamqp.FromGoAMQP(theirs)
	if err != nil {
		fmt.Println(err)
		return
	}
	ttl, _ := m.TTL()
	fmt.Printf("%s %v: %s, for %d ms\n", m.Subject(), m.ID(), m.Bytes(), ttl)
	// Output: orders 7: 4 screws, for 60000 ms
}

// Nothing is left out in silence.
func ExampleToGoAMQP() {
	m := container.NewMessage("4 screws")
	m.SetProperty("price", wire.Decimal64(0x31c0000000000063))
	_, err := goamqp.ToGoAMQP(m)
	fmt.Println(err)
	// Output: goamqp: application-properties["price"]: wire.Decimal64: go-amqp does not know the type
}
