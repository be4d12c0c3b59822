package sasl

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/xdg-go/scram"

	"github.com/collider-amqp/collider/container/engine"
	"github.com/collider-amqp/collider/container/wire"
)

// The iterations of the hash that a SCRAM client agrees to.
const (
	// MinIterations is what RFC 7677 §4 wants at least: a server that asks for
	// fewer makes an eavesdropper's guesses cheap.
	MinIterations = 4096
	// MaxIterations bounds the work that a server can make its client do: some
	// tenths of a second.
	MaxIterations = 1_000_000
)

// hashOf returns the hash of a SCRAM mechanism. It panics for any other name.
func hashOf(mechanism wire.Symbol) scram.HashGeneratorFcn {
	switch mechanism {
	case SCRAMSHA256:
		return scram.SHA256
	case SCRAMSHA512:
		return scram.SHA512
	}
	panic("sasl: " + string(mechanism) + " is neither " + string(SCRAMSHA256) + " nor " + string(SCRAMSHA512))
}

// scramClient is one exchange of a SCRAM client (RFC 5802 §5).
type scramClient struct {
	name                    wire.Symbol
	authzid, user, password string
	nonce                   func() string
	conv                    *scram.ClientConversation
	proved                  bool // client-final, which holds the proof, was sent
}

// SCRAMClient returns the client side of one exchange of the mechanism
// SCRAMSHA256 or SCRAMSHA512; it panics for others. authzid is the identity to
// act as; empty means the user's own. nonce is as in Peer.
//
// The exchange fails unless the server proves that it knows the password, too:
// by the outcome's additional data (§5.3.3.6), or by a last challenge.
func SCRAMClient(mechanism wire.Symbol, authzid, user, password string, nonce func() string) engine.ClientMechanism {
	hashOf(mechanism)
	return &scramClient{name: mechanism, authzid: authzid, user: user, password: password, nonce: nonce}
}

func (c *scramClient) Name() wire.Symbol { return c.name }
func (c *scramClient) User() string      { return c.user }

// Start returns client-first.
func (c *scramClient) Start() ([]byte, error) {
	cl, err := hashOf(c.name).NewClient(c.user, c.password, c.authzid)
	if err != nil {
		return nil, errors.New("user or password holds characters that SASLprep (RFC 4013) prohibits")
	}
	c.conv = cl.WithNonceGenerator(c.nonce).WithMinIterations(MinIterations).NewConversation()
	first, err := c.conv.Step("")
	return []byte(first), err
}

// Next answers server-first with client-final, and server-final with nothing.
func (c *scramClient) Next(challenge []byte) ([]byte, error) {
	if c.proved {
		return nil, c.verify(challenge)
	}
	if err := checkIterations(string(challenge)); err != nil {
		return nil, err
	}
	final, err := c.conv.Step(string(challenge))
	c.proved = err == nil
	return []byte(final), err
}

// Finish checks that the server has proved itself.
func (c *scramClient) Finish(additional []byte) error {
	switch {
	case !c.proved:
		return errors.New("the outcome came before the exchange was complete")
	case c.conv.Valid():
		return nil // by a last challenge
	}
	return c.verify(additional)
}

// verify checks server-final.
func (c *scramClient) verify(final []byte) error {
	if len(final) == 0 {
		return errors.New("the server's signature is missing")
	}
	_, err := c.conv.Step(string(final))
	return err
}

// checkIterations refuses a server-first that asks for too much work.
func checkIterations(first string) error {
	for field := range strings.SplitSeq(first, ",") {
		if count, ok := strings.CutPrefix(field, "i="); ok {
			if n, err := strconv.Atoi(count); err != nil || n > MaxIterations {
				return fmt.Errorf("the server asks for more than %d iterations", MaxIterations)
			}
		}
	}
	return nil
}

// Credentials are what a SCRAM server keeps of a password: enough to check it,
// not enough to use it elsewhere (RFC 5802 §3).
type Credentials struct {
	// User is the name to know the user by. Empty means the one that the client
	// sent.
	User string
	// Salt and Iterations tell the client how to derive the keys.
	Salt       []byte
	Iterations int
	// StoredKey checks the client's proof, ServerKey makes the server's.
	StoredKey, ServerKey []byte
}

