package sim_test

import (
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
)

// busy is a program with all that a schedule decides: threads of changing number,
// timers, yields and a select.
func busy() *sim.Scenario {
	return scenario(func(w *sim.World) {
		mu, n := w.NewMutex("mu"), w.NewInt64("n", 0)
		a, b := sim.NewChan[int](w, "a", 1), sim.NewChan[int](w, "b", 1)
		g := w.NewWaitGroup("all")
		for i := range 3 {
			g.Go("worker", func() {
				for range 4 {
					touch(mu)
					w.Sleep(time.Duration(i) * time.Millisecond)
					n.Store(n.Load() + 1)
				}
				w.Yield()
				w.Select(a.SendCase(i), b.SendCase(i))
			})
		}
		for range 3 {
			w.Select(a.RecvCase(nil, nil), b.RecvCase(nil, nil))
		}
		g.Wait()
		if n.Load() < 3 {
			w.Fail("LOW", "%d", n.Load())
		}
	})
}

// What ToBytes writes, FromBytes reads: the same run, whichever strategy decided.
func TestBytesAreTheRun(t *testing.T) {
	s, w := busy(), newWorld(t)
	moved := false
	for seed := range uint64(300) {
		first := sim.Execute(w, s, sim.RunConfig{Seed: seed, Keep: true})
		for _, g := range first.Schedule {
			moved = moved || g.Thread == choice.Clock
		}
		writer := sim.ToBytes(first.Schedule)
		second := sim.Execute(w, s, sim.RunConfig{Seed: seed, Strategy: writer})
		third := sim.Execute(w, s, sim.RunConfig{Seed: seed, Strategy: sim.FromBytes(writer.Bytes())})
		if second.Digest != first.Digest || third.Digest != first.Digest {
			t.Fatalf("seed %d, %s: digest %016x, written %016x, read %016x", seed, first.Strategy, first.Digest, second.Digest, third.Digest)
		}
	}
	if !moved {
		t.Error("the clock was never moved early")
	}
}

// Octets that say nothing are the schedule of a replay without segments.
func TestNoBytesAreTheSimplestRun(t *testing.T) {
	s, w := busy(), newWorld(t)
	want := sim.Execute(w, s, sim.RunConfig{Seed: 1, Strategy: sim.Replay(nil)}).Digest
	for _, b := range [][]byte{nil, {0}, {0, 0, 0}, {127, 3}} {
		r := sim.Execute(w, s, sim.RunConfig{Seed: 1, Strategy: sim.FromBytes(b)})
		if r.Digest != want || r.Strategy != sim.TapeName {
			t.Errorf("%v: %s, digest %016x, want %016x", b, r.Strategy, r.Digest, want)
		}
	}
}

// Any octets are a run, and each decision changes it.
func TestEachDecisionCounts(t *testing.T) {
	s, w := busy(), newWorld(t)
	seen := map[uint64][]byte{}
	for _, b := range [][]byte{{}, {128}, {255, 255, 255}, {4, 128}, {4, 129}, {4, 128, 128}, {20, 128}, {20, 255}} {
		d := sim.Execute(w, s, sim.RunConfig{Seed: 1, Strategy: sim.FromBytes(b)}).Digest
		if other, ok := seen[d]; ok {
			t.Errorf("%v is the run of %v", b, other)
		}
		seen[d] = b
	}
	stream := choice.New(1, "octets", 0)
	for range 500 {
		b := make([]byte, stream.IntN(60))
		for i := range b {
			b[i] = byte(stream.Uint64())
		}
		if r := sim.Execute(w, s, sim.RunConfig{Seed: 1, Strategy: sim.FromBytes(b)}); r.Failure != nil && r.Failure.Rule != "LOW" {
			t.Fatalf("%v: %v", b, r.Failure)
		}
	}
}

// Which case a Select takes is the one decision that octets leave to the seed: where a
// schedule says it, ToBytes follows, and FromBytes does not.
func TestBytesLeaveCasesToTheSeed(t *testing.T) {
	took := 0
	s := scenario(func(w *sim.World) {
		a, b := sim.NewChan[int](w, "a", 1), sim.NewChan[int](w, "b", 1)
		a.Send(1)
		b.Send(1)
		took = w.Select(a.RecvCase(nil, nil), b.RecvCase(nil, nil))
	})
	w := newWorld(t)
	whole := sim.Execute(w, s, sim.RunConfig{Seed: 1, Keep: true}).Schedule
	if len(whole) != 1 {
		t.Fatalf("the schedule of one thread is %s", whole)
	}
	drawn, differ := took, 0
	for i := range 2 {
		schedule := choice.Schedule{whole[0], {Thread: choice.Case, Steps: uint64(i + 1)}}
		writer := sim.ToBytes(schedule)
		sim.Execute(w, s, sim.RunConfig{Seed: 1, Strategy: writer})
		if took != i {
			t.Errorf("ToBytes took case %d, the schedule says %d", took, i)
		}
		sim.Execute(w, s, sim.RunConfig{Seed: 1, Strategy: sim.FromBytes(writer.Bytes())})
		if took != drawn {
			t.Errorf("FromBytes took case %d, the seed says %d", took, drawn)
		}
		if took != i {
			differ++
		}
	}
	if differ != 1 {
		t.Errorf("%d of 2 cases are not those of the schedule", differ)
	}
}
