package container

import (
	"context"
	"net"
)

// Transport is the second of the container's two seams: it makes byte streams.
// Both methods may be called from any thread.
//
// A connection that also has the method
//
//	TryWrite(p []byte) (n int, err error)
//
// that writes what can be written without blocking (n < len(p) with a nil error
// says that the stream is full at present) saves the container a writer thread for
// as long as the peer keeps up.
type Transport interface {
	// Dial opens a stream to address, as net.Dialer.DialContext does. It
	// returns soon after ctx ends.
	Dial(ctx context.Context, network, address string) (net.Conn, error)

	// Listen binds address, as net.Listen does.
	Listen(network, address string) (net.Listener, error)
}

// tryWriter is the optional method of a Transport's connections.
type tryWriter interface {
	TryWrite(p []byte) (n int, err error)
}

// TCP is the production Transport: plain sockets of package net, any network
// that net.Dial knows. It is what a nil Options.Transport means.
type TCP struct {
	// KeepAlive configures TCP keep-alive probes. The zero value leaves the
	// defaults of package net.
	KeepAlive net.KeepAliveConfig

	_ struct{}
}

// Dial implements Transport.
func (t TCP) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{KeepAliveConfig: t.KeepAlive}
	nc, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return withTryWrite(nc), nil
}

// Listen implements Transport.
func (t TCP) Listen(network, address string) (net.Listener, error) {
	lc := net.ListenConfig{KeepAliveConfig: t.KeepAlive}
	l, err := lc.Listen(context.Background(), network, address)
	if err != nil {
		return nil, err
	}
	return tcpListener{l}, nil
}

// tcpListener gives its connections the optional non-blocking write.
type tcpListener struct{ net.Listener }

func (l tcpListener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return withTryWrite(nc), nil
}
