package sasl

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"math/rand/v2"

	"github.com/collider-amqp/collider/container/engine"
	"github.com/collider-amqp/collider/container/wire"
)

// The names of the mechanisms.
const (
	Anonymous   wire.Symbol = "ANONYMOUS"     // RFC 4505
	Plain       wire.Symbol = "PLAIN"         // RFC 4616
	External    wire.Symbol = "EXTERNAL"      // RFC 4422 appendix A
	SCRAMSHA256 wire.Symbol = "SCRAM-SHA-256" // RFC 7677
	SCRAMSHA512 wire.Symbol = "SCRAM-SHA-512" // RFC 5802 with SHA-512
	XOAUTH2     wire.Symbol = "XOAUTH2"       // a bearer token, as mail services introduced it
)

// Discloses reports whether a mechanism shows the password or token to whoever
// can read the octets, so that it needs TLS.
func Discloses(mechanism wire.Symbol) bool {
	switch mechanism {
	case Plain, XOAUTH2, "LOGIN", "OAUTHBEARER":
		return true
	}
	return false
}

// Authenticator says which mechanisms a server offers to a client, and so who
// may connect and how. It is asked once for each connection, when the client has
// been connected and the TLS layer, if there is one, is complete.
//
// It is called on threads inside Run, for different connections concurrently,
// and so are the mechanisms that it returns. Like a callback, it must not block:
// it would hold a thread. A server that has to ask somebody else keeps the
// answers at hand, or lends Run more threads.
type Authenticator interface {
	// Mechanisms returns what the peer may choose from, the most preferred
	// first. An empty result refuses the peer. What the options of the
	// connection do not permit is left out afterwards.
	Mechanisms(p *Peer) []engine.ServerMechanism
}

// AuthenticatorFunc is a function as an Authenticator.
type AuthenticatorFunc func(p *Peer) []engine.ServerMechanism

// Mechanisms calls f.
func (f AuthenticatorFunc) Mechanisms(p *Peer) []engine.ServerMechanism { return f(p) }

// AnyOf returns an Authenticator that offers what each of the others offers, in
// that order. Of mechanisms with the same name the first counts.
func AnyOf(others ...Authenticator) Authenticator {
	return AuthenticatorFunc(func(p *Peer) []engine.ServerMechanism {
		var all []engine.ServerMechanism
		seen := make(map[wire.Symbol]bool)
		for _, a := range others {
			for _, m := range a.Mechanisms(p) {
				if !seen[m.Name()] {
					seen[m.Name()] = true
					all = append(all, m)
				}
			}
		}
		return all
	})
}

// Anyone returns an Authenticator that offers ANONYMOUS and admits everybody,
// as the user "anonymous".
func Anyone() Authenticator {
	return AuthenticatorFunc(func(*Peer) []engine.ServerMechanism {
		return []engine.ServerMechanism{AnonymousServer()}
	})
}

// Certificates returns an Authenticator that offers EXTERNAL to clients whose
// TLS certificate was verified, and asks user whom it belongs to. A nil user
// admits every such client under the distinguished name of its certificate's
// subject (RFC 2253). The server's tls.Config must ask for certificates.
func Certificates(user func(*x509.Certificate) (name string, ok bool)) Authenticator {
	if user == nil {
		user = func(c *x509.Certificate) (string, bool) { return c.Subject.String(), true }
	}
	return AuthenticatorFunc(func(p *Peer) []engine.ServerMechanism {
		cert := p.Certificate()
		if cert == nil {
			return nil
		}
		return []engine.ServerMechanism{ExternalServer(func() (string, bool) { return user(cert) })}
	})
}

// Tokens returns an Authenticator that offers XOAUTH2 and asks check whether a
// bearer token is that of the user. The token comes from the client as it is;
// its signature and its time are check's business.
func Tokens(check func(user, token string) bool) Authenticator {
	return AuthenticatorFunc(func(*Peer) []engine.ServerMechanism {
		return []engine.ServerMechanism{XOAUTH2Server(check)}
	})
}

// Peer is what a server knows of a client before the SASL layer.
type Peer struct {
	// TLS is the state of the TLS layer, nil without one. It must not be
	// changed.
	TLS *tls.ConnectionState
	// Nonce returns a new nonce for SCRAM: at least 18 random octets in
	// printable ASCII without a comma. It is called on the connection's thread.
	Nonce func() string

	_ struct{}
}

// Certificate returns the client's certificate if the TLS layer has verified it,
// else nil.
func (p *Peer) Certificate() *x509.Certificate {
	if p.TLS == nil || len(p.TLS.VerifiedChains) == 0 || len(p.TLS.VerifiedChains[0]) == 0 {
		return nil
	}
	return p.TLS.VerifiedChains[0][0]
}

// NonceFrom returns a nonce of 24 octets from src, in base64.
func NonceFrom(src rand.Source) string {
	return base64.StdEncoding.EncodeToString(randomOctets(src, 24))
}

// randomOctets returns n octets from src.
func randomOctets(src rand.Source, n int) []byte {
	var b []byte
	for len(b) < n {
		b = binary.LittleEndian.AppendUint64(b, src.Uint64())
	}
	return b[:n]
}
