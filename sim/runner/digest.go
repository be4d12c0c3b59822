package runner

import (
	"fmt"
	"math/bits"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
)

// Digest identifies the behaviour of a set of runs. It is a sum over the runs,
// so that it depends on no order and the digests of shards add up.
type Digest uint64

// String returns 16 hexadecimal digits.
func (d Digest) String() string { return fmt.Sprintf("%016x", uint64(d)) }

// Add returns the digest of both sets of runs.
func (d Digest) Add(e Digest) Digest { return d + e }

// DigestOf returns the digest of the set that is one run of the scenario.
func DigestOf(s *sim.Scenario, r *sim.Result) Digest { return runDigest(nameDigest(s), r) }

// runDigest identifies one run: its scenario, seed, parameters and behaviour.
func runDigest(name uint64, r *sim.Result) Digest {
	d := mix(name, r.Seed)
	for i := range r.Params {
		d = mix(d, uint64(r.Params[i].Value))
	}
	d = mix(d, r.Digest)
	if f := behaviour(r); f != nil {
		d = mix(d, choice.Hash(f.Kind.String()+" "+f.Rule))
	}
	return Digest(d)
}

// nameDigest is the part of a run's digest that its scenario gives.
func nameDigest(s *sim.Scenario) uint64 {
	h := choice.Hash(s.Name)
	for i := range s.Params {
		h = choice.HashMore(choice.HashMore(h, "\x00"), s.Params[i].Name)
	}
	return h
}

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0xa0761d6478bd642f, b^0xe7037ed1a0b428db)
	return hi ^ lo ^ bits.RotateLeft64(a, 29)
}
