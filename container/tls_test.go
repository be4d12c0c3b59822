package container

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/Azure/go-amqp"

	"github.com/collider-amqp/collider/container/engine"
	"github.com/collider-amqp/collider/container/sasl"
	"github.com/collider-amqp/collider/container/wire"
)

// One port, by the first octets: who gets in, and how.
func TestTLSUse(t *testing.T) {
	p := pki()
	for _, tt := range []struct {
		story          string
		server, client TLSUse
		plain          bool // the client has no TLS layer
		opens          bool
	}{
		{"the handshake at once", TLSDefault, TLSDefault, false, true},
		{"the TLS header first", TLSDefault, TLSByHeader, false, true},
		{"a client without TLS", TLSDefault, TLSDefault, true, false},
		{"the header alone: by the header", TLSByHeader, TLSByHeader, false, true},
		{"the header alone: at once", TLSByHeader, TLSDefault, false, false},
		{"the header alone: without TLS", TLSByHeader, TLSDefault, true, false},
		{"all three: at once", TLSOptional, TLSOptional, false, true},
		{"all three: by the header", TLSOptional, TLSByHeader, false, true},
		{"all three: without TLS", TLSOptional, TLSDefault, true, true},
		{"a server without TLS: at once", TLSDisabled, TLSDefault, false, false},
		{"a server without TLS: by the header", TLSDisabled, TLSByHeader, false, false},
		{"a server without TLS: optional is not for clients", TLSDisabled, TLSOptional, false, false},
		{"no TLS on either side", TLSDisabled, TLSDisabled, true, true},
	} {
		t.Run(tt.story, func(t *testing.T) {
			client := ConnectionOptions{TLSUse: tt.client, VirtualHost: "127.0.0.1"}
			if !tt.plain {
				client.TLS = p.clientTLS()
			}
			s, c := meet(t, "", ConnectionOptions{TLS: p.serverTLS(false), TLSUse: tt.server}, client)
			if s.opened != tt.opens || c.opened != tt.opens {
				t.Fatalf("server open: %t, %v; client open: %t, %v; want %t", s.opened, s.err, c.opened, c.err, tt.opens)
			}
			if !tt.opens {
				if s.err == nil || c.err == nil || engine.Condition(c.err) != wire.ConditionConnectionFramingError {
					t.Errorf("server: %v; client: %v, condition %s", s.err, c.err, engine.Condition(c.err))
				}
				return
			}
			if s.err != nil || c.err != nil {
				t.Errorf("server: %v, client: %v", s.err, c.err)
			}
			if secure := !tt.plain; (s.tls != nil) != secure || (c.tls != nil) != secure {
				t.Errorf("the TLS layers are %v and %v", s.tls, c.tls)
			}
			if !tt.plain && (c.subject != "CN=server,O=Lab" || s.subject != "" || c.tls.Version != tls.VersionTLS13) {
				t.Errorf("the client sees %q by %x, the server %q", c.subject, c.tls.Version, s.subject)
			}
		})
	}
}

// An amqps address brings TLS with it, on either side.
func TestTLSByAddress(t *testing.T) {
	p := pki()
	s, c := meet(t, "amqps://", ConnectionOptions{TLS: p.serverTLS(false)}, ConnectionOptions{})
	var unknown x509.UnknownAuthorityError
	if s.opened || c.opened || !errors.As(c.err, &unknown) {
		t.Errorf("the system's roots trust the laboratory: %v", c.err)
	}
	ct := New("c", nil, Options{})
	var address *AddressError
	if err := ct.Connect("amqps://localhost", ConnectionOptions{TLSUse: TLSDisabled}); !errors.As(err, &address) {
		t.Errorf("amqps without TLS: %v", err)
	}
	server := newWitness(false)
	l, err := ct.Listen("amqps://127.0.0.1:0", ListenWith(ConnectionOptions{Handler: server}))
	if err != nil {
		t.Fatal(err)
	}
	r := runContainer(t, ct, 1)
	addr, _ := l.Addr()
	nc, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := nc.Write(wire.HeaderAMQP.Append(nil)); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(nc)
	if err != nil || !bytes.Equal(answer, wire.HeaderTLS.Append(nil)) {
		t.Errorf("an amqps listener without certificate answers the AMQP header by %q, %v", answer, err)
	}
	nc.Close()
	if s := server.wait(t, "server"); s.opened || s.err == nil {
		t.Errorf("the server: %+v", s)
	}
	l.Stop()
	r.wantReturn("nothing is left")
}

