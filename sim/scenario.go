package sim

import (
	"fmt"
	"time"

	"github.com/collider-amqp/collider/sim/choice"
	"github.com/collider-amqp/collider/sim/history"
)

// Scenario is a program to be explored, with the properties that it keeps. It
// must not be changed while a World runs it; several Worlds may run it at once.
type Scenario struct {
	// Name identifies the scenario: "link/credit".
	Name string
	// Doc says in one line what it is about.
	Doc string
	// Properties are the rules that it judges.
	Properties []Property
	// Tags group scenarios: "micro" is small enough for exhaustive search.
	Tags []string
	// Params are drawn for each run unless they are fixed.
	Params []Param
	// Run is the body of the main thread. All state of a run belongs to it: a
	// package variable would pass from run to run.
	Run func(w *World)
	// Check judges the history of a run in which nothing else failed. It must not
	// keep the history. Nil checks nothing.
	Check func(h *history.History) []Violation
	// Steps is the budget of steps; half of it, at the most, is spent before the
	// schedule becomes fair. Zero means 100 000.
	Steps uint64
	// Time is the budget of virtual time. Zero means none.
	Time time.Duration
	// Drain bounds what threads may still do when main has returned.
	Drain Drain
	// Host, if set, calls run once, inside another scheduler such as a synctest
	// bubble, with the hooks of that scheduler. Execute then makes each run in a
	// World of its own there. An error is a failure of the run: what the
	// scenario has left behind in the other scheduler.
	Host func(run func(*Host)) error

	_ struct{}
}

// Drain is what threads may still do when main has returned, before they are
// called leaked. Pending timers alone are no leak.
type Drain struct {
	// Steps of all of them together. Zero means 10 000.
	Steps uint64
	// Time is virtual. Zero means one minute.
	Time time.Duration
}

// Property is a rule that a scenario judges.
type Property struct {
	// Rule is the rule's id, as "SER-1".
	Rule string
	// Doc states it in one sentence.
	Doc string
}

// Param is a parameter of a scenario.
type Param struct {
	// Name is used by World.Param.
	Name string
	// Doc says what it means.
	Doc string
	// Default is the value when nothing is drawn.
	Default int64
	// Min and Max are the range of drawn and of fixed values.
	Min, Max int64
	// Draw says how it is drawn.
	Draw Draw
}

// Draw says how a parameter is drawn from its range.
type Draw uint8

// The ways to draw a parameter.
const (
	// Uniform: each value is as likely as another.
	Uniform Draw = iota
	// Scale: each order of magnitude is as likely. Min must be at least 1.
	Scale
	// Switch: Min in half of the runs, else any other value. It is for features
	// that must be off in many runs.
	Switch
	// Fixed: always the default, unless the caller fixes another value.
	Fixed
)

// ParamValue is a parameter as a run had it.
type ParamValue struct {
	Name  string
	Value int64
}

// Validate returns an error that names the first thing wrong with the scenario,
// or with the values by which cfg fixes its parameters.
func (s *Scenario) Validate(cfg *RunConfig) error {
	if s.Run == nil {
		return fmt.Errorf("sim: scenario %q has no Run", s.Name)
	}
	for i := range s.Params {
		if err := s.Params[i].validate(); err != nil {
			return fmt.Errorf("sim: scenario %q: %w", s.Name, err)
		}
	}
	if cfg == nil {
		return nil
	}
	known := 0
	for i := range s.Params {
		p := &s.Params[i]
		v, ok := cfg.Params[p.Name]
		if !ok {
			continue
		}
		known++
		if v < p.Min || v > p.Max {
			return fmt.Errorf("sim: scenario %q: parameter %s=%d is not in [%d, %d]", s.Name, p.Name, v, p.Min, p.Max)
		}
	}
	if known < len(cfg.Params) {
		return fmt.Errorf("sim: scenario %q has no parameter %s", s.Name, s.unknown(cfg.Params))
	}
	return nil
}

// unknown returns the first name, in order of the alphabet, that is no parameter.
func (s *Scenario) unknown(params map[string]int64) string {
	first := ""
	for name := range params {
		if (first == "" || name < first) && !s.has(name) {
			first = name
		}
	}
	return first
}

func (s *Scenario) has(name string) bool {
	for i := range s.Params {
		if s.Params[i].Name == name {
			return true
		}
	}
	return false
}

func (p *Param) validate() error {
	switch {
	case p.Name == "":
		return fmt.Errorf("a parameter has no name")
	case p.Max < p.Min || p.Default < p.Min || p.Default > p.Max:
		return fmt.Errorf("parameter %s: default %d is not in [%d, %d]", p.Name, p.Default, p.Min, p.Max)
	case p.Draw == Scale && p.Min < 1:
		return fmt.Errorf("parameter %s: a scale begins at 1", p.Name)
	case p.Draw > Fixed:
		return fmt.Errorf("parameter %s: no such way to draw", p.Name)
	}
	return nil
}

// value returns the parameter's value in the run with the given seed.
func (p *Param) value(seed uint64) int64 {
	s := choice.New(seed, "param", nameEntity(p.Name))
	switch {
	case p.Draw == Fixed || p.Min == p.Max:
		return p.Default
	case p.Draw == Scale:
		return s.Scale(p.Min, p.Max)
	case p.Draw == Uniform:
		return s.Range(p.Min, p.Max)
	case s.Uint64()&1 == 0:
		return p.Min
	}
	return s.Range(p.Min+1, p.Max)
}

// setParams fixes or draws the parameters of the run.
func (w *World) setParams(s *Scenario, cfg *RunConfig) {
	w.params = w.params[:0]
	for i := range s.Params {
		p := &s.Params[i]
		v, fixed := cfg.Params[p.Name]
		switch {
		case fixed:
		case cfg.Defaults:
			v = p.Default
		default:
			v = p.value(cfg.Seed)
		}
		w.params = append(w.params, ParamValue{p.Name, v})
	}
}
