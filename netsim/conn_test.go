package netsim

import (
	"testing"

	"github.com/collider-amqp/collider/sim"
)

func TestBytesArriveInOrder(t *testing.T) {
	stories(t, func(w *sim.World) {
		x := connected(w, Options{})
		x.send(x.c, "hello, ")
		x.send(x.c, "world")
		x.receive(x.s, "hello, world")
		x.send(x.s, "and back")
		x.receive(x.c, "and back")
	})
}
