package shrink

import (
	"testing"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/choice"
)

// talk is a long conversation of two threads, at the end of which they race: each
// decision taken in the conversation moves the race.
func talk(w *sim.World, g *sim.WaitGroup) {
	ping, pong := sim.NewChan[int](w, "ping", 1), sim.NewChan[int](w, "pong", 1)
	n := w.NewInt64("counter", 0)
	g.Go("x", func() {
		for i := range 30 {
			ping.Send(i)
			w.Yield()
			pong.Recv()
		}
		n.Store(n.Load() + 1)
	})
	g.Go("y", func() {
		for i := range 30 {
			ping.Recv()
			w.Yield()
			pong.Send(i)
		}
		n.Store(n.Load() + 1)
	})
	g.Wait()
	if v := n.Load(); v != 2 {
		w.Fail("N-1", "the counter is %d, want 2", v)
	}
}

func TestConversationsAreLeftFree(t *testing.T) {
	s := noisy("talk", 2, talk)
	for n := 1; n <= 5; n++ {
		r := shrunk(t, s, failing(t, s, "random", n), Options{})
		if r.After.Decisions > enoughDecisions || !r.Minimal {
			t.Errorf("%+v → %+v after %d replays, %v: %v", r.Before, r.After, r.Replays, r.Elapsed, choice.Schedule(r.File.Segments))
		}
	}
}

// ends races at both ends of a conversation, and fails only if both go wrong: what
// is in between can be left free, what is before it cannot.
func ends(w *sim.World, g *sim.WaitGroup) {
	ping, pong := sim.NewChan[int](w, "ping", 1), sim.NewChan[int](w, "pong", 1)
	first, last := w.NewInt64("first", 0), w.NewInt64("last", 0)
	g.Go("x", func() {
		first.Store(first.Load() + 1)
		for i := range 20 {
			ping.Send(i)
			w.Yield()
			pong.Recv()
		}
		last.Store(last.Load() + 1)
	})
	g.Go("y", func() {
		first.Store(first.Load() + 1)
		for i := range 20 {
			ping.Recv()
			w.Yield()
			pong.Send(i)
		}
		last.Store(last.Load() + 1)
	})
	g.Wait()
	if first.Load() != 2 && last.Load() != 2 {
		w.Fail("N-4", "both counters are wrong")
	}
}

func TestTheMiddleIsLeftFree(t *testing.T) {
	s := noisy("ends", 1, ends)
	for n := 1; n <= 5; n++ {
		r := shrunk(t, s, failing(t, s, "random", n), Options{})
		if r.After.Decisions > enoughDecisions+2 || !r.Minimal {
			t.Errorf("%+v → %+v after %d replays, %v: %v", r.Before, r.After, r.Replays, r.Elapsed, choice.Schedule(r.File.Segments))
		}
	}
}
