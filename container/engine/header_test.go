package engine

import (
	"errors"
	"testing"
	"time"

	"github.com/collider-amqp/collider/container/wire"
)

// §2.2: "the TCP client […] MUST immediately send its outgoing protocol header".
func TestClientSendsItsHeaderAtOnce(t *testing.T) {
	p := newPeer(t, Config{})
	p.wantHeader("a client sends its header without waiting", wire.HeaderAMQP)
	p.wantSilence("an open that the caller has not asked for is not sent")

	p = newPeer(t, Config{ClientSASL: &ClientSASL{}})
	p.wantHeader("a client with SASL begins with the SASL header", wire.HeaderSASL)
	p.must(p.c.Open())
	p.wantSilence("the AMQP layer waits for the end of the SASL layer")
}

// §2.2: the server may wait for the client's header, and answers it.
func TestServerAnswersTheHeader(t *testing.T) {
	p := newPeer(t, Config{Side: Server})
	p.wantSilence("a server waits for the client's header")
	p.must(p.c.Open())
	p.wantSilence("and so does its open")
	for _, b := range wire.HeaderAMQP.Append(nil)[:7] {
		p.sendBytes([]byte{b})
		p.wantSilence("seven octets are no header yet")
	}
	p.sendBytes([]byte{0})
	p.wantHeader("the eighth octet completes the header", wire.HeaderAMQP)
	next[*wire.Open](p, "the open follows", 0)
}

// §2.2: "If the requested protocol version is not supported, the server MUST send a protocol header with a supported
// protocol version and then close the socket."
func TestServerRefusesHeaders(t *testing.T) {
	plain := Config{Side: Server}
	sasl := Config{Side: Server, ServerSASL: &ServerSASL{}}
	for _, tt := range []struct {
		story  string
		cfg    Config
		octets string
		want   wire.ProtocolHeader
	}{
		{"version 2.0.0", plain, "AMQP\x00\x02\x00\x00", wire.HeaderAMQP},
		{"version 1.1.0", plain, "AMQP\x00\x01\x01\x00", wire.HeaderAMQP},
		{"version 0-9-1", plain, "AMQP\x00\x00\x09\x01", wire.HeaderAMQP},
		{"the header of AMQP 0-8", plain, "AMQP\x01\x01\x08\x00", wire.HeaderAMQP},
		{"protocol id 1", plain, "AMQP\x01\x01\x00\x00", wire.HeaderAMQP},
		{"protocol id 255", plain, "AMQP\xff\x01\x00\x00", wire.HeaderAMQP},
		{"TLS (§5.2.1), which the transport below must do", plain, "AMQP\x02\x01\x00\x00", wire.HeaderAMQP},
		{"SASL where there is none", plain, "AMQP\x03\x01\x00\x00", wire.HeaderAMQP},
		{"no SASL where it is needed (§5.3.2)", sasl, "AMQP\x00\x01\x00\x00", wire.HeaderSASL},
		{"TLS where SASL is needed", sasl, "AMQP\x02\x01\x00\x00", wire.HeaderSASL},
		{"SASL 2.0.0", sasl, "AMQP\x03\x02\x00\x00", wire.HeaderSASL},
		{"an HTTP request", plain, "GET / HTTP/1.1\r\n", wire.HeaderAMQP},
		{"a TLS handshake", plain, "\x16\x03\x01\x02\x00", wire.HeaderAMQP},
		{"one wrong octet", plain, "B", wire.HeaderAMQP},
		{"a wrong fourth octet", plain, "AMQX", wire.HeaderAMQP},
	} {
		t.Run(tt.story, func(t *testing.T) {
			p := newPeer(t, tt.cfg)
			p.must(p.c.Open())
			p.sendBytes([]byte(tt.octets))
			p.wantHeader("the answer is an acceptable header", tt.want)
			p.wantSilence("nothing follows it, no open either")
			if !p.c.WriteDone() || p.c.ReadDone() {
				t.Fatal("this side's stream must end while the peer's is still read (§2.2)")
			}
			p.sendBytes([]byte("more of the same, AMQP\x00\x01\x00\x00"))
			p.wantSilence("what else comes is ignored")
			p.c.ReceiveEOF(p.now)
			p.wantOver("the peer ends its stream", true)
			var e *HeaderError
			if !errors.As(p.c.Err(), &e) || Condition(e) != wire.ConditionConnectionFramingError {
				t.Fatalf("the error is %v", p.c.Err())
			}
		})
	}
}

