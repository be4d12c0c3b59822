package sasl

import (
	"strings"

	"github.com/collider-amqp/collider/container/engine"
	"github.com/collider-amqp/collider/container/wire"
)

// server is a server's mechanism that judges the initial response.
type server struct {
	name wire.Symbol
	// judge returns the user that a response proves.
	judge func(response []byte) (user string, ok bool)
	// optional: the client need not send an initial response.
	optional bool
	// reason is a challenge before the outcome of a failure. Empty: none.
	reason string
}

func (s *server) Name() wire.Symbol            { return s.name }
func (s *server) Begin() engine.ServerExchange { return &exchange{server: s} }

// exchange is one exchange of a server.
type exchange struct {
	*server
	asked  bool // an empty challenge has asked for the initial response (RFC 4422 §3.3)
	failed bool // the reason of a failure has been sent
}

func (x *exchange) Next(response []byte) engine.SASLStep {
	if x.failed {
		return refuse()
	}
	if response == nil && !x.optional && !x.asked {
		x.asked = true
		return engine.SASLStep{}
	}
	if user, ok := x.judge(response); ok {
		return engine.SASLStep{Done: true, Code: wire.SASLCodeOK, User: user}
	}
	if x.reason != "" {
		x.failed = true
		return engine.SASLStep{Data: []byte(x.reason)}
	}
	return refuse()
}

// refuse is the step that ends an exchange whose client is not whom it says.
func refuse() engine.SASLStep { return engine.SASLStep{Done: true, Code: wire.SASLCodeAuth} }

// AnonymousServer returns the server side of ANONYMOUS. It admits everybody as
// the user "anonymous", whatever the trace that the client sends.
func AnonymousServer() engine.ServerMechanism {
	return &server{name: Anonymous, optional: true, judge: func([]byte) (string, bool) { return "anonymous", true }}
}

// ExternalServer returns the server side of EXTERNAL. identify says whom the
// client is known as by other means. A client that asks to act as somebody else
// is refused.
func ExternalServer(identify func() (user string, ok bool)) engine.ServerMechanism {
	return &server{name: External, judge: func(response []byte) (string, bool) {
		user, ok := identify()
		return user, ok && mayActAs(user, string(response))
	}}
}

// PlainServer returns the server side of PLAIN. check says whether the password
// is the user's; it should take as long for an unknown user as for a wrong
// password. A client that asks to act as somebody else is refused.
func PlainServer(check func(user, password string) bool) engine.ServerMechanism {
	return &server{name: Plain, judge: func(response []byte) (string, bool) {
		authzid, user, password, ok := engine.ParsePlain(response)
		return user, ok && mayActAs(user, authzid) && check(user, password)
	}}
}

// XOAUTH2Server returns the server side of XOAUTH2. check says whether the
// bearer token is the user's.
func XOAUTH2Server(check func(user, token string) bool) engine.ServerMechanism {
	return &server{
		name: XOAUTH2, reason: `{"status":"401","schemes":"bearer"}`,
		judge: func(response []byte) (string, bool) {
			user, token, ok := ParseXOAUTH2(response)
			return user, ok && check(user, token)
		},
	}
}

// ParseXOAUTH2 splits the initial response of XOAUTH2, "user=" user ^A
// "auth=Bearer " token ^A ^A. ok is false if it is malformed.
func ParseXOAUTH2(response []byte) (user, token string, ok bool) {
	rest, complete := strings.CutSuffix(string(response), "\x01\x01")
	first, second, two := strings.Cut(rest, "\x01")
	user, named := strings.CutPrefix(first, "user=")
	token, bearer := strings.CutPrefix(second, "auth=Bearer ")
	if !complete || !two || !named || !bearer || token == "" || strings.ContainsRune(token, 1) {
		return "", "", false
	}
	return user, token, true
}

// mayActAs reports whether user may act as authzid: as itself alone.
func mayActAs(user, authzid string) bool { return authzid == "" || authzid == user }
