package command

import (
	"context"
	"fmt"
	"strings"

	"github.com/collider-amqp/collider/sim/cli"
)

// Conform returns the command conform with its sub-commands server, list and shim, and those of more.
func Conform(more ...cli.Command) cli.Command {
	subs := append([]cli.Command{
		{Name: "server", Args: "ADDR [CLAUSE|ID …]", Doc: "judge the server at an address", Run: server},
		{Name: "list", Args: "[CLAUSE|ID …]", Doc: "list the cases", Run: list},
		Shim(),
	}, more...)
	var names []string
	for _, s := range subs {
		names = append(names, s.Name)
	}
	return cli.Command{
		Name: "conform", Args: strings.Join(names, "|") + " …", Doc: "judge an AMQP 1.0 implementation by the specification",
		Run:   func(ctx context.Context, env *cli.Env, args []string) int { return dispatch(ctx, env, subs, args) },
		Flags: []string{"json", "level", "password", "program", "report", "run", "runs", "sasl", "seed", "timeout", "user"},
	}
}

func dispatch(ctx context.Context, env *cli.Env, subs []cli.Command, args []string) int {
	if len(args) > 0 {
		for _, s := range subs {
			if s.Name == args[0] {
				return s.Run(ctx, env, args[1:])
			}
		}
		if args[0] == "-h" || args[0] == "-help" || args[0] == "--help" {
			usage(env, subs)
			return cli.ExitOK
		}
	}
	what := "conform needs a sub-command"
	if len(args) > 0 {
		what = fmt.Sprintf("conform has no sub-command %q", args[0])
	}
	env.Errorf("%s; '%s conform -h' lists them", what, env.Program)
	return cli.ExitUsage
}

func usage(env *cli.Env, subs []cli.Command) {
	fmt.Fprintf(env.Stdout, "usage: %s conform COMMAND [flags] [arguments]\n\n", env.Program)
	for _, s := range subs {
		fmt.Fprintf(env.Stdout, "  %-28s %s\n", s.Name+" "+s.Args, s.Doc)
	}
	fmt.Fprintf(env.Stdout, "\n'%s conform COMMAND -h' lists a command's flags and shows an example.\n", env.Program)
}
