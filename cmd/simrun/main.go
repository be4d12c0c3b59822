// Command simrun runs the scenarios of this module over seeds. See package cli
// for commands, flags and exit codes.
package main

import (
	"os"

	"github.com/collider-amqp/collider/sim/cli"
)

func main() {
	os.Exit(cli.Main(cli.Config{}))
}
