// Command simrun runs the scenarios of this module over seeds, repeats single
// runs, judges implementations, serves the scenarios' nodes on real sockets, lets
// faults happen between programs there, and measures the strategies.
// See package cli for commands, flags and exit codes.
package main

import (
	"os"

	"github.com/collider-amqp/collider/conformance/command"
	proxycommand "github.com/collider-amqp/collider/netsim/proxy/command"
	"github.com/collider-amqp/collider/scenarios"
	"github.com/collider-amqp/collider/scenarios/stage"
	"github.com/collider-amqp/collider/sim/bench"
	"github.com/collider-amqp/collider/sim/canary"
	"github.com/collider-amqp/collider/sim/cli"
)

func config() cli.Config {
	return cli.Config{
		Scenarios: scenarios.All(),
		Corpus:    scenarios.Corpus(),
		Frames:    stage.DecodeFrame,
		Selftest: &canary.Suite{
			Module: "github.com/collider-amqp/collider", Package: "./cmd/simrun", Patches: "scenarios/testdata/canaries",
		},
		Commands: []cli.Command{command.Conform(), serveCommand, proxycommand.Proxy(proxycommand.Config{}), bench.Command()},
	}
}

func main() { os.Exit(cli.Main(config())) }
