// Package command is simrun's command conform: it judges an AMQP 1.0
// implementation and prints the verdicts.
//
// # Usage
//
//	cli.Main(cli.Config{Commands: []cli.Command{command.Conform()}})
//
// # Limitations
//
// Only servers are judged: the suite connects. TLS is not supported.
package command
