package command

import (
	"context"
	"fmt"

	"github.com/collider-amqp/collider/conformance"
	"github.com/collider-amqp/collider/conformance/report"
	"github.com/collider-amqp/collider/sim/cli"
)

// listing is one line of 'conform list -json'.
type listing struct {
	Type        string             `json:"type"`
	ID          string             `json:"id"`
	Rule        string             `json:"rule"`
	Clause      string             `json:"clause"`
	Level       conformance.Level  `json:"level"`
	Role        conformance.Role   `json:"role"`
	Title       string             `json:"title"`
	Requirement string             `json:"requirement"`
	Need        []conformance.Need `json:"need"`
}

func list(_ context.Context, env *cli.Env, args []string) int {
	f := cli.NewFlags(env, "conform list", "[CLAUSE|ID …]", "Lists the conformance cases by clause; no name means all.",
		"conform list", "conform list 2.4.1", "conform list -level MUST -json")
	asJSON := f.Bool("json", false, "print one object a line")
	selected := selectionFlags(f)
	names, code, ok := f.ParseArgs(args)
	if !ok {
		return code
	}
	cases, err := selected.choose(names)
	if err != nil {
		env.Errorf("%v", err)
		return cli.ExitUsage
	}
	for _, k := range cases {
		if !*asJSON {
			fmt.Fprintf(env.Stdout, "%-32s %-6s %s\n", k.ID, k.Rule.Level, k.Title)
			continue
		}
		report.JSON(env.Stdout, listing{
			Type: "case", ID: k.ID, Rule: k.Rule.ID, Clause: k.Rule.Clause, Level: k.Rule.Level, Role: k.Role,
			Title: k.Title, Requirement: k.Rule.Text, Need: append([]conformance.Need{}, k.Need...),
		})
	}
	return cli.ExitOK
}
