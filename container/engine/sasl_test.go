package engine

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/collider-amqp/collider/container/wire"
)

// plainServer accepts alice with the password secret.
func plainServer() *ServerSASL {
	return &ServerSASL{
		Offered: []wire.Symbol{"PLAIN", "ANONYMOUS"},
		Authenticate: func(mechanism wire.Symbol, response []byte) (string, wire.SASLCode) {
			if mechanism == "ANONYMOUS" {
				return "nobody", wire.SASLCodeOK
			}
			_, user, password, ok := ParsePlain(response)
			if !ok || user != "alice" || password != "secret" {
				return "", wire.SASLCodeAuth
			}
			return user, wire.SASLCodeOK
		},
	}
}

// saslServer is a server engine whose client has sent the SASL header.
func saslServer(t *testing.T, s *ServerSASL) *peer {
	t.Helper()
	p := newPeer(t, Config{Side: Server, ServerSASL: s})
	p.sendHeader(wire.HeaderSASL)
	p.wantHeader("the SASL header is answered", wire.HeaderSASL)
	return p
}

// nextSASL takes the engine's next frame of the SASL layer and checks its frame header (§5.3.1).
func nextSASL[P wire.Performative](p *peer, story string) P {
	p.t.Helper()
	p.fetch()
	if len(p.in) >= 8 && (p.in[4] != 2 || p.in[5] != 1 || p.in[6] != 0 || p.in[7] != 0) {
		p.t.Fatalf("%s: the frame header is % x", story, p.in[:8])
	}
	return next[P](p, story, 0)
}

func TestServerSASL(t *testing.T) {
	p := saslServer(t, plainServer())
	m := nextSASL[*wire.SASLMechanisms](p, "the server offers its mechanisms (§5.3.3.1)")
	if fmt.Sprint(m.SASLServerMechanisms) != "[PLAIN ANONYMOUS]" {
		t.Fatalf("offered: %v", m.SASLServerMechanisms)
	}
	p.sendSASL(&wire.SASLInit{Mechanism: "PLAIN", InitialResponse: []byte("\x00alice\x00secret")})
	if o := nextSASL[*wire.SASLOutcome](p, "the outcome comes"); o.Code != wire.SASLCodeOK {
		t.Fatalf("the outcome is %v", o.Code)
	}
	p.wantEvent("the outcome is reported", SASLOutcome)
	if s := p.c.SASL(); !s.Done || s.Code != wire.SASLCodeOK || s.User != "alice" || s.Mechanism != "PLAIN" {
		t.Fatalf("the layer stands at %+v", s)
	}
	p.wantSilence("the server waits for the AMQP header (§5.3.2)")
	p.must(p.c.Open())
	p.sendHeader(wire.HeaderAMQP)
	p.wantHeader("a new header exchange begins the AMQP layer", wire.HeaderAMQP)
	next[*wire.Open](p, "the connection opens", 0)
	p.sendSASL(&wire.SASLInit{Mechanism: "PLAIN"})
	p.wantEvent("SASL frames are illegal behind the AMQP header (§2.3.1)", ConnectionFault)
	p.wantClose("the connection is closed", wire.ConditionConnectionFramingError)
}

