//go:build interop

package interop

import (
	"crypto/tls"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/collider-amqp/collider/container"
)

// TestProtonPythonClient authenticates clients of Proton's Python binding, with
// Cyrus SASL, at a served broker.
func TestProtonPythonClient(t *testing.T) {
	cert, key, _ := certificate(t)
	python := program(t, "python/bin/python")
	_, plain := serve(t, "broker", 1, "-user", "guest:secret")
	_, secure := serve(t, "broker", 1, "-user", "guest:secret", "-tls-cert", cert, "-tls-key", key, "-tls-ca", cert)
	for _, tt := range []struct{ story, url, mechanisms, user, password, ca, want string }{
		{"the strongest", "amqp://" + plain, "", "guest", "secret", "", "ok SCRAM-SHA-512"},
		{"SCRAM-SHA-256", "amqp://" + plain, "SCRAM-SHA-256", "guest", "secret", "", "ok SCRAM-SHA-256"},
		{"PLAIN without TLS", "amqp://" + plain, "PLAIN", "guest", "secret", "", "failed amqp:unauthorized-access"},
		{"wrong password", "amqp://" + plain, "SCRAM-SHA-256", "guest", "guess", "", "failed amqp:unauthorized-access"},
		{"unknown user", "amqp://" + plain, "SCRAM-SHA-512", "mallory", "secret", "", "failed amqp:unauthorized-access"},
		{"SCRAM over TLS", "amqps://" + secure, "", "guest", "secret", cert, "ok SCRAM-SHA-512"},
		{"PLAIN over TLS", "amqps://" + secure, "PLAIN", "guest", "secret", cert, "ok PLAIN"},
		{"EXTERNAL", "amqps://" + secure, "EXTERNAL", "", "", cert, "ok EXTERNAL"},
	} {
		t.Run(tt.story, func(t *testing.T) {
			args := []string{filepath.Join("testdata", "client.py"), tt.url, tt.mechanisms, tt.user, tt.password, tt.ca}
			if tt.mechanisms == "EXTERNAL" {
				args = append(args, cert, key)
			}
			p := start(t, python, args...)
			p.succeed(t, 30*time.Second)
			if got := strings.TrimSpace(p.stdout.String()); got != tt.want {
				t.Errorf("the client printed %q, want %q", got, tt.want)
			}
		})
	}
}

// TestProtonPythonServer authenticates our client at a server of Proton's Python
// binding: by SCRAM, and by a TLS certificate.
func TestProtonPythonServer(t *testing.T) {
	certFile, keyFile, roots := certificate(t)
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	secure := &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}
	guest := container.ConnectionOptions{User: "guest@proton", Password: "secret"}
	for _, tt := range []struct {
		story      string
		opts       container.ConnectionOptions
		mechanisms []container.Symbol
		want       string
	}{
		{"the strongest", guest, nil, "open SCRAM-SHA-512 guest@proton"},
		{"SCRAM-SHA-256", guest, []container.Symbol{"SCRAM-SHA-256"}, "open SCRAM-SHA-256 guest@proton"},
		{"wrong password", container.ConnectionOptions{User: "guest@proton", Password: "guess"}, nil, "failed amqp:unauthorized-access"},
		{"EXTERNAL", container.ConnectionOptions{TLS: secure}, nil, "open EXTERNAL "},
	} {
		t.Run(tt.story, func(t *testing.T) {
			addr := freeAddress(t)
			args := []string{filepath.Join("testdata", "server.py"), addr}
			if tt.opts.TLS != nil {
				args = append(args, certFile, keyFile, certFile)
			} else {
				t.Setenv("PN_SASL_CONFIG_PATH", filepath.Dir(program(t, "sasl/proton-server.conf")))
			}
			p := start(t, program(t, "python/bin/python"), args...)
			p.await(t, "ready", 30*time.Second)
			opts := tt.opts
			opts.Mechanisms, opts.Handler = tt.mechanisms, opensAndCloses{}
			c := container.New("", nil, container.Options{})
			if err := c.Connect(addr, opts); err != nil {
				t.Fatal(err)
			}
			err := c.Run(t.Context(), 1)
			if failed := strings.HasPrefix(tt.want, "failed"); failed != (err != nil) {
				t.Errorf("Run returned %v", err)
			}
			p.await(t, tt.want, 10*time.Second)
		})
	}
}

// opensAndCloses closes its connection as soon as it is open. Errors stop the
// container.
type opensAndCloses struct{ container.BaseHandler }

func (opensAndCloses) OnConnectionOpen(c *container.Connection) { c.Close(nil) }

// freeAddress returns an address that nobody listens on, for a program that
// cannot tell which one it was given.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
