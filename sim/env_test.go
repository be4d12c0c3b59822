package sim_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
)

// containerEnv is what package container asks of its Env.
type containerEnv interface {
	Go(name string, f func())
	NewMutex(name string) sync.Locker
	NewCond(l sync.Locker) interface {
		Wait()
		Signal()
		Broadcast()
	}
	Now() time.Time
	AfterFunc(d time.Duration, f func()) interface{ Stop() bool }
	Entropy(purpose string) rand.Source
	NewContext() (ctx context.Context, cancel context.CancelFunc)
	OnDone(ctx context.Context, f func()) (stop func() bool, err error)
	Self() any
	Point(op string, object any)
}

var _ containerEnv = sim.Env{}

// A program written against the interface alone runs in a World.
func TestEnv(t *testing.T) {
	pass(t, func(w *sim.World) {
		var e containerEnv = w.Env()
		m := e.NewMutex("m")
		c := e.NewCond(m)
		selves := map[any]bool{e.Self(): true}
		n := 0
		for range 2 {
			e.Go("worker", func() {
				m.Lock()
				defer m.Unlock()
				selves[e.Self()] = true
				n++
				c.Signal()
			})
		}
		m.Lock()
		for n < 2 {
			c.Wait()
		}
		m.Unlock()
		if len(selves) != 3 {
			w.Fail("ENV", "%d identities of 3 threads", len(selves))
		}
		fired := false
		e.AfterFunc(time.Second, func() { m.Lock(); fired = true; m.Unlock(); c.Broadcast() })
		m.Lock()
		for !fired {
			c.Wait()
		}
		m.Unlock()
		if e.Now().Sub(sim.Epoch) < time.Second {
			w.Fail("ENV", "it is %v", e.Now())
		}
	})
}

func TestSelfOutsideARun(t *testing.T) {
	if s := newWorld(t).Env().Self(); s != nil {
		t.Errorf("Self is %v", s)
	}
}

// Entropy differs between purposes, calls and threads, and does not depend on the
// schedule.
func TestEntropy(t *testing.T) {
	draws := func(strategy sim.Strategy) map[string]uint64 {
		got := map[string]uint64{}
		w := newWorld(t)
		r := sim.Execute(w, scenario(func(w *sim.World) {
			e := w.Env()
			for range 2 {
				w.Go("t", func() {
					for i := range 2 {
						for _, p := range []string{"nonce", "id"} {
							w.Yield()
							got[fmt.Sprint(w.CurrentThread().Name(), i, p)] = e.Entropy(p).Uint64()
						}
					}
				})
			}
		}), sim.RunConfig{Seed: 5, Strategy: strategy})
		if r.Failure != nil {
			t.Fatal(r.Failure)
		}
		return got
	}
	a, b := draws(sim.RoundRobin(1)), draws(sim.RoundRobin(100))
	values := map[uint64]bool{}
	for k, v := range a {
		if b[k] != v {
			t.Errorf("%s depends on the schedule", k)
		}
		values[v] = true
	}
	if len(a) != 8 || len(values) != 8 {
		t.Errorf("%d draws, %d different", len(a), len(values))
	}
}

// A point makes the interleavings of a real atomic visible.
func TestPoint(t *testing.T) {
	for _, object := range []any{"counter", new(int), 7, struct{ a, b int }{1, 2}} {
		got := outcomes(t, func(w *sim.World) string {
			e := w.Env()
			n := 0
			g := w.NewWaitGroup("g")
			for range 2 {
				g.Go("adder", func() {
					e.Point("load", object)
					v := n
					e.Point("store", object)
					n = v + 1
				})
			}
			g.Wait()
			return fmt.Sprint(n)
		})
		wantOutcomes(t, got, "1", "2")
	}
}

func TestPointOps(t *testing.T) {
	want := map[string]sim.Op{
		"load": {Kind: sim.OpLoad}, "read": {Kind: sim.OpLoad},
		"store": {Kind: sim.OpStore, Write: true}, "write": {Kind: sim.OpStore, Write: true},
		"swap": {Kind: sim.OpSwap, Write: true}, "cas": {Kind: sim.OpCAS, Write: true},
		"add": {Kind: sim.OpAdd, Write: true}, "wake?": {Kind: sim.OpPoint, Write: true},
	}
	r := once(t, func(w *sim.World) {
		for word, op := range want {
			child := w.Go("child", func() { w.Point(word, "x") })
			w.Yield()
			got := child.Op()
			if child.ObjectKey() == 0 || got.Object == 0 {
				w.Fail("POINT", "%s has no object", word)
			}
			if got.Object = 0; got != op {
				w.Fail("POINT", "%s is %+v", word, got)
			}
			child.Join()
		}
	})
	if r.Failure != nil {
		t.Error(r.Failure)
	}
}

func TestOpRaces(t *testing.T) {
	read, write := sim.Op{Kind: sim.OpLoad, Object: 1}, sim.Op{Kind: sim.OpStore, Write: true, Object: 1}
	other := sim.Op{Kind: sim.OpStore, Write: true, Object: 2}
	none := sim.Op{Kind: sim.OpYield}
	if read.Races(read) || !read.Races(write) || !write.Races(read) || !write.Races(write) || write.Races(other) || none.Races(none) {
		t.Error("Races")
	}
	for k := sim.OpStart; k <= sim.OpPoint; k++ {
		if k.String() == "" {
			t.Errorf("operation %d has no name", k)
		}
	}
	if s := sim.OpKind(200).String(); s != "op(200)" {
		t.Error(s)
	}
}
