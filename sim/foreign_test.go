package sim_test

import (
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// gate is built from Object and Event as a package outside the kernel would.
type gate struct {
	object sim.Object
	opener sim.Event
	open   bool
}

const passing = 1

func (g *gate) pass() {
	g.object.Await(sim.OpRecv, passing, g.open)
}

func (g *gate) set(open bool) {
	g.open = open
	g.object.Switch(passing, open)
}

func TestObjectAndEvent(t *testing.T) {
	passCalm(t, func(w *sim.World) {
		var g gate
		if !g.opener.IsZero() {
			w.Fail("GATE", "made")
		}
		g.object.Init(w, "gate")
		g.opener.Init(w, func() { g.set(true) })
		g.opener.Set(time.Second)
		passed := w.NewWaitGroup("passed")
		for range 2 {
			passed.Go("passer", func() {
				g.pass()
				if !g.open || w.Elapsed() != time.Second {
					w.Fail("GATE", "passed at %v", w.Elapsed())
				}
			})
		}
		passed.Wait()
		g.object.Point(sim.OpClose, true)
		g.set(false)
		g.opener.Set(time.Minute)
		g.opener.Stop()
		w.Sleep(time.Hour)
		if g.open || g.object.Waits() {
			w.Fail("GATE", "opened after Stop")
		}
	})
}

func TestObjectInReports(t *testing.T) {
	r := once(t, func(w *sim.World) {
		var g gate
		g.object.Init(w, "north")
		g.pass()
	})
	wantFailure(t, r, sim.Deadlock, "main: blocked in recv of object north")
}

func TestLocalIsKept(t *testing.T) {
	w := newWorld(t)
	type key struct{}
	made := 0
	for range 3 {
		sim.Execute(w, scenario(func(w *sim.World) {
			w.Local(key{}, func() any { made++; return made })
		}), sim.RunConfig{})
	}
	if made != 1 {
		t.Errorf("made %d times", made)
	}
}
