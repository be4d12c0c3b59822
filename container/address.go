package container

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// address is the parsed form of what Connect, Listen, OpenSender and
// OpenReceiver take: [scheme://][user[:password]@]host[:port][/path].
type address struct {
	scheme   string // "amqp"
	user     string
	password string
	hasUser  bool
	host     string
	port     string
	path     string // of the node, without the leading slash
}

// AddressError says why an address was refused.
type AddressError struct {
	Address string
	Reason  string
}

// Error implements error.
func (e *AddressError) Error() string {
	return fmt.Sprintf("container: address %q: %s", e.Address, e.Reason)
}

// parseAddress parses s. An absent host stays empty, an absent port becomes the
// scheme's (§2.1: 5672).
func parseAddress(s string) (address, error) {
	full := s
	switch {
	case strings.Contains(s, "://"):
	case strings.HasPrefix(s, "//"):
		full = "amqp:" + s
	default:
		full = "amqp://" + s
	}
	u, err := url.Parse(full)
	if err != nil {
		return address{}, &AddressError{s, err.Error()}
	}
	a := address{scheme: u.Scheme, host: u.Hostname(), port: u.Port(), path: strings.TrimPrefix(u.Path, "/")}
	if a.scheme != "amqp" {
		return address{}, &AddressError{s, fmt.Sprintf("scheme %q is not amqp", a.scheme)}
	}
	if a.port == "" {
		a.port = "5672"
	}
	if u.User != nil {
		a.hasUser = true
		a.user = u.User.Username()
		a.password, _ = u.User.Password()
	}
	return a, nil
}

// hostPort returns what a Transport takes.
func (a address) hostPort() string { return net.JoinHostPort(a.host, a.port) }
