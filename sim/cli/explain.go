package cli

import (
	"context"
	"fmt"
	"strconv"

	"github.com/collider-amqp/collider/sim"
	"github.com/collider-amqp/collider/sim/shrink"
)

// explain shows the minimal interleaving of a failure file and what decides it.
func (c *Config) explain(ctx context.Context, env *Env, args []string) int {
	f := newShrinkFlags(NewFlags(env, "explain", "FILE",
		"Shows the smallest interleaving that fails in the same way, with source lines, and the pairs of operations whose order decides it. "+
			"It writes no file.",
		"explain simrun-out/link-credit-7.sim.json", "explain simrun-out/link-credit-7.min.sim.json -json"))
	r, path, code, ok := f.begin(c, env, args)
	if !ok {
		return code
	}
	file, s, code := r.open(path)
	if file == nil {
		return code
	}
	e, err := shrink.Explain(ctx, s, file, f.options(r))
	r.progress.clear()
	if err != nil {
		return r.broken(fmt.Errorf("%s: %w", path, err))
	}
	if !e.Shrunk.Minimal {
		r.sayf("the search was cut short: the interleaving is not known to be minimal")
	}
	if f.json {
		printJSON(env.Stdout, explained(path, e))
	} else {
		fmt.Fprint(env.Stdout, e.Text())
	}
	return r.divergent(e.Shrunk.Divergent)
}

// explainedObject is the result of explain in its JSON output.
type explainedObject struct {
	Type     string          `json:"type"`
	Scenario string          `json:"scenario"`
	From     string          `json:"from"`
	Rule     string          `json:"rule"`
	Message  string          `json:"message"`
	Minimal  bool            `json:"minimal"`
	Complete bool            `json:"complete"`
	Replays  int             `json:"replays"`
	Tried    int             `json:"tried"`
	Steps    []explainedStep `json:"steps"`
	Pairs    []explainedPair `json:"pairs"`
}

// explainedStep is a step; state is "made", "waits" or "later".
type explainedStep struct {
	Thread  string `json:"thread"`
	Op      string `json:"op"`
	Object  string `json:"object"`
	Where   string `json:"where"`
	Decided bool   `json:"decided"`
	State   string `json:"state"`
}

// explainedPair has indices of steps, from 0, and how the run fails otherwise if it
// does.
type explainedPair struct {
	First  int    `json:"first"`
	Second int    `json:"second"`
	Other  string `json:"other,omitempty"`
}

func explained(path string, e *shrink.Explanation) explainedObject {
	file := e.Shrunk.File
	o := explainedObject{
		Type: "explained", Scenario: file.Scenario, From: path, Rule: file.Failure.Rule, Message: file.Failure.Message,
		Minimal: e.Shrunk.Minimal, Complete: e.Complete, Replays: e.Replays, Tried: e.Tried,
		Steps: []explainedStep{}, Pairs: []explainedPair{},
	}
	for i := range e.Steps {
		g := &e.Steps[i]
		state := "made"
		if i >= e.Known {
			state = "later"
		} else if i >= e.Made {
			state = "waits"
		}
		o.Steps = append(o.Steps, explainedStep{
			g.Thread, g.Op.Kind.String(), g.Object, where(g.At), i < e.Made && !g.Default, state,
		})
	}
	for _, p := range e.Pairs {
		other := ""
		if p.Other != nil {
			other = p.Other.Message
		}
		o.Pairs = append(o.Pairs, explainedPair{p.First, p.Second, other})
	}
	return o
}

func where(f sim.Frame) string {
	if f.File == "" {
		return ""
	}
	return f.File + ":" + strconv.Itoa(f.Line)
}
