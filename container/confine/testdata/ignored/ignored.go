// Package ignored silences findings.
package ignored

import "github.com/collider-amqp/collider/container"

func ignored(c *container.Connection, stopped <-chan struct{}) { // want ignored:`uses Connection.User`
	go func() {
		<-stopped
		c.User() //confine:ignore the container has stopped
	}()
	go func() {
		<-stopped
		//confine:ignore the container has stopped
		c.User()
	}()
	go func() {
		c.User() /* want `Connection.User in a goroutine` `//confine:ignore needs a reason` */ //confine:ignore
	}()
	/* want `//confine:ignore silences nothing here` */ //confine:ignore nothing is wrong below
	c.User()
}
