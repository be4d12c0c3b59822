package sasl

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/container/engine"
	"github.com/collider-amqp/collider/container/wire"
)

func entropy() rand.Source { return rand.NewPCG(1, 2) }

func nonces() func() string {
	src := entropy()
	return func() string { return NonceFrom(src) }
}

func users(t testing.TB) *Users {
	t.Helper()
	u, err := NewUsers(map[string]string{"alice": "secret", "bob": "hunter2", "a,=b": "comma"}, entropy())
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// offer returns the mechanism of an Authenticator with that name, nil for none.
func offer(a Authenticator, p *Peer, name wire.Symbol) engine.ServerMechanism {
	for _, m := range a.Mechanisms(p) {
		if m.Name() == name {
			return m
		}
	}
	return nil
}

// run lets a client and a server talk as engines would, and returns the outcome
// and the client's error.
func run(t *testing.T, c engine.ClientMechanism, s engine.ServerMechanism) (engine.SASLStep, error) {
	t.Helper()
	message, err := c.Start()
	if err != nil {
		return engine.SASLStep{}, err
	}
	x := s.Begin()
	for range 5 {
		step := x.Next(message)
		if step.Done && step.Code != wire.SASLCodeOK {
			return step, nil
		}
		if step.Done {
			return step, c.Finish(step.Data)
		}
		if message, err = c.Next(step.Data); err != nil {
			return step, err
		}
		if message == nil {
			message = []byte{}
		}
	}
	t.Fatal("the exchange does not end")
	return engine.SASLStep{}, nil
}

func TestPasswordsByEveryMechanism(t *testing.T) {
	u, nonce := users(t), nonces()
	for name, client := range map[wire.Symbol]func(authzid, user, password string) engine.ClientMechanism{
		Plain:       PlainClient,
		SCRAMSHA256: func(a, u, p string) engine.ClientMechanism { return SCRAMClient(SCRAMSHA256, a, u, p, nonce) },
		SCRAMSHA512: func(a, u, p string) engine.ClientMechanism { return SCRAMClient(SCRAMSHA512, a, u, p, nonce) },
	} {
		for _, tt := range []struct {
			authzid, user, password string
			code                    wire.SASLCode
			as                      string
		}{
			{"", "alice", "secret", wire.SASLCodeOK, "alice"},
			{"alice", "alice", "secret", wire.SASLCodeOK, "alice"},
			{"", "a,=b", "comma", wire.SASLCodeOK, "a,=b"},
			{"", "al\u00adice", "secret", wire.SASLCodeOK, "alice"}, // SASLprep drops a soft hyphen
			{"bob", "alice", "secret", wire.SASLCodeAuth, ""},
			{"", "alice", "hunter2", wire.SASLCodeAuth, ""},
			{"", "alice", "", wire.SASLCodeAuth, ""},
			{"", "mallory", "secret", wire.SASLCodeAuth, ""},
		} {
			t.Run(fmt.Sprintf("%s/%q as %q by %q", name, tt.user, tt.authzid, tt.password), func(t *testing.T) {
				c := client(tt.authzid, tt.user, tt.password)
				step, err := run(t, c, offer(u, &Peer{Nonce: nonce}, name))
				if err != nil || !step.Done || step.Code != tt.code || step.User != tt.as {
					t.Fatalf("outcome %+v, %v; want %v for %q", step, err, tt.code, tt.as)
				}
				if got := c.(interface{ User() string }).User(); got != tt.user {
					t.Errorf("the client says it authenticates %q", got)
				}
			})
		}
	}
}

// Neither the salt nor the course of an exchange tells who is known.
func TestUnknownUsersLookLikeKnownOnes(t *testing.T) {
	u := users(t)
	salt := func(name string) string {
		c := SCRAMClient(SCRAMSHA256, "", name, "x", nonces())
		first, _ := c.Start()
		step := offer(u, &Peer{Nonce: nonces()}, SCRAMSHA256).Begin().Next(first)
		if step.Done {
			t.Fatalf("%s: the exchange ends at once", name)
		}
		return strings.Split(string(step.Data), ",")[1]
	}
	first, again := salt("mallory"), salt("mallory")
	if first != again || salt("mallory") == salt("trent") || len(salt("mallory")) != len(salt("alice")) {
		t.Error("a name that is not known can be told by its salt")
	}
}

func TestOtherMechanisms(t *testing.T) {
	cert := &x509.Certificate{Subject: pkix.Name{CommonName: "device 7", Organization: []string{"Lab"}}}
	verified := &Peer{TLS: &tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{cert}}}}
	token := Tokens(func(user, token string) bool { return user == "alice" && token == "t.o.k" })
	only := Certificates(func(c *x509.Certificate) (string, bool) { return "seven", c.Subject.CommonName == "device 7" })
	nobody := Certificates(func(*x509.Certificate) (string, bool) { return "seven", false })
	for _, tt := range []struct {
		story  string
		client engine.ClientMechanism
		server Authenticator
		code   wire.SASLCode
		user   string
	}{
		{"anonymous", AnonymousClient("tests"), Anyone(), wire.SASLCodeOK, "anonymous"},
		{"by subject", ExternalClient(""), Certificates(nil), wire.SASLCodeOK, "CN=device 7,O=Lab"},
		{"by function", ExternalClient("seven"), only, wire.SASLCodeOK, "seven"},
		{"as somebody else", ExternalClient("eight"), only, wire.SASLCodeAuth, ""},
		{"certificate of nobody", ExternalClient(""), nobody, wire.SASLCodeAuth, ""},
		{"token", XOAUTH2Client("alice", "t.o.k"), token, wire.SASLCodeOK, "alice"},
		{"wrong token", XOAUTH2Client("alice", "t.i.k"), token, wire.SASLCodeAuth, ""},
	} {
		t.Run(tt.story, func(t *testing.T) {
			step, err := run(t, tt.client, offer(AnyOf(tt.server, Anyone()), verified, tt.client.Name()))
			if err != nil || step.Code != tt.code || step.User != tt.user {
				t.Fatalf("outcome %+v, %v; want %v for %q", step, err, tt.code, tt.user)
			}
		})
	}
	if ms := AnyOf(Certificates(nil), Anyone(), Anyone()).Mechanisms(&Peer{TLS: &tls.ConnectionState{}}); len(ms) != 1 || ms[0].Name() != Anonymous {
		t.Errorf("without a verified certificate %d mechanisms are offered, want ANONYMOUS alone", len(ms))
	}
}

