package container

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// address is the parsed form of what Connect, Listen, OpenSender and
// OpenReceiver take: [scheme://][user[:password]@]host[:port][/path].
type address struct {
	scheme   string // "amqp" or "amqps"
	user     string
	password string
	hasUser  bool
	host     string
	port     string
	path     string // of the node, without the leading slash
}

// AddressError says why an address was refused.
type AddressError struct {
	Address string // as it was given, without the password
	Reason  string
}

// refuse returns the error for an address that holds a password perhaps: what
// lies between the first colon and the last @ before the path is left out.
func refuse(s, format string, args ...any) *AddressError {
	start := strings.Index(s, "//") + 2
	if start < 2 {
		start = 0
	}
	end := len(s)
	if slash := strings.IndexByte(s[start:], '/'); slash >= 0 {
		end = start + slash
	}
	if at := strings.LastIndexByte(s[start:end], '@'); at >= 0 {
		user, _, ok := strings.Cut(s[start:start+at], ":")
		if ok {
			s = s[:start] + user + ":***" + s[start+at:]
		}
	}
	return &AddressError{s, fmt.Sprintf(format, args...)}
}

// Error implements error.
func (e *AddressError) Error() string {
	return fmt.Sprintf("container: address %q: %s", e.Address, e.Reason)
}

// parseAddress parses s. An absent host stays empty, an absent port becomes the
// scheme's (§2.1: 5672; §5.2.1: 5671). The path is all that follows the slash behind the host,
// to the letter: the name of a node may hold any character.
func parseAddress(s string) (address, error) {
	a := address{scheme: "amqp"}
	rest := strings.TrimPrefix(s, "//")
	if scheme, after, ok := strings.Cut(s, "://"); ok && !strings.Contains(scheme, "/") {
		a.scheme, rest = scheme, after
	}
	if a.scheme != "amqp" && !a.secure() {
		return address{}, refuse(s, "scheme %q is neither amqp nor amqps", a.scheme)
	}
	authority, path, _ := strings.Cut(rest, "/")
	if strings.ContainsAny(authority, "?#") {
		return address{}, refuse(s, "a host holds no ? or #")
	}
	u, err := url.Parse("amqp://" + authority)
	if err != nil {
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err // the error of package url quotes the address
		}
		return address{}, refuse(s, "%v", err)
	}
	a.host, a.port, a.path = u.Hostname(), u.Port(), path
	switch {
	case a.port != "":
	case a.secure():
		a.port = "5671"
	default:
		a.port = "5672"
	}
	if u.User != nil {
		a.hasUser = true
		a.user = u.User.Username()
		a.password, _ = u.User.Password()
	}
	return a, nil
}

// secure reports whether the scheme implies a TLS layer.
func (a address) secure() bool { return a.scheme == "amqps" }

// hostPort returns what a Transport takes.
func (a address) hostPort() string { return net.JoinHostPort(a.host, a.port) }
