package container

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/collider-amqp/collider/container/engine"
	"github.com/collider-amqp/collider/container/sasl"
	"github.com/collider-amqp/collider/container/wire"
)

// authority issues certificates.
type authority struct {
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
	roots *x509.CertPool
}

// newAuthority makes an authority, and tests share one: see pki.
func newAuthority(name string) *authority {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	a := &authority{key: key, cert: &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}}
	der, err := x509.CreateCertificate(rand.Reader, a.cert, a.cert, key.Public(), key)
	if err != nil {
		panic(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		panic(err)
	}
	a.roots = x509.NewCertPool()
	a.roots.AddCert(a.cert)
	return a
}

// issue makes a certificate for a subject, hosts and addresses.
func (a *authority) issue(subject string, notAfter time.Time, hosts ...string) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: subject, Organization: []string{"Lab"}},
		NotBefore: notAfter.Add(-2 * time.Hour), NotAfter: notAfter,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else {
			c.DNSNames = append(c.DNSNames, h)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, a.cert, key.Public(), a.key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// pki is what tests need of certificates.
var pki = sync.OnceValue(func() *certificates {
	soon, past := time.Now().Add(time.Hour), time.Now().Add(-time.Minute)
	a, other := newAuthority("lab"), newAuthority("nowhere")
	return &certificates{
		roots: a.roots, otherRoots: other.roots,
		server:   a.issue("server", soon, "127.0.0.1", "broker.example"),
		expired:  a.issue("server", past, "127.0.0.1"),
		client:   a.issue("device 7", soon),
		stranger: other.issue("device 7", soon),
	}
})

type certificates struct {
	roots, otherRoots                 *x509.CertPool
	server, expired, client, stranger tls.Certificate
}

// serverTLS returns a server's configuration; with clients' certificates if
// mutual is set.
func (p *certificates) serverTLS(mutual bool) *tls.Config {
	c := &tls.Config{Certificates: []tls.Certificate{p.server}}
	if mutual {
		c.ClientCAs, c.ClientAuth = p.roots, tls.RequireAndVerifyClientCert
	}
	return c
}

// clientTLS returns a client's configuration with the certificates to show.
func (p *certificates) clientTLS(show ...tls.Certificate) *tls.Config {
	return &tls.Config{RootCAs: p.roots, Certificates: show}
}

// seen is what one side of a connection has seen of it.
type seen struct {
	opened  bool
	err     error
	user    string
	sasl    engine.SASLStatus
	tls     *tls.ConnectionState
	subject string
}

// witness opens, and a client closes at once; it keeps what it has seen.
type witness struct {
	quietHandler
	client bool
	seen   chan seen
	opened bool
}

func newWitness(client bool) *witness { return &witness{client: client, seen: make(chan seen, 1)} }

func (w *witness) OnConnectionOpen(c *Connection) {
	w.opened = true
	w.quietHandler.OnConnectionOpen(c)
	if w.client {
		c.Close(nil)
	}
}

func (w *witness) OnTransportClose(c *Connection) {
	w.seen <- seen{w.opened, c.TransportError(), c.User(), c.SASL(), c.TLS(), c.RemoteSubject()}
}

func (w *witness) wait(t *testing.T, who string) seen {
	t.Helper()
	select {
	case s := <-w.seen:
		return s
	case <-time.After(patience):
		t.Fatalf("%s: no end", who)
		return seen{}
	}
}

// meet connects a client and a server over loopback and returns what they have
// seen. The client's handler closes the connection once it is open.
func meet(t *testing.T, scheme string, server, client ConnectionOptions) (s, c seen) {
	t.Helper()
	sw, cw := newWitness(false), newWitness(true)
	server.Handler, client.Handler = sw, cw
	ct := New("pair", nil, Options{})
	l, err := ct.Listen("127.0.0.1:0", ListenWith(server))
	if err != nil {
		t.Fatal(err)
	}
	addr, err := l.Addr()
	if err != nil {
		t.Fatal(err)
	}
	r := runContainer(t, ct, 2)
	if err := ct.Connect(scheme+addr.String(), client); err != nil {
		t.Fatal(err)
	}
	c, s = cw.wait(t, "client"), sw.wait(t, "server")
	l.Stop()
	if err := r.wantReturn("nothing is left"); err != nil {
		t.Error(err)
	}
	return s, c
}

func labUsers(t testing.TB) *sasl.Users {
	t.Helper()
	u, err := sasl.NewUsers(map[string]string{"alice": "secret"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// Every mechanism over TLS and, where it is permitted, without.
func TestSASLMechanisms(t *testing.T) {
	users, p := labUsers(t), pki()
	tokens := sasl.Tokens(func(user, token string) bool { return user == "alice" && token == strings.Repeat("t", 2000) })
	all := sasl.AnyOf(sasl.Certificates(nil), users, tokens, sasl.Anyone())
	for _, tt := range []struct {
		story          string
		client, server ConnectionOptions
		mechanism      Symbol
		user, by       string // on the server, on the client
	}{
		{story: "ANONYMOUS by default", mechanism: "ANONYMOUS", user: "anonymous"},
		{story: "ANONYMOUS although there are others", server: ConnectionOptions{Authenticator: all}, mechanism: "ANONYMOUS", user: "anonymous"},
		{story: "the strongest", client: ConnectionOptions{User: "alice", Password: "secret"},
			server: ConnectionOptions{Authenticator: all}, mechanism: "SCRAM-SHA-512", user: "alice", by: "alice"},
		{story: "the client's list", client: ConnectionOptions{User: "alice", Password: "secret", Mechanisms: []Symbol{"PLAIN", "SCRAM-SHA-256"}},
			server: ConnectionOptions{Authenticator: all}, mechanism: "SCRAM-SHA-256", user: "alice", by: "alice"},
		{story: "the server's list", client: ConnectionOptions{User: "alice", Password: "secret"},
			server: ConnectionOptions{Authenticator: all, Mechanisms: []Symbol{"SCRAM-SHA-256"}}, mechanism: "SCRAM-SHA-256", user: "alice", by: "alice"},
		{story: "PLAIN over TLS", client: ConnectionOptions{User: "alice", Password: "secret", Mechanisms: []Symbol{"PLAIN"}, TLS: p.clientTLS()},
			server: ConnectionOptions{Authenticator: all, TLS: p.serverTLS(false)}, mechanism: "PLAIN", user: "alice", by: "alice"},
		{story: "PLAIN by name", client: ConnectionOptions{User: "alice", Password: "secret", Mechanisms: []Symbol{"PLAIN"}, AllowInsecure: true},
			server: ConnectionOptions{Authenticator: all, AllowInsecure: true}, mechanism: "PLAIN", user: "alice", by: "alice"},
		{story: "EXTERNAL", client: ConnectionOptions{TLS: p.clientTLS(p.client)},
			server: ConnectionOptions{TLS: p.serverTLS(true)}, mechanism: "EXTERNAL", user: "CN=device 7,O=Lab"},
		{story: "a user comes before the certificate", client: ConnectionOptions{User: "alice", Password: "secret", TLS: p.clientTLS(p.client)},
			server: ConnectionOptions{TLS: p.serverTLS(true), Authenticator: all}, mechanism: "SCRAM-SHA-512", user: "alice", by: "alice"},
		{story: "a certificate that nobody asks about", client: ConnectionOptions{TLS: p.clientTLS(p.client)},
			server: ConnectionOptions{TLS: p.serverTLS(false)}, mechanism: "ANONYMOUS", user: "anonymous"},
		{story: "XOAUTH2", client: ConnectionOptions{User: "alice", Token: strings.Repeat("t", 2000), TLS: p.clientTLS(), MaxSASLFrameSize: 4096},
			server: ConnectionOptions{TLS: p.serverTLS(false), Authenticator: all, MaxSASLFrameSize: 4096}, mechanism: "XOAUTH2", user: "alice", by: "alice"},
	} {
		t.Run(tt.story, func(t *testing.T) {
			s, c := meet(t, "", tt.server, tt.client)
			if !s.opened || !c.opened || s.err != nil || c.err != nil {
				t.Fatalf("server: %v, client: %v", s.err, c.err)
			}
			if s.sasl.Mechanism != tt.mechanism || c.sasl.Mechanism != tt.mechanism || s.user != tt.user || c.user != tt.by {
				t.Errorf("the server knows %q by %s, the client is %q by %s", s.user, s.sasl.Mechanism, c.user, c.sasl.Mechanism)
			}
		})
	}
}

// What must fail: the connection does not open, both sides have an error that
// says so, and no error holds the password.
func TestSASLRefusals(t *testing.T) {
	users, p := labUsers(t), pki()
	alice := func(o ConnectionOptions) ConnectionOptions {
		o.User, o.Password = "alice", "secret"
		return o
	}
	serve := ConnectionOptions{Authenticator: users}
	for _, tt := range []struct {
		story          string
		client, server ConnectionOptions
		want           string // of the client's error
		header         bool   // the client's error is a *HeaderError
	}{
		{"wrong password", ConnectionOptions{User: "alice", Password: "guess"}, serve, "the outcome is auth", false},
		{"unknown user", ConnectionOptions{User: "mallory", Password: "secret"}, serve, "the outcome is auth", false},
		{"wrong password by PLAIN", ConnectionOptions{User: "alice", Password: "guess", Mechanisms: []Symbol{"PLAIN"}, TLS: p.clientTLS()},
			ConnectionOptions{Authenticator: users, TLS: p.serverTLS(false)}, "the outcome is auth", false},
		{"anonymous client of a server with users", ConnectionOptions{}, serve, "no mechanism that may be used, but SCRAM-SHA-512 SCRAM-SHA-256", false},
		{"client without SASL layer of a server with users", ConnectionOptions{SASL: SASLDisabled}, serve, "does not speak", true},
		{"credentials never sink to ANONYMOUS", alice(ConnectionOptions{}), ConnectionOptions{}, "but ANONYMOUS", false},
		{"mechanism not allowed by the client", alice(ConnectionOptions{Mechanisms: []Symbol{"EXTERNAL"}}), serve, "no mechanism that may be used", false},
		{"server that offers PLAIN alone, without TLS", alice(ConnectionOptions{}),
			ConnectionOptions{Authenticator: users, AllowInsecure: true, Mechanisms: []Symbol{"PLAIN"}}, "it needs TLS", false},
		{"token without TLS", ConnectionOptions{User: "alice", Token: "secret"},
			ConnectionOptions{Authenticator: sasl.Tokens(func(string, string) bool { return true }), AllowInsecure: true}, "it needs TLS", false},
		{"server that may offer nothing", alice(ConnectionOptions{}), ConnectionOptions{Authenticator: users, Mechanisms: []Symbol{"PLAIN"}}, "", false},
		{"token too long for a SASL frame", ConnectionOptions{User: "alice", Token: strings.Repeat("t", 600), TLS: p.clientTLS()},
			ConnectionOptions{Authenticator: sasl.Tokens(func(string, string) bool { return true }), TLS: p.serverTLS(false)}, "maximum SASL frame size", false},
	} {
		t.Run(tt.story, func(t *testing.T) {
			s, c := meet(t, "", tt.server, tt.client)
			if s.opened || c.opened {
				t.Fatal("the connection is open")
			}
			if c.err == nil || s.err == nil || !strings.Contains(c.err.Error(), tt.want) {
				t.Fatalf("client: %v\nserver: %v\nwant %q", c.err, s.err, tt.want)
			}
			if all := c.err.Error() + s.err.Error(); strings.Contains(all, "secret") || strings.Contains(all, "guess") {
				t.Errorf("the errors hold a password: %s", all)
			}
			var header *engine.HeaderError
			if errors.As(c.err, &header) != tt.header {
				t.Errorf("the client's error is a %T", c.err)
			}
			var sasl *engine.SASLError
			if errors.As(c.err, &sasl) && engine.Condition(c.err) != wire.ConditionUnauthorizedAccess {
				t.Errorf("the condition is %v", engine.Condition(c.err))
			}
			if tt.want == "it needs TLS" && s.sasl.Mechanism != "" {
				t.Errorf("the client has begun %s", s.sasl.Mechanism)
			}
			if tt.want == "the outcome is auth" && (c.sasl.Code != wire.SASLCodeAuth || s.sasl.Code != wire.SASLCodeAuth) {
				t.Errorf("the outcomes are %v and %v", c.sasl.Code, s.sasl.Code)
			}
			if s.user != "" {
				t.Errorf("the server takes the client for %q", s.user)
			}
		})
	}
}

// A server with users serves clients without a SASL layer if that is allowed by
// name.
func TestSASLOptional(t *testing.T) {
	s, c := meet(t, "", ConnectionOptions{Authenticator: labUsers(t), SASL: SASLOptional}, ConnectionOptions{SASL: SASLDisabled})
	if !s.opened || !c.opened || s.user != "" || s.sasl.Done {
		t.Errorf("server %+v, client %+v", s, c)
	}
}

// In memory: two Drivers, SCRAM, and the same entropy for the same octets.
func TestSASLOfDrivers(t *testing.T) {
	users := labUsers(t)
	var runs []string
	for range 2 {
		var octets strings.Builder
		server := NewDriver("s", ConnectionOptions{Handler: quietHandler{}, Authenticator: users})
		client := NewDriver("c", ConnectionOptions{Handler: quietHandler{}, User: "alice", Password: "secret"})
		server.Accept()
		if err := client.Connect(); err != nil {
			t.Fatal(err)
		}
		server.UseEntropy(counter(1))
		client.UseEntropy(counter(2))
		now := time.Unix(1, 0)
		for range 10 {
			for _, d := range [][2]*Driver{{client, server}, {server, client}} {
				out := d[0].Output()
				octets.Write(out)
				d[1].Receive(now, out)
				d[0].Wrote(len(out))
				d[1].Dispatch()
			}
		}
		if s := server.Connection(); !s.Active() || s.User() != "alice" || s.SASL().Mechanism != "SCRAM-SHA-512" {
			t.Fatalf("the server stands at %+v", s.SASL())
		}
		if client.Connection().User() != "alice" {
			t.Error("the client does not know who it is")
		}
		runs = append(runs, octets.String())
	}
	if runs[0] != runs[1] {
		t.Error("the same entropy made different octets")
	}
}

// A Driver that is told of a TLS layer uses PLAIN.
func TestDriverSecured(t *testing.T) {
	d := NewDriver("s", ConnectionOptions{Handler: quietHandler{}, Authenticator: labUsers(t)})
	d.Accept()
	d.Secured(tls.ConnectionState{HandshakeComplete: true, Version: tls.VersionTLS13})
	d.Receive(time.Unix(1, 0), wire.HeaderSASL.Append(nil))
	d.Receive(time.Unix(1, 0), wire.AppendFrame(nil, wire.FrameSASL, 0, &wire.SASLInit{Mechanism: "PLAIN", InitialResponse: []byte("\x00alice\x00secret")}, nil))
	if c := d.Connection(); c.User() != "alice" || c.TLS().Version != tls.VersionTLS13 {
		t.Errorf("the server stands at %+v", c.SASL())
	}
}

// counter is an entropy that can be foretold.
type counter uint64

func (c counter) Uint64() uint64 { return uint64(c) * 0x9e3779b97f4a7c15 }

// FuzzSASL gives a server with users what a client might send, from the first
// octet. Nobody is admitted without the password, and nothing panics.
func FuzzSASL(f *testing.F) {
	users, err := sasl.NewUsers(map[string]string{"alice": "a password that the fuzzer does not know"}, nil)
	if err != nil {
		f.Fatal(err)
	}
	header := wire.HeaderSASL.Append(nil)
	frame := func(b []byte, p wire.Performative) []byte { return wire.AppendFrame(b, wire.FrameSASL, 0, p, nil) }
	f.Add(wire.HeaderAMQP.Append(nil))
	for _, m := range []Symbol{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "ANONYMOUS", ""} {
		b := frame(header, &wire.SASLInit{Mechanism: m, InitialResponse: []byte("n,,n=alice,r=abc")})
		b = frame(b, &wire.SASLResponse{Response: []byte("c=biws,r=abc,p=AAAA")})
		f.Add(wire.HeaderAMQP.Append(frame(b, &wire.SASLResponse{Response: []byte("\x00alice\x00x")})))
		f.Add(frame(header, &wire.SASLInit{Mechanism: m}))
	}
	f.Fuzz(func(t *testing.T, octets []byte) {
		w := newWitness(false)
		d := NewDriver("s", ConnectionOptions{Handler: w, Authenticator: users, AllowInsecure: true})
		d.Accept()
		d.Receive(time.Unix(1, 0), octets)
		d.Dispatch()
		if d.Connection().User() != "" || w.opened {
			t.Fatalf("%q is admitted as %q", octets, d.Connection().User())
		}
		if n := len(d.Output()); n > 1<<16 {
			t.Fatalf("%d octets are answered by %d", len(octets), n)
		}
		d.Disconnected(time.Unix(2, 0), nil)
		if d.Dispatch() {
			t.Fatal("the connection goes on without a stream")
		}
	})
}

// A client takes user, password and TLS from its address; a server accepts a SASL
// layer without being told to.
func TestENG3SecurityByAddress(t *testing.T) {
	p, users := pki(), labUsers(t)
	for _, tt := range []struct {
		scheme         string
		server, client ConnectionOptions
		user           string
		secure         bool
	}{
		{"", ConnectionOptions{}, ConnectionOptions{}, "anonymous", false},
		{"amqp://alice:secret@", ConnectionOptions{Authenticator: users}, ConnectionOptions{}, "alice", false},
		{"amqp://mallory:x@", ConnectionOptions{Authenticator: users}, ConnectionOptions{User: "alice", Password: "secret"}, "alice", false},
		{"amqps://alice:secret@", ConnectionOptions{Authenticator: users, TLS: p.serverTLS(false)}, ConnectionOptions{TLS: p.clientTLS()}, "alice", true},
	} {
		s, c := meet(t, tt.scheme, tt.server, tt.client)
		if !s.opened || s.user != tt.user || (s.tls != nil) != tt.secure || s.err != nil || c.err != nil {
			t.Errorf("%q: the server knows %q, TLS %t: %v, %v", tt.scheme, s.user, s.tls != nil, s.err, c.err)
		}
	}
}

// Security options lie over those below as the others do, and are too late at
// Open.
func TestHAND3SecurityOptions(t *testing.T) {
	config, users := pki().clientTLS(), labUsers(t)
	below := ConnectionOptions{
		User: "alice", Password: "secret", Token: "t", TLS: config, TLSUse: TLSByHeader,
		AllowInsecure: true, Authenticator: users, MaxSASLFrameSize: 1024,
	}
	got := ConnectionOptions{MaxFrameSize: 4096}.over(below)
	if got.User != "alice" || got.Token != "t" || got.TLS != config || got.TLSUse != TLSByHeader || !got.AllowInsecure ||
		got.Authenticator != users || got.MaxSASLFrameSize != 1024 {
		t.Errorf("over gave %+v", got)
	}
	if got := (ConnectionOptions{Token: "u"}).over(below); got.User != "" || got.Password != "" || got.Token != "u" {
		t.Errorf("credentials of two levels are mixed: %q %q", got.User, got.Token)
	}
	for name, o := range map[string]ConnectionOptions{
		"Token": {Token: "t"}, "TLS": {TLS: config}, "TLSUse": {TLSUse: TLSOptional}, "AllowInsecure": {AllowInsecure: true},
		"Authenticator": {Authenticator: users}, "MaxSASLFrameSize": {MaxSASLFrameSize: 1024},
	} {
		if late := o.beyondOpen(); late != name {
			t.Errorf("%s at Open is refused as %q", name, late)
		}
	}
}