// RFC 4422 §3.3: a server asks for an initial response that is missing, once.
func TestServersAskForTheInitialResponse(t *testing.T) {
	p := &Peer{Nonce: nonces(), TLS: &tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{{}}}}}
	all := AnyOf(users(t), Certificates(nil), Tokens(func(string, string) bool { return false }))
	ms := all.Mechanisms(p)
	if len(ms) != 5 {
		t.Fatalf("%d mechanisms are offered", len(ms))
	}
	for _, m := range ms {
		x := m.Begin()
		if step := x.Next(nil); step.Done || len(step.Data) != 0 {
			t.Errorf("%s: %+v, want an empty challenge", m.Name(), step)
		}
		if step := x.Next(nil); m.Name() != XOAUTH2 && m.Name() != External && !step.Done {
			t.Errorf("%s: %+v, want the end", m.Name(), step)
		}
	}
}

// The exchange of RFC 7677 §3, both sides.
func TestRFC7677(t *testing.T) {
	const (
		clientFirst = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
		serverFirst = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
		clientFinal = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
		serverFinal = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
	)
	c := SCRAMClient(SCRAMSHA256, "", "user", "pencil", func() string { return "rOprNGfwEbeRWgbNEkqO" })
	if got, err := c.Start(); err != nil || string(got) != clientFirst {
		t.Fatalf("client-first %q, %v", got, err)
	}
	if got, err := c.Next([]byte(serverFirst)); err != nil || string(got) != clientFinal {
		t.Fatalf("client-final %q, %v", got, err)
	}
	if err := c.Finish([]byte(serverFinal)); err != nil {
		t.Fatal(err)
	}
	salt := []byte("\x5b\x6d\x99\x68\x9d\x12\x35\x8e\xec\xa0\x4b\x14\x12\x36\xfa\x81")
	keys, err := Derive(SCRAMSHA256, "user", "pencil", salt, 4096)
	if err != nil {
		t.Fatal(err)
	}
	x := SCRAMServer(SCRAMSHA256, func() string { return "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0" }, func(string) (Credentials, bool) { return keys, true }).Begin()
	if step := x.Next([]byte(clientFirst)); step.Done || string(step.Data) != serverFirst {
		t.Fatalf("server-first %q, done %t", step.Data, step.Done)
	}
	if step := x.Next([]byte(clientFinal)); !step.Done || step.Code != wire.SASLCodeOK || string(step.Data) != serverFinal || step.User != "user" {
		t.Fatalf("server-final %+v", step)
	}
}

// A server may prove itself in a last challenge in place of the outcome.
func TestSCRAMServerProvesItselfByAChallenge(t *testing.T) {
	c := SCRAMClient(SCRAMSHA256, "", "alice", "secret", nonces())
	x := offer(users(t), &Peer{Nonce: nonces()}, SCRAMSHA256).Begin()
	first, _ := c.Start()
	final, _ := c.Next(x.Next(first).Data)
	proof := x.Next(final).Data
	if answer, err := c.Next(proof); err != nil || len(answer) != 0 {
		t.Fatalf("answer %q, %v", answer, err)
	}
	if err := c.Finish(nil); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Next(proof); err == nil {
		t.Error("the exchange goes on for ever")
	}
}

