package sasl

import (
	"errors"
	"strings"

	"github.com/collider-amqp/collider/container/engine"
	"github.com/collider-amqp/collider/container/wire"
)

// client is a client's mechanism whose first message is all that it has to say.
type client struct {
	name wire.Symbol
	user string
	// start makes the initial response.
	start func() ([]byte, error)
	// next answers a challenge. Nil: there must be none.
	next func(challenge []byte) ([]byte, error)
}

func (c *client) Name() wire.Symbol      { return c.name }
func (c *client) User() string           { return c.user }
func (c *client) Start() ([]byte, error) { return c.start() }
func (c *client) Finish([]byte) error    { return nil }
func (c *client) Next(challenge []byte) ([]byte, error) {
	if c.next == nil {
		return nil, errors.New("the mechanism knows no challenge")
	}
	return c.next(challenge)
}

// AnonymousClient returns the client side of ANONYMOUS. trace is shown to the
// server's administrator, perhaps; it proves nothing.
func AnonymousClient(trace string) engine.ClientMechanism {
	return &client{name: Anonymous, start: func() ([]byte, error) { return []byte(trace), nil }}
}

// ExternalClient returns the client side of EXTERNAL: the server is to know the
// client by other means, such as its TLS certificate. authzid is the identity to
// act as; empty means the one that the server derives.
func ExternalClient(authzid string) engine.ClientMechanism {
	return &client{name: External, start: func() ([]byte, error) { return []byte(authzid), nil }}
}

// PlainClient returns the client side of PLAIN, which shows the password to the
// server. authzid is the identity to act as; empty means the user's own.
func PlainClient(authzid, user, password string) engine.ClientMechanism {
	return &client{name: Plain, user: user, start: func() ([]byte, error) {
		if strings.ContainsRune(authzid+user+password, 0) {
			return nil, errors.New("a NUL in user or password")
		}
		return []byte(authzid + "\x00" + user + "\x00" + password), nil
	}}
}

// XOAUTH2Client returns the client side of XOAUTH2, which shows the bearer token
// to the server. A token longer than about 450 octets needs a larger SASL frame
// than the 512 octets of §5.3.1.
func XOAUTH2Client(user, token string) engine.ClientMechanism {
	return &client{
		name: XOAUTH2, user: user,
		start: func() ([]byte, error) {
			if strings.ContainsRune(user+token, 1) {
				return nil, errors.New("a control character in user or token")
			}
			return []byte("user=" + user + "\x01auth=Bearer " + token + "\x01\x01"), nil
		},
		// A challenge says why the token was refused; the server waits for an
		// answer before it sends the outcome.
		next: func([]byte) ([]byte, error) { return nil, nil },
	}
}

// Refused returns a mechanism that fails with err when it is chosen. It stands in
// for one that must not be used, so that the failure has a reason.
func Refused(name wire.Symbol, err error) engine.ClientMechanism {
	return &client{name: name, start: func() ([]byte, error) { return nil, err }}
}
