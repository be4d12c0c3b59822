package netsim

import (
	"fmt"
	"testing"

	"github.com/collider-amqp/collider/sim"
)

func TestMemoryIsUsedAgain(t *testing.T) {
	w := sim.NewWorld(sim.Options{})
	defer w.Close()
	sizes := func() string {
		m := memoryOf(w)
		return fmt.Sprint(len(m.networks.all), len(m.hosts.all), len(m.ways.all), len(m.pairs.all), len(m.dials.all), len(m.listeners.all))
	}
	for i := range 5 {
		r := sim.Execute(w, &sim.Scenario{Name: "memory", Run: func(w *sim.World) {
			x := connected(w, Options{})
			x.send(x.c, "abc")
			x.receive(x.s, "abc")
			x.connect()
		}}, sim.RunConfig{Seed: uint64(i)})
		if r.Failure != nil {
			t.Fatal(r.Failure)
		}
	}
	if got := sizes(); got != "1 2 2 2 2 1" {
		t.Errorf("five runs left %s networks, hosts, ways, pairs, dials, listeners", got)
	}
}

func TestConnectionsThatAreOverLeaveTheirWays(t *testing.T) {
	for name, end := range map[string]func(x *scene){
		"close":        func(x *scene) { x.c.Close(); x.s.Close() },
		"half-closes":  func(x *scene) { x.c.CloseWrite(); x.s.CloseWrite(); x.c.Close(); x.s.Close() },
		"abort":        func(x *scene) { x.c.SetLinger(0); x.c.Close(); x.s.Close() },
		"unread bytes": func(x *scene) { x.send(x.c, "a"); x.s.Close(); x.c.Close() },
		"late bytes":   func(x *scene) { x.s.Close(); x.send(x.c, "a"); x.c.Close() },
		"fault":        func(x *scene) { x.Inject(MustParseFault("reset client->broker @time 0s")); x.c.Close(); x.s.Close() },
	} {
		stories(t, func(w *sim.World) {
			x := connected(w, Options{})
			end(x)
			for _, y := range x.ways {
				x.want(len(y.streams) == 0, "%s: %d streams are left from %s to %s", name, len(y.streams), y.from, y.to)
			}
		})
	}
}
