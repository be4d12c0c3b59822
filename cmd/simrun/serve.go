package main

import (
	"context"
	"errors"
	"math"
	"net"
	"strings"

	"github.com/collider-amqp/collider/scenarios/serve"
	"github.com/collider-amqp/collider/sim/cli"
)

var serveCommand = cli.Command{
	Name: "serve", Args: strings.Join(serve.Kinds, "|"),
	Doc:   "put a node of the scenarios on a real socket",
	Run:   runServe,
	Flags: []string{"listen", "max-frame", "allow-insecure", "sasl", "threads", "tls-ca", "tls-cert", "tls-key", "tls-optional", "user"},
}

// runServe turns flags into serve's options.
func runServe(ctx context.Context, env *cli.Env, args []string) int {
	f := cli.NewFlags(env, "serve", strings.Join(serve.Kinds, "|"),
		"Puts a node of the scenarios on a real socket until SIGINT or SIGTERM; prints \"listening on HOST:PORT\" once ready.",
		"serve broker -listen 127.0.0.1:5672", "serve echo -listen 127.0.0.1:0 -threads 4 -user guest:guest -user admin:secret",
		"serve broker -listen 127.0.0.1:5671 -tls-cert cert.pem -tls-key key.pem -user guest:guest")
	var o serve.Options
	f.StringVar(&o.Listen, "listen", "127.0.0.1:5672", "listen on `HOST:PORT`; port 0 picks a free one")
	f.IntVar(&o.Threads, "threads", 1, "`N` threads call the node's callbacks")
	maxFrame := f.Uint64("max-frame", 0, "largest frame accepted, `N` octets (0 means the container's default)")
	f.StringVar(&o.SASL, "sasl", "", "SASL is `MODE`: optional, required, none (default required with -user, else optional)")
	f.Func("user", "admit `NAME:PASSWORD`, by SCRAM or PLAIN, and nobody else; may be repeated", func(s string) error {
		o.Users = append(o.Users, s)
		return nil
	})
	f.BoolVar(&o.AllowInsecure, "allow-insecure", false, "offer PLAIN without TLS, too")
	f.StringVar(&o.TLSCA, "tls-ca", "", "`FILE` in PEM form with the authorities of client certificates, which admit by EXTERNAL")
	f.BoolVar(&o.TLSOptional, "tls-optional", false, "serve clients without TLS on the same port")
	f.StringVar(&o.TLSCert, "tls-cert", "", "certificate `FILE` in PEM form")
	f.StringVar(&o.TLSKey, "tls-key", "", "key `FILE` in PEM form")
	rest, code, ok := f.ParseArgs(args)
	if !ok {
		return code
	}
	if len(rest) != 1 {
		env.Errorf("serve: want one of %s, got %d arguments", strings.Join(serve.Kinds, ", "), len(rest))
		return cli.ExitUsage
	}
	if *maxFrame > math.MaxUint32 {
		env.Errorf("serve: -max-frame %d: want at most %d", *maxFrame, uint32(math.MaxUint32))
		return cli.ExitUsage
	}
	o.Kind, o.MaxFrame = rest[0], uint32(*maxFrame)
	if err := serve.Run(ctx, o, env.Stdout); err != nil {
		env.Errorf("serve: %v", err)
		var oe *serve.OptionError
		var ne *net.OpError
		if errors.As(err, &oe) || errors.As(err, &ne) { // the address is input, too
			return cli.ExitUsage
		}
		return cli.ExitFailed
	}
	return cli.ExitOK
}
