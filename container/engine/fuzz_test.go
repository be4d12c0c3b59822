package engine

import (
	"testing"
	"time"

	"github.com/collider-amqp/collider/container/wire"
)

// fuzzStates are engines in several states, each ready for arbitrary octets.
var fuzzStates = []func(t testing.TB) *Connection{
	func(testing.TB) *Connection { return NewConnection(fuzzConfig(Server)) },
	func(testing.TB) *Connection { return NewConnection(fuzzConfig(Client)) },
	func(testing.TB) *Connection {
		cfg := fuzzConfig(Server)
		cfg.ServerSASL = plainServer()
		c := NewConnection(cfg)
		c.Receive(epoch, wire.HeaderSASL.Append(nil))
		return c
	},
	func(testing.TB) *Connection {
		cfg := fuzzConfig(Client)
		cfg.ClientSASL = &ClientSASL{User: "u", Password: "p"}
		c := NewConnection(cfg)
		c.Receive(epoch, wire.HeaderSASL.Append(nil))
		return c
	},
	func(t testing.TB) *Connection { return openPeer(t, fuzzConfig(Server)).c },
	func(t testing.TB) *Connection { p, _ := beginPeer(t, fuzzConfig(Server)); return p.c },
	func(t testing.TB) *Connection {
		p, s := beginPeer(t, fuzzConfig(Server))
		p.receiver(s, 10)
		tr := transferN(0)
		tr.More = true
		p.sendPayload(0, tr, []byte("begun"))
		return p.c
	},
	func(t testing.TB) *Connection {
		p, s := beginPeer(t, fuzzConfig(Server))
		l := p.sender(s, 3)
		for range 5 {
			_, _ = l.Send(nil, make([]byte, 1000), false)
		}
		return p.c
	},
	func(t testing.TB) *Connection {
		p := openPeer(t, fuzzConfig(Server))
		p.c.Close(&wire.Error{Condition: "x:y"})
		return p.c
	},
}

func fuzzConfig(side Side) Config {
	return Config{Side: side, ContainerID: "f", MaxFrameSize: 4096, MaxSessions: 16, MaxLinks: 16, MaxMessageSize: 100000, IdleTimeOut: time.Minute, OutputLimit: 1 << 20}
}

// fuzzSeeds are inputs that reach far: a whole conversation, and single frames.
func fuzzSeeds() [][]byte {
	seeds := [][]byte{nil, []byte("AMQP"), wire.HeaderTLS.Append(nil), wire.AppendEmptyFrame(nil), {0, 0, 0, 7, 2, 0, 0, 0}}
	u := func(n uint32) wire.Optional[uint32] { return wire.Some(n) }
	all := wire.HeaderAMQP.Append(nil)
	for _, perf := range []wire.Performative{
		&wire.Open{ContainerID: "p", MaxFrameSize: 512, ChannelMax: 9, IdleTimeOut: u(100)},
		&wire.Begin{IncomingWindow: 9, OutgoingWindow: 9, HandleMax: 9},
		&wire.Attach{Name: "in", Handle: 1, Role: wire.RoleSender, Source: someSource, Target: someTarget},
		&wire.Attach{Name: "out", Handle: 2, Role: wire.RoleReceiver, Source: someSource, Coordinator: &wire.Coordinator{}},
		&wire.Flow{NextIncomingID: u(0), IncomingWindow: 5, Handle: u(0), DeliveryCount: u(0), LinkCredit: u(5), Drain: true, Echo: true},
		&wire.Transfer{Handle: 0, DeliveryID: u(1), DeliveryTag: []byte{1}, MessageFormat: u(0), More: true},
		&wire.Transfer{Handle: 0, Aborted: true},
		&wire.Transfer{Handle: 0, State: &wire.TransactionalState{TxnID: []byte("t"), Outcome: &wire.Accepted{}}},
		&wire.Disposition{Role: wire.RoleReceiver, Last: u(1<<32 - 1), Settled: true, State: &wire.Rejected{Error: &wire.Error{Condition: "x:y"}}},
		&wire.Detach{Handle: 0, Closed: true, Error: &wire.Error{Condition: "x:y"}},
		&wire.End{}, &wire.Close{},
	} {
		seeds = append(seeds, wire.AppendFrame(nil, wire.FrameAMQP, 0, perf, nil))
		all = wire.AppendFrame(all, wire.FrameAMQP, 0, perf, nil)
	}
	for _, perf := range []wire.Performative{
		&wire.SASLMechanisms{SASLServerMechanisms: []wire.Symbol{"PLAIN"}}, &wire.SASLInit{Mechanism: "PLAIN", InitialResponse: []byte("\x00a\x00b")},
		&wire.SASLChallenge{Challenge: []byte{}}, &wire.SASLResponse{Response: []byte{}}, &wire.SASLOutcome{},
	} {
		seeds = append(seeds, wire.AppendFrame(nil, wire.FrameSASL, 0, perf, nil))
	}
	return append(seeds, all)
}

