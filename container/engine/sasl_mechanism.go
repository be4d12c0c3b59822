package engine

import (
	"bytes"

	"github.com/collider-amqp/collider/container/wire"
)

// The mechanisms that the engine itself knows.
const (
	mechAnonymous wire.Symbol = "ANONYMOUS" // RFC 4505
	mechPlain     wire.Symbol = "PLAIN"     // RFC 4616
	mechExternal  wire.Symbol = "EXTERNAL"  // RFC 4422 appendix A
)

// ClientSASL is the client's part of the SASL layer (§5.3). The zero value offers ANONYMOUS.
//
// The client takes the first mechanism that the server offers, in this order: Mechanisms, EXTERNAL if External is
// set, PLAIN if User is set, ANONYMOUS if Allowed names it, or if Mechanisms is nil and neither User nor External is set.
// If the server offers none of them, the connection fails with a *SASLError.
type ClientSASL struct {
	// User and Password are the credentials for PLAIN. Default: no PLAIN.
	User, Password string
	// AuthorizationID is the identity to act as, for PLAIN and EXTERNAL. Default: the one the server derives.
	AuthorizationID string
	// External lets the client use EXTERNAL, for instance with a TLS client certificate. Default: false.
	External bool
	// Allowed restricts the choice to these mechanisms. Default: no restriction.
	Allowed []wire.Symbol
	// Mechanisms are further mechanisms, the most preferred first. Default: none. A slice that is empty but not nil
	// means none either, and rules ANONYMOUS out unless Allowed names it.
	Mechanisms []ClientMechanism

	_ struct{}
}

// ClientMechanism is one exchange of a SASL mechanism, client side, such as SCRAM. Its methods are called from within
// Connection.Receive. One that also has the method
//
//	User() string
//
// says by it which user it authenticates, for SASLStatus. More than 16 challenges fail the connection, as do those that
// exceed Config.MaxSASLFrameSize.
type ClientMechanism interface {
	// Name returns the mechanism's name, such as "SCRAM-SHA-256".
	Name() wire.Symbol
	// Start returns the initial response; nil for none. An error fails the connection.
	Start() (response []byte, err error)
	// Next returns the response to a challenge. An error fails the connection.
	Next(challenge []byte) (response []byte, err error)
	// Finish is told the additional data of the outcome "ok" (§5.3.3.6), nil for none. An error fails the
	// connection: the server has not proved itself.
	Finish(additional []byte) error
}

// ServerSASL is the server's part of the SASL layer (§5.3). The zero value offers ANONYMOUS and accepts it.
type ServerSASL struct {
	// Offered are the mechanisms that are offered besides Mechanisms, after them, and that Authenticate judges.
	// Default: ANONYMOUS if Mechanisms is nil, else none.
	Offered []wire.Symbol
	// Authenticate judges the initial response to a mechanism of Offered and returns the authenticated user. It is
	// called from within Connection.Receive and must not keep response. Default: ANONYMOUS is accepted, with user
	// "anonymous", and anything else refused with code auth.
	Authenticate func(mechanism wire.Symbol, response []byte) (user string, code wire.SASLCode)
	// Mechanisms are further mechanisms, such as SCRAM, in the order in which they are offered. Default: none. If it
	// is empty but not nil, and Offered is empty, nothing can be offered, and a client that begins a SASL layer is
	// sent away.
	Mechanisms []ServerMechanism
	// Optional accepts a client that begins with the AMQP header, without SASL, as an unauthenticated one. Default:
	// such a client is refused with the SASL header (§5.3.2).
	Optional bool

	_ struct{}
}

// ServerMechanism is a SASL mechanism with challenges, server side.
type ServerMechanism interface {
	// Name returns the mechanism's name, such as "SCRAM-SHA-256".
	Name() wire.Symbol
	// Begin returns a new exchange.
	Begin() ServerExchange
}

// ServerExchange is one exchange of a ServerMechanism. Its methods are called from within Connection.Receive.
type ServerExchange interface {
	// Next is given the initial response (nil if the client sent none), then each further response. It returns the
	// next step of the exchange, whose challenges are at most 16.
	Next(response []byte) SASLStep
}

// SASLStep is what a ServerExchange wants to do next.
type SASLStep struct {
	// Done ends the exchange with the outcome Code; otherwise Data is sent as a challenge.
	Done bool
	// Code is the outcome (§5.3.3.7).
	Code wire.SASLCode
	// User is the authenticated user, for the outcome ok.
	User string
	// Data is the challenge, or the outcome's additional data. It is copied.
	Data []byte

	_ struct{}
}

// SASLStatus tells how the SASL layer of a connection stands.
type SASLStatus struct {
	// Done is whether the outcome is known.
	Done bool
	// Code is the outcome (§5.3.3.7), if Done.
	Code wire.SASLCode
	// Mechanism is the mechanism in use; empty before it is chosen, and without a SASL layer.
	Mechanism wire.Symbol
	// User is the authenticated user on a server, and on a client the user that its mechanism authenticates, if any.
	User string

	_ struct{}
}

// ParsePlain splits the initial response of the PLAIN mechanism, authzid NUL authcid NUL passwd (RFC 4616). ok is
// false if the response is malformed: not exactly two NULs, or an empty authcid.
func ParsePlain(response []byte) (authzid, authcid, password string, ok bool) {
	parts := bytes.Split(response, []byte{0})
	if len(parts) != 3 || len(parts[1]) == 0 {
		return "", "", "", false
	}
	return string(parts[0]), string(parts[1]), string(parts[2]), true
}
