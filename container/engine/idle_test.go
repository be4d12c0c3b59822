package engine

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/collider-amqp/collider/container/wire"
)

// idlePeer is a connection whose peer announces an idle-time-out, 0 for none.
func idlePeer(t *testing.T, cfg Config, announced uint32) *peer {
	t.Helper()
	p := newPeer(t, cfg)
	p.must(p.c.Open())
	p.sendHeader(wire.HeaderAMQP)
	o := &wire.Open{ContainerID: "peer", MaxFrameSize: 65536}
	if announced > 0 {
		o.IdleTimeOut = wire.Some(announced)
	}
	p.send(0, o)
	p.wantHeader("the engine sends its header", wire.HeaderAMQP)
	next[*wire.Open](p, "the engine opens", 0)
	p.wantEvent("the peer's open is reported", ConnectionRemoteOpen)
	return p
}

func (p *peer) wantDeadline(story string, in time.Duration) {
	p.t.Helper()
	want := p.now.Add(in)
	if in < 0 {
		want = time.Time{}
	}
	if got := p.c.Deadline(); !got.Equal(want) {
		p.t.Fatalf("%s: the deadline is %v away, want %v", story, got.Sub(p.now), in)
	}
}

func (p *peer) wantHeartbeat(story string) {
	p.t.Helper()
	if ch, perf, _ := p.next(story); perf != nil || ch != 0 {
		p.t.Fatalf("%s: got %s", story, show(perf))
	}
}

// §2.4.5: "each peer […] MUST send at least one frame within the partner's idle-time-out".
func TestHeartbeats(t *testing.T) {
	p := idlePeer(t, Config{}, 1000)
	p.wantDeadline("a heartbeat is due at half of the peer's time-out", 500*time.Millisecond)
	for range 5 {
		p.advance(500*time.Millisecond - 1)
		p.wantSilence("it is not due yet")
		p.advance(1)
		p.wantHeartbeat("it is due")
		p.wantSilence("one is enough")
		p.wantDeadline("the next one is due later", 500*time.Millisecond)
	}
	p.advance(300 * time.Millisecond)
	p.must(p.c.NewSession().Begin(BeginOptions{}))
	next[*wire.Begin](p, "any frame will do", 0)
	p.wantDeadline("so the next heartbeat moves away", 500*time.Millisecond)
	p.advance(400 * time.Millisecond)
	p.send(0, &wire.Begin{RemoteChannel: wire.Some(uint16(0)), IncomingWindow: 1, OutgoingWindow: 1})
	p.wantDeadline("what is received does not count", 100*time.Millisecond)
}

func TestHeartbeatsEndWithTheConnection(t *testing.T) {
	p := idlePeer(t, Config{CloseTimeOut: -1}, 1000)
	p.c.Close(nil)
	p.wantClose("the connection is closed", "")
	p.wantDeadline("nothing may follow the close (§2.4.3), so nothing is due", -1)
	p.advance(time.Hour)
	p.wantSilence("no heartbeat follows the close")
}

// §2.4.5: zero is the same as absent.
func TestNoHeartbeatWithoutTimeOut(t *testing.T) {
	for _, announced := range []wire.Optional[uint32]{{}, wire.Some(uint32(0))} {
		p := newPeer(t, Config{})
		p.must(p.c.Open())
		p.sendHeader(wire.HeaderAMQP)
		p.send(0, &wire.Open{ContainerID: "peer", MaxFrameSize: 65536, IdleTimeOut: announced})
		p.wantHeader("the engine sends its header", wire.HeaderAMQP)
		next[*wire.Open](p, "the engine opens", 0)
		p.wantDeadline("nothing is ever due", -1)
		p.advance(1000 * time.Hour)
		p.wantSilence("no heartbeat is sent")
	}
}

func TestNoHeartbeatBeforeOpen(t *testing.T) {
	p := newPeer(t, Config{Side: Server, OpenTimeOut: -1})
	p.sendHeader(wire.HeaderAMQP)
	p.send(0, &wire.Open{ContainerID: "peer", MaxFrameSize: 65536, IdleTimeOut: wire.Some(uint32(1000))})
	p.wantHeader("the header is answered", wire.HeaderAMQP)
	p.advance(time.Hour)
	p.wantSilence("an empty frame may not come before the open (§2.4.5)")
}