// Certificates that must not be trusted. Both sides say why.
func TestTLSCertificates(t *testing.T) {
	p := pki()
	server := func(c tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{c}} }
	for _, tt := range []struct {
		story          string
		server, client *tls.Config
		host           string
		by             string // which side finds the fault
		want           string
	}{
		{"another name", server(p.server), p.clientTLS(), "elsewhere.example", "client", "not elsewhere.example"},
		{"expired", server(p.expired), p.clientTLS(), "", "client", "expired"},
		{"unknown authority", server(p.server), &tls.Config{RootCAs: p.otherRoots}, "", "client", "unknown authority"},
		{"no client certificate", p.serverTLS(true), p.clientTLS(), "", "server", "didn't provide a certificate"},
		{"client certificate of a stranger", p.serverTLS(true), &tls.Config{RootCAs: p.roots,
			GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &p.stranger, nil }}, "", "server", "unknown authority"},
		{"no version in common", &tls.Config{Certificates: []tls.Certificate{p.server}, MaxVersion: tls.VersionTLS12},
			&tls.Config{RootCAs: p.roots, MinVersion: tls.VersionTLS13}, "", "server", "version"},
		{"no certificate at all", &tls.Config{}, p.clientTLS(), "", "server", "certificate"},
	} {
		t.Run(tt.story, func(t *testing.T) {
			s, c := meet(t, "amqps://", ConnectionOptions{TLS: tt.server}, ConnectionOptions{TLS: tt.client, VirtualHost: tt.host})
			if s.opened || c.opened || s.err == nil || c.err == nil {
				t.Fatalf("open %t %t, errors %v, %v", s.opened, c.opened, s.err, c.err)
			}
			finder := c.err
			if tt.by == "server" {
				finder = s.err
			}
			var failure *TLSError
			if !errors.As(finder, &failure) || failure.Server != (tt.by == "server") || !strings.Contains(finder.Error(), tt.want) {
				t.Errorf("the %s says %v, want %q", tt.by, finder, tt.want)
			}
			if got := engine.Condition(finder); got != wire.ConditionConnectionFramingError {
				t.Errorf("the condition is %s", got)
			}
			var verification *tls.CertificateVerificationError
			if tt.by == "client" && !errors.As(c.err, &verification) {
				t.Errorf("the client's error is no certificate error: %v", c.err)
			}
		})
	}
	s, c := meet(t, "amqps://", ConnectionOptions{TLS: server(p.expired)}, ConnectionOptions{TLS: &tls.Config{InsecureSkipVerify: true}})
	if !s.opened || !c.opened {
		t.Errorf("checks that were given up are made: %v", c.err)
	}
}

// §5.2: SNI, the sasl-init and the open name the same host; the name can be
// replaced.
func TestTLSServerName(t *testing.T) {
	p := pki()
	for host, client := range map[string]ConnectionOptions{
		"broker.example": {TLS: p.clientTLS(), VirtualHost: "broker.example"},
		"sni.example":    {TLS: &tls.Config{InsecureSkipVerify: true, ServerName: "sni.example"}, VirtualHost: "tenant"},
	} {
		var sni string
		config := p.serverTLS(false)
		config.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			sni = h.ServerName
			return nil, nil
		}
		s, c := meet(t, "", ConnectionOptions{TLS: config}, client)
		if !s.opened || !c.opened || sni != host || s.tls.ServerName != host {
			t.Errorf("%s: SNI is %q, client: %v", host, sni, c.err)
		}
		if client.TLS.ServerName != "" && client.TLS.ServerName != host {
			t.Error("the caller's Config was changed")
		}
	}
}