// §5.3.2: after a failure the AMQP layer must not begin.
func TestServerSASLFailures(t *testing.T) {
	init := func(mechanism wire.Symbol, response string) wire.Performative {
		return &wire.SASLInit{Mechanism: mechanism, InitialResponse: []byte(response)}
	}
	for _, tt := range []struct {
		story   string
		frame   wire.Performative
		outcome bool // whether an outcome comes
	}{
		{"a wrong password", init("PLAIN", "\x00alice\x00wrong"), true},
		{"PLAIN without NULs", init("PLAIN", "alice"), true},
		{"PLAIN with three NULs", init("PLAIN", "\x00alice\x00secret\x00"), true},
		{"PLAIN without user", init("PLAIN", "\x00\x00secret"), true},
		{"a mechanism that was not offered (§5.3.3.2)", init("EXTERNAL", ""), true},
		{"a mechanism by prefix", init("PLAI", ""), true},
		{"a response before the init", &wire.SASLResponse{Response: []byte{}}, false},
		{"a client that speaks as a server: mechanisms", &wire.SASLMechanisms{SASLServerMechanisms: []wire.Symbol{"PLAIN"}}, false},
		{"a client that speaks as a server: challenge", &wire.SASLChallenge{Challenge: []byte{}}, false},
		{"a client that speaks as a server: outcome", &wire.SASLOutcome{}, false},
	} {
		t.Run(tt.story, func(t *testing.T) {
			p := saslServer(t, plainServer())
			p.must(p.c.Open())
			nextSASL[*wire.SASLMechanisms](p, "the server offers its mechanisms")
			p.sendSASL(tt.frame)
			if tt.outcome {
				if o := nextSASL[*wire.SASLOutcome](p, "the outcome comes"); o.Code != wire.SASLCodeAuth {
					t.Fatalf("the outcome is %v", o.Code)
				}
				p.wantEvent("it is reported", SASLOutcome)
			}
			p.sendHeader(wire.HeaderAMQP)
			p.sendHeader(wire.HeaderSASL)
			p.sendSASL(init("PLAIN", "\x00alice\x00secret"))
			p.wantSilence("there is no way round the failure (§5.3.2)")
			if !p.c.WriteDone() {
				t.Fatal("the server's stream must end")
			}
			p.c.ReceiveEOF(p.now)
			p.wantOver("the client leaves", true)
			if Condition(p.c.Err()) != wire.ConditionUnauthorizedAccess || strings.Contains(p.c.Err().Error(), "secret") {
				t.Fatalf("the error is %v", p.c.Err())
			}
		})
	}
}

func TestSASLFramesAreChecked(t *testing.T) {
	for story, octets := range map[string][]byte{
		"an empty frame is irrecoverable (§5.3.1)": {0, 0, 0, 8, 2, 1, 0, 0},
		"an AMQP frame":                            wire.AppendFrame(nil, wire.FrameAMQP, 0, &wire.Open{}, nil),
		"an empty AMQP frame":                      wire.AppendEmptyFrame(nil),
		"a frame of more than 512 octets (§5.3.1)": wire.AppendFrame(nil, wire.FrameSASL, 0, &wire.SASLInit{Mechanism: "PLAIN", InitialResponse: make([]byte, 600)}, nil),
		"octets behind the performative":           wire.AppendFrame(nil, wire.FrameSASL, 0, &wire.SASLInit{Mechanism: "ANONYMOUS"}, []byte{1}),
		"a size below the header's":                {0, 0, 0, 7, 2, 1, 0, 0},
	} {
		p := saslServer(t, plainServer())
		nextSASL[*wire.SASLMechanisms](p, "the server offers its mechanisms")
		p.sendBytes(octets)
		p.wantSilence(story)
		p.c.ReceiveEOF(p.now)
		p.wantOver(story, true)
	}
	p := saslServer(t, plainServer())
	nextSASL[*wire.SASLMechanisms](p, "the server offers its mechanisms")
	b := wire.AppendFrame(nil, wire.FrameSASL, 0xffff, &wire.SASLInit{Mechanism: "ANONYMOUS"}, nil)
	p.sendBytes(b)
	nextSASL[*wire.SASLOutcome](p, "the channel of a SASL frame has no meaning (§5.3.1)")
}

func TestLongSASLFramesWhereConfigured(t *testing.T) {
	long := &ClientSASL{User: "alice", Password: strings.Repeat("x", 1000)}
	p := newPair(t, Config{ClientSASL: long}, Config{ServerSASL: plainServer()})
	p.pump()
	if Condition(p.client.Err()) != wire.ConditionUnauthorizedAccess {
		t.Fatalf("a client sends no SASL frame beyond 512 octets (§5.3.1): %v", p.client.Err())
	}
	p = newPair(t, Config{ClientSASL: long, MaxSASLFrameSize: 4096}, Config{ServerSASL: plainServer(), MaxSASLFrameSize: 4096})
	p.pump()
	if s := p.server.SASL(); !s.Done || s.Code != wire.SASLCodeAuth {
		t.Fatalf("with larger frames the password reaches the server: %+v", s)
	}
}

// §5.3.3.3: EXTERNAL and PLAIN without initial response are asked for it.
func TestServerAsksForTheInitialResponse(t *testing.T) {
	p := saslServer(t, plainServer())
	nextSASL[*wire.SASLMechanisms](p, "the server offers its mechanisms")
	p.sendSASL(&wire.SASLInit{Mechanism: "PLAIN"})
	nextSASL[*wire.SASLChallenge](p, "a missing initial response is asked for")
	p.sendSASL(&wire.SASLResponse{Response: []byte("\x00alice\x00secret")})
	if o := nextSASL[*wire.SASLOutcome](p, "the outcome comes"); o.Code != wire.SASLCodeOK {
		t.Fatalf("the outcome is %v", o.Code)
	}
}

