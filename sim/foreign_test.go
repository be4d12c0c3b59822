package sim_test

import (
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// gate is built from Object and Event as a package outside the kernel would.
type gate struct {
	w      *sim.World
	object sim.Object
	opener sim.Event
	open   bool
}

const passing = 1

//go:norace
func (g *gate) init(w *sim.World, name string) {
	g.w = w
	w.Inside(func() {
		g.object.Init(w, name)
		if g.opener.IsZero() {
			g.opener.Init(w, func() { g.set(true) })
		}
	})
}

//go:norace
func (g *gate) pass() {
	g.w.Inside(func() { g.object.Await(sim.OpRecv, passing, g.open) })
}

//go:norace
func (g *gate) set(open bool) {
	g.w.Inside(func() {
		g.open = open
		g.object.Switch(passing, open)
	})
}

//go:norace
func (g *gate) isOpen() (open bool) {
	g.w.Inside(func() { open = g.open })
	return open
}

//go:norace
func (g *gate) setOpener(at time.Duration) {
	g.w.Inside(func() { g.opener.Set(at) })
}

func TestObjectAndEvent(t *testing.T) {
	passCalm(t, func(w *sim.World) {
		var g gate
		if !g.opener.IsZero() {
			w.Fail("GATE", "made")
		}
		g.init(w, "gate")
		g.setOpener(time.Second)
		passed := w.NewWaitGroup("passed")
		for range 2 {
			passed.Go("passer", func() {
				g.pass()
				if !g.isOpen() || w.Elapsed() != time.Second {
					w.Fail("GATE", "passed at %v", w.Elapsed())
				}
			})
		}
		passed.Wait()
		g.object.Point(sim.OpClose, true)
		g.set(false)
		g.setOpener(time.Minute)
		w.Inside(g.opener.Stop)
		w.Sleep(time.Hour)
		if g.isOpen() || g.object.Waits() {
			w.Fail("GATE", "opened after Stop")
		}
	})
}

func TestObjectInReports(t *testing.T) {
	r := once(t, func(w *sim.World) {
		var g gate
		g.init(w, "north")
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