// What a server that does not know the password can try.
func TestSCRAMClientRefuses(t *testing.T) {
	const nonce = "rOprNGfwEbeRWgbNEkqO"
	const first = "r=" + nonce + "abc,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
	for _, tt := range []struct{ story, first, final, want string }{
		{"nothing", "", "", ""},
		{"truncated", first[:len(first)/2], "", ""},
		{"another nonce", strings.Replace(first, nonce, "other", 1), "", "nonce"},
		{"few iterations", strings.Replace(first, "4096", "4095", 1), "", "too few iterations"},
		{"many iterations", strings.Replace(first, "4096", "1000001", 1), "", "more than 1000000"},
		{"no number", strings.Replace(first, "4096", "99999999999999999999", 1), "", "more than 1000000"},
		{"no proof", first, "", "missing"},
		{"a wrong proof", first, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "validation failed"},
		{"a truncated proof", first, "v=6rriTRBi23WpRR/w", "validation failed"},
		{"an error", first, "e=other-error", "other-error"},
	} {
		t.Run(tt.story, func(t *testing.T) {
			c := SCRAMClient(SCRAMSHA256, "", "user", "pencil", func() string { return nonce })
			c.Start()
			_, err := c.Next([]byte(tt.first))
			if early := c.Finish([]byte("v=AAAA")); err != nil && early == nil {
				t.Fatal("an outcome is believed although the exchange failed")
			}
			if tt.first == first {
				if err != nil {
					t.Fatal(err)
				}
				c = SCRAMClient(SCRAMSHA256, "", "user", "pencil", func() string { return nonce })
				c.Start()
				c.Next([]byte(tt.first))
				err = c.Finish([]byte(tt.final))
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "pencil") {
				t.Fatalf("error %v, want one about %q", err, tt.want)
			}
		})
	}
}

func TestSCRAMServerRefuses(t *testing.T) {
	u := users(t)
	begin := func(t *testing.T) (engine.ServerExchange, engine.ClientMechanism, []byte) {
		c := SCRAMClient(SCRAMSHA512, "", "alice", "secret", nonces())
		first, err := c.Start()
		if err != nil {
			t.Fatal(err)
		}
		return offer(u, &Peer{Nonce: nonces()}, SCRAMSHA512).Begin(), c, first
	}
	for i := range 40 {
		x, c, first := begin(t)
		if i < len(first) {
			cut := first[:i]
			if step := x.Next(cut); step.Done && step.Code != wire.SASLCodeAuth || step.User != "" {
				t.Fatalf("%q: %+v", cut, step)
			}
			x, c, first = begin(t)
		}
		final, err := c.Next(x.Next(first).Data)
		if err != nil {
			t.Fatal(err)
		}
		cut := final[:len(final)-1-i]
		if step := x.Next(cut); !step.Done || step.Code != wire.SASLCodeAuth || step.Data != nil {
			t.Fatalf("%q: %+v, want a refusal", cut, step)
		}
	}
	x, _, _ := begin(t)
	if step := x.Next([]byte("p=tls-unique,,n=alice,r=abc")); !step.Done || step.Code != wire.SASLCodeAuth {
		t.Errorf("channel binding without -PLUS: %+v", step)
	}
}

func TestClientsRefuseWhatCannotBeSent(t *testing.T) {
	why := errors.New("why")
	for story, c := range map[string]engine.ClientMechanism{
		"NUL in PLAIN":          PlainClient("", "a", "b\x00c"),
		"^A in XOAUTH2":         XOAUTH2Client("a", "b\x01c"),
		"prohibited by SCRAM":   SCRAMClient(SCRAMSHA256, "", "a", "b\u0007", nonces()),
		"a mechanism as refuse": Refused(Plain, why),
	} {
		if _, err := c.Start(); err == nil {
			t.Errorf("%s: accepted", story)
		}
	}
	if _, err := AnonymousClient("").Next(nil); err == nil {
		t.Error("ANONYMOUS answers a challenge")
	}
}

func TestNewUsersRefuses(t *testing.T) {
	for story, passwords := range map[string]map[string]string{
		"empty name":      {"": "x"},
		"prohibited name": {"a\u0007": "x"},
		"same name twice": {"ab": "x", "a\u00adb": "x"},
		"prohibited word": {"a": "\u0007"},
	} {
		if _, err := NewUsers(passwords, nil); err == nil {
			t.Errorf("%s: accepted", story)
		}
	}
	if _, err := Derive(SCRAMSHA256, "a", "b", nil, 1); err == nil {
		t.Error("one iteration is accepted")
	}
}

func TestUsersDependOnTheEntropyAlone(t *testing.T) {
	a, b := users(t), users(t)
	if fmt.Sprint(a.known, a.secret) != fmt.Sprint(b.known, b.secret) {
		t.Error("the same entropy made different keys")
	}
	if other, err := NewUsers(map[string]string{"alice": "secret"}, nil); err != nil || fmt.Sprint(other.known["alice"]) == fmt.Sprint(a.known["alice"]) {
		t.Errorf("the system's entropy made the same salt (%v)", err)
	}
}

func TestDiscloses(t *testing.T) {
	for m, want := range map[wire.Symbol]bool{Plain: true, XOAUTH2: true, SCRAMSHA256: false, SCRAMSHA512: false, External: false, Anonymous: false} {
		if Discloses(m) != want {
			t.Errorf("Discloses(%s) = %t", m, !want)
		}
	}
}