// FuzzReceive feeds octets to engines in several states. Whatever comes, the engine must not panic, keep its books, hold
// no more than its limits permit, answer in frames that can be decoded, and come to an end with the transport.
func FuzzReceive(f *testing.F) {
	for _, seed := range fuzzSeeds() {
		for state := range fuzzStates {
			f.Add(byte(state), byte(0), seed)
			f.Add(byte(state), byte(3), seed)
		}
	}
	f.Fuzz(func(t *testing.T, state, chunk byte, data []byte) {
		c := fuzzStates[int(state)%len(fuzzStates)](t)
		e := &end{Connection: c, name: "engine", handler: fuzzHandler}
		now := epoch
		var out []byte
		for rest := data; len(rest) > 0; {
			n := len(rest)
			if chunk > 0 {
				n = min(n, int(chunk))
			}
			c.Receive(now, rest[:n])
			rest = rest[n:]
			e.drainEvents()
			out = append(out, c.Output()...)
			c.Wrote(c.Pending())
			now = now.Add(time.Millisecond)
			c.Advance(now)
			if err := checkInvariants(c); err != nil {
				t.Fatal(err)
			}
			checkMemory(t, c, len(data))
		}
		c.TransportClosed(now, nil)
		e.drainEvents()
		if n := len(e.log); !c.Finished() || n == 0 || e.log[n-1] != "transport_closed" {
			t.Fatalf("no end: %v", e.log)
		}
		for len(out) >= 8 && string(out[:4]) == "AMQP" {
			out = out[8:]
			out = skipSASL(out)
		}
		if rest := frames(out, func(*wire.Frame, int) {}); len(rest) != 0 {
			t.Fatalf("the output ends with % x", rest)
		}
	})
}

// skipSASL drops the frames of a SASL layer from the front.
func skipSASL(b []byte) []byte {
	for len(b) >= 8 && b[5] == 1 && string(b[:4]) != "AMQP" {
		b = b[int(b[2])<<8|int(b[3]):]
	}
	return b
}

// fuzzHandler answers everything and holds nothing.
func fuzzHandler(e *end, ev Event) {
	switch ev.Type {
	case ConnectionRemoteOpen:
		_ = e.Open()
	case ConnectionRemoteClose:
		e.Close(nil)
	case SessionRemoteBegin:
		_ = ev.Session.Begin(BeginOptions{})
	case SessionRemoteEnd:
		ev.Session.End(nil)
	case LinkRemoteAttach:
		_ = ev.Link.Attach(termini)
		_ = ev.Link.AddCredit(5)
	case LinkRemoteDetach, LinkRemoteClose:
		_ = ev.Link.Detach(ev.Type == LinkRemoteClose, nil)
	case DeliveryReceived, DeliveryAborted, DeliveryUpdated:
		_ = ev.Delivery.Update(&wire.Accepted{})
		_ = ev.Delivery.Settle()
	}
}

// checkMemory checks that what an engine holds is bounded by its limits and the input.
func checkMemory(t *testing.T, c *Connection, input int) {
	cfg := &c.cfg
	if n := cap(c.input.part); n > 2*int(cfg.MaxFrameSize) {
		t.Fatalf("%d octets are kept of a frame that is not complete", n)
	}
	if n := c.out.pending(); n > cfg.OutputLimit {
		t.Fatalf("%d octets of output", n)
	}
	if n := len(c.remoteChannels); n > cfg.MaxSessions {
		t.Fatalf("%d channels", n)
	}
	for _, s := range c.sessions {
		if n := len(s.remoteHandles); n > cfg.MaxLinks {
			t.Fatalf("%d handles", n)
		}
		if s.receive.kept > int64(input)+5 || s.receive.pending > cfg.MaxUnsettled {
			t.Fatalf("%+v of %d octets of input", s.receive, input)
		}
	}
}
