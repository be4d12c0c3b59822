package container

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"

	"github.com/collider-amqp/collider/container/engine"
	"github.com/collider-amqp/collider/container/wire"
)

// TLSUse says whether and how a connection has a TLS layer (§5.2). Whatever it
// is, a stream that a Transport has made secure itself is left as it is.
type TLSUse uint8

const (
	// TLSDefault: a client with ConnectionOptions.TLS, or with an amqps address,
	// begins with the handshake (§5.2.1), and a server with TLS, or on an amqps
	// address, serves clients that do, and those that begin with the TLS protocol
	// header (§5.2), on the same port; all others are sent away with that header
	// (§2.2).
	TLSDefault TLSUse = iota
	// TLSByHeader: a client sends the TLS protocol header and begins the
	// handshake once the server has answered with the same (§5.2). A server does
	// as with TLSDefault, but refuses clients that begin with the handshake.
	TLSByHeader
	// TLSOptional: a server serves clients without TLS, too, on the same port. A
	// client does as with TLSDefault: it never goes on without.
	TLSOptional
	// TLSDisabled: no TLS layer, although options below or the container's say
	// so. Connect refuses an amqps address; a listener on one requires TLS all the
	// same.
	TLSDisabled
)

// TLSError is a TLS layer (§5.2) that could not be made, or that failed. It is
// wrapped in the *engine.DisconnectError of Connection.TransportError.
type TLSError struct {
	// Server is whether this is the server's side.
	Server bool
	// Err is the reason, as package crypto/tls gave it: a
	// *tls.CertificateVerificationError for a certificate that the peer shows and
	// that is not to be trusted, a *net.OpError for an alert, which is how the
	// peer says why it refuses ours.
	Err error
}

// Error returns one line with the side and the reason.
func (e *TLSError) Error() string {
	if e.Server {
		return "TLS as server: " + e.Err.Error()
	}
	return "TLS as client: " + e.Err.Error()
}

// Unwrap returns Err.
func (e *TLSError) Unwrap() error { return e.Err }

// Condition returns amqp:connection:framing-error, as Proton's does.
func (e *TLSError) Condition() wire.Symbol { return wire.ConditionConnectionFramingError }

// tlsLayer is how one side begins the TLS layer. A nil one has none.
type tlsLayer struct {
	config *tls.Config
	use    TLSUse
	server bool
}

// clientTLS returns the layer of a client.
func (o ConnectionOptions) clientTLS(a address) *tlsLayer {
	if o.TLSUse == TLSDisabled || o.TLS == nil && !a.secure() && o.TLSUse != TLSByHeader {
		return nil
	}
	config := o.TLS.Clone() // of nil: nil
	if config == nil {
		config = &tls.Config{}
	}
	if config.ServerName == "" {
		config.ServerName = o.VirtualHost // §5.2: SNI and the hostname of the open agree
	}
	return &tlsLayer{config: config, use: o.TLSUse}
}

// serverTLS returns the layer of an accepted connection. secure is whether the
// listener's address is amqps.
func (o ConnectionOptions) serverTLS(secure bool) *tlsLayer {
	if o.TLSUse == TLSDisabled && !secure || o.TLS == nil && !secure {
		return nil
	}
	config := o.TLS
	if config == nil {
		config = &tls.Config{} // without certificate: the handshake says so
	}
	return &tlsLayer{config: config, use: o.TLSUse, server: true}
}

// begin makes the layer on nc, on an I/O thread, before anything else reads or
// writes. It returns once ctx has ended, at the latest. If it fails, nc is
// closed.
func (l *tlsLayer) begin(ctx context.Context, env Env, nc net.Conn) (net.Conn, error) {
	made, _ := nc.(*tls.Conn) // a Transport may leave the handshake to us
	if l == nil && made == nil || tlsState(nc) != nil {
		return nc, nil
	}
	if env.Self() != nil {
		// The inner threads and locks of package crypto/tls are not the Env's.
		nc.Close()
		return nil, &TLSError{Server: l != nil && l.server, Err: errNoTLSHere}
	}
	stop, err := env.OnDone(ctx, func() { nc.Close() })
	if err != nil {
		nc.Close()
		return nil, err
	}
	defer stop()
	var secure net.Conn = made
	if made != nil {
		err = made.HandshakeContext(ctx)
	} else if l.server {
		secure, err = l.accept(ctx, nc)
	} else {
		secure, err = l.connect(ctx, nc)
	}
	if err == nil {
		return secure, nil
	}
	nc.Close()
	var header *engine.HeaderError
	if errors.As(err, &header) {
		return nil, err
	}
	return nil, &TLSError{Server: l != nil && l.server, Err: err}
}

