// Package serve puts a node of the scenarios on a real socket, so that any AMQP
// 1.0 client can attach to the very code that the simulator tests.
package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/engine"
	"github.com/collider-amqp/collider/container/record"
	"github.com/collider-amqp/collider/container/wire"
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
	// SASL is "optional" (also if empty), "required" or "none".
	SASL string
	// User, as NAME:PASSWORD, offers PLAIN and admits that user; ANONYMOUS is
	// then refused. Empty means that ANONYMOUS is offered and nobody refused.
	User string
	// TLSCert and TLSKey are files in PEM form. Both or neither must be set.
	TLSCert, TLSKey string

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
	transport, err := o.transport()
	if err != nil {
		return err
	}
	opts, err := o.connectionOptions()
	if err != nil {
		return err
	}
	c := record.New(nil, "collider-"+o.Kind, nil, container.Options{Transport: transport, ServerConnection: opts})
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
func (o Options) connectionOptions() (container.ConnectionOptions, error) {
	opts := container.ConnectionOptions{MaxFrameSize: o.MaxFrame}
	switch o.SASL {
	case "", "optional":
	case "required":
		opts.SASL = container.SASLRequired
	case "none":
		opts.SASL = container.SASLDisabled
	default:
		return opts, &OptionError{"sasl", fmt.Sprintf("%q is none of optional, required, none", o.SASL)}
	}
	if o.User == "" {
		return opts, nil
	}
	user, password, ok := strings.Cut(o.User, ":")
	if !ok || user == "" {
		return opts, &OptionError{"user", "give NAME:PASSWORD"}
	}
	opts.Mechanisms = []container.Symbol{"PLAIN"}
	opts.Authenticate = func(_ container.Symbol, response []byte) (string, wire.SASLCode) {
		_, name, pass, ok := engine.ParsePlain(response)
		if !ok || name != user || pass != password {
			return "", wire.SASLCodeAuth
		}
		return name, wire.SASLCodeOK
	}
	return opts, nil
}

// transport returns TCP, with TLS above it if there is a certificate.
func (o Options) transport() (container.Transport, error) {
	if o.TLSCert == "" && o.TLSKey == "" {
		return container.TCP{}, nil
	}
	cert, err := tls.LoadX509KeyPair(o.TLSCert, o.TLSKey)
	if err != nil {
		return nil, &OptionError{"tls-cert", err.Error()}
	}
	return tlsTransport{config: &tls.Config{Certificates: []tls.Certificate{cert}}}, nil
}

// tlsTransport listens with TLS. The handshake is made by the container's I/O
// threads.
type tlsTransport struct {
	container.TCP
	config *tls.Config
}

// Listen implements container.Transport.
func (t tlsTransport) Listen(network, address string) (net.Listener, error) {
	l, err := net.Listen(network, address)
	if err != nil {
		return nil, err
	}
	return tls.NewListener(l, t.config), nil
}
