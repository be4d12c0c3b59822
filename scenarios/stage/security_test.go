package stage_test

import (
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/engine"
	"github.com/collider-amqp/collider/container/sasl"
	"github.com/collider-amqp/collider/netsim"
	"github.com/collider-amqp/collider/scenarios/stage"
	"github.com/collider-amqp/collider/sim"
)

// guarded notes whom it lets in.
type guarded struct {
	container.BaseHandler
	in *sim.Chan[string]
}

func (h guarded) OnConnectionOpen(c *container.Connection) {
	c.Open(container.ConnectionOptions{})
	h.in.Send(c.User())
}

// OnError takes errors as they come: whoever is turned away ends only his own
// connection.
func (guarded) OnError(*container.Connection, error) {}

// refused takes the end of a connection that was not let in.
type refused struct {
	container.BaseHandler
	condition container.Symbol
	err       error
}

func (h *refused) OnTransportError(c *container.Connection) {
	h.err = c.TransportError()
	h.condition = engine.Condition(h.err)
}

// TestNoTLSInAWorld wants TLS where it has no place.
func TestNoTLSInAWorld(t *testing.T) {
	if f := execute(t, func(w *sim.World) {
		s := stage.New(w, netsim.Options{})
		server, client := s.Container("server", guarded{}), s.Container("client", hello{})
		listener := s.Listen(server, container.ListenWith(container.ConnectionOptions{TLS: &tls.Config{}}))
		serving := s.Run(server, 2)
		h := &refused{}
		client.Connect("amqps://server:5672", container.ConnectionOptions{Handler: h})
		s.JoinRun(s.Run(client, 2), "the client has closed")
		listener.Stop()
		s.JoinRun(serving, "the listener has closed")
		var failure *container.TLSError
		if !errors.As(h.err, &failure) {
			w.Fail("TLS-1", "the client's error is %v", h.err)
		}
		s.Finish()
	}); f != nil {
		t.Error(f)
	}
}

// TestSCRAMInAWorld lets clients with a password, and one with a wrong one, meet a
// server: the nonces come from the World, so that a seed is one conversation.
func TestSCRAMInAWorld(t *testing.T) {
	users, err := sasl.NewUsers(map[string]string{"alice": "a", "bob": "b"}, rand.NewPCG(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	scenario := &sim.Scenario{Name: t.Name(), Check: stage.Judge, Run: func(w *sim.World) {
		s := stage.New(w, netsim.Options{})
		in := sim.NewChan[string](w, "guests", 4)
		server, client := s.Container("server", guarded{in: in}), s.Container("client", hello{})
		listener := s.Listen(server, container.ListenWith(container.ConnectionOptions{Authenticator: users}))
		serving := s.Run(server, 2)
		stranger := &refused{}
		client.Connect("server", container.ConnectionOptions{User: "alice", Password: "a"})
		client.Connect("server", container.ConnectionOptions{User: "bob", Password: "b"})
		client.Connect("server", container.ConnectionOptions{User: "bob", Password: "a", Handler: stranger})
		s.JoinRun(s.Run(client, 2), "the clients have closed")
		listener.Stop()
		s.JoinRun(serving, "the listener has closed")
		in.Close()
		got := make(map[string]int)
		for {
			user, ok := in.Recv()
			if !ok {
				break
			}
			got[user]++
		}
		if len(got) != 2 || got["alice"] != 1 || got["bob"] != 1 || stranger.condition != "amqp:unauthorized-access" {
			w.Fail("SASL-1", "%v were let in, the stranger was refused by %q", got, stranger.condition)
		}
		s.Finish()
	}}
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	digests := make(map[uint64]bool)
	for seed := range uint64(20) {
		first := sim.Execute(w, scenario, sim.RunConfig{Seed: seed})
		if first.Failure != nil {
			t.Fatalf("seed %d: %v", seed, first.Failure)
		}
		again := sim.Execute(w, scenario, sim.RunConfig{Seed: seed})
		if first.Digest != again.Digest {
			t.Fatalf("seed %d is two conversations", seed)
		}
		digests[first.Digest] = true
	}
	if len(digests) < 10 {
		t.Errorf("20 seeds are %d conversations", len(digests))
	}
}
