//go:build interop

package interop

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	amqp "github.com/Azure/go-amqp"
)

// certificate writes a certificate for 127.0.0.1 and its key into a directory,
// and returns the files and a pool that trusts it.
func certificate(t *testing.T) (certFile, keyFile string, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "127.0.0.1"}, // Proton looks for addresses here alone
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(parsed)
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", pkcs8), roots
}

// TestGoAMQPPlainOverTLS sends through a broker with TLS that wants a user, and
// checks that a wrong password, no SASL layer and no TLS are refused.
func TestGoAMQPPlainOverTLS(t *testing.T) {
	cert, key, roots := certificate(t)
	p, addr := serve(t, "broker", 2, "-tls-cert", cert, "-tls-key", key, "-sasl", "required", "-user", "guest:secret")
	t.Cleanup(func() { endsCleanly(t, p) })
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	connect := func(url string, sasl amqp.SASLType) (*amqp.Conn, error) {
		return amqp.Dial(ctx, url, &amqp.ConnOptions{SASLType: sasl, TLSConfig: &tls.Config{RootCAs: roots}})
	}
	conn, err := connect("amqps://"+addr, amqp.SASLTypePlain("guest", "secret"))
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	s, err := conn.NewSession(ctx, nil)
	if err != nil {
		t.Fatalf("begin a session: %v", err)
	}
	node := address(t)
	if err := sendLetters(ctx, s, node, 300); err != nil {
		t.Fatal(err)
	}
	receiveLetters(ctx, t, s, node, 300)
	closeConn(t, conn)
	for _, bad := range []struct {
		name, url string
		sasl      amqp.SASLType
	}{
		{"wrong password", "amqps://" + addr, amqp.SASLTypePlain("guest", "wrong")},
		{"anonymous", "amqps://" + addr, amqp.SASLTypeAnonymous()},
		{"no SASL layer", "amqps://" + addr, nil},
		{"no TLS", "amqp://" + addr, amqp.SASLTypePlain("guest", "secret")},
	} {
		if conn, err := connect(bad.url, bad.sasl); err == nil {
			conn.Close()
			t.Errorf("%s: connected", bad.name)
		} else if ctx.Err() != nil {
			t.Fatalf("%s: no answer: %v", bad.name, err)
		}
	}
}
