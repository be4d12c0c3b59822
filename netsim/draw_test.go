package netsim

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/collider-amqp/collider/sim"
)

func everything() *Menu {
	m := &Menu{
		Dialers: []string{"client0", "client1", "client2"}, Acceptors: []string{"broker"}, Hosts: []string{"broker", "client1"}, Conns: 2,
		Bytes: 200, Time: 50 * time.Millisecond, Predicates: []string{"six"}, Lasting: 100 * time.Millisecond, Delay: 10 * time.Millisecond,
	}
	for k := Reset; k < kinds; k++ {
		m.Kinds = append(m.Kinds, k)
	}
	return m
}

func TestPlanDrawsEveryKindAndTrigger(t *testing.T) {
	m := everything()
	seen := map[string]int{}
	for seed := range uint64(300) {
		for _, f := range m.Plan(seed, 3) {
			if err := f.Validate("six"); err != nil {
				t.Fatal(err)
			}
			seen[f.Kind.String()]++
			seen[fmt.Sprint("on ", f.At.On)]++
			seen[fmt.Sprint("back ", f.Back)]++
			seen[fmt.Sprint("conn ", f.Conn)]++
		}
	}
	for k := Reset; k < kinds; k++ {
		if seen[k.String()] == 0 {
			t.Errorf("no %v among %v", k, seen)
		}
	}
	for _, want := range []string{"on 1", "on 2", "on 3", "back true", "back false", "conn 0", "conn 1", "conn 2"} {
		if seen[want] < 20 {
			t.Errorf("%s: %d times", want, seen[want])
		}
	}
	if seen["on 0"] != 0 {
		t.Errorf("a fault acts from the start although the menu has triggers")
	}
}

func TestPlanIsStable(t *testing.T) {
	m := everything()
	long := m.Plan(7, 6)
	for n := range 6 {
		if short := m.Plan(7, n); len(short) > len(long) || !slices.Equal(short, long[:len(short)]) {
			t.Errorf("%d faults: %v, six: %v", n, short, long)
		}
	}
	if slices.Equal(long, m.Plan(8, 6)) {
		t.Error("two seeds draw the same plan")
	}
}

func TestPlanWithoutChoices(t *testing.T) {
	if p := new(Menu).Plan(1, 5); p != nil {
		t.Error(p)
	}
	m := &Menu{Kinds: []Kind{Stall, Reset, SlowAccept}, Dialers: []string{"a"}, Acceptors: []string{"b"}}
	for _, f := range m.Plan(1, 50) {
		if f.Kind != Stall || f.At.On != OnStart || f.For != 0 || f.Conn != 0 {
			t.Errorf("%v: the menu offers no trigger, no delay, no time", f)
		}
	}
}

// Whatever is drawn, the crowd comes to an end once the network is healed, twice in
// the same way.
func TestDrawnFaultsEndWithHeal(t *testing.T) {
	m := everything()
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	faults := 0
	for seed := range uint64(300) {
		plan := m.Plan(seed, 4)
		faults += len(plan)
		var text []string
		for _, f := range plan {
			text = append(text, f.String())
		}
		s := &sim.Scenario{Name: "drawn", Run: crowd(text...)}
		a := sim.Execute(w, s, sim.RunConfig{Seed: seed})
		b := sim.Execute(w, s, sim.RunConfig{Seed: seed})
		if a.Failure != nil || a.Digest != b.Digest {
			t.Fatalf("seed %d, %q: %v, digests %x %x", seed, text, a.Failure, a.Digest, b.Digest)
		}
	}
	if faults < 600 {
		t.Errorf("%d faults in 300 runs", faults)
	}
}
