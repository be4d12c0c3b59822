package stage_test

import (
	"fmt"
	"sync"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/scenarios/stage"
	"github.com/collider-amqp/collider/sim"
)

// Greeter counts its guests. The handler serves all connections of its container,
// so what it counts is shared between them and needs a mutex of the Env.
type Greeter struct {
	container.BaseHandler
	mu     sync.Locker
	guests int
}

func (h *Greeter) OnContainerStart(c *container.Container) { h.mu = c.Env().NewMutex("guests") }

func (h *Greeter) OnConnectionOpen(c *container.Connection) {
	h.mu.Lock()
	h.guests++
	h.mu.Unlock()
	c.Open(container.ConnectionOptions{})
}

// Guest leaves as soon as it is let in.
type Guest struct{ container.BaseHandler }

func (*Guest) OnConnectionOpen(c *container.Connection) { c.Close(nil) }

// greet is a World: a server, two guests, and what must hold in the end.
func greet(w *sim.World) {
	s := stage.New(w, netsim.Options{})
	greeter := &Greeter{}
	server, client := s.Container("server", greeter), s.Container("client", &Guest{})
	listener := s.Listen(server, nil)
	serving := s.Run(server, 2)
	client.Connect("server", container.ConnectionOptions{})
	client.Connect("server", container.ConnectionOptions{})
	s.JoinRun(s.Run(client, 2), "the guests have left")
	listener.Stop()
	s.JoinRun(serving, "the listener has closed")
	if greeter.guests != 2 {
		w.Fail("GUESTS-1", "%d guests were counted, want 2", greeter.guests)
	}
	s.Finish()
}

// In a test, simtest.Run takes the place of this loop.
func Example() {
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	scenario := &sim.Scenario{Name: "greet", Run: greet, Check: stage.Judge}
	for seed := range uint64(100) {
		if r := sim.Execute(w, scenario, sim.RunConfig{Seed: seed}); r.Failure != nil {
			fmt.Println(r.Failure)
			return
		}
	}
	fmt.Println("100 interleavings, each as promised")
	// Output: 100 interleavings, each as promised
}
