package conformance

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/collider-amqp/collider/conformance/peer"
	"github.com/collider-amqp/collider/container/wire"
)

// Target is the implementation under test, reached over the network.
type Target struct {
	// Name stands for the target in reports, such as its address.
	Name string
	// Dial opens a new connection to it.
	Dial func(context.Context) (net.Conn, error)
	// Security says how connections pass the security layer.
	Security Security
	// Credentials are used where the target wants SASL. Default: ANONYMOUS.
	Credentials peer.Credentials

	_ struct{}
}

// Security chooses between connections with and without a SASL layer.
type Security string

// The choices.
const (
	// SecurityAuto uses no SASL layer if the target accepts that, else the Credentials.
	SecurityAuto Security = "auto"
	// SecurityNone uses no SASL layer.
	SecurityNone Security = "none"
	// SecuritySASL passes a SASL layer on every connection.
	SecuritySASL Security = "sasl"
)

// TCP returns the target at an address of the form host:port.
func TCP(address string) Target {
	return Target{
		Name: address,
		Dial: func(ctx context.Context) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "tcp", address)
		},
		Security: SecurityAuto,
	}
}

// Anonymous are the credentials of SASL ANONYMOUS.
func Anonymous() peer.Credentials {
	return peer.Credentials{Mechanism: "ANONYMOUS", Response: []byte(peer.ContainerID)}
}

// Plain are the credentials of SASL PLAIN (RFC 4616).
func Plain(user, password string) peer.Credentials {
	return peer.Credentials{Mechanism: "PLAIN", Response: []byte("\x00" + user + "\x00" + password)}
}

// UnreachableError reports that no connection to the target can be used.
type UnreachableError struct {
	// Name is the target's.
	Name string
	// Err is the cause.
	Err error
}

// Error names the target, the cause and what to do.
func (e *UnreachableError) Error() string {
	hint := "name the address of an AMQP 1.0 server"
	switch {
	case errors.Is(e.Err, syscall.ECONNREFUSED):
		hint = "nothing listens there: start the server first, or name another address"
	case errors.Is(e.Err, errNoOpen):
		hint = "something listens there but opens no AMQP 1.0 connection: check the port, or choose with -sasl, -user and -password how to authenticate"
	}
	return fmt.Sprintf("cannot use %s: %v; %s", e.Name, e.Err, hint)
}

// Unwrap returns the cause.
func (e *UnreachableError) Unwrap() error { return e.Err }

// errNoOpen marks a target that accepts connections but does not get as far as open.
var errNoOpen = errors.New("no open")

// layer passes the security layer, up to the point where the AMQP header is next.
func (t *Target) layer(c *peer.Conn, sasl bool) error {
	if !sasl {
		return nil
	}
	return c.SASL(t.Credentials)
}

// open passes security layer and AMQP header and opens the connection.
func (t *Target) open(c *peer.Conn, sasl bool, overrides peer.Fields) error {
	if err := t.headers(c, sasl); err != nil {
		return err
	}
	_, err := c.Open(overrides)
	return err
}

// headers passes the security layer and exchanges the AMQP header.
func (t *Target) headers(c *peer.Conn, sasl bool) error {
	if err := t.layer(c, sasl); err != nil {
		return err
	}
	h, err := c.Header(wire.HeaderAMQP)
	if err == nil && h != wire.HeaderAMQP {
		err = fmt.Errorf("the AMQP header is answered with %s", h)
	}
	return err
}
