package engine

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/collider-amqp/collider/container/wire"
)

// saslState is the SASL layer of one connection (§5.3).
type saslState struct {
	status   SASLStatus
	begun    bool            // sasl-init was sent, or received
	over     bool            // the layer is behind us, or was left out
	asked    bool            // the server has sent an empty challenge for a missing initial response
	rounds   int             // challenges that were sent, or received
	client   ClientMechanism // the chosen mechanism of a client
	exchange ServerExchange  // the exchange of a server's Mechanism; nil for an Offered one
}

// SASL returns how the SASL layer stands.
func (c *Connection) SASL() SASLStatus { return c.sasl.status }

// receiveSASL handles one frame of the SASL layer. Each side accepts only what the other side's role sends (§5.3.2).
func (c *Connection) receiveSASL(f *wire.Frame) {
	server := c.cfg.Side == Server
	switch {
	case f.Type != wire.FrameSASL:
		c.failSASL(0, "an AMQP frame in the SASL layer", nil)
	case f.Code == wire.CodeSASLInit && server && !c.sasl.begun:
		c.onInit(&f.SASLInit)
	case f.Code == wire.CodeSASLResponse && server && c.sasl.begun:
		c.onResponse(f.SASLResponse.Response)
	case f.Code == wire.CodeSASLMechanisms && !server && !c.sasl.begun:
		c.onMechanisms(f.SASLMechanisms.SASLServerMechanisms)
	case f.Code == wire.CodeSASLChallenge && !server && c.sasl.begun:
		c.onChallenge(f.SASLChallenge.Challenge)
	case f.Code == wire.CodeSASLOutcome && !server && c.sasl.begun:
		c.onOutcome(f.SASLOutcome.Code, f.SASLOutcome.AdditionalData)
	default:
		c.failSASL(0, f.Code.String()+" is out of place", nil)
	}
}

// emitSASL appends a SASL frame; they are limited to 512 octets (§5.3.1) unless configured otherwise.
func (c *Connection) emitSASL(p wire.Performative) {
	start := len(c.out.buf)
	c.out.buf = wire.AppendFrame(c.out.buf, wire.FrameSASL, 0, p, nil)
	if n := len(c.out.buf) - start; n > int(c.cfg.MaxSASLFrameSize) {
		c.out.buf = c.out.buf[:start]
		c.failSASL(0, p.Descriptor().String()+" exceeds the maximum SASL frame size", nil)
	}
}

// failSASL ends the connection; the SASL layer has no frame to say why, except the outcome.
func (c *Connection) failSASL(code wire.SASLCode, reason string, err error) {
	c.abandon(&SASLError{Code: code, Mechanism: c.sasl.status.Mechanism, Reason: reason, Err: err})
	if c.cfg.Side == Client {
		c.readEnd = true
	}
}

// endSASL takes the outcome.
func (c *Connection) endSASL(code wire.SASLCode) {
	c.sasl.over = true
	c.sasl.status.Done, c.sasl.status.Code = true, code
	c.push(Event{Type: SASLOutcome})
	if code != wire.SASLCodeOK {
		c.failSASL(code, "the outcome is "+code.String(), nil)
	}
}

// --- client ---

// onMechanisms chooses one of the offered mechanisms and begins it (§5.3.3.1).
func (c *Connection) onMechanisms(offered []wire.Symbol) {
	m := c.cfg.ClientSASL.choose(offered)
	if m == nil {
		c.failSASL(0, "the server offers no mechanism that may be used, but "+listMechanisms(offered), nil)
		return
	}
	c.sasl.client, c.sasl.begun = m, true
	c.sasl.status.Mechanism = m.Name()
	if u, ok := m.(interface{ User() string }); ok {
		c.sasl.status.User = u.User()
	}
	response, err := m.Start()
	if err != nil {
		c.failSASL(0, "the mechanism failed", err)
		return
	}
	init := &wire.SASLInit{Mechanism: m.Name(), InitialResponse: response}
	if c.cfg.Hostname != "" {
		init.Hostname = wire.Some(c.cfg.Hostname)
	}
	c.emitSASL(init)
}

// listMechanisms names mechanisms for an error; one frame held them, so that the text is short.
func listMechanisms(names []wire.Symbol) string {
	if len(names) == 0 {
		return "none"
	}
	texts := make([]string, len(names))
	for i, n := range names {
		texts[i] = string(n)
	}
	return strings.Join(texts, " ")
}

// choose returns the most preferred of the usable mechanisms that the server offers, nil if there is none.
func (s *ClientSASL) choose(offered []wire.Symbol) ClientMechanism {
	for _, m := range s.usable() {
		if s.allows(m.Name()) && slices.Contains(offered, m.Name()) {
			return m
		}
	}
	return nil
}

func (s *ClientSASL) usable() []ClientMechanism {
	ms := slices.Clone(s.Mechanisms)
	if s.External {
		ms = append(ms, oneShot{name: mechExternal, response: []byte(s.AuthorizationID)})
	}
	if s.User != "" {
		ms = append(ms, oneShot{mechPlain, []byte(s.AuthorizationID + "\x00" + s.User + "\x00" + s.Password), s.User})
	}
	if s.Mechanisms == nil && !s.External && s.User == "" || slices.Contains(s.Allowed, mechAnonymous) {
		ms = append(ms, oneShot{name: mechAnonymous, response: []byte("anonymous")})
	}
	return ms
}

