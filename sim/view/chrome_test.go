package view_test

import (
	"encoding/json"
	"testing"

	"github.com/collider-amqp/collider/sim"
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
			case "i", "M", "b", "e":
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

// TestChromeKeepsTheFormat holds each event against what the format demands of its
// phase, and the trace of a long run against what a viewer must find in it.
func TestChromeKeepsTheFormat(t *testing.T) {
	must := map[string][]string{
		"M": {"name", "pid", "tid", "args"}, "B": {"name", "cat", "pid", "tid", "ts"}, "E": {"pid", "tid", "ts"}, "i": {"name", "pid", "tid", "ts", "s"},
		"s": {"name", "cat", "id", "pid", "tid", "ts"}, "f": {"name", "cat", "id", "pid", "tid", "ts", "bp"},
		"b": {"name", "cat", "id", "pid", "tid", "ts"}, "e": {"name", "cat", "id", "pid", "tid", "ts"},
	}
	big := longRun(t, 600)
	for name, r := range map[string]*view.Run{"broker": broker(t), "failing": failing(t), "long": big, "hostile": watched(t, hostile("<\"\\\u2028"), sim.RunConfig{})} {
		var trace struct{ TraceEvents []map[string]any }
		if err := json.Unmarshal(write(t, "chrome", r), &trace); err != nil {
			t.Fatal(err)
		}
		count, named, used, flying := map[string]int{}, map[[2]any]bool{}, map[[2]any]bool{}, map[any]any{}
		last := 0.0
		for _, e := range trace.TraceEvents {
			ph, _ := e["ph"].(string)
			count[ph]++
			for _, key := range must[ph] {
				if e[key] == nil || e[key] == "" {
					t.Fatalf("%s: an event of phase %q has no %s: %v", name, ph, key, e)
				}
			}
			track := [2]any{e["pid"], e["tid"]}
			switch ph {
			case "M":
				if e["name"] == "thread_name" {
					named[track] = true
				}
				continue
			case "s", "f": // stand at the end
				continue
			case "b":
				flying[e["id"]] = e["name"]
			case "e":
				if flying[e["id"]] != e["name"] {
					t.Fatalf("%s: %v ends a flight that did not begin", name, e)
				}
				delete(flying, e["id"])
			}
			used[track] = true
			if ts := e["ts"].(float64); ts < last {
				t.Fatalf("%s: %v comes after %v", name, e, last)
			} else {
				last = ts
			}
		}
		for track := range used {
			if !named[track] && track[1] != 0.0 {
				t.Errorf("%s: track %v has no name", name, track)
			}
		}
		if count["s"] != count["f"] || count["B"] != count["E"] || len(flying) > 0 {
			t.Errorf("%s: phases %v, in flight for ever %v", name, count, flying)
		}
		if name == "broker" && (count["b"] == 0 || count["s"] == 0) || name == "long" && count["B"]+count["i"] < 5_000 {
			t.Errorf("%s: phases %v", name, count)
		}
	}
}
