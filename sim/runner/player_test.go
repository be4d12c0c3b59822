package runner

import (
	"errors"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/internal/toy"
)

// A Player gives the results of Once, whatever it played before.
func TestPlayerIsOnce(t *testing.T) {
	p := NewPlayer(0)
	defer p.Close()
	for seed := range uint64(20) {
		for _, s := range toy.All() {
			a, err1 := p.Play(s, sim.RunConfig{Seed: seed})
			b, err2 := Once(s, sim.RunConfig{Seed: seed}, 0)
			if err1 != nil || err2 != nil || !same(&a, &b) {
				t.Fatalf("%s %d: %v %v, %v %v", s.Name, seed, a.Digest, err1, b.Digest, err2)
			}
		}
	}
}

func TestPlayerOutlivesItsWorld(t *testing.T) {
	p := NewPlayer(50 * time.Millisecond)
	defer p.Close()
	_, err := p.Play(toy.BrokenCheck(), sim.RunConfig{})
	var pe *PanicError
	if !errors.As(err, &pe) || pe.Value != "checker out of order" {
		t.Error(err)
	}
	release := make(chan struct{})
	r, err := p.Play(toy.Stuck(release), sim.RunConfig{})
	if err != nil || r.Failure == nil || r.Failure.Kind != sim.Stuck {
		t.Error(r.Failure, err)
	}
	close(release)
	r, err = p.Play(toy.Clean(), sim.RunConfig{Seed: 1})
	if err != nil || r.Failure != nil || r.Steps == 0 {
		t.Error(r.Failure, err)
	}
}