func (s *ClientSASL) allows(name wire.Symbol) bool {
	return len(s.Allowed) == 0 || slices.Contains(s.Allowed, name)
}

// oneShot is a mechanism that consists of its initial response.
type oneShot struct {
	name     wire.Symbol
	response []byte
	user     string
}

func (m oneShot) Name() wire.Symbol      { return m.name }
func (m oneShot) User() string           { return m.user }
func (m oneShot) Start() ([]byte, error) { return m.response, nil }
func (m oneShot) Finish([]byte) error    { return nil }
func (m oneShot) Next([]byte) ([]byte, error) {
	return nil, errors.New("the mechanism knows no challenge")
}

// maxSASLRounds bounds the challenges of an exchange. The longest mechanism in use has three.
const maxSASLRounds = 16

// nextRound counts a challenge, and reports false if it is one too many.
func (c *Connection) nextRound() bool {
	c.sasl.rounds++
	if c.sasl.rounds > maxSASLRounds {
		c.failSASL(0, "more than "+strconv.Itoa(maxSASLRounds)+" challenges", nil)
		return false
	}
	return true
}

func (c *Connection) onChallenge(challenge []byte) {
	if !c.nextRound() {
		return
	}
	response, err := c.sasl.client.Next(challenge)
	if err != nil {
		c.failSASL(0, "the challenge was not met", err)
		return
	}
	c.emitSASL(&wire.SASLResponse{Response: notNil(response)})
}

// onOutcome ends the layer. After ok the AMQP layer begins with its own header (§5.3.2).
func (c *Connection) onOutcome(code wire.SASLCode, data []byte) {
	if code == wire.SASLCodeOK {
		if err := c.sasl.client.Finish(data); err != nil {
			c.failSASL(0, "the server did not prove itself", err)
			return
		}
	}
	c.endSASL(code)
	if code == wire.SASLCodeOK {
		c.input.phase = phaseHeader
		c.sendAMQPHeader()
	}
}

// --- server ---

// sendMechanisms offers what the server accepts, at least one mechanism (§5.3.3.1).
func (c *Connection) sendMechanisms() {
	s := c.cfg.ServerSASL
	var names []wire.Symbol
	for _, m := range s.Mechanisms {
		names = append(names, m.Name())
	}
	names = append(names, s.offered()...)
	if len(names) == 0 {
		c.failSASL(0, "there is no mechanism that may be offered", nil)
		return
	}
	c.emitSASL(&wire.SASLMechanisms{SASLServerMechanisms: names})
}

func (s *ServerSASL) offered() []wire.Symbol {
	if len(s.Offered) == 0 && s.Mechanisms == nil {
		return []wire.Symbol{mechAnonymous}
	}
	return s.Offered
}

// onInit begins the mechanism that the client chose. One that was not offered fails with the outcome auth (§5.3.3.2).
func (c *Connection) onInit(init *wire.SASLInit) {
	s := c.cfg.ServerSASL
	c.sasl.begun = true
	c.sasl.status.Mechanism = init.Mechanism
	for _, m := range s.Mechanisms {
		if m.Name() == init.Mechanism {
			c.sasl.exchange = m.Begin()
			c.stepExchange(init.InitialResponse)
			return
		}
	}
	if !slices.Contains(s.offered(), init.Mechanism) {
		c.sendOutcome(wire.SASLCodeAuth, nil)
		return
	}
	if init.InitialResponse == nil && init.Mechanism != mechAnonymous {
		c.sasl.asked = true // RFC 4422 §3.3: the server asks for the initial response
		c.emitSASL(&wire.SASLChallenge{Challenge: []byte{}})
		return
	}
	c.authenticate(init.InitialResponse)
}

func (c *Connection) onResponse(response []byte) {
	switch {
	case c.sasl.exchange != nil:
		c.stepExchange(response)
	case c.sasl.asked:
		c.authenticate(response)
	default:
		c.failSASL(0, "sasl-response without a challenge", nil)
	}
}

func (c *Connection) stepExchange(response []byte) {
	step := c.sasl.exchange.Next(response)
	if !step.Done {
		if c.nextRound() {
			c.emitSASL(&wire.SASLChallenge{Challenge: notNil(step.Data)})
		}
		return
	}
	if step.Code == wire.SASLCodeOK {
		c.sasl.status.User = step.User
	}
	c.sendOutcome(step.Code, step.Data)
}

func (c *Connection) authenticate(response []byte) {
	judge := c.cfg.ServerSASL.Authenticate
	if judge == nil {
		judge = acceptAnonymous
	}
	user, code := judge(c.sasl.status.Mechanism, response)
	if code == wire.SASLCodeOK {
		c.sasl.status.User = user
	}
	c.sendOutcome(code, nil)
}

func acceptAnonymous(mechanism wire.Symbol, _ []byte) (string, wire.SASLCode) {
	if mechanism == mechAnonymous {
		return "anonymous", wire.SASLCodeOK
	}
	return "", wire.SASLCodeAuth
}

func (c *Connection) sendOutcome(code wire.SASLCode, data []byte) {
	c.emitSASL(&wire.SASLOutcome{Code: code, AdditionalData: bytes.Clone(data)})
	if c.writeEnd {
		return // the outcome did not fit a frame
	}
	c.endSASL(code)
	if code == wire.SASLCodeOK {
		c.input.phase = phaseHeader
	}
}

// notNil makes the binary value of a mandatory field: empty, not absent.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
