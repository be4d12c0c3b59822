package sim_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/sim"
)

func params(p ...sim.Param) *sim.Scenario {
	return &sim.Scenario{Name: "p", Params: p, Run: func(w *sim.World) {}}
}

func TestParamsAreDrawn(t *testing.T) {
	s := params(
		sim.Param{Name: "uniform", Min: 1, Max: 4, Default: 2},
		sim.Param{Name: "scale", Min: 1, Max: 1 << 20, Default: 2, Draw: sim.Scale},
		sim.Param{Name: "switch", Min: 0, Max: 3, Default: 1, Draw: sim.Switch},
		sim.Param{Name: "fixed", Min: 0, Max: 9, Default: 5, Draw: sim.Fixed},
		sim.Param{Name: "one", Min: 7, Max: 7, Default: 7},
	)
	w := newWorld(t)
	seen := map[sim.ParamValue]int{}
	small := 0
	for seed := range uint64(2000) {
		r := sim.Execute(w, s, sim.RunConfig{Seed: seed})
		for _, p := range r.Params {
			seen[p]++
		}
		if r.Params[1].Value < 1<<10 {
			small++
		}
	}
	for v := int64(1); v <= 4; v++ {
		if n := seen[sim.ParamValue{Name: "uniform", Value: v}]; n < 400 || n > 600 {
			t.Errorf("uniform %d: %d times of 2000", v, n)
		}
	}
	if n := seen[sim.ParamValue{Name: "switch", Value: 0}]; n < 900 || n > 1100 {
		t.Errorf("switch is off in %d of 2000 runs", n)
	}
	if seen[sim.ParamValue{Name: "switch", Value: 3}] == 0 || seen[sim.ParamValue{Name: "fixed", Value: 5}] != 2000 || seen[sim.ParamValue{Name: "one", Value: 7}] != 2000 {
		t.Errorf("%v", seen)
	}
	if small < 800 || small > 1200 {
		t.Errorf("%d of 2000 small on the scale", small)
	}
}

// Fixing one parameter leaves the others as drawn.
func TestParamsFixed(t *testing.T) {
	s := params(sim.Param{Name: "a", Max: 100, Default: 1}, sim.Param{Name: "b", Max: 100, Default: 2})
	w := newWorld(t)
	drawn := sim.Execute(w, s, sim.RunConfig{Seed: 3, Keep: true}).Params
	fixed := sim.Execute(w, s, sim.RunConfig{Seed: 3, Keep: true, Params: map[string]int64{"a": 77}}).Params
	if fixed[0].Value != 77 || fixed[1] != drawn[1] {
		t.Errorf("drawn %v, fixed %v", drawn, fixed)
	}
	plain := sim.Execute(w, s, sim.RunConfig{Seed: 3, Keep: true, Defaults: true, Params: map[string]int64{"b": 9}}).Params
	if !reflect.DeepEqual(plain, []sim.ParamValue{{Name: "a", Value: 1}, {Name: "b", Value: 9}}) {
		t.Errorf("defaults %v", plain)
	}
}

func TestValidate(t *testing.T) {
	for want, s := range map[string]*sim.Scenario{
		`scenario "x" has no Run`:                 {Name: "x"},
		"a parameter has no name":                 params(sim.Param{}),
		"parameter a: default 5 is not in [0, 3]": params(sim.Param{Name: "a", Max: 3, Default: 5}),
		"parameter a: default 0 is not in [1, 0]": params(sim.Param{Name: "a", Min: 1}),
		"parameter a: a scale begins at 1":        params(sim.Param{Name: "a", Draw: sim.Scale}),
		"parameter a: no such way to draw":        params(sim.Param{Name: "a", Draw: 9}),
		"parameter b=4 is not in [0, 3]":          params(sim.Param{Name: "b", Max: 3}),
		`scenario "p" has no parameter b`:         params(),
	} {
		err := s.Validate(&sim.RunConfig{Params: map[string]int64{"b": 4, "z": 1}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	s := params(sim.Param{Name: "b", Max: 4})
	if err := s.Validate(&sim.RunConfig{Params: map[string]int64{"b": 4}}); err != nil {
		t.Error(err)
	}
	if err := s.Validate(nil); err != nil {
		t.Error(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("Execute accepts what is not valid")
		}
	}()
	sim.Execute(newWorld(t), s, sim.RunConfig{Params: map[string]int64{"c": 4}})
}

func TestUnknownParam(t *testing.T) {
	wantMisuse(t, "no parameter speed in scenario test", func(w *sim.World) { w.Param("speed") })
}