var errNoTLSHere = errors.New("a simulation has no TLS layer; leave it out, or let the Transport stand for it")

// connect is begin of a client.
func (l *tlsLayer) connect(ctx context.Context, nc net.Conn) (net.Conn, error) {
	if l.use == TLSByHeader {
		if _, err := nc.Write(wire.HeaderTLS.Append(nil)); err != nil {
			return nil, err
		}
		var answer [wire.ProtocolHeaderSize]byte
		n, err := io.ReadFull(nc, answer[:])
		if err != nil && n == 0 {
			return nil, err
		}
		if !bytes.Equal(answer[:], wire.HeaderTLS.Append(nil)) {
			return nil, &engine.HeaderError{Received: answer[:n], Reason: "the server does not speak TLS"}
		}
	}
	c := tls.Client(nc, l.config)
	return c, c.HandshakeContext(ctx)
}

// recordHandshake is the first octet of a TLS handshake (RFC 8446 §5.1).
const recordHandshake = 22

// accept is begin of a server: the first octets say what the client wants.
func (l *tlsLayer) accept(ctx context.Context, nc net.Conn) (net.Conn, error) {
	var start [wire.ProtocolHeaderSize]byte
	if _, err := io.ReadFull(nc, start[:1]); err != nil {
		return nil, err
	}
	got, direct := start[:1], start[0] == recordHandshake
	if start[0] == 'A' {
		n, err := io.ReadFull(nc, start[1:])
		if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
			return nil, err
		}
		got = start[:1+n]
	}
	switch {
	case bytes.Equal(got, wire.HeaderTLS.Append(nil)):
		if _, err := nc.Write(got); err != nil {
			return nil, err
		}
		c := tls.Server(nc, l.config)
		return c, c.HandshakeContext(ctx)
	case direct && l.use != TLSByHeader:
		c := tls.Server(&prefixed{Conn: nc, prefix: got}, l.config)
		return c, c.HandshakeContext(ctx)
	case l.use == TLSOptional:
		return &prefixed{Conn: nc, prefix: got}, nil
	}
	l.refuse(nc)
	return nil, &engine.HeaderError{Received: got, Reason: "the client must begin with TLS"}
}

// refuse answers a client that does not begin with TLS by the header that it
// should have sent, and the end of the stream (§2.2). What the client has sent
// is read, or its socket might throw the answer away.
func (l *tlsLayer) refuse(nc net.Conn) {
	const most = 64 << 10
	if _, err := nc.Write(wire.HeaderTLS.Append(nil)); err != nil {
		return
	}
	if hc, ok := nc.(halfCloser); ok && hc.CloseWrite() == nil {
		io.CopyN(io.Discard, nc, most)
	}
}

// prefixed is a stream whose first octets have been read already.
type prefixed struct {
	net.Conn
	prefix []byte
}

// Read returns the prefix, then what the stream gives.
func (p *prefixed) Read(b []byte) (int, error) {
	if len(p.prefix) == 0 {
		return p.Conn.Read(b)
	}
	n := copy(b, p.prefix)
	p.prefix = p.prefix[n:]
	return n, nil
}

// secureStream is what a stream with a TLS layer has: a *tls.Conn, or that of a
// Transport with a TLS layer of its own.
type secureStream interface{ ConnectionState() tls.ConnectionState }

// tlsState returns the state of the TLS layer of nc, nil if it has none. A
// Transport's own streams are asked, too.
func tlsState(nc net.Conn) *tls.ConnectionState {
	c, ok := nc.(secureStream)
	if !ok {
		return nil
	}
	state := c.ConnectionState()
	if !state.HandshakeComplete {
		return nil
	}
	return &state
}

// tlsFailure makes a *TLSError of what a read or write of a secure stream
// returned, if it comes from the layer and not from the network below: an alert
// of the peer, which may come after the handshake, or a record that is broken.
func tlsFailure(server bool, err error) error {
	var op *net.OpError
	var record tls.RecordHeaderError
	if errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error") || errors.As(err, &record) {
		return &TLSError{Server: server, Err: err}
	}
	return err
}
