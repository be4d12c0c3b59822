package serve

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/go-amqp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serving is a served node.
type serving struct {
	addr string
	stop func() error
}

func start(t *testing.T, o Options) serving {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := Run(ctx, o, w)
		w.CloseWithError(fmt.Errorf("serve ended: %w", err))
		done <- err
	}()
	line := make([]byte, 200)
	n, err := r.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	addr, ok := strings.CutPrefix(strings.TrimSpace(string(line[:n])), "listening on ")
	if !ok {
		t.Fatalf("serve printed %q", line[:n])
	}
	return serving{addr, func() error {
		cancel()
		select {
		case err := <-done:
			return err
		case <-time.After(10 * time.Second):
			return errors.New("serve does not end")
		}
	}}
}

// dial opens a go-amqp session.
func dial(t *testing.T, ctx context.Context, addr string, opts *amqp.ConnOptions) (*amqp.Conn, *amqp.Session) {
	t.Helper()
	conn, err := amqp.Dial(ctx, "amqp://"+addr, opts)
	if err != nil {
		t.Fatal(err)
	}
	s, err := conn.NewSession(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	return conn, s
}

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestBrokerKeepsMessagesInOrder(t *testing.T) {
	ctx := testContext(t)
	srv := start(t, Options{Kind: "broker", Listen: "127.0.0.1:0", Threads: 2, MaxFrame: 4096})
	conn, s := dial(t, ctx, srv.addr, nil)
	to, err := s.NewSender(ctx, "q", nil)
	if err != nil {
		t.Fatal(err)
	}
	const n = 200
	big := bytes.Repeat([]byte("0123456789"), 10_000)
	for i := range n {
		m := &amqp.Message{Value: int64(i), ApplicationProperties: map[string]any{"number": int64(i)}}
		if i%20 == 0 {
			m = amqp.NewMessage(big)
		}
		if err := to.Send(ctx, m, nil); err != nil {
			t.Fatal(err)
		}
	}
	from, err := s.NewReceiver(ctx, "q", nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		m, err := from.Receive(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case i%20 == 0 && !bytes.Equal(m.GetData(), big):
			t.Fatalf("message %d has %d octets, want %d", i, len(m.GetData()), len(big))
		case i%20 != 0 && (m.Value != int64(i) || m.ApplicationProperties["number"] != int64(i)):
			t.Fatalf("message %d is %v with properties %v", i, m.Value, m.ApplicationProperties)
		}
		if err := from.AcceptMessage(ctx, m); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
	if err := srv.stop(); err != nil {
		t.Error(err)
	}
}

func TestBrokerGivesBackWhatWasReleased(t *testing.T) {
	ctx := testContext(t)
	srv := start(t, Options{Kind: "broker", Listen: "127.0.0.1:0"})
	conn, s := dial(t, ctx, srv.addr, nil)
	to, err := s.NewSender(ctx, "q", nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if err := to.Send(ctx, &amqp.Message{Value: int64(i)}, nil); err != nil {
			t.Fatal(err)
		}
	}
	from, err := s.NewReceiver(ctx, "q", &amqp.ReceiverOptions{Credit: 1})
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for i := range 4 {
		m, err := from.Receive(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, m.Value.(int64))
		if i < 2 {
			err = from.ReleaseMessage(ctx, m)
		} else {
			err = from.AcceptMessage(ctx, m)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if fmt.Sprint(got) != "[0 0 0 1]" {
		t.Errorf("received %v, want a released message first again", got)
	}
	conn.Close()
	if err := srv.stop(); err != nil {
		t.Error(err)
	}
}

func TestEchoSinkAndSource(t *testing.T) {
	ctx := testContext(t)
	echo := start(t, Options{Kind: "echo", Listen: "127.0.0.1:0"})
	conn, s := dial(t, ctx, echo.addr, nil)
	from, err := s.NewReceiver(ctx, "back", nil)
	if err != nil {
		t.Fatal(err)
	}
	to, err := s.NewSender(ctx, "anywhere", nil)
	if err != nil {
		t.Fatal(err)
	}
	reply := "back"
	if err := to.Send(ctx, &amqp.Message{Value: "hello", Properties: &amqp.MessageProperties{ReplyTo: &reply}}, nil); err != nil {
		t.Fatal(err)
	}
	if m, err := from.Receive(ctx, nil); err != nil || m.Value != "hello" {
		t.Errorf("the echo was %v, %v", m, err)
	}
	var de *amqp.LinkError
	if err := to.Send(ctx, &amqp.Message{Value: "lost"}, nil); err != nil && errors.As(err, &de) {
		t.Errorf("a message that nobody waits for closed the link: %v", err)
	}
	conn.Close()
	if err := echo.stop(); err != nil {
		t.Error(err)
	}

	sink := start(t, Options{Kind: "sink", Listen: "127.0.0.1:0"})
	conn, s = dial(t, ctx, sink.addr, nil)
	if to, err = s.NewSender(ctx, "q", nil); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if err := to.Send(ctx, &amqp.Message{Value: "x"}, nil); err != nil {
			t.Fatal(err)
		}
	}
	conn.Close()
	if err := sink.stop(); err != nil {
		t.Error(err)
	}

	source := start(t, Options{Kind: "source", Listen: "127.0.0.1:0"})
	conn, s = dial(t, ctx, source.addr, nil)
	if from, err = s.NewReceiver(ctx, "q", &amqp.ReceiverOptions{Credit: 3}); err != nil {
		t.Fatal(err)
	}
	for i := uint64(1); i <= 20; i++ {
		m, err := from.Receive(ctx, nil)
		if err != nil || m.Value != i {
			t.Fatalf("message %d is %v, %v", i, m, err)
		}
		if err := from.AcceptMessage(ctx, m); err != nil {
			t.Fatal(err)
		}
	}
	conn.Close()
	if err := source.stop(); err != nil {
		t.Error(err)
	}
}

func TestPlainUser(t *testing.T) {
	ctx := testContext(t)
	srv := start(t, Options{Kind: "sink", Listen: "127.0.0.1:0", Users: []string{"guest:secret", "admin:x"}, AllowInsecure: true})
	conn, _ := dial(t, ctx, srv.addr, &amqp.ConnOptions{SASLType: amqp.SASLTypePlain("guest", "secret")})
	conn.Close()
	for name, opts := range map[string]*amqp.ConnOptions{
		"wrong password": {SASLType: amqp.SASLTypePlain("guest", "guess")},
		"anonymous":      {SASLType: amqp.SASLTypeAnonymous()},
		"no SASL":        {},
	} {
		if c, err := amqp.Dial(ctx, "amqp://"+srv.addr, opts); err == nil {
			t.Errorf("%s: was let in", name)
			c.Close()
		}
	}
	if err := srv.stop(); err != nil {
		t.Error(err)
	}
}

func TestOptionsAreRefused(t *testing.T) {
	for name, o := range map[string]Options{
		"kind":         {Kind: "router", Listen: "127.0.0.1:0"},
		"listen":       {Kind: "sink", Listen: "127.0.0.1"},
		"sasl":         {Kind: "sink", Listen: "127.0.0.1:0", SASL: "maybe"},
		"user":         {Kind: "sink", Listen: "127.0.0.1:0", Users: []string{"guest"}},
		"tls-optional": {Kind: "sink", Listen: "127.0.0.1:0", TLSOptional: true},
		"tls-ca":       {Kind: "sink", Listen: "127.0.0.1:0", TLSCA: "nowhere"},
		"tls-cert":     {Kind: "sink", Listen: "127.0.0.1:0", TLSCert: "nowhere"},
	} {
		var e *OptionError
		if err := Run(context.Background(), o, io.Discard); !errors.As(err, &e) || e.Option != name {
			t.Errorf("%s: Run gave %v", name, err)
		}
	}
}

func TestAddressInUse(t *testing.T) {
	srv := start(t, Options{Kind: "sink", Listen: "127.0.0.1:0"})
	if err := Run(context.Background(), Options{Kind: "sink", Listen: srv.addr}, io.Discard); err == nil {
		t.Error("an address in use was bound again")
	}
	if err := srv.stop(); err != nil {
		t.Error(err)
	}
}

// A served node with TLS, users, client certificates, and clients without TLS on
// the same port.
func TestTLS(t *testing.T) {
	ctx := testContext(t)
	certFile, keyFile, pair := certificate(t)
	roots := x509.NewCertPool()
	roots.AddCert(pair.Leaf)
	secure := func(show ...tls.Certificate) *tls.Config {
		return &tls.Config{RootCAs: roots, Certificates: show}
	}
	base := Options{Kind: "sink", Listen: "127.0.0.1:0", TLSCert: certFile, TLSKey: keyFile}
	users, mutual, both, open := base, base, base, base
	users.Users = []string{"guest:secret", "admin:x"}
	mutual.TLSCA = certFile
	both.Users, both.TLSCA = users.Users, certFile
	open.TLSOptional = true
	plain := func() amqp.SASLType { return amqp.SASLTypePlain("admin", "x") }
	for _, tt := range []struct {
		story   string
		options Options
		scheme  string
		conn    amqp.ConnOptions
		in      bool
	}{
		{"a user", users, "amqps://", amqp.ConnOptions{SASLType: plain(), TLSConfig: secure()}, true},
		{"no TLS", users, "amqp://", amqp.ConnOptions{SASLType: plain()}, false},
		{"nobody", users, "amqps://", amqp.ConnOptions{TLSConfig: secure()}, false},
		{"a certificate", mutual, "amqps://", amqp.ConnOptions{SASLType: amqp.SASLTypeExternal(""), TLSConfig: secure(pair)}, true},
		{"no certificate", mutual, "amqps://", amqp.ConnOptions{SASLType: amqp.SASLTypeAnonymous(), TLSConfig: secure()}, false},
		{"a certificate in place of a user", both, "amqps://", amqp.ConnOptions{SASLType: amqp.SASLTypeExternal(""), TLSConfig: secure(pair)}, true},
		{"a user in place of a certificate", both, "amqps://", amqp.ConnOptions{SASLType: plain(), TLSConfig: secure()}, true},
		{"optional: with", open, "amqps://", amqp.ConnOptions{SASLType: amqp.SASLTypeAnonymous(), TLSConfig: secure()}, true},
		{"optional: without", open, "amqp://", amqp.ConnOptions{SASLType: amqp.SASLTypeAnonymous()}, true},
	} {
		srv := start(t, tt.options)
		conn, err := amqp.Dial(ctx, tt.scheme+srv.addr, &tt.conn)
		if (err == nil) != tt.in {
			t.Errorf("%s: %v", tt.story, err)
		}
		if err == nil {
			conn.Close()
		}
		if err := srv.stop(); err != nil {
			t.Errorf("%s: %v", tt.story, err)
		}
	}
}

// certificate writes a certificate for 127.0.0.1 that is its own authority, and
// its key, into files.
func certificate(t *testing.T) (certFile, keyFile string, pair tls.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "serve"}, NotAfter: time.Now().Add(time.Hour),
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
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if pair, err = tls.LoadX509KeyPair(certFile, keyFile); err != nil {
		t.Fatal(err)
	}
	return certFile, keyFile, pair
}
