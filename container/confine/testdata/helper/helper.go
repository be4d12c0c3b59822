// Package helper holds functions that another package calls.
package helper

import "github.com/collider-amqp/collider/container"

// Say uses its sender where it is called.
func Say(s *container.Sender, text string) { // want Say:`uses Sender.Send`
	s.Send(container.NewMessage(text))
}

// Group starts functions, as errgroup does.
type Group struct{}

// Go starts a goroutine.
func (*Group) Go(f func() error) { // want Go:`starts \[0\]`
	go func() { f() }()
}

// Hand does no more than passing it on.
func Hand(g *Group, f func() error) { g.Go(f) } // want Hand:`starts \[1\]`
