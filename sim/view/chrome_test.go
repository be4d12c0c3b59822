package view_test

import (
	"encoding/json"
	"testing"

	"github.com/collider-amqp/collider/sim/view"
)

type slice struct {
	Name, Ph, ID, Cat string
	TS, PID, TID      int
}

// TestChromeNests holds the trace against the format: slices of a track nest, and
// each arrow has both its ends inside slices.
func TestChromeNests(t *testing.T) {
	for name, r := range map[string]*view.Run{"broker": broker(t), "failing": failing(t)} {
		var trace struct{ TraceEvents []slice }
		if err := json.Unmarshal(write(t, "chrome", r), &trace); err != nil {
			t.Fatal(err)
		}
		type track struct{ pid, tid int }
		open := map[track][]slice{}
		begins := map[track]map[int]string{}
		flows := map[string][]slice{}
		for _, e := range trace.TraceEvents {
			k := track{e.PID, e.TID}
			switch e.Ph {
			case "B":
				open[k] = append(open[k], e)
				if begins[k] == nil {
					begins[k] = map[int]string{}
				}
				begins[k][e.TS] = e.Name
			case "E":
				n := len(open[k])
				if n == 0 || open[k][n-1].Name != e.Name || open[k][n-1].TS >= e.TS {
					t.Fatalf("%s: slice %+v ends, open are %v", name, e, open[k])
				}
				open[k] = open[k][:n-1]
			case "s", "f":
				flows[e.ID] = append(flows[e.ID], e)
			case "i", "M":
			default:
				t.Errorf("%s: phase %q", name, e.Ph)
			}
		}
		for k, left := range open {
			if len(left) > 0 {
				t.Errorf("%s: track %v never ends %v", name, k, left)
			}
		}
		for id, f := range flows {
			if len(f) != 2 || f[0].Ph != "s" || f[1].Ph != "f" || f[0].TS >= f[1].TS {
				t.Fatalf("%s: flow %s is %v", name, id, f)
			}
			for _, e := range f {
				if begins[track{e.PID, e.TID}][e.TS] == "" {
					t.Errorf("%s: flow %s has an end outside slices: %+v", name, id, e)
				}
			}
		}
		if name == "broker" && len(flows) == 0 {
			t.Error("there are no arrows")
		}
	}
}
