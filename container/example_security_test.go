package container_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"net"
	"time"

	"github.com/collider-amqp/collider/container"
	"github.com/collider-amqp/collider/container/sasl"
)

// certificate makes a certificate for 127.0.0.1, and a pool that trusts it. A
// program has them from its authority.
func certificate() (tls.Certificate, *x509.CertPool, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots, nil
}

// vault is a server that knows its clients.
type vault struct{ container.BaseHandler }

func (vault) OnConnectionOpen(c *container.Connection) {
	fmt.Printf("server: %s came by %s over TLS: %t\n", c.User(), c.SASL().Mechanism, c.TLS() != nil)
	c.Open(container.ConnectionOptions{})
}

// visitor opens a connection and closes it.
type visitor struct {
	container.BaseHandler
	listener *container.Listener
}

func (v visitor) OnConnectionOpen(c *container.Connection) { c.Close(nil) }

func (v visitor) OnTransportClose(*container.Connection) { v.listener.Stop() }

// A server that wants TLS and a password, and a client that has one. The password
// does not cross the network: the mechanism is SCRAM.
func Example_security() {
	cert, roots, err := certificate()
	if err != nil {
		fmt.Println(err)
		return
	}
	users, err := sasl.NewUsers(map[string]string{"alice": "open sesame"}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	c := container.New("", nil, container.Options{})
	l, err := c.Listen("amqps://127.0.0.1:0", container.ListenWith(container.ConnectionOptions{
		Handler:       vault{},
		TLS:           &tls.Config{Certificates: []tls.Certificate{cert}},
		Authenticator: users,
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	addr, err := l.Addr()
	if err != nil {
		fmt.Println(err)
		return
	}
	err = c.Connect("amqps://"+addr.String(), container.ConnectionOptions{
		Handler: visitor{listener: l},
		User:    "alice", Password: "open sesame",
		TLS: &tls.Config{RootCAs: roots},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := c.Run(context.Background(), 1); err != nil {
		fmt.Println(err)
	}
	// Output: server: alice came by SCRAM-SHA-512 over TLS: true
}
