package netsim

import (
	"net"
	"strconv"
)

// Addr is the address of an end of a connection or of a listener: a host's name
// and a port from 1 to 65535. Its text form is "host:port".
type Addr struct {
	Host string
	Port int
}

// Network returns "tcp".
func (a Addr) Network() string { return "tcp" }

// String returns "host:port".
func (a Addr) String() string { return net.JoinHostPort(a.Host, strconv.Itoa(a.Port)) }

// self reports whether name means the host itself.
func self(name string) bool { return name == "" || name == "localhost" || name == "127.0.0.1" }

// validName reports whether name can name a host: letters, digits, '.', '_' and
// inner '-', so that it can stand in a fault's text.
func validName(name string) bool {
	if name == "" || name[0] == '-' || name[len(name)-1] == '-' {
		return false
	}
	for _, c := range []byte(name) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '.', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

// parseAddr splits address into host and port; the port may be 0.
func parseAddr(address string) (host string, port int, err error) {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	port, err = strconv.Atoi(service)
	switch {
	case err != nil:
		return "", 0, &net.DNSError{Err: "unknown port", Name: "tcp/" + service, IsNotFound: true}
	case port < 0 || port > 65535:
		return "", 0, &net.AddrError{Err: "invalid port", Addr: service}
	}
	return host, port, nil
}

// checkNetwork returns an error unless network names a stream network.
func checkNetwork(network string) error {
	switch network {
	case "tcp", "tcp4", "tcp6":
		return nil
	}
	return net.UnknownNetworkError(network)
}