// §2.4.2: a client may send SASL, header and open in one segment.
func TestServerTakesAPipelinedSASLLayer(t *testing.T) {
	p := newPeer(t, Config{Side: Server, ServerSASL: plainServer()})
	b := wire.HeaderSASL.Append(nil)
	b = wire.AppendFrame(b, wire.FrameSASL, 0, &wire.SASLInit{Mechanism: "ANONYMOUS"}, nil)
	b = wire.HeaderAMQP.Append(b)
	b = wire.AppendFrame(b, wire.FrameAMQP, 0, &wire.Open{ContainerID: "peer", MaxFrameSize: 512}, nil)
	p.sendBytes(b)
	p.wantEvent("the outcome is reported", SASLOutcome)
	p.wantEvent("the open is reported", ConnectionRemoteOpen)
}

func TestServerWithOptionalSASL(t *testing.T) {
	p := newPeer(t, Config{Side: Server, ServerSASL: &ServerSASL{Optional: true}})
	p.sendHeader(wire.HeaderAMQP)
	p.wantHeader("a client without SASL is accepted where that is allowed", wire.HeaderAMQP)
	if s := p.c.SASL(); s.Done || s.User != "" {
		t.Fatalf("such a client has no identity: %+v", s)
	}
	p.wantNoEvent("no outcome is reported")
}

func TestClientSASLChoice(t *testing.T) {
	scram := &fakeSCRAM{}
	for _, tt := range []struct {
		story   string
		sasl    ClientSASL
		offered []wire.Symbol
		want    wire.Symbol // empty: none will do
	}{
		{"without credentials", ClientSASL{}, []wire.Symbol{"PLAIN", "ANONYMOUS"}, "ANONYMOUS"},
		{"with a user", ClientSASL{User: "u"}, []wire.Symbol{"ANONYMOUS", "PLAIN"}, "PLAIN"},
		{"with a user, none but ANONYMOUS offered", ClientSASL{User: "u"}, []wire.Symbol{"ANONYMOUS"}, ""},
		{"the same, where the caller allows it", ClientSASL{User: "u", Allowed: []wire.Symbol{"PLAIN", "ANONYMOUS"}}, []wire.Symbol{"ANONYMOUS"}, "ANONYMOUS"},
		{"PLAIN not allowed", ClientSASL{User: "u", Allowed: []wire.Symbol{"EXTERNAL"}}, []wire.Symbol{"PLAIN"}, ""},
		{"EXTERNAL before PLAIN", ClientSASL{User: "u", External: true}, []wire.Symbol{"PLAIN", "EXTERNAL"}, "EXTERNAL"},
		{"the caller's mechanism before all", ClientSASL{User: "u", External: true, Mechanisms: []ClientMechanism{scram}}, []wire.Symbol{"PLAIN", "X-SCRAM", "EXTERNAL"}, "X-SCRAM"},
		{"an unknown mechanism", ClientSASL{}, []wire.Symbol{"X-FOO"}, ""},
	} {
		t.Run(tt.story, func(t *testing.T) {
			p := newPeer(t, Config{ClientSASL: &tt.sasl, Hostname: "host"})
			p.wantHeader("the client begins", wire.HeaderSASL)
			p.sendHeader(wire.HeaderSASL)
			p.sendSASL(&wire.SASLMechanisms{SASLServerMechanisms: tt.offered})
			if tt.want == "" {
				p.wantOver("no mechanism will do, and none is tried (§5.3.3.1)", true)
				return
			}
			i := nextSASL[*wire.SASLInit](p, "the client chooses")
			if i.Mechanism != tt.want || i.Hostname.V != "host" {
				t.Fatalf("chosen: %+v", i)
			}
		})
	}
}

