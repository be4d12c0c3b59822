package container

import "github.com/collider-amqp/collider/container/wire"

// NewMessage returns a message whose body is one AMQP value (§3.2.8): any value
// of the types that package wire names.
func NewMessage(body any) *Message { return wire.NewMessage(body) }

// NewDataMessage returns a message whose body is opaque octets (§3.2.6).
func NewDataMessage(body []byte) *Message { return wire.NewDataMessage(body) }
