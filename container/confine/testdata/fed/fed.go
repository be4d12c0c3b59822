// Package fed breaks the rules by way of another package's functions.
package fed

import (
	"confine.test/helper"

	"github.com/collider-amqp/collider/container"
)

func onSender(s *container.Sender) { // want onSender:`uses Sender.Send`
	helper.Say(s, "a")
	go helper.Say(s, "b") // want `Sender.Send by way of Say in a goroutine`
	go func() {
		helper.Say(s, "c") // want `Sender.Send by way of Say in a goroutine`
	}()
	var g helper.Group
	g.Go(func() error {
		s.Detach() // want `Sender.Detach in a goroutine of Go`
		return nil
	})
	helper.Hand(&g, func() error { return s.Error() }) // want `Sender.Error in a goroutine of Hand`
	s.WorkQueue().Add(func() { helper.Say(s, "d") })
}