func TestClientSASLFailures(t *testing.T) {
	for _, code := range []wire.SASLCode{wire.SASLCodeAuth, wire.SASLCodeSys, wire.SASLCodeSysPerm, wire.SASLCodeSysTemp} {
		p := newPeer(t, Config{ClientSASL: &ClientSASL{User: "u", Password: "p"}})
		p.wantHeader("the client begins", wire.HeaderSASL)
		p.sendHeader(wire.HeaderSASL)
		p.sendSASL(&wire.SASLMechanisms{SASLServerMechanisms: []wire.Symbol{"PLAIN"}})
		nextSASL[*wire.SASLInit](p, "the client tries")
		p.sendSASL(&wire.SASLOutcome{Code: code})
		p.wantEvent("the outcome is reported", SASLOutcome)
		p.wantOver("the connection ends", true)
		var e *SASLError
		if !errors.As(p.c.Err(), &e) || e.Code != code || e.Mechanism != "PLAIN" {
			t.Fatalf("the error is %v", p.c.Err())
		}
	}
	for story, frame := range map[string]wire.Performative{
		"an init":                     &wire.SASLInit{Mechanism: "PLAIN"},
		"a response":                  &wire.SASLResponse{Response: []byte{}},
		"an outcome before the init":  &wire.SASLOutcome{},
		"a challenge before the init": &wire.SASLChallenge{Challenge: []byte{}},
	} {
		p := newPeer(t, Config{ClientSASL: &ClientSASL{}})
		p.wantHeader("the client begins", wire.HeaderSASL)
		p.sendHeader(wire.HeaderSASL)
		p.sendSASL(frame)
		p.wantOver("a server that sends "+story, true)
	}
	p := newPeer(t, Config{ClientSASL: &ClientSASL{User: "u"}})
	p.wantHeader("the client begins", wire.HeaderSASL)
	p.sendHeader(wire.HeaderSASL)
	p.sendSASL(&wire.SASLMechanisms{SASLServerMechanisms: []wire.Symbol{"PLAIN"}})
	nextSASL[*wire.SASLInit](p, "the client tries")
	p.sendSASL(&wire.SASLChallenge{Challenge: []byte("?")})
	p.wantOver("a challenge that PLAIN does not know does not hang", true)
}

// fakeSCRAM is a mechanism with one challenge, both sides: the challenge is the response reversed, the outcome carries
// a proof.
type fakeSCRAM struct {
	badProof bool
}

func (m *fakeSCRAM) Name() wire.Symbol      { return "X-SCRAM" }
func (m *fakeSCRAM) Start() ([]byte, error) { return []byte("abc"), nil }
func (m *fakeSCRAM) Next(c []byte) ([]byte, error) {
	if string(c) != "cba" {
		return nil, fmt.Errorf("challenge %q", c)
	}
	return []byte("done"), nil
}
func (m *fakeSCRAM) Finish(data []byte) error {
	if string(data) != "proof" {
		return errors.New("no proof")
	}
	return nil
}

type serverSCRAM struct{ *fakeSCRAM }

func (m serverSCRAM) Begin() ServerExchange { return &scramExchange{bad: m.badProof} }

type scramExchange struct {
	asked, bad bool
}

func (x *scramExchange) Next(response []byte) SASLStep {
	if !x.asked {
		x.asked = true
		r := bytes.Clone(response)
		for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
			r[i], r[j] = r[j], r[i]
		}
		return SASLStep{Data: r}
	}
	if x.bad {
		return SASLStep{Done: true, User: "bob", Data: []byte("forged")}
	}
	return SASLStep{Done: true, User: "bob", Data: []byte("proof")}
}

func TestSASLMechanismWithChallenges(t *testing.T) {
	for _, bad := range []bool{false, true} {
		server := Config{ServerSASL: &ServerSASL{Mechanisms: []ServerMechanism{serverSCRAM{&fakeSCRAM{badProof: bad}}}}}
		p := newPair(t, Config{ClientSASL: &ClientSASL{User: "bob", Mechanisms: []ClientMechanism{&fakeSCRAM{}}}}, server)
		p.split = oneOctet
		p.client.handler, p.server.handler = autoOpen, autoOpen
		p.client.must(p.client.Open())
		p.pump()
		if s := p.server.SASL(); s.User != "bob" || s.Code != wire.SASLCodeOK {
			t.Fatalf("the server's layer stands at %+v", s)
		}
		if bad {
			if !p.client.Finished() || Condition(p.client.Err()) != wire.ConditionUnauthorizedAccess {
				t.Fatalf("a client must not go on with a server that did not prove itself: %v", p.client.Err())
			}
		} else if p.client.RemoteState() != Active || p.server.RemoteState() != Active {
			t.Fatalf("not open: %v, %v", p.client.log, p.server.log)
		}
	}
}