func TestHeartbeatBehindBlockedOutput(t *testing.T) {
	p := idlePeer(t, Config{}, 1000)
	p.must(p.c.NewSession().Begin(BeginOptions{}))
	n := p.c.Pending()
	for range 10 {
		p.advance(500 * time.Millisecond)
	}
	if p.c.Pending() != n {
		t.Fatalf("heartbeats pile up behind output that the transport does not take: %d octets, then %d", n, p.c.Pending())
	}
}

func TestLargestIdleTimeOut(t *testing.T) {
	p := idlePeer(t, Config{}, math.MaxUint32)
	p.wantDeadline("the largest time-out does not overflow", math.MaxUint32*time.Millisecond/2)
	p = idlePeer(t, Config{IdleTimeOut: math.MaxInt64}, 0)
	if o := p.c.openFrame(); o.IdleTimeOut.V != math.MaxUint32 {
		t.Fatalf("the largest time-out is announced as %d", o.IdleTimeOut.V)
	}
}

// §2.4.5: "If a peer exceeds the idle timeout threshold, the connection SHOULD be closed with an error".
func TestSilentPeer(t *testing.T) {
	p := idlePeer(t, Config{IdleTimeOut: 10 * time.Second}, 0)
	p.wantDeadline("the peer was told 5 s; the threshold is twice that", 10*time.Second)
	for _, frame := range [][]byte{
		wire.AppendEmptyFrame(nil),
		{0, 0, 0, 8, 2, 0, 0, 9}, // an empty frame on another channel
		{0, 0, 0, 12, 3, 0, 0, 0, 0, 0, 0, 0},
	} {
		p.advance(9 * time.Second)
		p.sendBytes(frame)
		p.wantDeadline("any frame resets the clock", 10*time.Second)
	}
	p.advance(9 * time.Second)
	p.sendBytes([]byte{0, 0, 0})
	p.wantDeadline("octets that make no frame do not", time.Second)
	p.advance(time.Second - 1)
	p.wantSilence("the peer has a nanosecond left")
	p.advance(1)
	p.wantEvent("it was silent for too long", ConnectionFault)
	p.wantClose("the close says why", wire.ConditionResourceLimitExceeded)
	p.wantOver("no answer is waited for", true)
	var e *TimeoutError
	if !errors.As(p.c.Err(), &e) || e.After != 10*time.Second || Condition(e) != wire.ConditionResourceLimitExceeded {
		t.Fatalf("the error is %v", p.c.Err())
	}
	p.advance(time.Hour)
	p.wantNoEvent("nothing comes behind the end")
}

// A silent peer often does not read either. The close must not be waited for without end.
func TestSilentPeerThatDoesNotRead(t *testing.T) {
	p := idlePeer(t, Config{IdleTimeOut: 10 * time.Second, CloseTimeOut: time.Second}, 0)
	p.advance(10 * time.Second)
	p.wantEvent("the peer was silent for too long", ConnectionFault)
	if p.c.Pending() == 0 || p.c.Finished() {
		t.Fatal("the close is there to be written")
	}
	p.advance(time.Second)
	p.wantOver("it is given up", true)
}

// The caller may open late; the peer cannot know before that it is being waited for.
func TestLateOpenDoesNotCountAsSilence(t *testing.T) {
	p := newPeer(t, Config{Side: Server, IdleTimeOut: 10 * time.Second})
	p.sendHeader(wire.HeaderAMQP)
	p.send(0, &wire.Open{ContainerID: "peer", MaxFrameSize: 65536})
	p.wantHeader("the header is answered", wire.HeaderAMQP)
	p.advance(time.Hour)
	p.must(p.c.Open())
	next[*wire.Open](p, "the open is sent late", 0)
	p.wantDeadline("the clock starts with it", 10*time.Second)
}

func TestTimeNeverRunsBackwards(t *testing.T) {
	p := idlePeer(t, Config{IdleTimeOut: 10 * time.Second}, 1000)
	p.advance(400 * time.Millisecond)
	p.advance(-time.Hour)
	p.now = epoch.Add(400 * time.Millisecond)
	p.wantDeadline("an earlier time changes nothing", 100*time.Millisecond)
}
