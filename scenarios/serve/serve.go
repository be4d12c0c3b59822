// Package serve puts a node of the scenarios on a real socket, so that any AMQP
// 1.0 client can attach to the very code that the simulator tests.
package serve

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/record"
	"github.com/collider-amqp/collider/container/sasl"
	"github.com/collider-amqp/collider/scenarios/node"
)

// Kinds lists the nodes that can be served.
var Kinds = []string{"broker", "echo", "sink", "source"}

// Options says what to serve and how.
type Options struct {
	// Kind is one of Kinds.
	Kind string
	// Listen is the address, HOST:PORT; port 0 picks a free one.
	Listen string
	// Threads is the number of threads in Run. Less than 1 means 1.
	Threads int
	// MaxFrame is the largest frame accepted, in octets. Zero means the
	// container's default.
	MaxFrame uint32
	// SASL is "optional", "required" or "none". Empty means required if there
	// are Users, else optional.
	SASL string
	// Users, each as NAME:PASSWORD, are those who are admitted, by SCRAM-SHA-512,
	// SCRAM-SHA-256 or PLAIN; ANONYMOUS is then refused. None means that
	// everybody is admitted, by ANONYMOUS.
	Users []string
	// AllowInsecure offers PLAIN without TLS, too.
	AllowInsecure bool
	// TLSCert and TLSKey are files in PEM form. Both or neither must be set.
	TLSCert, TLSKey string
	// TLSCA is a file in PEM form with the authorities of client certificates.
	// Clients must then show one, unless there are Users, and are admitted by
	// EXTERNAL. It needs TLSCert.
	TLSCA string
	// TLSOptional serves clients without TLS on the same port. It needs TLSCert.
	TLSOptional bool

	_ struct{}
}

// OptionError is an Options field that cannot be.
type OptionError struct {
	Option string // name of the flag
	Reason string // what is wrong and what to do
}

// Error implements error.
func (e *OptionError) Error() string { return fmt.Sprintf("-%s: %s", e.Option, e.Reason) }

// Run serves until ctx ends, which is a clean end and no error. It prints
// "listening on HOST:PORT" to out once clients can connect. It fails with an
// *OptionError, or if the address cannot be bound.
func Run(ctx context.Context, o Options, out io.Writer) error {
	if _, _, err := net.SplitHostPort(o.Listen); err != nil {
		return &OptionError{"listen", err.Error() + "; give HOST:PORT, port 0 for a free one"}
	}
	opts, err := o.connectionOptions()
	if err != nil {
		return err
	}
	c := record.New(nil, "collider-"+o.Kind, nil, container.Options{ServerConnection: opts})
	accept, err := handlers(o.Kind, c)
	if err != nil {
		return err
	}
	if _, err := c.Listen(o.Listen, &listener{accept: accept, out: out}); err != nil {
		return &OptionError{"listen", err.Error()}
	}
	if err := c.Run(ctx, o.Threads); err != nil && !errors.Is(err, context.Cause(ctx)) {
		return err
	}
	return nil
}

// handlers returns the maker of connection handlers.
func handlers(kind string, c *record.Container) (func() container.ConnectionOptions, error) {
	only := func(h func() container.Handler) func() container.ConnectionOptions {
		return func() container.ConnectionOptions { return container.ConnectionOptions{Handler: h()} }
	}
	switch kind {
	case "broker":
		return node.NewBroker(c).ConnectionOptions, nil
	case "echo":
		return only(func() container.Handler { return node.NewEcho(c) }), nil
	case "sink":
		return only(func() container.Handler { return node.Sink{} }), nil
	case "source":
		return only(func() container.Handler { return node.NewSource(c) }), nil
	}
	return nil, &OptionError{"kind", fmt.Sprintf("%q is none of %s", kind, strings.Join(Kinds, ", "))}
}

// listener reports the address, and fails Run if there is none.
type listener struct {
	container.BaseListenHandler
	accept func() container.ConnectionOptions
	out    io.Writer
}

// OnOpen prints the address.
func (l *listener) OnOpen(ln *container.Listener) {
	if addr, err := ln.Addr(); err == nil {
		fmt.Fprintf(l.out, "listening on %s\n", addr)
	}
}

// OnAccept returns the options of a connection.
func (l *listener) OnAccept(*container.Listener) container.ConnectionOptions { return l.accept() }

// connectionOptions translates what concerns all connections.
func (o Options) connectionOptions() (opts container.ConnectionOptions, err error) {
	opts = container.ConnectionOptions{MaxFrameSize: o.MaxFrame, AllowInsecure: o.AllowInsecure}
	switch o.SASL {
	case "":
	case "optional":
		opts.SASL = container.SASLOptional
	case "required":
		opts.SASL = container.SASLRequired
	case "none":
		opts.SASL = container.SASLDisabled
	default:
		return opts, &OptionError{"sasl", fmt.Sprintf("%q is none of optional, required, none", o.SASL)}
	}
	if opts.Authenticator, err = o.authenticator(); err != nil {
		return opts, err
	}
	if opts.TLS, err = o.tls(); err != nil {
		return opts, err
	}
	if o.TLSOptional {
		opts.TLSUse = container.TLSOptional
	}
	return opts, nil
}

// authenticator returns what judges the clients, nil for nobody.
func (o Options) authenticator() (sasl.Authenticator, error) {
	if len(o.Users) == 0 {
		return nil, nil
	}
	if o.SASL == "none" {
		return nil, &OptionError{"user", "without a SASL layer nobody says who he is"}
	}
	passwords := make(map[string]string)
	for _, u := range o.Users {
		name, password, ok := strings.Cut(u, ":")
		if _, twice := passwords[name]; !ok || name == "" || twice {
			return nil, &OptionError{"user", "give NAME:PASSWORD, each name once"}
		}
		passwords[name] = password
	}
	users, err := sasl.NewUsers(passwords, nil)
	if err != nil {
		return nil, &OptionError{"user", err.Error()}
	}
	if o.TLSCA != "" {
		return sasl.AnyOf(sasl.Certificates(nil), users), nil
	}
	return users, nil
}

// tls returns the configuration of the TLS layer, nil for none.
func (o Options) tls() (*tls.Config, error) {
	if o.TLSCert == "" && o.TLSKey == "" {
		const reason = "it needs -tls-cert and -tls-key"
		switch {
		case o.TLSCA != "":
			return nil, &OptionError{"tls-ca", reason}
		case o.TLSOptional:
			return nil, &OptionError{"tls-optional", reason}
		}
		return nil, nil
	}
	cert, err := tls.LoadX509KeyPair(o.TLSCert, o.TLSKey)
	if err != nil {
		return nil, &OptionError{"tls-cert", err.Error()}
	}
	config := &tls.Config{Certificates: []tls.Certificate{cert}}
	if o.TLSCA == "" {
		return config, nil
	}
	pem, err := os.ReadFile(o.TLSCA)
	if err != nil {
		return nil, &OptionError{"tls-ca", err.Error()}
	}
	config.ClientCAs = x509.NewCertPool()
	if !config.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, &OptionError{"tls-ca", "no certificate in " + o.TLSCA}
	}
	config.ClientAuth = tls.RequireAndVerifyClientCert
	if len(o.Users) > 0 {
		config.ClientAuth = tls.VerifyClientCertIfGiven
	}
	return config, nil
}
