package runner

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/collider-amqp/collider/sim"
)

// FaultPrefix begins the names of the parameters that turn a fault on: such a
// parameter is off at its Min.
const FaultPrefix = "fault."

// FixParams returns the parameters that are fixed in the runs of a scenario:
// those of params that it has, and the faults that are not among faults, which
// are fixed at their Min. Faults is "all", which is also the meaning of "",
// "none", or a list of names without FaultPrefix, separated by commas. A
// parameter in params is left as it is there.
func FixParams(s *sim.Scenario, params map[string]int64, faults string) map[string]int64 {
	var fixed map[string]int64
	fix := func(name string, v int64) {
		if fixed == nil {
			fixed = map[string]int64{}
		}
		fixed[name] = v
	}
	for i := range s.Params {
		p := &s.Params[i]
		fault, isFault := strings.CutPrefix(p.Name, FaultPrefix)
		if v, ok := params[p.Name]; ok {
			fix(p.Name, v)
		} else if isFault && !faultOn(faults, fault) {
			fix(p.Name, p.Min)
		}
	}
	return fixed
}

// fixParams is FixParams that, with defaults, also fixes all other parameters, at
// their defaults.
func fixParams(s *sim.Scenario, params map[string]int64, faults string, defaults bool) map[string]int64 {
	fixed := FixParams(s, params, faults)
	if !defaults {
		return fixed
	}
	all := make(map[string]int64, len(s.Params))
	for i := range s.Params {
		p := &s.Params[i]
		if v, ok := fixed[p.Name]; ok {
			all[p.Name] = v
		} else {
			all[p.Name] = p.Default
		}
	}
	return all
}

func faultOn(faults, name string) bool {
	switch faults {
	case "", "all":
		return true
	case "none":
		return false
	}
	return slices.Contains(strings.Split(faults, ","), name)
}

// checkParams returns an *OptionError if a scenario is not valid, a parameter or
// fault is one that no scenario has, or a value is out of range.
func checkParams(scenarios []*sim.Scenario, params map[string]int64, faults string) error {
	known := map[string]bool{}
	for _, s := range scenarios {
		for i := range s.Params {
			known[s.Params[i].Name] = true
		}
		if err := s.Validate(&sim.RunConfig{Params: FixParams(s, params, faults)}); err != nil {
			return &OptionError{Option: "Params", Reason: reason(err), Err: err}
		}
	}
	if name := firstUnknown(params, known); name != "" {
		return &OptionError{Option: "Params", Reason: fmt.Sprintf("no scenario that is selected has a parameter %q", name)}
	}
	if faults == "" || faults == "all" || faults == "none" {
		return nil
	}
	for _, f := range strings.Split(faults, ",") {
		if !known[FaultPrefix+f] {
			return &OptionError{Option: "Faults", Reason: fmt.Sprintf("no scenario that is selected has a fault %q", f)}
		}
	}
	return nil
}

func firstUnknown(params map[string]int64, known map[string]bool) string {
	first := ""
	for name := range params {
		if !known[name] && (first == "" || name < first) {
			first = name
		}
	}
	return first
}

// reason returns an error's text without the name of the package it is from.
func reason(err error) string {
	var oe *OptionError
	if errors.As(err, &oe) {
		return oe.Reason
	}
	return strings.TrimPrefix(err.Error(), "sim: ")
}