// The open time-out covers the handshake.
func TestTLSHandshakeTimesOut(t *testing.T) {
	for _, use := range []TLSUse{TLSDefault, TLSByHeader} {
		c := New("c", nil, Options{Transport: dialTo(silent)})
		w := newWitness(true)
		c.Connect("amqps://silent", ConnectionOptions{Handler: w, OpenTimeout: 10 * time.Millisecond, TLSUse: use})
		r := runContainer(t, c, 1)
		var timeout *engine.TimeoutError
		if s := w.wait(t, "client"); !errors.As(s.err, &timeout) {
			t.Errorf("the client's error is %v", s.err)
		}
		r.wantReturn("nothing is left")
	}
	for story, start := range map[string]string{"nothing": "", "half a header": "AMQP", "half a record": "\x16\x03\x01"} {
		nc, w, end := tlsServer(t, ConnectionOptions{OpenTimeout: 10 * time.Millisecond})
		io.WriteString(nc, start)
		var timeout *engine.TimeoutError
		if s := w.wait(t, "server"); !errors.As(s.err, &timeout) {
			t.Errorf("%s: the server's error is %v", story, s.err)
		}
		if _, err := io.ReadAll(nc); errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: the stream does not end", story)
		}
		end()
	}
}

// tlsServer is a server with TLS and a client that has dialled it.
func tlsServer(t *testing.T, opts ConnectionOptions) (nc net.Conn, w *witness, end func()) {
	t.Helper()
	w = newWitness(false)
	opts.Handler, opts.TLS = w, pki().serverTLS(false)
	c := New("c", nil, Options{})
	l, err := c.Listen("127.0.0.1:0", ListenWith(opts))
	if err != nil {
		t.Fatal(err)
	}
	r := runContainer(t, c, 1)
	addr, _ := l.Addr()
	if nc, err = net.Dial("tcp", addr.String()); err != nil {
		t.Fatal(err)
	}
	return nc, w, func() {
		nc.Close()
		l.Stop()
		r.wantReturn("nothing is left")
	}
}

// What no client sends: the answer is the TLS header, and the end (§2.2).
func TestTLSServerIsSentSomethingElse(t *testing.T) {
	for story, start := range map[string]string{
		"HTTP":                   "GET / HTTP/1.1\r\n\r\n",
		"SASL header":            "AMQP\x03\x01\x00\x00",
		"TLS header, revision 1": "AMQP\x02\x01\x00\x01",
		"AMQP 0-9-1":             "AMQP\x00\x00\x09\x01",
	} {
		nc, w, end := tlsServer(t, ConnectionOptions{})
		io.WriteString(nc, start)
		answer, err := io.ReadAll(nc)
		if err != nil || !bytes.Equal(answer, wire.HeaderTLS.Append(nil)) {
			t.Errorf("%s is answered by %q, %v", story, answer, err)
		}
		nc.Close()
		var header *engine.HeaderError
		if s := w.wait(t, "server"); !errors.As(s.err, &header) || !strings.HasPrefix(start, string(header.Received)) {
			t.Errorf("%s: the server's error is %v", story, s.err)
		}
		end()
	}
	nc, w, end := tlsServer(t, ConnectionOptions{})
	nc.Close()
	var failure *TLSError
	if s := w.wait(t, "server"); !errors.As(s.err, &failure) || !errors.Is(s.err, io.EOF) && !strings.Contains(s.err.Error(), "reset") {
		t.Errorf("a client that goes at once: %v", s.err)
	}
	end()
}

// Stop does not wait for a handshake.
func TestTLSStopDuringHandshake(t *testing.T) {
	c := New("c", nil, Options{Transport: dialTo(silent)})
	client, server := newWitness(true), newWitness(false)
	accepted := make(chan struct{})
	c.SetServerConnectionOptions(ConnectionOptions{Handler: server, TLS: pki().serverTLS(false)})
	c.Connect("amqps://silent", ConnectionOptions{Handler: client})
	r := runContainer(t, c, 2)
	near, far := net.Pipe()
	defer far.Close()
	go func() {
		far.Write([]byte{recordHandshake})
		close(accepted)
	}()
	if !c.accept(near, ConnectionOptions{}, false) {
		t.Fatal("not accepted")
	}
	wantSignal(t, accepted, "the server reads the first octet")
	c.Stop(nil)
	r.wantReturn("Stop ends handshakes")
	client.wait(t, "client")
	server.wait(t, "server")
}

