package container

import (
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"slices"

	"github.com/collider-amqp/collider/container/engine"
	"github.com/collider-amqp/collider/container/sasl"
)

// identity is what a connection's SASL layer is made of, once it is known
// whether there is a TLS layer below.
type identity struct {
	user, password, token string
	certificate           bool // a client's TLS layer has one to show
	allowed               []Symbol
	insecure              bool
	authenticator         sasl.Authenticator
}

// identity returns nil if there is nothing to know, as on most connections.
func (o ConnectionOptions) identity() *identity {
	if o.User == "" && o.Token == "" && o.TLS == nil && o.Mechanisms == nil && o.Authenticator == nil {
		return nil
	}
	return &identity{
		user: o.User, password: o.Password, token: o.Token,
		certificate:   o.TLS != nil && (len(o.TLS.Certificates) > 0 || o.TLS.GetClientCertificate != nil),
		allowed:       o.Mechanisms,
		insecure:      o.AllowInsecure,
		authenticator: o.Authenticator,
	}
}

// secured settles what lies below the SASL layer, before the first octet of it
// is read: a TLS layer, or nil for none.
func (c *Connection) secured(state *tls.ConnectionState) {
	c.tls = state
	id := c.identity
	if id == nil {
		if state == nil {
			return // the engine's own choice is ANONYMOUS
		}
		id = &identity{}
	}
	cfg := c.eng.Config()
	if cfg.ClientSASL != nil {
		cfg.ClientSASL.Mechanisms = id.client(state != nil, c.nonce)
	}
	if cfg.ServerSASL != nil {
		cfg.ServerSASL.Mechanisms = id.server(&sasl.Peer{TLS: state, Nonce: c.nonce})
	}
}

// nonce returns a random number for SCRAM. It is asked for only when it is
// needed, so that no entropy is drawn in vain.
func (c *Connection) nonce() string {
	const purpose = "sasl-nonce"
	if c.container != nil {
		return sasl.NonceFrom(c.container.env.Entropy(purpose))
	}
	if c.entropy == nil {
		c.entropy = productionEnv{}.Entropy(purpose)
	}
	return sasl.NonceFrom(c.entropy)
}

var errInsecure = errors.New("it would show password or token to whoever listens: it needs TLS, or AllowInsecure")

// client returns the mechanisms that a client may use, the most preferred first:
// those by which it says who it is, strong before weak, and then ANONYMOUS, if it
// does not or if that is allowed by name. Those that would disclose a secret stay
// at the end, to say so if the server has nothing better.
func (id *identity) client(secure bool, nonce func() string) []engine.ClientMechanism {
	known := id.user != "" || id.token != ""
	var ms []engine.ClientMechanism
	if id.certificate && !known || id.names(sasl.External) {
		ms = append(ms, sasl.ExternalClient(""))
	}
	if id.user != "" && (id.password != "" || id.token == "") {
		ms = append(ms,
			sasl.SCRAMClient(sasl.SCRAMSHA512, "", id.user, id.password, nonce),
			sasl.SCRAMClient(sasl.SCRAMSHA256, "", id.user, id.password, nonce))
	}
	if id.token != "" {
		ms = append(ms, sasl.XOAUTH2Client(id.user, id.token))
	}
	if id.user != "" && (id.password != "" || id.token == "") {
		ms = append(ms, sasl.PlainClient("", id.user, id.password))
	}
	if !known || id.names(sasl.Anonymous) {
		ms = append(ms, sasl.AnonymousClient("anonymous"))
	}
	fit := make([]engine.ClientMechanism, 0, len(ms)) // not nil: the engine's own choice is ruled out
	var refused []engine.ClientMechanism
	for _, m := range ms {
		if secure || id.insecure || !sasl.Discloses(m.Name()) {
			fit = append(fit, m)
		} else {
			refused = append(refused, sasl.Refused(m.Name(), errInsecure))
		}
	}
	return append(fit, refused...)
}

// names reports whether a mechanism is allowed by name.
func (id *identity) names(mechanism Symbol) bool { return slices.Contains(id.allowed, mechanism) }

// server returns the mechanisms that a server offers: what the Authenticator
// does, as far as it is allowed. Without one that is ANONYMOUS, and EXTERNAL if
// the TLS layer has verified a certificate.
func (id *identity) server(p *sasl.Peer) []engine.ServerMechanism {
	a := id.authenticator
	if a == nil {
		a = admitAll
	}
	fit := []engine.ServerMechanism{} // not nil: the engine's own choice is ruled out
	for _, m := range a.Mechanisms(p) {
		name := m.Name()
		if len(id.allowed) > 0 && !id.names(name) {
			continue
		}
		if p.TLS != nil || id.insecure || !sasl.Discloses(name) {
			fit = append(fit, m)
		}
	}
	return fit
}

var admitAll = sasl.AnyOf(sasl.Certificates(nil), sasl.Anyone())

// TLS returns the state of the TLS layer (§5.2): version, cipher suite, the
// peer's certificates, ALPN's protocol, whether the session was resumed. It is
// nil without such a layer, and before OnTransportOpen perhaps. It must not be
// changed.
func (c *Connection) TLS() *tls.ConnectionState { return c.tls }

// RemoteSubject returns the distinguished name (RFC 2253) of the subject of the
// peer's TLS certificate, empty if it has shown none. It is to be trusted as far
// as the certificate was verified: see ConnectionOptions.TLS.
func (c *Connection) RemoteSubject() string {
	if c.tls == nil || len(c.tls.PeerCertificates) == 0 {
		return ""
	}
	return c.tls.PeerCertificates[0].Subject.String()
}

// SASL returns how the SASL layer (§5.3) stands: mechanism, outcome and user.
func (c *Connection) SASL() engine.SASLStatus { return c.eng.SASL() }

// Secured tells a Driver that the stream has a TLS layer, which is its owner's
// business: SASL mechanisms that show a password are then permitted, and
// Connection.TLS returns the state. It must be called before the first Receive.
func (d *Driver) Secured(state tls.ConnectionState) { d.conn.secured(&state) }

// UseEntropy sets the source of a Driver's random numbers, the nonces of SCRAM.
// It must be called before the first Receive. The default is the operating
// system.
func (d *Driver) UseEntropy(src rand.Source) { d.conn.entropy = src }
