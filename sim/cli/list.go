package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/collider-amqp/collider/sim"
)

// list prints the scenarios.
func (c *Config) list(_ context.Context, env *Env, args []string) int {
	f := NewFlags(env, "list", "[NAME|GLOB …]", "Lists the scenarios: name, one line, properties, tags; no name means all.",
		"list", "list 'multithreaded-*'", "list -json")
	asJSON := f.Bool("json", false, "print one object a line")
	patterns, code, ok := f.ParseArgs(args)
	if !ok {
		return code
	}
	chosen, err := c.choose(patterns)
	if err != nil {
		env.Errorf("%v", err)
		return ExitUsage
	}
	width := 0
	for _, s := range chosen {
		width = max(width, len(s.Name))
	}
	for _, s := range chosen {
		if *asJSON {
			printJSON(env.Stdout, listing(s))
		} else {
			printListing(env.Stdout, s, width)
		}
	}
	return ExitOK
}

type jsonListing struct {
	Type       string         `json:"type"`
	Name       string         `json:"name"`
	Doc        string         `json:"doc"`
	Properties []jsonProperty `json:"properties"`
	Tags       []string       `json:"tags"`
	Params     []jsonParam    `json:"params"`
}

type jsonProperty struct {
	Rule string `json:"rule"`
	Doc  string `json:"doc"`
}

type jsonParam struct {
	Name    string `json:"name"`
	Doc     string `json:"doc"`
	Default int64  `json:"default"`
	Min     int64  `json:"min"`
	Max     int64  `json:"max"`
}

func listing(s *sim.Scenario) jsonListing {
	l := jsonListing{
		Type: "scenario", Name: s.Name, Doc: s.Doc,
		Properties: []jsonProperty{}, Tags: append([]string{}, s.Tags...), Params: []jsonParam{},
	}
	for _, p := range s.Properties {
		l.Properties = append(l.Properties, jsonProperty(p))
	}
	for _, p := range s.Params {
		l.Params = append(l.Params, jsonParam{p.Name, p.Doc, p.Default, p.Min, p.Max})
	}
	return l
}

func printListing(w io.Writer, s *sim.Scenario, width int) {
	var extra []string
	for _, p := range s.Properties {
		extra = append(extra, p.Rule)
	}
	for _, t := range s.Tags {
		extra = append(extra, "#"+t)
	}
	fmt.Fprintf(w, "%-*s  %s", width, s.Name, s.Doc)
	if len(extra) > 0 {
		fmt.Fprintf(w, "  [%s]", strings.Join(extra, " "))
	}
	fmt.Fprintln(w)
}

// printJSON prints v as one line. Values of this package can always be encoded.
func printJSON(w io.Writer, v any) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err)
	}
}
