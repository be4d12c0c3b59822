package scenarios

import (
	"fmt"
	"slices"
	"testing"
)

// Whatever core is drawn, one of its clients has its broker in it, and a core that
// has such a client stays as it is.
func TestEachCoreServes(t *testing.T) {
	for clients := 1; clients <= 4; clients++ {
		x := &convergenceRun{brokers: []*server{{host: "broker-0"}, {host: "broker-1"}}}
		for i := range clients {
			x.clients = append(x.clients, &clientHost{host: fmt.Sprintf("client-%d", i), broker: x.brokers[i%2]})
		}
		served := func(core []string) int {
			n := 0
			for _, p := range x.clients {
				if x.serves(core, p) {
					n++
				}
			}
			return n
		}
		for bs := 1; bs < 4; bs++ {
			for cs := 1; cs < 1<<clients; cs++ {
				var core []string
				for i, b := range x.brokers {
					if bs>>i&1 != 0 {
						core = append(core, b.host)
					}
				}
				for i, p := range x.clients {
					if cs>>i&1 != 0 {
						core = append(core, p.host)
					}
				}
				got := x.serving(slices.Clone(core))
				if served(got) == 0 || served(core) > 0 && !slices.Equal(got, core) || len(got) != len(core) {
					t.Errorf("%d clients: the core %v becomes %v", clients, core, got)
				}
			}
		}
	}
}