func TestParsePlain(t *testing.T) {
	if z, c, p, ok := ParsePlain([]byte("z\x00c\x00p")); z != "z" || c != "c" || p != "p" || !ok {
		t.Errorf("got %q %q %q %v", z, c, p, ok)
	}
	if _, c, p, ok := ParsePlain([]byte("\x00ü\x00")); c != "ü" || p != "" || !ok {
		t.Errorf("an empty password and a non-ASCII user are legal: %q %q %v", c, p, ok)
	}
}

// named is a mechanism that says whom it authenticates.
type named struct{ fakeSCRAM }

func (*named) User() string { return "alice" }

// What rules out ANONYMOUS, which a side without mechanisms uses (§5.3.3.1).
func TestMechanismsThatAreRuledOutAreNotReplaced(t *testing.T) {
	p := newPeer(t, Config{Side: Server, ServerSASL: &ServerSASL{Mechanisms: []ServerMechanism{}}})
	p.sendHeader(wire.HeaderSASL)
	p.wantHeader("the SASL header is answered", wire.HeaderSASL)
	p.wantSilence("there is nothing to offer")
	if !p.c.WriteDone() {
		t.Error("the server's stream must end")
	}
	c := &ClientSASL{Mechanisms: []ClientMechanism{}}
	if m := c.choose([]wire.Symbol{"ANONYMOUS"}); m != nil {
		t.Errorf("the client takes %s", m.Name())
	}
	c.Allowed = []wire.Symbol{"ANONYMOUS"}
	if m := c.choose([]wire.Symbol{"ANONYMOUS"}); m == nil {
		t.Error("the client does not take ANONYMOUS although it is allowed by name")
	}
}

func TestUserOfAClientMechanism(t *testing.T) {
	p := newPeer(t, Config{ClientSASL: &ClientSASL{Mechanisms: []ClientMechanism{&named{}}}})
	p.wantHeader("the client begins with SASL", wire.HeaderSASL)
	p.sendHeader(wire.HeaderSASL)
	p.sendSASL(&wire.SASLMechanisms{SASLServerMechanisms: []wire.Symbol{"X-SCRAM"}})
	if u := p.c.SASL().User; u != "alice" {
		t.Errorf("the user is %q", u)
	}
}

// forever is a mechanism of either side whose exchange has no end.
type forever struct{}

func (forever) Name() wire.Symbol           { return "X-FOREVER" }
func (forever) Start() ([]byte, error)      { return nil, nil }
func (forever) Next([]byte) ([]byte, error) { return nil, nil }
func (forever) Finish([]byte) error         { return nil }

type foreverServer struct{ forever }

func (foreverServer) Begin() ServerExchange { return foreverExchange{} }

type foreverExchange struct{}

func (foreverExchange) Next([]byte) SASLStep { return SASLStep{} }

// The number of challenges is bounded on both sides.
func TestSASLExchangeEnds(t *testing.T) {
	server := saslServer(t, &ServerSASL{Mechanisms: []ServerMechanism{foreverServer{}}})
	nextSASL[*wire.SASLMechanisms](server, "the server offers its mechanism")
	server.sendSASL(&wire.SASLInit{Mechanism: "X-FOREVER"})
	client := newPeer(t, Config{ClientSASL: &ClientSASL{Mechanisms: []ClientMechanism{forever{}}}})
	client.sendHeader(wire.HeaderSASL)
	client.sendSASL(&wire.SASLMechanisms{SASLServerMechanisms: []wire.Symbol{"X-FOREVER"}})
	for range maxSASLRounds {
		if server.c.WriteDone() || client.c.ReadDone() {
			t.Fatal("the exchange ends too early")
		}
		server.sendSASL(&wire.SASLResponse{Response: []byte{}})
		client.sendSASL(&wire.SASLChallenge{Challenge: []byte{}})
	}
	client.sendSASL(&wire.SASLChallenge{Challenge: []byte{}})
	for side, c := range map[string]*Connection{"server": server.c, "client": client.c} {
		c.Wrote(len(c.Output()))
		if !c.WriteDone() || c.Err() == nil || !strings.Contains(c.Err().Error(), "16 challenges") {
			t.Errorf("%s: %v", side, c.Err())
		}
	}
}

// speaks is an error with a condition of its own.
type speaks struct{ error }

func (speaks) Condition() wire.Symbol { return "x:own" }

func TestConditionOfATransportsError(t *testing.T) {
	if got := Condition(&DisconnectError{Err: speaks{errors.New("x")}}); got != "x:own" {
		t.Errorf("the condition is %s", got)
	}
}