// A Transport's own TLS layer counts, whether its handshake is complete or not.
func TestTLSOfATransport(t *testing.T) {
	p := pki()
	ln, err := tls.Listen("tcp", "127.0.0.1:0", p.serverTLS(true))
	if err != nil {
		t.Fatal(err)
	}
	w := newWitness(false)
	c := New("c", nil, Options{Transport: dialTo(func(ctx context.Context) (net.Conn, error) {
		d := tls.Dialer{Config: &tls.Config{RootCAs: p.roots, Certificates: []tls.Certificate{p.client}, ServerName: "127.0.0.1"}}
		return d.DialContext(ctx, "tcp", ln.Addr().String())
	})})
	client := newWitness(true)
	c.Connect("somewhere", ConnectionOptions{Handler: client, Mechanisms: []Symbol{"EXTERNAL"}})
	r := runContainer(t, c, 2)
	nc, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	c.accept(nc, ConnectionOptions{Handler: w}, false)
	if s := w.wait(t, "server"); !s.opened || s.user != "CN=device 7,O=Lab" {
		t.Errorf("the server knows %q: %v", s.user, s.err)
	}
	if s := client.wait(t, "client"); s.tls == nil || s.subject != "CN=server,O=Lab" {
		t.Errorf("the client sees %q", s.subject)
	}
	r.wantReturn("nothing is left")
}

// The refusal of a client's certificate comes after the client's handshake, as an
// alert (RFC 8446 §6.2): a failure of the layer, unlike the end of the network
// below.
func TestTLSAlertAfterTheHandshake(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	go func() {
		tls.Server(far, pki().serverTLS(true)).Handshake()
		far.Close()
	}()
	client := tls.Client(near, &tls.Config{RootCAs: pki().roots, ServerName: "127.0.0.1"})
	if err := client.Handshake(); err != nil {
		t.Fatal(err)
	}
	_, err := client.Read(make([]byte, 1))
	var failure *TLSError
	if got := tlsFailure(false, err); !errors.As(got, &failure) || failure.Server || engine.Condition(got) != wire.ConditionConnectionFramingError {
		t.Errorf("%v (%T) became %v", err, err, got)
	}
	if got := tlsFailure(false, io.EOF); got != io.EOF {
		t.Errorf("the end of the stream became %v", got)
	}
}

// A stream that is cut below the TLS layer is no good end of a connection that
// was not closed, although package crypto/tls takes a cut between records for one
// (RFC 8446 §6.1): the close frames are what counts (§2.4.3).
func TestTLSTruncation(t *testing.T) {
	nc, w, end := tlsServer(t, ConnectionOptions{})
	defer end()
	secure := tls.Client(nc, &tls.Config{RootCAs: pki().roots, ServerName: "127.0.0.1"})
	if err := secure.Handshake(); err != nil {
		t.Fatal(err)
	}
	secure.Write(wire.HeaderAMQP.Append(nil))
	head := make([]byte, 8)
	if _, err := io.ReadFull(secure, head); err != nil {
		t.Fatal(err)
	}
	nc.Close()
	var cut *engine.DisconnectError
	if s := w.wait(t, "server"); !errors.As(s.err, &cut) {
		t.Errorf("the server's error is %v", s.err)
	}
}

// Many records, and back-pressure: a writer thread for each batch.
func TestTLSCarriesMuch(t *testing.T) {
	const messages = 300
	p := pki()
	server := &sumUp{done: make(chan struct{})}
	c := New("pair", nil, Options{})
	l, err := c.Listen("127.0.0.1:0", ListenWith(ConnectionOptions{Handler: server, TLS: p.serverTLS(false)}))
	if err != nil {
		t.Fatal(err)
	}
	addr, _ := l.Addr()
	r := runContainer(t, c, 2)
	client := &bulk{messages: messages}
	if err := c.OpenSender("amqps://"+addr.String()+"/q", SenderOptions{Handler: client}, ConnectionOptions{Handler: client, TLS: p.clientTLS()}); err != nil {
		t.Fatal(err)
	}
	wantSignal(t, server.done, "the client has sent all and closed")
	l.Stop()
	if err := r.wantReturn("nothing is left"); err != nil {
		t.Error(err)
	}
	if client.settled != messages || server.octets != messages*bulkSize {
		t.Errorf("%d of %d were settled, %d octets came", client.settled, messages, server.octets)
	}
}

