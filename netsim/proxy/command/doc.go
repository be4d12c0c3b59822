// Package command is simrun's command proxy: it stands between two programs on real
// sockets and lets the faults of a plan happen to their connections.
//
// # Usage
//
//	cli.Main(cli.Config{Commands: []cli.Command{command.Proxy(command.Config{})}})
//
// The command prints the plan, "listening on HOST:PORT", a line for each fault that
// acts, and a summary when a signal or -for ends it. Its output, given back with
// -plan, is the same plan. A failure file is one, too: of its faults those of a
// network are taken that concern the two sides.
//
// # Limitations
//
// A proxy plays one dialling and one accepting host. A plan about several dialers needs
// a proxy for each, with -dialer. The capture is written when 64 KiB of it have come
// together, and at the end.
package command