// Derive returns the Credentials of a password for the mechanism SCRAMSHA256 or
// SCRAMSHA512; it panics for others. It fails if SASLprep (RFC 4013) prohibits
// a character of user or password, or if iterations is not between MinIterations
// and MaxIterations.
func Derive(mechanism wire.Symbol, user, password string, salt []byte, iterations int) (Credentials, error) {
	if iterations < MinIterations || iterations > MaxIterations {
		return Credentials{}, fmt.Errorf("sasl: %d iterations: want %d to %d", iterations, MinIterations, MaxIterations)
	}
	cl, err := hashOf(mechanism).NewClient(user, password, "")
	if err != nil {
		return Credentials{}, errors.New("sasl: user or password holds characters that SASLprep (RFC 4013) prohibits")
	}
	stored, err := cl.GetStoredCredentialsWithError(scram.KeyFactors{Salt: string(salt), Iters: iterations})
	if err != nil {
		return Credentials{}, fmt.Errorf("sasl: %w", err)
	}
	return Credentials{Salt: salt, Iterations: iterations, StoredKey: stored.StoredKey, ServerKey: stored.ServerKey}, nil
}

// scramServer is a SCRAM mechanism, server side.
type scramServer struct {
	name   wire.Symbol
	nonce  func() string
	lookup func(user string) (Credentials, bool)
}

// SCRAMServer returns the server side of the mechanism SCRAMSHA256 or
// SCRAMSHA512; it panics for others. lookup returns a user's Credentials for
// that mechanism; to keep secret which users exist, it returns made-up ones for
// those who do not, always the same for the same name. nonce is as in Peer. The
// server's proof goes into the outcome's additional data (§5.3.3.6). A client
// that asks to act as somebody else is refused.
func SCRAMServer(mechanism wire.Symbol, nonce func() string, lookup func(user string) (Credentials, bool)) engine.ServerMechanism {
	hashOf(mechanism)
	return &scramServer{name: mechanism, nonce: nonce, lookup: lookup}
}

func (s *scramServer) Name() wire.Symbol { return s.name }

// Begin returns a new exchange.
func (s *scramServer) Begin() engine.ServerExchange {
	x := &scramExchange{}
	sv, err := hashOf(s.name).NewServer(func(user string) (scram.StoredCredentials, error) {
		c, ok := s.lookup(user)
		if !ok {
			return scram.StoredCredentials{}, errUnknownUser
		}
		x.user = c.User
		return scram.StoredCredentials{
			KeyFactors: scram.KeyFactors{Salt: string(c.Salt), Iters: c.Iterations},
			StoredKey:  c.StoredKey, ServerKey: c.ServerKey,
		}, nil
	})
	if err != nil {
		panic("sasl: " + err.Error()) // NewServer of the library has no way to fail
	}
	x.conv = sv.WithNonceGenerator(s.nonce).NewConversation()
	return x
}

var errUnknownUser = errors.New("unknown user")

// scramExchange is one exchange of a SCRAM server (RFC 5802 §5).
type scramExchange struct {
	conv  *scram.ServerConversation
	user  string // of the Credentials
	asked bool   // an empty challenge has asked for client-first
}

func (x *scramExchange) Next(response []byte) engine.SASLStep {
	if response == nil && !x.asked {
		x.asked = true
		return engine.SASLStep{}
	}
	x.asked = true
	answer, err := x.conv.Step(string(response))
	switch {
	case err != nil:
		return refuse()
	case !x.conv.Done():
		return engine.SASLStep{Data: []byte(answer)}
	case !x.conv.Valid() || !mayActAs(x.conv.Username(), x.conv.AuthzID()):
		return refuse()
	}
	user := x.user
	if user == "" {
		user = x.conv.Username()
	}
	return engine.SASLStep{Done: true, Code: wire.SASLCodeOK, User: user, Data: []byte(answer)}
}