const bulkSize = 40_000

// sumUp counts what comes.
type sumUp struct {
	quietHandler
	octets int
	done   chan struct{}
}

func (h *sumUp) OnMessage(_ *Delivery, m *Message) { h.octets += len(m.Body().(string)) }
func (h *sumUp) OnTransportClose(*Connection)      { close(h.done) }

// bulk sends messages of bulkSize octets, as credit allows.
type bulk struct {
	quietHandler
	messages, sent, settled int
}

func (h *bulk) OnSendable(s *Sender) {
	for ; s.Credit() > 0 && h.sent < h.messages; h.sent++ {
		s.Send(NewMessage(strings.Repeat("x", bulkSize)))
	}
}

func (h *bulk) OnTrackerSettle(t *Tracker) {
	if h.settled++; h.settled == h.messages {
		t.Connection().Close(nil)
	}
}

// Another implementation's client: go-amqp.
func TestGoAMQP(t *testing.T) {
	p, users := pki(), labUsers(t)
	tokens := sasl.Tokens(func(user, token string) bool { return user == "alice" && token == "t.o.k" })
	all := sasl.AnyOf(sasl.Certificates(nil), users, tokens)
	w := make(chan seen, 20)
	config := p.serverTLS(false)
	config.ClientCAs, config.ClientAuth = p.roots, tls.VerifyClientCertIfGiven
	c := New("server", nil, Options{ServerConnection: ConnectionOptions{TLS: config, TLSUse: TLSOptional, Authenticator: all}})
	l, err := c.Listen("127.0.0.1:0", acceptWith{accept: func() Handler { return &witness{seen: w} }})
	if err != nil {
		t.Fatal(err)
	}
	addr, _ := l.Addr()
	r := runContainer(t, c, 2)
	for _, tt := range []struct {
		story, scheme string
		sasl          amqp.SASLType
		show          []tls.Certificate
		user          string // empty: refused
	}{
		{"PLAIN", "amqps://", amqp.SASLTypePlain("alice", "secret"), nil, "alice"},
		{"EXTERNAL", "amqps://", amqp.SASLTypeExternal(""), []tls.Certificate{p.client}, "CN=device 7,O=Lab"},
		{"XOAUTH2", "amqps://", amqp.SASLTypeXOAUTH2("alice", "t.o.k", 0), nil, "alice"},
		{"wrong password", "amqps://", amqp.SASLTypePlain("alice", "guess"), nil, ""},
		{"wrong token", "amqps://", amqp.SASLTypeXOAUTH2("alice", "t.i.k", 0), nil, ""},
		{"ANONYMOUS", "amqps://", amqp.SASLTypeAnonymous(), nil, ""},
		{"EXTERNAL without a certificate", "amqps://", amqp.SASLTypeExternal(""), nil, ""},
		{"no SASL layer", "amqps://", nil, nil, ""},
		{"PLAIN without TLS", "amqp://", amqp.SASLTypePlain("alice", "secret"), nil, ""},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		conn, err := amqp.Dial(ctx, tt.scheme+addr.String(), &amqp.ConnOptions{SASLType: tt.sasl, TLSConfig: p.clientTLS(tt.show...)})
		cancel()
		if (err == nil) != (tt.user != "") {
			t.Errorf("%s: %v", tt.story, err)
		}
		if err == nil {
			conn.Close()
		}
		select {
		case s := <-w:
			if s.user != tt.user || s.opened != (tt.user != "") {
				t.Errorf("%s: the server knows %q: %v", tt.story, s.user, s.err)
			}
		case <-time.After(patience):
			t.Fatalf("%s: no end", tt.story)
		}
	}
	l.Stop()
	r.wantReturn("nothing is left")
}
