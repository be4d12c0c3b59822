// Command simrun runs the scenarios of this module over seeds, repeats single
// runs, judges implementations, and serves the scenarios' nodes on real sockets.
// See package cli for commands, flags and exit codes.
package main

import (
	"os"

	"github.com/collider-amqp/collider/conformance/command"
	"github.com/collider-amqp/collider/scenarios"
	"github.com/collider-amqp/collider/sim/cli"
)

func config() cli.Config {
	return cli.Config{
		Scenarios: scenarios.All(),
		Corpus:    scenarios.Corpus(),
		Commands:  []cli.Command{command.Conform(), serveCommand},
	}
}

func main() { os.Exit(cli.Main(config())) }