// §2.2: on a mismatch a client closes its stream and does not go on.
func TestClientRefusesHeaders(t *testing.T) {
	for _, octets := range []string{"AMQP\x00\x02\x00\x00", "AMQP\x03\x01\x00\x00", "HTTP/1.1 400"} {
		p := newPeer(t, Config{})
		p.must(p.c.Open())
		p.wantHeader("the client sends its header", wire.HeaderAMQP)
		next[*wire.Open](p, "and, without waiting, its open (§2.4.2)", 0)
		p.sendBytes([]byte(octets))
		p.wantSilence("nothing more is sent")
		if !p.c.WriteDone() {
			t.Fatal("the client's stream must end")
		}
		p.advance(defaultCloseTimeOut)
		p.wantOver("the server does not end its stream, and after a while that does not matter", true)
	}
}

func TestServerDropsAPeerThatNeverOpens(t *testing.T) {
	p := newPeer(t, Config{Side: Server, OpenTimeOut: 5 * time.Second})
	p.sendBytes([]byte("AMQP"))
	if got := p.c.Deadline(); !got.Equal(epoch.Add(5 * time.Second)) {
		t.Fatalf("the deadline is %v after the first input", got.Sub(epoch))
	}
	p.advance(5*time.Second - 1)
	if p.c.Finished() {
		t.Fatal("the connection ends before its deadline")
	}
	p.advance(1)
	p.wantOver("the deadline passes", true)
	var e *TimeoutError
	if !errors.As(p.c.Err(), &e) || e.Waiting != "open" || !e.Timeout() {
		t.Fatalf("the error is %v", p.c.Err())
	}
}

// §2.4.2 OPEN_PIPE: header and open of the peer may come in one segment, before the engine has said anything.
func TestServerTakesAPipelinedOpen(t *testing.T) {
	p := newPeer(t, Config{Side: Server})
	b := wire.HeaderAMQP.Append(nil)
	b = wire.AppendFrame(b, wire.FrameAMQP, 0, &wire.Open{ContainerID: "peer", MaxFrameSize: 1<<32 - 1, ChannelMax: 65535}, nil)
	b = wire.AppendFrame(b, wire.FrameAMQP, 0, &wire.Begin{IncomingWindow: 1, OutgoingWindow: 1, HandleMax: 1}, nil)
	b = wire.AppendFrame(b, wire.FrameAMQP, 0, &wire.End{}, nil)
	b = wire.AppendFrame(b, wire.FrameAMQP, 0, &wire.Close{}, nil)
	p.sendBytes(b)
	p.wantEvent("the open is reported", ConnectionRemoteOpen)
	s := p.wantEvent("the begin is reported", SessionRemoteBegin).Session
	p.wantEvent("the end is reported", SessionRemoteEnd)
	p.wantEvent("the close is reported", ConnectionRemoteClose)
	p.must(p.c.Open())
	p.must(s.Begin(BeginOptions{}))
	s.End(nil)
	p.c.Close(nil)
	p.wantHeader("the header is answered", wire.HeaderAMQP)
	next[*wire.Open](p, "the open is answered", 0)
	p.wantBegin("the begin is answered", 0)
	p.wantEnd("the end is answered", 0, "")
	p.wantClose("the close is answered", "")
	p.wantOver("both have closed", false)
}
